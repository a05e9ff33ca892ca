"""What makes sense for an argument: each check gives the number back, or an error that names it."""

from __future__ import annotations

from math import inf
from operator import index

from autograd import Value
from autograd.reals import describe, is_real, real


def whole(name: str, n: int, least: int = 1) -> int:
    """n, if it is a whole number that is not below `least`.

    >>> whole("epochs", 3)
    3
    """
    if isinstance(n, bool) or not hasattr(n, "__index__") or index(n) < least:
        raise ValueError(f"{name} must be a whole number from {least} on, got {describe(n)}")
    return index(n)  # of a NumPy int a plain one


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


def is_number(x: object) -> bool:
    """Whether x is a single number, plain or recorded, rather than a row of them.

    >>> is_number(Value(1.0)), is_number(2), is_number([2])
    (True, True, False)
    """
    return isinstance(x, Value) or is_real(x)
