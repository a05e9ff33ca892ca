"""Optimisers: their steps are PyTorch's to rounding, and what makes no sense is refused."""

from __future__ import annotations

import json
from math import inf, nan
from pathlib import Path
from typing import Any

import pytest

import nn.optim
import nn.optimizers
import nn.schedules
from autograd import Value, log, sqrt
from nn.optim import SGD, Adam, Optimizer
from nn.optimizers import Adagrad, AdamW, RMSProp, clip_grad_norm, clip_grad_value

OPTIMIZERS = {
    name: kind
    for module in (nn.optim, nn.optimizers)
    for name, kind in vars(module).items()
    if isinstance(kind, type) and issubclass(kind, Optimizer) and kind is not Optimizer
}
CLIPS: dict[str, Any] = {"clip_grad_norm": clip_grad_norm, "clip_grad_value": clip_grad_value}
TORCH = json.loads((Path(__file__).parents[1] / "data/torch/optimizers.json").read_text("utf-8"))


def described(case: dict[str, Any]) -> str:
    extras = [key for key in case if key in CLIPS or key == "schedule"]
    return " ".join([case["optimizer"], *map(str, case["settings"].items()), *extras])


def clipping(case: dict[str, Any]) -> Any:
    for name, clip in CLIPS.items():
        if name in case:
            return lambda parameters: clip(parameters, case[name])
    return None


def chain(x: list[Value]) -> Value:
    """The loss of tests/data/torch/make.py."""
    loss = Value(0.0)
    for i in range(len(x) - 1):
        loss = loss + 5.0 * (x[i + 1] - x[i] * x[i]) * (x[i + 1] - x[i] * x[i])
        loss = loss + (1.0 - x[i]) * (1.0 - x[i])
    return loss


def quadratic(x: Value) -> Value:
    return x * x


def make(kind: type[Optimizer], parameters: Any, **settings: Any) -> Any:
    return kind(parameters, **{"lr": 0.1, **settings})


# Beside PyTorch ---------------------------------------------------------------------------------


@pytest.mark.parametrize("case", TORCH["cases"], ids=described)
def test_every_parameter_is_where_pytorch_has_it_after_every_step(case: dict[str, Any]) -> None:
    x = [Value(number) for number in TORCH["start"]]
    optimizer: Any = OPTIMIZERS[case["optimizer"]](x, **case["settings"])
    clip = clipping(case)
    name, settings = case.get("schedule", ("constant", {"lr": optimizer.lr}))
    schedule = getattr(nn.schedules, name)(**settings)
    for t, theirs in enumerate(case["rows"]):
        optimizer.lr = schedule(t)
        optimizer.minimize(lambda: chain(x), clip=clip)
        for ours, number in zip(x, theirs, strict=True):
            assert abs(ours.data - number) <= 1e-12 * max(1.0, abs(number)), f"step {t}"


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimiser_is_held_against_pytorch(name: str) -> None:
    assert name in {case["optimizer"] for case in TORCH["cases"]}


@pytest.mark.parametrize("clip", [None, *CLIPS])
def test_training_with_and_without_clipping_is_held_against_pytorch(clip: str | None) -> None:
    assert any(clip in case if clip else not CLIPS.keys() & case for case in TORCH["cases"])


def test_all_trajectories_are_of_one_hundred_steps() -> None:
    assert {len(case["rows"]) for case in TORCH["cases"]} == {100}


# One step ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", OPTIMIZERS.values())
def test_every_optimiser_brings_a_loss_down(kind: type[Optimizer]) -> None:
    x, y = Value(1.0), Value(-2.0)
    optimizer = make(kind, [x, y])
    losses = [optimizer.minimize(lambda: x * x + 3.0 * y * y).data for _ in range(200)]
    assert losses[-1] < 0.1 * losses[0]


@pytest.mark.parametrize("kind", OPTIMIZERS.values())
def test_a_step_by_hand_is_the_step_of_minimize(kind: type[Optimizer]) -> None:
    by_hand, by_minimize = Value(1.0), Value(1.0)
    first, second = make(kind, [by_hand]), make(kind, [by_minimize])
    for _ in range(5):
        first.zero_grad()
        quadratic(by_hand).backward()
        first.step()
        second.minimize(lambda: quadratic(by_minimize))
    assert by_hand.data == by_minimize.data != 1.0


