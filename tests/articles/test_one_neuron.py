"""One neuron with relu, as a Keras model of one dense unit: it learns y = 2 x, or nothing at all.

The weight begins anywhere within sqrt(3) of 0 (Glorot) and the bias at 0; the loss is the mean
squared error of all four points, and plain gradient descent takes 1000 steps of 0.01.
"""

from __future__ import annotations

from math import sqrt

import pytest

from autograd import Value, gradcheck, relu, sigmoid
from nn import Neuron
from nn.losses import mse
from nn.optim import SGD

X = [1.0, 2.0, 3.0, 4.0]
Y = [2.0, 4.0, 6.0, 8.0]

ALIVE, DEAD = 0, 1  # a seed with a positive weight, one with a negative weight


def neuron(seed: int) -> Neuron:
    return Neuron(1, "relu", rng=seed)


def loss(model: Neuron) -> Value:
    return mse(model.batch(X), Y)


def trained(model: Neuron, steps: int = 1000) -> Neuron:
    optimizer = SGD(model.parameters(), lr=0.01)
    for _ in range(steps):
        optimizer.minimize(lambda: loss(model))
    return model


def gradients(model: Neuron) -> dict[str, float]:
    """The gradient of the loss for each parameter, under its name."""
    model.zero_grad()
    loss(model).backward()
    return {name: parameter.grad for name, parameter in model.named_parameters()}


# Alive -------------------------------------------------------------------------------------------


def test_the_weight_begins_within_sqrt_3_and_the_bias_at_0() -> None:
    weights = [neuron(seed).w[0].data for seed in range(200)]
    assert -sqrt(3.0) <= min(weights) < -1.7 < 1.7 < max(weights) <= sqrt(3.0)
    assert neuron(ALIVE).b.data == 0.0


def test_the_gradient_for_each_parameter_is_there_to_be_printed() -> None:
    model = neuron(ALIVE)
    errors = [model(x).data - y for x, y in zip(X, Y, strict=True)]
    by_hand = {
        "w.0": sum(2.0 * e * x for e, x in zip(errors, X, strict=True)) / 4.0,
        "b": sum(2.0 * e for e in errors) / 4.0,
    }
    assert gradients(model) == pytest.approx(by_hand, rel=1e-12)
    assert gradients(model) == pytest.approx({"w.0": -12.1, "b": -4.03}, rel=1e-2)


def test_after_1000_steps_it_has_learnt_to_double() -> None:
    model = trained(neuron(ALIVE))
    assert model.w[0].data == pytest.approx(2.0, abs=0.005)
    assert model.b.data == pytest.approx(0.0, abs=0.015)
    assert loss(model).data < 3e-5
    assert model(10.0).data == pytest.approx(20.0, abs=0.04)


def test_the_gradients_after_the_training_are_nearly_0() -> None:
    assert all(abs(grad) < 0.004 for grad in gradients(trained(neuron(ALIVE))).values())


def test_every_seed_with_a_positive_weight_learns() -> None:
    for model in map(neuron, range(20)):
        if model.w[0].data > 0.0:
            assert trained(model).w[0].data == pytest.approx(2.0, abs=0.01)


# Dead --------------------------------------------------------------------------------------------


def test_with_a_negative_weight_it_answers_0_to_all_four_points() -> None:
    assert [out.data for out in neuron(DEAD).batch(X)] == [0.0, 0.0, 0.0, 0.0]


def test_with_a_negative_weight_its_gradients_are_exactly_0() -> None:
    assert gradients(neuron(DEAD)) == {"w.0": 0.0, "b": 0.0}


def test_with_a_negative_weight_a_thousand_steps_change_nothing() -> None:
    model = neuron(DEAD)
    before = model.state_dict()
    assert trained(model).state_dict() == before


def test_the_gradient_check_agrees_that_the_slope_of_a_dead_neuron_is_0() -> None:
    report = gradcheck(
        lambda w, b: mse([relu(w * x + b) for x in X], Y), neuron(DEAD).w[0].data, 0.0
    )
    assert report, report
    assert [entry.recorded for entry in report.entries] == [0.0, 0.0]


def test_half_of_all_seeds_are_dead_and_they_are_those_with_a_negative_weight() -> None:
    models = [neuron(seed) for seed in range(200)]
    dead = [model for model in models if gradients(model) == {"w.0": 0.0, "b": 0.0}]
    assert dead == [model for model in models if model.w[0].data < 0.0]
    assert len(dead) == 106


def test_leaky_relu_learns_from_the_same_negative_weight() -> None:
    model = trained(Neuron(1, "leaky_relu", rng=DEAD), steps=2000)
    assert model.w[0].data == pytest.approx(2.0, abs=0.01)


# The worked formula ------------------------------------------------------------------------------
#
#     input max(0, x),   y = sigmoid(w max(0, x) + b),   L = 1/2 (y_true - y)^2


def test_the_derivative_of_the_loss_by_the_output_is_y_minus_y_true() -> None:
    assert gradcheck(lambda y: 0.5 * (1.0 - y) ** 2, 0.3, against=lambda y: -(1.0 - y))


@pytest.mark.parametrize("x", [1.5, -1.5])
def test_the_chain_rule_carries_it_back_to_input_weight_and_bias(x: float) -> None:
    def half_squared_error(x: Value, w: Value, b: Value) -> Value:
        return 0.5 * (1.0 - sigmoid(w * relu(x) + b)) ** 2

    def by_hand(x: float, w: float, b: float) -> tuple[float, float, float]:
        shown = max(0.0, x)
        y = sigmoid(w * shown + b)
        dz = -(1.0 - y) * y * (1.0 - y)
        return (dz * w if x > 0.0 else 0.0), dz * shown, dz

    report = gradcheck(half_squared_error, x, 0.8, -0.4, against=by_hand)
    assert report, report
    assert not report.kinks
