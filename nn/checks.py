"""What makes sense for an argument: each check gives it back in plain form, or raises an error.

The error says what came and what was expected, and names the argument.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import wraps
from inspect import Parameter, signature
from math import inf, isfinite
from operator import index
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from autograd import Value
from autograd.numbers.reals import advice, counted, describe, is_real, real

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

P = ParamSpec("P")
T = TypeVar("T")
F = TypeVar("F", bound="Callable[..., Any]")

# Numbers ----------------------------------------------------------------------------------------


def is_number(x: object) -> bool:
    """Whether x is a single number, plain or recorded, rather than a row of them.

    >>> is_number(Value(1.0)), is_number(2), is_number([2])
    (True, True, False)
    """
    return isinstance(x, Value) or is_real(x)


def plain(name: str, x: object) -> float:
    """The plain float of a number, recorded or not.

    >>> plain("x", Value(1.0)), plain("x", 2)
    (1.0, 2.0)
    """
    return x.data if isinstance(x, Value) else real(x, name)


def whole(name: str, n: int, least: int = 1) -> int:
    """n, if it is a whole number that is not below `least`.

    >>> whole("epochs", 3)
    3
    """
    if isinstance(n, bool) or not hasattr(n, "__index__") or index(n) < least:
        raise ValueError(f"{name} must be a whole number from {least} on, got {describe(n)}")
    return index(n)  # of a NumPy int a plain one


def finite(name: str, x: float) -> float:
    """x as a float, if it is neither nan nor infinite.

    >>> finite("low", -1)
    -1.0
    """
    if not isfinite(number := real(x, name)):
        raise ValueError(f"{name} must be finite, got {number!r}")
    return number


def positive(name: str, x: float) -> float:
    """x as a float, if 0 < x < inf.

    >>> positive("lr", 1)
    1.0
    """
    if not 0.0 < (number := real(x, name)) < inf:
        raise ValueError(f"{name} must be positive and finite, got {number!r}")
    return number


def not_negative(name: str, x: float, below: float = inf) -> float:
    """x as a float, if 0 <= x < below.

    >>> not_negative("momentum", 0.9, below=1.0)
    0.9
    """
    if not 0.0 <= (number := real(x, name)) < below:
        limit = "finite" if below == inf else f"below {below:g}"
        raise ValueError(f"{name} must be at least 0 and {limit}, got {number!r}")
    return number


# Lists ------------------------------------------------------------------------------------------


def listed(xs: Any) -> Sequence[Any] | None:
    """The elements of a list, a tuple, a range or an array; None for anything else.

    >>> listed((1, 2)), listed(1), listed("ab")
    ((1, 2), None, None)
    """
    if isinstance(xs, (list, tuple, range)):
        return xs
    if hasattr(xs, "tolist") and getattr(xs, "shape", None) != ():
        elements: list[Any] = xs.tolist()
        return elements
    return None


def beside(where: str, predictions: Any, targets: Any) -> tuple[Sequence[Any], Sequence[Any]]:
    """The predictions and the targets in lists, if there is one target for each, and any at all.

    >>> beside("here", [0.5], (1,))
    ([0.5], (1,))
    """
    ys, ts = listed(predictions), listed(targets)
    if ys is None or ts is None:
        came = describe(predictions if ys is None else targets)
        raise TypeError(f"{where}: expected a list of predictions and one of targets, got {came}")
    if len(ys) != len(ts) or not ys:
        raise ValueError(
            f"{where}: got {counted(len(ys), 'prediction')} and {counted(len(ts), 'target')}"
        )
    return ys, ts


# Parameters -------------------------------------------------------------------------------------


def parameter_list(where: str, parameters: Iterable[Value]) -> list[Value]:
    """The parameters in a list; a model itself is none, nor is its method.

    >>> parameter_list("here", (Value(x) for x in (0.5, 1.0)))
    [Value(data=0.5, grad=0.0), Value(data=1.0, grad=0.0)]
    """
    if not isinstance(parameters, Iterable) or isinstance(parameters, (str, bytes)):
        raise TypeError(
            f"{where}: expected a list of Values, such as model.parameters(), got "
            f"{describe(parameters)}"
        )
    return list(parameters)


def values(where: str, parameters: Iterable[Value]) -> list[Value]:
    """The parameters in a list, if each of them is a Value."""
    found = parameter_list(where, parameters)
    for i, p in enumerate(found):
        if not isinstance(p, Value):
            raise TypeError(f"{where}: parameter {i} must be a Value, got {describe(p)}")
    return found


def leaves(where: str, parameters: Iterable[Value]) -> list[Value]:
    """The parameters in a list, if there are any, all are leaves, and each comes once."""
    found = values(where, parameters)
    if not found:
        raise ValueError(f"{where}: there are no parameters to change, the list of them is empty")
    places: dict[int, int] = {}
    for i, p in enumerate(found):
        if p.op is not None:
            raise ValueError(
                f"{where}: {called(i, p)} is the result of {p.op.name}: only a leaf can be "
                f"changed. Make it one where it is defined, with .detach(), or give those it is "
                f"computed from"
            )
        if (first := places.setdefault(id(p), i)) != i:
            raise ValueError(
                f"{where}: {called(i, p)} is parameter {first} again: give each of them once"
            )
    return found


def called(i: int, p: Value) -> str:
    """A parameter in an error message: its place in the list, and its label if it has one.

    >>> called(3, Value(0.5, label="bias"))
    "parameter 3, 'bias',"
    """
    return f"parameter {i}, {p.label!r}," if p.label else f"parameter {i}"


# Calls ------------------------------------------------------------------------------------------


def by_name(hint: str = "") -> Callable[[Callable[P, T]], Callable[P, T]]:
    """A decorator: more arguments by place than have one are an error that says what to write.

    >>> @by_name()
    ... def scale(x, *, factor=2.0):
    ...     return factor * x
    >>> scale(1.0, 3.0)
    Traceback (most recent call last):
    TypeError: scale takes x by place, and got 2 arguments; by name it takes factor=
    """

    def decorate(f: Callable[P, T]) -> Callable[P, T]:
        kinds = signature(f).parameters
        placed = [
            name
            for name, x in kinds.items()
            if x.kind is Parameter.POSITIONAL_OR_KEYWORD and name != "self"
        ]
        named = [f"{name}=" for name, x in kinds.items() if x.kind is Parameter.KEYWORD_ONLY]
        *others, last = placed
        listing = f"{', '.join(others)} and {last}" if others else last
        most = len(kinds) - len(named)

        @wraps(f)
        def checked(*args: P.args, **kwargs: P.kwargs) -> T:
            if len(args) > most:
                what = f.__qualname__.removesuffix(".__init__")
                raise TypeError(
                    f"{what} takes {listing} by place, and got "
                    f"{len(args) - most + len(placed)} arguments; "
                    + (hint or f"by name it takes {', '.join(named)}")
                )
            return f(*args, **kwargs)

        return checked

    return decorate


def one_row(call: F) -> F:
    """A decorator for `__call__` of a module: several numbers are not one row of them."""

    @wraps(call)
    def checked(module: object, row: object, *others: object) -> Any:
        if others:
            raise TypeError(
                f"{module!r} takes one row, a list of numbers, and got {1 + len(others)} "
                f"arguments: write model([1.0, 2.0]), and for several rows model.batch(rows)"
            )
        return call(module, row)

    return checked  # type: ignore[return-value]  # as for those who call it rightly


def refuse_no_number(module: object, row: Iterable[object]) -> None:
    """An error if anything in a row is no number: for rows that could not be computed with."""
    for i, x in enumerate(row):
        if not is_number(x):
            raise TypeError(
                f"{module!r}: input {i} must be a number, got {describe(x)}; {advice(x)}"
            ) from None
