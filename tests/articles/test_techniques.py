"""What the articles advise, each switched on in a training that fails without it.

Here is what they say about deep stacks, long and short steps, places where a descent ends, and
sequences. Search for a learning rate and mini-batches stand in the tests of the digits and of XOR,
early stopping in that of the two-layer network.
"""

from __future__ import annotations

from itertools import pairwise, permutations, product
from math import exp, hypot, inf, log, sin, sqrt
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from autograd import Value, cos, dot, sigmoid
from nn import (
    MLP,
    Data,
    Layer,
    Module,
    Neuron,
    Sequential,
    accuracy,
    anneal,
    moons,
    predictions,
    xor,
)
from nn.attention import Attention, Each, times
from nn.blocks import BatchNorm, Residual
from nn.losses import binary_cross_entropy_from_logits, mse
from nn.optim import SGD, Adam
from nn.optimizers import Adagrad, RMSProp, clip_grad_norm, clip_grad_value
from nn.search import grid_search
from nn.train import fit

if TYPE_CHECKING:
    from collections.abc import Callable

    Block = Callable[[int, int, Random], list[Any]]

# Vanishing gradients: relu, batch normalisation, residual connections -----------------------------

DEPTH, WIDTH = 10, 8


def sigmoids(row: list[Value]) -> list[Value]:
    return [sigmoid(z) for z in row]


def plain_block(nin: int, nout: int, rng: Random) -> list[Any]:
    return [Layer(nin, nout, "sigmoid", rng=rng)]


def relu_block(nin: int, nout: int, rng: Random) -> list[Any]:
    return [Layer(nin, nout, "relu", init="he", rng=rng)]


def normalised_block(nin: int, nout: int, rng: Random) -> list[Any]:
    return [Layer(nin, nout, rng=rng), BatchNorm(nout), sigmoids]


def residual_block(nin: int, nout: int, rng: Random) -> list[Any]:
    layer = Layer(nin, nout, "sigmoid", rng=rng)
    return [Residual(layer) if nin == nout else layer]


whole_training = pytest.mark.slow(reason="hundreds of steps, to the end of a training")
MENDED = pytest.mark.parametrize(
    "block",
    [relu_block, normalised_block, residual_block],
    ids=["relu", "batch normalisation", "residual connections"],
)
SEEDS = pytest.mark.parametrize("seed", range(3))


def stack(block: Block, nin: int, depth: int, seed: int) -> Sequential:
    """So many layers of the same kind, and one number at the end."""
    rng = Random(seed)
    sizes = [nin] + [WIDTH] * depth
    layers = [part for n, m in pairwise(sizes) for part in block(n, m, rng)]
    return Sequential(*layers, Layer(WIDTH, 1, rng=rng))


def gradient_norms(model: Module) -> list[float]:
    """The length of the gradient of the weights, for each layer of the stack from the first on."""
    rng = Random(0)
    rows = [[rng.gauss(0.0, 1.0) for _ in range(WIDTH)] for _ in range(16)]
    mse(model.batch(rows), [rng.gauss(0.0, 1.0) for _ in rows]).backward()
    layers = [part for _, part in model.named_modules() if isinstance(part, Layer)]
    return [
        hypot(*[w.grad for neuron in layer.neurons for w in neuron.w]) for layer in layers[:DEPTH]
    ]


@SEEDS
def test_in_a_stack_of_sigmoids_the_gradient_shrinks_from_layer_to_layer(seed: int) -> None:
    norms = gradient_norms(stack(plain_block, WIDTH, DEPTH, seed))
    for nearer_to_input, nearer_to_output in pairwise(norms):
        assert 0.05 < nearer_to_input / nearer_to_output < 0.5
    assert norms[0] / norms[-1] < 1e-5


@MENDED
@SEEDS
def test_mended_the_first_of_ten_layers_has_a_gradient_like_the_last(
    block: Block, seed: int
) -> None:
    norms = gradient_norms(stack(block, WIDTH, DEPTH, seed))
    for nearer_to_input, nearer_to_output in pairwise(norms):
        assert 0.1 < nearer_to_input / nearer_to_output < 10.0
    assert 0.05 < norms[0] / norms[-1] < 20.0


