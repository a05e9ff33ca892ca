"""The steps of the forward and the backward pass, as data and in words."""

from __future__ import annotations

from math import isnan

import pytest
from hypothesis import given

from autograd import Value, clip, dot, gradients, mean, relu, square, tanh
from autograd.core.graph import topological
from autograd.pictures.steps import Backward, Contribution, Forward, Operand, steps
from autograd.testing import Expression, expressions


def shared() -> tuple[Value, Value, Value]:
    """A leaf a, a node h that is used on two levels, and a result that comes of it."""
    a = Value(2.0, label="a")
    h = a + 1.0
    h.label = "h"
    return a, h, h + h * h


def same(x: float, y: float) -> bool:
    return x == y or (isnan(x) and isnan(y))


# The right order --------------------------------------------------------------------------------


def test_a_forward_step_is_a_node_with_its_operands() -> None:
    a = Value(2.0, label="a")
    assert steps(3.0 * a).forward == [
        Forward(0, (), 2.0),
        Forward(1, (Operand(None, "3", 3.0, None), Operand(0, "a", 2.0, 3.0)), 6.0),
    ]


def test_a_backward_step_sends_adjoint_times_partial_to_each_operand() -> None:
    a, b = Value(2.0, label="a"), Value(3.0, label="b")
    passes = steps(a * b + a)
    assert passes.names == ("a", "b", "v1", "out")
    assert passes.backward == [
        Backward(
            3,
            1.0,
            True,
            (
                Contribution(0, 2, 1.0, 1.0, before=0.0, after=1.0, late=False),
                Contribution(1, 0, 1.0, 1.0, before=0.0, after=1.0, late=False),
            ),
        ),
        Backward(
            2,
            1.0,
            True,
            (
                Contribution(0, 0, 3.0, 3.0, before=1.0, after=4.0, late=False),
                Contribution(1, 1, 2.0, 2.0, before=0.0, after=2.0, late=False),
            ),
        ),
        Backward(1, 2.0, True, ()),
        Backward(0, 4.0, True, ()),
    ]


def test_nothing_goes_to_constants_and_along_switched_off_edges() -> None:
    a = Value(-2.0, label="a")
    passes = steps(relu(a) * 3.0)
    assert [step.adjoint for step in passes.backward] == [1.0, 3.0, None]
    assert [len(step.contributions) for step in passes.backward] == [1, 0, 0]


@given(expressions(domain=False))
def test_the_sums_are_the_gradients_of_backward_bit_for_bit(f: Expression) -> None:
    xs = [Value(x) for x in f.point]
    out = f(*xs)
    passes = steps(out)
    out.backward()
    assert all(map(same, passes.sums, [node.grad for node in topological(out)]))
    assert passes.wrong == []


@given(expressions())
def test_each_contribution_is_the_adjoint_times_the_recorded_derivative(f: Expression) -> None:
    passes = steps(f(*map(Value, f.point)))
    sums = [0.0 for _ in passes.nodes[1:]] + [1.0]
    for step in passes.backward:
        assert step.adjoint is None or step.adjoint == sums[step.node]
        for sent in step.contributions:
            node = passes.nodes[step.node]
            assert node.operands[sent.position] is passes.nodes[sent.node]
            assert sent.partial == node.partials[sent.position]
            assert sent.product == sums[step.node] * sent.partial
            assert sent.before == sums[sent.node]
            sums[sent.node] = sent.after
            assert sent.after == sent.before + sent.product
    assert sums == passes.sums


def test_nobodys_grad_is_touched() -> None:
    a, h, out = shared()
    for node in (a, h, out):
        node.grad = 7.0
    steps(out, order="naive")
    assert (a.grad, h.grad, out.grad) == (7.0, 7.0, 7.0)


def test_a_deep_graph_is_walked_without_recursion() -> None:
    x = out = Value(1.0)
    for _ in range(20_000):
        out = out + 1.0
    assert steps(out).sums[0] == steps(out, order="naive").sums[0] == 1.0
    assert steps(out).nodes[0] is x


# The naive order --------------------------------------------------------------------------------


def test_in_the_naive_order_a_node_used_on_two_levels_passes_its_sum_on_too_early() -> None:
    _, _, out = shared()
    passes = steps(out, order="naive")
    visited = [passes.names[step.node] for step in passes.backward]
    assert visited == ["out", "h", "v1", "a"]
    early = passes.backward[1]
    assert (early.adjoint, early.complete) == (1.0, False)
    late = passes.backward[2].contributions
    assert [(sent.node, sent.product, sent.late) for sent in late] == [(1, 3.0, True)] * 2


def test_what_depends_on_it_ends_up_wrong_and_nothing_else() -> None:
    a, h, out = shared()
    out.backward()
    passes = steps(out, order="naive")
    assert [passes.names[i] for i in passes.wrong] == ["a"]
    assert (passes.sums[0], passes.right[0]) == (1.0, a.grad) == (1.0, 7.0)
    assert passes.sums[1] == h.grad


def test_the_naive_order_visits_every_node_once() -> None:
    _, _, out = shared()
    assert sorted(step.node for step in steps(out, order="naive").backward) == [0, 1, 2, 3]


def test_nothing_is_late_for_a_leaf_which_passes_nothing_on() -> None:
    a = Value(0.7, label="a")
    passes = steps(a * tanh(a), order="naive")
    assert [passes.names[step.node] for step in passes.backward] == ["out", "a", "v1"]
    assert [step.complete for step in passes.backward] == [True, False, True]
    assert not any(sent.late for step in passes.backward for sent in step.contributions)
    assert passes.wrong == []


