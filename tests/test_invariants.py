"""What holds of every derivative, whatever the function: random expressions under Hypothesis.

Sums are of the same terms in another order here and there, so some facts hold to rounding only;
those about the same sums hold bit for bit.
"""

from __future__ import annotations

import math
from typing import Any

from hypothesis import assume, example, given, strategies as st

from autograd import Value, grad, gradients, hessian, jacobian, jvp, value_and_grad, vjp
from autograd.core import ops
from autograd.testing import Expression, Step, apply, expressions

functions = expressions()
smooth_functions = expressions(smooth_only=True, max_operations=8)
tame_factors = st.sampled_from((-4.0, -1.0, 0.25, 0.5, 2.0, 8.0))  # exact to multiply by
wild_functions = expressions(domain=False)


def leaves(f: Expression) -> list[Value]:
    return [Value(x) for x in f.point]


def backward_gradient(f: Expression) -> list[float]:
    xs = leaves(f)
    f(*xs).backward()
    return [x.grad for x in xs]


def bits(x: float) -> str:
    return "nan" if x != x else x.hex() if x else "0"  # the sign of a zero gradient means nothing


def same(xs: Any, ys: Any) -> bool:
    return [*map(bits, xs)] == [*map(bits, ys)]


def close(x: float, y: float, scale: float) -> bool:
    """Equal but for the rounding of sums of terms of this size."""
    return math.fabs(x - y) <= 1e-13 * scale


def terms(f: Expression) -> list[float]:
    """For each variable, the sizes of all the products along paths that its gradient adds up."""
    xs = leaves(f)
    numbers = f.replay(xs, apply)
    sizes = {id(numbers[-1]): 1.0}
    for node in reversed(numbers):
        for x, partial in zip(node.operands, node.partials, strict=True):
            if partial is not None:
                sizes[id(x)] = sizes.get(id(x), 0.0) + sizes.get(id(node), 0.0) * abs(partial)
    return [sizes.get(id(x), 0.0) for x in xs]


@given(functions, tame_factors)
def test_backward_with_a_seed_gives_the_gradient_times_the_seed(f, seed):
    xs = leaves(f)
    f(*xs).backward(seed)
    for x, dx in zip(xs, backward_gradient(f), strict=True):
        tiny = abs(dx) < 1e-280  # adjoints on the way may have been subnormal, and so rounded
        assert tiny or same([x.grad], [seed * dx])


@given(functions, tame_factors, tame_factors)
def test_the_gradient_of_a_sum_of_multiples_is_that_sum_of_the_gradients(f, a, b):
    xs = leaves(f)
    (a * f(*xs) + b * f(*xs)).backward()
    for x, dx, size in zip(xs, backward_gradient(f), terms(f), strict=True):
        assert close(x.grad, (a + b) * dx, size * (abs(a) + abs(b)))


@given(functions)
def test_a_variable_used_through_two_names_gets_the_sum_of_what_each_would_get(f):
    shared = Value(f.point[0])
    f(*[shared for _ in f.point]).backward()
    apart = Expression(tuple(f.point[0] for _ in f.point), f.operations)
    size = sum(terms(apart))
    assume(math.isfinite(size))
    assert close(shared.grad, sum(backward_gradient(apart)), size)


@given(functions)
def test_a_leaf_that_the_result_does_not_use_keeps_its_gradient(f):
    xs, idle = leaves(f), Value(1.5)
    idle.grad = 7.0
    f(*xs).backward()
    assert idle.grad == 7.0


@given(functions)
def test_the_gradient_by_an_idle_argument_is_0(f):
    assert grad(lambda idle, xs: f(*xs), argnums=0)(1.5, list(f.point)) == 0.0


@given(functions)
def test_an_idle_argument_changes_no_other_gradient(f):
    found = grad(lambda idle, xs: f(*xs), argnums=1)(1.5, list(f.point))
    assert same(found, backward_gradient(f))


@given(functions)
def test_backward_a_second_time_doubles_the_gradient_of_every_leaf(f):
    xs = leaves(f)
    out = f(*xs)
    out.backward()
    out.backward()
    for x, dx, size in zip(xs, backward_gradient(f), terms(f), strict=True):
        assert close(x.grad, dx + dx, size)


@given(functions)
def test_backward_after_zeroing_the_leaves_gives_the_same_again(f):
    xs = leaves(f)
    out = f(*xs)
    out.backward()
    for x in xs:
        x.grad = 0.0
    out.backward()
    assert same([x.grad for x in xs], backward_gradient(f))


