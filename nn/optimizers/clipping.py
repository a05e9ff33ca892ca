"""Gradients made shorter where they are too long, between `backward` and `step`."""

from __future__ import annotations

from math import hypot, isfinite, isnan
from typing import TYPE_CHECKING

from nn.checks import name_of, positive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from autograd import Value


def clip_grad_norm(parameters: Iterable[Value], most: float) -> float:
    """The length of all gradients together, as a vector; a longer one than `most` is shortened.

    All are multiplied by most / (norm + 1e-6) if that is below 1, so the direction stays. The 1e-6
    is PyTorch's, kept to give the same numbers; what is left is a little shorter than `most`.

    >>> from autograd import Value
    >>> x, y = Value(0.0), Value(0.0)
    >>> x.grad, y.grad = 30.0, -40.0
    >>> clip_grad_norm([x, y], 5.0)
    50.0
    >>> round(x.grad, 6), round(y.grad, 6)
    (3.0, -4.0)
    """
    most, found = positive("clip_grad_norm: most", most), list(parameters)
    norm = hypot(*[p.grad for p in found])
    if not isfinite(norm):  # the factor would be 0 or nan for all of them
        refuse_lost(found, isfinite)
        raise ValueError("the gradients together are longer than the largest float, about 1.8e308")
    factor = most / (norm + 1e-6)
    if factor < 1.0:
        for p in found:
            p.grad *= factor
    return norm


def clip_grad_value(parameters: Iterable[Value], most: float) -> None:
    """Hold every gradient by itself between -most and most.

    >>> from autograd import Value
    >>> x, y = Value(0.0), Value(0.0)
    >>> x.grad, y.grad = 3.0, -40.0
    >>> clip_grad_value([x, y], 5.0)
    >>> x.grad, y.grad
    (3.0, -5.0)
    """
    most, found = positive("clip_grad_value: most", most), list(parameters)
    refuse_lost(found, lambda gradient: not isnan(gradient))
    for p in found:
        p.grad = min(max(p.grad, -most), most)


def refuse_lost(parameters: list[Value], allowed: Callable[[float], bool]) -> None:
    """An error that names the first parameter whose gradient nothing can be made of."""
    for i, p in enumerate(parameters):
        if not allowed(p.grad):
            raise ValueError(
                f"{name_of(i, p)} has the gradient {p.grad!r}, which cannot be clipped; to see "
                f"where it comes from, try autograd.explain_nan(loss)"
            )