def trained_on_moons(block: Block) -> tuple[float, float]:
    """The loss and the accuracy on the two moons of a stack of six layers, after 30 epochs."""
    model, data = stack(block, 2, 6, seed=0), moons(60, rng=0)
    loss, optimizer = binary_cross_entropy_from_logits, SGD(model.parameters(), lr=0.1)
    fit(model, data, loss=loss, optimizer=optimizer, epochs=30, batch_size=10, rng=0)
    outputs = predictions(model, data.inputs)
    return loss(outputs, data.targets), accuracy(outputs, data.targets)


def test_six_layers_of_sigmoids_learn_nothing_of_the_two_moons() -> None:
    loss, right = trained_on_moons(plain_block)
    assert loss == pytest.approx(log(2.0), abs=0.002)
    assert right == 0.5


@whole_training
@MENDED
def test_mended_six_layers_learn_the_two_moons(block: Block) -> None:
    loss, right = trained_on_moons(block)
    assert loss < 0.45
    assert right > 0.75


# Exploding gradients: clipping --------------------------------------------------------------------

WAVE = Data([[i / 5] for i in range(-10, 11)], [10.0 * sin(0.4 * i) for i in range(-10, 11)])


def wave_losses(clip: Any) -> list[float]:
    model = MLP(1, [16, 16, 1], "tanh", rng=0)
    optimizer = SGD(model.parameters(), lr=0.1)
    return [
        optimizer.minimize(lambda: mse(model.batch(WAVE.inputs), WAVE.targets), clip).data
        for _ in range(200)
    ]


@whole_training
def test_without_clipping_the_steps_are_too_long_and_the_loss_explodes() -> None:
    losses = wave_losses(clip=None)
    assert losses[0] < 100.0
    assert losses[-1] > 1e6


@pytest.mark.parametrize(
    "clip",
    [lambda ps: clip_grad_norm(ps, 1.0), lambda ps: clip_grad_value(ps, 0.2)],
    ids=["norm", "value"],
)
@whole_training
def test_clipped_the_same_training_converges(clip: Any) -> None:
    losses = wave_losses(clip)
    assert losses[0] > 40.0
    assert losses[-1] < 10.0
    assert max(losses) == losses[0]


# Plateaus: momentum -------------------------------------------------------------------------------


def steps_to_leave(momentum: float) -> int:
    """How many steps until a unit that is sure of the wrong answer has a loss below 0.01."""
    w = Value(-6.0)  # sigmoid(-6) is 0.0025, and its slope no more
    optimizer = SGD([w], lr=1.0, momentum=momentum)
    for step in range(1000):
        if optimizer.minimize(lambda: (1.0 - sigmoid(w)) ** 2).data < 0.01:
            return step
    raise AssertionError("it is still on the plateau after 1000 steps")


def test_momentum_crosses_a_plateau_in_a_fifth_of_the_steps() -> None:
    assert steps_to_leave(momentum=0.9) < 50
    assert steps_to_leave(momentum=0.0) > 200


# Local minima: simulated annealing ----------------------------------------------------------------


def valleys(x: Value) -> Value:
    """Valleys about 3 apart, deeper and deeper towards x = 0, where it is -1."""
    return 0.05 * x**2 - cos(2.0 * x)


def test_gradient_descent_stays_in_the_valley_where_it_began() -> None:
    x = Value(9.0)
    optimizer = SGD([x], lr=0.05)
    for _ in range(1000):
        loss = optimizer.minimize(lambda: valleys(x))
    assert abs(x.grad) < 1e-12
    assert loss.data > 2


@pytest.mark.parametrize("seed", range(10))
def test_simulated_annealing_finds_the_deepest_valley_from_there(seed: int) -> None:
    x = Value(9.0)
    assert anneal(lambda: valleys(x), [x], cooling=0.995, scale=1.0, rng=seed) < -0.9999
    assert abs(x.data) < 0.01


@pytest.mark.parametrize("seed", range(10))
def test_a_walk_that_is_cold_from_the_start_takes_no_worse_place_and_stays(seed: int) -> None:
    x = Value(9.0)
    assert anneal(lambda: valleys(x), [x], temperature=1e-9, scale=0.3, rng=seed) > 2.0


