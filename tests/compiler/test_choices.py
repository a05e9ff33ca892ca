"""Random functions full of decisions and choices: one compiled function at many points."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from hypothesis import given, strategies as st

from autograd import Value, clip, jit, maximum, relu, where
from autograd.testing import Expression, apply, expressions
from tests.compiler.same import same

if TYPE_CHECKING:
    from collections.abc import Callable

# Two numbers x and y of an expression meet in one of these ways.
MEETINGS: list[Callable[[Any, Any], Any]] = [
    lambda x, y: where(x < y, x * y, x - y),
    lambda x, y: where((x > 0.0) & (y > 0.0) | (x < y), lambda: x * 2.0, lambda: y * y),
    lambda x, y: where(x == y, lambda: x, lambda: where(x > 1.0, y, lambda: relu(y) * x)),
    lambda x, y: x * 0.5 if x > y else relu(x - y),
    lambda x, y: maximum(x, y) * clip(x, -1.0, 1.0),
    lambda x, y: relu(x) * y + relu(-y),
    lambda x, y: min(x, y) + relu(x * y),
]


def met(f: Expression, ways: list[int]) -> Callable[..., Any]:
    """A function in which the numbers of an expression meet in these ways."""

    def g(*xs: Any) -> Any:
        found = f.replay(xs, apply)
        total = found[-1]
        for (x, y), way in zip(pairwise(found), ways, strict=False):
            total = total + MEETINGS[way](x, y)
        return total

    return g


def close(x: float, y: float, scale: float) -> bool:
    """Whether two numbers are the same to rounding; nan and infinities exactly."""
    return same(x, y) or abs(x - y) <= 1e-9 * scale


ways = st.lists(st.sampled_from(range(len(MEETINGS))), min_size=4, max_size=10)
numbers = st.sampled_from([-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0, 1e3, math.inf, math.nan])


@given(expressions(max_operations=6), ways, st.lists(st.lists(numbers, min_size=3, max_size=3)))
def test_every_point_has_the_value_and_the_gradient_of_the_eager_function(
    f: Expression, chosen: list[int], elsewhere: list[list[float]]
) -> None:
    g = met(f, chosen)
    compiled = jit(g)
    for point in [f.point, *[tuple(x[: len(f.point)]) for x in elsewhere], f.point]:
        xs, ys = [*map(Value, point)], [*map(Value, point)]
        expected, out = g(*xs), compiled(*ys)
        assert same(compiled(*point), expected.data)
        assert same(out.data, expected.data)
        expected.backward()
        out.backward()
        scale = max([1.0, *[abs(x.grad) for x in xs if math.isfinite(x.grad)]])
        for x, y in zip(xs, ys, strict=True):
            assert close(y.grad, x.grad, scale) or x.grad == y.grad == 0.0
