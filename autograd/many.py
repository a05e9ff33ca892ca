"""Many Values at once: their numbers in an array, and an array's numbers in them.

A row of numbers is an `array.array` of doubles, a NumPy array of one dimension, or whatever else
can be indexed. The compiled core does for lists of Values and buffers of doubles what stands here.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

from autograd.core.record import node_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograd.core.operation import Op
    from autograd.core.value import Value


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
    for i, x in enumerate(values):
        row[i] = x.data


def row_of(values: Sequence[Value]) -> array[float]:
    """The numbers of Values, in a new row.

    >>> from autograd import Value
    >>> row_of([Value(2.0), Value(3.0)])
    array('d', [2.0, 3.0])
    """
    row = array("d", bytes(8 * len(values)))
    gather(values, row)
    return row


def scatter(values: Sequence[Value], row: Any) -> None:
    """Set the number of each Value to that of a row.

    >>> from autograd import Value
    >>> xs = [Value(0.0), Value(0.0)]
    >>> scatter(xs, [2.0, 3.0])
    >>> xs[1].data
    3.0
    """
    fits("scatter", values, row)
    for x, number in zip(values, row, strict=True):
        x.data = number


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


def node_on(values: tuple[Value, ...], op: Op, row: Any, absent: Sequence[int] = ()) -> Value:
    """The record of an operation on many Values: its number, then the partial for each of them.

    Some of these may be absent: `absent` are their places in the row.

    >>> from autograd import Value
    >>> from autograd.core.ops import sum
    >>> node_on((Value(2.0), Value(3.0)), sum, [5.0, 1.0, 1.0], absent=[2]).partials
    (1.0, None)
    """
    data, *partials = row
    fits("node_on", values, partials)
    for i in absent:
        partials[i - 1] = None
    return node_of(type(values[0]), op, data, values, tuple(partials))


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
