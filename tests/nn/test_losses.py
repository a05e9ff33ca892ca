"""Losses: their formulas, their gradients, extreme logits, and what does not fit together."""

from __future__ import annotations

import math
from typing import Any

import mpmath
import numpy as np
import pytest

import autograd
import nn as losses
from autograd import Value, grad, gradcheck

REGRESSION = [losses.mse, losses.half_mse, losses.mae, losses.huber]
BINARY = [
    losses.hinge,
    losses.binary_cross_entropy,
    losses.binary_cross_entropy_from_logits,
]


def name(loss: Any) -> str:
    return str(loss.__name__)


# Formulas -----------------------------------------------------------------------------------------

FORMULAS = {
    losses.mse: lambda e: e * e,
    losses.half_mse: lambda e: e * e / 2,
    losses.mae: abs,
    losses.huber: lambda e: e * e / 2 if abs(e) <= 1.0 else abs(e) - 0.5,
}


@pytest.mark.parametrize("loss", REGRESSION, ids=name)
def test_a_loss_over_a_batch_is_the_mean_over_its_examples(loss: Any) -> None:
    y, t = [0.5, 3.0, -2.0, 1.0], [1.0, 1.0, 1.0, 1.0]
    each = [FORMULAS[loss](a - b) for a, b in zip(y, t, strict=True)]
    assert loss(y, t) == pytest.approx(math.fsum(each) / 4, rel=1e-15)
    assert [loss(a, b) for a, b in zip(y, t, strict=True)] == each


def test_rows_of_several_outputs_count_number_by_number() -> None:
    y, t = [[1.0, 2.0], [3.0, 4.0]], [[0.0, 0.0], [0.0, 0.0]]
    assert losses.mse(y, t) == 7.5
    assert losses.mae(y, t) == 2.5


def test_half_mse_divides_by_examples_alone() -> None:
    assert losses.half_mse([[1.0, 2.0], [3.0, 4.0]], [[0.0, 0.0], [0.0, 0.0]]) == 30.0 / 4.0


def test_huber_joins_its_two_parts_at_delta() -> None:
    assert losses.huber(2.0, 0.0, delta=2.0) == 2.0
    assert losses.huber(3.0, 0.0, delta=2.0) == 4.0


def test_hinge_asks_for_a_margin_of_one() -> None:
    assert [losses.hinge(z, 1) for z in (2.0, 1.0, 0.5, -1.0)] == [0.0, 0.0, 0.5, 2.0]
    assert losses.hinge(-1.0, -1) == 0.0


@pytest.mark.parametrize("label", [0, 1, 0.25])
@pytest.mark.parametrize("z", [-3.0, 0.0, 0.7])
def test_cross_entropy_of_logits_is_that_of_their_sigmoids(z: float, label: float) -> None:
    from_logits = losses.binary_cross_entropy_from_logits(z, label)
    p = autograd.sigmoid(z)
    assert from_logits == pytest.approx(losses.binary_cross_entropy(p, label), rel=1e-14)
    assert from_logits == pytest.approx(
        losses.cross_entropy([0.0, z], [1 - label, label]), rel=1e-14
    )


def test_labels_and_one_hot_rows_mean_the_same() -> None:
    logits = [[1.0, 2.0, -1.0], [0.0, 0.0, 3.0]]
    assert losses.cross_entropy(logits, [1, 2]) == losses.cross_entropy(
        logits, [[0, 1, 0], [0, 0, 1]]
    )


def test_the_cross_entropy_of_one_example_is_that_of_a_batch_of_it() -> None:
    row = [1.0, 2.0, -1.0]
    assert losses.cross_entropy(row, 1) == losses.cross_entropy([row], [1])
    assert losses.cross_entropy(row, [0, 1, 0]) == losses.cross_entropy([row], [[0, 1, 0]])


