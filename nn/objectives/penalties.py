"""Penalties: terms that are added to a loss, so that parameters stay small."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd import abs as absolute, dot, sum as total
from nn.checks import not_negative, plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from autograd import Value


def l2(parameters: Iterable[Value], strength: float) -> Value:
    """strength * (the sum of p**2): added to a loss, it keeps parameters small.

    >>> from autograd import Value
    >>> l2([Value(3.0), Value(-4.0)], 0.1).data
    2.5
    """
    not_negative("l2: strength", plain("l2: strength", strength))
    ps = list(parameters)
    return strength * dot(ps, ps)


def l1(parameters: Iterable[Value], strength: float) -> Value:
    """strength * (the sum of |p|): added to a loss, it pulls what is not needed to zero.

    >>> from autograd import Value
    >>> l1([Value(3.0), Value(-4.0)], 0.5).data
    3.5
    """
    not_negative("l1: strength", plain("l1: strength", strength))
    return strength * total([absolute(p) for p in parameters])
