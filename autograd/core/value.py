"""A Value: a number that remembers how it was made, so that it can tell its derivatives.

Arithmetic on Values records one node an operation, with the local derivatives of the result:

    out = x * y        d out / d x = y        d out / d y = x

`backward` walks that record from a result back to its leaves, by the chain rule.
"""

from __future__ import annotations

import operator
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn, final

from autograd.core import ops
from autograd.core.graph import sort, walk, walk_back
from autograd.core.operation import Method
from autograd.core.record import (
    FLAG,
    Node,
    compared,
    current,
    edges_of,
    make_leaf,
    node,
    read,
    saw,
    write,
)
from autograd.numbers import libm
from autograd.numbers.reals import advice, describe, is_array, is_real, real

if TYPE_CHECKING:
    from collections.abc import Callable

    from autograd.table import Methods  # generated from the table, for type checkers and editors
else:
    Methods = object

ADD, SUB, MUL, DIV, NEG, POW = ops.add, ops.sub, ops.mul, ops.div, ops.neg, ops.pow
less_one = ops.lowered_pow.forward  # less_one(x, y, 1.0, 0.0) is x ** (y - 1)


@final
class Value(Node, Methods):
    """A number that remembers how it was made.

    >>> x = Value(3.0, label="x")
    >>> y = x * x + 2.0 * x
    >>> y.backward()
    >>> y.data, x.grad
    (15.0, 8.0)

    The operations of the table are methods too: x.exp() is exp(x). Attributes of your own may be
    hung on a Value, as in x.velocity = 0.0.
    """

    __slots__ = ("__dict__",)

    def __init__(self, data: float, label: str = "") -> None:
        self._data = real(data, "Value")
        make_leaf(self)
        if type(label) is not str or label:
            self.label = label

    def __init_subclass__(cls) -> NoReturn:
        raise TypeError(
            "Value cannot be subclassed: the result of every operation is a plain Value, so the "
            "subclass would be gone after the first +. Write functions of Values, or add an "
            "operation with autograd.op"
        )

    @property
    def data(self) -> float:
        """The number itself, a plain float. Setting it changes no derivative already recorded."""
        if FLAG.watched:
            read(self, ".data")
        return self._data

    @data.setter
    def data(self, data: float) -> None:
        if FLAG.watched:
            write(self, "setting the .data of a Value")
        self._data = real(data, "Value.data")

    @property
    def grad(self) -> float:
        """The derivative of the last results with respect to this value: see `backward`."""
        if FLAG.watched:
            read(self, ".grad")
        return self._grad

    @grad.setter
    def grad(self, grad: float) -> None:
        if FLAG.watched:
            write(self, "setting a .grad")
        self._grad = real(grad, "Value.grad")

    # The chain rule -----------------------------------------------------------------------------

    def backward(self, grad: float = 1.0) -> None:
        """Add d self / d leaf, times `grad`, to the `.grad` of every leaf; set it on all between.

        Leaves accumulate: calling twice gives them twice the gradient, until their `.grad` is set
        to 0. The nodes in between start from 0 each time.

        >>> a, b = Value(2.0), Value(3.0)
        >>> (a * b + a).backward()
        >>> a.grad, b.grad
        (4.0, 2.0)
        """
        if FLAG.watched:
            write(self, "backward()")
        seed = real(grad, "backward")
        with walk():
            order = sort((self,), stamp=object())
            walk_back(order, [(self, seed)])
            before = [x._grad for x in order]
            try:
                keep_adjoints(order)
            except BaseException:  # Ctrl-C: half a gradient is worse than none
                for x, grad in zip(order, before, strict=True):
                    x._grad = grad
                raise

    def detach(self) -> Value:
        """A new leaf with the same number: nothing flows back through it.

        >>> (Value(3.0) * 2.0).detach()
        Value(data=6.0, grad=0.0)
        """
        out = Value(self._data, self.label)
        if FLAG.watched:
            saw(ops.pos, (self,), out, recorded=False)
        return out

    # Arithmetic ---------------------------------------------------------------------------------
    # Each method is its entry of the table, applied to two Values, or to a Value and a constant.
    # Written out, for this is where programs spend their time; a test holds it to the table.

    def __add__(self, other: Value | float) -> Value:
        if type(other) is Value:
            return node(Value, ADD, self._data + other._data, self, 1.0, other, 1.0)
        if type(other) is not float and (other := operand(other, "+")) is NotImplemented:
            return NotImplemented
        return node(Value, ADD, self._data + other, self, 1.0, other, None)

    def __radd__(self, other: float) -> Value:
        if type(other) is not float and (other := operand(other, "+")) is NotImplemented:
            return NotImplemented
        return node(Value, ADD, other + self._data, other, None, self, 1.0)

    def __sub__(self, other: Value | float) -> Value:
        if type(other) is Value:
            return node(Value, SUB, self._data - other._data, self, 1.0, other, -1.0)
        if type(other) is not float and (other := operand(other, "-")) is NotImplemented:
            return NotImplemented
        return node(Value, SUB, self._data - other, self, 1.0, other, None)

    def __rsub__(self, other: float) -> Value:
        if type(other) is not float and (other := operand(other, "-")) is NotImplemented:
            return NotImplemented
        return node(Value, SUB, other - self._data, other, None, self, -1.0)

    def __mul__(self, other: Value | float) -> Value:
        if type(other) is Value:
            x, y = self._data, other._data
            return node(Value, MUL, x * y, self, y, other, x)
        if type(other) is not float and (other := operand(other, "*")) is NotImplemented:
            return NotImplemented
        return node(Value, MUL, self._data * other, self, other, other, None)

    def __rmul__(self, other: float) -> Value:
        if type(other) is not float and (other := operand(other, "*")) is NotImplemented:
            return NotImplemented
        return node(Value, MUL, other * self._data, other, None, self, other)

    def __truediv__(self, other: Value | float) -> Value:
        if type(other) is not float and (other := operand(other, "/")) is NotImplemented:
            return NotImplemented
        y = other._data if type(other) is Value else other
        if y == 0.0:
            return DIV(self, other)
        out = self._data / y
        dy = -(out / y) if type(other) is Value else None
        return node(Value, DIV, out, self, 1.0 / y, other, dy)

    def __rtruediv__(self, other: float) -> Value:
        if type(other) is not float and (other := operand(other, "/")) is NotImplemented:
            return NotImplemented
        y = self._data
        if y == 0.0:
            return DIV(other, self)
        out = other / y
        return node(Value, DIV, out, other, None, self, -(out / y))

    def __neg__(self) -> Value:
        return node(Value, NEG, -self._data, self, -1.0, None, None)

    def __pow__(self, other: Value | float) -> Value:
        if type(other) is not float and (other := operand(other, "**")) is NotImplemented:
            return NotImplemented
        if type(other) is Value or other == 0.0:
            return POW(self, other)
        x, y = self._data, other
        return node(Value, POW, libm.pow(x, y), self, y * less_one(x, y, 1.0, 0.0), y, None)

    # The rarer ones take no short way.

    def __rpow__(self, other: float) -> Value:
        return applied(POW, "**", other, self)

    def __floordiv__(self, other: Value | float) -> Value:
        return applied(ops.floordiv, "//", self, other)

    def __rfloordiv__(self, other: float) -> Value:
        return applied(ops.floordiv, "//", other, self)

    def __mod__(self, other: Value | float) -> Value:
        return applied(ops.mod, "%", self, other)

    def __rmod__(self, other: float) -> Value:
        return applied(ops.mod, "%", other, self)

    def __divmod__(self, other: Value | float) -> tuple[Value, Value]:
        return self // other, self % other

    def __rdivmod__(self, other: float) -> tuple[Value, Value]:
        return other // self, other % self

    __pos__ = ops.pos
    __abs__ = ops.abs

    # What Python asks of a number ---------------------------------------------------------------

    __floor__ = ops.floor
    __ceil__ = ops.ceil
    __trunc__ = ops.trunc

    def __round__(self, digits: int | None = None) -> Value:
        return ops.round(self, 0.0 if digits is None else real(operator.index(digits), "round"))

    def __eq__(self, other: object) -> bool:
        return compare(self, "==", operator.eq, other)  # type: ignore[no-any-return]

    def __ne__(self, other: object) -> bool:
        return compare(self, "!=", operator.ne, other)  # type: ignore[no-any-return]

    def __lt__(self, other: Value | float) -> bool:
        return compare(self, "<", operator.lt, other)  # type: ignore[no-any-return]

    def __le__(self, other: Value | float) -> bool:
        return compare(self, "<=", operator.le, other)  # type: ignore[no-any-return]

    def __gt__(self, other: Value | float) -> bool:
        return compare(self, ">", operator.gt, other)  # type: ignore[no-any-return]

    def __ge__(self, other: Value | float) -> bool:
        return compare(self, ">=", operator.ge, other)  # type: ignore[no-any-return]

    def __bool__(self) -> bool:
        return bool(self != 0.0)

    # By identity, as in PyTorch: two parameters that happen to be equal stay two entries of a set.
    # It bends Python's rule that equal things hash alike: {1.0: ...}.get(Value(1.0)) is None.
    __hash__ = object.__hash__

    def __float__(self) -> NoReturn:
        read(self, "float()")
        raise TypeError(
            "a Value does not turn into a float by itself: its gradient would be lost without a "
            "word. For the plain number write v.data; for a function of it, autograd.exp(v) in "
            "place of math.exp(v)"
        )

    def __int__(self) -> NoReturn:
        read(self, "int()")
        raise TypeError(
            "a Value does not turn into an int by itself: its gradient would be lost without a "
            "word. For the plain number write int(v.data); for a Value, autograd.trunc(v)"
        )

    def conjugate(self) -> Value:
        """The value itself: it is real. NumPy's variance asks for this.

        >>> Value(2.0).conjugate()
        Value(data=2.0, grad=0.0)
        """
        return self

    def __repr__(self) -> str:
        label = f", label={self.label!r}" if self.label else ""
        return f"Value(data={self._data!r}, grad={self._grad!r}{label})"

    def __format__(self, spec: str) -> str:
        return format(self.data, spec) if spec else repr(self)

    # The names under which programs written for micrograd look ------------------------------------

    # Read-only: `backward` would not call a `_backward` that somebody has set.
    _prev = property(lambda self: set(self.parents))
    _op = property(lambda self: self.op.symbol if self.op is not None else "")
    _backward = property(lambda self: partial(send_back, self))


