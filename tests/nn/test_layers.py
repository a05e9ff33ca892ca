"""Neuron, Layer, Sequential and MLP: what they compute, and what they say to wrong input."""

from __future__ import annotations

import math
from random import Random
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Value, gradcheck, softmax
from nn import MLP, Attention, BatchNorm, Layer, LayerNorm, Module, Neuron, RMSNorm, Sequential
from nn.layers import ACTIVATIONS


def data(tree: Any) -> Any:
    return [data(x) for x in tree] if isinstance(tree, list) else tree.data


def test_a_neuron_is_its_activation_of_the_weighted_sum() -> None:
    neuron = Neuron(3, "tanh", rng=0)
    x = [0.5, -1.0, 2.0]
    z = neuron.b.data
    for w, xi in zip(neuron.w, x, strict=True):
        z += w.data * xi
    assert neuron(x).data == math.tanh(z)


def test_a_neuron_records_one_node_and_its_activation() -> None:
    neuron = Neuron(2, "relu")
    out = neuron([Value(1.0), Value(2.0)])
    (z,) = out.parents
    assert (out.op, z.op.name) == (autograd.relu, "dot_product")  # type: ignore[union-attr]
    assert len(z.parents) == 5


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_fused_and_written_out_give_the_same_numbers_and_gradients(activation: str) -> None:
    fused, written = (MLP(3, [4, 2], activation, fused=f, rng=7) for f in (True, False))
    row = [0.3, -0.8, 1.7]
    outs = []
    for model in (fused, written):
        a, b = model(row)
        (a - 2.0 * b).backward()
        outs.append((a.data, b.data, [p.grad for p in model.parameters()]))
    assert outs[0][:2] == outs[1][:2]
    assert outs[0][2] == pytest.approx(outs[1][2], rel=1e-14, abs=1e-300)


def test_written_out_a_neuron_is_products_and_sums() -> None:
    out = Neuron(2, fused=False)([Value(1.0), Value(2.0)])
    assert out.op is autograd.add
    assert out.parents[0].op is autograd.add
    assert out.parents[1].op is autograd.mul


@pytest.mark.parametrize("activation", sorted(set(ACTIVATIONS) - {"linear"}))
def test_an_activation_by_name_is_the_operation_of_that_name(activation: str) -> None:
    assert ACTIVATIONS[activation] is getattr(autograd, activation)


def test_an_activation_may_be_any_function() -> None:
    neuron = Neuron(1, lambda z: z**3)
    neuron.w[0].data = 2.0
    assert neuron([1.0]).data == 8.0


def test_gradients_of_a_model_agree_with_finite_differences() -> None:
    model = MLP(2, [4, 3, 1], "tanh", rng=3)
    parameters = model.parameters()

    def out(numbers: list[float], x: list[float]) -> Any:
        for p, number in zip(parameters, numbers, strict=True):
            p.data = number
        return model(x)

    x = [0.5, -1.5]
    model(x).backward()
    numbers = [p.data for p in parameters]
    for i, p in enumerate(parameters):
        step = 1e-6
        up, down = (
            out([*numbers[:i], numbers[i] + s, *numbers[i + 1 :]], x).data for s in (step, -step)
        )
        assert (up - down) / (2 * step) == pytest.approx(p.grad, abs=1e-8)
    out(numbers, x)
    assert gradcheck(model, x)


# Chains -------------------------------------------------------------------------------------------


def test_an_mlp_is_the_chain_of_its_layers() -> None:
    model = MLP(2, [3, 2], rng=1)
    first, second = model.layers
    row = [1.0, -2.0]
    assert data(model(row)) == data(second(first(row)))


def test_all_layers_but_the_last_have_the_activation() -> None:
    model = MLP(2, [3, 3, 1], "tanh", output="sigmoid")
    assert [layer.activation for layer in model.layers] == ["tanh", "tanh", "sigmoid"]


def test_one_output_is_a_number_and_several_are_a_row() -> None:
    assert isinstance(MLP(2, [3, 1])([1.0, 2.0]), Value)
    assert len(MLP(2, [3, 2])([1.0, 2.0])) == 2


def test_a_layer_of_one_neuron_in_the_middle_is_no_hindrance() -> None:
    assert isinstance(MLP(2, [1, 1])([1.0, 2.0]), Value)
    assert isinstance(Sequential(MLP(2, [1]), Layer(1, 1))([1.0, 2.0]), Value)


def test_a_chain_takes_functions_of_a_row() -> None:
    out = Sequential(Layer(2, 3), softmax)([1.0, 2.0])
    assert math.fsum(data(out)) == pytest.approx(1.0, rel=1e-15)


def test_a_batch_goes_through_each_layer_as_a_whole() -> None:
    class Centred(Module):
        def batch(self, rows: Any) -> list[Any]:
            means = [autograd.mean(column) for column in zip(*rows, strict=True)]
            return [[x - m for x, m in zip(row, means, strict=True)] for row in rows]

    first, last = Layer(2, 2, rng=0), Layer(2, 1, rng=1)
    chain = Sequential(first, Centred(), last)
    outs = chain.batch([[1.0, 2.0], [3.0, -1.0], [0.0, 0.0]])
    assert math.fsum(data(outs)) == pytest.approx(0.0, abs=1e-15)


