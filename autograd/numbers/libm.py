"""The C library's mathematical functions, with IEEE results where Python's `math` raises.

`math.exp(1000)` raises OverflowError and `math.log(0)` raises ValueError; here they are `inf` and
`-inf`, as in C. Everything else is what `math` gives, bit for bit. This file knows nothing of
derivatives.
"""

from __future__ import annotations

import math

inf = math.inf
nan = math.nan


def divide(x: float, y: float) -> float:
    if y != 0.0:
        return x / y
    if x == 0.0 or x != x or y != y:
        return nan
    return math.copysign(inf, x) * math.copysign(1.0, y)


def exp(x: float) -> float:
    try:
        return math.exp(x)
    except OverflowError:
        return inf


def exp2(x: float) -> float:
    try:
        return math.exp2(x)
    except OverflowError:
        return inf


def expm1(x: float) -> float:
    try:
        return math.expm1(x)
    except OverflowError:
        return inf


def log(x: float) -> float:
    try:
        return math.log(x)
    except ValueError:
        return -inf if x == 0.0 else nan


def log2(x: float) -> float:
    try:
        return math.log2(x)
    except ValueError:
        return -inf if x == 0.0 else nan


def log10(x: float) -> float:
    try:
        return math.log10(x)
    except ValueError:
        return -inf if x == 0.0 else nan


def log1p(x: float) -> float:
    try:
        return math.log1p(x)
    except ValueError:
        return -inf if x == -1.0 else nan


def sqrt(x: float) -> float:
    try:
        return math.sqrt(x)
    except ValueError:
        return nan


def cbrt(x: float) -> float:
    return math.cbrt(x)


def pow(x: float, y: float) -> float:
    try:
        return math.pow(x, y)
    except OverflowError:
        return -inf if x < 0.0 and _is_odd(y) else inf
    except ValueError:
        if x != 0.0:
            return nan  # a negative number to a power that is no integer
        return math.copysign(inf, x) if _is_odd(y) else inf  # 1 / 0


def _is_odd(y: float) -> bool:
    return math.fmod(y, 2.0) in (1.0, -1.0)


def sin(x: float) -> float:
    try:
        return math.sin(x)
    except ValueError:
        return nan


def cos(x: float) -> float:
    try:
        return math.cos(x)
    except ValueError:
        return nan


def tan(x: float) -> float:
    try:
        return math.tan(x)
    except ValueError:
        return nan


def asin(x: float) -> float:
    try:
        return math.asin(x)
    except ValueError:
        return nan


def acos(x: float) -> float:
    try:
        return math.acos(x)
    except ValueError:
        return nan


def atan(x: float) -> float:
    return math.atan(x)


def atan2(y: float, x: float) -> float:
    return math.atan2(y, x)


def sinh(x: float) -> float:
    try:
        return math.sinh(x)
    except OverflowError:
        return math.copysign(inf, x)


def cosh(x: float) -> float:
    try:
        return math.cosh(x)
    except OverflowError:
        return inf


def tanh(x: float) -> float:
    return math.tanh(x)


def asinh(x: float) -> float:
    return math.asinh(x)


def acosh(x: float) -> float:
    try:
        return math.acosh(x)
    except ValueError:
        return nan


def atanh(x: float) -> float:
    try:
        return math.atanh(x)
    except ValueError:
        return math.copysign(inf, x) if abs(x) == 1.0 else nan


def hypot(x: float, y: float) -> float:
    # The absolute value of a complex number is the C library's hypot; math.hypot is CPython's own.
    # With a nan it may blame an overflow on us that happened long before.
    try:
        return abs(complex(x, y))
    except OverflowError:
        return inf if x == x and y == y else nan


def erf(x: float) -> float:
    return math.erf(x)


def erfc(x: float) -> float:
    return math.erfc(x)


def binade(x: float) -> float:
    """The power of two at or below x > 0: multiplying or dividing by it is exact."""
    return math.ldexp(0.5, math.frexp(x)[1])
