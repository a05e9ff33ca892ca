"""How tests compare what a program gives with what the engine gives: bit for bit."""

from __future__ import annotations

import math
from typing import Any

import pytest

from autograd import Value
from autograd.calculus.trees import flatten
from autograd.compiler import checking

# For tests that count what runs, or look at how.
alone = pytest.mark.skipif(checking.WISH == "check", reason="under check the function runs too")


def same(x: float | None, y: float | None) -> bool:
    """Whether two numbers have the same bits; nan is nan, and both may be absent."""
    if x is None or y is None:
        return x is y
    return (x != x and y != y) or (x == y and math.copysign(1.0, x) == math.copysign(1.0, y))


def alike(x: float | None, y: float | None) -> bool:
    """Whether two derivatives are the same; the sign of a zero is left open."""
    return same(x, y) or (x == 0.0 and y == 0.0)


def plain(tree: Any) -> list[float]:
    """The numbers of a structure, Values as plain numbers."""
    return [x.data if isinstance(x, Value) else x for x in flatten(tree)[0]]


def assert_alike(left: Any, right: Any) -> None:
    """All numbers of two structures are the same, as derivatives are compared."""
    found, expected = plain(left), plain(right)
    assert len(found) == len(expected)
    assert all(map(alike, found, expected)), f"{found} != {expected}"
