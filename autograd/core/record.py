"""What is remembered of one operation: a node, with its operands and its local derivatives.

    out = x * y        d out / d x = y        d out / d y = x

Backward passes, higher orders, pictures and checks all read that record. `node` is the one place
where a record is made. Whoever wants to see it being made is an Observer.
"""

from __future__ import annotations

from contextvars import ContextVar
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar

from autograd.numbers.reals import describe

if TYPE_CHECKING:
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

    A node without an operation is a leaf: somebody wrote that number down.
    """

    __slots__ = ("_birth", "_data", "_dx", "_dy", "_grad", "_label", "_mark", "_origin", "_x", "_y")

    _origin: Op | None  # the operation; `_op` is a name of micrograd's
    _data: float
    _grad: float
    _x: Any  # Node | float | None
    _dx: float | None
    _y: Any  # the same, or the tuple of all operands
    _dy: Any  # float | None, or the tuple of all derivatives
    _mark: Any  # what a walk leaves here for its own use: see graph.py
    _label: str  # not there until somebody gives one
    _birth: int  # of a leaf: a younger one has a larger number

    @property
    def op(self) -> Op | None:
        """The operation that made it; None for a leaf.

        >>> from autograd import Value
        >>> (Value(2.0) * 3.0).op, Value(2.0).op
        (<operation mul>, None)
        """
        return self._origin

    @property
    def label(self) -> str:
        """A name for pictures and messages; empty if nobody gave one.

        >>> from autograd import Value
        >>> out = Value(2.0) * 3.0
        >>> out.label = "y"
        >>> out
        Value(data=6.0, grad=0.0, label='y')
        """
        return getattr(self, "_label", "")

    @label.setter
    def label(self, label: str) -> None:
        if not isinstance(label, str):
            raise TypeError(f"Value.label: expected text, got {describe(label)}")
        self._label = str(label)

    @property
    def operands(self) -> tuple[Self | float, ...]:
        """What the operation was applied to, in order, constants included.

        >>> from autograd import Value
        >>> (3.0 - Value(2.0)).operands
        (3.0, Value(data=2.0, grad=0.0))
        """
        read(self, ".operands")
        return edges_of(self)[0]

    @property
    def partials(self) -> tuple[float | None, ...]:
        """d out / d operand for each of `operands`; None for a constant or a switched-off edge.

        >>> from autograd import Value
        >>> (3.0 - Value(2.0)).partials
        (None, -1.0)
        """
        read(self, ".partials")
        return edges_of(self)[1]

    @property
    def parents(self) -> tuple[Self, ...]:
        """The operands that are themselves recorded; one that was used twice stands here twice.

        >>> from autograd import Value
        >>> x = Value(2.0)
        >>> (3.0 - x).parents, (x * x).parents
        ((Value(data=2.0, grad=0.0),), (Value(data=2.0, grad=0.0), Value(data=2.0, grad=0.0)))
        """
        read(self, ".parents")
        return tuple(x for x in edges_of(self)[0] if isinstance(x, type(self)))


def edges_of(node: N) -> tuple[tuple[N | float, ...], tuple[float | None, ...]]:
    """The operands and the partials of a node, without telling those who watch."""
    if type(node._y) is tuple:
        return node._y, node._dy
    if node._y is not None:
        return (node._x, node._y), (node._dx, node._dy)
    return ((), ()) if node._origin is None else ((node._x,), (node._dx,))


def node(kind: type[N], op: Op, data: float, x: Any, dx: Any, y: Any = None, dy: Any = None) -> N:
    """A node with this record: every recorded operation ends here."""
    out: N = new(kind)
    out._origin = op
    out._data = data
    out._grad = 0.0
    out._x = x
    out._dx = dx
    out._y = y
    out._dy = dy
    out._mark = None
    return observed(out) if FLAG.watched else out


def node_of(
    kind: type[N],
    op: Op,
    data: float,
    operands: tuple[Node | float, ...],
    partials: tuple[float | None, ...],
) -> N:
    """A node of any number of operands."""
    if len(operands) > 2:
        return node(kind, op, data, None, None, operands, partials)
    edges = zip(operands, partials, strict=True)
    return node(kind, op, data, *[part for edge in edges for part in edge])


def leaf(kind: type[N], data: float) -> N:
    """A node that no operation made."""
    out: N = new(kind)
    out._data = data
    return make_leaf(out)


def make_leaf(node: N) -> N:
    """The node, which forgets how its number was made."""
    node._origin = node._x = node._dx = node._y = node._dy = node._mark = None
    node._grad = 0.0
    node._birth = next(births)
    return node


# Who watches ------------------------------------------------------------------------------------


class Observer:
    """Somebody who is told what happens to Values while it happens; this one takes no notice.

    Anomaly detection is one. Each of the four may raise, to forbid what is happening. An observer
    looks at `node._data` and `edges_of(node)`: it would be told of `node.data` itself.
    """

    # Whether it will compute results anew from other numbers. Then derivatives are recorded within
    # `no_grad` too, for it needs to see how they are computed.
    recomputes = False
    __slots__ = ()

    def operation(self, op: Op, operands: tuple[Any, ...], out: Node, recorded: bool) -> None:
        """An operation gave a node, which will be a leaf if it is not recorded."""

    def comparison(self, relation: str, x: Node, y: Node | float, outcome: bool) -> Any:
        """Two numbers were compared. What this gives takes the place of the outcome."""
        return outcome

    def read(self, owner: object, what: str) -> None:
        """What may change is read past the record: a Value's ".data", or what else may change."""

    def write(self, owner: object, what: str) -> None:
        """Something is done that no record holds: a .grad is set, a Value copied."""


