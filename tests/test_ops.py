"""The table: that it is complete, that its rules are right, and its conventions at edges and kinks.

The points and the operations come from the table itself.
"""

from __future__ import annotations

import itertools
import math
import operator
import random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import autograd
from autograd import Op, Value, gradients
from autograd.core import ops
from autograd.core.operation import Binary, Fixed, Unary, Variadic
from autograd.core.ops import SHIFTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

INF, NAN = math.inf, math.nan

TABLE = [entry for entry in vars(ops).values() if isinstance(entry, Op)]
PUBLIC = [entry for entry in TABLE if getattr(autograd, entry.name, None) is entry]

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.0, 1e-300, 5e-324, 1e17, 750.0, -750.0]
SPECIAL += [1.7976931348623157e308, -1.7976931348623157e308, INF, -INF, NAN]

every_entry = pytest.mark.parametrize("entry", TABLE, ids=repr)


def called(entry: Op, operands: Any) -> Any:
    return entry(operands) if isinstance(entry, Variadic) else entry(*operands)


def rules(entry: Op, count: int) -> list[Any]:
    """A rule for each of `count` operands; None where the operand is static."""
    return list(entry.rules) * count if isinstance(entry, Variadic) else list(entry.rules)


def as_values(entry: Op, numbers: Any) -> list[Any]:
    """The numbers as Values, but static operands as they are."""
    return [
        x if rule is None else Value(x)
        for x, rule in zip(numbers, rules(entry, len(numbers)), strict=True)
    ]


def counts(entry: Op) -> tuple[int, ...]:
    return (1, 2, 4, 5) if isinstance(entry, Variadic) else (len(entry.rules),)


# Complete ----------------------------------------------------------------------------------------


def test_the_table_is_found() -> None:
    assert len(PUBLIC) > 60
    assert {type(entry) for entry in PUBLIC} == {Unary, Binary, Fixed, Variadic}


# The operators have no other names, and of polygamma the order comes first.
OF_A_VALUE = [
    entry
    for entry in PUBLIC
    if isinstance(entry, (Unary, Binary))
    and not hasattr(operator, f"__{entry.name}__")
    and entry not in (ops.div, ops.polygamma)
] + [ops.abs]


@pytest.mark.parametrize("entry", OF_A_VALUE, ids=repr)
def test_every_operation_of_a_value_is_a_method(entry: Op) -> None:
    assert vars(Value)[entry.name] is entry


@pytest.mark.parametrize("name", [n for n, e in vars(Value).items() if isinstance(e, Op)])
def test_every_method_is_an_exported_operation(name: str) -> None:
    assert vars(Value)[name] in PUBLIC


@pytest.mark.parametrize("entry", [e for e in PUBLIC if e.name in vars(Value)], ids=repr)
def test_a_method_is_the_function(entry: Op) -> None:
    operands = as_values(entry, [0.75, -0.25, 0.5][: len(entry.rules)])
    out = getattr(operands[0], entry.name)(*operands[1:])
    assert out.op is entry
    assert out.operands == tuple(operands)


NUMPY_SPELLINGS = [n for n, e in vars(Value).items() if isinstance(e, Op) and n != e.name]


@pytest.mark.parametrize("name", [n for n in NUMPY_SPELLINGS if not n.startswith("__")])
def test_another_name_of_a_method_is_numpys(name: str) -> None:
    f = getattr(np, name)
    entry = vars(Value)[name]
    operands = [1.5 if entry is ops.acosh else 0.75, 0.5][: f.nin]
    assert f(*operands) == pytest.approx(
        entry.forward(*[*operands, 0.0][: len(entry.rules)]), nan_ok=True
    )


@every_entry
def test_every_operation_has_a_sentence_and_an_example(entry: Op) -> None:
    assert entry.__doc__
    sentence, _, example = entry.__doc__.partition(">>> ")
    assert sentence.strip().endswith(".")
    assert example.startswith(f"{entry.name}(")


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "mean", "dot", "where"])
def test_every_composition_has_an_example(name: str) -> None:
    assert f">>> {name}(" in getattr(autograd, name).__doc__


