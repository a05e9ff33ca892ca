"""What an operation is: a function of floats, its local derivatives, and how it is applied.

An operation is a row of the table in `ops.py`: a name, a forward function on floats, and for each
operand a rule that gives the local derivative d out / d operand. Applied to floats it gives a
float. Applied to anything recorded it gives a node, which remembers it.
"""

from __future__ import annotations

from types import MethodType
from typing import TYPE_CHECKING, Any, Protocol, overload

from autograd.core.record import FLAG, N, Node, current, edges_of, leaf, node, node_of
from autograd.numbers.reals import describe, real, same

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from inspect import Signature
    from typing import Self

    Forward = Callable[..., float]
    Rule = Callable[..., Any]

Interval = tuple[float, float]

INF = float("inf")
REALS: Interval = (-INF, INF)
FLOATS = frozenset([float])
FLOATS_AND_NONE = frozenset([float, type(None)])


class Op:
    """An operation: a forward function and its local derivatives. Made by `op`, called like it.

    >>> from autograd import exp
    >>> exp.name, exp.symbol, exp(0.0)
    ('exp', 'exp', 1.0)
    """

    def __init__(
        self,
        forward: Forward,
        rules: Sequence[Rule | None],
        symbol: str,
        domain: Sequence[Interval],
        kinks: Sequence[float],
    ) -> None:
        self.name: str = forward.__name__
        self.forward = forward
        self.rules = tuple(rules)
        self.symbol = symbol or self.name
        self.domain = tuple(domain) or (REALS,) * max(1, len(operand_names(forward)))
        self.kinks = tuple(kinks)
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

    def apply(self, operands: tuple[Any, ...]) -> Any:
        """The operation applied to numbers and nodes.

        >>> from autograd import Value, mul
        >>> mul.apply((Value(2.0), 3.0))
        Value(data=6.0, grad=0.0)
        """
        kind: type[Node] | None = None  # of the result, if any operand is a node
        wanted, numbers, kept = [], [], []
        for x in operands:
            if recorded := isinstance(x, Node):
                kind = type(x)
            elif type(x) is not float:  # a constant is kept as the float that it is
                x = real(x, self.name)
            wanted.append(recorded)
            numbers.append(x._data if recorded else x)
            kept.append(x)
        data = self._float(self.forward(*numbers))
        if kind is None:
            return data
        if FLAG.watched and not (mode := current()).recording and not mode.observers:
            return leaf(kind, data)  # nobody will ask for a derivative
        if None in self.rules:
            self._refuse_static(wanted)
        partials = self._floats(self.partials(numbers, data, wanted))
        return node_of(kind, self, data, tuple(kept), partials)

    def agrees(
        self, node: Node, numbers: Sequence[float], partials: Sequence[float | None]
    ) -> bool:
        """Whether a node's record is still what these numbers of its operands give.

        >>> from autograd import Value
        >>> out = Value(2.0) * 3.0
        >>> out.op.agrees(out, (2.0, 3.0), (3.0, None)), out.op.agrees(out, (4.0, 3.0), (3.0, None))
        (True, False)
        """
        found = (self.forward(*numbers), *partials)
        return all(map(same, found, (node._data, *edges_of(node)[1])))

    # What the functions and rules of users give and get -----------------------------------------

    def _float(self, result: Any) -> float:
        return result if type(result) is float else real(result, f"the result of {self.name}")

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
        return real(given, f"the derivative of {self.name} with respect to {name}")

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
    """An operation that is a method of its first operand, too: `x.exp()` is `exp(x)`."""

    __call__: Callable[..., Any]

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: N, owner: type) -> Callable[..., N]: ...
    def __get__(self, instance: Any, owner: type) -> Any:
        return self if instance is None else MethodType(self, instance)


class Fixed(Method):
    """An operation of three or more operands: `clip(x, low, high)`."""

    @overload  # floats fit both; the first one counts
    def __call__(self, *operands: float, **named: float) -> float: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, *operands: N | float, **named: N | float) -> N: ...
    def __call__(self, *operands: Any, **named: Any) -> Any:
        if named or len(operands) != len(self.rules):
            operands = self._arguments(operands, named)
        if FLOATS.issuperset(map(type, operands)):
            return self._float(self.forward(*operands))
        return self.apply(operands)