def test_minimize_gives_the_loss_before_the_step() -> None:
    x = Value(3.0)
    assert SGD([x], lr=0.1).minimize(lambda: quadratic(x)).data == 9.0
    assert x.data != 3.0


def test_minimize_forgets_the_gradients_of_before() -> None:
    x = Value(3.0)
    x.grad = 1000.0
    SGD([x], lr=0.5).minimize(lambda: quadratic(x))
    assert (x.data, x.grad) == (0.0, 6.0)


def test_minimize_clips_between_backward_and_the_step() -> None:
    x = Value(3.0)
    SGD([x], lr=0.5).minimize(lambda: quadratic(x), clip=lambda p: clip_grad_value(p, 1.0))
    assert (x.data, x.grad) == (2.5, 1.0)


def test_no_step_is_taken_when_clipping_refuses() -> None:
    x = Value(0.0)
    optimizer = SGD([x], lr=0.5)
    with pytest.raises(ValueError, match="gradient inf"):
        optimizer.minimize(lambda: x * 1e308 * 10.0, clip=lambda p: clip_grad_norm(p, 1.0))
    assert x.data == 0.0


def test_zero_grad_forgets_all_gradients() -> None:
    x, y = Value(1.0), Value(2.0)
    optimizer = SGD([x, y], lr=0.1)
    (x * y).backward()
    optimizer.zero_grad()
    assert (x.grad, y.grad) == (0.0, 0.0)


def test_parameters_that_the_loss_does_not_use_stay() -> None:
    x, unused = Value(1.0), Value(2.0)
    SGD([x, unused], lr=0.1, momentum=0.9).minimize(lambda: quadratic(x))
    assert unused.data == 2.0


def test_a_generator_of_parameters_is_kept_as_a_list() -> None:
    x, y = Value(1.0), Value(2.0)
    optimizer = SGD((p for p in (x, y)), lr=0.1)
    optimizer.minimize(lambda: x * y)
    optimizer.minimize(lambda: x * y)
    assert optimizer.parameters == [x, y]


def test_plain_sgd_recovers_when_numbers_are_put_back_after_they_overflowed() -> None:
    x = Value(1.0)
    optimizer = SGD([x], lr=0.25)
    x.grad = inf
    optimizer.step()
    assert x.data == -inf
    x.data = 1.0
    optimizer.minimize(lambda: quadratic(x))
    assert x.data == 0.5


def test_two_optimisers_may_share_parameters() -> None:
    x = Value(1.0)
    first, second = SGD([x], lr=0.1, momentum=0.9), SGD([x], lr=0.1, momentum=0.9)
    first.minimize(lambda: quadratic(x))
    assert [*second.velocities] == [0.0]


def test_the_variance_of_equal_gradients_is_not_negative() -> None:
    x = Value(0.0)
    optimizer = RMSProp([x], lr=1e-12, alpha=0.1, centered=True)
    for _ in range(50):  # by and by the mean of the squares is the square of the mean
        optimizer.minimize(lambda: 0.1 * x)
    assert x.data < 0.0


def test_the_weight_decay_of_adamw_shrinks_all_parameters_alike() -> None:
    small, large = Value(1.0), Value(100.0)
    optimizer = AdamW([small, large], lr=0.5, weight_decay=0.5)
    optimizer.step()
    assert (small.data, large.data) == (0.75, 75.0)


def test_the_weight_decay_of_adam_is_divided_by_its_size() -> None:
    small, large = Value(1.0), Value(100.0)
    optimizer = Adam([small, large], lr=0.5, weight_decay=0.5)
    optimizer.step()
    assert (round(small.data, 6), round(large.data, 6)) == (0.5, 99.5)


# The learning rate ------------------------------------------------------------------------------


def test_the_learning_rate_may_be_changed_between_steps() -> None:
    x = Value(1.0)
    optimizer = SGD([x], lr=0.1)
    optimizer.lr = 0.25
    optimizer.minimize(lambda: quadratic(x))
    assert x.data == 0.5


