"""What counts as a real number, and what to say about everything else."""

from __future__ import annotations

import math
from operator import index
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Sequence


def real(x: object, where: str) -> float:
    """The plain float that x is; `where` names the place in the message of a refusal.

    Ints, bools, fractions and NumPy scalars become floats. Text, complex numbers, decimals, None
    and collections are refused, for each has something better to be converted by.

    >>> real(3, "Value")
    3.0
    """
    if type(x) is float:
        return x
    if type(x) is int or is_real(x):
        try:
            return float(x)  # type: ignore[arg-type]  # is_real saw its __float__
        except OverflowError:
            raise ValueError(
                f"{where}: {describe(x)} is too large for a float, which ends at about 1.8e308"
            ) from None
    raise TypeError(f"{where}: expected a real number, got {describe(x)}; {advice(x, where)}")


def is_real(x: object) -> bool:
    """Whether x is one real number: it converts to float, and nothing is lost but digits."""
    kind = type(x)
    if isinstance(x, (float, int)):
        return True
    if not hasattr(kind, "__float__") or hasattr(kind, "__len__") or is_value(x):
        return False
    if (dtype := getattr(x, "dtype", None)) is not None:  # a NumPy scalar: bool, int or float
        return getattr(dtype, "kind", "") in "biuf" and not hasattr(kind, "__setitem__")
    return not isinstance(x, complex) and kind.__module__ not in (
        "decimal",
        "_decimal",
        "_pydecimal",
    )


def is_value(x: object) -> bool:
    """Whether x is a Value, told by its record: this file is below the one that defines it."""
    return hasattr(type(x), "_dx")


def is_array(x: object) -> bool:
    """Whether x is a NumPy array, or something else that spreads arithmetic over its elements."""
    return hasattr(type(x), "__array_ufunc__") and hasattr(type(x), "__len__")


def describe(x: object) -> str:
    """x in a few words, for a message: its kind, and itself where that is short."""
    kind = type(x).__name__
    if x is None:
        return "None"
    shape = getattr(x, "shape", None)
    if isinstance(shape, tuple) and shape != ():
        return f"an array ({kind}) of shape {shape}"
    if isinstance(x, int) and x.bit_length() > 256:  # its digits would fill the screen
        return f"an int of {x.bit_length()} bits"
    if isinstance(x, (list, tuple, dict, set, frozenset)):
        return f"a {kind} of {len(x)}"
    try:
        text = repr(x)
    except Exception:  # of a fraction of thousands of digits; x is trouble enough by itself
        return f"a {kind}"
    short = text if len(text) <= 40 else text[:37] + "..."
    return short if text.startswith(kind) else f"{kind} {short}"


def advice(x: object, where: str = "") -> str:
    """What somebody who passed x most likely wants to do instead."""
    if isinstance(x, (str, bytes, bytearray)):
        return "convert text with float(...) first"
    if x is None:
        cleared = where == "Value.grad"  # as in PyTorch
        return (
            "to clear a gradient set it to 0"
            if cleared
            else "did a function forget to return its result?"
        )
    dtype_kind = getattr(getattr(x, "dtype", None), "kind", None)
    if isinstance(x, complex) or dtype_kind == "c":
        return "derivatives here are real: work with its .real and .imag parts"
    if is_value(x):
        return "for the plain number in a Value use its .data; for a new leaf, .detach()"
    if dtype_kind in ("m", "M"):
        return "convert dates and durations to numbers of some unit first"
    if isinstance(getattr(x, "shape", None), tuple):
        return (
            "for one element index it, for a plain 0-d array use .item(), for all of them use an "
            "object array of Values and NumPy's functions"
        )
    if isinstance(x, (list, tuple, set, frozenset)):
        return "this takes one number at a time: [f(x) for x in xs]"
    if hasattr(type(x), "__float__"):
        return "convert it with float(...) first; gradients are computed in float64"
    return "only real numbers have derivatives"


# What makes sense for an argument -----------------------------------------------------------------


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
    if not math.isfinite(number := real(x, name)):
        raise ValueError(f"{name} must be finite, got {number!r}")
    return number


def positive(name: str, x: float) -> float:
    """x as a float, if 0 < x < inf.

    >>> positive("lr", 1)
    1.0
    """
    if not 0.0 < (number := real(x, name)) < math.inf:
        raise ValueError(f"{name} must be positive and finite, got {number!r}")
    return number


def not_negative(name: str, x: float, below: float = math.inf) -> float:
    """x as a float, if 0 <= x < below.

    >>> not_negative("momentum", 0.9, below=1.0)
    0.9
    """
    if not 0.0 <= (number := real(x, name)) < below:
        limit = "finite" if below == math.inf else f"below {below:g}"
        raise ValueError(f"{name} must be at least 0 and {limit}, got {number!r}")
    return number


# In words -----------------------------------------------------------------------------------------


def counted(n: int, noun: str) -> str:
    """A number of things, in words.

    >>> counted(1, "row"), counted(2, "row")
    ('1 row', '2 rows')
    """
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def columns(rows: Sequence[Sequence[str]], left: Container[int] = (0,)) -> list[str]:
    """Rows of texts as lines of a table, whose columns begin (those in `left`) or end alike.

    >>> columns([["lr", "loss"], ["0.1", "2"]])
    ['lr   loss', '0.1     2']
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            [
                text.ljust(width) if i in left else text.rjust(width)
                for i, (text, width) in enumerate(zip(row, widths, strict=True))
            ]
        ).rstrip()
        for row in rows
    ]


def same(x: float | None, y: float | None) -> bool:
    """Whether two numbers agree; nan agrees with nan, and None with None.

    >>> same(float("nan"), float("nan")), same(1.0, None)
    (True, False)
    """
    return x == y or (x != x and y != y)


def same_bits(x: float, y: float) -> bool:
    """Whether two floats are the same, signs of zeros included; all nans are one.

    >>> same_bits(0.0, -0.0), same_bits(1.0, 1.0)
    (False, True)
    """
    if x != x or y != y:
        return x != x and y != y
    return x == y and math.copysign(1.0, x) == math.copysign(1.0, y)
