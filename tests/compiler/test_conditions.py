"""Comparisons under tracing: guards, selects, masked edges, loops as long as a value says."""

from __future__ import annotations

import math
from typing import Any

import pytest

from autograd import (
    Value,
    clip,
    div,
    exp,
    grad,
    gradients,
    hessian,
    jit,
    log,
    maximum,
    relu,
    sqrt,
    where,
)
from tests.compiler.same import alone, assert_alike, same

INF, NAN = math.inf, math.nan


def test_a_decision_has_a_program_for_each_outcome() -> None:
    @jit
    def f(x: Any) -> Any:
        if x > 0:
            return x
        return -2.0 * x

    assert [f(1.0), f(-1.0), f(2.0), f(-2.0), f(0.0)] == [1.0, 2.0, 2.0, 4.0, 0.0]
    assert len(f.report().paths) == 2


def test_where_is_no_decision() -> None:
    f = jit(lambda x: where(x > 0, x, -2.0 * x))
    assert [f(1.0), f(-1.0), f(NAN)] == [1.0, 2.0, pytest.approx(NAN, nan_ok=True)]
    assert len(f.report().paths) == 1


@alone
def test_conditions_are_joined_without_deciding() -> None:
    f = jit(lambda x, y: where(((x > 0) & (y > 0)) | ~(x < 5.0) | (x == y), 1.0, 0.0))

    def expected(x: float, y: float) -> float:
        return 1.0 if (x > 0 and y > 0) or not x < 5.0 or x == y else 0.0

    numbers = (-1.0, 0.0, 1.0, 5.0, 6.0, NAN)
    assert [f(x, y) for x in numbers for y in numbers] == [
        expected(x, y) for x in numbers for y in numbers
    ]
    assert len(f.report().paths) == 1


@pytest.mark.parametrize("known", [True, False])
def test_conditions_are_joined_with_truth_values(known: bool) -> None:
    # The condition is register 1 of the program, and True == 1.
    f = jit(lambda x: [where((x < 0.0) & known, 1.0, 0.0), where((x < 0.0) | known, 1.0, 0.0)])
    for x in (-1.0, 1.0):
        below = x < 0.0
        assert f(x) == [float(below and known), float(below or known)]


@pytest.mark.parametrize("relation", ["<", "<=", ">", ">=", "==", "!="])
def test_every_comparison_is_that_of_floats(relation: str) -> None:
    f = eval(f"jit(lambda x, y: 1.0 if x {relation} y else 0.0)", {"jit": jit})
    for x in (-INF, -1.0, -0.0, 0.0, 1.0, INF, NAN):
        for y in (-INF, -1.0, -0.0, 0.0, 1.0, INF, NAN):
            assert f(x, y) == float(eval(f"x {relation} y"))


def test_a_captured_branch_that_flips_is_noticed() -> None:
    w = Value(1.0)
    f = jit(lambda x: x * 2.0 if w > 0 else x * 3.0)
    assert f(1.0) == 2.0
    w.data = -1.0
    assert f(1.0) == 3.0
    w.data = 1.0
    assert f(1.0) == 2.0


