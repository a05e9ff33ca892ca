"""Where the functions of the C library are, for machine code that calls them.

Only functions that give what Python's `math` gives are called: that is checked when one is first
asked for, for a process may well have two mathematical libraries.
"""

from __future__ import annotations

import ctypes
import math
from ctypes.util import find_library
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Any

from autograd.numbers import libm
from autograd.numbers.reals import same_bits

if TYPE_CHECKING:
    from collections.abc import Callable

# Numbers of all sizes, near the edges of domains, and without pattern in their bits.
PROBES = (
    *(0.0, -0.0, 1.0, -1.0, 0.5, -0.7310585786, 1.2345678901, 2.718281828, -3.3, 17.9, 123.456),
    *(1e-9, -1e-300, 709.9, -745.2, 1e17, math.pi, math.inf, -math.inf, math.nan),
)

UNARY = (
    *("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "cbrt", "sin", "cos", "tan"),
    *("asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "erf", "erfc"),
)
BINARY = ("pow", "atan2", "hypot", "fmod")
OPERANDS = dict.fromkeys(UNARY, 1) | dict.fromkeys(BINARY, 2)


class Missing(Exception):  # noqa: N818 - a message to the back end, no error of anybody's
    """The C library has no such function, or one that gives other numbers than Python."""


@cache
def library() -> ctypes.CDLL:
    """The C library's mathematics: what is loaded already, on systems that tell."""
    try:
        found = ctypes.CDLL(None)
        found.exp  # noqa: B018 - AttributeError where it is not there
    except (TypeError, OSError, AttributeError):
        return ctypes.CDLL(find_library("m") or find_library("msvcrt"))
    return found


@cache
def address(name: str) -> int:
    """Where a function is in memory."""
    try:
        function = getattr(library(), name)
    except (AttributeError, OSError):
        raise Missing(f"the C library has no {name}") from None
    function.restype = ctypes.c_double
    function.argtypes = [ctypes.c_double] * OPERANDS[name]
    for xs in product(PROBES, repeat=OPERANDS[name]):
        ours, its = python(name)(*xs), function(*xs)
        if not same_bits(ours, its):
            raise Missing(f"{name}{xs} of the C library is {its!r}, and {ours!r} in Python")
    found = ctypes.cast(function, ctypes.c_void_p).value
    assert found is not None  # a function that could be called
    return found


def python(name: str) -> Callable[..., float]:
    """What the engine calls by this name."""
    found: Any = fmod if name == "fmod" else getattr(libm, name)
    return found  # type: ignore[no-any-return]


def fmod(x: float, y: float) -> float:
    """C's fmod, which gives nan where Python's raises."""
    return math.nan if math.isinf(x) or y == 0.0 else math.fmod(x, y)