def test_with_the_learning_rate_0_at_the_end_of_a_schedule_everything_stays() -> None:
    x = Value(1.0)
    optimizer = SGD([x], lr=0.1)
    optimizer.lr = 0
    optimizer.minimize(lambda: quadratic(x))
    assert x.data == 1.0


@pytest.mark.parametrize("kind", OPTIMIZERS.values())
@pytest.mark.parametrize("lr", [0.0, -0.1, nan, inf])
def test_a_learning_rate_that_makes_no_sense_is_refused(kind: type[Optimizer], lr: float) -> None:
    with pytest.raises(ValueError, match=f"lr must be positive and finite, got {lr}"):
        make(kind, [Value(1.0)], lr=lr)


@pytest.mark.parametrize("lr", [-0.1, nan, inf])
def test_with_a_learning_rate_that_makes_no_sense_no_step_is_taken(lr: float) -> None:
    x = Value(1.0)
    optimizer = SGD([x], lr=0.1)
    optimizer.lr = lr
    with pytest.raises(ValueError, match=f"^SGD: lr must be at least 0 and finite, got {lr}"):
        optimizer.minimize(lambda: quadratic(x))
    assert x.data == 1.0


@pytest.mark.parametrize("kind", OPTIMIZERS.values())
def test_a_learning_rate_in_words_is_refused_by_the_optimiser_it_is_for(kind: Any) -> None:
    expected = rf"^{kind.__name__}: lr: expected a real number, got str '0\.1'"
    with pytest.raises(TypeError, match=expected):
        kind([Value(1.0)], lr="0.1")


# Settings ---------------------------------------------------------------------------------------

WRONG: list[tuple[type[Optimizer], dict[str, Any], str]] = [
    (SGD, {"momentum": 1.0}, "momentum must be at least 0 and below 1, got 1.0"),
    (SGD, {"momentum": -0.1}, "momentum must be at least 0 and below 1, got -0.1"),
    (SGD, {"weight_decay": -1}, "weight_decay must be at least 0 and finite, got -1.0"),
    (Adam, {"betas": (1.0, 0.9)}, r"betas must be at least 0 and below 1, got 1.0"),
    (Adam, {"betas": (0.9, -0.5)}, r"betas must be at least 0 and below 1, got -0.5"),
    (Adam, {"epsilon": 0.0}, "epsilon must be positive and finite, got 0.0"),
    (Adam, {"weight_decay": nan}, "weight_decay must be at least 0 and finite, got nan"),
    (AdamW, {"betas": (0.9, 1.5)}, r"betas must be at least 0 and below 1, got 1.5"),
    (AdamW, {"epsilon": -1e-8}, "epsilon must be positive and finite, got -1e-08"),
    (AdamW, {"weight_decay": -0.1}, "weight_decay must be at least 0 and finite, got -0.1"),
    (Adagrad, {"epsilon": 0.0}, "epsilon must be positive and finite, got 0.0"),
    (Adagrad, {"weight_decay": -1.0}, "weight_decay must be at least 0 and finite, got -1.0"),
    (RMSProp, {"alpha": 1.0}, "alpha must be at least 0 and below 1, got 1.0"),
    (RMSProp, {"momentum": 1.0}, "momentum must be at least 0 and below 1, got 1.0"),
    (RMSProp, {"epsilon": 0.0}, "epsilon must be positive and finite, got 0.0"),
    (RMSProp, {"weight_decay": inf}, "weight_decay must be at least 0 and finite, got inf"),
]


@pytest.mark.parametrize(
    ("kind", "settings", "message"), WRONG, ids=[f"{k.__name__} {s}" for k, s, _ in WRONG]
)
def test_a_setting_that_makes_no_sense_is_refused(
    kind: type[Optimizer], settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=f"^{kind.__name__}: {message}"):
        make(kind, [Value(1.0)], **settings)


# Parameters -------------------------------------------------------------------------------------


def test_no_parameters_are_refused() -> None:
    with pytest.raises(ValueError, match="the list of them is empty"):
        SGD([], lr=0.1)


