"""The gradient checker: right derivatives pass, wrong ones are found, and named."""

import math
from collections import namedtuple
from random import Random

import numpy as np
import pytest

from autograd import (
    Op,
    Value,
    abs,
    cbrt,
    div,
    dot,
    exp,
    floor,
    hypot,
    log,
    logsumexp,
    maximum,
    no_grad,
    op,
    relu,
    sigmoid,
    sign,
    sin,
    softmax,
    sqrt,
    sum,
    tanh,
)
from autograd.check import gradcheck
from autograd.check.checker import MOST_CHECKS
from autograd.core import ops
from autograd.core.operation import Variadic
from autograd.core.ops import SHIFTS

TABLE = sorted(
    {entry for entry in vars(ops).values() if isinstance(entry, Op)}, key=lambda entry: entry.name
)
SOUND = [entry for entry in TABLE if entry not in SHIFTS]


def within(interval, rng):
    """A number well inside an interval of a domain."""
    low, high = interval
    if math.isinf(low):
        return rng.choice([-1.0, 1.0]) * 10.0 ** rng.uniform(-1.0, 0.7)
    return low + 10.0 ** rng.uniform(-1.0, 0.7) if math.isinf(high) else rng.uniform(low, high)


def operands(entry, seed=""):
    """Operands of an operation, and the positions of those that have a derivative."""
    rng = Random(entry.name + seed)
    if isinstance(entry, Variadic):
        return [within(entry.domain[0], rng) for _ in range(4)], range(4)
    xs = [within(interval, rng) for interval in entry.domain]
    static = [rule is None for rule in entry.rules]
    xs = [float(round(x)) if still else x for x, still in zip(xs, static, strict=True)]
    return xs, [i for i, still in enumerate(static) if not still]


def applied(entry):
    return lambda *xs: entry.apply(xs)


# What is right passes -----------------------------------------------------------------------------


@pytest.mark.parametrize("entry", SOUND, ids=lambda entry: entry.name)
@pytest.mark.parametrize("seed", ["a", "b", "c"])
def test_every_operation_passes_at_orders_1_and_2(entry, seed):
    xs, argnums = operands(entry, seed)
    report = gradcheck(applied(entry), *xs, order=2, argnums=argnums)
    assert report, report
    assert {found.order for found in report.entries} == {1, 2}


@pytest.mark.parametrize("entry", SHIFTS, ids=lambda entry: entry.name)
def test_a_shift_that_leaves_out_its_derivative_fails_alone(entry):
    assert not gradcheck(applied(entry), *operands(entry)[0])


def test_where_the_shifts_cancel_the_whole_passes():
    xs = [1.0, 2.0, -0.5]
    assert gradcheck(logsumexp, xs, order=2)
    assert gradcheck(softmax, xs, order=2)


SCALES = {
    "1e10 x": (lambda x: 1e10 * x, 1.0),
    "1e-10 x": (lambda x: x * 1e-10, 1.0),
    "exp 50 x": (lambda x: exp(50.0 * x), 1.0),
    "exp -50 x": (lambda x: exp(-50.0 * x), 1.0),
    "sin 1e8 x at 0": (lambda x: sin(1e8 * x), 0.0),
    "sin 1e8 x": (lambda x: sin(1e8 * x), 1e-8),
    "tanh 1e6 x": (lambda x: tanh(1e6 * x), 1e-7),
    "log at 1e-8": (log, 1e-8),
    "log at 1e8": (log, 1e8),
    "log at 1e-20": (log, 1e-20),
    "log at 1e300": (log, 1e300),
    "sqrt at 1e-8": (sqrt, 1e-8),
    "sin at 1e8": (sin, 1e8),
    "square at 1e-8": (lambda x: x * x, 1e-8),
    "square at 1e8": (lambda x: x * x, 1e8),
    "1 + x at 1e-8": (lambda x: 1.0 + x, 1e-8),
    "1 / x at 1e-8": (lambda x: div(1.0, x), 1e-8),
    "relu at 1e-12": (relu, 1e-12),
    "relu at -1e-5": (lambda x: relu(x - 1e-5), 0.0),
    "acos at 1 - 1e-8": (ops.acos, 1.0 - 1e-8),
}