@every_entry
def test_every_operation_knows_where_its_points_lie(entry: Op) -> None:
    expected = 1 if isinstance(entry, Variadic) else len(entry.rules)
    assert len(entry.domain) == expected
    assert all(low < high for low, high in entry.domain)


# Right -------------------------------------------------------------------------------------------


def inside(interval: tuple[float, float], rng: random.Random) -> float:
    low, high = interval
    low, high = max(low, -3.0 if high > 0.0 else high - 3.0), min(high, max(low, 0.0) + 3.0)
    return rng.uniform(low + 0.05 * (high - low), high - 0.05 * (high - low))


def points(entry: Op, times: int) -> Iterator[list[float]]:
    """Points of the domain, static operands being whole numbers."""
    rng = random.Random(entry.name)
    for _ in range(times):
        for n in counts(entry):
            intervals = entry.domain * (n if isinstance(entry, Variadic) else 1)
            yield [
                float(round(inside(interval, rng))) if rule is None else inside(interval, rng)
                for interval, rule in zip(intervals, rules(entry, n), strict=True)
            ]


def slope(f: Callable[[float], float], x: float) -> float:
    """The derivative by differences, extrapolated: its error is about 1e-9."""
    h = 1e-3

    def difference(h: float) -> float:
        return (f(x + h) - f(x - h)) / (2.0 * h)

    return (difference(2 * h) - 20 * difference(h) + 64 * difference(h / 2)) / 45.0


def replaced(xs: list[float], i: int, x: float) -> list[float]:
    return [*xs[:i], x, *xs[i + 1 :]]


@pytest.mark.parametrize("entry", [e for e in TABLE if e not in (*SHIFTS, ops.round)], ids=repr)
def test_a_rule_gives_the_slope_of_its_function(entry: Op) -> None:
    for xs in points(entry, 10):
        partials = called(entry, as_values(entry, xs)).partials
        for i, rule in enumerate(rules(entry, len(xs))):
            if rule is None:
                continue
            near = slope(lambda x, i=i, xs=xs: entry.forward(*replaced(xs, i, x)), xs[i])
            assert (partials[i] or 0.0) == pytest.approx(near, rel=1e-6, abs=1e-7), xs


@pytest.mark.parametrize("entry", [e for e in TABLE if e not in SHIFTS], ids=repr)
def test_a_rule_has_the_right_slope_itself(entry: Op) -> None:
    for xs in points(entry, 5):
        values = as_values(entry, xs)
        variables = [v for v in values if isinstance(v, Value)]
        first = gradients(called(entry, values), variables)
        for i, v in enumerate(values):
            if not isinstance(v, Value):
                continue
            row = gradients(first[variables.index(v)], variables)
            for j, w in enumerate(values):
                if isinstance(w, Value):

                    def partial(x: float, i: int = i, j: int = j, xs: Any = xs) -> float:
                        out = called(entry, as_values(entry, replaced(xs, j, x)))
                        return out.partials[i] or 0.0

                    near = slope(partial, xs[j])
                    got = row[variables.index(w)].data
                    assert got == pytest.approx(near, rel=1e-5, abs=1e-6), xs


# Total: every operation takes every float --------------------------------------------------------


def special_operands(entry: Op) -> Iterator[tuple[float, ...]]:
    """Combinations of special floats; static operands of private entries are always small."""
    for n in counts(entry):
        choices = [
            SPECIAL if rule is not None or entry in PUBLIC else [0.0, 1.0, 2.0]
            for rule in rules(entry, n)
        ]
        if n <= 2:
            yield from itertools.product(*choices)
        else:
            rng = random.Random(entry.name)
            yield from (tuple(map(rng.choice, choices)) for _ in range(300))


@every_entry
def test_no_float_makes_an_operation_raise(entry: Op) -> None:
    for xs in special_operands(entry):
        assert type(called(entry, xs)) is float, xs


@every_entry
def test_no_float_makes_a_derivative_raise(entry: Op) -> None:
    for xs in special_operands(entry):
        partials = called(entry, as_values(entry, xs)).partials
        assert {type(p) for p in partials} <= {float, type(None)}, xs


