"""Minimising without gradients: a walk at random that prefers to go downhill."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import isnan

from autograd import Value, no_grad
from nn.checks import Rng, generator, leaves, positive, whole


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
    here = best = [p.data for p in walkers]
    with no_grad():
        height = smallest = loss().data
        if isnan(height):
            raise ValueError("anneal: the loss is nan, and nothing is better or worse than that")
        try:
            for _ in range(steps):
                proposal = [rng.gauss(x, scale) for x in here]
                move(walkers, proposal)
                tried = loss().data
                # A draw from the exponential distribution is above r / T with probability
                # exp(-r / T), and this way nothing is divided by a T that has cooled down to 0.
                if tried <= height + temperature * rng.expovariate(1.0):
                    here, height = proposal, tried
                if tried < smallest:
                    best, smallest = proposal, tried
                temperature *= cooling
        finally:
            move(walkers, best)
    return smallest


def move(parameters: list[Value], numbers: list[float]) -> None:
    """Give each parameter its number."""
    for p, number in zip(parameters, numbers, strict=True):
        p.data = number
