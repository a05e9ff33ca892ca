"""How good predictions are, in numbers that people read: they have no gradient.

A prediction is a number, the logit of class 1 against class 0, or a row with a score for each
class.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from math import inf, isnan
from typing import Any

from autograd import dot, mean, no_grad
from autograd.numbers.reals import finite, real
from nn.checks import Number, Row, as_list, as_lists, plain
from nn.module import Module
from nn.printing import Table

Prediction = Number | Row
Target = float | Collection[float]
Model = Callable[[list[float]], Prediction]  # a Module is one


def accuracy(
    predictions: Collection[Prediction], targets: Collection[Target], *, threshold: float = 0.0
) -> float:
    """The fraction of predictions that name the right class.

    A prediction that is a number names class 1 if it is above the threshold, and class 0 otherwise:
    0 for logits, 0.5 for probabilities. One that is a row names the class of its largest number. A
    target is the number of its class, or a row with the largest number there (one-hot); where there
    are two classes, -1 is class 0 too.

    >>> accuracy([2.5, -1.0, 0.5, 3.0], [1, 0, 0, 1])
    0.75
    >>> accuracy([[0.1, 0.2, 0.7], [0.5, 0.3, 0.2]], [2, 0])
    1.0
    """
    said, true, _ = classes_of("accuracy", predictions, targets, threshold)
    return sum(p == t for p, t in zip(said, true, strict=True)) / len(true)


class ConfusionMatrix(tuple[tuple[int, ...], ...]):
    """How many examples of each true class the model put into each class: matrix[true][said]."""

    __slots__ = ()

    def __repr__(self) -> str:
        width = max(len(str(n)) for row in (range(len(self)), *self) for n in row)
        rows = [(f"true {true:>{width}}", *row) for true, row in enumerate(self)]
        return repr(Table(("said", *(f"{label:>{width}}" for label in range(len(self)))), rows))


def confusion_matrix(
    predictions: Collection[Prediction], targets: Collection[Target], *, threshold: float = 0.0
) -> ConfusionMatrix:
    """A table of the true classes (down) and those that the predictions name (across).

    Predictions, targets and threshold are as for `accuracy`.

    >>> matrix = confusion_matrix([2.5, -1.0, 0.5, 3.0], [1, 0, 0, 1])
    >>> matrix
    said    0  1
    true 0  1  1
    true 1  0  2
    >>> matrix[0][1]  # of class 0, and taken for class 1
    1
    """
    said, true, count = classes_of("confusion_matrix", predictions, targets, threshold)
    counts = [[0] * count for _ in range(count)]
    for p, t in zip(said, true, strict=True):
        counts[t][p] += 1
    return ConfusionMatrix(map(tuple, counts))


def r2(predictions: Collection[Prediction], targets: Collection[Target]) -> float:
    """The coefficient of determination: 1 is perfect, 0 no better than saying the mean.

    1 - (the sum of (target - prediction)**2) / (the sum of (target - mean of targets)**2)

    >>> r2([1.0, 2.0, 4.0], [1.0, 2.0, 3.0])
    0.5
    """
    both = as_lists("r2", predictions, targets)
    ys = [single(prediction, f"r2: prediction {i}") for i, prediction in enumerate(both[0])]
    ts = [finite(f"r2: target {i}", single(t, f"r2: target {i}")) for i, t in enumerate(both[1])]
    middle = mean(ts)
    deviations = [t - middle for t in ts]
    errors = [t - y for y, t in zip(ys, ts, strict=True)]
    if min(ts) == max(ts):
        raise ValueError(
            f"r2: all of the {len(ts)} targets are {ts[0]}, and errors are compared with their "
            f"spread, which is 0; look at the mean squared error instead"
        )
    if not 0.0 < (spread := dot(deviations, deviations)) < inf:
        raise ValueError(f"r2: the spread of the targets is {spread}: multiply all by a number")
    return 1.0 - dot(errors, errors) / spread


# From models to predictions, and from predictions to classes --------------------------------------


@contextmanager
def mode(modules: Iterable[Module], *, training: bool) -> Iterator[None]:
    """A block in which all parts of a model are in training, or all in use; then as before."""
    before = [(module, module.training) for module in modules]
    try:
        for module, _ in before:
            module.training = training
        yield
    finally:
        for module, was in before:
            module.training = was


def predictions(model: Model, rows: Sequence[list[float]]) -> list[float | list[float]]:
    """What a model makes of rows, as plain numbers: in use, not in training, and not recorded.

    The model is then as it was before. It may also be a plain function of a row.

    >>> from nn import MLP
    >>> predictions(MLP(2, [1], init="zeros"), [[1.0, 2.0], [3.0, 4.0]])
    [0.0, 0.0]
    """
    modules = [part for _, part in model.named_modules()] if isinstance(model, Module) else []
    with mode(modules, training=False), no_grad():
        batch = getattr(model, "batch", None)
        found = [model(row) for row in rows] if batch is None else batch(rows)
    plain_rows = [numbers(y, f"prediction {i}") for i, y in enumerate(found)]
    return [row if len(row) > 1 else row[0] for row in plain_rows]


def classes_of(
    where: str, predictions: Any, targets: Any, threshold: float
) -> tuple[list[int], list[int], int]:
    """The classes that the predictions name, the true ones, and how many classes there are."""
    ys, ts = as_lists(where, predictions, targets)
    level = real(threshold, f"{where}: threshold")
    rows = [scores(y, f"{where}: prediction {i}", level) for i, y in enumerate(ys)]
    count = len(rows[0])
    for i, row in enumerate(rows):
        if len(row) != count:
            raise ValueError(f"{where}: prediction {i} is for {len(row)} classes, not {count}")
    return [largest(row) for row in rows], true_classes(where, ts, count), count


def scores(prediction: Prediction, where: str, threshold: float = 0.0) -> list[float]:
    """A number for each class, of which the largest is in the class that the prediction names.

    A logit z is a score of z for class 1 and 0 for class 0: softmax of these gives sigmoid(z).

    >>> scores(2.5, "here")
    [0.0, 2.5]
    """
    row = numbers(prediction, where)
    if any(map(isnan, row)):
        raise ValueError(f"{where} is nan, which is in no class; autograd.explain_nan says whence")
    return row if len(row) > 1 else [threshold, *row]


def largest(row: Sequence[float]) -> int:
    """The place of the largest number, the first one if there are several."""
    return max(range(len(row)), key=row.__getitem__)


def true_classes(where: str, targets: Sequence[Target], count: int) -> list[int]:
    """The class that each target stands for: a label, or the largest number of a row."""
    rows = [numbers(target, f"{where}: target {i}") for i, target in enumerate(targets)]
    for i, row in enumerate(rows):
        label = row[0]
        if len(row) not in (1, count):
            raise ValueError(f"{where}: target {i} has {len(row)} numbers for {count} classes")
        if len(row) == 1 and label not in range(count) and (label, count) != (-1.0, 2):
            raise ValueError(f"{where}: target {i} is {label:g}, of classes 0 to {count - 1}")
    return [largest(row) if len(row) > 1 else max(int(row[0]), 0) for row in rows]


def numbers(x: object, where: str) -> list[float]:
    """A prediction or a target as a row of floats."""
    row = as_list(x)
    if row is not None and not row:
        raise ValueError(f"{where} is empty: expected a number, or one for each class")
    return [plain(where, number) for number in ([x] if row is None else row)]


def single(x: object, where: str) -> float:
    """The plain float of a number, recorded or not; a row of one number is that number."""
    row = as_list(x)
    return plain(where, row[0] if row is not None and len(row) == 1 else x)