def test_annealing_solves_the_xor_network_that_descent_left_in_a_local_minimum() -> None:
    data, model = xor(), MLP(2, [2, 1], "sigmoid", output="sigmoid", rng=9)

    def loss() -> Value:
        return mse(model.batch(data.inputs), data.targets)

    descent = SGD(model.parameters(), lr=2.0)
    for _ in range(3000):
        descent.minimize(loss)
    assert loss().data > 0.125

    settings = {"temperature": 0.1, "cooling": 0.998, "scale": 0.5}
    assert anneal(loss, model.parameters(), steps=3000, rng=3, **settings) < 1e-6
    assert accuracy(predictions(model, data.inputs), data.targets, threshold=0.5) == 1.0


# One learning rate for all parameters, or one for each --------------------------------------------


def best_loss(kind: Callable[..., Any]) -> float:
    """What 200 steps reach for inputs of about 100 and about 1, with the best of many rates."""
    rng = Random(0)
    rows = [[rng.gauss(0.0, 100.0), rng.gauss(0.0, 1.0)] for _ in range(30)]
    targets = [0.03 * x + 2.0 * y for x, y in rows]

    def train(lr: float) -> float:
        model = Neuron(2, init="zeros")
        optimizer = kind(model.parameters(), lr=lr)
        for _ in range(200):
            loss = optimizer.minimize(lambda: mse(model.batch(rows), targets))
        return loss.data

    return grid_search(train, {"lr": [10.0 ** (-k / 2) for k in range(11)]}).best_score


def test_no_learning_rate_of_plain_descent_suits_inputs_of_very_different_size() -> None:
    assert 2.0 < best_loss(SGD) < inf


@pytest.mark.parametrize("kind", [Adam, RMSProp, Adagrad])
def test_an_adaptive_one_finds_the_length_of_step_for_each(kind: Callable[..., Any]) -> None:
    assert best_loss(kind) < 1e-4


# Sequences: attention -----------------------------------------------------------------------------
#
# Three rows with a key and a value each, in any order, then one that asks for a key:
#
#     [[1, 0, 0, +1], [0, 0, 1, -1], [0, 1, 0, +1], [0, 0, 1, 0]]  ->  the value of key 2, -1
#
# The answer is read at the last position.


def one_hot(key: int) -> list[float]:
    return [float(key == i) for i in range(3)]


def questions() -> Data:
    """All 144 of them, shuffled; label 1 stands for the value +1."""
    sequences, labels = [], []
    for order, values, asked in product(
        permutations(range(3)), product((-1.0, 1.0), repeat=3), range(3)
    ):
        rows = [[*one_hot(key), value] for key, value in zip(order, values, strict=True)]
        sequences.append([*rows, [*one_hot(asked), 0.0]])
        labels.append(int(values[order.index(asked)] > 0.0))
    places = [*range(len(labels))]
    Random(0).shuffle(places)
    return Data([sequences[i] for i in places], [labels[i] for i in places])


def last(sequence: list[Any]) -> Any:
    return sequence[-1]


def answering(layer: Module) -> Sequential:
    """A model that has seen 48 of the questions 40 times."""
    model = Sequential(layer, last, Layer(4, 1, rng=0))
    optimizer = Adam(model.parameters(), lr=0.05)
    sequences, labels = questions()
    for _ in range(40):
        optimizer.minimize(
            lambda: binary_cross_entropy_from_logits(model.batch(sequences[:48]), labels[:48])
        )
    return model


def right_answers(model: Sequential) -> float:
    sequences, labels = questions()
    return accuracy(predictions(model, sequences[48:]), labels[48:])


def test_a_layer_that_sees_each_position_by_itself_can_only_guess() -> None:
    alone = Each(MLP(4, [8, 4], "tanh", rng=0))
    assert right_answers(answering(alone)) < 0.6


@whole_training
def test_attention_looks_the_answer_up() -> None:
    assert right_answers(answering(Attention(4, rng=0))) == 1.0


@whole_training
def test_of_the_three_rows_attention_looks_at_the_one_with_the_key() -> None:
    attention = Attention(4, rng=0)
    answering(attention)
    for sequence in questions().inputs:
        *rows, asked = sequence
        query = times(attention.query, asked)
        fits = [dot(query, times(attention.key, row)).data / sqrt(4.0) for row in rows]
        weights = [exp(fit) / sum(map(exp, fits)) for fit in fits]
        assert weights[[row[:3] for row in rows].index(asked[:3])] > 0.8