@every_entry
def test_a_rule_gives_values_and_floats_the_same_numbers(entry: Op) -> None:
    for xs in special_operands(entry):
        values = as_values(entry, xs)
        out = called(entry, values)
        again = entry.partials(values, out, [isinstance(v, Value) for v in values])
        numbers = [p.data if isinstance(p, Value) else p for p in again]
        assert repr(numbers).replace("-nan", "nan") == repr(list(out.partials)), xs


@every_entry
def test_no_float_makes_a_second_derivative_raise(entry: Op) -> None:
    for xs in special_operands(entry):
        values = as_values(entry, xs)
        variables = [v for v in values if isinstance(v, Value)]
        for dx in gradients(called(entry, values), variables):
            assert type(gradients(dx, variables)[0].data) is float, xs


@pytest.mark.parametrize(
    "entry", [e for e in PUBLIC if e not in (ops.round, ops.polygamma)], ids=repr
)
def test_a_nan_is_never_hidden(entry: Op) -> None:
    n = counts(entry)[0]
    hidden = [
        i
        for i in range(n)
        if not math.isnan(called(entry, [NAN if j == i else 0.5 for j in range(n)]))
    ]
    # x**0 and 1**y are 1 for every x and y; the slope of leaky_relu and elu is not used above 0.
    assert hidden == ([1] if entry in (ops.leaky_relu, ops.elu) else [])


# Conventions -------------------------------------------------------------------------------------


def at(f: Any, *xs: float) -> tuple[float, tuple[float | None, ...]]:
    """The value of an operation and its local derivatives."""
    out = f([Value(x) for x in xs]) if isinstance(f, Variadic) else f(*map(Value, xs))
    return out.data, out.partials


def second(f: Callable[[Value], Value], x: float) -> float:
    v = Value(x)
    return gradients(gradients(f(v), v), v).data


STEPS = (ops.sign, ops.floor, ops.ceil, ops.trunc, ops.round)


CONVENTIONS = [
    (ops.abs, (0.0,), 0.0, (0.0,)),
    (ops.abs, (-0.0,), 0.0, (0.0,)),
    (ops.relu, (0.0,), 0.0, (None,)),
    (ops.relu, (-1.0,), 0.0, (None,)),
    (ops.relu, (NAN,), NAN, (NAN,)),
    (ops.maximum, (1.0, 2.0), 2.0, (None, 1.0)),
    (ops.minimum, (1.0, 2.0), 1.0, (1.0, None)),
    (ops.maximum, (2.0, 2.0), 2.0, (0.5, 0.5)),
    (ops.minimum, (2.0, 2.0), 2.0, (0.5, 0.5)),
    (ops.maximum, (NAN, 2.0), NAN, (NAN, NAN)),
    (ops.minimum, (2.0, NAN), NAN, (NAN, NAN)),
    (ops.clip, (5.0, 0.0, 1.0), 1.0, (None, None, 1.0)),
    (ops.clip, (-5.0, 0.0, 1.0), 0.0, (None, 1.0, None)),
    (ops.clip, (0.5, 0.0, 1.0), 0.5, (1.0, None, None)),
    (ops.clip, (1.0, 0.0, 1.0), 1.0, (1.0, None, None)),
    (ops.clip, (0.0, 0.0, 1.0), 0.0, (1.0, None, None)),
    (ops.clip, (NAN, 0.0, 1.0), NAN, (NAN, NAN, NAN)),
    (ops.sqrt, (0.0,), 0.0, (INF,)),
    (ops.sqrt, (-0.0,), -0.0, (INF,)),
    (ops.sqrt, (-1.0,), NAN, (NAN,)),
    (ops.log, (0.0,), -INF, (INF,)),
    (ops.log, (-0.0,), -INF, (INF,)),
    (ops.pow, (0.0, 0.0), 1.0, (0.0, -INF)),
    (ops.pow, (0.0, 2.0), 0.0, (0.0, 0.0)),
    (ops.pow, (0.0, 1.0), 0.0, (1.0, 0.0)),
    (ops.pow, (-2.0, 3.0), -8.0, (12.0, NAN)),
    (ops.pow, (-2.0, 0.5), NAN, (NAN, NAN)),
    (ops.atan2, (0.0, 0.0), 0.0, (0.0, 0.0)),
    (ops.hypot, (0.0, 0.0), 0.0, (0.0, 0.0)),
    (ops.norm, (0.0, 0.0, 0.0), 0.0, (0.0, 0.0, 0.0)),
    (ops.prod, (0.0, 3.0, 5.0), 0.0, (15.0, 0.0, 0.0)),
    (ops.prod, (0.0, 0.0, 5.0), 0.0, (0.0, 0.0, 0.0)),
    (ops.mod, (7.0, 2.0), 1.0, (1.0, -3.0)),
    (ops.floordiv, (7.0, 2.0), 3.0, (None, None)),
    (ops.logaddexp, (-INF, -INF), -INF, (0.5, 0.5)),
    (ops.logsumexp, (-INF, -INF), -INF, (0.5, 0.5)),
    (ops.logsumexp, (1000.0, 1000.0), 1000.0 + math.log(2.0), (0.5, 0.5)),
    (ops.sigmoid, (-1000.0,), 0.0, (0.0,)),
    (ops.softplus, (1000.0,), 1000.0, (1.0,)),
]


