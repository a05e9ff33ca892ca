"""Clipping: gradients that are too long are shortened as PyTorch does it."""

from __future__ import annotations

import json
from math import hypot, inf, nan
from pathlib import Path
from typing import Any

import pytest

from autograd import Value
from nn.optimizers import clip_grad_norm, clip_grad_value

TORCH = json.loads((Path(__file__).parents[1] / "data/torch/clipping.json").read_text("utf-8"))
CLIPS: dict[str, Any] = {"clip_grad_norm": clip_grad_norm, "clip_grad_value": clip_grad_value}


def with_gradients(*gradients: float) -> list[Value]:
    parameters = [Value(0.0) for _ in gradients]
    for p, gradient in zip(parameters, gradients, strict=True):
        p.grad = gradient
    return parameters


def gradients(parameters: list[Value]) -> list[float]:
    return [p.grad for p in parameters]


@pytest.mark.parametrize(
    "case", TORCH["cases"], ids=lambda case: f"{case['clip']} {case['gradients']}"
)
def test_gradients_are_clipped_as_in_pytorch(case: dict[str, Any]) -> None:
    parameters = with_gradients(*case["before"])
    norm = CLIPS[case["clip"]](parameters, case["most"])
    assert norm == (case["norm"] and pytest.approx(case["norm"], rel=1e-12))
    for ours, theirs in zip(gradients(parameters), case["after"], strict=True):
        assert abs(ours - theirs) <= 1e-12 * abs(theirs)


@pytest.mark.parametrize("clip", CLIPS)
def test_every_way_of_clipping_is_held_against_pytorch(clip: str) -> None:
    assert clip in {case["clip"] for case in TORCH["cases"]}


def test_the_direction_stays() -> None:
    parameters = with_gradients(30.0, 40.0)
    clip_grad_norm(parameters, 1.0)
    x, y = gradients(parameters)
    assert hypot(x, y) == pytest.approx(1.0, rel=1e-6)
    assert y / x == pytest.approx(4.0 / 3.0)


def test_short_gradients_stay_to_the_last_bit() -> None:
    parameters = with_gradients(0.1, 0.2)
    clip_grad_norm(parameters, 1.0)
    assert gradients(parameters) == [0.1, 0.2]


def test_the_squares_of_gradients_may_be_too_large_for_a_float() -> None:
    parameters = with_gradients(3e200, 4e200)
    assert clip_grad_norm(parameters, 5.0) == pytest.approx(5e200)
    assert gradients(parameters) == pytest.approx([3.0, 4.0])


def test_a_norm_too_large_for_a_float_is_refused() -> None:
    parameters = with_gradients(1.5e308, 1.5e308)
    with pytest.raises(ValueError, match="longer than the largest float"):
        clip_grad_norm(parameters, 1.0)
    assert gradients(parameters) == [1.5e308, 1.5e308]


@pytest.mark.parametrize("bad", [nan, inf, -inf])
def test_the_first_gradient_that_is_not_finite_is_named(bad: float) -> None:
    parameters = with_gradients(3.0, bad, nan)
    with pytest.raises(ValueError, match=rf"parameter 1 has the gradient {bad}.* to see where"):
        clip_grad_norm(parameters, 1.0)
    assert parameters[0].grad == 3.0


def test_the_label_of_the_parameter_is_said() -> None:
    bias = Value(0.0, label="bias")
    bias.grad = nan
    with pytest.raises(ValueError, match="parameter 0, 'bias', has the gradient nan"):
        clip_grad_norm([bias], 1.0)


def test_infinite_gradients_are_clipped_by_value() -> None:
    parameters = with_gradients(inf, -inf, 0.5)
    clip_grad_value(parameters, 1.0)
    assert gradients(parameters) == [1.0, -1.0, 0.5]


def test_a_gradient_of_nan_cannot_be_clipped_by_value() -> None:
    parameters = with_gradients(3.0, nan)
    with pytest.raises(ValueError, match="parameter 1 has the gradient nan"):
        clip_grad_value(parameters, 1.0)
    assert parameters[0].grad == 3.0


@pytest.mark.parametrize("clip", CLIPS)
@pytest.mark.parametrize("most", [0.0, -1.0, nan, inf])
def test_a_limit_that_makes_no_sense_is_refused(clip: str, most: float) -> None:
    with pytest.raises(ValueError, match=f"most must be positive and finite, got {most}"):
        CLIPS[clip](with_gradients(1.0), most)


@pytest.mark.parametrize("clip", CLIPS)
def test_the_parameters_may_come_from_a_generator(clip: str) -> None:
    parameters = with_gradients(2.0, 0.0)
    CLIPS[clip]((p for p in parameters), 1.0)
    assert gradients(parameters) == pytest.approx([1.0, 0.0])