# Extremes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("label", [0, 1])
@pytest.mark.parametrize("z", [-1000.0, -40.0, 0.0, 40.0, 1000.0])
def test_extreme_logits_are_accurate_to_the_last_digits(z: float, label: int) -> None:
    logit = Value(z)
    loss = losses.binary_cross_entropy_from_logits(logit, label)
    loss.backward()
    with mpmath.workdps(600):
        sign = 1 - 2 * label
        exact = mpmath.log1p(mpmath.exp(sign * mpmath.mpf(z)))
        slope = sign / (1 + mpmath.exp(-sign * mpmath.mpf(z)))
        assert loss.data == pytest.approx(float(exact), rel=1e-15, abs=0.0)
        assert logit.grad == pytest.approx(float(slope), rel=1e-15, abs=0.0)


@pytest.mark.parametrize("gap", [0.0, 40.0, 1000.0, -1000.0])
def test_a_class_far_ahead_or_behind_costs_what_it_should(gap: float) -> None:
    row = [Value(0.0), Value(gap), Value(0.0)]
    loss = losses.cross_entropy(row, 1)
    loss.backward()
    with mpmath.workdps(600):
        exact = mpmath.log1p(2 * mpmath.exp(-mpmath.mpf(gap)))
        assert loss.data == pytest.approx(float(exact), rel=4e-16, abs=0.0)
    assert all(math.isfinite(x.grad) for x in row)


def test_a_certain_answer_costs_nothing_if_right_and_everything_if_wrong() -> None:
    assert losses.binary_cross_entropy([1.0, 0.0], [1, 0]) == 0.0
    assert losses.binary_cross_entropy(0.0, 1) == math.inf


# Gradients ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", REGRESSION, ids=name)
def test_gradients_of_regression_losses_agree_with_finite_differences(loss: Any) -> None:
    assert gradcheck(lambda y: loss(y, [1.0, 0.0, -1.0]), [0.3, 2.5, -0.4])


@pytest.mark.parametrize("loss", BINARY, ids=name)
def test_gradients_of_losses_of_two_classes_agree_with_finite_differences(loss: Any) -> None:
    assert gradcheck(lambda y: loss(y, [1, 1, 1]), [0.3, 0.9, 0.4])


def test_gradients_of_cross_entropy_agree_with_finite_differences() -> None:
    assert gradcheck(lambda z: losses.cross_entropy(z, 2), [0.3, -0.5, 1.5])
    assert gradcheck(lambda z: losses.cross_entropy(z, [0.2, 0.5, 0.3]), [0.3, -0.5, 1.5])


def test_penalties_and_their_gradients() -> None:
    ps = [Value(3.0), Value(-4.0), Value(0.0)]
    losses.l2(ps, 0.5).backward()
    assert [p.grad for p in ps] == [3.0, -4.0, 0.0]
    for p in ps:
        p.grad = 0.0
    losses.l1(ps, 0.5).backward()
    assert [p.grad for p in ps] == [0.5, -0.5, 0.0]


# What does not fit together -----------------------------------------------------------------------


