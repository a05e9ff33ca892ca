"""What an operation is: a function of floats, its local derivatives, and how it is recorded.

An operation is a row of the table in `ops.py`: a name, a forward function on floats, and for each
operand a rule that gives the local derivative d out / d operand. Applied to floats it gives a
float. Applied to anything recorded it gives a node, which remembers it.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import MethodType
from typing import TYPE_CHECKING, Any, Protocol, overload

from autograd import modes
from autograd.core.record import N, Node, leaf, new, recorded
from autograd.modes import FLAG, PLAIN
from autograd.numbers.reals import describe, real

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from inspect import Signature
    from typing import Self

Interval = tuple[float, float]

INF = float("inf")
REALS: Interval = (-INF, INF)
MISSING: Any = object()  # an operand that a call left out; None would be a wrong one
JUST_FLOATS = frozenset([float])
FLOATS_AND_NONE = frozenset([float, type(None)])
HAS_ARGS, HAS_KEYWORDS = 0x04, 0x08  # flags of a code object: *args, **kwargs

if TYPE_CHECKING:
    Forward = Callable[..., float]
    Rule = Callable[..., Any]


class Op:
    """An operation: a forward function and its local derivatives. Made by `op`, called like it.

    >>> from autograd import exp
    >>> exp.name, exp.symbol, exp(0.0)
    ('exp', 'exp', 1.0)
    """

    # The numbers of a node's operands, where its record cannot be checked by computing it again:
    # sums over rows add up in another order then. Such an operation belongs to one node.
    inputs: Sequence[float] | None = None

    on_leaves = False  # that more than two operands are all leaves, and each another one

    def __init__(
        self,
        forward: Forward,
        rules: tuple[Rule | None, ...],
        symbol: str,
        domain: tuple[Interval, ...],
        kinks: tuple[float, ...],
    ) -> None:
        self.name: str = forward.__name__
        self.forward = forward
        self.rules = rules
        self.symbol = symbol
        self.domain = domain
        self.kinks = kinks
        # What help(), pickle, editors and inspect.signature look for on a function.
        self.__name__ = self.name
        self.__qualname__ = forward.__qualname__
        self.__module__ = forward.__module__
        self.__doc__ = forward.__doc__
        self.__wrapped__ = forward

    def __repr__(self) -> str:
        return f"<operation {self.name}>"

    def __reduce__(self) -> str:
        return self.__qualname__  # pickled by name, as functions are

    def partials(
        self, operands: Sequence[Any], out: Any, wanted: Sequence[bool]
    ) -> tuple[Any, ...]:
        """d out / d operand where `wanted`, else None: floats from floats, Values from Values.

        >>> from autograd import mul
        >>> mul.partials((2.0, 3.0), 6.0, (True, False))
        (3.0, None)
        """
        return tuple(
            [
                rule(*operands, out) if want and rule is not None else None
                for rule, want in zip(self.rules, wanted, strict=True)
            ]
        )

    def record(self, operands: tuple[Any, ...]) -> Any:
        """The operation applied to numbers and nodes, in whatever mode is on.

        >>> from autograd import Value, mul
        >>> mul.record((Value(2.0), 3.0))
        Value(data=6.0, grad=0.0)
        """
        kind: type[Node] | None = None  # of the result, if any operand is a node
        wanted, numbers = [], []
        for x in operands:
            if isinstance(x, Node):
                kind = type(x)
                wanted.append(True)
                numbers.append(x._data)
            else:
                wanted.append(False)
                numbers.append(x if type(x) is float else real(x, self.name))
        data = self._float(self.forward(*numbers))
        if kind is None:
            return data
        mode = modes.current() if FLAG.watched else PLAIN
        if not mode.recording and mode.watcher is None and mode.tracer is None:
            return leaf(kind, data)
        if None in self.rules:
            self._refuse_static(wanted)
        partials = self._floats(self.partials(numbers, data, wanted))
        if not all(wanted):  # constants are kept as the floats that they are
            operands = tuple(
                [x if want else n for x, n, want in zip(operands, numbers, wanted, strict=True)]
            )
        out = recorded(kind, self, data, operands, partials)
        if mode.watcher is not None:
            mode.watcher(self, operands, out)
        if mode.tracer is not None:
            mode.tracer.saw(self, operands, out)
        if not mode.recording:
            out._become_leaf(data, "")  # the same object: a tracer knows it by its identity
        return out

    def _floats(self, partials: tuple[Any, ...]) -> tuple[float | None, ...]:
        """What the rules gave, as plain floats (and None)."""
        if FLOATS_AND_NONE.issuperset(map(type, partials)):
            return partials
        return tuple([p if p is None else self._partial(p, i) for i, p in enumerate(partials)])

    def _partial(self, given: Any, i: int) -> float:
        """What the rule for operand i gave, as a plain float."""
        if type(given) is float:
            return given
        name = (operand_names(self.forward) or {i: f"operand {i}"})[i]
        return real(given, f"the derivative of {self.name} by {name}")

    def _arguments(self, given: Sequence[Any], named: dict[str, Any]) -> tuple[Any, ...]:
        """All operands of a call that names some of them or leaves some to their defaults."""
        names = operand_names(self.forward)
        defaults = self.forward.__defaults__ or ()
        known = dict(zip(names[len(names) - len(defaults) :], defaults, strict=True))
        known.update(zip(names, given, strict=False))
        known.update(named)
        twice = set(named) & set(names[: len(given)])
        if len(given) > len(names) or set(known) != set(names) or twice:
            raise TypeError(
                f"{self.name} takes the operands ({', '.join(names)}); got {len(given)} in order"
                + (f" and {', '.join(named)} by name" if named else "")
            )
        return tuple(known[name] for name in names)

    def _float(self, result: Any) -> float:
        return result if type(result) is float else real(result, f"the result of {self.name}")

    def _refuse_static(self, wanted: Sequence[bool]) -> None:
        """A rule of None says: this operand only chooses the function, it has no derivative."""
        for i, (rule, want) in enumerate(zip(self.rules, wanted, strict=False)):
            if want and rule is None:
                name = operand_names(self.forward)[i]
                raise TypeError(
                    f"{self.name}: its operand {name} has no derivative, so it must be a plain "
                    f"number, and a Value came; pass its .data if that is what you mean"
                )


class Method(Op):
    """An operation that is also a method of its first operand: `v.exp()` is `exp(v)`."""

    __call__: Callable[..., Any]

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: N, owner: type) -> Callable[..., N]: ...
    def __get__(self, instance: Any, owner: type) -> Any:
        return self if instance is None else MethodType(self, instance)


class Unary(Method):
    """An operation of one operand: `exp(x)`, or `x.exp()`."""

    @overload
    def __call__(self, x: float, /) -> float: ...
    @overload
    def __call__(self, x: N, /) -> N: ...
    def __call__(self, x: Any = MISSING, /, *more: Any, **named: Any) -> Any:
        if more or named or x is MISSING:
            (x,) = self._arguments([z for z in (x, *more) if z is not MISSING], named)
        if type(x) is float:
            data = self.forward(x)
            return data if type(data) is float else self._float(data)
        if FLAG.watched or not isinstance(x, Node):
            return self.record((x,))
        out = new(type(x))
        number = x._data
        data = self.forward(number)
        out._data = data if type(data) is float else self._float(data)
        dx = self.rules[0](number, data)  # type: ignore[misc]  # the only rule is there
        out._dx = dx if dx is None or type(dx) is float else self._partial(dx, 0)
        out._x = x
        out._y = out._dy = None
        out._grad = 0.0
        out._operation = self
        out._stamp = None
        return out


class Binary(Method):
    """An operation of two operands: `hypot(x, y)`, or `x.hypot(y)`."""

    @overload
    def __call__(self, x: float, y: float = ..., /, **named: float) -> float: ...
    @overload
    def __call__(self, x: N, y: N | float = ..., /, **named: N | float) -> N: ...
    @overload
    def __call__(self, x: float, y: N, /) -> N: ...
    @overload
    def __call__(self, x: float, /, **named: N) -> N: ...
    def __call__(self, x: Any = MISSING, y: Any = MISSING, /, *more: Any, **named: Any) -> Any:
        if more or named or y is MISSING:
            x, y = self._arguments([z for z in (x, y, *more) if z is not MISSING], named)
        if type(x) is float and type(y) is float:
            data = self.forward(x, y)
            return data if type(data) is float else self._float(data)
        if isinstance(x, Node) and (type(y) is float or isinstance(y, Node)):
            return self._recorded(x, y)
        return self.record((x, y))

    def _recorded(self, x: N, y: N | float) -> N:
        """The most frequent cases, as in `x ** 2` or `maximum(x, y)`, without detours."""
        rule_x, rule_y = self.rules
        if FLAG.watched or rule_x is None or rule_y is None:
            return self.record((x, y))  # type: ignore[no-any-return]
        out = new(type(x))
        a, b = x._data, y if isinstance(y, float) else y._data
        data = self.forward(a, b)
        out._data = data if type(data) is float else self._float(data)
        dx = rule_x(a, b, data)
        out._dx = dx if dx is None or type(dx) is float else self._partial(dx, 0)
        dy = None if isinstance(y, float) else rule_y(a, b, data)
        out._dy = dy if dy is None or type(dy) is float else self._partial(dy, 1)
        out._x = x
        out._y = y
        out._grad = 0.0
        out._operation = self
        out._stamp = None
        return out


class Fixed(Method):
    """An operation of three or more operands: `clip(x, low, high)`."""

    @overload  # floats fit both; the first one counts
    def __call__(self, *operands: float, **named: float) -> float: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, *operands: N | float, **named: N | float) -> N: ...
    def __call__(self, *operands: Any, **named: Any) -> Any:
        if named or len(operands) != len(self.rules):
            operands = self._arguments(operands, named)
        if JUST_FLOATS.issuperset(map(type, operands)):
            return self._float(self.forward(*operands))
        return self.record(operands)


class OneIterable:
    """How an operation of many operands is called, where `inspect.signature` looks for it."""

    def __get__(self, instance: Variadic | None, owner: type) -> Signature | None:
        if instance is None:
            return None
        from inspect import Parameter, Signature

        name = instance.forward.__code__.co_varnames[0]
        xs = Parameter(name, Parameter.POSITIONAL_ONLY, annotation="Iterable[float]")
        return Signature([xs], return_annotation="float")


class Variadic(Op):
    """An operation of any number of operands, given as one iterable: `prod(xs)`."""

    __signature__ = OneIterable()

    @overload  # floats fit both; the first one counts
    def __call__(self, xs: Iterable[float], /) -> float: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, xs: Iterable[N | float], /) -> N: ...
    def __call__(self, xs: Any = MISSING, /, *more: Any, **named: Any) -> Any:
        if more or named or xs is MISSING:
            count = len(more) + len(named) + (xs is not MISSING)
            raise TypeError(
                f"{self.name} takes one iterable of numbers, {self.name}([x, y, ...]); got {count} "
                f"arguments"
            )
        operands = listed(self.name, xs)
        kinds = set(map(type, operands))
        constants = float in kinds
        kinds.discard(float)
        kind = kinds.pop() if len(kinds) == 1 else object
        if FLAG.watched or not issubclass(kind, Node):
            return self.record(operands)
        # The most frequent case, without detours.
        numbers = [x if type(x) is float else x._data for x in operands]
        data = self._float(self.forward(*numbers))
        partials = self._floats(self._all_partials(numbers, data))
        if constants:
            pairs = zip(operands, partials, strict=True)
            partials = tuple([None if type(x) is float else p for x, p in pairs])
        return recorded(kind, self, data, operands, partials)

    def partials(
        self, operands: Sequence[Any], out: Any, wanted: Sequence[bool]
    ) -> tuple[Any, ...]:
        """As for every operation, but one rule gives the derivatives for all operands at once."""
        partials = self._all_partials(operands, out)
        if all(wanted):
            return partials
        return tuple([p if want else None for p, want in zip(partials, wanted, strict=True)])

    def _all_partials(self, operands: Sequence[Any], out: Any) -> tuple[Any, ...]:
        (rule,) = self.rules
        assert rule is not None
        partials = tuple(rule(*operands, out))
        if len(partials) != len(operands):
            raise TypeError(
                f"{self.name}: its rule must give one derivative for each of {len(operands)} "
                f"operands, and gave {len(partials)}"
            )
        return partials

    def _refuse_static(self, wanted: Sequence[bool]) -> None:
        """No operand of a variadic operation is static."""


class Definition(Protocol):
    """What turns a forward function into the operation that its number of operands asks for."""

    @overload  # a function of *xs fits all of them; the first one counts
    def __call__(self, forward: AnyNumber, /) -> Variadic: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, forward: Callable[[float, float, float], float], /) -> Fixed: ...
    @overload
    def __call__(self, forward: Callable[[float, float], float], /) -> Binary: ...
    @overload
    def __call__(self, forward: Callable[[float], float], /) -> Unary: ...
    @overload
    def __call__(self, forward: Forward, /) -> Fixed: ...


class AnyNumber(Protocol):
    """A forward function of any number of operands."""

    __name__: str

    def __call__(self, *xs: float) -> float: ...


def op(
    *rules: Rule | None,
    symbol: str = "",
    domain: Sequence[Interval] = (),
    kinks: Sequence[float] = (),
) -> Definition:
    """Make an operation of a function on floats: decorate it with its local derivatives.

    One rule an operand, in order; each takes the operands and the result, `(x, y, out)`, and gives
    d out / d operand. A rule is written in arithmetic and other operations, so that it works on
    floats and on Values alike: that is what makes higher derivatives come by themselves.

    >>> from autograd import Value, abs, grad, op, reciprocal, square
    >>> @op(lambda x, out: square(reciprocal(1.0 + abs(x))))
    ... def softsign(x):
    ...     return x / (1.0 + abs(x))
    >>> softsign(1.0), softsign(Value(1.0)).partials, grad(grad(softsign))(1.0)
    (0.5, (0.25,), -0.25)

    A rule that returns None says that the edge is switched off there: nothing flows along it. None
    in place of a rule says that the operand only chooses the function (the order of `polygamma`)
    and must be a plain number. A function of `*xs` takes any number of operands, and has one rule
    `(*xs, out)` that gives all the derivatives.

    `symbol` is the label in pictures; `domain` holds an interval for each operand, where tests draw
    their points; `kinks` are the points at which the derivative jumps.
    """

    def define(forward: Forward) -> Any:
        _refuse_misfit(forward, rules)
        count = len(operand_names(forward))
        kind = {0: Variadic, 1: Unary, 2: Binary}.get(count, Fixed)
        intervals = _intervals(forward, domain) or (REALS,) * max(1, count)
        return kind(forward, rules, symbol or forward.__name__, intervals, bends)

    if not isinstance(symbol, str):
        raise TypeError(f"op: the symbol must be text, as in symbol='x³'; got {describe(symbol)}")
    bends = _numbers(kinks, "op: kinks must be a list of numbers, as in kinks=[0.0]")
    return define


def operand_names(forward: Forward) -> tuple[str, ...]:
    """What a forward function calls its operands; nothing where it takes any number of them."""
    code = forward.__code__
    return code.co_varnames[: code.co_argcount]


def _refuse_misfit(forward: Forward, rules: tuple[Rule | None, ...]) -> None:
    """Refuse what `op` can make no operation of."""
    if not hasattr(forward, "__code__"):
        raise TypeError(
            f"op decorates a Python function of floats (def or lambda), got {describe(forward)}"
        )
    code, names = forward.__code__, operand_names(forward)
    variadic = bool(code.co_flags & HAS_ARGS)
    if code.co_kwonlyargcount or code.co_flags & HAS_KEYWORDS or (variadic and names):
        raise TypeError(f"op: {forward.__name__} may have positional operands or *xs, no more")
    if variadic and len(rules) != 1:
        raise TypeError(f"op: {forward.__name__}(*xs) needs one rule, got {len(rules)}")
    if not variadic and len(rules) != len(names):
        raise TypeError(
            f"op: {forward.__name__}({', '.join(names)}) needs one rule for each of its "
            f"{len(names)} operands, got {len(rules)}"
        )
    for rule in rules:
        if rule is not None and not callable(rule):
            raise TypeError(
                f"op: a rule of {forward.__name__} must be a function that gives the "
                f"derivative, or None for a static operand; got {describe(rule)}"
            )
        if rule is not None and not _takes(rule, len(names) + 1, variadic):
            wanted = ", ".join([*names, "out"]) if names else "*xs_out"
            raise TypeError(
                f"op: a rule of {forward.__name__} takes the operands and the result, "
                f"lambda {wanted}: ...; got one that takes ({_parameters(rule)})"
            )
    if not any(rules):
        raise TypeError(f"op: {forward.__name__} has no operand with a derivative")


def _takes(rule: Any, count: int, variadic: bool) -> bool:
    """Whether a rule can be called with so many arguments, or with any number of them."""
    function = rule.forward if isinstance(rule, Op) else rule
    code = getattr(function, "__code__", None)
    if code is None:  # written in C, or an object with __call__: shows when it is called
        return True
    given = count + isinstance(function, MethodType)
    if code.co_kwonlyargcount > len(function.__kwdefaults__ or ()):
        return False
    if code.co_flags & HAS_ARGS:
        return variadic or bool(given >= code.co_argcount)
    least = code.co_argcount - len(function.__defaults__ or ())
    return not variadic and bool(least <= given <= code.co_argcount)


def _parameters(rule: Any) -> str:
    """What a rule calls its arguments."""
    code = (rule.forward if isinstance(rule, Op) else rule).__code__
    count = code.co_argcount + code.co_kwonlyargcount
    rest = code.co_varnames[count : count + 1] if code.co_flags & HAS_ARGS else ()
    return ", ".join([*code.co_varnames[:count], *[f"*{name}" for name in rest]])


def _intervals(forward: Forward, domain: Sequence[Interval]) -> tuple[Interval, ...]:
    """The domain of an operation, as pairs of floats."""
    count = max(1, len(operand_names(forward)))
    if isinstance(domain, (list, tuple)) and len(domain) not in (0, count):
        raise TypeError(
            f"op: the domain of {forward.__name__} needs one interval for each of its "
            f"{count} operands, got {len(domain)}"
        )
    wanted = (
        f"op: the domain of {forward.__name__} must be a list of intervals (low, high) with "
        f"low <= high, one for each operand"
    )
    if not isinstance(domain, (list, tuple)):
        raise TypeError(f"{wanted}; got {describe(domain)}")
    pairs = [_numbers(interval, wanted) for interval in domain]
    for pair in pairs:
        if len(pair) != 2 or not pair[0] <= pair[1]:
            raise ValueError(f"{wanted}; got {pair} among them")
    return tuple([(low, high) for low, high in pairs])


def _numbers(given: Any, wanted: str) -> tuple[float, ...]:
    """A list of plain numbers that describes an operation, as floats."""
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise TypeError(f"{wanted}; got {describe(given)}")
    return tuple([real(x, wanted) for x in given])


def listed(name: str, xs: Any) -> tuple[Any, ...]:
    """The numbers of an iterable that was given to an operation of many operands."""
    try:
        return tuple(xs)
    except TypeError:
        raise TypeError(
            f"{name} takes an iterable of numbers, {name}([x, y, ...]); got {describe(xs)}"
        ) from None