@given(functions, st.data())
def test_two_roots_that_share_a_graph_add_up_in_the_leaves(f, data):
    assume(f.operations)
    xs = leaves(f)
    numbers = f.replay(xs, apply)
    i = data.draw(st.integers(len(xs), len(numbers) - 1))
    part = Expression(f.point, f.operations[: i + 1 - len(xs)])
    numbers[i].backward()
    numbers[-1].backward()
    for x, first, second in zip(xs, backward_gradient(part), backward_gradient(f), strict=True):
        assert close(x.grad, first + second, sum(terms(f)) + sum(terms(part)))


@given(wild_functions)
def test_grad_and_backward_agree_bit_for_bit(f):
    assert same(grad(lambda xs: f(*xs))(list(f.point)), backward_gradient(f))


# exp(-746) leaves a mark in the C library that once made hypot(1, nan) infinite.
UNDERFLOW_THEN_NAN = Expression(
    (-746.0,), (Step(ops.exp, (0,)), Step(ops.mod, (0, 1)), Step(ops.asinh, (2,)))
)


@example(UNDERFLOW_THEN_NAN)
@given(wild_functions)
def test_gradients_that_can_be_differentiated_and_backward_agree_bit_for_bit(f):
    xs = leaves(f)
    assert same([dx.data for dx in gradients(f(*xs), xs)], backward_gradient(f))


@given(wild_functions)
def test_gradients_touch_nobodys_grad(f):
    xs = leaves(f)
    out = f(*xs)
    gradients(out, xs)
    assert [x.grad for x in xs] + [out.grad] == [0.0] * (len(xs) + 1)


@given(wild_functions)
def test_a_value_beside_its_gradient_is_the_value_on_floats_bit_for_bit(f):
    value, _ = value_and_grad(lambda xs: f(*xs))(list(f.point))
    assert bits(value) == bits(f(*f.point))


@given(smooth_functions)
def test_mixed_second_derivatives_do_not_depend_on_the_order(f):
    matrix = hessian(lambda xs: f(*xs))(list(f.point))
    scale = max(abs(x) for row in matrix for x in row)
    for i, row in enumerate(matrix):
        for j, x in enumerate(row):
            assert close(x, matrix[j][i], scale)


@given(functions, st.lists(tame_factors, min_size=3, max_size=3))
def test_pushing_a_direction_forward_is_pulling_back_times_the_direction(f, direction):
    v = direction[: len(f.point)]
    (_, pushed), (_, pull) = jvp(f, f.point, v), vjp(f, *f.point)
    pulled = math.fsum(dx * d for dx, d in zip(pull(1.0), v, strict=True))
    size = sum(t * abs(d) for t, d in zip(terms(f), v, strict=True))
    assert close(pushed, pulled, size)


@given(functions)
def test_a_row_of_the_jacobian_is_a_pull_back(f):
    # Two results of at least four arguments are pulled back; of fewer, they may be pushed forward.
    def two(xs: Any) -> list[Any]:
        out = f(*xs[: len(f.point)])
        return [out, -out]

    xs = [*f.point, 1.0, 2.0, 3.0]
    _, pull = vjp(two, xs)
    sizes = [*terms(f), 0.0, 0.0, 0.0]
    for row, cotangent in zip(jacobian(two)(xs), ([1.0, 0.0], [0.0, 1.0]), strict=True):
        (pulled,) = pull(cotangent)
        assert all(close(dx, d, size) for dx, d, size in zip(row, pulled, sizes, strict=True))


@given(functions)
def test_a_column_of_the_jacobian_is_a_push_forward(f):
    def four(xs: Any) -> list[Any]:
        return [f(*xs)] * 4

    columns = [*zip(*jacobian(four)(list(f.point)), strict=True)]
    for i, (column, size) in enumerate(zip(columns, terms(f), strict=True)):
        direction = [float(i == j) for j in range(len(f.point))]
        _, pushed = jvp(four, (list(f.point),), (direction,))
        assert all(close(dx, d, size) for dx, d in zip(column, pushed, strict=True))


@given(functions)
def test_a_gradient_recorded_within_a_gradient_is_the_same_bit_for_bit(f):
    xs = leaves(f)
    within = grad(lambda ys: f(*ys))(xs)
    assert same([dx.data for dx in within], backward_gradient(f))