@pytest.mark.parametrize("loss", REGRESSION, ids=name)
@pytest.mark.parametrize(
    ("y", "t", "message"),
    [
        ([1.0, 2.0], [1.0], "got a list of 2 and for it a list of 1"),
        ([], [], "got a list of 0 and for it a list of 0"),
        ([[1.0], [2.0]], [1.0, 2.0], "got a list of 1 and for it float 1.0"),
        (1.0, [1.0], "got float 1.0 and for it a list of 1"),
    ],
    ids=["lengths", "empty", "rows", "number"],
)
def test_nothing_is_stretched_to_fit(loss: Any, y: Any, t: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"{loss.__name__}: each prediction needs .*; {message}"):
        loss(y, t)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: losses.hinge(1.0, 0), r"hinge: labels are -1 and 1, .* 2 \* label - 1; got 0"),
        (lambda: losses.binary_cross_entropy(1.5, 1), "from 0 to 1, got 1.5; if .* logit"),
        (lambda: losses.binary_cross_entropy(0.5, 2), "a label is from 0 to 1, got int 2"),
        (
            lambda: losses.cross_entropy([0.0, 0.0], 2),
            "for 2 logits a label is a whole number from 0 to 1, .* got 2",
        ),
        (lambda: losses.cross_entropy([0.0, 0.0], 0.5), "whole number from 0 to 1, .* got 0.5"),
        (lambda: losses.cross_entropy([[0.0, 0.0]], [0, 1]), "got 1 predictions and 2 targets"),
        (lambda: losses.cross_entropy([0.0, 0.0], [1, 0, 0]), r"for 2 logits .* got \[1, 0, 0\]"),
        (lambda: losses.cross_entropy([], []), "got 0 predictions and 0 targets"),
        (lambda: losses.cross_entropy([0.0], 1), "for 1 logit .* from 0 to 0, .* got 1"),
        (lambda: losses.cross_entropy([[0.0, 0.0]], [None]), "for 2 logits .* got None"),
        (lambda: losses.huber(1.0, 1.0, delta=0.0), "huber: delta must be positive .*, got 0.0"),
    ],
    ids=range(11),
)
def test_wrong_labels_are_named_with_their_numbers(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_targets_may_be_arrays() -> None:
    ys = [Value(1.0), Value(3.0)]
    assert losses.mse(ys, np.array([0.0, 1.0])).data == 2.5
    assert losses.mse([ys], np.array([[0.0, 1.0]])).data == 2.5
    assert (
        losses.cross_entropy([ys, ys], np.array([0, 1])).data
        == losses.cross_entropy([ys, ys], [0, 1]).data
    )


def test_arrays_of_predictions_are_batches_too() -> None:
    array = np.array([1.0, 4.0])
    assert losses.half_mse(array, np.array([1.0, 2.0])) == 1.0  # type: ignore[arg-type]


@pytest.mark.parametrize("logits", [[1e308, -1e308], [0.0, -math.inf]], ids=["huge", "ruled out"])
def test_a_class_without_probability_costs_nothing_however_unlikely(logits: list[float]) -> None:
    assert losses.cross_entropy(logits, [1, 0]) == losses.cross_entropy(logits, 0) == 0.0


def test_single_logits_are_no_classes_and_labels_no_probabilities() -> None:
    with pytest.raises(
        ValueError, match=r"add up to 1; .* one output has binary_cross_entropy_from"
    ):
        losses.cross_entropy([Value(0.5), Value(0.7), Value(0.1)], [0, 1, 1])


@pytest.mark.parametrize("wrong", [None, "text", (x for x in [1.0])], ids=["None", "text", "lazy"])
def test_what_is_neither_a_number_nor_a_list_is_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"mse: each prediction needs a target .*; got"):
        losses.mse(wrong, [1.0])


@pytest.mark.parametrize(
    ("logits", "labels", "wrong"),
    [
        (0.0, 1, "float 0.0"),
        (None, [1], "None"),
        ([[0.0, 1.0]], 1, "int 1"),
    ],
    ids=["number", "None", "one label"],
)
def test_logits_are_rows_and_labels_a_list(logits: Any, labels: Any, wrong: str) -> None:
    with pytest.raises(TypeError, match=f"cross_entropy: expected .*, got {wrong}"):
        losses.cross_entropy(logits, labels)


@pytest.mark.parametrize("penalty", [losses.l1, losses.l2])
def test_a_penalty_is_no_reward(penalty: Any) -> None:
    expected = rf"^{penalty.__name__}: strength must be at least 0 and finite, got -1\.0"
    with pytest.raises(ValueError, match=expected):
        penalty([Value(1.0)], -1.0)


@pytest.mark.parametrize("penalty", [losses.l1, losses.l2])
def test_the_strength_of_a_penalty_is_a_number(penalty: Any) -> None:
    expected = rf"^{penalty.__name__}: strength: expected a real number, got str 'a'"
    with pytest.raises(TypeError, match=expected):
        penalty([Value(1.0)], "a")


def test_penalties_take_plain_numbers_too() -> None:
    assert (losses.l1([3.0, -4.0], 0.1), losses.l2([3.0, -4.0], 0.1)) == (0.7000000000000001, 2.5)
    assert grad(lambda w: losses.l2(w, 0.1))([1.0, 2.0]) == [0.2, 0.4]
