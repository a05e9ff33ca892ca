"""A sigmoid unit as it is written in NumPy, then layers of them: the same numbers by a record.

    z = x w,   a = sigmoid(z),   error = y - a,   w += lr * x^T (error * a * (1 - a))

No loss is to be seen in these lines. The record finds it: the step goes down half the sum of the
squared errors, and the plus is right because the error is y - a, not a - y.
"""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pytest

from autograd import Value, dot, gradcheck, sigmoid, sum as total
from nn import MLP, binary_cross_entropy, half_mse
from nn.optim import SGD

Array = np.ndarray[Any, Any]

# The unit's examples: the answer is the first input; the third is 1 and takes the place of a bias.
X = np.array([[0.0, 0.0, 1.0], [1.0, 1.0, 1.0], [1.0, 0.0, 1.0], [0.0, 1.0, 1.0]])
Y = np.array([[0.0], [1.0], [1.0], [0.0]])
START = [[-0.2], [0.4], [-1.0]]


def activation(z: Array) -> Array:
    return 1.0 / (1.0 + np.exp(-z))


def slope(a: Array) -> Array:
    """The derivative of the sigmoid, told from its result."""
    return a * (1.0 - a)


# One unit ----------------------------------------------------------------------------------------


def change(w: Array) -> Array:
    """What the rule adds to the weights, for a learning rate of 1."""
    a = activation(X @ w)
    return X.T @ ((Y - a) * slope(a))


def half_the_squared_errors(w: Array) -> Value:
    return ((Y - activation(X @ w)) ** 2).sum() / 2.0


def test_the_rule_is_the_gradient_of_half_the_squared_errors_with_its_sign_turned() -> None:
    assert gradcheck(half_the_squared_errors, np.array(START), against=lambda w: -change(w))


def test_the_rule_taken_for_the_gradient_itself_is_found_to_have_the_wrong_sign() -> None:
    report = gradcheck(half_the_squared_errors, np.array(START), against=change)
    assert [entry.path for entry in report.failures] == [f"argument 0[{i}][0]" for i in range(3)]
    assert all(f"{entry.by_hand:.9g}" == f"{-entry.recorded:.9g}" for entry in report.failures)


def test_a_thousand_steps_of_the_rule_and_of_the_record_are_the_same_to_rounding() -> None:
    by_hand, lr = np.array(START), 0.5
    w = [Value(row[0]) for row in START]
    optimizer = SGD(w, lr)

    def loss() -> Value:
        return total([(y - sigmoid(dot(w, x))) ** 2 / 2.0 for x, (y,) in zip(X, Y, strict=True)])

    for _ in range(1000):
        by_hand += lr * change(by_hand)
        optimizer.minimize(loss)
        assert [p.data for p in w] == pytest.approx(by_hand.ravel(), rel=1e-13, abs=1e-14)
    assert loss().data < 0.01
    assert np.abs(activation(X @ by_hand) - Y).max() < 0.06


# Layers of them ----------------------------------------------------------------------------------
#
#     z[l] = w[l] a[l-1] + b[l],   a[l] = g(z[l]),   J = 1/(2m) sum (h - y)^2,   h = a[L]
#
# Examples stand in columns here, so that w[l] has a row for each neuron, as in `Layer`.

RNG = Random(0)
ROWS = [[RNG.gauss(0.0, 1.0) for _ in range(3)] for _ in range(5)]
TARGETS = [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0], [1.0, 0.0]]


def network() -> MLP:
    return MLP(3, [4, 3, 2], "sigmoid", output="sigmoid", init="normal", rng=1)


def matrices(model: MLP, what: str) -> list[tuple[Array, Array]]:
    """w and b of each layer, or their gradients: "data" or "grad"."""
    found = []
    for layer in model.layers:
        w = np.array([[getattr(p, what) for p in neuron.w] for neuron in layer.neurons])
        b = np.array([[getattr(neuron.b, what)] for neuron in layer.neurons])
        found.append((w, b))
    return found


