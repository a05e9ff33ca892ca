"""What an operation is, and operations that users add with `op`."""

from __future__ import annotations

import inspect
import math
import re
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from numpy import float64

from autograd import (
    Op,
    Value,
    cos,
    exp,
    grad,
    gradients,
    jvp,
    leaky_relu,
    op,
    polygamma,
    square,
    sum as total,
)
from autograd.core import ops


def test_an_operation_on_floats_gives_a_float() -> None:
    assert [type(exp(1)), type(ops.mul(2, 3)), type(total([1, 2]))] == [float, float, float]


# Operations of users -----------------------------------------------------------------------------


@op(lambda x, out: 3.0 * square(x), symbol="x³", kinks=())
def cubed(x: float) -> float:
    """The cube of x."""
    return x * x * x


@op(lambda x, y, out: 2.0 * x * y, lambda x, y, out: square(x))
def cone(x: float, y: float = 10.0) -> float:
    """x**2 * y."""
    return x * x * y


@op(lambda x, y, z, out: y * z, lambda x, y, z, out: x * z, lambda x, y, z, out: x * y)
def box(x: float, y: float, z: float) -> float:
    """x * y * z."""
    return x * y * z


@op(lambda *xs_out: [2.0 * x for x in xs_out[:-1]])
def energy(*xs: float) -> float:
    """The sum of squares."""
    return sum(x * x for x in xs)


@op(None, lambda n, x, out: n * harmonic(n, x + math.pi / (2.0 * n)))
def harmonic(n: float, x: float) -> float:
    """sin(n x), whose derivative is n sin(n x + pi/2)."""
    return math.sin(n * x)


@op(lambda x, out: None if x < 0.0 else 1.0)
def ramp(x: float) -> float:
    """x, where it is not negative."""
    return max(x, 0.0)


def test_an_operation_of_one_operand_has_its_gradient() -> None:
    x = Value(2.0)
    out = cubed(x)
    out.backward()
    assert (out.data, x.grad, out.op) == (8.0, 12.0, cubed)


def test_an_operation_of_two_operands_has_its_gradients() -> None:
    assert cone(Value(3.0), Value(5.0)).partials == (30.0, 9.0)
    assert cone(3.0, Value(5.0)).partials == (None, 9.0)
    assert cone(Value(3.0), 5.0).partials == (30.0, None)


def test_an_operation_of_three_operands_has_its_gradients() -> None:
    assert box(Value(2.0), 3.0, Value(5.0)).partials == (15.0, None, 6.0)


def test_an_operation_of_many_operands_has_its_gradients() -> None:
    assert energy([Value(2.0), 7.0, Value(3.0)]).partials == (4.0, None, 6.0)


@pytest.mark.parametrize(
    ("f", "derivatives"),
    [
        (cubed, [8.0, 12.0, 12.0, 6.0, 0.0]),
        (lambda x: cone(x, x), [8.0, 12.0, 12.0, 6.0, 0.0]),
        (lambda x: box(x, x, x), [8.0, 12.0, 12.0, 6.0, 0.0]),
        (lambda x: energy([x, 3.0, x]), [17.0, 8.0, 4.0, 0.0]),
    ],
    ids=["cubed", "cone", "box", "energy"],
)
def test_every_order_of_derivative_follows_from_the_rules(f: Any, derivatives: list[float]) -> None:
    for expected in derivatives:
        assert f(2.0) == expected
        f = grad(f)


def test_a_new_operation_is_a_function_of_floats_too() -> None:
    assert (cubed(2.0), cone(3.0, 5.0), box(1.0, 2.0, 3.0), energy([3.0, 4.0])) == (8, 45, 6, 25)


def test_a_new_operation_has_tangents() -> None:
    assert jvp(cone, (3.0, 5.0), (1.0, 2.0)) == (45.0, 30.0 + 18.0)


def test_the_second_operand_may_be_left_out_where_it_has_a_default() -> None:
    assert cone(Value(3.0)).operands[1] == 10.0
    assert leaky_relu(Value(-1.0)).data == -0.01


def test_the_second_operand_may_be_named() -> None:
    assert cone(Value(3.0), y=5.0).data == 45.0
    assert leaky_relu(Value(-1.0), slope=0.5).data == -0.5


def test_a_wrong_name_for_the_second_operand_is_refused() -> None:
    with pytest.raises(TypeError, match=r"cone takes the operands \(x, y\).* z by name"):
        cone(Value(3.0), z=5.0)


def test_a_second_operand_given_twice_is_refused() -> None:
    with pytest.raises(TypeError, match=r"cone takes the operands \(x, y\).* y by name"):
        cone(Value(3.0), 5.0, y=5.0)  # type: ignore[call-overload]


def test_a_missing_second_operand_is_refused() -> None:
    with pytest.raises(TypeError, match=r"hypot takes the operands \(x, y\); got 1"):
        ops.hypot(Value(3.0))