@pytest.mark.parametrize(
    ("f", "xs", "value", "partials"),
    CONVENTIONS,
    ids=[f"{f.name}{xs}" for f, xs, *_ in CONVENTIONS],
)
def test_the_convention_holds(f: Op, xs: Any, value: float, partials: Any) -> None:
    got, slopes = at(f, *xs)
    assert got == pytest.approx(value, rel=1e-15, nan_ok=True)
    assert [p is None for p in slopes] == [p is None for p in partials]
    for p, expected in zip(slopes, partials, strict=True):
        assert p is None or p == pytest.approx(expected, rel=1e-15, nan_ok=True)


def test_silu_and_gelu_vanish_at_minus_infinity() -> None:
    assert (autograd.silu(-INF), autograd.gelu(-INF)) == (0.0, 0.0)


@pytest.mark.parametrize("f", STEPS, ids=repr)
@pytest.mark.parametrize("x", [-1.5, 0.0, 2.0])
def test_nothing_flows_through_a_step(f: Op, x: float) -> None:
    assert f(Value(x)).partials[0] is None  # type: ignore[operator]


@pytest.mark.parametrize("slope", [0.01, 0.5, 0.0, -1.0])
def test_the_derivative_of_leaky_relu_at_0_is_the_negative_slope(slope: float) -> None:
    assert autograd.leaky_relu(Value(0.0), slope).partials == (slope, None)


@pytest.mark.parametrize("alpha", [1.0, 2.5])
def test_both_derivatives_of_elu_at_0_are_those_from_the_left(alpha: float) -> None:
    assert autograd.elu(Value(0.0), alpha).partials[0] == alpha
    assert second(lambda x: autograd.elu(x, alpha), 0.0) == alpha


@pytest.mark.parametrize("zero", [0, 0.0, Value(0.0)], ids=["int", "float", "Value"])
def test_a_power_of_0_is_flat_at_0_whatever_its_exponent_is(zero: Any) -> None:
    x = Value(0.0)
    dx = gradients(x**zero, x)
    assert ((x**zero).data, dx.data, gradients(dx, x).data) == (1.0, 0.0, 0.0)


@pytest.mark.parametrize("n", range(7))
@pytest.mark.parametrize("x", [-2.0, 0.0, 3.0])
def test_whole_powers_are_exact_at_every_order(x: float, n: int) -> None:
    v = Value(x)
    out, coefficient = v**n, 1.0
    for k in range(5):
        exact = coefficient * x ** (n - k) if k <= n else 0.0
        assert out.data == exact
        coefficient *= n - k
        out = gradients(out, v)


def test_a_tie_of_relu_and_its_mirror_gives_0_as_documented() -> None:
    x = Value(0.0)
    (autograd.relu(x) - autograd.relu(-x)).backward()
    assert x.grad == 0.0


def test_tanh_has_its_third_derivative_at_0() -> None:
    x = Value(0.0)
    dx = gradients(x.tanh(), x)
    assert gradients(gradients(dx, x), x).data == -2.0


@pytest.mark.parametrize(("f", "x"), [(ops.tanh, 20.0), (ops.sigmoid, 40.0), (ops.erf, 6.5)])
def test_a_derivative_does_not_vanish_where_its_function_rounds_to_1(f: Any, x: float) -> None:
    value, (partial,) = at(f, x)
    assert value == 1.0
    assert partial > 0.0


