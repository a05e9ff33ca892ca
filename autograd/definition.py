"""`op`: an operation of one's own, and what cannot be made into one."""

from __future__ import annotations

from collections.abc import Iterable
from types import MethodType
from typing import TYPE_CHECKING, Any

from autograd.core.operation import Interval, Op, operand_names, operation
from autograd.numbers.reals import describe, real

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograd.core.operation import Definition, Forward, Rule

HAS_ARGS, HAS_KEYWORDS = 0x04, 0x08  # flags of a code object: *args, **kwargs


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

    if not isinstance(symbol, str):
        raise TypeError(f"op: the symbol must be text, as in symbol='x³'; got {describe(symbol)}")
    bends = numbers(kinks, "op: kinks must be a list of numbers, as in kinks=[0.0]")

    def define(forward: Forward) -> Any:
        refuse_misfit(forward, rules)
        where = intervals(forward, domain)
        return operation(*rules, symbol=symbol, domain=where, kinks=bends)(forward)

    return define


def refuse_misfit(forward: Forward, rules: tuple[Rule | None, ...]) -> None:
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
        if rule is not None and not takes(rule, len(names) + 1, variadic):
            wanted = ", ".join([*names, "out"]) if names else "*xs_out"
            raise TypeError(
                f"op: a rule of {forward.__name__} takes the operands and the result, "
                f"lambda {wanted}: ...; got one that takes ({parameters(rule)})"
            )
    if not any(rules):
        raise TypeError(f"op: {forward.__name__} has no operand with a derivative")


def takes(rule: Any, count: int, variadic: bool) -> bool:
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


def parameters(rule: Any) -> str:
    """What a rule calls its arguments."""
    code = (rule.forward if isinstance(rule, Op) else rule).__code__
    count = code.co_argcount + code.co_kwonlyargcount
    rest = code.co_varnames[count : count + 1] if code.co_flags & HAS_ARGS else ()
    return ", ".join([*code.co_varnames[:count], *[f"*{name}" for name in rest]])


def intervals(forward: Forward, domain: Sequence[Interval]) -> tuple[Interval, ...]:
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
    pairs = [numbers(interval, wanted) for interval in domain]
    for pair in pairs:
        if len(pair) != 2 or not pair[0] <= pair[1]:
            raise ValueError(f"{wanted}; got {pair} among them")
    return tuple([(low, high) for low, high in pairs])


def numbers(given: Any, wanted: str) -> tuple[float, ...]:
    """A list of plain numbers that describes an operation, as floats."""
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise TypeError(f"{wanted}; got {describe(given)}")
    return tuple([real(x, wanted) for x in given])