def test_none_is_not_a_way_to_leave_the_second_operand_out() -> None:
    with pytest.raises(TypeError, match="None"):
        leaky_relu(Value(-1.0), None)  # type: ignore[call-overload]


def test_a_wrong_number_of_operands_is_refused_with_their_names() -> None:
    with pytest.raises(TypeError, match=r"box takes the operands \(x, y, z\); got 2"):
        box(Value(1.0), 2.0)


def test_numbers_instead_of_a_list_of_them_are_refused() -> None:
    with pytest.raises(TypeError, match=r"energy takes an iterable of numbers.*got Value"):
        energy(Value(1.0))  # type: ignore[call-overload]


def test_a_static_operand_chooses_the_function() -> None:
    assert harmonic(2.0, Value(0.0)).partials == (None, 2.0)
    assert grad(grad(lambda x: harmonic(2.0, x)))(0.3) == pytest.approx(-4.0 * math.sin(0.6))


def test_a_static_operand_must_be_a_plain_number() -> None:
    with pytest.raises(TypeError, match=r"harmonic: its operand n .*plain number.*\.data"):
        harmonic(Value(2.0), Value(1.0))
    with pytest.raises(TypeError, match=r"polygamma: its operand n"):
        polygamma(Value(1.0), 2.0)


def test_a_rule_may_switch_its_edge_off() -> None:
    assert [ramp(Value(-1.0)).partials, ramp(Value(1.0)).partials] == [(None,), (1.0,)]


def test_a_result_that_is_no_plain_float_becomes_one() -> None:
    @op(lambda x, out: float64(2.0))
    def doubled(x: float) -> float:
        return float64(2.0) * x

    assert [type(doubled(3.0)), type(doubled(Value(3.0)).data)] == [float, float]


def test_a_rule_may_give_any_real_number() -> None:
    @op(lambda x, y, z, out: 1, lambda x, y, z, out: Fraction(1, 2), lambda x, y, z, out: True)
    def lazy(x: float, y: float, z: float) -> float:
        return x + y / 2.0 + z

    partials = lazy(Value(1.0), Value(2.0), Value(3.0)).partials
    assert [(type(p), p) for p in partials] == [(float, 1.0), (float, 0.5), (float, 1.0)]


def test_a_result_that_is_no_number_is_refused_by_name() -> None:
    @op(lambda x, out: 1.0)
    def forgetful(x: float) -> float:
        print(x + 1.0)  # and no return

    with pytest.raises(TypeError, match=r"result of forgetful.*None.*return its result"):
        forgetful(Value(3.0))


@pytest.mark.parametrize("partial", ["1", 1j, [1.0], Decimal(1)], ids=repr)
def test_a_rule_that_gives_no_number_is_refused_by_name(partial: Any) -> None:
    @op(lambda x, out: partial)
    def odd(x: float) -> float:
        return x

    with pytest.raises(
        TypeError, match="the derivative of odd with respect to x: expected a real number"
    ):
        odd(Value(1.0))


def test_a_rule_that_gives_too_few_derivatives_is_refused_by_name() -> None:
    @op(lambda *xs_out: [1.0])
    def total(*xs: float) -> float:
        return math.fsum(xs)

    with pytest.raises(TypeError, match=r"total.*each of 2 operands, and gave 1"):
        total([Value(1.0), Value(2.0)])


def test_a_backward_inside_an_operation_does_not_disturb_the_one_around_it() -> None:
    @op(lambda x, out: slope(x))
    def area(x: float) -> float:
        side = Value(x)
        (side * side).backward()
        assert side.grad == 2.0 * x
        return x * x

    def slope(x: Any) -> Any:
        inner = Value(2.0)
        (inner * inner).backward()
        assert inner.grad == 4.0
        return 2.0 * x

    x = Value(3.0)
    out = area(x * x) + x
    out.backward()
    assert x.grad == 2.0 * 9.0 * 6.0 + 1.0


def test_a_rule_of_many_operands_that_gives_no_number_is_refused_by_the_operand() -> None:
    @op(lambda *xs_out: [1.0, "2"])
    def total(*xs: float) -> float:
        return math.fsum(xs)

    with pytest.raises(
        TypeError, match="the derivative of total with respect to operand 1: expected a real"
    ):
        total([Value(1.0), Value(2.0)])


WRONG_RULES = {
    "one that takes no result": (lambda x: 1.0, "(x)"),
    "one that takes too much": (lambda x, y, out: 1.0, "(x, y, out)"),
    "one that takes the result by name": (lambda x, *, out: 1.0, "(x, out)"),
    "one that takes nothing": (lambda: 1.0, "()"),
    "an operation": (cos, "(x)"),
}


