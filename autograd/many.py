"""Many Values at once: their numbers in an array, an array's numbers in them, a rule for all.

A row of numbers is an `array.array` of doubles, a NumPy array of one dimension, or a list. The
compiled core does for lists of Values and buffers of doubles what stands here.
"""

from __future__ import annotations

from array import array
from itertools import chain
from math import isfinite
from operator import is_
from typing import TYPE_CHECKING, Any

from autograd.core.record import FLAG, node_of
from autograd.numbers.reals import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograd.core.operation import Op
    from autograd.core.value import Value

SOME = 512  # Values at a time, for more take longer: memory for all of their numbers is new


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


def zero_grads(values: Sequence[Value]) -> None:
    """Set all gradients to 0.

    >>> from autograd import Value
    >>> x = Value(2.0)
    >>> (x * x).backward()
    >>> zero_grads([x])
    >>> x.grad
    0.0
    """
    scatter_grads(values, zeros(len(values)))


def update(values: Sequence[Value], rule: Any, state: Sequence[Any] = ()) -> None:
    """Set each Value, and its number in each row of a state, to what a rule makes of them.

    The rule is a function of the number of a Value, its gradient and its numbers in the rows.

    >>> from autograd import Value
    >>> x, steps = Value(2.0), [0.0]
    >>> (x * x).backward()
    >>> update([x], lambda data, grad, n: (data - 0.25 * grad, n + 1.0), [steps])
    >>> x.data, steps
    (1.0, [1.0])
    """
    count = 1 + len(state)
    for start in range(0, len(values), SOME):
        part = slice(start, start + SOME)
        some = values[part]
        data = [0.0] * len(some)
        grads = data[:]
        gather(some, data)
        gather_grads(some, grads)
        found = [*map(rule, data, grads, *[row[part] for row in state])]
        try:
            sizes = {*map(len, found)}
        except TypeError:  # a number alone
            sizes = set()
        if sizes != {count}:
            expected = counted(count, "number")
            raise ValueError(f"{rule.__qualname__} must give a tuple of {expected} for each Value")
        numbers = [*chain.from_iterable(found)]
        scatter(some, numbers[::count])
        for i, row in enumerate(state, 1):
            anew = numbers[i::count]
            row[part] = anew if type(row) is list else array("d", anew)


def first_lost(numbers: Sequence[float]) -> int | None:
    """The place of the first number that is nan or inf; None if all are finite.

    >>> from math import inf
    >>> first_lost([1.0, inf]), first_lost([1e308, 1e308])
    (1, None)
    """
    if isfinite(sum(numbers)):  # nearly always, and quick; a nan or inf never gets lost in it
        return None
    return next((i for i, number in enumerate(numbers) if not isfinite(number)), None)


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
