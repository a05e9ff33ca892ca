"""How good predictions are, in numbers that people read: they have no gradient.

A prediction is a number, the logit of class 1 against class 0, or a row with a score for each
class.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from autograd import dot, mean, no_grad
from autograd.numbers.reals import describe, real
from nn.checks import beside, by_name, finite, listed, plain
from nn.module import Module, mode

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from typing import Any

    from nn.module import Number, Row

    Prediction = Number | Row
    Target = float | Collection[float]
    Model = Callable[[list[float]], Prediction]  # a Module is one


@by_name()
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
    said, true, _ = classes("accuracy", predictions, targets, threshold)
    return sum(p == t for p, t in zip(said, true, strict=True)) / len(true)


class ConfusionMatrix(tuple[tuple[int, ...], ...]):
    """How many examples of each true class the model put into each class: matrix[true][said]."""

    __slots__ = ()

    def __repr__(self) -> str:
        width = max(len(str(n)) for row in (range(len(self)), *self) for n in row)
        lines = [
            f"true {true:>{width}}  " + "  ".join(f"{n:>{width}}" for n in row)
            for true, row in enumerate(self)
        ]
        labels = "  ".join(f"{label:>{width}}" for label in range(len(self)))
        return "\n".join([f"{'said':{5 + width}}  {labels}", *lines])


@by_name()
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
    said, true, count = classes("confusion_matrix", predictions, targets, threshold)
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
    both = beside("r2", predictions, targets)
    ys = [single(prediction, f"r2: prediction {i}") for i, prediction in enumerate(both[0])]
    ts = [finite(f"r2: target {i}", single(t, f"r2: target {i}")) for i, t in enumerate(both[1])]
    middle = mean(ts)
    deviations = [t - middle for t in ts]
    errors = [t - y for y, t in zip(ys, ts, strict=True)]
    if all(t == ts[0] for t in ts):
        raise ValueError(
            f"r2: all of the {len(ts)} targets are {ts[0]}, and r2 compares errors with the spread "
            "of the targets, which is 0; look at the mean squared error instead"
        )
    if not 0.0 < (spread := dot(deviations, deviations)) < math.inf:
        raise ValueError(
            f"r2: targets from {min(ts):g} to {max(ts):g} have squares that add up to {spread}; "
            "multiply targets and predictions by the same number, which leaves r2 as it is"
        )
    return 1.0 - dot(errors, errors) / spread


# From models to predictions, and from predictions to classes --------------------------------------


def predictions(model: Model, rows: Collection[list[float]]) -> list[float | list[float]]:
    """What a model makes of rows, as plain numbers: in use, not in training, and not recorded.

    The model is then as it was before. It may also be a plain function of a row.

    >>> from nn import MLP
    >>> predictions(MLP(2, [1], init="zeros"), [[1.0, 2.0], [3.0, 4.0]])
    [0.0, 0.0]
    """
    if not callable(model):
        raise TypeError(
            f"predictions: expected a Module or a function of a row, got {describe(model)}"
        )
    batch = getattr(model, "batch", None)
    modules = [part for _, part in model.named_modules()] if isinstance(model, Module) else []
    with mode(modules, training=False), no_grad():
        found = batch(rows) if batch is not None else [model(row) for row in rows]
    return [
        numbers(prediction, f"the prediction for {row}")
        for prediction, row in zip(found, rows, strict=True)
    ]


def classes(
    where: str, predictions: Any, targets: Any, threshold: float
) -> tuple[list[int], list[int], int]:
    """The classes that the predictions name, the true ones, and how many classes there are."""
    ys, ts = beside(where, predictions, targets)
    level = real(threshold, f"{where}: threshold")
    rows = [scores(y, f"{where}: prediction {i}", level) for i, y in enumerate(ys)]
    count = len(rows[0])
    for i, row in enumerate(rows):
        if len(row) != count:
            raise ValueError(
                f"{where}: prediction {i} is for {len(row)} classes, prediction 0 for {count}"
            )
    return [largest(row) for row in rows], true_classes(where, ts, count), count


def scores_of(where: str, model: Model, rows: list[list[float]], most: int) -> list[list[float]]:
    """A score for each class at each row, of a model with no more than so many classes."""
    found = [
        scores(prediction, f"{where}: a prediction") for prediction in predictions(model, rows)
    ]
    if (count := len(found[0])) > most:
        raise ValueError(
            f"{where}: a picture shows {most} classes at most, and the model has {count}"
        )
    return found


def scores(prediction: Prediction, where: str, threshold: float = 0.0) -> list[float]:
    """A number for each class, of which the largest is in the class that the prediction names.

    A logit z is a score of z for class 1 and 0 for class 0: softmax of these gives sigmoid(z).

    >>> scores(2.5, "here")
    [0.0, 2.5]
    """
    found = numbers(prediction, where)
    row = found if isinstance(found, list) else [threshold, found]
    if any(map(math.isnan, row)):
        raise ValueError(
            f"{where} is {found}: nan is in no class; autograd.explain_nan says whence"
        )
    return row


def largest(row: Sequence[float]) -> int:
    """The place of the largest number, the first one if there are several."""
    return max(range(len(row)), key=row.__getitem__)


def true_classes(where: str, targets: Sequence[Target], count: int) -> list[int]:
    """The class that each target stands for."""
    return [true_class(target, count, f"{where}: target {i}") for i, target in enumerate(targets)]


def true_class(target: Target, count: int, where: str) -> int:
    """The class that a target stands for: a label, or the largest number of a row."""
    label = numbers(target, where)
    if isinstance(label, list):
        if len(label) != count:
            raise ValueError(f"{where} has {len(label)} numbers, and there are {count} classes")
        return largest(label)
    if label == -1.0 and count == 2:
        return 0
    if label not in range(count):
        raise ValueError(f"{where} is {label:g}, but the classes are 0 to {count - 1}")
    return int(label)


def numbers(x: object, where: str) -> float | list[float]:
    """A prediction or a target as a float, or as floats if it is a row of more than one number."""
    if (row := listed(x)) is None:
        return single(x, where)
    if not row:
        raise ValueError(f"{where} is empty: expected a number, or one for each class")
    found = [single(number, where) for number in row]
    return found if len(found) > 1 else found[0]


def single(x: object, where: str) -> float:
    """The plain float of a number, recorded or not; a row of one number is that number."""
    row = listed(x)
    return plain(where, row[0] if row is not None and len(row) == 1 else x)