def test_on_a_tree_the_naive_order_is_right() -> None:
    a, b = Value(2.0), Value(3.0)
    assert steps(tanh(a) * b, order="naive").wrong == []


def test_what_differs_by_rounding_alone_is_not_wrong() -> None:
    x = Value(1.0)
    inner = 0.1 * x
    out = inner + 0.2 * x + 0.3 * x
    passes = steps(out, order="naive")
    assert passes.sums != passes.right
    assert passes.wrong == []


@given(expressions())
def test_a_wrong_sum_comes_from_a_node_that_was_visited_too_early(f: Expression) -> None:
    passes = steps(f(*map(Value, f.point)), order="naive")
    if all(step.complete for step in passes.backward):
        assert passes.wrong == []
        assert passes.sums == pytest.approx(passes.right, rel=1e-9, abs=1e-9)


# Names and words --------------------------------------------------------------------------------


def test_names_are_labels_then_the_given_ones_then_numbered() -> None:
    a, v2 = Value(1.0, label="a"), Value(2.0, label="v2")
    unnamed = a * v2
    given = unnamed + 1.0
    names = {"g": given, "text": "no Value", "f": len}
    assert steps(tanh(given), names=names).names == ("a", "v2", "v1", "g", "out")


def test_no_two_nodes_get_the_same_number_as_a_label() -> None:
    a, out = Value(1.0, label="out"), Value(2.0, label="v1")
    assert steps(a * out).names == ("out", "v1", "v2")


@pytest.mark.parametrize(
    ("make", "formula"),
    [
        (lambda a, b: a - b, "out = a - b = 2 - (-3) = 5"),
        (lambda a, b: b**a, "out = b ** a = (-3) ** 2 = 9"),
        (lambda a, b: -b, "out = -b = -(-3) = 3"),
        (lambda a, b: square(b), "out = b² = (-3)² = 9"),
        (lambda a, b: relu(b), "out = relu(b) = relu(-3) = 0"),
        (lambda a, b: clip(a, 0.0, 1.5), "out = clip(a, 0, 1.5) = clip(2, 0, 1.5) = 1.5"),
        (lambda a, b: dot([a, b], [3.0, a], b), "out = a·3 + b·a + b = 2·3 + (-3)·2 + (-3) = -3"),
    ],
    ids=["infix", "power", "neg", "square", "relu", "clip", "dot"],
)
def test_a_forward_step_is_written_with_names_and_with_numbers(make, formula) -> None:  # type: ignore[no-untyped-def]
    passes = steps(make(Value(2.0, label="a"), Value(-3.0, label="b")))
    assert passes.formula(passes.forward[-1]) == formula


def test_the_numbers_are_left_out_where_they_are_no_longer_those_of_the_record() -> None:
    w, x = Value(2.0, label="w"), Value(0.5, label="x")
    out = w * x
    assert not steps(out).forward[-1].stale
    w.data = 9.0
    passes = steps(out)
    assert passes.forward[-1].stale
    assert passes.formula(passes.forward[-1]) == "out = w * x = 1"
    assert passes.names_that_can_change(passes.forward[-1]) == ["w", "x"]


def test_numbers_that_the_operation_would_refuse_are_no_longer_those_of_the_record() -> None:
    x = Value(2.0)
    out = x**0.5
    x.data = -1.0
    assert steps(out).forward[-1].stale


@given(expressions(domain=False))
def test_what_nobody_has_changed_is_never_called_changed(f: Expression) -> None:
    assert not any(step.stale for step in steps(f(*map(Value, f.point))).forward)


def test_derivatives_that_are_values_are_not_called_changed() -> None:
    x = Value(0.5)
    slope = gradients(mean([tanh(x), x**3, x]), x)
    assert not any(step.stale for step in steps(slope).forward)


def test_an_operation_of_many_operands_is_written_in_short() -> None:
    passes = steps(tanh(mean_of(20)))
    text = next(passes.formula(step) for step in passes.forward if len(step.operands) == 20)
    assert text.startswith("v21 = sum(v1, v2, v3, v4, …, v17, v18, v19, v20) = sum(0, 1, 2, 3, …")


def mean_of(n: int) -> Value:
    return mean([Value(float(i)) for i in range(n)])


def test_the_chain_rule_of_a_step_is_written_out_with_its_numbers() -> None:
    a = Value(-2.0, label="a")
    passes = steps(a * a * 3.0)
    step = passes.backward[1]
    assert [passes.chain_rule(step, sent) for sent in step.contributions] == [
        "∂out/∂v1 · ∂v1/∂a = 3 · (-2) = -6"
    ] * 2
    assert [passes.addition(sent) for sent in step.contributions] == [
        "∂out/∂a = 0 + (-6) = -6",
        "∂out/∂a = -6 + (-6) = -12",
    ]


# Errors -----------------------------------------------------------------------------------------


def test_what_is_no_value_is_refused() -> None:
    with pytest.raises(TypeError, match=r"expected a Value, .* got float 3.0, which has no record"):
        steps(3.0)  # type: ignore[arg-type]


def test_an_unknown_order_is_refused() -> None:
    with pytest.raises(ValueError, match="order must be 'topological' or 'naive', got str 'bfs'"):
        steps(Value(1.0), order="bfs")
