"""Searches: for the settings of trainings, and for parameters without gradients.

What a training is, the caller says: a function of the settings that gives a score, where smaller is
better, or the History of a `fit`; the best of all trainings counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product
from math import exp, inf, isnan, log
from random import Random
from typing import Any, NamedTuple

from autograd import Value, no_grad
from autograd.many import row_of, scatter
from autograd.numbers.reals import describe, is_real, positive, real, whole
from nn.checks import Rng, as_list, generator, leaves
from nn.printing import Table
from nn.training.history import History

Setting = dict[str, Any]
Train = Callable[..., float | History]
Draw = Callable[[Random], Any]


class Run(NamedTuple):
    """One training: its settings, its score, and if it failed the message of the error."""

    settings: Setting
    score: float
    failure: str = ""


class Search:
    """All trainings of a search, the best first; prints as a table.

    >>> search = Search([Run({"lr": 0.1}, 2.0), Run({"lr": 0.01}, 0.5)])
    >>> search.best, search.best_score
    ({'lr': 0.01}, 0.5)
    >>> search
    score    lr
      0.5  0.01
        2   0.1
    """

    def __init__(self, runs: Sequence[Run], planned: int | None = None) -> None:
        self.rows = sorted(runs, key=lambda run: run.score)
        self.planned = len(runs) if planned is None else planned

    @property
    def best(self) -> Setting:
        """The settings with the smallest score."""
        if self.best_score == inf:
            raise ValueError(
                f"there are no best settings: none of the {len(self.rows)} trainings gave a finite "
                f"score{self.rows[0].failure and f', the first for this: {self.rows[0].failure}'}"
            )
        return self.rows[0].settings

    @property
    def best_score(self) -> float:
        """The smallest score; inf if every training failed."""
        return self.rows[0].score

    def __repr__(self) -> str:
        rows = [(run.score, *run.settings.values(), run.failure) for run in self.rows]
        lines = [repr(Table(("score", *self.rows[0].settings, ""), rows))]
        if len(self.rows) < self.planned:
            lines.append(f"interrupted after {len(self.rows)} of {self.planned} trainings")
        return "\n".join(lines)


def grid_search(train: Train, settings: Mapping[str, Sequence[Any]]) -> Search:
    """A training for every combination of the choices of each setting.

    >>> grid_search(lambda lr, hidden: lr * hidden, {"lr": [0.5, 0.25], "hidden": [2, 8]})
    score    lr  hidden
      0.5  0.25       2
        1   0.5       2
        2  0.25       8
        4   0.5       8

    A History counts by its lowest validation loss, or where there are none by its last loss. A
    training that ends in an ArithmeticError, such as a TrainingError, counts as inf, and so does
    a nan. Ctrl-C ends the search, and what was found by then is kept.
    """
    choices = choices_of(settings)
    rows = product(*choices.values())
    return try_all(train, [dict(zip(choices, row, strict=True)) for row in rows])


def random_search(
    train: Train, settings: Mapping[str, Sequence[Any] | Draw], tries: int, rng: Rng = None
) -> Search:
    """So many trainings with settings drawn at random, each from choices or by a function of rng.

    Often better than a grid: when only some settings matter, a grid repeats the same few numbers
    of these (Bergstra and Bengio 2012). All settings are drawn before the first training.

    >>> ways = {"lr": log_uniform(1e-4, 1.0), "hidden": [8, 16]}
    >>> search = random_search(lambda lr, hidden: lr, ways, tries=20, rng=0)
    >>> len(search.rows), search.best["lr"] < 1e-3
    (20, True)

    What counts as a score is as in `grid_search`.
    """
    choices, rng = choices_of(settings), generator(rng)
    rows = [
        {name: x(rng) if callable(x) else rng.choice(x) for name, x in choices.items()}
        for _ in range(whole("tries", tries))
    ]
    return try_all(train, rows)


def log_uniform(low: float, high: float) -> Draw:
    """Draws numbers whose logarithms are spread evenly, as many from 0.001 to 0.01 as to 0.1.

    >>> from random import Random
    >>> 0.001 <= log_uniform(0.001, 0.1)(Random(0)) <= 0.1
    True
    """
    start, end = real(low, "log_uniform: low"), real(high, "log_uniform: high")
    if not 0.0 < start < end < inf:
        raise ValueError(f"log_uniform: expected 0 < low < high < inf, got {low!r} and {high!r}")
    return lambda rng: min(max(exp(rng.uniform(log(start), log(end))), start), end)


def try_all(train: Train, rows: list[Setting]) -> Search:
    """A training for each row of settings."""
    runs: list[Run] = []
    try:
        for settings in rows:
            runs.append(run(train, settings))
    except KeyboardInterrupt:
        if not runs:
            raise
    return Search(runs, planned=len(rows))


def run(train: Train, settings: Setting) -> Run:
    """One training, and what became of it."""
    try:
        result = train(**settings)
    except ArithmeticError as error:
        return Run(settings, inf, " ".join(f"{type(error).__name__}: {error}".split()))
    if isinstance(result, History):
        if result.interrupted:  # whoever pressed Ctrl-C did not mean this one training alone
            raise KeyboardInterrupt
        result = result.score
    elif not is_real(result):
        raise TypeError(
            f"the training must give a score, a number, or the History of a fit; with {settings} "
            f"it gave {describe(result)}"
        )
    score = float(result)
    return Run(settings, inf, "the score is nan") if isnan(score) else Run(settings, score)


# What is tried ----------------------------------------------------------------------------------


def choices_of(settings: Mapping[str, Any]) -> dict[str, Any]:
    """For every setting a list of choices, or a function that draws one."""
    if not isinstance(settings, Mapping) or not settings:
        raise ValueError(
            f"settings must be a dict such as {{'lr': [0.1, 0.01]}}, got {describe(settings)}"
        )
    choices = {name: x if callable(x) else as_list(x) for name, x in settings.items()}
    for name, found in choices.items():
        if not found:
            raise ValueError(f"{name}: expected a list of choices, got {describe(settings[name])}")
    return choices


# A walk at random that prefers to go downhill ----------------------------------------------------


def anneal(
    loss: Callable[[], Value],
    parameters: Iterable[Value],
    *,
    steps: int = 1000,
    temperature: float = 1.0,
    cooling: float = 0.99,
    scale: float = 0.1,
    rng: Rng = None,
) -> float:
    """Search for parameters with a small loss by simulated annealing; gives the smallest one found.

    A step of all parameters is drawn from the normal distribution with the standard deviation
    `scale`. If the loss falls it is taken; if it rises, with probability

        exp(-rise / temperature)

    and else everything stays (Kirkpatrick, Gelatt and Vecchi 1983). After each step the temperature
    is multiplied by `cooling`: at first bad steps are taken too, so the walk leaves local minima.
    At the end the parameters are where the loss was smallest, after an error or Ctrl-C too. No
    gradient is needed: the loss may have jumps.

    >>> from autograd import Value, floor
    >>> x = Value(8.0)
    >>> stairs = lambda: abs(floor(x))  # the gradient is 0
    >>> anneal(stairs, [x], steps=300, temperature=2.0, cooling=0.98, scale=1.0, rng=0)
    0.0
    >>> 0.0 <= x.data < 1.0
    True
    """
    walkers = leaves("anneal", parameters)
    temperature = positive("anneal: temperature", temperature)
    scale = positive("anneal: scale", scale)
    if not 0.0 < cooling <= 1.0:
        raise ValueError(f"anneal: cooling must be above 0 and at most 1, got {cooling!r}")
    rng, steps = generator(rng), whole("anneal: steps", steps)
    here: Sequence[float] = row_of(walkers)
    best = here
    with no_grad():
        height = smallest = loss().data
        if isnan(height):
            raise ValueError("anneal: the loss is nan, and nothing is better or worse than that")
        try:
            for _ in range(steps):
                proposal = [rng.gauss(x, scale) for x in here]
                scatter(walkers, proposal)
                tried = loss().data
                # A draw from the exponential distribution is above r / T with probability
                # exp(-r / T), and this way nothing is divided by a T that has cooled down to 0.
                if tried <= height + temperature * rng.expovariate(1.0):
                    here, height = proposal, tried
                if tried < smallest:
                    best, smallest = proposal, tried
                temperature *= cooling
        finally:
            scatter(walkers, best)
    return smallest
