"""A Value: a number that remembers how it was made, so that it can tell its derivatives.

Arithmetic on Values records one node an operation, with the local derivatives of the result:

    out = x * y        d out / d x = y        d out / d y = x

`backward` walks that record from a result back to its leaves. The chain rule says that the
derivative of the result with respect to a node, its adjoint, is the sum over everything that used
the node of (the user's adjoint) * (the user's local derivative). Nothing else happens.
"""

from __future__ import annotations

from operator import eq, ge, gt, index, le, lt, ne
from typing import TYPE_CHECKING, Any, Final, NoReturn, final

from autograd import modes
from autograd.core import graph, ops
from autograd.core.record import Node, new, walk
from autograd.modes import FLAG
from autograd.numbers import libm
from autograd.numbers.reals import advice, describe, is_array, is_real, real

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from autograd.core.operation import Op

ADD: Final[Op] = ops.add
SUB: Final[Op] = ops.sub
MUL: Final[Op] = ops.mul
DIV: Final[Op] = ops.div
NEG: Final[Op] = ops.neg
POW: Final[Op] = ops.pow
RELATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "==": eq,
    "!=": ne,
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
}
EXACT = 2**53  # ints up to here are floats too, to the last digit
less_one = ops.lowered_pow.forward  # less_one(x, y, 1.0, 0.0) is x ** (y - 1)