@pytest.mark.parametrize("name", SCALES)
@pytest.mark.parametrize("order", [1, 2])
def test_no_scale_raises_a_false_alarm(name, order):
    f, x = SCALES[name]
    report = gradcheck(f, x, order=order)
    assert report, report
    assert report.entries[0].verdict == "ok"


def test_numbers_at_the_end_of_the_range_raise_neither_errors_nor_false_alarms():
    assert gradcheck(lambda x: x * 2.0, 1e-200, order=2)
    assert gradcheck(lambda x: x * 2.0, 5e-324)
    assert gradcheck(lambda x: x * 0.5, 1e308)
    assert gradcheck(sigmoid, -732.8635371421692)  # its derivative is subnormal
    assert gradcheck(ops.gelu, 30.05350475878435, order=2)


def test_a_derivative_that_cancels_to_rounding_raises_no_false_alarm():
    assert gradcheck(lambda x: ops.atan2(x / x, -1.7), -7.416407864998739, order=2)
    assert gradcheck(lambda x: (1e6 * x) * x - 1e6 * (x * x), 1.1, order=2)


def test_the_first_estimate_is_far_better_than_its_bar():
    report = gradcheck(lambda x, y: x * sin(y), 2.0, 3.0)
    assert all(found.error < 1e-11 for found in report.entries)


def test_the_remainder_shrinks_as_a_square_and_with_second_derivatives_as_a_cube():
    f = lambda v: exp(v[0] * v[1]) / v[2]  # noqa: E731
    assert gradcheck(f, [0.3, 0.7, 2.0]).slope == pytest.approx(2.0, abs=0.02)
    assert gradcheck(f, [0.3, 0.7, 2.0], order=2).slope == pytest.approx(3.0, abs=0.05)


def test_of_a_linear_function_nothing_remains():
    assert gradcheck(lambda x, y: 2.0 * x + y, 1.0, 2.0).slope is None


def test_every_structure_of_numbers_may_be_an_argument():
    point = namedtuple("point", "x y")(1.0, 2.0)
    args = ({"w": [1, 2], "b": 0.5}, point, np.arange(1.0, 5.0).reshape(2, 2), 3)
    report = gradcheck(lambda p, q, a, n: p["w"][1] * q.x + (a * a).sum() * n + p["b"] * q.y, *args)
    assert report
    assert [found.path for found in report.entries] == [
        *("argument 0['w'][0]", "argument 0['w'][1]", "argument 0['b']"),
        *("argument 1.x", "argument 1.y"),
        *("argument 2[0][0]", "argument 2[0][1]", "argument 2[1][0]", "argument 2[1][1]"),
        "argument 3",
    ]


def test_of_several_results_each_is_checked():
    report = gradcheck(lambda x: {"a": x[0] * x[1], "b": sin(x[0])}, [1.0, 2.0], order=2)
    assert report
    assert len(report.entries) == 2 * 2 + 2 * 4
    assert report.entries[1].path == "result['a'] by argument 0[1]"
    assert report.entries[-1].path == "result['b'] by argument 0[1], then argument 0[1]"


def test_arguments_that_are_not_chosen_stay_as_they_are():
    assert gradcheck(lambda x, n: sum([x**i for i in range(n)]), 2.0, 4, argnums=0)


def test_within_no_grad_the_check_is_the_same():
    with no_grad():
        assert gradcheck(sin, 1.0).entries[0].recorded == math.cos(1.0)


def test_nobodys_grad_is_touched():
    weight, x = Value(3.0), Value(2.0)
    weight.grad = x.grad = 7.0
    assert gradcheck(lambda x: weight * x * x, x, order=2)
    assert (weight.grad, x.grad) == (7.0, 7.0)


def test_an_argument_that_does_not_matter_is_named():
    report = gradcheck(lambda x, y: x * 2.0, 1.0, 2.0)
    assert report
    assert "The result does not depend on argument 1." in report.notes


def test_a_constant_function_passes():
    assert gradcheck(lambda x: 3.0, 1.0)
    assert gradcheck(lambda x: 0.0 * x, 1.0)


# What is wrong is found ---------------------------------------------------------------------------


def planted(entry, i, change):
    """The operation with a mistake in its derivative by operand i."""
    if isinstance(entry, Variadic):
        (rule,) = entry.rules
        rules = (lambda *a: [change(p) if k == i else p for k, p in enumerate(rule(*a))],)
    else:
        wrong = entry.rules[i]
        rules = list(entry.rules)
        rules[i] = lambda *a: change(wrong(*a))
    return type(entry)(entry.forward, tuple(rules), entry.symbol, entry.domain, entry.kinks)