@pytest.mark.filterwarnings("ignore:jit.*has been traced")
def test_a_loop_as_long_as_a_value_says() -> None:
    @jit
    def collatz(n: Any) -> Any:
        steps = 0.0
        while n != 1.0:
            n = n / 2.0 if n % 2.0 == 0.0 else 3.0 * n + 1.0
            steps += 1.0
        return steps

    def expected(n: int) -> float:
        steps = 0
        while n != 1:
            n, steps = (n // 2 if n % 2 == 0 else 3 * n + 1), steps + 1
        return float(steps)

    assert [collatz(float(n)) for n in range(1, 30)] == [expected(n) for n in range(1, 30)]


def test_newtons_iteration_with_a_stop_has_its_derivative() -> None:
    def root(a: Any) -> Any:
        x = a
        while abs(x * x - a) > 1e-12 * a:
            x = 0.5 * (x + a / x)
        return x

    program = jit(grad(root))
    for a in (2.0, 3.0, 1e6, 1e-6, 2.0):
        assert same(program(a), grad(root)(a))


def counting(x: Any) -> Any:
    n = 0.0
    while x > n:
        n += 1.0
    return n


@pytest.mark.filterwarnings("ignore:jit.*has been traced")
def test_a_function_that_takes_another_way_in_every_call_is_given_up() -> None:
    f = jit(counting)
    for i in range(500):
        assert f(float(i % 250)) == float(i % 250)
    assert len(f.report().paths) < 60
    assert "calls run eagerly for now, as hardly one found its program" in repr(f.report())


def test_after_twenty_ways_a_warning_says_where_they_part_and_what_to_do() -> None:
    f = jit(counting)
    for i in range(20):
        f(float(i))
    with pytest.warns(RuntimeWarning, match=r"20 times True at .*test_conditions\.py.*where\("):
        f(20.0)


@pytest.mark.filterwarnings("ignore:jit.*has been traced")
def test_of_two_hundred_programs_the_one_that_was_not_used_for_longest_goes() -> None:
    f = jit(counting)
    for i in range(250):
        for _ in range(200):  # so many calls between two traces that it is not given up
            f(float(i))
    assert len(f.report().paths) == 200
    assert [f(float(i)) for i in (0, 100, 249)] == [0.0, 100.0, 249.0]


def test_python_builtins_decide() -> None:
    f = jit(lambda x, y, z: (max(x, y, z), min(x, y, z), sorted([x, y, z])[1]))
    for point in (1.0, 2.0, 3.0), (3.0, 1.0, 2.0), (2.0, 3.0, 1.0):
        assert f(*point) == (3.0, 1.0, 2.0)


def test_the_truth_of_a_value_is_a_decision() -> None:
    f = jit(lambda x: 1.0 if x else 2.0)
    assert [f(3.0), f(0.0), f(-1.0), f(NAN)] == [1.0, 2.0, 1.0, 1.0]


# Branches -----------------------------------------------------------------------------------------


def test_where_on_what_is_decided_adds_up_derivatives_as_eager_code_does() -> None:
    def f(x: Any, y: Any) -> Any:
        a = x * y if x > 0.0 else x
        chosen = where(x > 0.0, a, y)
        return chosen * 0.1 + chosen * 0.2 + a * 0.3 + chosen * x

    for i in range(50):
        point = (0.1 + 0.37 * i, 0.7)
        assert jit(grad(f, (0, 1)))(*point) == grad(f, (0, 1))(*point)


@pytest.mark.parametrize("branch", ["a", [1.0], None], ids=["text", "list", "None"])
def test_a_branch_that_is_no_number_is_refused_as_in_eager_code(branch: Any) -> None:
    f = jit(lambda x: where(x > 0.0, branch, 2.0))
    for x in (1.0, -1.0):
        with pytest.raises(TypeError, match="where: expected a real number"):
            f(x)


def test_a_branch_that_decides_makes_the_condition_a_decision() -> None:
    def halved(x: Any) -> Any:
        while x > 1.0:
            x = x / 2.0
        return x

    f = jit(lambda x: where(x > 0.0, lambda: halved(x), lambda: -x))
    assert [f(8.0), f(-3.0), f(5.0), f(-8.0)] == [1.0, 3.0, 0.625, 8.0]


def test_a_branch_may_ask_again_what_is_decided() -> None:
    def f(x: Any, y: Any) -> Any:
        sign = 1.0 if x > 0.0 else -1.0
        return where(y > 0.0, lambda: sign * y if x > 0.0 else y, 0.0)

    program = jit(f)
    points = [(1.0, 2.0), (1.0, -2.0), (-1.0, 2.0), (-1.0, -2.0)]
    assert [program(*point) for point in points] == [2.0, 0.0, 2.0, 0.0]
    assert len(program.report().paths) == 2  # y > 0 is never decided


def test_a_branch_that_decides_and_swallows_exceptions_is_no_other() -> None:
    def larger(x: Any) -> Any:
        try:
            return 2.0 * x if x > 5.0 else x
        except Exception:
            return 0.0

    f = jit(lambda x: where(x > 0.0, lambda: larger(x), -1.0))
    assert [f(1.0), f(6.0), f(-1.0)] == [1.0, 12.0, -1.0]


def test_a_branch_that_fails_where_it_is_not_taken_does_not_matter() -> None:
    table = {"a": 1.0}
    f = jit(lambda x: where(x > 0.0, lambda: x * table["a"], lambda: x * table["b"]))
    assert [f(1.0), f(2.0)] == [1.0, 2.0]
    with pytest.raises(KeyError):
        f(-1.0)


def test_a_branch_that_is_not_taken_leaks_nothing() -> None:
    f = jit(lambda x: where(x > 0.0, lambda: sqrt(x) / x, lambda: exp(-x * 1000.0) * 0.0))
    for x in (0.0, 4.0, -5.0):
        y, z = Value(x), Value(x)
        out = where(z > 0.0, lambda z=z: sqrt(z) / z, lambda z=z: exp(-z * 1000.0) * 0.0)
        node = f(y)
        assert same(node.data, out.data)
        assert_alike(gradients(node, y), gradients(out, z))
        assert same(f(x), out.data)


@pytest.mark.parametrize("x", [-2.0, -0.0, 0.0, 2.0, INF, -INF, NAN])
def test_an_edge_that_is_switched_off_carries_no_infinity(x: float) -> None:
    def f(x: Any) -> Any:
        return relu(x) * div(1.0, x) + maximum(x, 0.0) * log(x)

    for transform in grad, hessian:
        assert_alike(jit(transform(f))(x), transform(f)(x))
    one, other = Value(x), Value(x)
    node, record = jit(f)(one), f(other)
    node.backward()
    record.backward()
    assert_alike(one.grad, other.grad)


def test_an_absent_partial_is_none_and_not_zero() -> None:
    x = Value(-1.0)
    out = jit(lambda x: relu(x))(x)
    assert out.partials == (None,)
    (out * Value(INF)).backward()
    assert x.grad == 0.0


def test_masks_meet_in_sums_of_all_kinds() -> None:
    def f(x: Any, y: Any) -> Any:
        z = relu(x) + clip(y, -1.0, 1.0)
        return relu(z) * relu(x - y) + z * maximum(x, y) + x

    program = jit(grad(f, (0, 1)))
    numbers = (-2.0, -1.0, 0.0, 0.5, 1.0, 3.0, INF, NAN)
    for x in numbers:
        for y in numbers:
            assert_alike(program(x, y), grad(f, (0, 1))(x, y))
    assert len(program.report().paths) == 1


def test_a_condition_is_no_number() -> None:
    with pytest.raises(TypeError, match="as a number write where"):
        jit(lambda x: x * ((x > 0.0) == 1.0))(1.0)