@pytest.mark.parametrize(("rule", "takes"), WRONG_RULES.values(), ids=WRONG_RULES)
def test_a_rule_that_cannot_be_called_is_refused_at_once(rule: Any, takes: str) -> None:
    said = "a rule of f takes the operands and the result, lambda x, out: ...; got one that takes"
    with pytest.raises(TypeError, match=re.escape(f"{said} {takes}")):

        @op(rule)
        def f(x: float) -> float:
            return x


def test_a_rule_of_many_operands_must_take_any_number() -> None:
    with pytest.raises(TypeError, match=r"lambda \*xs_out: \.\.\.; got one that takes \(xs, out\)"):

        @op(lambda xs, out: [1.0])
        def f(*xs: float) -> float:
            return 0.0


def test_a_rule_may_have_defaults_or_take_everything() -> None:
    @op(lambda x, y, out, scale=2.0: scale, lambda *operands_out: 3.0)
    def f(x: float, y: float) -> float:
        return 2.0 * x + 3.0 * y

    assert f(Value(1.0), Value(1.0)).partials == (2.0, 3.0)


WRONG_OPTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "a symbol that is no text": ({"symbol": 3}, "symbol must be text"),
    "kinks in text": ({"kinks": "a"}, "kinks must be a list of numbers, .* got str 'a'"),
    "a kink without a list": ({"kinks": 0.0}, "kinks must be a list of numbers, .* got float 0.0"),
    "a kink that is no number": ({"kinks": ["a"]}, "kinks must be a list .* got str 'a'"),
    "an interval without a list": ({"domain": (0.0,)}, r"intervals \(low, high\).* got float 0.0"),
    "an interval of three": ({"domain": [(0, 1, 2)]}, r"domain of f .* got \(0.0, 1.0, 2.0\)"),
    "an interval upside down": ({"domain": [(1, 0)]}, r"low <= high.* got \(1.0, 0.0\)"),
    "an interval of text": ({"domain": [("a", "b")]}, "domain of f .* got str 'a'"),
    "a domain that is no list": ({"domain": 3}, "domain of f must be a list .* got int 3"),
    "too many intervals": ({"domain": [(0, 1)] * 2}, "each of its 1 operands, got 2"),
}


@pytest.mark.parametrize(("options", "said"), WRONG_OPTIONS.values(), ids=WRONG_OPTIONS)
def test_a_wrong_option_is_refused_at_once(options: dict[str, Any], said: str) -> None:
    with pytest.raises((TypeError, ValueError), match=said):

        @op(lambda x, out: 1.0, **options)
        def f(x: float) -> float:
            return x


def test_domain_and_kinks_become_floats() -> None:
    @op(lambda x, out: 1.0, domain=[(-1, 1)], kinks=[0])
    def f(x: float) -> float:
        return x

    assert repr((f.domain, f.kinks)) == "(((-1.0, 1.0),), (0.0,))"


@pytest.mark.parametrize("rules", [(), (cos, cos)], ids=["none", "two"])
def test_an_operation_of_one_operand_needs_one_rule(rules: tuple[Any, ...]) -> None:
    with pytest.raises(TypeError, match=r"f\(x\) needs one rule for each of its 1 operands"):

        @op(*rules)
        def f(x: float) -> float:
            return x


def test_an_operation_of_many_operands_needs_one_rule() -> None:
    with pytest.raises(TypeError, match=r"f\(\*xs\) needs one rule, got 2"):

        @op(lambda *xs_out: [], lambda *xs_out: [])
        def f(*xs: float) -> float:
            return 0.0


def test_an_operation_without_any_derivative_is_refused() -> None:
    with pytest.raises(TypeError, match="no operand with a derivative"):

        @op(None)
        def f(x: float) -> float:
            return x


def test_keyword_only_operands_are_refused() -> None:
    with pytest.raises(TypeError, match="positional operands"):

        @op(lambda x, out: 1.0)  # type: ignore[arg-type]
        def f(x: float, *, y: float) -> float:
            return x


def test_an_operation_says_its_name_and_symbol() -> None:
    assert (repr(cubed), cubed.name, cubed.symbol) == ("<operation cubed>", "cubed", "x³")
    assert cone.symbol == "cone"


def test_an_operation_looks_like_its_function() -> None:
    assert cubed.__doc__ == "The cube of x."
    assert (cubed.__name__, cubed.__module__) == ("cubed", __name__)
    assert list(inspect.signature(cone).parameters) == ["x", "y"]
    assert isinstance(cubed, Op)


def test_an_operation_of_many_operands_shows_that_it_takes_one_iterable() -> None:
    assert str(inspect.signature(ops.norm)) == "(xs: 'Iterable[float]', /) -> 'float'"


def test_a_gradient_runs_the_rule_again_on_values() -> None:
    x = Value(2.0)
    dx = gradients(cubed(x), x)
    assert dx.parents
    assert gradients(dx, x).data == 12.0
