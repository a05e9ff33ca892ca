"""How boxes and arrows look, as DOT text."""

from __future__ import annotations

import re
from typing import Any

import pytest

import nn
from autograd import Value, div, draw, mean, relu
from autograd.pictures.lettering import short


def node(dot: str, name: str) -> str:
    """The line of a node."""
    return next(
        line for line in dot.splitlines() if re.match(rf'\s*"?{re.escape(name)}"? \[', line)
    )


def edge(dot: str, tail: str, head: str) -> str:
    """The line of an edge."""
    found = [
        line
        for line in dot.splitlines()
        if re.match(rf'\s*"?{re.escape(tail)}"?:e -> "?{re.escape(head)}"?:', line)
    ]
    return found[0]


def words(line: str) -> list[str]:
    """The text in the cells of a label."""
    return re.findall(r">([^<>]+)<", line.partition("<TABLE")[2])


def test_a_box_says_operation_name_data_and_grad() -> None:
    x = Value(2.0, label="x")
    out = x * 3.0
    out.label = "out"
    out.backward()
    dot = draw(out).dot
    assert words(node(dot, "n1")) == ["*", "out", "data", "6", "grad", "1"]
    assert words(node(dot, "n0")) == ["x", "data", "2", "grad", "3"]


def test_operands_arrive_in_their_order_from_top_to_bottom() -> None:
    x, y = Value(1.0), Value(2.0)
    dot = draw(y - x).dot
    assert "n0:e -> n2:p0:w" in dot  # y comes first in the topological order too
    assert "n1:e -> n2:p1:w" in dot


def test_leaf_parameter_operation_and_result_differ_in_shape_too() -> None:
    neuron = nn.Neuron(1, "tanh", rng=0)
    dot = draw(neuron, [Value(2.0)]).dot
    leaf, parameter, operation, result = (node(dot, f"n{i}") for i in (1, 0, 3, 4))
    assert 'BORDER="1"' in leaf.partition("CELLBORDER")[0]
    assert "ROUNDED" in leaf
    assert 'BORDER="2"' in parameter.partition("CELLBORDER")[0]
    assert "ROUNDED" not in operation
    assert result.count('TABLE BORDER="1"') == operation.count('TABLE BORDER="1"') + 1


def test_local_derivatives_stand_on_the_arrows_if_asked_for() -> None:
    x = Value(3.0, label="x")
    assert words(edge(draw(x * 5.0, partials=True).dot, "n0", "n1")) == ["5"]
    assert "label" not in edge(draw(x * 5.0).dot, "n0", "n1")


def test_an_edge_that_is_switched_off_is_dashed() -> None:
    line = edge(draw(relu, -1.0, partials=True).dot, "n0", "n1")
    assert 'style="dashed"' in line
    assert words(line) == ["off"]


def test_nan_and_inf_stand_out() -> None:
    dot = draw(div(Value(0.0), 0.0)).dot
    assert '<FONT COLOR="#a40e26"><B>nan</B></FONT>' in node(dot, "n1")


def test_colour_tells_sign_and_size_of_gradients() -> None:
    x, y, z = Value(1.0), Value(1.0), Value(1.0)
    out = 4.0 * x - 4.0 * y + 0.0 * z
    out.backward()
    grounds = [
        re.findall(r'BGCOLOR="(#\w+)"', line) for line in draw(out, colour=True).dot.splitlines()
    ]
    shades = {shade for ground in grounds for shade in ground}
    assert {"#f5a64a", "#6fa8e8", "#ffffff"} <= shades
    assert "#f5a64a" not in draw(out).dot


def test_the_tooltip_has_every_digit() -> None:
    line = node(draw(Value(1.0) / 3.0).dot, "n1")
    assert "data 0.3333333333333333" in line.split("tooltip=")[1]


def test_a_long_name_is_shortened_in_its_box() -> None:
    line = node(draw(Value(1.0, label="x" * 100)).dot, "n0")
    assert words(line)[0] == "x" * 27 + "…"
    assert "x" * 100 in line.split("tooltip=")[1]


def test_parts_of_a_model_have_frames() -> None:
    dot = draw(nn.MLP(1, [1, 1], rng=0), [1.0]).dot
    assert sorted(re.findall(r'subgraph "?(cluster_[\w.]+)', dot)) == [
        "cluster_layers.0",
        "cluster_layers.0.neurons.0",
        "cluster_layers.1",
        "cluster_layers.1.neurons.0",
    ]
    assert words(node(dot, "n0"))[0] == "w.0"  # its frame says of which neuron


def test_a_formula_is_drawn_from_left_to_right_and_a_long_chain_downwards() -> None:
    x = Value(0.5)
    assert 'rankdir="LR"' in draw(x.sin()).dot
    for _ in range(30):
        x = x.sin()
    assert 'rankdir="TB"' in draw(x).dot


def test_what_was_summed_up_is_said_below_the_picture() -> None:
    dot = draw(nn.MLP(2, [3, 3, 1], rng=0), [1.0, 2.0], budget=8).dot
    assert "boxes stand for" in dot


def test_a_picture_of_few_arrows_is_laid_out_with_care_and_one_of_many_in_haste() -> None:
    assert "nslimit" not in draw(mean_of_means(8)).dot
    dot = draw(mean_of_means(16)).dot
    for attribute in ('nslimit="1"', 'nslimit1="1"', 'splines="line"', 'mclimit="0.1"'):
        assert attribute in dot


def mean_of_means(steps: int) -> Value:
    """Each is the mean of all before it."""
    xs = [Value(float(i)) for i in range(9)]
    for _ in range(steps):
        xs.append(mean(xs))
    return xs[-1]


def test_only_an_arrow_from_a_constant_is_called_one() -> None:
    dot = draw(nn.MLP(2, [3, 3, 1], rng=0), [1.0, 2.0], budget=20).dot
    assert "a constant" not in dot


def test_the_text_is_the_same_every_time() -> None:
    def picture() -> Any:
        return draw(nn.MLP(2, [3, 1], rng=0), [1.0, 2.0]).dot

    assert picture() == picture()


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (-0.0, "-0"),
        (1.0, "1"),
        (-0.12345, "-0.1235"),
        (12345.6, "12346"),
        (999999.7, "1e6"),
        (1.5e300, "1.5e300"),
        (float("-inf"), "-inf"),
    ],
)
def test_numbers_are_short(number: float, text: str) -> None:
    assert short(number) == text
