"""Dropout: what is dropped, what becomes of the rest, and where gradients go."""

from __future__ import annotations

from math import inf, isnan, nan
from typing import Any

import pytest

from autograd import Value, gradcheck, sum as total
from nn import Layer, Sequential
from nn.blocks import Dropout

ONES = [1.0] * 10_000


# What it gives ------------------------------------------------------------------------------------


def test_in_use_it_gives_the_row_itself() -> None:
    row = [Value(1.0), Value(2.0)]
    assert Dropout(0.5).eval()(row) is row


def test_in_training_a_number_is_dropped_or_divided_by_one_minus_p() -> None:
    assert set(Dropout(0.75, rng=0)(ONES)) == {0.0, 4.0}


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_about_p_of_the_numbers_are_dropped(p: float) -> None:
    # The standard deviation of the share is at most 0.005.
    assert Dropout(p, rng=0)(ONES).count(0.0) / len(ONES) == pytest.approx(p, abs=0.02)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_the_numbers_stay_the_same_on_the_average(p: float) -> None:
    # The standard deviation of the mean is sqrt(p / (1 - p)) / 100.
    spread = (p / (1.0 - p)) ** 0.5 / 100.0
    assert sum(Dropout(p, rng=0)(ONES)) / len(ONES) == pytest.approx(1.0, abs=4.0 * spread)


def test_with_p_0_everything_stays() -> None:
    assert Dropout(0.0, rng=0)(ONES) == ONES


def test_a_seed_fixes_what_is_dropped() -> None:
    assert Dropout(0.5, rng=7)(ONES) == Dropout(0.5, rng=7)(ONES)
    assert Dropout(0.5, rng=7)(ONES) != Dropout(0.5, rng=8)(ONES)


def test_every_call_draws_anew() -> None:
    dropout = Dropout(0.5, rng=7)
    assert dropout(ONES) != dropout(ONES)


def test_each_row_of_a_batch_is_drawn_for_by_itself() -> None:
    one, other = Dropout(0.5, rng=7).batch([ONES, ONES])
    assert one != other


def test_in_a_sequence_of_rows_each_number_is_dropped_by_itself() -> None:
    assert Dropout(0.5, rng=0)([[1.0, 2.0], [3.0, 4.0]]) == [[2.0, 4.0], [0.0, 0.0]]


def test_of_a_single_number_it_makes_a_single_number() -> None:
    dropout = Dropout(0.5, rng=0)
    assert [dropout(3.0) for _ in range(4)] == [6.0, 6.0, 0.0, 0.0]


def test_plain_numbers_stay_plain_and_values_stay_values() -> None:
    assert {type(y) for y in Dropout(0.5, rng=0)([1.0] * 4)} == {float}
    assert {type(y) for y in Dropout(0.5, rng=0)([Value(1.0) for _ in range(4)])} == {Value}


# Gradients ----------------------------------------------------------------------------------------


def test_nothing_flows_back_to_what_was_dropped_and_more_to_what_was_not() -> None:
    xs = [Value(1.0), Value(2.0), Value(3.0), Value(4.0)]
    total(Dropout(0.5, rng=0)(xs)).backward()
    assert [x.grad for x in xs] == [2.0, 2.0, 0.0, 0.0]


def test_an_infinite_number_that_was_dropped_leaves_no_nan() -> None:
    xs = [Value(1.0), Value(2.0), Value(inf), Value(nan)]
    out = total(Dropout(0.5, rng=0)(xs))
    out.backward()
    assert out.data == 6.0
    assert not any(isnan(x.grad) for x in xs)


def test_a_loss_of_dropped_numbers_alone_can_go_backward() -> None:
    layer = Layer(1, 2, rng=0)
    total(Dropout(1.0 - 1e-9, rng=0)(layer([1.0]))).backward()
    assert [p.grad for p in layer.parameters()] == [0.0] * 4


def test_its_gradients_are_right() -> None:
    assert gradcheck(lambda xs: Dropout(0.5, rng=0)(xs), [1.0, -2.0, 3.0, 4.0])


# Errors -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("p", [1.0, -0.1, nan])
def test_p_must_be_at_least_0_and_below_1(p: float) -> None:
    with pytest.raises(ValueError, match=f"Dropout: p must be at least 0 and below 1, got {p}"):
        Dropout(p)


# As a module --------------------------------------------------------------------------------------


def test_train_and_eval_reach_it_in_a_chain() -> None:
    model = Sequential(Layer(2, 3, rng=0), Dropout(0.5, rng=0), Layer(3, 1, rng=1))
    model.eval()
    assert model([1.0, 2.0]).data == model([1.0, 2.0]).data
    model.train()
    assert len({model([1.0, 2.0]).data for _ in range(20)}) > 1


def test_it_prints_as_it_is_written() -> None:
    assert repr(Dropout(0.25, rng=3)) == "Dropout(0.25)"


def test_it_has_nothing_to_be_learnt_and_a_line_in_the_summary() -> None:
    assert repr(Sequential(Layer(2, 3), Dropout(0.5)).summary()).splitlines() == [
        "layer     kind     shape   parameters",
        "layers.0  Layer    2 -> 3           9",
        "layers.1  Dropout                   0",
        "total                               9",
    ]
    assert Dropout(0.5).state_dict() == {}


@pytest.mark.parametrize("wrong", [None, "text", [1.0, "text"]], ids=["None", "text", "within"])
def test_what_is_no_number_cannot_be_dropped(wrong: Any) -> None:
    with pytest.raises(
        TypeError,
        match=r"Dropout\(0.5\) takes numbers and lists of them: expected a real number, got",
    ):
        Dropout(0.5, rng=0)(wrong)