@pytest.mark.parametrize("factor", [-1.0, 2.0, 0.0, 1.0001])
@pytest.mark.parametrize("entry", SOUND, ids=lambda entry: entry.name)
def test_a_mistake_planted_in_any_derivative_is_found_and_named(entry, factor):
    xs, argnums = operands(entry)
    partials = entry.apply(
        tuple(Value(x) if i in argnums else x for i, x in enumerate(xs))
    ).partials
    for i in argnums:
        if partials[i]:
            wrong = planted(entry, i, lambda p: None if p is None else factor * p)
            report = gradcheck(lambda *a: wrong.apply(a) * 0.5 + a[-1] * 0.3, *xs, argnums=argnums)  # noqa: B023
            assert not report
            assert [fault.op for fault in report.faults] == [wrong]


def test_a_wrong_sign_is_called_that():
    @op(lambda x, out: sin(x))
    def cosine(x):
        return math.cos(x)

    report = gradcheck(lambda p: p["w"][1] * cosine(p["w"][0]), {"w": [1.0, 3.0]})
    assert repr(report).startswith("gradcheck: 1 of 2 derivatives is wrong\n")
    assert [found.path for found in report.failures] == ["argument 0['w'][0]"]
    assert report.failures[0].note == "the sign"
    assert str(report.faults[0]) == (
        "The operation cosine has a wrong rule: the derivative of cosine(1) by x is recorded as "
        "0.8414709848, finite differences give -0.8414709848: the sign."
    )


def test_a_factor_is_called_that():
    @op(lambda x, out: x)
    def squared(x):
        return x * x

    assert gradcheck(squared, 3.0).failures[0].note == "the right one / 2"


def test_swapped_operands_are_called_that():
    @op(lambda x, y, out: x, lambda x, y, out: y)
    def times(x, y):
        return x * y

    report = gradcheck(lambda x, y: times(x, y) + x, 2.0, 3.0)
    assert "The rules of times for x and y are exchanged." in report.notes


def test_a_dropped_term_is_found():
    @op(lambda x, out: sigmoid(x))
    def swish(x):
        return x / (1.0 + math.exp(-x))

    report = gradcheck(lambda x: swish(x) * swish(x), 1.0)
    assert not report
    assert [fault.op for fault in report.faults] == [swish]


def test_a_rule_that_is_right_at_first_order_only_is_found_at_second():
    @op(lambda x, out: math.cos(x if isinstance(x, float) else x.data))
    def sine(x):
        return math.sin(x)

    assert gradcheck(sine, 1.0)
    report = gradcheck(lambda x: sine(x) * x, 1.0, order=2)
    assert not report
    assert [found.order for found in report.failures] == [2]
    assert (report.faults[0].op, report.faults[0].entry.order) == (sine, 2)


def test_an_operation_that_only_a_rule_uses_is_found_too():
    @op(lambda x, out: sin(x))
    def derivative(x):
        return math.cos(x)

    @op(lambda x, out: derivative(x))
    def sine(x):
        return math.sin(x)

    report = gradcheck(lambda x: sine(x) * x, 1.0, order=2)
    assert [fault.op for fault in report.faults] == [derivative]


def test_each_set_of_operands_is_checked_once_and_the_work_is_bounded():
    calls = []

    @op(lambda x, out: 2.0)
    def step(x):
        calls.append(x)
        return x + 1.0

    def f(x, n):
        for _ in range(n):
            x = step(x)
        return x * 0.0 + 1.0

    report = gradcheck(lambda x: f(x, MOST_CHECKS + 5) + abs(x.data), 1.0)
    assert not report
    assert f"The search ended after {MOST_CHECKS} operations." in report.notes


def test_a_detached_path_is_found():
    report = gradcheck(lambda x: x * sin(x.detach()), 1.0)
    assert not report
    assert "the record must leave out a way" in repr(report)
    assert "The record does not lead from argument 0" in repr(gradcheck(lambda x: +x.detach(), 1.0))


def test_a_function_that_gives_up_its_record_is_told_so():
    report = gradcheck(lambda x: math.sin(x.data), 1.0)
    assert not report
    assert "The result of f is a plain float" in repr(report)