# Choices -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("condition", [True, False, np.bool_(True), np.bool_(False)], ids=repr)
def test_where_takes_the_branch_and_switches_the_other_off(condition: bool) -> None:
    a, b = Value(2.0), Value(3.0)
    out = autograd.where(condition, a, b)
    out.backward()
    assert (out.data, a.grad, b.grad) == ((2.0, 1.0, 0.0) if condition else (3.0, 0.0, 1.0))


def test_the_branch_not_taken_cannot_spoil_the_gradient() -> None:
    x = Value(0.0)
    autograd.where(x > 0.0, autograd.log(x), x * 2.0).backward()
    assert x.grad == 2.0


def test_where_runs_only_the_branch_that_it_takes() -> None:
    x = Value(3.0)
    out = autograd.where(x > 0.0, lambda: x * x, lambda: 1 / 0)
    assert (out.data, out.op) == (9.0, ops.mul)


def test_one_branch_may_be_a_function_and_the_other_a_number() -> None:
    assert autograd.where(False, lambda: 1 / 0, 3.0) == 3.0
    assert autograd.where(True, 2.0, lambda: 1 / 0) == 2.0


def test_where_of_plain_numbers_is_a_plain_number() -> None:
    assert type(autograd.where(True, 1, 2)) is float


@pytest.mark.parametrize("condition", [1, 0.0, None, "yes", Value(1.0)], ids=repr)
def test_a_condition_that_is_no_bool_is_refused(condition: Any) -> None:
    with pytest.raises(TypeError, match="condition must be a bool such as x > 0"):
        autograd.where(condition, 1.0, 2.0)


def test_a_condition_with_a_tilde_is_refused_with_the_reason() -> None:
    x = Value(1.0)
    with pytest.raises(TypeError, match=r"~True is -2.*write `not`"):
        autograd.where(-2, x, 2.0)  # what ~(x > 0) is


@pytest.mark.parametrize("taken", [True, False])
def test_both_branches_are_checked_whichever_is_taken(taken: bool) -> None:
    with pytest.raises(TypeError, match="str"):
        autograd.where(taken, Value(1.0), "2")  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="str"):
        autograd.where(taken, "2", Value(1.0))  # type: ignore[call-overload]


# Of many operands --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "expected"),
    [(autograd.sum, 0.0), (autograd.prod, 1.0), (autograd.norm, 0.0), (autograd.logsumexp, -INF)],
    ids=["sum", "prod", "norm", "logsumexp"],
)
def test_of_no_numbers_the_neutral_one_is_the_result(f: Any, expected: float) -> None:
    assert f([]) == expected


def test_of_no_numbers_there_is_no_mean() -> None:
    with pytest.raises(ValueError, match="empty"):
        autograd.mean([])


def test_of_no_numbers_the_dot_product_is_its_start() -> None:
    assert (autograd.dot([], []), autograd.dot([], [], start=5.0)) == (0.0, 5.0)


def test_the_dot_product_needs_lists_of_one_length() -> None:
    with pytest.raises(ValueError, match="one length, got 1 and 2"):
        autograd.dot([1.0], [Value(1.0), 2.0])


def as_given(number: float) -> float:
    return number


@pytest.mark.parametrize("start", [None, as_given, Value], ids=["none", "number", "Value"])
@pytest.mark.parametrize("ys", ["fff", "vvv", "vfi"])
@pytest.mark.parametrize("xs", ["fff", "vvv", "fvf"])
def test_what_dot_writes_out_by_hand_is_the_record_of_its_entry(
    xs: str, ys: str, start: Callable[[float], Any] | None
) -> None:
    make: dict[str, Callable[[float], Any]] = {"f": float, "v": Value, "i": int}
    left = [make[kind](number) for kind, number in zip(xs, (0.1, -2.0, 3.0), strict=True)]
    right = [make[kind](number) for kind, number in zip(ys, (7.0, 1e16, -5.0), strict=True)]
    ends = [] if start is None else [start(0.3)]
    fast, entry = autograd.dot(left, right, *ends), ops.dot_product([*left, *right, *ends])
    if isinstance(entry, float):
        assert fast == entry
    else:
        assert (fast.data, fast.op, fast.operands, fast.partials) == (
            entry.data,
            ops.dot_product,
            entry.operands,
            entry.partials,
        )
        assert [type(x) for x in fast.operands] == [type(x) for x in entry.operands]


