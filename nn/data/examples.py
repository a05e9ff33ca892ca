"""Examples to learn from in one form, whatever they came in: `Data`, a list of rows and of targets.

All are plain numbers, and there is one target for each row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from autograd.numbers.reals import counted, describe, finite, is_real, whole
from nn.checks import Rng, as_list, generator

Examples = tuple[object, object]  # inputs and targets, each in any form


class Data(NamedTuple):
    """Rows of inputs and a target for each: a label, a number or a row of numbers.

    >>> Data([[0.0, 1.0], [2.0, 3.0]], [0, 1])
    Data(2 rows of 2 numbers, labels from 0 to 1)
    >>> x, y = Data([[0.0, 1.0], [2.0, 3.0]], [0.5, -0.5])
    >>> y
    [0.5, -0.5]
    """

    inputs: list[list[float]]
    targets: list[Any]  # ints, floats or rows; `Any` spares a typed program a cast for each of them

    def __repr__(self) -> str:
        rows = f"{counted(len(self.inputs), 'row')} of {counted(len(self.inputs[0]), 'number')}"
        if isinstance(self.targets[0], list):
            return f"Data({rows}, targets of {counted(len(self.targets[0]), 'number')})"
        kind = "labels" if isinstance(self.targets[0], int) else "targets"
        low, high = min(self.targets), max(self.targets)
        return f"Data({rows}, {kind} from {low:g} to {high:g})"


# Any data in one form ---------------------------------------------------------------------------


def examples(data: object, where: str) -> Data:
    """Any pair of inputs and targets as plain numbers; `where` names the place in a refusal.

    Inputs and targets are lists, tuples or NumPy arrays. A row of one number may be written as the
    number itself. Whole targets stay ints, for they are labels; if one has a fraction, all are
    floats. Rows of targets stay rows, unless they have one number each.

    >>> import numpy as np
    >>> examples((np.array([1, 2, 3]), [[0.5], [1], [2]]), "here").targets
    [0.5, 1.0, 2.0]
    >>> examples(([[0, 1], [2, 3]], [0]), "here")
    Traceback (most recent call last):
    ValueError: here: 2 rows and 1 target: each row needs one target
    """
    if not isinstance(data, (tuple, list)) or len(data) != 2:
        raise TypeError(
            f"{where}: expected a pair (inputs, targets), got {describe(data)}; a list of "
            f"(row, target) pairs becomes one by zip(*pairs)"
        )
    inputs = table(data[0], f"{where}: inputs")
    answers = table(data[1], f"{where}: targets")
    if len(inputs) != len(answers):
        raise ValueError(
            f"{where}: {counted(len(inputs), 'row')} and {counted(len(answers), 'target')}: "
            "each row needs one target"
        )
    if len(answers[0]) > 1:
        return Data(inputs, [*answers])
    targets = [target for (target,) in answers]
    labels = all(isinstance(target, int) for target in targets)
    return Data(inputs, [*targets] if labels else [float(target) for target in targets])


def table(rows: object, where: str) -> list[list[float]]:
    """Rows of plain finite numbers, all of one length; `where` names the place in a refusal."""
    if (entries := as_list(rows)) is None:
        raise TypeError(f"{where}: expected a list, a tuple or an array, got {describe(rows)}")
    if not entries:
        raise ValueError(f"{where}: there are none, but a model needs at least one example")
    checked = [row_of(entry, f"{where}: row {i}") for i, entry in enumerate(entries)]
    width = len(checked[0])
    for i, row in enumerate(checked):
        if len(row) != width or width == 0:
            raise ValueError(
                f"{where}: row {i} has {counted(len(row), 'number')}, but "
                + (f"row 0 has {width}" if width else "each row needs at least one")
            )
    return checked


def row_of(entry: object, where: str) -> list[float]:
    """The numbers of a row; one number may stand for a row of one."""
    numbers = as_list(entry)
    if numbers and as_list(numbers[0]) is not None:
        raise TypeError(
            f"{where} holds lists, and it must be numbers: make one row of the lines of an image; "
            f"for sequences write a loop around optimizer.minimize, which takes a loss of any data"
        )
    return [number(x, where) for x in ([entry] if numbers is None else numbers)]


def number(x: Any, where: str) -> float:
    """A finite number as a plain float, or as a plain int if that is its type."""
    if hasattr(x, "dtype") and is_real(x):  # a NumPy scalar
        x = x.item()
    checked = finite(where, x)
    return int(x) if isinstance(x, int) else checked


# Parts of data ----------------------------------------------------------------------------------


def batches(data: Examples, size: int, *, shuffle: bool = True, rng: Rng = None) -> Iterator[Data]:
    """The data in parts of `size` examples, the last one with what remains; each example once.

    The examples come in a new random order, or for shuffle=False in their own. One batch holds all
    of them if `size` is more than there are.

    >>> [x for x, y in batches(([1, 2, 3, 4, 5], [0, 0, 0, 1, 1]), 2, shuffle=False)]
    [[[1], [2]], [[3], [4]], [[5]]]
    """
    checked, step = examples(data, "batches"), whole("batches: size", size)
    n = len(checked.inputs)
    return cut(checked, step, shuffled(n, rng) if shuffle else range(n))


def shuffled(n: int, rng: Rng) -> list[int]:
    """The numbers of n examples in a new order."""
    order = list(range(n))
    generator(rng).shuffle(order)
    return order


def cut(data: Data, size: int, order: Sequence[int]) -> Iterator[Data]:
    """Checked data in batches, in this order."""
    return (pick(data, order[i : i + size]) for i in range(0, len(order), size))


def split(data: Examples, validation: float = 0.25, rng: Rng = None) -> tuple[Data, Data]:
    """The data in two, to train on and to validate with: chosen at random, each example once.

    `validation` is the part that is held out: a fraction like 0.25, or a whole number of examples.

    >>> from nn import moons
    >>> split(moons(100, rng=0), 0.2, rng=0)
    (Data(80 rows of 2 numbers, labels from 0 to 1), Data(20 rows of 2 numbers, labels from 0 to 1))
    """
    checked = examples(data, "split")
    n = len(checked.inputs)
    part = finite("split: validation", validation)
    count = round(part if hasattr(validation, "__index__") else n * part)
    if not 0 < count < n:
        raise ValueError(
            f"split: validation={validation} of {counted(n, 'example')} leaves {n - count} to "
            f"train on and {count} to validate with; both need at least one"
        )
    order = shuffled(n, rng)
    return pick(checked, order[count:]), pick(checked, order[:count])


def pick(data: Data, order: Sequence[int]) -> Data:
    """The examples with these numbers."""
    return Data([data.inputs[i] for i in order], [data.targets[i] for i in order])
