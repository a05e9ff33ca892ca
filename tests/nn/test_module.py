"""Module: how parameters and modules are found, kept as plain numbers, and shown."""

from __future__ import annotations

import copy
import pickle
from typing import Any, ClassVar

import numpy as np
import pytest

from autograd import Value
from nn import MLP, Layer, Module, Neuron, Sequential


class Everything(Module):
    """A module with parameters wherever they may be."""

    buffers: ClassVar = ("measured",)

    def __init__(self) -> None:
        self.scale = Value(1.0)
        self.rows = [[Value(2.0), Value(3.0)], (Value(4.0),)]
        self.named = {"a": Value(5.0), "inner": Neuron(1, init="zeros")}
        self.shared = self.scale
        self.size = 7  # a plain number is no parameter
        self.last = self.scale * 2.0  # nor is a result
        self.measured = [0.5, 0.25]

    def __call__(self, row: Any) -> Any:
        return self.scale * row


def names(module: Module) -> list[str]:
    return [name for name, _ in module.named_parameters()]


def test_parameters_are_found_in_attributes_and_containers_and_modules_each_once() -> None:
    assert names(Everything()) == [
        "scale",
        "rows.0.0",
        "rows.0.1",
        "rows.1.0",
        "named.a",
        "named.inner.w.0",
        "named.inner.b",
    ]


def test_parameters_of_an_mlp_have_dotted_names() -> None:
    assert names(MLP(2, [2, 1])) == [
        "layers.0.neurons.0.w.0",
        "layers.0.neurons.0.w.1",
        "layers.0.neurons.0.b",
        "layers.0.neurons.1.w.0",
        "layers.0.neurons.1.w.1",
        "layers.0.neurons.1.b",
        "layers.1.neurons.0.w.0",
        "layers.1.neurons.0.w.1",
        "layers.1.neurons.0.b",
    ]


def test_a_module_that_contains_itself_is_walked_over_once() -> None:
    module = Everything()
    module.rows.append(module)  # type: ignore[arg-type]
    assert len(module.parameters()) == 7
    assert [name for name, _ in module.named_modules()] == ["", "named.inner"]


def test_a_shared_layer_has_its_parameters_once() -> None:
    layer = Layer(2, 2)
    assert len(Sequential(layer, layer).parameters()) == 6


def test_zero_grad_forgets_every_gradient() -> None:
    model = MLP(2, [3, 1], rng=0)
    model([1.0, 2.0]).backward()
    assert any(p.grad for p in model.parameters())
    model.zero_grad()
    assert not any(p.grad for p in model.parameters())


def test_train_and_eval_reach_every_module() -> None:
    module = Everything()
    assert module.eval() is module
    assert [part.training for _, part in module.named_modules()] == [False, False]
    module.train()
    assert [part.training for _, part in module.named_modules()] == [True, True]


def test_a_batch_is_row_by_row_unless_a_module_says_otherwise() -> None:
    model = MLP(2, [3, 1], rng=0)
    rows = [[1.0, 2.0], [-3.0, 0.5]]
    assert [out.data for out in model.batch(rows)] == [model(row).data for row in rows]


def test_what_a_module_does_must_be_said() -> None:
    with pytest.raises(NotImplementedError, match="Module must say in __call__"):
        Module()([1.0])


# State --------------------------------------------------------------------------------------------


def test_the_state_holds_parameters_and_buffers_as_plain_numbers() -> None:
    state = Everything().state_dict()
    assert {type(number) for number in state.values()} == {float}
    assert state["rows.1.0"] == 4.0
    assert (state["measured.0"], state["measured.1"]) == (0.5, 0.25)


def test_loading_a_state_gives_every_number_to_the_same_values() -> None:
    one, other = Everything(), Everything()
    for i, p in enumerate(one.parameters()):
        p.data = 0.1 * i
    one.measured[:] = [8.0, 9.0]
    parameters, measured = other.parameters(), other.measured
    other.load_state_dict(one.state_dict())
    assert other.state_dict() == one.state_dict()
    assert other.parameters() == parameters
    assert other.measured is measured


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda state: state.pop("rows.0.1"), "no number for rows.0.1"),
        (lambda state: state.update(extra=1.0), "a number for extra, and .* no such part"),
        (lambda state: state.update({"named.a": "5"}), "the state at named.a: .* 'str' |named.a"),
    ],
    ids=["missing", "surplus", "text"],
)
def test_a_state_that_does_not_fit_is_refused_and_changes_nothing(
    change: Any, message: str
) -> None:
    module = Everything()
    before = module.state_dict()
    state = {name: number + 1.0 for name, number in before.items()}
    change(state)
    with pytest.raises((ValueError, TypeError), match=message):
        module.load_state_dict(state)
    assert module.state_dict() == before


@pytest.mark.parametrize("state", [None, [0.5, 1.0]], ids=["None", "list"])
def test_a_state_is_a_dict(state: Any) -> None:
    with pytest.raises(TypeError, match=r"expected what state_dict\(\) gave, a dict, got"):
        Everything().load_state_dict(state)


def test_a_model_can_be_copied_and_pickled() -> None:
    model = MLP(2, [3, 1], "tanh", rng=0)
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert twin.state_dict() == model.state_dict()
        assert not set(map(id, twin.parameters())) & set(map(id, model.parameters()))
        assert twin([1.0, 2.0]).data == model([1.0, 2.0]).data


# What it looks like -------------------------------------------------------------------------------


def test_a_module_is_shown_as_the_call_that_makes_it() -> None:
    model = Sequential(Layer(2, 3, "relu"), Neuron(3, fused=False))
    assert repr(model) == "Sequential(Layer(2, 3, activation='relu'), Neuron(3, fused=False))"


def test_settings_are_the_arguments_but_for_those_that_drew_the_numbers() -> None:
    settings = MLP(2, [3, 1], "tanh", init="he", rng=1).settings()
    assert settings == {
        "nin": 2,
        "nouts": [3, 1],
        "activation": "tanh",
        "output": "linear",
        "fused": True,
    }


def test_a_module_that_forgot_an_argument_can_still_be_shown() -> None:
    class Forgetful(Module):
        def __init__(self, size: int) -> None:
            self.weight = Value(float(size))

    assert repr(Forgetful(3)) == "Forgetful()"


def test_the_summary_has_a_line_for_each_layer_and_the_total() -> None:
    table = Sequential(Layer(4, 3), MLP(3, [2, 1])).summary()
    assert table.headings == ("layer", "kind", "shape", "parameters")
    assert table.rows == [
        ("layers.0", "Layer", "4 -> 3", 15),
        ("layers.1.layers.0", "Layer", "3 -> 2", 8),
        ("layers.1.layers.1", "Layer", "2 -> 1", 3),
        ("total", "", "", 26),
    ]


def test_parameters_beside_the_layers_have_a_line_of_their_own_in_the_summary() -> None:
    rows = Everything().summary().rows
    assert rows == [
        ("", "Everything", "", 5),
        ("named.inner", "Neuron", "1 -> 1", 2),
        ("total", "", "", 7),
    ]


def test_a_shared_layer_is_counted_once_in_the_summary() -> None:
    layer = Layer(2, 2)
    assert [row[-1] for row in Sequential(layer, Sequential(layer)).summary().rows] == [6, 6]


def test_a_module_with_an_array_among_its_settings_can_be_shown() -> None:
    class Holder(Module):
        def __init__(self, w: Any = None) -> None:
            self.w = w

    assert repr(Holder(np.zeros(2))) == "Holder(w=array([0., 0.]))"
