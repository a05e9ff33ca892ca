"""How good predictions are, in numbers that people read: they have no gradient.

A prediction is a number, the logit of class 1 against class 0, or a row with a score for each
class.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from autograd import dot, mean
from nn.checks import as_lists, finite
from nn.metrics.classes import classes_of, single

if TYPE_CHECKING:
    from collections.abc import Collection

    from nn.metrics.classes import Prediction, Target


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
        lines = [
            f"true {true:>{width}}  " + "  ".join(f"{n:>{width}}" for n in row)
            for true, row in enumerate(self)
        ]
        labels = "  ".join(f"{label:>{width}}" for label in range(len(self)))
        return "\n".join([f"{'said':{5 + width}}  {labels}", *lines])


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
            f"r2: all of the {len(ts)} targets are {ts[0]}, and r2 compares errors with the spread "
            "of the targets, which is 0; look at the mean squared error instead"
        )
    if not 0.0 < (spread := dot(deviations, deviations)) < inf:
        raise ValueError(
            f"r2: targets from {min(ts):g} to {max(ts):g} have a spread of {spread}; multiply "
            f"targets and predictions by the same number, which leaves r2 as it is"
        )
    return 1.0 - dot(errors, errors) / spread
