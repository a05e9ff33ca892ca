"""What is remembered of one operation: a node, with its operands and its local derivatives.

Backward passes, higher orders, pictures and checks all read that record, one walk at a time.
"""

from __future__ import annotations

from contextlib import contextmanager
from itertools import count
from threading import RLock
from typing import TYPE_CHECKING, Any, TypeVar

from autograd.numbers.reals import describe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from autograd.core.operation import Op

N = TypeVar("N", bound="Node")

new = object.__new__
births = count()


class Node:
    """One number in a recorded computation: the operation that made it and its local derivatives.

    Most operations have one or two operands, x and y. Each stands beside its local derivative:
    `_dx` is d out / d x. A constant operand is the plain float itself. A derivative is None where
    nothing can flow: a constant, or an edge that is switched off (relu below zero). An operation of
    more operands keeps two tuples, in `_y` and `_dy`.

    A node without an operation is a leaf: somebody wrote that number down. Leaves are numbered from
    the oldest to the youngest; that number is in `_y`.

    A label is rare, and a slot for it would cost every node memory and time. It is in `_x`, which a
    leaf and a node with tuples do not need; another node that is given a label gets tuples.
    """

    __slots__ = ("_data", "_dx", "_dy", "_grad", "_operation", "_stamp", "_x", "_y")

    _operation: Op | None
    _data: float
    _grad: float
    _x: Node | float | str | None
    _y: Node | float | tuple[Node | float, ...] | None
    _dx: float | None
    _dy: float | tuple[float | None, ...] | None
    _stamp: object  # the last walk that came by: see graph.topological

    def _become_leaf(self, data: float, label: str) -> None:
        self._data = data
        self._grad = 0.0
        self._operation = self._x = self._dx = self._dy = self._stamp = None
        self._y = next(births)
        if type(label) is not str or label:
            self.label = label

    @property
    def op(self) -> Op | None:
        """The operation that made it; None for a leaf.

        >>> from autograd import Value
        >>> (Value(2.0) * 3.0).op, Value(2.0).op
        (<operation mul>, None)
        """
        return self._operation

    @property
    def label(self) -> str:
        """A name for pictures and messages; empty if nobody gave one.

        >>> from autograd import Value
        >>> out = Value(2.0) * 3.0
        >>> out.label = "y"
        >>> out
        Value(data=6.0, grad=0.0, label='y')
        """
        return self._x if type(self._x) is str else ""

    @label.setter
    def label(self, label: str) -> None:
        if not isinstance(label, str):
            raise TypeError(f"Value.label: expected text, got {describe(label)}")
        if self._operation is None or type(self._y) is tuple:
            self._x = str(label)
            return
        with walk():  # nobody may be on the way through it while it gets tuples
            self._dy, self._y = self.partials, self.operands
            self._dx = None
            self._x = str(label)

    @property
    def operands(self) -> tuple[Self | float, ...]:
        """What the operation was applied to, in order, constants included.

        >>> from autograd import Value
        >>> (3.0 - Value(2.0)).operands
        (3.0, Value(data=2.0, grad=0.0))
        """
        if self._operation is None:
            return ()
        x: Any = self._x
        y: Any = self._y
        if type(y) is tuple:
            return y
        return (x,) if y is None else (x, y)

    @property
    def partials(self) -> tuple[float | None, ...]:
        """d out / d operand for each of `operands`; None for a constant or a switched-off edge.

        >>> from autograd import Value
        >>> (3.0 - Value(2.0)).partials
        (None, -1.0)
        """
        if self._operation is None:
            return ()
        # In this order a label that another thread gives it meanwhile spoils nothing.
        dx, dy, y = self._dx, self._dy, self._y
        if type(dy) is tuple:
            return dy
        unary = y is None or (type(y) is tuple and len(y) == 1)
        return (dx,) if unary else (dx, dy)  # type: ignore[return-value]  # dy is no tuple

    @property
    def parents(self) -> tuple[Self, ...]:
        """The operands that are themselves recorded; one that was used twice stands here twice.

        >>> from autograd import Value
        >>> x = Value(2.0)
        >>> (3.0 - x).parents, (x * x).parents
        ((Value(data=2.0, grad=0.0),), (Value(data=2.0, grad=0.0), Value(data=2.0, grad=0.0)))
        """
        return tuple(x for x in self.operands if isinstance(x, type(self)))


def birth(leaf: Node) -> int:
    """The number of a leaf: a younger one has a larger number."""
    number: Any = leaf._y
    return number  # type: ignore[no-any-return]


def leaf(kind: type[N], data: float, label: str = "") -> N:
    """A node that no operation made."""
    out: N = new(kind)
    out._become_leaf(data, label)
    return out


def recorded(
    kind: type[N],
    op: Op,
    data: float,
    operands: tuple[Node | float, ...],
    partials: tuple[float | None, ...],
) -> N:
    """A node with this record."""
    out: N = new(kind)
    out._data = data
    out._grad = 0.0
    out._operation = op
    out._stamp = None
    if len(operands) > 2 or not operands:
        out._x = out._dx = None
        out._y, out._dy = operands, partials
    elif len(operands) == 2:
        out._x, out._y = operands
        out._dx, out._dy = partials
    else:
        (out._x,), (out._dx,) = operands, partials
        out._y = out._dy = None
    return out


_LOCK = RLock()
_walking = False


@contextmanager
def walk() -> Iterator[None]:
    """Only one walk at a time: each leaves its stamps on the nodes, and needs them as they are.

    Other threads wait. A signal handler or a destructor, which may run in the midst of a walk of
    its own thread, cannot wait for that; it is refused.
    """
    global _walking
    with _LOCK:
        if _walking:
            raise RuntimeError(
                "a walk over a graph (backward, gradients, a copy, a pickle, a label) was started "
                "from inside another one, by a signal handler or a destructor; start it after that "
                "one has ended"
            )
        _walking = True
        try:
            yield
        finally:
            _walking = False