def test_a_derivative_too_small_to_be_seen_is_judged_by_its_operations():
    report = gradcheck(lambda x: x * 1e-9 + 1e5, 1.0)
    assert report
    assert report.entries[0].verdict == "unseen"

    @op(lambda x, out: 1.0)
    def twice(x):
        return 2.0 * x

    report = gradcheck(lambda x: twice(x) * 1e-10 + 1e5, 1.0)
    assert not report
    assert [fault.op for fault in report.faults] == [twice]


def test_a_derivative_that_is_not_a_number_fails():
    report = gradcheck(lambda x, y: cbrt(x * y), 0.0, 0.0)
    assert not report
    assert report.failures[0].note.startswith("not a number")


def test_a_function_with_partial_derivatives_that_is_not_differentiable_fails():
    def f(x, y):  # 0 on both axes, and along every other line a slope that no gradient gives
        return x * x * y / (x * x + y * y) if x != 0.0 and y != 0.0 else x * y

    report = gradcheck(f, 0.0, 0.0)
    assert not report
    assert "f is not differentiable here" in report.objections[0]


def test_a_function_that_is_not_deterministic_is_told_so():
    rng = Random(0)
    report = gradcheck(lambda x: x * rng.random(), 1.0)
    assert not report
    assert "f is not deterministic" in repr(report)


@pytest.mark.parametrize(("f", "x"), [(log, -1.0), (log, 0.0), (exp, 1e6)])
def test_where_the_function_is_not_finite_nothing_is_claimed(f, x):
    report = gradcheck(f, x)
    assert not report
    assert report.entries == []
    assert repr(report).startswith("gradcheck: nothing could be compared\nf is ")


# Kinks and edges ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "args", "says"),
    [
        (relu, [0.0], "left derivative 0, right derivative 1, recorded 0 (a sub-gradient)"),
        (abs, [0.0], "left derivative -1, right derivative 1, recorded 0 (a sub-gradient)"),
        (maximum, [1.0, 1.0], "left derivative 0, right derivative 1, recorded 0.5"),
        (lambda x: relu(x) - relu(-x) + abs(x), [0.0], "left derivative 0, right derivative 2"),
        (sign, [0.0], "a jump"),
        (floor, [2.0], "a jump"),
    ],
)
def test_a_kink_is_stated_and_no_failure(f, args, says):
    report = gradcheck(f, *args)
    assert report
    assert len(report.kinks) == len(args)
    assert says in repr(report)
    assert "agree" not in repr(report)


def test_a_derivative_outside_the_sub_gradients_fails_at_a_kink():
    @op(lambda x, out: 1.5)
    def ramp(x):
        return max(x, 0.0)

    report = gradcheck(ramp, 0.0)
    assert not report
    assert "a kink: left derivative 0, right derivative 1, recorded 1.5" in repr(report)


def test_a_kink_off_the_axes_is_stated():
    report = gradcheck(lambda x, y: x * y / hypot(x, y) if x * y != 0.0 else x * y, 0.0, 0.0)
    assert report
    assert "f has a kink here, along some directions" in repr(report)


def test_a_kink_close_by_is_not_one_here():
    assert gradcheck(lambda x: relu(x + 1e-7) * x, 0.0).kinks == []
    assert gradcheck(lambda x: relu(x + 1e-7) * x, 0.0)


@pytest.mark.parametrize("f", [sqrt, lambda x: x**1.5], ids=["sqrt", "power"])
def test_the_edge_of_a_domain_is_checked_from_inside(f):
    report = gradcheck(f, 0.0)
    assert report
    assert report.entries[0].verdict == "edge"


def test_an_infinite_derivative_is_seen():
    assert gradcheck(cbrt, 0.0).entries[0].numeric == math.inf


def test_a_fine_staircase_is_stated():
    assert "staircase" in repr(gradcheck(lambda x: (1e10 + x) - 1e10, 1.0))
    assert gradcheck(floor, 1e8 + 0.5)


# Gradients by hand --------------------------------------------------------------------------------


def test_a_right_gradient_by_hand_passes():
    report = gradcheck(
        lambda x, y: x * sin(y), 2.0, 3.0, against=(math.sin(3.0), 2 * math.cos(3.0))
    )
    assert report
    assert repr(report).startswith("gradcheck: 2 derivatives by hand of order 1 agree to ")