class Undecided:
    """What an observer may give for the outcome of a comparison: a truth value that stays open.

    `where` and the rules of the table leave the choice to it.
    """

    __slots__ = ()

    def where(self, a: Any, b: Any) -> Any:
        """a where it holds, else b."""
        raise NotImplementedError

    def unless(self, partial: Any) -> Any:
        """A partial that is absent where it holds."""
        raise NotImplementedError


class Mode:
    """Who watches the operations within a `with` block, and whether they are recorded.

    A task or a generator that was started in the block may go on after its end. So a mode knows
    whether its block is still open; a closed one counts as the one around it.
    """

    __slots__ = ("observers", "open", "outer", "recording")

    def __init__(self, recording: bool, observers: tuple[Observer, ...], outer: Any = None) -> None:
        self.recording, self.observers = recording, observers
        self.outer: Mode | None = outer
        self.open = True


PLAIN = Mode(recording=True, observers=())
MODE: ContextVar[Mode] = ContextVar("autograd mode", default=PLAIN)


def current() -> Mode:
    """The mode of the running thread or task."""
    mode = MODE.get()
    while not mode.open:
        mode = mode.outer or PLAIN
    return mode


class Flag:
    """How many modes besides the plain one are open, in all threads together: nearly always none.

    One look at it is all that an operation pays for the modes it is not in.
    """

    def __init__(self) -> None:
        self.watched = 0


FLAG = Flag()


def observed(out: N) -> N:
    """A node that was just made, once those who watch have seen it; a leaf within `no_grad`."""
    mode = current()
    if mode.observers:
        saw(out._origin, edges_of(out)[0], out, mode.recording)
    if not mode.recording:
        make_leaf(out)  # the same object: an observer knows it by its identity
    return out


def saw(op: Any, operands: tuple[Any, ...], out: Node, recorded: bool) -> None:
    """Tell those who watch of an operation."""
    for observer in current().observers:
        observer.operation(op, operands, out, recorded)


def compared(relation: str, x: Node, y: Node | float, outcome: bool) -> Any:
    """The outcome of a comparison, once those who watch have seen it."""
    for observer in current().observers:
        outcome = observer.comparison(relation, x, y, outcome)
    return outcome


def read(owner: object, what: str) -> None:
    """Tell those who watch that something is read past the record."""
    for observer in current().observers:
        observer.read(owner, what)


def write(owner: object, what: str) -> None:
    """Tell those who watch that something is done that no record holds."""
    for observer in current().observers:
        observer.write(owner, what)
