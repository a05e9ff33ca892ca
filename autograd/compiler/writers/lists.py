"""Lists as the reader knows them: by their lengths, and by what stands at an index.

So `reversed(xs)`, `xs[1:]` and `[f(x) for x in xs]` need no memory: they are other lists' elements.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd.compiler.writers.form import (
    Arithmetic,
    Choice,
    Constant,
    Element,
    Expression,
    Length,
    Name,
    Relation,
    View,
)

if TYPE_CHECKING:
    from collections.abc import Callable

ZERO, ONE = Constant(0), Constant(1)


class Items(NamedTuple):
    """Some numbers in order."""

    length: Expression
    at: Callable[[Expression], Any]  # what stands at an index: None for an edge that is absent
    view: View | None = None  # of the list in memory that they are part of


class Parts(NamedTuple):
    """Items that follow each other in a list: [x, *ys]."""

    items: tuple[Items, ...]


def every(xs: Name) -> Items:
    """All of a list in memory."""
    return Items(Length(xs), partial(Element, xs), View(xs, ZERO, Length(xs)))


def backwards(xs: Items) -> Items:
    return Items(xs.length, lambda i: xs.at(minus(minus(xs.length, ONE), i)))


def between(xs: Items, start: Expression, stop: Expression) -> Items:
    """xs[start:stop]; none where stop is below start."""
    length, view = minus(stop, start), None
    if xs.view is not None:
        view = View(xs.view.list, plus(xs.view.start, start), length)
    return Items(length, lambda i: xs.at(plus(start, i)), view)


def plus(x: Expression, y: Expression) -> Expression:
    """The sum of two indices."""
    if isinstance(x, Constant) and isinstance(y, Constant):
        return Constant(x.value + y.value)
    if y == ZERO or x == ZERO:
        return x if y == ZERO else y
    return Arithmetic("+", x, y)


def minus(x: Expression, y: Expression) -> Expression:
    """The difference of two indices."""
    if isinstance(x, Constant) and isinstance(y, Constant):
        return Constant(x.value - y.value)
    if isinstance(x, Arithmetic) and (x.sign, x.y) == ("+", y):
        return x.x
    return x if y == ZERO else Arithmetic("-", x, y)


def smaller(x: Expression, y: Expression) -> Expression:
    """The smaller of two lengths."""
    return x if x == y else Choice(Relation("<", x, y), x, y)
