"""A classifier of handwritten digits: a TensorFlow program with a `train_step` of its own.

Pixels -> 10 neurons with relu -> 10 with softmax; categorical cross-entropy; Adam with a learning
rate of 0.001; 10 epochs of mini-batches. The digits are those of tests/data/digits: 8 x 8 pixels,
1437 images to learn from and 360 held out.
"""

from __future__ import annotations

import gzip
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from autograd import Value, gradcheck, log, softmax
from nn import MLP, Data, Layer, accuracy, batches, confusion_matrix, predictions, split
from nn.losses import cross_entropy
from nn.optim import Adam
from nn.search import grid_search, log_uniform, random_search

whole_training = pytest.mark.slow(reason="hundreds of steps with thousands of parameters")

DIGITS = Path(__file__).parents[1] / "data/digits/digits.csv.gz"


def digits() -> Data:
    """All images, their pixels from 0 to 1."""
    with gzip.open(DIGITS, "rt", encoding="ascii") as file:
        rows = [[int(number) for number in line.split(",")] for line in file]
    return Data([[pixel / 16.0 for pixel in row[:-1]] for row in rows], [row[-1] for row in rows])


TRAIN, HELD_OUT = split(digits(), validation=360, rng=0)


class Classifier:
    """The model with its optimiser; one `train_step` does by name what `minimize` does at once."""

    def __init__(self, nin: int = 64, *, lr: float, rng: int = 0) -> None:
        self.model = MLP(nin, [10, 10], "relu", rng=rng)
        self.optimizer = Adam(self.model.parameters(), lr, betas=(0.9, 0.999), epsilon=1e-7)

    def train_step(self, images: list[list[float]], labels: list[int]) -> float:
        self.optimizer.zero_grad()
        loss = cross_entropy(self.model.batch(images), labels)  # everything is recorded: the tape
        loss.backward()
        self.optimizer.step()
        return loss.data

    def train(self, data: Data, *, epochs: int, batch_size: int) -> Classifier:
        rng = Random(0)
        for _ in range(epochs):
            for images, labels in batches(data, batch_size, rng=rng):
                self.train_step(images, labels)
        return self

    def accuracy(self, data: Data) -> float:
        return accuracy(predictions(self.model, data.inputs), data.targets)

    def loss(self, data: Data) -> float:
        return cross_entropy(predictions(self.model, data.inputs), data.targets)


# The data, and one step ---------------------------------------------------------------------------


def test_there_are_1797_images_about_as_many_of_each_digit() -> None:
    data = digits()
    assert {len(row) for row in data.inputs} == {64}
    assert {min(map(min, data.inputs)), max(map(max, data.inputs))} == {0.0, 1.0}
    counts = Counter(data.targets)
    assert sorted(counts) == [*range(10)]
    assert sum(counts.values()) == 1797
    assert all(174 <= count <= 183 for count in counts.values())


def test_the_loss_is_the_cross_entropy_of_a_softmax_layer_and_a_one_hot_row() -> None:
    logits = Classifier(lr=0.001).model(TRAIN.inputs[0])
    one_hot = [float(digit == TRAIN.targets[0]) for digit in range(10)]
    as_written = -sum(y * log(p) for y, p in zip(one_hot, softmax(logits), strict=True))
    assert cross_entropy(logits, TRAIN.targets[0]).data == pytest.approx(as_written.data, rel=1e-12)


def test_the_gradients_of_a_step_are_those_of_the_matrix_formulas_for_all_760_parameters() -> None:
    model = Classifier(lr=0.001).model
    images, labels = TRAIN.inputs[:32], TRAIN.targets[:32]
    cross_entropy(model.batch(images), labels).backward()

    (w1, b1), (w2, b2) = [weights(layer, "data") for layer in model.layers]
    x = np.array(images)
    z1 = x @ w1.T + b1
    a1 = np.maximum(z1, 0.0)
    z2 = a1 @ w2.T + b2
    p = np.exp(z2) / np.exp(z2).sum(axis=1, keepdims=True)
    delta2 = (p - np.eye(10)[labels]) / len(images)
    delta1 = (delta2 @ w2) * (z1 > 0.0)

    by_hand = [(delta1.T @ x, delta1.sum(axis=0)), (delta2.T @ a1, delta2.sum(axis=0))]
    for layer, (w, b) in zip(model.layers, by_hand, strict=True):
        recorded_w, recorded_b = weights(layer, "grad")
        np.testing.assert_allclose(recorded_w, w, rtol=1e-10, atol=1e-14)
        np.testing.assert_allclose(recorded_b, b, rtol=1e-10, atol=1e-14)


def weights(layer: Layer, what: str) -> tuple[Any, Any]:
    """The weights and biases of a layer as arrays, or their gradients: "data" or "grad"."""
    w = np.array([[getattr(p, what) for p in neuron.w] for neuron in layer.neurons])
    return w, np.array([getattr(neuron.b, what) for neuron in layer.neurons])


