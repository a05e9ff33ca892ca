"""The residual connection: a way around a part of a network.

    residual(x) = x + inner(x)

The inner part has only to learn what is to be changed about x. Backwards, the gradient of the
output reaches x along the sum undiminished, however little the inner part lets through: that is why
networks with many layers can be trained (He, Zhang, Ren and Sun 2015).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd.numbers.reals import describe
from nn.checks import as_list
from nn.module import Module

if TYPE_CHECKING:
    from collections.abc import Sequence


class Residual(Module):
    """x + inner(x), for a layer or a chain of them that gives as many numbers as it takes.

    >>> from nn import Layer
    >>> around = Residual(Layer(2, 2, "relu", init="zeros"))
    >>> [out.data for out in around([3.0, -1.0])]
    [3.0, -1.0]
    """

    def __init__(self, inner: Module) -> None:
        if not isinstance(inner, Module):
            raise TypeError(f"Residual goes around a Module, got {describe(inner)}")
        self.inner = inner
        self.shape = inner.shape

    def __call__(self, row: Any) -> Any:
        return self._add(row, self.inner(row))

    def batch(self, rows: Sequence[Any]) -> list[Any]:
        """What it makes of a batch: all of it goes through the inner part together."""
        return [self._add(x, y) for x, y in zip(rows, self.inner.batch(rows), strict=True)]

    def _add(self, x: Any, y: Any) -> Any:
        """x + y number by number, of two numbers, two rows, or two sequences of rows."""
        xs, ys = as_list(x), as_list(y)
        if xs is None and ys is None:
            return x + y
        xs, ys = [x] if xs is None else xs, [y] if ys is None else ys  # a number is a row of one
        if len(xs) != len(ys):
            raise ValueError(
                f"{self!r} adds what goes in and what the inner part makes of it, and these must "
                f"be of the same length: {len(xs)} went in and {len(ys)} came out"
            )
        return [self._add(xi, yi) for xi, yi in zip(xs, ys, strict=True)]
