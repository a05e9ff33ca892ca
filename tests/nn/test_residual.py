"""Residual: what goes in, added to what comes out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd import Value, gradcheck, relu
from nn import Layer, Module, Sequential
from nn.blocks import BatchNorm, Residual


class Doubled(Module):
    """Twice the numbers of a row, or of every row of a sequence."""

    def __call__(self, row: Any) -> Any:
        return [self(x) for x in row] if isinstance(row, list) else 2.0 * row


def data(row: list[Value]) -> list[float]:
    return [x.data for x in row]


# What it gives ------------------------------------------------------------------------------------


def test_it_gives_x_plus_inner_of_x() -> None:
    layer = Layer(2, 2, "tanh", rng=0)
    x = [0.5, -2.0]
    assert data(Residual(layer)(x)) == [xi + yi.data for xi, yi in zip(x, layer(x), strict=True)]


def test_around_a_layer_of_zeros_it_is_the_identity() -> None:
    assert data(Residual(Layer(3, 3, init="zeros"))([1.0, -2.0, 3.0])) == [1.0, -2.0, 3.0]


def test_a_row_of_a_sequence_is_added_to_the_row_at_its_position() -> None:
    assert Residual(Doubled())([[1.0, 2.0], [3.0, 4.0]]) == [[3.0, 6.0], [9.0, 12.0]]


def test_a_row_may_be_an_array() -> None:
    layer = Layer(2, 2, rng=0)
    assert data(Residual(layer)(np.array([1.0, 2.0]))) == data(Residual(layer)([1.0, 2.0]))


def test_a_chain_that_gives_one_number_is_added_to_a_row_of_one() -> None:
    assert data(Residual(Sequential(Layer(1, 1, init="zeros")))([3.0])) == [3.0]


def test_of_two_single_numbers_the_sum_is_a_single_number() -> None:
    assert Residual(Doubled())(Value(3.0)).data == 9.0


def test_a_batch_goes_through_the_inner_part_together() -> None:
    rows = [[1.0, 4.0], [3.0, 0.0], [8.0, 5.0]]
    normalised = BatchNorm(2).batch(rows)
    assert [data(row) for row in Residual(BatchNorm(2)).batch(rows)] == [
        [x + y.data for x, y in zip(*pair, strict=True)]
        for pair in zip(rows, normalised, strict=True)
    ]


# Gradients ----------------------------------------------------------------------------------------


def test_the_gradient_goes_around_an_inner_part_that_lets_nothing_through() -> None:
    dead = Layer(1, 1, "relu", init="zeros")
    dead.neurons[0].b.data = -1.0
    x = Value(2.0)
    deep = Sequential(*[Residual(dead) for _ in range(50)])
    deep([x]).backward()
    assert x.grad == 1.0


def test_its_gradients_are_right() -> None:
    residual = Residual(Layer(2, 2, "tanh", rng=1))
    assert gradcheck(lambda x: residual(x), [0.5, -0.25], order=2)


# Errors -------------------------------------------------------------------------------------------


def test_it_names_the_lengths_when_they_differ() -> None:
    with pytest.raises(ValueError, match=r"Residual\(Layer\(2, 3\)\) .* 2 went in and 3 came out"):
        Residual(Layer(2, 3))([1.0, 2.0])


def test_lengths_must_be_the_same_in_a_batch_too() -> None:
    with pytest.raises(ValueError, match="2 went in and 3 came out"):
        Residual(Layer(2, 3)).batch([[1.0, 2.0]])


def test_a_plain_function_is_refused_with_the_way_to_wrap_it() -> None:
    with pytest.raises(TypeError, match=r"goes around a Module, got Unary"):
        Residual(relu)  # type: ignore[arg-type]


# As a module --------------------------------------------------------------------------------------


def test_the_parameters_are_those_of_the_inner_part() -> None:
    layer = Layer(1, 1)
    assert list(Residual(layer).state_dict()) == ["inner.neurons.0.w.0", "inner.neurons.0.b"]


def test_train_and_eval_reach_the_inner_part() -> None:
    residual = Residual(Sequential(BatchNorm(2)))
    residual.eval()
    assert not any(module.training for _, module in residual.named_modules())


def test_it_prints_as_it_is_written() -> None:
    assert repr(Residual(Layer(2, 2, "relu"))) == "Residual(Layer(2, 2, activation='relu'))"


def test_it_is_one_line_of_a_summary_around_a_layer_and_open_around_a_chain() -> None:
    model = Sequential(
        Residual(Layer(4, 4)), Residual(Sequential(Layer(4, 8, "relu"), Layer(8, 4)))
    )
    assert repr(model.summary()).splitlines() == [
        "layer                    kind      shape   parameters",
        "layers.0                 Residual  4 -> 4          20",
        "layers.1.inner.layers.0  Layer     4 -> 8          40",
        "layers.1.inner.layers.1  Layer     8 -> 4          36",
        "total                                              96",
    ]
