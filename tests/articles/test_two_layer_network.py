"""A two-layer network as a NumPy class, twice: with a mistake in its `backward`, and without.

    a1 = sigmoid(x w1 + b1),   a2 = sigmoid(a1 w2 + b2),   loss = 1/(2n) sum (y - a2)^2

The derivative of the sigmoid is written as x (1 - x), which is right where x is the sigmoid's
result. The class applies it to z2, the sum before the sigmoid; the function form applies it to a2.
"""

from __future__ import annotations

from math import inf, isnan
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import autograd
from autograd import Value, gradcheck
from nn import MLP, Data, Layer, Module, Sequential, half_mse, predictions, xor
from nn.blocks import BatchNorm
from nn.optim import SGD, Adam
from nn.optimizers import clip_grad_norm
from nn.search import grid_search
from nn.train import fit

if TYPE_CHECKING:
    from nn.training.history import History

Array = np.ndarray[Any, Any]
Weights = dict[str, Array]

X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
Y = np.array([[0.0], [1.0], [1.0], [0.0]])


def sigmoid(z: Array) -> Array:
    """It runs on floats and on Values alike."""
    return 1.0 / (1.0 + np.exp(-z))


def derivative(a: Array) -> Array:
    """The derivative of the sigmoid, told from its result."""
    return a * (1.0 - a)


def weights(seed: int, hidden: int = 4) -> Weights:
    rng = np.random.default_rng(seed)
    return {
        "w1": rng.normal(size=(2, hidden)),
        "b1": np.zeros((1, hidden)),
        "w2": rng.normal(size=(hidden, 1)),
        "b2": np.zeros((1, 1)),
    }


class Network:
    """The class, mistake included."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights

    def forward(self, x: Array) -> Array:
        w = self.weights
        self.z1 = x @ w["w1"] + w["b1"]
        self.a1 = sigmoid(self.z1)
        self.z2 = self.a1 @ w["w2"] + w["b2"]
        self.a2 = sigmoid(self.z2)
        return self.a2

    def loss(self, x: Array, y: Array) -> Any:
        return ((y - self.forward(x)) ** 2).sum() / (2 * len(x))

    def backward(self, x: Array, y: Array) -> Weights:
        self.forward(x)
        return self.gradients(x, (self.a2 - y) * derivative(self.z2))

    def gradients(self, x: Array, delta2: Array) -> Weights:
        """The gradients of all weights from the one of z2, which is delta2 / n."""
        delta1 = (delta2 @ self.weights["w2"].T) * derivative(self.a1)
        return {
            "w1": x.T @ delta1 / len(x),
            "b1": delta1.sum(axis=0, keepdims=True) / len(x),
            "w2": self.a1.T @ delta2 / len(x),
            "b2": delta2.sum(axis=0, keepdims=True) / len(x),
        }

    def update(self, gradients: Weights, lr: float) -> None:
        self.weights = {name: w - lr * gradients[name] for name, w in self.weights.items()}


class Mended(Network):
    """The same, with the step as the function form has it."""

    def backward(self, x: Array, y: Array) -> Weights:
        self.forward(x)
        return self.gradients(x, (self.a2 - y) * derivative(self.a2))


class WrongInTheHiddenLayer(Network):
    """Not the article's: the same mistake one layer earlier, to see what that looks like."""

    def backward(self, x: Array, y: Array) -> Weights:
        self.forward(x)
        delta2 = (self.a2 - y) * derivative(self.a2)
        delta1 = (delta2 @ self.weights["w2"].T) * derivative(self.z1)
        return self.gradients(x, delta2) | {
            "w1": x.T @ delta1 / len(x),
            "b1": delta1.sum(axis=0, keepdims=True) / len(x),
        }


def checked(network: type[Network], seed: int = 0) -> Any:
    """What the gradient check says of a `backward`; it runs the network's own `forward`."""
    return gradcheck(
        lambda w: network(w).loss(X, Y),
        weights(seed),
        against=lambda w: network(w).backward(X, Y),
    )