def test_each_wrong_entry_by_hand_is_named():
    report = gradcheck(
        lambda x: x[0] ** 2 + x[1] ** 3, [2.0, 3.0], against=lambda x: [4.0, x[1] ** 2]
    )
    (failure,) = report.failures
    assert failure.path == "argument 0[1]"
    assert (failure.by_hand, failure.recorded, failure.note) == (9.0, 27.0, "the right one / 3")


def test_a_relative_error_of_a_millionth_by_hand_is_found():
    assert not gradcheck(lambda x: x * x, 3.0, against=6.000006)


def test_exchanged_entries_by_hand_are_called_that():
    report = gradcheck(lambda x: x[0] * x[1], [2.0, 3.0], against=[2.0, 3.0])
    assert report.notes == ["[0] and [1] of argument 0 are exchanged."]


def test_a_transposed_matrix_by_hand_is_called_that():
    c = np.array([[1.0, 2.0], [3.0, 4.0]])
    report = gradcheck(lambda w: (w * c).sum(), np.ones((2, 2)), against=c.T)
    assert report.notes == ["The matrix for argument 0 is transposed."]


def test_a_common_factor_by_hand_is_called_that():
    report = gradcheck(lambda xs: dot(xs, xs), [1.0, 2.0, 3.0], against=lambda xs: xs)
    assert report.notes == [
        "All of argument 0 that are wrong are 0.5 times the right ones: a factor."
    ]


def test_a_wrong_operation_is_told_even_if_the_hand_agrees_with_it():
    @op(lambda x, out: x)
    def squared(x):
        return x * x

    report = gradcheck(squared, 3.0, against=3.0)
    assert not report
    assert "disagrees with finite differences" in report.failures[0].note
    assert [fault.op for fault in report.faults] == [squared]


def test_a_gradient_by_hand_of_another_structure_is_refused_with_both():
    report = gradcheck(lambda p: p["w"] * 2.0, {"w": 1.0}, against={"v": 2.0})
    assert not report
    assert "they must have the same structure" in report.objections[0]


def test_a_gradient_by_hand_of_the_transposed_shape_is_called_that():
    report = gradcheck(
        lambda m: m[0][0] * m[1][2], [[1.0] * 3, [2.0] * 3], against=[[0.0] * 2 for _ in range(3)]
    )
    assert not report
    assert "has shape (3, 2), the argument has (2, 3). It is transposed." in repr(report)


def test_a_gradient_by_hand_may_stand_in_a_tuple_of_its_own():
    assert gradcheck(lambda x: x * x, 3.0, against=(6.0,))


def test_another_choice_at_a_kink_by_hand_is_no_match_and_called_that():
    report = gradcheck(abs, 0.0, against=1.0)
    assert report.failures[0].note.startswith("another choice at a kink")


# The derivations of well-known tutorials ----------------------------------------------------------

X = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 1.0]])
Y = np.array([0.0, 1.0, 1.0, 0.0])
W = np.array([[0.3], [-0.6], [0.2]])


def logistic(z):
    return 1.0 / (1.0 + np.exp(-z))


def unit_loss(w):
    return sum([(sigmoid(z) - y) ** 2 / 2.0 for z, y in zip((X @ w)[:, 0], Y, strict=True)])


def test_a_logistic_unit_without_the_derivative_of_its_sigmoid_fails_in_every_entry():
    report = gradcheck(unit_loss, W, against=lambda w: X.T @ (logistic(X @ w) - Y[:, None]))
    paths = [found.path for found in report.failures]
    assert paths == ["argument 0[0][0]", "argument 0[1][0]", "argument 0[2][0]"]
    assert "have the right sign, and are 2.21 to 4.87 times the right ones" in repr(report)
    assert "a factor that differs from case to case may be missing" in report.notes[0]


def test_labels_that_broadcast_give_a_gradient_of_another_shape_which_is_told():
    report = gradcheck(unit_loss, W, against=lambda w: X.T @ (logistic(X @ w) - Y))
    assert not report
    assert "for argument 0 has shape (3, 4), the argument has (3, 1)." in repr(report)
    assert "broadcasts" in repr(report)


def test_the_mended_logistic_unit_passes():
    def by_hand(w):
        a = logistic(X @ w)
        return X.T @ ((a - Y[:, None]) * a * (1.0 - a))

    assert gradcheck(unit_loss, W, against=by_hand)


