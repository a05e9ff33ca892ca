"""What Python itself computes with floats, written in the C library's operations: `//`, `%`, round.

Machine code is made of these functions as it is made of those of the engine: from their source.
"""

from __future__ import annotations

import math

WHOLE = 2.0**53  # from here on floats have no digits after the point


def remainder(x: float, y: float) -> float:
    """x % y for y that is not 0, as Python has it: with the sign of y.

    >>> remainder(7.0, 2.0), remainder(-7.0, 2.0)
    (1.0, 1.0)
    """
    rest = math.fmod(x, y)
    moved = rest + y if (y < 0.0) != (rest < 0.0) else rest
    return moved if rest != 0.0 else math.copysign(0.0, y)


def quotient(x: float, y: float) -> float:
    """x // y for y that is not 0, as Python has it: rounded down.

    >>> quotient(7.0, 2.0), quotient(-7.0, 2.0)
    (3.0, -4.0)
    """
    rest = math.fmod(x, y)
    apart = rest != 0.0 and (y < 0.0) != (rest < 0.0)
    steps = (x - rest) / y - (1.0 if apart else 0.0)
    below = 0.0 + math.floor(steps) if math.isfinite(steps) else steps
    nearest = below + 1.0 if steps - below > 0.5 else below
    return nearest if steps != 0.0 else math.copysign(0.0, x / y)


def rounded(x: float, power: float) -> float:
    """x rounded to digits after the point, halves to even; power is 10**digits, up to 10**22.

    >>> rounded(2.675, 100.0), rounded(2.5, 1.0)
    (2.67, 2.0)
    """
    size = math.fabs(x)
    scaled = size * power
    if not scaled < WHOLE:
        return x  # its neighbours are farther than half a digit
    low = 0.0 + math.floor(scaled)
    product, lost = two_product(size, power)
    over = (product - low - 0.5) + lost  # what x * power is above the middle
    odd = math.fmod(low, 2.0) == 1.0
    up = 1.0 if over > 0.0 or (over == 0.0 and odd) else 0.0
    return math.copysign((low + up) / power, x)


def rounded_up(x: float, power: float) -> float:
    """x rounded to tens, hundreds ...: to the multiple of power, 10 to 10**22, halves to even.

    >>> rounded_up(1250.0, 100.0), rounded_up(-1350.0, 100.0)
    (1200.0, -1400.0)
    """
    size = math.fabs(x)
    if not size < WHOLE * power:
        return x
    rest = math.fmod(size, power)
    near = 0.0 + math.floor(size / power)  # one too many or too few, where it is very large
    product, lost = two_product(near, power)
    low = near + math.floor(((size - product) - lost - rest) / power + 0.5)
    odd = math.fmod(low, 2.0) == 1.0
    up = 1.0 if rest > 0.5 * power or (rest == 0.5 * power and odd) else 0.0
    return math.copysign((low + up) * power, x)


def two_product(a: float, b: float) -> tuple[float, float]:
    """a * b, and what rounding it left out (Dekker), for a and b below 2**996."""
    p = a * b
    t = 134217729.0 * a  # 2**27 + 1 cuts a double into two halves
    a_hi = t - (t - a)
    a_lo = a - a_hi
    t = 134217729.0 * b
    b_hi = t - (t - b)
    b_lo = b - b_hi
    return p, ((a_hi * b_hi - p) + a_hi * b_lo + a_lo * b_hi) + a_lo * b_lo