ENTRIES = {
    "w1": [f"argument 0['w1'][{i}][{j}]" for i in range(2) for j in range(4)],
    "b1": [f"argument 0['b1'][0][{j}]" for j in range(4)],
    "w2": [f"argument 0['w2'][{j}][0]" for j in range(4)],
    "b2": ["argument 0['b2'][0][0]"],
}


def entries(*names: str) -> set[str]:
    return {path for name in names for path in ENTRIES[name]}


def wrong(report: Any) -> set[str]:
    return {entry.path for entry in report.failures}


# The check ---------------------------------------------------------------------------------------


def test_the_check_looks_at_every_entry_of_every_matrix() -> None:
    assert {entry.path for entry in checked(Network).entries} == entries("w1", "b1", "w2", "b2")


@pytest.mark.parametrize("seed", range(3))
def test_the_class_has_every_entry_of_both_layers_wrong(seed: int) -> None:
    assert wrong(checked(Network, seed)) == entries("w1", "b1", "w2", "b2")


@pytest.mark.parametrize("seed", range(3))
def test_the_function_form_has_every_entry_right(seed: int) -> None:
    report = checked(Mended, seed)
    assert report, report


def test_where_the_last_layer_is_right_and_the_first_wrong_the_mistake_is_between_them() -> None:
    assert wrong(checked(WrongInTheHiddenLayer)) == entries("w1", "b1")


def test_the_recorded_gradients_of_the_same_network_are_those_of_the_function_form() -> None:
    w = weights(0)
    model = MLP(2, [4, 1], "sigmoid", output="sigmoid")
    hidden, output = model.layers
    for j, neuron in enumerate(hidden.neurons):
        neuron.w[0].data, neuron.w[1].data = w["w1"][:, j]
    for j, weight in enumerate(output.neurons[0].w):
        weight.data = w["w2"][j, 0]
    half_mse([[out] for out in model.batch(X)], Y).backward()
    by_hand = Mended(w).backward(X, Y)
    columns = [neuron.w for neuron in hidden.neurons]
    assert_grads(columns, by_hand["w1"].T)
    assert_grads([[neuron.b for neuron in hidden.neurons]], by_hand["b1"])
    assert_grads([output.neurons[0].w], by_hand["w2"].T)
    assert_grads([[output.neurons[0].b]], by_hand["b2"])


def assert_grads(parameters: list[list[Value]], expected: Array) -> None:
    grads = [[p.grad for p in row] for row in parameters]
    np.testing.assert_allclose(grads, expected, rtol=1e-12)


# What the mistake does to a training --------------------------------------------------------------


def losses(network: Network, lr: float, steps: int) -> list[float]:
    found = []
    with np.errstate(all="ignore"):  # the class overflows on its way
        for _ in range(steps):
            found.append(float(network.loss(X, Y)))
            network.update(network.backward(X, Y), lr)
    return found


SEEDS = range(10)


def test_the_function_form_learns_xor_from_every_one_of_ten_seeds() -> None:
    for seed in SEEDS:
        network = Mended(weights(seed))
        assert losses(network, lr=1.0, steps=4000)[-1] < 0.002
        assert np.abs(network.forward(X) - Y).max() < 0.1


def test_the_class_ends_in_nan_from_every_one_of_them() -> None:
    for seed in SEEDS:
        seen = losses(Network(weights(seed)), lr=1.0, steps=100)
        assert isnan(seen[-1])
        numbers = [loss for loss in seen if not isnan(loss)]
        # Always answering 1/2 is a loss of 0.125; being wrong about half of the rows, of 0.25.
        assert min(numbers) > 0.12
        assert max(numbers) == pytest.approx(0.25, abs=1e-3)


def test_a_hundredth_of_the_learning_rate_only_makes_it_later() -> None:
    seen = losses(Network(weights(3)), lr=0.01, steps=1000)
    assert not isnan(seen[100])
    assert isnan(seen[-1])


# What is advised for it ---------------------------------------------------------------------------

CORNERS = xor()