def keep_adjoints(order: list[Value]) -> None:
    """Make the adjoint that a walk left at each node its gradient; add it to that of a leaf.

    A function of its own, as are all loops within `with walk()` that choose: where Python 3.12 and
    3.13 jump back from a condition, a signal gets past the ends of `try` and `with`.
    """
    for x in order:
        if x._origin is not None:
            x._grad = x._mark or 0.0
        elif x._mark is not None:
            x._grad += x._mark


def applied(op: Callable[..., Value], symbol: str, x: object, y: object) -> Value:
    """What an operator gives that takes no short way."""
    x, y = operand(x, symbol), operand(y, symbol)
    return op(x, y) if NotImplemented is not x and NotImplemented is not y else NotImplemented


def compare(x: Value, relation: str, holds: Callable[[Any, Any], Any], other: Any) -> Any:
    """Whether a relation holds between the number of a Value and another number."""
    try:
        outcome = holds(x._data, other._data if isinstance(other, Value) else other)
    except TypeError:
        return NotImplemented
    if FLAG.watched and current().observers and (isinstance(other, Value) or is_real(other)):
        other = other if isinstance(other, Value) else real(other, relation)
        return compared(relation, x, other, outcome)
    return outcome


def send_back(node: Value) -> None:
    """Add a node's `.grad` times each local derivative to the `.grad` of its operands."""
    for x, dx in zip(*edges_of(node), strict=True):
        if isinstance(x, Value) and dx is not None:
            x.grad += node.grad * dx


