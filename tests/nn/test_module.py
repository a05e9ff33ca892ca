"""Module: how parameters and modules are found, kept as plain numbers, and shown."""

from __future__ import annotations

import copy
import pickle
from collections import deque
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pytest

from autograd import TraceError, Value, jit
from nn import MLP, SGD, Dropout, Layer, Module, Neuron, Sequential, fit, load, save

if TYPE_CHECKING:
    from pathlib import Path


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


# Arrays of parameters -----------------------------------------------------------------------------


class Matrix(Module):
    """A row times an object array of Values."""

    def __init__(self) -> None:
        self.w = np.array([[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]])
        self.b = Value(0.5)

    def __call__(self, row: Any) -> Any:
        return (self.w @ np.array(row)).sum() + self.b


POINTS = ([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0.0, 1.0, 2.0])


def test_parameters_in_an_array_are_found_row_by_row_with_the_names_of_nested_lists() -> None:
    model = Matrix()
    assert names(model) == ["w.0.0", "w.0.1", "w.1.0", "w.1.1", "b"]
    assert model.parameters() == [*model.w.flat, model.b]


def test_an_array_without_axes_holds_one_parameter() -> None:
    model = Matrix()
    model.w = np.array(Value(2.0))
    assert names(model) == ["w", "b"]


def test_a_part_of_an_array_is_there_once() -> None:
    model = Matrix()
    model.column = model.w[:, 0]  # type: ignore[attr-defined]
    assert len(model.parameters()) == 5


def test_layers_in_an_array_are_modules_of_the_model() -> None:
    model = Matrix()
    model.w = np.array([Neuron(1), None], dtype=object)
    assert names(model) == ["w.0.w.0", "w.0.b", "b"]


def test_an_array_of_plain_numbers_has_no_parameters() -> None:
    model = Matrix()
    model.w = np.ones((2, 2))
    assert names(model) == ["b"]


@pytest.mark.parametrize("compile", [True, False])
def test_training_changes_all_parameters_of_an_array(compile: bool) -> None:
    model = Matrix()
    before = model.state_dict()
    history = fit(
        model, POINTS, optimizer=SGD(model.parameters(), lr=0.05), epochs=5, compile=compile
    )
    assert history.losses[-1] < history.losses[0]
    assert all(number != before[name] for name, number in model.state_dict().items())


def test_training_a_part_of_an_array_leaves_the_rest_as_it_was() -> None:
    model = Matrix()
    fit(model, POINTS, optimizer=SGD([*model.w[0]], lr=0.05), epochs=5)
    assert [p.data for p in model.w[1]] == [3.0, 4.0]
    assert model.w[0, 0].data != 1.0


def test_zero_grad_reaches_into_arrays() -> None:
    model = Matrix()
    model([1.0, 2.0]).backward()
    model.zero_grad()
    assert not any(p.grad for p in model.w.flat)


def test_a_model_with_an_array_is_saved_and_loaded(tmp_path: Path) -> None:
    model, again = Matrix(), Matrix()
    for p in model.parameters():
        p.data *= -1.5
    save(model, tmp_path / "model.json")
    load(tmp_path / "model.json", into=again)
    assert again.state_dict() == model.state_dict()


def test_a_model_with_an_array_is_copied_and_pickled_with_values_of_its_own() -> None:
    model = Matrix()
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert twin.state_dict() == model.state_dict()
        assert not set(map(id, twin.parameters())) & set(map(id, model.parameters()))


def test_the_summary_counts_the_parameters_of_arrays() -> None:
    assert Matrix().summary().rows[-1] == ("total", "", "", 5)


# What only looks like a parameter -----------------------------------------------------------------


class Holder(Module):
    """A module with anything in it."""

    def __init__(self, *held: Any) -> None:
        self.held = held[0] if len(held) == 1 else list(held)


@pytest.mark.parametrize("made", [deque, lambda xs: dict(enumerate(xs)).values()])
def test_all_that_has_an_order_is_looked_into_like_a_list(made: Any) -> None:
    assert names(Holder(made([Value(1.0), Value(2.0)]))) == ["held.0", "held.1"]


@pytest.mark.parametrize("kind", [set, frozenset])
@pytest.mark.parametrize("part", [Value(1.0), Neuron(1)], ids=["Value", "Module"])
def test_parameters_in_a_set_are_refused_and_the_set_is_named(kind: Any, part: Any) -> None:
    model = Sequential(Holder({"a": kind([part])}))
    expected = r"layers\.0\.held\.a has parameters in a set, which has no order: write a list"
    with pytest.raises(TypeError, match=expected):
        model.parameters()


def test_a_set_of_something_else_is_no_trouble() -> None:
    assert names(Holder({"a", "b"}, Value(1.0))) == ["held.1"]


def test_a_result_in_the_place_of_a_parameter_is_named_with_what_it_is_the_result_of() -> None:
    expected = r"Holder\.held holds the result of mul, not a leaf.* Value\(.*\.detach\(\)"
    with pytest.warns(UserWarning, match=expected):
        assert Holder(0.1 * Value(2.0)).parameters() == []


@pytest.mark.parametrize("ask", [Module.zero_grad, Module.state_dict, Module.summary])
def test_no_result_is_passed_over_without_a_word(ask: Any) -> None:
    with pytest.warns(UserWarning, match="not a leaf"):
        ask(Sequential(Layer(2, 1), Holder([Value(1.0), Value(4.0).sqrt()])))


def test_a_detached_result_is_a_parameter() -> None:
    assert names(Holder((0.1 * Value(2.0)).detach())) == ["held"]


def test_a_class_may_say_in_which_mode_its_modules_begin() -> None:
    class Fixed(Module):
        training = False

        def __call__(self, row: Any) -> Any:
            return row if self.training else 2.0 * row

    model = Fixed()
    f = jit(model)
    assert (model.training, f(1.0)) == (False, 2.0)
    model.train()
    assert (model.training, f(1.0), Fixed().training) == (True, 1.0, False)


def test_a_compiled_function_does_not_change_the_mode_of_a_model() -> None:
    model = Dropout(0.5)
    with pytest.raises(TraceError, match="changing whether Dropout is being trained at "):
        jit(lambda x: model.eval()(x))(1.0)
    assert model.training


def test_a_note_of_what_a_model_computed_is_neither_a_parameter_nor_an_error() -> None:
    class Noting(Module):
        def __call__(self, row: Any) -> Any:
            self.last = row
            return row

    model = Sequential(Layer(2, 3, "tanh"), Noting(), Layer(3, 1))
    model([1.0, 2.0]).backward()
    assert len(model.parameters()) == 13


def test_a_result_of_a_parameter_that_the_model_has_is_no_error() -> None:
    w = Value(3.0)
    assert names(Holder((w + 1.0) * 2.0, w)) == ["held.1"]


@pytest.mark.parametrize("shared", [Value(1.0), [Value(1.0)], Layer(1, 1)], ids=repr)
def test_parameters_of_the_class_are_refused_where_it_is_made(shared: Any) -> None:
    with pytest.raises(TypeError, match=r"Sharing\.w.* belongs to the class.* self\.w = "):
        type("Sharing", (Module,), {"w": shared})


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
        (lambda state: state.update(extra=1.0), "a number for extra, and .* has none"),
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