rng = np.random.default_rng(0)
NETWORK = {
    "W1": rng.normal(size=(3, 2)),
    "b1": np.zeros(2),
    "W2": rng.normal(size=(2, 1)),
    "b2": np.zeros(1),
}


def network_loss(p):
    terms = []
    for x, y in zip(X, Y, strict=True):
        hidden = [sigmoid(z) for z in x @ p["W1"] + p["b1"]]
        out = sigmoid(dot(hidden, p["W2"][:, 0]) + p["b2"][0])
        terms.append((y - out) ** 2)
    return sum(terms) / (2.0 * len(X))


def by_hand(p, derivative_at):
    """The tutorial's two-layer backward pass; its output delta is x(1 - x) of some x."""
    a1 = logistic(X @ p["W1"] + p["b1"])
    z2 = a1 @ p["W2"] + p["b2"]
    a2 = logistic(z2)
    x = derivative_at(z2, a2)
    delta2 = (a2 - Y[:, None]) * x * (1.0 - x) / len(X)
    delta1 = delta2 @ p["W2"].T * a1 * (1.0 - a1)
    return {
        "W1": X.T @ delta1,
        "b1": delta1.sum(axis=0),
        "W2": a1.T @ delta2,
        "b2": delta2.sum(axis=0),
    }


def test_the_derivative_taken_of_the_pre_activation_fails_in_every_entry():
    report = gradcheck(network_loss, NETWORK, against=lambda p: by_hand(p, lambda z, a: z))
    assert len(report.failures) == len(report.entries) == 6 + 2 + 2 + 1
    worst = {found.path: found for found in report.failures}["argument 0['W2'][1][0]"]
    assert worst.recorded == pytest.approx(worst.numeric, rel=1e-9)
    assert worst.by_hand != pytest.approx(worst.recorded, rel=0.1)


def test_the_derivative_taken_of_the_activation_passes():
    assert gradcheck(network_loss, NETWORK, against=lambda p: by_hand(p, lambda z, a: a))


# How to call it -----------------------------------------------------------------------------------


WRONG_CALLS = {
    "give f its arguments": lambda: gradcheck(sin),
    "expected a function, got float 3.0": lambda: gradcheck(3.0, 1.0),
    "argument 0: expected a number": lambda: gradcheck(sin, "text"),
    "order must be 1 or 2, got int 3": lambda: gradcheck(sin, 1.0, order=3),
    "called with 1 positional arguments": lambda: gradcheck(sin, 1.0, argnums=1),
    "argnums names an argument twice": lambda: gradcheck(sin, 1.0, argnums=[0, -1]),
    "or a tuple of positions; got float": lambda: gradcheck(sin, 1.0, argnums=0.0),
    "no number in the arguments": lambda: gradcheck(lambda x: 1.0, []),
    "f returned no number": lambda: gradcheck(lambda x: [], 1.0),
    "the result of f": lambda: gradcheck(lambda x: None, 1.0),
    "leave out order=2": lambda: gradcheck(sin, 1.0, order=2, against=1.0),
    "f must return one number": lambda: gradcheck(lambda x: [x, x], 1.0, against=1.0),
    "a tuple of 2 parts": lambda: gradcheck(lambda x, y: x, 1.0, 2.0, against=1.0),
}


@pytest.mark.parametrize("says", WRONG_CALLS)
def test_a_wrong_call_is_refused_with_advice(says):
    with pytest.raises((TypeError, ValueError), match="gradcheck") as caught:
        WRONG_CALLS[says]()
    assert says in str(caught.value)


@pytest.mark.parametrize("x", [math.nan, math.inf, -math.inf])
def test_at_an_argument_that_is_not_finite_nothing_can_be_compared(x):
    report = gradcheck(tanh, x)
    assert repr(report).splitlines()[0] == "gradcheck: nothing could be compared"
    assert report.objections[0] == f"argument 0 is {x}: no difference can be taken there."


def test_the_sentences_of_a_report_are_broken_into_lines_of_readable_width():
    report = gradcheck(lambda x: x * math.sin(x.data), 1.0)
    assert max(map(len, report.notes)) > 100
    assert max(map(len, repr(report).splitlines())) <= 100


def test_a_long_table_is_cut():
    report = gradcheck(lambda xs: dot(xs, xs), [1.0] * 30, against=lambda xs: xs)
    assert "... and 18 more, see .entries" in repr(report)
