"""Many Values at once: their numbers in an array, and an array's numbers in them.

A row of numbers is an `array.array` of doubles, a NumPy array of one dimension, or whatever else
can be indexed. The compiled core does for lists of Values and buffers of doubles what stands here.
"""

from __future__ import annotations

from array import array
from itertools import chain
from operator import is_
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

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


def same_objects(these: Sequence[object], those: Sequence[object]) -> bool:
    """Whether two lists hold the same objects in the same order, equal or not.

    >>> a, b = [1.0], [1.0]
    >>> same_objects([a, b], (a, b)), same_objects([a, b], [a, a])
    (True, False)
    """
    return len(these) == len(those) and all(map(is_, these, those))


def same_lists(
    lists: Sequence[Sequence[object]], sizes: Sequence[int], items: Sequence[object]
) -> bool:
    """Whether lists of these sizes hold, one list after another, the same objects as `items`.

    >>> a, b = [1.0], [1.0]
    >>> same_lists(([a], [b, a]), (1, 2), (a, b, a)), same_lists(([a], [b]), (1, 1), (a, a))
    (True, False)
    """
    return tuple(map(len, lists)) == sizes and all(map(is_, chain.from_iterable(lists), items))


def same_types(objects: Sequence[object], kept: Sequence[type]) -> bool:
    """Whether each object is of the type kept for it, itself and not of a derived one.

    >>> same_types((1.0, True), (float, bool)), same_types((True,), (int,))
    (True, False)
    """
    return len(objects) == len(kept) and all(map(is_, map(type, objects), kept))


def same_methods(objects: Sequence[Any], names: Sequence[str], kept: Sequence[object]) -> bool:
    """Whether what each object gives under a name is a method of the function kept for it.

    >>> from autograd import Value
    >>> same_methods((Value(1.0),), ("backward",), (Value.backward,))
    True
    """
    found = [
        getattr(getattr(x, name), "__func__", None) for x, name in zip(objects, names, strict=True)
    ]
    return len(objects) == len(kept) and all(map(is_, found, kept))


def fits(name: str, values: Sequence[Value], row: Any) -> None:
    """Refuse a row that is not as long as the list of Values."""
    if len(values) != len(row):
        raise ValueError(
            f"{name}: as many numbers as Values are needed, got {len(row)} for {len(values)}"
        )