@final
class Value(Node):
    """A number that remembers how it was made.

    >>> x = Value(3.0, label="x")
    >>> y = x * x + 2.0 * x
    >>> y.backward()
    >>> y.data, x.grad
    (15.0, 8.0)

    The operations of one operand are methods too, and so are some others: x.exp() is exp(x).
    """

    __slots__ = ()

    def __init__(self, data: float, label: str = "") -> None:
        self._become_leaf(real(data, "Value"), label)

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
            modes.read(self, ".data")
        return self._data

    @data.setter
    def data(self, data: float) -> None:
        if FLAG.watched:
            modes.refuse("setting the .data of a Value")
        self._data = data if type(data) is float else real(data, "Value.data")

    @property
    def grad(self) -> float:
        """The derivative of the last results with respect to this value: see `backward`."""
        if FLAG.watched:
            modes.refuse("reading a .grad")
        return self._grad

    @grad.setter
    def grad(self, grad: float) -> None:
        if FLAG.watched:
            modes.refuse("setting a .grad")
        if grad is None:  # as in PyTorch
            raise TypeError(
                "Value.grad: expected a real number, got None; to clear a gradient set it to 0"
            )
        self._grad = grad if type(grad) is float else real(grad, "Value.grad")

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
            modes.refuse("backward()")
        seed = real(grad, "backward")
        if self._operation is not None and self._operation.on_leaves:
            self._backward_to_leaves(seed)
            return
        with walk():
            order = graph.sort((self,), stamp=object())
            leaves = []
            for node in order:
                if node._operation is None:
                    leaves.append((node, node._grad))
                else:
                    node._grad = 0.0
            try:
                self._grad += seed
                # Only what a gradient has reached passes one on. A node behind an edge that is
                # switched off was not reached, and 0 times its partials might well be nan.
                self._stamp = reached = object()
                for node in reversed(order):
                    if node._stamp is not reached:
                        continue
                    adjoint = node._grad
                    dx, dy = node._dx, node._dy
                    if dx is not None:
                        x = node._x
                        x._grad += adjoint * dx  # type: ignore[union-attr]  # x is a Value, and
                        x._stamp = reached  # type: ignore[union-attr]  # so is y, below
                    elif type(dy) is tuple:
                        for x, dx in zip(node._y, dy):  # type: ignore[arg-type]  # noqa: B905
                            if dx is not None:
                                x._grad += adjoint * dx  # type: ignore[union-attr]
                                x._stamp = reached  # type: ignore[union-attr]
                        continue
                    if dy is not None:
                        y = node._y
                        y._grad += adjoint * dy  # type: ignore[union-attr,operator]
                        y._stamp = reached  # type: ignore[union-attr]
            except BaseException:  # Ctrl-C: half a gradient is worse than none
                for leaf, before in leaves:
                    leaf._grad = before
                raise

    def _backward_to_leaves(self, seed: float) -> None:
        """The same for a node on nothing but leaves: one operation is all there is to walk."""
        leaves: Any = self._y
        partials: Any = self._dy
        with walk():
            before = [x._grad for x in leaves]
            try:
                self._grad = seed
                # After zero_grad there is nothing to add to.
                if seed == 1.0 and before.count(0.0) == len(before):
                    for x, dx in zip(leaves, partials):  # noqa: B905 - of one length
                        if dx is not None:
                            x._grad = dx
                else:
                    for x, grad, dx in zip(leaves, before, partials):  # noqa: B905
                        if dx is not None:
                            x._grad = grad + seed * dx
            except BaseException:
                for x, grad in zip(leaves, before, strict=True):
                    x._grad = grad
                raise

    def detach(self) -> Value:
        """A new leaf with the same number: nothing flows back through it.

        >>> (Value(3.0) * 2.0).detach()
        Value(data=6.0, grad=0.0)
        """
        out = Value(self._data, self.label)
        if FLAG.watched and (tracer := modes.current().tracer) is not None:
            tracer.saw(ops.pos, (self,), out)
        return out

    # Arithmetic ---------------------------------------------------------------------------------
    # Written out by hand, for this is where programs spend their time. Each is its entry in
    # ops.py, applied to a Value and another one, or a constant.

    def __add__(self, other: Value | float) -> Value:
        if type(other) is not Value and type(other) is not float:
            other = operand(other, "+")
            if other is NotImplemented:
                return NotImplemented
        out = new(Value)
        out._x = self
        out._dx = 1.0
        out._y = other
        if type(other) is Value:
            out._data = self._data + other._data
            out._dy = 1.0
        else:
            out._data = self._data + other
            out._dy = None
        out._grad = 0.0
        out._operation = ADD
        out._stamp = None
        return seen(out) if FLAG.watched else out

    def __radd__(self, other: float) -> Value:
        if type(other) is not float:
            other = operand(other, "+")
            if other is NotImplemented:
                return NotImplemented
        out = new(Value)
        out._data = other + self._data
        out._x = other
        out._dx = None
        out._y = self
        out._dy = 1.0
        out._grad = 0.0
        out._operation = ADD
        out._stamp = None
        return seen(out) if FLAG.watched else out

    def __sub__(self, other: Value | float) -> Value:
        if type(other) is not Value and type(other) is not float:
            other = operand(other, "-")
            if other is NotImplemented:
                return NotImplemented
        out = new(Value)
        out._x = self
        out._dx = 1.0
        out._y = other
        if type(other) is Value:
            out._data = self._data - other._data
            out._dy = -1.0
        else:
            out._data = self._data - other
            out._dy = None
        out._grad = 0.0
        out._operation = SUB
        out._stamp = None
        return seen(out) if FLAG.watched else out

    def __rsub__(self, other: float) -> Value:
        if type(other) is not float:
            other = operand(other, "-")
            if other is NotImplemented:
                return NotImplemented
        out = new(Value)
        out._data = other - self._data
        out._x = other
        out._dx = None
        out._y = self
        out._dy = -1.0
        out._grad = 0.0
        out._operation = SUB
        out._stamp = None
        return seen(out) if FLAG.watched else out

    def __mul__(self, other: Value | float) -> Value:
        if type(other) is not Value and type(other) is not float:
            other = operand(other, "*")
            if other is NotImplemented:
                return NotImplemented
        out = new(Value)
        x = self._data
        out._x = self
        out._y = other
        if type(other) is Value:
            y = other._data
            out._dy = x
        else:
            y = other
            out._dy = None
        out._data = x * y
        out._dx = y
        out._grad = 0.0
        out._operation = MUL
        out._stamp = None
        return seen(out) if FLAG.watched else out

    def __rmul__(self, other: float) -> Value:
        if type(other) is not float:
            other = operand(other, "*")
            if other is NotImplemented:
                return NotImplemented
        out = new(Value)
        out._data = other * self._data
        out._x = other
        out._dx = None
        out._y = self
        out._dy = other
        out._grad = 0.0
        out._operation = MUL
        out._stamp = None
        return seen(out) if FLAG.watched else out

    def __truediv__(self, other: Value | float) -> Value:
        if type(other) is not Value and type(other) is not float:
            other = operand(other, "/")
            if other is NotImplemented:
                return NotImplemented
        y = other._data if type(other) is Value else other
        if y == 0.0:
            return ops.div(self, other)
        out = new(Value)
        data = self._data / y
        out._data = data
        out._x = self
        out._dx = 1.0 / y
        out._y = other
        out._dy = -(data / y) if type(other) is Value else None
        out._grad = 0.0
        out._operation = DIV
        out._stamp = None
        return seen(out) if FLAG.watched else out

    def __rtruediv__(self, other: float) -> Value:
        if type(other) is not float:
            other = operand(other, "/")
            if other is NotImplemented:
                return NotImplemented
        y = self._data
        if y == 0.0:
            return ops.div(other, self)
        out = new(Value)
        data = other / y
        out._data = data
        out._x = other
        out._dx = None
        out._y = self
        out._dy = -(data / y)
        out._grad = 0.0
        out._operation = DIV
        out._stamp = None
        return seen(out) if FLAG.watched else out

    def __neg__(self) -> Value:
        out = new(Value)
        out._data = -self._data
        out._x = self
        out._dx = -1.0
        out._y = out._dy = None
        out._grad = 0.0
        out._operation = NEG
        out._stamp = None
        return seen(out) if FLAG.watched else out

    def __pow__(self, other: Value | float) -> Value:
        if type(other) is not Value and type(other) is not float:
            other = operand(other, "**")
            if other is NotImplemented:
                return NotImplemented
        if type(other) is Value or other == 0.0:
            return ops.pow(self, other)
        out = new(Value)
        x = self._data
        out._data = libm.pow(x, other)
        out._x = self
        out._dx = other * less_one(x, other, 1.0, 0.0)
        out._y = other
        out._dy = None
        out._grad = 0.0
        out._operation = POW
        out._stamp = None
        return seen(out) if FLAG.watched else out

    # The rarer operators go through the table.

    def __rpow__(self, other: float) -> Value:
        x = operand(other, "**")
        return NotImplemented if x is NotImplemented else ops.pow(x, self)

    def __floordiv__(self, other: Value | float) -> Value:
        y = operand(other, "//")
        return NotImplemented if y is NotImplemented else ops.floordiv(self, y)

    def __rfloordiv__(self, other: float) -> Value:
        x = operand(other, "//")
        return NotImplemented if x is NotImplemented else ops.floordiv(x, self)

    def __mod__(self, other: Value | float) -> Value:
        y = operand(other, "%")
        return NotImplemented if y is NotImplemented else ops.mod(self, y)

    def __rmod__(self, other: float) -> Value:
        x = operand(other, "%")
        return NotImplemented if x is NotImplemented else ops.mod(x, self)

    def __divmod__(self, other: Value | float) -> tuple[Value, Value]:
        return self // other, self % other

    def __rdivmod__(self, other: float) -> tuple[Value, Value]:
        return other // self, other % self

    __pos__ = ops.pos
    __abs__ = ops.abs

    # Operations as methods, in NumPy's spellings too, so that NumPy's functions work on object
    # arrays of Values: np.exp calls .exp() on each element.

    abs = fabs = absolute = ops.abs
    acos = arccos = ops.acos
    acosh = arccosh = ops.acosh
    asin = arcsin = ops.asin
    asinh = arcsinh = ops.asinh
    atan = arctan = ops.atan
    atan2 = arctan2 = ops.atan2
    atanh = arctanh = ops.atanh
    cbrt = ops.cbrt
    ceil = ops.ceil
    clip = ops.clip
    cos = ops.cos
    cosh = ops.cosh
    digamma = ops.digamma
    elu = ops.elu
    erf = ops.erf
    erfc = ops.erfc
    exp = ops.exp
    exp2 = ops.exp2
    expm1 = ops.expm1
    floor = ops.floor
    gamma = ops.gamma
    gelu = ops.gelu
    hypot = ops.hypot
    leaky_relu = ops.leaky_relu
    lgamma = ops.lgamma
    log = ops.log
    log10 = ops.log10
    log1p = ops.log1p
    log2 = ops.log2
    log_sigmoid = ops.log_sigmoid
    logaddexp = ops.logaddexp
    maximum = ops.maximum
    minimum = ops.minimum
    normal_cdf = ops.normal_cdf
    normal_pdf = ops.normal_pdf
    reciprocal = ops.reciprocal
    relu = ops.relu
    round = rint = ops.round
    sigmoid = ops.sigmoid
    sign = ops.sign
    silu = ops.silu
    sin = ops.sin
    sinh = ops.sinh
    softplus = ops.softplus
    sqrt = ops.sqrt
    square = ops.square
    tan = ops.tan
    tanh = ops.tanh
    trunc = ops.trunc

    # What Python asks of a number ---------------------------------------------------------------

    def conjugate(self) -> Value:
        """The value itself: it is real. NumPy's variance asks for this.

        >>> Value(2.0).conjugate()
        Value(data=2.0, grad=0.0)
        """
        return self

    __floor__ = ops.floor
    __ceil__ = ops.ceil
    __trunc__ = ops.trunc

    def __round__(self, digits: int | None = None) -> Value:
        return ops.round(self, 0.0 if digits is None else real(index(digits), "round"))

    def __eq__(self, other: object) -> bool:
        """Whether the numbers are equal."""
        if FLAG.watched:
            return compared("==", self, other)
        return self._data == (other._data if isinstance(other, Value) else other)

    def __ne__(self, other: object) -> bool:
        """Whether the numbers differ."""
        if FLAG.watched:
            return compared("!=", self, other)
        return self._data != (other._data if isinstance(other, Value) else other)

    def __lt__(self, other: Value | float) -> bool:
        if FLAG.watched:
            return compared("<", self, other)
        try:
            return self._data < (other._data if isinstance(other, Value) else other)
        except TypeError:
            return NotImplemented

    def __le__(self, other: Value | float) -> bool:
        if FLAG.watched:
            return compared("<=", self, other)
        try:
            return self._data <= (other._data if isinstance(other, Value) else other)
        except TypeError:
            return NotImplemented

    def __gt__(self, other: Value | float) -> bool:
        if FLAG.watched:
            return compared(">", self, other)
        try:
            return self._data > (other._data if isinstance(other, Value) else other)
        except TypeError:
            return NotImplemented

    def __ge__(self, other: Value | float) -> bool:
        if FLAG.watched:
            return compared(">=", self, other)
        try:
            return self._data >= (other._data if isinstance(other, Value) else other)
        except TypeError:
            return NotImplemented

    # By identity, as in PyTorch: two parameters that happen to be equal stay two entries of a set.
    # It bends Python's rule that equal things hash alike: {1.0: ...}.get(Value(1.0)) is None.
    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        if FLAG.watched:
            return bool(compared("!=", self, 0.0))
        return self._data != 0.0

    def __float__(self) -> NoReturn:
        modes.read(self, "float()")
        raise TypeError(
            "a Value does not turn into a float by itself: its gradient would be lost without a "
            "word. For the plain number write v.data; for a function of it, autograd.exp(v) in "
            "place of math.exp(v)"
        )

    def __int__(self) -> NoReturn:
        modes.read(self, "int()")
        raise TypeError(
            "a Value does not turn into an int by itself: its gradient would be lost without a "
            "word. For the plain number write int(v.data); for a Value, autograd.trunc(v)"
        )

    def __complex__(self) -> NoReturn:
        raise TypeError("a Value is a real number; for the plain number write v.data")

    def __repr__(self) -> str:
        label = f", label={self.label!r}" if self.label else ""
        return f"Value(data={self._data!r}, grad={self._grad!r}{label})"

    def __format__(self, spec: str) -> str:
        return format(self._data, spec) if spec else repr(self)

    def __copy__(self) -> Value:
        modes.refuse("copying a Value")
        return graph.shallow_copy(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Value:
        modes.refuse("copying a Value")
        return graph.deep_copy(self, memo)

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        modes.refuse("pickling a Value")
        return graph.reduced(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return show(self, include, exclude)

    # The names under which the well-known notebook code that draws micrograd's graphs looks.

    @property
    def _prev(self) -> set[Value]:
        return set(self.parents)

    @property
    def _op(self) -> str:
        return self.op.symbol if self.op is not None else ""


def forget_gradients(values: Iterable[Value]) -> None:
    """Set the `.grad` of many Values to 0: what `zero_grad` of models and optimisers is made of.

    >>> x = Value(2.0)
    >>> x.grad = 3.0
    >>> forget_gradients([x])
    >>> x.grad
    0.0
    """
    if FLAG.watched:
        modes.refuse("setting a .grad")
    for x in values:
        x._grad = 0.0


def seen(out: Value) -> Value:
    """A node that an operator has made while a mode is on: as `Op.record` treats such a one."""
    mode = modes.current()
    op = out._operation
    assert op is not None
    if mode.watcher is not None:
        mode.watcher(op, out.operands, out)
    if mode.tracer is not None:
        mode.tracer.saw(op, out.operands, out)
    if not mode.recording:
        out._become_leaf(out._data, "")
    return out


def show(value: Value, include: Any = None, exclude: Any = None) -> dict[str, str]:
    """How a notebook shows a Value: in text. `autograd/__init__.py` puts pictures in its place."""
    return {"text/plain": repr(value)}


def compared(relation: str, x: Value, other: object) -> bool:
    """What a comparison gives in a mode that is not the plain one: a condition while tracing."""
    y = other._data if isinstance(other, Value) else other
    try:
        outcome: bool = RELATIONS[relation](x._data, y)
    except TypeError:
        return NotImplemented  # type: ignore[no-any-return]  # for the operator to pass on
    tracer = modes.current().tracer
    if tracer is None or not (isinstance(other, Value) or is_real(other)):
        return outcome
    number = other if isinstance(other, Value) else real(other, relation)
    condition: bool = tracer.compared(relation, x, number)  # it is used like one
    return condition


def operand(x: object, symbol: str) -> Any:
    """The other operand of an operator: a Value as it is, a number as a plain float.

    NotImplemented for an array or an unknown type, which may know itself what to do with a Value.
    """
    if type(x) is Value:
        return x
    if type(x) is int and -EXACT < x < EXACT:
        return float(x)
    if is_real(x):
        return real(x, symbol)
    if is_array(x) or type(x).__module__ not in ("builtins", "decimal", "numpy"):
        return NotImplemented
    raise TypeError(f"unsupported operands for {symbol}: a Value and {describe(x)}; {advice(x)}")
