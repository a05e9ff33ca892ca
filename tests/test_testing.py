"""autograd.testing: what is drawn, how it shrinks, and that it finds mistakes."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import Phase, find, given, settings, strategies as st
from hypothesis.errors import FailedHealthCheck, Unsatisfiable

from autograd import Value, abs, clip, exp, log, maximum, mul, op, polygamma, prod, round, tanh
from autograd.core import ops
from autograd.core.operation import Op, Variadic
from autograd.core.ops import SHIFTS
from autograd.testing import (
    MEETING,
    TABLE,
    Expression,
    Step,
    apply,
    assert_partials,
    expressions,
    points,
)

if TYPE_CHECKING:
    from collections.abc import Callable

entries = pytest.mark.parametrize("entry", TABLE, ids=lambda entry: entry.name)
# Any example will do, the simplest or not: no shrinking, and none from earlier runs.
hasty = settings(phases=[Phase.generate], max_examples=2000, database=None, derandomize=True)


def drawn(strategy: st.SearchStrategy[Any], count: int) -> list[Any]:
    """Some examples, always the same ones."""
    found = []

    @settings(hasty, max_examples=count)
    @given(strategy)
    def collect(example: Any) -> None:
        found.append(example)

    collect()
    return found


def bits(x: float) -> str:
    return "nan" if x != x else x.hex()


# Points -------------------------------------------------------------------------------------------


def inside(entry: Op, xs: tuple[float, ...]) -> bool:
    domain = [entry.domain[0]] * len(xs) if isinstance(entry, Variadic) else entry.domain
    return all(low <= x <= high for x, (low, high) in zip(xs, domain, strict=True))


@entries
@pytest.mark.parametrize("edges", [True, False])
def test_points_lie_in_the_domain(entry, edges):
    assert all(inside(entry, xs) for xs in drawn(points(entry, edges), 20))


@entries
def test_points_without_edges_lie_strictly_inside_and_off_the_kinks(entry):
    for xs in drawn(points(entry, edges=False), 20):
        for i, x in enumerate(xs):
            if isinstance(entry, Variadic) or entry.rules[i] is not None:
                low, high = entry.domain[0 if isinstance(entry, Variadic) else i]
                assert low < x < high
                assert x not in entry.kinks or i > 0


@pytest.mark.parametrize(
    "x",
    [0.0, 5e-324, sys.float_info.min, 1.0, sys.float_info.max],
)
def test_points_come_to_both_ends_of_the_floats(x):
    assert find(points(log), lambda xs: xs[0] == x, settings=hasty) == (x,)


def test_points_come_to_minus_zero():
    (x,) = find(points(exp), lambda xs: xs[0].hex() == "-0x0.0p+0", settings=hasty)
    assert math.copysign(1.0, x) == -1.0


@pytest.mark.parametrize("x", [-1.0, math.nextafter(-1.0, 0.0), math.nextafter(1.0, 0.0), 1.0])
def test_points_come_to_the_ends_of_the_domain_and_their_neighbours(x):
    assert find(points(ops.asin), lambda xs: xs[0] == x, settings=hasty) == (x,)


@pytest.mark.parametrize("x", [0.0, 5e-324, -5e-324])
def test_points_come_to_kinks_and_their_neighbours(x):
    assert find(points(abs), lambda xs: xs[0] == x, settings=hasty) == (x,)


def test_points_come_to_ties():
    x, y = find(points(maximum), lambda xs: xs[0] == xs[1] and xs[0] > 2.0, settings=hasty)
    assert x == y


def test_points_without_edges_have_no_ties():
    assert all(x != y for x, y in drawn(points(maximum, edges=False), 100))


def test_points_are_spread_over_the_exponents():
    exponents = {math.frexp(x)[1] // 100 for (x,) in drawn(points(exp), 1000)}
    assert set(range(-10, 10)) <= exponents


def test_static_operands_are_whole_numbers_of_their_interval():
    assert {n for n, _ in drawn(points(polygamma), 100)} == {0.0, 1.0, 2.0, 3.0, 4.0}
    assert {digits for _, digits in drawn(points(round), 100)} == {0.0, 1.0, 2.0, 3.0}


def test_operations_of_any_number_of_operands_get_none_one_and_many():
    assert {len(xs) for xs in drawn(points(prod), 200)} == {0, 1, 2, 3, 4, 5}


def test_points_of_a_users_own_operation_lie_in_its_domain():
    @op(lambda x, y, out: y, lambda x, y, out: x, domain=((2.0, 3.0), (-7.0, -6.5)))
    def corner(x: float, y: float) -> float:
        return x * y

    assert all(inside(corner, xs) for xs in drawn(points(corner), 200))


# Expressions --------------------------------------------------------------------------------------


@pytest.mark.slow(reason="draws hundreds of expressions, until the rarest operation has occurred")
def test_every_operation_of_the_table_occurs_in_expressions():
    seen = {entry for f in drawn(expressions(), 2000) for entry, _ in f.operations}
    assert seen == set(TABLE)


@pytest.mark.slow(reason="draws hundreds of expressions, until the rarest operation has occurred")
def test_smooth_expressions_have_every_smooth_operation_and_no_other():
    seen = {entry for f in drawn(expressions(smooth_only=True), 1000) for entry, _ in f.operations}
    assert seen == {entry for entry in TABLE if not entry.kinks and entry not in SHIFTS + MEETING}


def test_expressions_of_some_operations_have_no_other():
    drawn_ops = {e for f in drawn(expressions(ops=[exp, mul]), 100) for e, _ in f.operations}
    assert drawn_ops == {exp, mul}


def test_there_must_be_operations_to_draw_from():
    with pytest.raises(ValueError, match="no operation to draw from"):
        expressions(ops=[abs], smooth_only=True)


@given(expressions(variables=2, max_operations=3))
def test_expressions_keep_to_the_number_of_variables_and_operations(f):
    assert 1 <= len(f.point) <= 2
    assert len(f.operations) <= 3


@given(expressions())
def test_every_number_of_an_expression_is_finite_at_the_point(f):
    assert all(map(math.isfinite, f.replay(f.point, apply)))


@given(expressions())
def test_every_operand_lies_in_the_domain(f):
    numbers = f.replay(f.point, apply)
    for entry, operands in f.operations:
        assert inside(entry, tuple(numbers[x] if type(x) is int else x for x in operands))


@given(expressions())
def test_every_local_derivative_is_finite_at_the_point(f):
    numbers = f.replay([Value(x) for x in f.point], apply)
    partials = [dx for node in numbers for dx in node.partials if dx is not None]
    assert all(map(math.isfinite, partials))


@given(expressions())
def test_the_result_depends_on_every_operation_and_variable(f):
    used = {x for _, operands in f.operations for x in operands if type(x) is int}
    assert used | {len(f.point) + len(f.operations) - 1} >= set(
        range(len(f.point) + len(f.operations))
    )


@pytest.mark.parametrize("special", [math.isnan, math.isinf])
def test_wild_expressions_come_to_nan_and_infinity(special):
    f = find(expressions(domain=False), lambda f: special(f(*f.point)), settings=hasty)
    assert special(f(*f.point))


@given(expressions(domain=False))
def test_the_source_of_an_expression_rebuilds_its_number_bit_for_bit(f):
    rebuilt: dict[str, Any] = {}
    exec(repr(f), rebuilt)
    assert [*map(bits, rebuilt["point"])] == [*map(bits, f.point)]
    assert bits(rebuilt["f"](*rebuilt["point"])) == bits(f(*f.point))


@given(expressions(domain=False))
def test_an_expression_gives_the_same_number_on_values_as_on_floats_bit_for_bit(f):
    assert bits(f(*map(Value, f.point)).data) == bits(f(*f.point))


def test_an_expression_can_be_replayed_in_any_arithmetic():
    f = Expression((1.0, 2.0), (Step(ops.add, (0, 1)), Step(tanh, (2,)), Step(ops.sum, (3, 5.0))))
    written = f.replay(["a", "b"], lambda op, xs: f"{op.name}({', '.join(map(str, xs))})")
    assert written[-1] == "sum(tanh(add(a, b)), 5.0)"


def test_an_expression_refuses_another_number_of_arguments():
    with pytest.raises(TypeError, match="has 2 variables, got 1"):
        Expression((1.0, 2.0), (Step(ops.add, (0, 1)),))(1.0)


def small(condition: Callable[[Expression], bool]) -> Expression:
    """The simplest expression that hypothesis finds under a condition."""
    return find(expressions(), condition, settings=settings(hasty, phases=tuple(Phase)))


@pytest.mark.slow(reason="shrinks one expression after another: seconds, or a minute")
def test_expressions_shrink_to_few_operations_beside_the_one_that_matters():
    f = small(lambda f: any(entry is clip for entry, _ in f.operations))
    assert len(f.operations) <= 4


@pytest.mark.slow(reason="shrinks one expression after another: seconds, or a minute")
def test_expressions_shrink_to_a_few_operations_where_sharing_matters():
    def shares(f: Expression) -> bool:
        used = [x for _, operands in f.operations for x in operands if type(x) is int]
        return any(used.count(x) > 1 for x in used if x >= len(f.point))

    assert len(small(shares).operations) <= 4


# The recipe ---------------------------------------------------------------------------------------


def softsign_with(rule: Any) -> Op:
    @op(rule)
    def softsign(x: float) -> float:
        return x / (1.0 + math.fabs(x))

    return softsign


def check(entry: Op, count: int = 30) -> None:
    """The recipe of docs/testing.md."""

    @settings(hasty, max_examples=count)
    @given(points(entry, edges=False))
    def partials_are_right(xs: tuple[float, ...]) -> None:
        assert_partials(entry, xs)

    partials_are_right()


RIGHT = "square(reciprocal(1.0 + abs(x)))"


@pytest.mark.parametrize(
    "mistake",
    [
        "-square(reciprocal(1.0 + abs(x)))",
        "2.0 * square(reciprocal(1.0 + abs(x)))",
        "reciprocal(1.0 + abs(x))",
        "square(reciprocal(1.0 + x))",
        "(1.0 + abs(x)) ** -2.0 + 0.0 * x + 1e-5",
    ],
)
def test_the_recipe_finds_a_wrong_first_derivative(mistake):
    wrong = softsign_with(eval(f"lambda x, out: {mistake}", vars(ops)))
    with pytest.raises(AssertionError, match="softsign"):
        check(wrong)


def test_the_recipe_finds_a_wrong_second_derivative():
    # The number is right; what a rule computes with .data leaves nothing to differentiate.
    def rule(x: Any, out: Any) -> Any:
        number = x.data if isinstance(x, Value) else x
        return 0.0 * x + (1.0 + math.fabs(number)) ** -2

    with pytest.raises(AssertionError, match="softsign"):
        check(softsign_with(rule))


def test_the_recipe_passes_the_right_rule():
    check(softsign_with(eval(f"lambda x, out: {RIGHT}", vars(ops))))


@pytest.mark.parametrize("entry", [e for e in TABLE if e not in SHIFTS], ids=lambda e: e.name)
def test_the_recipe_passes_every_operation_of_the_table(entry):
    check(entry, count=10)


def test_any_sub_gradient_is_right_at_a_kink():
    assert_partials(abs, (0.0,))


@op(lambda x, out: 1.0)
def nowhere(x: float) -> float:
    """nan, whatever x is."""
    return math.nan


NOT_COMPARED = {
    "a nan result": (log, (-1.0,)),
    "an infinite result": (log, (0.0,)),
    "a nan operand": (tanh, (math.nan,)),
    "an infinite operand": (tanh, (math.inf,)),
    "an operation that is nan everywhere": (nowhere, (1.0,)),
}


@pytest.mark.parametrize(("entry", "xs"), NOT_COMPARED.values(), ids=NOT_COMPARED)
def test_where_nothing_can_be_compared_the_check_fails(entry, xs):
    with pytest.raises(AssertionError, match="nothing could be compared"):
        assert_partials(entry, xs)


def test_the_recipe_leaves_out_points_at_which_nothing_can_be_compared():
    check(exp)
    assert any(math.isinf(exp(x)) for (x,) in drawn(points(exp, edges=False), 100))


def test_the_recipe_fails_an_operation_that_is_nan_everywhere():
    with pytest.raises((Unsatisfiable, FailedHealthCheck)):
        check(nowhere)


# Wrong calls --------------------------------------------------------------------------------------

WRONG: dict[str, tuple[Callable[[], Any], str]] = {
    "points of a name": (
        lambda: points("tanh"),
        "points: expected an operation of the table or one made with op, got str 'tanh'; write the "
        "operation itself, autograd.core.ops.tanh",
    ),
    "points of a function": (
        lambda: points(math.sin),
        "got the function sin; any other function is checked by gradcheck",
    ),
    "points of where": (
        lambda: points(ops.where),
        "got the function where; the operation that it records is autograd.core.ops.select",
    ),
    "points of dot": (
        lambda: points(ops.dot),
        "got the function dot; the operation that it records is autograd.core.ops.dot_product",
    ),
    "a check of a function": (
        lambda: assert_partials(math.sin, (1.0,)),
        "assert_partials: expected an operation of the table",
    ),
    "operands that are no tuple": (
        lambda: assert_partials(tanh, 1.0),
        "assert_partials: tanh takes a tuple of the operands (x); got float 1.0",
    ),
    "too many operands": (
        lambda: assert_partials(tanh, (1.0, 2.0)),
        "tanh takes a tuple of the operands (x); got 2 of them",
    ),
    "too few operands": (
        lambda: assert_partials(clip, (1.0,)),
        "clip takes a tuple of the operands (x, low, high); got 1 of them",
    ),
    "an operand that is no number": (
        lambda: assert_partials(tanh, ("a",)),
        "tanh takes a tuple of the operands (x); got str 'a' among them",
    ),
    "expressions of names": (
        lambda: expressions(ops=["add"]),
        "expressions: expected an operation of the table or one made with op, got str 'add'",
    ),
    "no variables": (
        lambda: expressions(variables=0),
        "expressions: variables must be a whole number from 1 on, got int 0",
    ),
    "variables that are no number": (
        lambda: expressions(variables="a"),
        "expressions: variables must be a whole number from 1 on, got str 'a'",
    ),
    "fewer operations than none": (
        lambda: expressions(max_operations=-1),
        "expressions: max_operations must be a whole number from 0 on, got int -1",
    ),
    "a step that takes a later number": (
        lambda: Expression((1.0,), (Step(exp, (5,)),)),
        "Expression: operation 0: exp takes number 5, but there are only 1 before it",
    ),
    "a step with a name for an operation": (
        lambda: Expression((1.0,), (Step("exp", (0,)),)),
        "Expression: operation 0: expected an operation of the table or one made with op",
    ),
    "a step of too few operands": (
        lambda: Expression((1.0,), (Step(mul, (0,)),)),
        "Expression: operation 0: mul takes a tuple of the operands (x, y); got 1 of them",
    ),
    "an expression of nothing": (
        lambda: Expression((), ()),
        "Expression: the point has no number",
    ),
}


@pytest.mark.parametrize(("call", "said"), WRONG.values(), ids=WRONG)
def test_a_wrong_call_is_told_what_came_and_what_was_expected(call, said):
    with pytest.raises((TypeError, ValueError), match=re.escape(said)):
        call()


# The extra ----------------------------------------------------------------------------------------


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)


def test_autograd_does_not_import_hypothesis():
    assert run("import sys, autograd; sys.exit('hypothesis' in sys.modules)").returncode == 0


def test_a_missing_hypothesis_is_an_error_that_names_the_extra():
    blocked = run("import sys; sys.modules['hypothesis'] = None; import autograd.testing")
    assert blocked.stderr.splitlines()[-1] == (
        "ImportError: autograd.testing needs hypothesis: pip install 'pencilgrad[dev]'"
    )