def plain(seed: int) -> Sequential:
    return MLP(2, [4, 1], "sigmoid", output="sigmoid", init="normal", rng=seed)


def with_relu(seed: int) -> Sequential:
    rng = Random(seed)
    return Sequential(
        Layer(2, 4, "relu", init="he", rng=rng), Layer(4, 1, "sigmoid", init="normal", rng=rng)
    )


def with_batch_normalisation(seed: int) -> Sequential:
    rng = Random(seed)
    return Sequential(
        Layer(2, 4, init="normal", rng=rng),
        BatchNorm(4),
        lambda row: [autograd.sigmoid(z) for z in row],
        Layer(4, 1, "sigmoid", init="normal", rng=rng),
    )


def steps_to_learn(model: Module, lr: float, clip: Any = None, most: int = 2000) -> float:
    """How many steps until the loss is below 0.01; inf if that many are not enough."""
    optimizer = SGD(model.parameters(), lr)
    for step in range(most):
        loss = optimizer.minimize(
            lambda: half_mse(model.batch(CORNERS.inputs), CORNERS.targets), clip
        )
        if loss.data < 0.01:
            return step
    return inf


def test_a_grid_search_finds_the_learning_rate() -> None:
    search = grid_search(
        lambda lr: losses(Mended(weights(0)), lr, steps=300)[-1],
        # Not 100: there the last bits of a matrix product decide whether the plateau is left.
        {"lr": [0.01, 0.1, 1.0, 10.0, 1000.0]},
    )
    assert search.best_score < 0.01 < 0.12 < search.rows[1].score
    assert search.best == {"lr": 10.0}


def test_early_stopping_finds_the_number_of_epochs() -> None:
    train, judge, fresh = (xor(n, noise=0.35, rng=rng) for n, rng in [(24, 0), (100, 1), (200, 2)])

    def trained(**settings: Any) -> tuple[Module, History]:
        model = plain(seed=0)
        settings |= {"loss": half_mse, "optimizer": Adam(model.parameters(), lr=0.1)}
        return model, fit(model, train, epochs=400, validation=judge, **settings)

    def loss_on(data: Data, model: Module) -> float:
        return half_mse(predictions(model, data.inputs), data.targets)

    to_the_end, long = trained()
    stopped, short = trained(early_stopping=40)

    # All 400 epochs make the loss on the 24 points smaller and smaller, and all others worse.
    assert len(long.epochs) == 400
    assert loss_on(train, to_the_end) < 0.5 * loss_on(train, stopped)
    assert loss_on(judge, to_the_end) > 1.5 * loss_on(judge, stopped)
    assert loss_on(fresh, to_the_end) > 1.2 * loss_on(fresh, stopped)

    # It went on for 40 epochs after the best one, and gave that one back.
    assert short.stopped.startswith("early stopping at epoch 161")
    assert loss_on(judge, stopped) == min(short.validation_losses) == min(long.validation_losses)
    assert short.validation_losses.index(min(short.validation_losses)) == len(short.epochs) - 41


@pytest.mark.parametrize("seed", SEEDS)
def test_clipping_keeps_far_too_long_steps_from_ending_on_a_plateau(seed: int) -> None:
    def clip(parameters: list[Value]) -> float:
        return clip_grad_norm(parameters, 0.01)

    assert steps_to_learn(plain(seed), lr=300.0, most=200) == inf
    assert steps_to_learn(plain(seed), lr=300.0, clip=clip, most=200) < 200


@pytest.mark.parametrize("seed", range(5))
def test_batch_normalisation_learns_in_fewer_steps(seed: int) -> None:
    normalised = steps_to_learn(with_batch_normalisation(seed), lr=1.0)
    assert normalised < 0.85 * steps_to_learn(plain(seed), lr=1.0) < inf


def test_relu_learns_in_a_sixth_of_the_steps_unless_its_neurons_die() -> None:
    steps = [steps_to_learn(with_relu(seed), lr=1.0, most=500) for seed in SEEDS]
    assert sum(n < 250 for n in steps) == 7
    assert sum(n == inf for n in steps) == 3