def test_a_parameter_that_is_a_result_is_named() -> None:
    x = Value(1.0)
    with pytest.raises(ValueError, match="parameter 1 is the result of mul: only a leaf"):
        SGD([x, x * 2.0], lr=0.1)


def test_a_parameter_given_twice_is_named() -> None:
    x, y = Value(1.0), Value(1.0, label="w")
    with pytest.raises(ValueError, match="parameter 2, 'w', stands in the list twice"):
        SGD([x, y, y], lr=0.1)


def test_parameters_with_equal_numbers_are_different_parameters() -> None:
    SGD([Value(1.0), Value(1.0)], lr=0.1)


# Losses -----------------------------------------------------------------------------------------


def test_after_an_error_in_the_loss_the_parameters_are_as_before() -> None:
    x = Value(1.0)
    with pytest.raises(ZeroDivisionError):
        SGD([x], lr=0.1).minimize(lambda: x * (1 / 0))
    assert x.data == 1.0


# Nothing half-written ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", OPTIMIZERS.values())
def test_a_loss_that_is_nan_is_an_error_that_says_why_and_changes_nothing(kind: Any) -> None:
    x = Value(1.0)
    optimizer = make(kind, [x])
    expected = r"^minimize: the loss is nan, for log\(-1\.0\) is nan\. No parameter is changed$"
    with pytest.raises(ArithmeticError, match=expected):
        optimizer.minimize(lambda: log(x - 2.0))
    assert x.data == 1.0


@pytest.mark.parametrize("kind", OPTIMIZERS.values())
def test_a_gradient_that_is_inf_is_an_error_that_names_the_parameter(kind: Any) -> None:
    x, y = Value(1.0), Value(0.0, label="y")
    optimizer = make(kind, [x, y])
    expected = r"the gradient of parameter 1, 'y', is inf, for the derivative of sqrt\(y=0\.0\)"
    with pytest.raises(ArithmeticError, match=expected):
        optimizer.minimize(lambda: x + sqrt(y))
    assert (x.data, y.data) == (1.0, 0.0)


def test_a_step_beyond_all_floats_is_an_error_that_names_the_parameter() -> None:
    x, y = Value(1.0), Value(2.0)
    optimizer = SGD([x, y], lr=1e200)
    with pytest.raises(ArithmeticError, match="the step makes parameter 1 -inf"):
        optimizer.minimize(lambda: x + 1e150 * y)


def test_after_such_an_error_training_can_go_on() -> None:
    x = Value(1.0)
    optimizer = SGD([x], lr=0.25)
    with pytest.raises(ArithmeticError):
        optimizer.minimize(lambda: log(x - 2.0))
    optimizer.minimize(lambda: quadratic(x))
    assert x.data == 0.5


def test_a_clip_may_mend_a_gradient_that_is_inf() -> None:
    x = Value(0.0)
    SGD([x], lr=0.5).minimize(lambda: sqrt(x), clip=lambda p: clip_grad_value(p, 1.0))
    assert x.data == -0.5


def test_numbers_whose_sum_is_beyond_all_floats_are_no_error() -> None:
    x, y = Value(1.5e308), Value(1.5e308)
    SGD([x, y], lr=1.0).minimize(lambda: 0.0 * x + 0.0 * y)
    assert (x.data, y.data) == (1.5e308, 1.5e308)


def test_an_optimiser_of_ones_own_says_in_step_what_it_does() -> None:
    class ByTheSign(Optimizer):
        def step(self) -> None:
            for p in self.parameters:
                p.data -= self.lr if p.grad > 0.0 else -self.lr

    x = Value(1.0)
    ByTheSign([x], lr=0.25).minimize(lambda: quadratic(x))
    assert x.data == 0.75


def test_an_optimiser_without_step_says_so() -> None:
    with pytest.raises(NotImplementedError, match="Optimizer must say in step"):
        Optimizer([Value(1.0)], lr=0.1).step()


def test_nesterov_without_momentum_is_refused() -> None:
    with pytest.raises(ValueError, match="nesterov needs a momentum"):
        SGD([Value(1.0)], lr=0.1, nesterov=True)
