"""What Values are called in pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nn
from autograd import Value
from autograd.pictures.names import home, named


def names_of(source: object) -> list[str]:
    return list(named(source).of.values())


def test_a_mapping_names_its_values() -> None:
    x, y = Value(1.0), Value(2.0)
    assert named({"x": x, "y": y, "n": 3}).of == {id(x): "x", id(y): "y"}


def test_values_in_containers_are_named_by_the_way_to_them() -> None:
    w = [Value(1.0), (Value(2.0), {"a": Value(3.0)})]
    assert names_of({"w": w}) == ["w[0]", "w[1][0]", "w[1][1]['a']"]


def test_values_in_an_array_are_named_by_their_indices() -> None:
    assert names_of({"a": np.array([[Value(1.0)], [Value(2.0)]])}) == ["a[0][0]", "a[1][0]"]


def test_a_plain_name_comes_before_a_place_in_a_list() -> None:
    x = Value(1.0)
    assert names_of({"xs": [x], "x": x}) == ["x"]


def test_names_that_ipython_keeps_results_under_are_left_out() -> None:
    x = Value(1.0)
    assert names_of({"_": x, "_7": x, "Out": {7: x}, "In": ["x"]}) == []


def test_a_list_that_contains_itself_ends() -> None:
    loop: list[Any] = [Value(1.0)]
    loop.append(loop)
    assert names_of({"loop": loop}) == ["loop[0]"]


def test_a_module_names_its_parameters_and_says_where_they_are() -> None:
    mlp = nn.MLP(1, [1])
    assert named(mlp).of[id(mlp.layers[0].neurons[0].b)] == "layers.0.neurons.0.b"
    assert named(mlp).homes[id(mlp.layers[0].neurons[0].w[0])] == "layers.0.neurons.0"


def test_a_module_in_a_mapping_has_its_name_in_front() -> None:
    assert names_of({"model": nn.Neuron(1)}) == ["model.w.0", "model.b"]


def test_names_may_come_from_a_module_and_a_mapping() -> None:
    x = Value(1.0)
    assert names_of([nn.Neuron(1), {"x": x}]) == ["w.0", "b", "x"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("b", ""), ("w.3", ""), ("norm.gain.2", "norm"), ("attn.wq.0.3", "attn"), ("0.1.w.2", "0.1")],
)
def test_a_parameter_is_at_home_in_the_module_above_its_list(name: str, expected: str) -> None:
    assert home(name) == expected


def test_names_that_are_neither_a_mapping_nor_a_module_are_refused() -> None:
    with pytest.raises(TypeError, match=r"such as locals\(\), or a module .* got str 'x'"):
        named("x")


def test_names_the_wrong_way_round_are_refused() -> None:
    with pytest.raises(TypeError, match="must map names to Values"):
        named({Value(1.0): "x"})
