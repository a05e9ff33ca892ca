"""Many Values at once: their numbers in an array, and an array's numbers in them.

A row of numbers is an `array.array` of doubles, a NumPy array of one dimension, or a list. The
compiled core does for lists of Values and buffers of doubles what stands here.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

from autograd.core.record import FLAG

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograd.core.value import Value


def row_of(values: Sequence[Value]) -> array[float]:
    """The numbers of Values, in a new row.

    >>> from autograd import Value
    >>> row_of([Value(2.0), Value(3.0)])
    array('d', [2.0, 3.0])
    """
    row = zeros(len(values))
    gather(values, row)
    return row


def grads_of(values: Sequence[Value]) -> array[float]:
    """The gradients of Values, in a new row.

    >>> from autograd import Value
    >>> x = Value(2.0)
    >>> (x * x).backward()
    >>> grads_of([x])
    array('d', [4.0])
    """
    row = zeros(len(values))
    gather_grads(values, row)
    return row


def zeros(n: int) -> array[float]:
    """A row of so many zeros.

    >>> zeros(2)
    array('d', [0.0, 0.0])
    """
    return array("d", [0.0]) * n


def gather(values: Sequence[Value], row: Any) -> None:
    """Write the number of each Value into a row.

    >>> from array import array
    >>> from autograd import Value
    >>> row = array("d", [0.0, 0.0])
    >>> gather([Value(2.0), Value(3.0)], row)
    >>> row
    array('d', [2.0, 3.0])
    """
    fits("gather", values, row)
    numbers = [x.data for x in values] if FLAG.watched else [x._data for x in values]
    row[:] = numbers if type(row) is list else array("d", numbers)


def gather_grads(values: Sequence[Value], row: Any) -> None:
    """Write the gradient of each Value into a row.

    >>> from autograd import Value
    >>> row = [0.5, 0.5]
    >>> gather_grads([Value(2.0), Value(3.0)], row)
    >>> row
    [0.0, 0.0]
    """
    fits("gather_grads", values, row)
    numbers = [x.grad for x in values] if FLAG.watched else [x._grad for x in values]
    row[:] = numbers if type(row) is list else array("d", numbers)


def scatter(values: Sequence[Value], row: Any) -> None:
    """Set the number of each Value to that of a row.

    >>> from autograd import Value
    >>> xs = [Value(0.0), Value(0.0)]
    >>> scatter(xs, [2.0, 3.0])
    >>> xs[1].data
    3.0
    """
    fits("scatter", values, row)
    if FLAG.watched or {*map(type, row)} != {float}:
        for x, number in zip(values, row, strict=True):
            x.data = number
    else:  # as nearly always; the property would look at each
        for x, number in zip(values, row, strict=True):
            x._data = number


def scatter_grads(values: Sequence[Value], row: Any) -> None:
    """Set the gradient of each Value to the number in a row.

    >>> from autograd import Value
    >>> xs = [Value(0.0), Value(0.0)]
    >>> scatter_grads(xs, [2.0, 3.0])
    >>> xs[1].grad
    3.0
    """
    fits("scatter_grads", values, row)
    if FLAG.watched or {*map(type, row)} != {float}:
        for x, number in zip(values, row, strict=True):
            x.grad = number
    else:
        for x, number in zip(values, row, strict=True):
            x._grad = number


def add_to_grads(values: Sequence[Value], row: Any, factor: float = 1.0) -> None:
    """Add the numbers of a row, times a factor, to the gradients of Values.

    >>> from autograd import Value
    >>> xs = [Value(0.0), Value(0.0)]
    >>> add_to_grads(xs, [2.0, 3.0], factor=10.0)
    >>> xs[1].grad
    30.0
    """
    fits("add_to_grads", values, row)
    for x, number in zip(values, row, strict=True):
        x.grad += factor * number


def same_objects(these: Sequence[object], those: Sequence[object]) -> bool:
    """Whether two lists hold the same objects in the same order, equal or not.

    >>> a, b = [1.0], [1.0]
    >>> same_objects([a, b], (a, b)), same_objects([a, b], [a, a])
    (True, False)
    """
    return len(these) == len(those) and all(x is y for x, y in zip(these, those, strict=True))


def fits(name: str, values: Sequence[Value], row: Any) -> None:
    """Refuse a row that is not as long as the list of Values."""
    if len(values) != len(row):
        raise ValueError(
            f"{name}: as many numbers as Values are needed, got {len(row)} for {len(values)}"
        )
