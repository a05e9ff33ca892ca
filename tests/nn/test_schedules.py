"""Schedules: their learning rates are PyTorch's to rounding, and they end where they say."""

from __future__ import annotations

import json
import pickle
from math import inf, nan
from pathlib import Path
from typing import Any

import pytest

import nn.schedules
from autograd import Value
from nn.optim import SGD
from nn.schedules import Schedule, constant, cosine, exponential, linear, step, warm_up

SCHEDULES: dict[str, Any] = {
    name: kind
    for name, kind in vars(nn.schedules).items()
    if isinstance(kind, type) and issubclass(kind, Schedule) and kind is not Schedule
}
TORCH = json.loads((Path(__file__).parents[1] / "data/torch/schedules.json").read_text("utf-8"))


def made(name: str, settings: dict[str, Any]) -> Any:
    if "then" in settings:
        settings = {**settings, "then": made(*settings["then"])}
    return SCHEDULES[name](**settings)


# Beside PyTorch ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "case", TORCH["cases"], ids=lambda case: f"{case['schedule']} {case['settings']}"
)
def test_the_learning_rate_is_that_of_pytorch_at_every_step(case: dict[str, Any]) -> None:
    schedule = made(case["schedule"], case["settings"])
    assert len(case["rates"]) == 100
    for t, theirs in enumerate(case["rates"]):
        assert abs(schedule(t) - theirs) <= 1e-12 * max(1.0, theirs), f"step {t}"


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_is_held_against_pytorch(name: str) -> None:
    assert name in {case["schedule"] for case in TORCH["cases"]}


# The shape --------------------------------------------------------------------------------------


def test_the_schedule_of_a_step_is_constant_between_steps() -> None:
    schedule = step(1.0, every=10, factor=0.5)
    assert [schedule(t) for t in (0, 9, 10, 19, 20)] == [1.0, 1.0, 0.5, 0.5, 0.25]


@pytest.mark.parametrize("kind", [cosine, linear])
def test_a_schedule_with_an_end_starts_and_ends_exactly_and_stays_there(kind: Any) -> None:
    schedule = kind(0.1, 7, end=0.01)
    assert schedule(0) == 0.1
    assert [schedule(t) for t in (7, 8, 1000)] == [0.01, 0.01, 0.01]


@pytest.mark.parametrize("kind", [cosine, linear])
def test_a_schedule_with_an_end_goes_down_all_the_way(kind: Any) -> None:
    schedule = kind(0.1, 50)
    rates = [schedule(t) for t in range(51)]
    assert rates == sorted(set(rates), reverse=True)


def test_an_end_may_be_above_the_beginning() -> None:
    assert [linear(1.0, 2, end=3.0)(t) for t in range(3)] == [1.0, 2.0, 3.0]


def test_warming_up_ends_where_the_other_schedule_begins() -> None:
    schedule = warm_up(4, then=linear(1.0, 2), start=0.5)
    assert [schedule(t) for t in range(8)] == [0.5, 0.625, 0.75, 0.875, 1.0, 0.5, 0.0, 0.0]


def test_what_follows_a_warm_up_may_be_any_function() -> None:
    schedule = warm_up(2, then=lambda t: 1.0 / (1 + t))
    assert [schedule(t) for t in range(4)] == [0.0, 0.5, 1.0, 0.5]


def test_a_schedule_sets_the_learning_rate_of_an_optimiser_to_its_very_end() -> None:
    x = Value(1.0)
    optimizer, schedule = SGD([x], lr=0.1), cosine(0.1, 3)
    rates = []
    for t in range(5):
        optimizer.lr = schedule(t)
        optimizer.minimize(lambda: x * x)
        rates.append(optimizer.lr)
    assert rates == pytest.approx([0.1, 0.075, 0.025, 0.0, 0.0])
    assert optimizer.lr == 0.0


# What it looks like -----------------------------------------------------------------------------


def test_a_schedule_prints_as_the_call_that_makes_it() -> None:
    schedule = warm_up(10, then=cosine(0.1, 90))
    assert repr(schedule) == (
        "warm_up(steps=10, then=cosine(lr=0.1, steps=90, end=0.0), start=0.0)"
    )
    assert eval(repr(schedule), vars(nn.schedules)) == schedule


def test_a_schedule_can_be_pickled() -> None:
    schedule = warm_up(10, then=step(0.1, 30))
    assert pickle.loads(pickle.dumps(schedule)) == schedule


def test_a_learning_rate_given_as_an_int_is_a_float() -> None:
    assert repr(constant(1)(0)) == "1.0"


# What makes no sense ----------------------------------------------------------------------------

WRONG: list[tuple[Any, tuple[Any, ...], str]] = [
    (constant, (0.0,), "constant: lr must be positive and finite, got 0.0"),
    (step, (-0.1, 10), "step: lr must be positive and finite, got -0.1"),
    (step, (0.1, 0), "step: every must be a whole number from 1 on, got int 0"),
    (step, (0.1, 2.5), "step: every must be a whole number from 1 on, got float 2.5"),
    (step, (0.1, 10, 0.0), "step: factor must be positive and finite, got 0.0"),
    (exponential, (0.1, -0.9), "exponential: factor must be positive and finite, got -0.9"),
    (exponential, (inf, 0.9), "exponential: lr must be positive and finite, got inf"),
    (cosine, (nan, 10), "cosine: lr must be positive and finite, got nan"),
    (cosine, (0.1, True), "cosine: steps must be a whole number from 1 on, got bool True"),
    (cosine, (0.1, 10, -0.1), "cosine: end must be at least 0 and finite, got -0.1"),
    (linear, (0.1, -5), "linear: steps must be a whole number from 1 on, got int -5"),
    (linear, (0.1, 10, nan), "linear: end must be at least 0 and finite, got nan"),
    (warm_up, (0, constant(0.1)), "warm_up: steps must be a whole number from 1 on, got int 0"),
    (warm_up, (5, constant(0.1), -1.0), "warm_up: start must be at least 0 and finite, got -1.0"),
]


@pytest.mark.parametrize(("kind", "arguments", "message"), WRONG, ids=[m for _, _, m in WRONG])
def test_a_number_that_makes_no_sense_is_refused(
    kind: Any, arguments: tuple[Any, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        kind(*arguments)


@pytest.mark.parametrize("growing", [exponential(1.0, 2.0), step(1.0, 1, factor=2.0)], ids=repr)
def test_a_rate_too_large_for_a_float_is_infinite_and_refused_by_the_optimiser(
    growing: Schedule,
) -> None:
    assert growing(5000) == inf
    x = Value(1.0)
    optimizer = SGD([x], lr=0.1)
    optimizer.lr = growing(5000)
    with pytest.raises(ValueError, match="lr must be at least 0 and finite, got inf"):
        optimizer.minimize(lambda: x * x)


def test_a_schedule_of_ones_own_says_in_call_what_it_gives() -> None:
    with pytest.raises(NotImplementedError, match="must say in __call__ what lr step t has"):
        Schedule()(0)