class Unary(Method):
    """An operation of one operand: `exp(x)`, or `x.exp()`."""

    @overload
    def __call__(self, x: float, /) -> float: ...
    @overload
    def __call__(self, x: N, /) -> N: ...
    def __call__(self, *operands: Any, **named: Any) -> Any:
        if named or len(operands) != 1:
            operands = self._arguments(operands, named)
        (x,) = operands
        if type(x) is float:
            return self._float(self.forward(x))
        if FLAG.watched or not isinstance(x, Node):
            return self.apply(operands)
        # The usual case without the detours of `apply`: 2 to 3 times as fast.
        data = self.forward(x._data)
        if type(data) is not float:
            data = self._float(data)
        dx = self.rules[0](x._data, data)  # type: ignore[misc]  # the only rule is not None
        if dx is not None and type(dx) is not float:
            dx = self._partial(dx, 0)
        return node(type(x), self, data, x, dx)


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
    def __call__(self, *operands: Any, **named: Any) -> Any:  # type: ignore[misc]  # it does
        if named or len(operands) != 2:
            operands = self._arguments(operands, named)
        x, y = operands
        if type(x) is float and type(y) is float:
            return self._float(self.forward(x, y))
        rule_x, rule_y = self.rules
        constant = type(y) is float
        if FLAG.watched or not isinstance(x, Node) or not (constant or isinstance(y, Node)):
            return self.apply(operands)
        if rule_x is None or rule_y is None:
            return self.apply(operands)
        # The usual cases without detours, as above.
        a, b = x._data, y if constant else y._data
        data = self.forward(a, b)
        if type(data) is not float:
            data = self._float(data)
        dx = rule_x(a, b, data)
        if dx is not None and type(dx) is not float:
            dx = self._partial(dx, 0)
        dy = None if constant else rule_y(a, b, data)
        if dy is not None and type(dy) is not float:
            dy = self._partial(dy, 1)
        return node(type(x), self, data, x, dx, y, dy)


class Variadic(Op):
    """An operation of any number of operands, given as one iterable: `prod(xs)`."""

    @property
    def __signature__(self) -> Signature:
        from inspect import Parameter, Signature

        (name,) = self.forward.__code__.co_varnames[:1]
        xs = Parameter(name, Parameter.POSITIONAL_ONLY, annotation="Iterable[float]")
        return Signature([xs], return_annotation="float")

    @overload  # floats fit both; the first one counts
    def __call__(self, xs: Iterable[float], /) -> float: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, xs: Iterable[N | float], /) -> N: ...
    def __call__(self, *given: Any, **named: Any) -> Any:
        if named or len(given) != 1:
            raise TypeError(
                f"{self.name} takes one iterable of numbers, {self.name}([x, y, ...]); got "
                f"{len(given) + len(named)} arguments"
            )
        return self.apply(listed(self.name, given[0]))

    def partials(
        self, operands: Sequence[Any], out: Any, wanted: Sequence[bool]
    ) -> tuple[Any, ...]:
        """As for every operation, but one rule gives the derivatives for all operands at once."""
        (rule,) = self.rules
        assert rule is not None
        partials = tuple(rule(*operands, out))
        if len(partials) != len(operands):
            raise TypeError(
                f"{self.name}: its rule must give one derivative for each of {len(operands)} "
                f"operands, and gave {len(partials)}"
            )
        if all(wanted):
            return partials
        return tuple([p if want else None for p, want in zip(partials, wanted, strict=True)])


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


def operation(
    *rules: Rule | None,
    symbol: str = "",
    domain: Sequence[Interval] = (),
    kinks: Sequence[float] = (),
) -> Definition:
    """What `autograd.op` does, for rules that are known to fit: it makes the table of `ops.py`."""

    def define(forward: Forward) -> Any:
        kind = {0: Variadic, 1: Unary, 2: Binary}.get(len(operand_names(forward)), Fixed)
        return kind(forward, rules, symbol, domain, kinks)

    return define


def operand_names(forward: Forward) -> tuple[str, ...]:
    """What a forward function calls its operands; nothing where it takes any number of them."""
    code = forward.__code__
    return code.co_varnames[: code.co_argcount]


def listed(name: str, xs: Any) -> tuple[Any, ...]:
    """The numbers of an iterable that was given to an operation of many operands."""
    try:
        return tuple(xs)
    except TypeError:
        raise TypeError(
            f"{name} takes an iterable of numbers, {name}([x, y, ...]); got {describe(xs)}"
        ) from None
