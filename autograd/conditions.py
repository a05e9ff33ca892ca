"""What a comparison gives while a function is traced, and terms that are there on a condition only.

Outside of tracing a comparison gives a plain bool, and nothing here has a part in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from autograd.core.record import Undecided

if TYPE_CHECKING:
    from collections.abc import Callable


class Decider(Protocol):
    """The tracer, as conditions need it."""

    def decide(self, condition: Condition) -> bool:
        """The truth value of a condition, from here on taken for granted."""

    def joined(self, word: str, *conditions: Any) -> Any:
        """Conditions joined by "and" or "or", or one turned around by "not"."""

    def choose(self, condition: Condition, a: Any, b: Any) -> Any:
        """a where the condition holds, else b."""


class Condition(Undecided):
    """A truth value that may come out otherwise in the next call of a traced function.

    `where` and `& | ~` keep that open. Asked for its truth by `if`, `while`, `and`, `not` ... it
    tells how things stand in this call, and the program goes on for calls in which they stand so.
    """

    __slots__ = ("outcome", "predicate", "tracer")

    def __init__(self, tracer: Decider, predicate: int, outcome: bool) -> None:
        self.tracer = tracer
        self.predicate = predicate  # its place in the program
        self.outcome = outcome  # in this call

    def __bool__(self) -> bool:
        return self.tracer.decide(self)

    def __and__(self, other: Condition | bool) -> Any:
        return self.tracer.joined("and", self, other)

    def __or__(self, other: Condition | bool) -> Any:
        return self.tracer.joined("or", self, other)

    __rand__ = __and__
    __ror__ = __or__

    def __invert__(self) -> Any:
        return self.tracer.joined("not", self)

    def __eq__(self, other: object) -> Any:
        raise self._not_a_number("==")

    def __hash__(self) -> int:
        raise self._not_a_number("hash()")

    def __float__(self) -> float:
        raise self._not_a_number("float()")

    def _not_a_number(self, what: str) -> TypeError:
        return TypeError(
            f"{what} of a comparison that jit traces: a condition is for if, where, &, | and ~; as "
            f"a number write where(condition, 1.0, 0.0)"
        )

    def where(self, a: Any, b: Any) -> Any:
        """a where the condition holds, else b."""
        return self.tracer.choose(self, a, b)

    def unless(self, partial: Any) -> Any:
        """A partial that is absent where the condition holds."""
        return masked(partial, ~self)


class Masked:
    """A number that is there on a condition, such as the partial of relu.

    Where it is not there, `number` means nothing: it must not be added or multiplied with anything
    that is. One that is `settled` is -0.0 there, which leaves every sum as it is.
    """

    __slots__ = ("number", "on", "settled")

    def __init__(self, number: Any, on: Condition, settled: bool = False) -> None:
        self.number = number
        self.on = on
        self.settled = settled

    def filled(self, absent: float) -> Any:
        """The number, or `absent` where it is not there."""
        return self.on.where(self.number, absent)


def masked(number: Any, on: Any, settled: bool = False) -> Any:
    """A number that is there on a condition; None or the number itself if that is no question."""
    if on is False or number is None:
        return None
    return number if on is True else Masked(number, on, settled)


def product(x: Any, y: Any, times: Callable[[Any, Any], Any]) -> Any:
    """The product of two numbers, of which at least one may be absent: then so is the product."""
    on_x, x = unmasked(x)
    on_y, y = unmasked(y)
    return masked(times(x, y), on_x if on_y is True else on_y if on_x is True else on_x & on_y)


def total(x: Any, y: Any) -> Any:
    """The sum of two numbers, of which at least one may be absent: then it is the other one."""
    if not isinstance(x, Masked):
        return y.on.where(x + y.number, x)
    before = x.number if x.settled else x.filled(-0.0)
    if not isinstance(y, Masked):
        return before + y
    if x.on.predicate == y.on.predicate:
        return Masked(x.number + y.number, x.on, x.settled and y.settled)
    if y.settled:
        return masked(before + y.number, x.on | y.on, True)
    return masked(y.on.where(before + y.number, before), x.on | y.on, True)


def unmasked(x: Any) -> tuple[Any, Any]:
    """On which condition a number is there, and the number."""
    return (x.on, x.number) if isinstance(x, Masked) else (True, x)