def forward(layers: list[tuple[Array, Array]], x: Array) -> list[Array]:
    """a[0], which is the input, then a[1] to a[L]."""
    a = [x]
    for w, b in layers:
        a.append(activation(w @ a[-1] + b))
    return a


def backward(
    layers: list[tuple[Array, Array]], a: list[Array], delta: Array
) -> list[tuple[Array, Array]]:
    """dJ/dw[l] and dJ/db[l] for every layer, from delta = dJ/dz[L] back to the first."""
    found = []
    for level in range(len(layers), 0, -1):
        found.append((delta @ a[level - 1].T, delta.sum(axis=1, keepdims=True)))
        if level > 1:
            w, _ = layers[level - 1]
            delta = (w.T @ delta) * slope(a[level - 1])
    return found[::-1]


def squared(h: Array, y: Array) -> Array:
    """dJ/dz[L] for J = 1/(2m) sum (h - y)^2."""
    return (h - y) * slope(h) / y.shape[1]


def logarithmic(h: Array, y: Array) -> Array:
    """dJ/dz[L] for the mean cross-entropy: the slope of the sigmoid has cancelled."""
    return (h - y) / y.size


LOSSES = pytest.mark.parametrize(
    ("loss", "last_delta"),
    [(half_mse, squared), (binary_cross_entropy, logarithmic)],
    ids=["half the mean squared error", "cross-entropy"],
)


@LOSSES
def test_backpropagation_by_hand_and_the_record_agree_in_every_matrix(
    loss: Any, last_delta: Any
) -> None:
    model = network()
    loss(model.batch(ROWS), TARGETS).backward()
    layers, y = matrices(model, "data"), np.array(TARGETS).T
    a = forward(layers, np.array(ROWS).T)
    by_hand = backward(layers, a, last_delta(a[-1], y))
    for (w, b), (recorded_w, recorded_b) in zip(by_hand, matrices(model, "grad"), strict=True):
        np.testing.assert_allclose(recorded_w, w, rtol=1e-12, atol=1e-16)
        np.testing.assert_allclose(recorded_b, b, rtol=1e-12, atol=1e-16)


@LOSSES
def test_the_two_stay_in_step_through_a_training_that_learns(loss: Any, last_delta: Any) -> None:
    model, lr = network(), 4.0
    optimizer = SGD(model.parameters(), lr)
    layers, x, y = matrices(model, "data"), np.array(ROWS).T, np.array(TARGETS).T
    for _ in range(300):
        optimizer.minimize(lambda: loss(model.batch(ROWS), TARGETS))
        a = forward(layers, x)
        for (w, b), (dw, db) in zip(layers, backward(layers, a, last_delta(a[-1], y)), strict=True):
            w -= lr * dw
            b -= lr * db
    for (w, b), (recorded_w, recorded_b) in zip(layers, matrices(model, "data"), strict=True):
        np.testing.assert_allclose(recorded_w, w, rtol=1e-9)
        np.testing.assert_allclose(recorded_b, b, rtol=1e-9)
    assert loss(model.batch(ROWS), TARGETS).data < 0.01  # from 0.27 and 0.74


def test_the_gradient_check_follows_the_hand_derivation_to_every_entry() -> None:
    x, y = np.array(ROWS).T, np.array(TARGETS).T

    def j(layers: list[tuple[Array, Array]]) -> Value:
        return ((forward(layers, x)[-1] - y) ** 2).sum() / (2.0 * len(ROWS))

    def by_hand(layers: list[tuple[Array, Array]]) -> list[tuple[Array, Array]]:
        a = forward(layers, x)
        return backward(layers, a, squared(a[-1], y))

    report = gradcheck(j, matrices(network(), "data"), against=by_hand)
    assert report, report
    assert len(report.entries) == (3 + 1) * 4 + (4 + 1) * 3 + (3 + 1) * 2
