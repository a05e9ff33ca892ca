"""How good the outputs of a model are, in numbers that people read: they have no gradient.

An output is a number, the logit of class 1 against class 0, or a row with a score for each class.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from autograd import Value, no_grad
from autograd.reals import real
from nn.module import Module

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Number = Value | float
    Output = Number | Sequence[Number]
    Target = float | Sequence[float]
    Model = Callable[[list[float]], Output]  # a Module is one


def accuracy(
    outputs: Sequence[Output], targets: Sequence[Target], *, threshold: float = 0.0
) -> float:
    """The fraction of outputs that name the right class.

    An output that is a number names class 1 if it is above the threshold, and class 0 otherwise:
    0 for logits, 0.5 for probabilities. An output that is a row names the class of its largest
    number. A target is the number of its class, or a row with the largest number there (one-hot);
    where there are two classes, -1 is class 0 too.

    >>> accuracy([2.5, -1.0, 0.5, 3.0], [1, 0, 0, 1])
    0.75
    >>> accuracy([[0.1, 0.2, 0.7], [0.5, 0.3, 0.2]], [2, 0])
    1.0
    """
    said, true, _ = classes("accuracy", outputs, targets, threshold)
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
    outputs: Sequence[Output], targets: Sequence[Target], *, threshold: float = 0.0
) -> ConfusionMatrix:
    """A table of the true classes (down) and those that the outputs name (across).

    Outputs, targets and threshold are as for `accuracy`.

    >>> matrix = confusion_matrix([2.5, -1.0, 0.5, 3.0], [1, 0, 0, 1])
    >>> matrix
    said    0  1
    true 0  1  1
    true 1  0  2
    >>> matrix[0][1]  # of class 0, and taken for class 1
    1
    """
    said, true, count = classes("confusion_matrix", outputs, targets, threshold)
    counts = [[0] * count for _ in range(count)]
    for p, t in zip(said, true, strict=True):
        counts[t][p] += 1
    return ConfusionMatrix(map(tuple, counts))


def r2(outputs: Sequence[Output], targets: Sequence[Target]) -> float:
    """The coefficient of determination: 1 is perfect, 0 no better than saying the mean.

    1 - (the sum of (target - output)**2) / (the sum of (target - mean of targets)**2)

    >>> r2([1.0, 2.0, 4.0], [1.0, 2.0, 3.0])
    0.5
    """
    refuse_lengths("r2", outputs, targets)
    ys = [single(output, f"r2: output {i}") for i, output in enumerate(outputs)]
    ts = [single(target, f"r2: target {i}") for i, target in enumerate(targets)]
    mean = math.fsum(ts) / len(ts)
    spread = math.fsum((t - mean) ** 2 for t in ts)
    if all(t == ts[0] for t in ts):
        raise ValueError(
            f"r2: all of the {len(ts)} targets are {ts[0]}, and r2 compares errors with the spread "
            "of the targets, which is 0; look at the mean squared error instead"
        )
    return 1.0 - math.fsum((t - y) ** 2 for y, t in zip(ys, ts, strict=True)) / spread


# From models to outputs, and from outputs to classes ---------------------------------------------


def predictions(model: Model, rows: Sequence[list[float]]) -> list[float | list[float]]:
    """What a model makes of rows, as plain numbers: in use, not in training, and not recorded.

    The model is then as it was before. It may also be a plain function of a row.

    >>> from nn import MLP
    >>> predictions(MLP(2, [1], init="zeros"), [[1.0, 2.0], [3.0, 4.0]])
    [0.0, 0.0]
    """
    batch = getattr(model, "batch", None)
    in_training = []
    if isinstance(model, Module):
        in_training = [part for _, part in model.named_modules() if part.training]
        model.eval()
    try:
        with no_grad():
            outputs = batch(rows) if batch is not None else [model(row) for row in rows]
    finally:
        for part in in_training:
            part.training = True
    return [
        plain(output, f"the output for {row}") for output, row in zip(outputs, rows, strict=True)
    ]


def classes(
    where: str, outputs: Sequence[Output], targets: Sequence[Target], threshold: float
) -> tuple[list[int], list[int], int]:
    """The classes that the outputs name, the true ones, and how many classes there are."""
    refuse_lengths(where, outputs, targets)
    rows = [scores(output, f"{where}: output {i}", threshold) for i, output in enumerate(outputs)]
    count = len(rows[0])
    for i, row in enumerate(rows):
        if len(row) != count:
            raise ValueError(f"{where}: output {i} is for {len(row)} classes, output 0 for {count}")
    true = [true_class(target, count, f"{where}: target {i}") for i, target in enumerate(targets)]
    return [largest(row) for row in rows], true, count


def scores(output: Output, where: str, threshold: float = 0.0) -> list[float]:
    """A number for each class, of which the largest is in the class that the output names.

    A logit z is a score of z for class 1 and 0 for class 0: softmax of these gives sigmoid(z).

    >>> scores(2.5, "here")
    [0.0, 2.5]
    """
    out = plain(output, where)
    row = out if isinstance(out, list) else [threshold, out]
    if any(map(math.isnan, row)):
        raise ValueError(f"{where} is {out}: nan is in no class; autograd.explain_nan says whence")
    return row


def largest(row: Sequence[float]) -> int:
    """The place of the largest number, the first one if there are several."""
    return max(range(len(row)), key=row.__getitem__)


def true_class(target: Target, count: int, where: str) -> int:
    """The class that a target stands for: a label, or the largest number of a row."""
    label = plain(target, where)
    if isinstance(label, list):
        if len(label) != count:
            raise ValueError(f"{where} has {len(label)} numbers, and there are {count} classes")
        return largest(label)
    if label == -1.0 and count == 2:
        return 0
    if label not in range(count):
        raise ValueError(f"{where} is {label:g}, but the classes are 0 to {count - 1}")
    return int(label)


def plain(output: object, where: str) -> float | list[float]:
    """An output or a target as a float, or as floats if it is a row of more than one number."""
    if hasattr(output, "tolist"):  # a NumPy array or scalar
        output = output.tolist()
    if not isinstance(output, (list, tuple)):
        return single(output, where)
    numbers = [single(x, where) for x in output]
    if not numbers:
        raise ValueError(f"{where} is empty: expected a number, or one for each class")
    return numbers if len(numbers) > 1 else numbers[0]


def single(x: object, where: str) -> float:
    """The plain float of a number, recorded or not; a row of one number is that number."""
    if isinstance(x, (list, tuple)) and len(x) == 1:
        x = x[0]
    return x.data if isinstance(x, Value) else real(x, where)


def refuse_lengths(where: str, outputs: Sequence[Output], targets: Sequence[Target]) -> None:
    """An error where there are not as many targets as outputs, or none."""
    if len(outputs) != len(targets) or len(outputs) == 0:
        raise ValueError(f"{where}: got {len(outputs)} outputs and {len(targets)} targets")