def test_the_gradient_check_confirms_them_through_relu_and_softmax() -> None:
    model = Classifier(lr=0.001).model
    hidden, output = model.layers

    def loss(biases: list[Value], rows: list[list[Value]]) -> Value:
        for neuron, b in zip(hidden.neurons, biases, strict=True):
            neuron.b = b
        for neuron, (b, *w) in zip(output.neurons, rows, strict=True):
            neuron.w, neuron.b = w, b
        return cross_entropy(model(TRAIN.inputs[0]), TRAIN.targets[0])

    rows = [[p.data for p in (neuron.b, *neuron.w)] for neuron in output.neurons]
    report = gradcheck(loss, [0.0] * 10, rows)
    assert report, report
    assert (len(report.entries), report.kinks) == (10 + 110, [])


def test_the_first_step_of_adam_moves_each_parameter_by_the_learning_rate_downhill() -> None:
    classifier = Classifier(lr=0.001)
    parameters = classifier.model.parameters()
    before = [p.data for p in parameters]
    classifier.train_step(TRAIN.inputs[:32], TRAIN.targets[:32])
    moved = [
        (p.data - x, p.grad) for p, x in zip(parameters, before, strict=True) if abs(p.grad) > 1e-3
    ]
    assert len(moved) > 400
    for change, grad in moved:
        assert change == pytest.approx(-0.001 if grad > 0.0 else 0.001, rel=1e-3)


# Whole trainings ----------------------------------------------------------------------------------


@whole_training
def test_for_the_learning_rate_of_the_article_10_epochs_of_45_steps_are_too_few() -> None:
    # Of the article's 60000 images, batches of 32 make 18750 steps.
    classifier = Classifier(lr=0.001).train(TRAIN, epochs=10, batch_size=32)
    assert 0.7 < classifier.accuracy(HELD_OUT) < 0.88


@whole_training
def test_in_10_epochs_of_360_smaller_steps_it_learns_to_read_nine_in_ten() -> None:
    classifier = Classifier(lr=0.001).train(TRAIN, epochs=10, batch_size=4)
    assert classifier.accuracy(HELD_OUT) > 0.9


@whole_training
def test_with_the_learning_rate_that_a_search_finds_10_epochs_of_45_steps_do_so_too() -> None:
    classifier = Classifier(lr=FOUND).train(TRAIN, epochs=10, batch_size=32)
    assert classifier.accuracy(HELD_OUT) > 0.9
    matrix = confusion_matrix(predictions(classifier.model, HELD_OUT.inputs), HELD_OUT.targets)
    assert all(row[digit] >= 0.8 * sum(row) for digit, row in enumerate(matrix))  # of each digit


# The learning rate, searched for ------------------------------------------------------------------

# Short trainings, on some of the images; what is held out for the end takes no part.
FEW, JUDGES = split(Data(TRAIN.inputs[:800], TRAIN.targets[:800]), validation=200, rng=0)
FOUND = 0.01


def short_training(lr: float) -> float:
    return Classifier(lr=lr).train(FEW, epochs=2, batch_size=16).loss(JUDGES)


@whole_training
def test_a_grid_search_finds_a_learning_rate_ten_times_that_of_the_article() -> None:
    search = grid_search(short_training, {"lr": [0.0001, 0.001, 0.01, 0.1, 1.0]})
    assert search.best == {"lr": FOUND}
    assert search.best_score < 0.8 < 1.0 < search.rows[1].score


@whole_training
def test_a_random_search_finds_one_that_is_between_the_steps_of_the_grid() -> None:
    search = random_search(short_training, {"lr": log_uniform(1e-4, 1.0)}, tries=6, rng=0)
    assert FOUND / 3 < search.best["lr"] < 3 * FOUND


# The size of the article's images -----------------------------------------------------------------


def enlarged(image: list[float]) -> list[float]:
    """An image of 8 x 8 as one of 28 x 28: between the pixels, along straight lines."""
    starts = [min(i * 7 // 27, 6) for i in range(28)]
    places = [(start, i * 7 / 27 - start) for i, start in enumerate(starts)]
    rows = [image[8 * i : 8 * i + 8] for i in range(8)]
    wide = [[(1.0 - t) * row[j] + t * row[j + 1] for j, t in places] for row in rows]
    return [
        (1.0 - t) * above + t * below
        for i, t in places
        for above, below in zip(wide[i], wide[i + 1], strict=True)
    ]


def test_an_enlarged_image_keeps_its_corners_and_its_ink() -> None:
    image = TRAIN.inputs[0]
    large = enlarged(image)
    assert len(large) == 784
    assert [large[i] for i in (0, 27, 756, 783)] == [image[i] for i in (0, 7, 56, 63)]
    assert sum(large) / 784 == pytest.approx(sum(image) / 64, rel=0.2)


@whole_training
def test_784_inputs_learn_with_the_learning_rate_of_the_article_as_it_is() -> None:
    few = Data([enlarged(image) for image in TRAIN.inputs[:400]], TRAIN.targets[:400])
    held_out = Data([enlarged(image) for image in HELD_OUT.inputs[:200]], HELD_OUT.targets[:200])
    classifier = Classifier(784, lr=0.001)
    assert len(classifier.model.parameters()) == 785 * 10 + 11 * 10
    classifier.train(few, epochs=6, batch_size=8)
    # From 400 images; that they are four in five is no limit of the model.
    assert classifier.accuracy(held_out) > 0.75