@pytest.mark.parametrize(
    "row",
    [(1.0, 2.0), np.array([1.0, 2.0]), [np.float64(1.0), 2], np.array([1, 2])],
    ids=["tuple", "array", "mixed", "array of ints"],
)
def test_rows_may_be_lists_tuples_or_arrays(row: Any) -> None:
    model = MLP(2, [3, 1], rng=0)
    assert model(row).data == model([1.0, 2.0]).data


def test_a_number_may_stand_for_a_row_of_one() -> None:
    model = MLP(1, [3, 1], rng=0)
    assert model(0.5).data == model([0.5]).data == model(Value(0.5)).data


# Random numbers -----------------------------------------------------------------------------------


def test_a_seed_fixes_every_number_and_another_gives_others() -> None:
    one, same, other = (MLP(2, [4, 1], rng=seed).state_dict() for seed in (1, 1, 2))
    assert one == same
    assert not set(one.values()) & set(other.values()) - {0.0}


def test_without_a_seed_no_two_models_are_alike() -> None:
    assert MLP(2, [4, 1]).state_dict() != MLP(2, [4, 1]).state_dict()


def test_neurons_of_a_layer_begin_differently() -> None:
    weights = [w.data for neuron in Layer(3, 5, rng=0).neurons for w in neuron.w]
    assert len(set(weights)) == 15


def test_a_generator_goes_on_where_it_was() -> None:
    rng = Random(3)
    first, second = Layer(2, 2, rng=rng), Layer(2, 2, rng=rng)
    assert first.state_dict() != second.state_dict()


# Wrong input --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: MLP(2, [3, 1])([1.0, 2.0, 3.0]), r"Layer\(2, 3.*\) has 2 inputs, and got 3 num"),
        (lambda: Neuron(3)([1.0]), r"Neuron\(3\) has 3 inputs, and got 1 number"),
        (lambda: MLP(2, [3, 1])(5.0), r"has 2 inputs, and got 1 number"),
        (lambda: MLP(2, [3, 1], "rleu"), r"activation: .* one of linear, relu, .* got str 'rleu'"),
        (lambda: MLP(2, [3, 1], init="xavier"), r"init: .* uniform, normal, .* got str 'xavier'"),
        (lambda: MLP(2, []), r"MLP: nouts lists no layer; expected such as \[16, 16, 1\]"),
        (lambda: Layer(0, 3), r"Layer: nin must be a whole number from 1 on, got int 0"),
        (lambda: Layer(2, 2.5), r"Layer: nout must be a whole number from 1 on, got float 2.5"),
        (lambda: Layer(2, 2, rng="0"), r"rng: expected a random.Random, .* got str '0'"),
    ],
    ids=range(9),
)
def test_wrong_input_is_named_with_its_numbers(call: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        call()


def test_the_last_layer_of_an_mlp_is_linear() -> None:
    model = MLP(2, [1], activation="tanh", init=lambda rng, nin, nout: 10.0)
    assert model([1.0, 2.0]).data == 30.0


@pytest.mark.parametrize(
    "use",
    [
        MLP(2, [1]),
        Neuron(2, fused=False),
        LayerNorm(2),
        RMSNorm(2),
        lambda row: BatchNorm(2).batch([[1.0, 2.0], row]),
        lambda row: Attention(2)([[1.0, 2.0], row]),
    ],
    ids=["MLP", "Neuron", "LayerNorm", "RMSNorm", "BatchNorm", "Attention"],
)
@pytest.mark.parametrize("wrong", [None, "a", 2j], ids=repr)
def test_what_is_no_number_in_a_row_is_refused(use: Any, wrong: Any) -> None:
    with pytest.raises(TypeError, match=r"expected a real number|unsupported operands"):
        use([1.0, wrong])


def test_a_batch_in_place_of_a_row_is_refused_with_the_way_to_do_it() -> None:
    with pytest.raises(ValueError, match=r"got 3 numbers; .* a batch model.batch\(rows\)"):
        MLP(2, [3, 1])([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])


def test_a_row_in_place_of_a_batch_is_refused_with_the_way_to_do_it() -> None:
    with pytest.raises(ValueError, match=r"2 inputs, and got 1 number; one row is model\(row\)"):
        MLP(2, [3, 1]).batch([1.0, 2.0])


@pytest.mark.parametrize("wrong", [None, "ab", {1.0, 2.0}, {"x": 1.0, "y": 2.0}, 5j], ids=str)
def test_what_is_no_row_is_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"Neuron\(2\) has 2 inputs, and got"):
        Neuron(2)(wrong)


def test_an_array_without_axes_is_one_number() -> None:
    neuron = Neuron(1, rng=0)
    assert neuron(np.array(3.0)).data == neuron(3.0).data


def test_sizes_of_layers_may_be_an_array() -> None:
    assert repr(MLP(2, np.array([3, 1]))) == "MLP(2, [3, 1])"


def test_sizes_and_seeds_may_be_numpy_integers() -> None:
    model = MLP(np.int64(2), [np.int64(3), np.int64(1)], rng=np.int64(7))  # type: ignore[arg-type]
    assert model.state_dict() == MLP(2, [3, 1], rng=7).state_dict()


@pytest.mark.parametrize(
    "rows", [{3.0, 1.0}, {3.0: 1}, iter([[1.0]]), "12"], ids=["set", "dict", "iterator", "text"]
)
def test_a_batch_is_a_list_and_nothing_else_that_can_be_iterated(rows: Any) -> None:
    for model in (Neuron(1), Layer(1, 2), MLP(1, [2])):
        with pytest.raises(TypeError, match="expected a list of rows, got"):
            model.batch(rows)