def operand(x: object, symbol: str) -> Any:
    """The other operand of an operator: a Value as it is, a number as a plain float.

    NotImplemented for an array or an unknown type, which may know itself what to do with a Value.
    """
    if type(x) is Value:
        return x
    if type(x) is int and -(2**53) < x < 2**53:  # a float too, to the last digit
        return float(x)
    if is_real(x):
        return real(x, symbol)
    if is_array(x) or type(x).__module__ not in ("builtins", "decimal", "numpy"):
        return NotImplemented
    raise TypeError(f"unsupported operands for {symbol}: a Value and {describe(x)}; {advice(x)}")


# Operations as methods --------------------------------------------------------------------------
# An operation is a method of its first operand, unless that only chooses the function. NumPy's
# functions look for its spellings: np.arcsin calls .arcsin() on each element of an object array.

METHODS = {n: f for n, f in ops.PUBLIC.items() if isinstance(f, Method) and f.rules[0] is not None}
ARCS = ("sin", "cos", "tan", "tan2", "sinh", "cosh", "tanh")
METHODS |= {f"arc{name}": METHODS[f"a{name}"] for name in ARCS}
METHODS |= {"absolute": ops.abs, "fabs": ops.abs, "rint": ops.round}
for _name, _op in METHODS.items():
    setattr(Value, _name, _op)