def test_the_dot_product_is_one_node() -> None:
    w, b = [Value(1.0), Value(2.0)], Value(5.0)
    out = autograd.dot(w, [10.0, 100.0], start=b)
    assert (out.data, out.parents, out.partials) == (215.0, (*w, b), (10.0, 100.0, None, None, 1.0))


@pytest.mark.parametrize(
    "f", [autograd.sum, lambda xs: autograd.dot(xs, [1.0] * len(xs))], ids=["sum", "dot"]
)
def test_sums_run_from_left_to_right_without_compensation(f: Any) -> None:
    # Each 1 is rounded away before the next comes; a compensated sum would give 1e16 + 2.
    assert f([1e16, 1.0, 1.0]) == 1e16
    assert f([Value(1e16), 1.0, Value(1.0)]).data == 1e16


def test_operations_of_many_operands_take_any_iterable() -> None:
    assert autograd.sum(x for x in (1.0, 2.0)) == 3.0
    assert autograd.mean({1.0: "a", 3.0: "b"}) == 2.0
    assert autograd.norm(np.array([3.0, 4.0])) == 5.0


@pytest.mark.parametrize(
    "f",
    [autograd.mean, autograd.softmax, autograd.log_softmax],
    ids=["mean", "softmax", "log_softmax"],
)
def test_a_number_in_place_of_a_list_is_refused_by_name(f: Any) -> None:
    with pytest.raises(TypeError, match=f"{f.__name__}.*iterable"):
        f(Value(1.0))


def test_a_number_in_place_of_a_list_is_refused_by_dot() -> None:
    with pytest.raises(TypeError, match=r"dot.*iterable"):
        autograd.dot(Value(1.0), [2.0])  # type: ignore[call-overload]


@pytest.mark.parametrize("name", ["mean", "softmax", "log_softmax", "dot"])
@pytest.mark.parametrize(
    ("wrong", "said"),
    [("a", "got str 'a'"), (10**400, "too large for a float")],
    ids=["text", "int"],
)
def test_what_is_no_number_is_refused_in_the_name_of_the_function_called(
    name: str, wrong: Any, said: str
) -> None:
    operands = [[Value(1.0), wrong]] * (2 if name == "dot" else 1)
    with pytest.raises((TypeError, ValueError), match=f"^{name}: .*{said}"):
        getattr(autograd, name)(*operands)


def test_softmax_adds_up_to_1_and_its_logarithm_is_log_softmax() -> None:
    xs = [Value(1.0), 2.0, Value(-3.0)]
    probabilities = [p.data for p in autograd.softmax(xs)]
    assert sum(probabilities) == pytest.approx(1.0)
    logs = [p.data for p in autograd.log_softmax(xs)]
    assert logs == pytest.approx([math.log(p) for p in probabilities])


def test_softmax_has_its_jacobian() -> None:
    xs = [Value(1.0), Value(2.0), Value(-3.0)]
    ps = autograd.softmax(xs)
    for i, p in enumerate(ps):
        row = [dx.data for dx in gradients(p, xs)]
        exact = [p.data * ((i == j) - q.data) for j, q in enumerate(ps)]
        assert row == pytest.approx(exact, rel=1e-12, abs=1e-16)


def test_softmax_does_not_overflow() -> None:
    assert autograd.softmax([1000.0, 1000.0]) == [0.5, 0.5]
    assert autograd.log_softmax([0.0, -1000.0]) == [0.0, -1000.0]


@pytest.mark.parametrize("entry", [e for e in PUBLIC if not isinstance(e, Variadic)], ids=repr)
def test_a_function_of_plain_numbers_is_a_plain_float_function(entry: Op) -> None:
    ones = [1] * len(entry.rules)
    assert type(entry(*ones)) is float
    assert repr(entry(*ones)) == repr(called(entry, as_values(entry, [1.0] * len(ones))).data)
