"""The picture as data: which boxes and arrows there are."""

from __future__ import annotations

from typing import Any

import pytest

import nn
from autograd import Value, dot, gradients, mean, where
from autograd.pictures.model import Arrow, Box, Lumped, Scene, pictured
from autograd.pictures.names import named


def scene_of(*results: Value, names: object = None, **options: Any) -> Scene:
    return pictured(results, named(names), **options)


def arrows(scene: Scene) -> list[tuple[str, str]]:
    return [(arrow.tail, arrow.head) for arrow in scene.arrows]


def boxes(scene: Scene) -> dict[str, Box]:
    return {box.id: box for box in scene.boxes if isinstance(box, Box)}


def lumps(scene: Scene) -> list[Lumped]:
    return [box for box in scene.boxes if isinstance(box, Lumped)]


# Small graphs -----------------------------------------------------------------------------------


def test_a_leaf_is_one_box() -> None:
    assert scene_of(Value(3.0, label="x")).boxes == [
        Box("n0", "leaf", "x", "", 3.0, 0.0, (), result=True)
    ]


def test_a_node_is_named_by_its_place_in_the_topological_order() -> None:
    x, y = Value(2.0), Value(3.0)
    assert arrows(scene_of((x - y) * x)) == [("n0", "n2"), ("n1", "n2"), ("n2", "n3"), ("n0", "n3")]


def test_a_box_has_the_data_the_gradient_and_the_symbol() -> None:
    x = Value(2.0)
    out = x * 3.0
    out.backward()
    box = boxes(scene_of(out))["n1"]
    assert (box.kind, box.symbol, box.data, box.grad, box.result) == (
        "operation",
        "*",
        6.0,
        1.0,
        True,
    )


def test_an_operand_used_twice_has_two_arrows() -> None:
    a = Value(3.0)
    assert scene_of(a * a).arrows == [
        Arrow("e1.0", "n0", "n1", 3.0),
        Arrow("e1.1", "n0", "n1", 3.0),
    ]


def test_a_constant_is_a_box_in_its_place_among_the_operands() -> None:
    scene = scene_of(2 - Value(3.0))
    assert arrows(scene) == [("c1.0", "n1"), ("n0", "n1")]
    assert boxes(scene)["c1.0"].kind == "constant"


def test_an_edge_that_is_switched_off_says_so() -> None:
    (arrow,) = scene_of(Value(-1.0).relu()).arrows
    assert arrow.off
    assert arrow.partial is None


def test_the_branch_that_was_not_taken_is_switched_off() -> None:
    a, b = Value(1.0, "a"), Value(2.0, "b")
    off = {arrow.tail: arrow.off for arrow in scene_of(where(True, a, b)).arrows}
    assert off == {"c2.0": False, "n0": False, "n1": True}


def test_a_label_comes_before_a_name() -> None:
    x, y = Value(1.0, label="mine"), Value(2.0)
    out = x + y
    assert [box.name for box in boxes(scene_of(out, names=locals())).values()] == [
        "mine",
        "y",
        "out",
    ]


def test_parameters_of_a_module_are_a_kind_of_their_own() -> None:
    neuron = nn.Neuron(1, rng=0)
    kinds = {box.name: box.kind for box in boxes(scene_of(neuron([2.0]), names=neuron)).values()}
    assert kinds == {"w.0": "parameter", "b": "parameter", "": "operation"}


def test_a_gradient_is_drawn_like_any_other_value() -> None:
    x = Value(2.0, label="x")
    scene = scene_of(gradients(x**3, x))
    assert boxes(scene)["n0"].name == "x"
    assert [box.data for box in scene.boxes if box.result] == [12.0]


def test_several_results_share_what_they_were_computed_from() -> None:
    x = Value(2.0)
    scene = scene_of(x + 1.0, x * x)
    assert [box.result for box in scene.boxes] == [False, False, True, True]


# Dot products written out -----------------------------------------------------------------------


def test_a_dot_product_is_one_node() -> None:
    scene = scene_of(dot([Value(1.0), Value(2.0)], [3.0, 4.0], start=Value(5.0)))
    assert [box.symbol for box in scene.boxes if box.symbol] == ["dot"]


def test_a_dot_product_can_be_written_out_as_products_and_their_sum() -> None:
    scene = scene_of(dot([Value(2.0), Value(3.0)], [5.0, 7.0], start=Value(1.0)), fused=False)
    made = [
        (box.id, box.symbol, box.data) for box in scene.boxes if isinstance(box, Box) and box.symbol
    ]
    assert made == [("n3.0", "*", 10.0), ("n3.1", "*", 21.0), ("n3", "Σ", 32.0)]
    assert arrows(scene) == [
        ("n0", "n3.0"),
        ("c3.2", "n3.0"),
        ("n3.0", "n3"),
        ("n1", "n3.1"),
        ("c3.3", "n3.1"),
        ("n3.1", "n3"),
        ("n2", "n3"),
    ]


def test_the_arrows_of_a_written_out_dot_product_multiply_to_its_partials() -> None:
    w = Value(2.0)
    out = dot([w], [5.0])
    partials = {arrow.id: arrow.partial for arrow in scene_of(out, fused=False).arrows}
    assert partials == {"e1.0": 5.0, "e1.1": None, "n1.0-n1": 1.0}


# Large graphs: parts of a model -----------------------------------------------------------------


@pytest.fixture
def mlp() -> nn.MLP:
    return nn.MLP(2, [3, 3, 1], rng=0)


def loss_of(mlp: nn.MLP, rows: int = 1) -> Value:
    return sum((mlp([float(i), 1.0]) - 1.0) ** 2 for i in range(rows))


def test_within_the_budget_every_node_has_a_box(mlp: nn.MLP) -> None:
    scene = scene_of(loss_of(mlp), names=mlp)
    assert not lumps(scene)
    assert scene.summary == ""
    assert len(scene.boxes) == scene.needed


def test_neurons_are_drawn_as_boxes_if_they_are_few_enough(mlp: nn.MLP) -> None:
    scene = scene_of(loss_of(mlp), names=mlp, budget=20)
    assert sorted(box.path for box in lumps(scene)) == [
        *[f"layers.0.neurons.{i}" for i in range(3)],
        *[f"layers.1.neurons.{i}" for i in range(3)],
        "layers.2.neurons.0",
    ]


def test_layers_are_drawn_as_boxes_if_neurons_are_too_many(mlp: nn.MLP) -> None:
    scene = scene_of(loss_of(mlp), names=mlp, budget=10)
    assert sorted(box.path for box in lumps(scene)) == ["layers.0", "layers.1", "layers.2"]


def test_a_layer_counts_what_is_in_it(mlp: nn.MLP) -> None:
    scene = scene_of(loss_of(mlp), names=mlp, budget=10)
    counts = {box.path: dict(box.counts) for box in lumps(scene)}
    assert counts["layers.1"] == {"parameters": 12, "dot": 3, "relu": 3}


def test_a_neuron_shows_the_number_that_it_gives(mlp: nn.MLP) -> None:
    out = mlp([1.0, 2.0])
    scene = scene_of(out, names=mlp, budget=10)
    (last,) = [box for box in lumps(scene) if box.result]
    assert last.data == (out.data, out.data)


def test_a_part_can_be_opened(mlp: nn.MLP) -> None:
    scene = scene_of(loss_of(mlp), names=mlp, budget=10, expand="layers.0")
    assert sorted(box.path for box in lumps(scene)) == [
        *[f"layers.0.neurons.{i}" for i in range(3)],
        "layers.1",
        "layers.2",
    ]


def test_a_part_within_a_part_is_opened_with_what_contains_it(mlp: nn.MLP) -> None:
    scene = scene_of(loss_of(mlp), names=mlp, budget=10, expand=["layers.0.neurons.1", "layers.2"])
    assert sorted(box.path for box in lumps(scene)) == [
        "layers.0.neurons.0",
        "layers.0.neurons.2",
        "layers.1",
        "layers.2.neurons.0",
    ]
    assert {box.name for box in boxes(scene).values() if box.kind == "parameter"} == {
        f"layers.0.neurons.1.{name}" for name in ("w.0", "w.1", "b")
    }


def test_an_unknown_part_is_refused_and_the_known_ones_named(mlp: nn.MLP) -> None:
    with pytest.raises(ValueError, match=r"expand='layers\.9': .* there are layers\.0, layers\.1"):
        scene_of(loss_of(mlp), names=mlp, expand="layers.9")


def test_where_no_part_has_a_name_the_refusal_says_how_to_name_them(mlp: nn.MLP) -> None:
    with pytest.raises(ValueError, match="say names=model"):
        scene_of(loss_of(mlp), expand="layers.0")


def test_a_neuron_that_was_written_out_is_in_its_box_with_all_its_sums() -> None:
    neuron = nn.Sequential(nn.Layer(4, 1, "tanh", fused=False, rng=0))
    scene = scene_of(neuron([1.0, 2.0, 3.0, 4.0]), names=neuron, budget=5)
    assert dict(lumps(scene)[0].counts) == {
        "parameters": 5,
        "*": 4,
        "+": 4,
        "tanh": 1,
        "constants": 4,
    }


def test_arrows_between_boxes_of_many_are_one_that_says_for_how_many(mlp: nn.MLP) -> None:
    scene = scene_of(loss_of(mlp), names=mlp, budget=10)
    by_id = {box.id: box.name for box in lumps(scene)}
    times = {(by_id.get(a.tail), by_id.get(a.head)): a.times for a in scene.arrows}
    assert times["layers.0", "layers.1"] == 9


# Large graphs: what is alike --------------------------------------------------------------------


def test_what_was_computed_alike_is_one_box() -> None:
    xs = [Value(float(i), label=f"x{i}") for i in range(50)]
    scene = scene_of(dot([x.tanh() for x in xs], [1.0] * 50))
    assert [(box.symbol, box.title) for box in lumps(scene)] == [("", "x[…]"), ("tanh", "50 times")]


def test_a_running_total_is_one_box() -> None:
    total = Value(0.0, label="start")
    for i in range(200):
        total = total + Value(float(i), label=f"x{i}")
    scene = scene_of(total * 2.0)
    assert [box.title for box in lumps(scene)] == ["x[…]", "200 times"]


def test_weights_of_two_layers_are_two_boxes(mlp: nn.MLP) -> None:
    leaves = [box.title for box in lumps(scene_of(loss_of(mlp), budget=20))]
    assert {"9 leaves", "12 leaves", "4 leaves"} <= set(leaves)


def test_a_batch_goes_through_one_model(mlp: nn.MLP) -> None:
    scene = scene_of(loss_of(mlp, rows=60), names=mlp, budget=10)
    assert [box.title for box in lumps(scene)] == [
        "layers.2",
        "layers.1",
        "layers.0",
        "60 times",
        "60 times",
        "59 times",
    ]


def test_the_boxes_stand_for_every_node(mlp: nn.MLP) -> None:
    scene = scene_of(loss_of(mlp, rows=60), names=mlp, budget=12)
    stood_for = sum(sum(n for kind, n in box.counts if kind != "constants") for box in lumps(scene))
    alone = [box for box in boxes(scene).values() if box.kind != "constant"]
    assert stood_for + len(alone) == scene.nodes


# Large graphs: the rest -------------------------------------------------------------------------


def logistic(steps: int) -> Value:
    x = Value(0.5, label="x")
    for _ in range(steps):
        x = x * 3.7 * (1.0 - x)
    return x


def test_of_a_long_computation_the_end_is_shown_and_the_rest_by_operation() -> None:
    scene = scene_of(logistic(1000))
    assert len(scene.boxes) <= 100
    assert {box.symbol for box in lumps(scene)} == {"*", "-"}
    assert scene.boxes[-1].result


@pytest.mark.parametrize("budget", [1, 2, 10, 1000])
def test_any_budget_gives_a_picture(budget: int, mlp: nn.MLP) -> None:
    assert scene_of(logistic(100) + loss_of(mlp), names=mlp, budget=budget).boxes


def test_a_very_deep_graph_is_summed_up() -> None:
    x = Value(0.5)
    for _ in range(50_000):
        x = x.sin()
    assert len(scene_of(x).boxes) <= 100


def test_the_summary_says_how_much_was_drawn_together_and_how_to_see_it(mlp: nn.MLP) -> None:
    assert scene_of(loss_of(mlp), names=mlp, budget=10).summary == (
        "3 boxes stand for 38 of 41 values: expand='layers.2' opens one; budget=50 shows all"
    )


def test_the_summary_promises_nothing_where_no_budget_shows_all() -> None:
    assert scene_of(logistic(1000)).summary.endswith(" of 3,001 values")


def test_parameters_and_other_leaves_are_never_in_one_box() -> None:
    norm = nn.LayerNorm(4)
    out = dot(norm([Value(float(i)) for i in range(4)]), [1.0] * 4)
    for budget in 1, 5, 10, 20, 40:
        for box in lumps(scene_of(out, names=norm, budget=budget)):
            assert not {"parameters", "leaves"} <= set(dict(box.counts))


# Many arrows ------------------------------------------------------------------------------------


def mean_of_means(steps: int) -> Value:
    """Each is the mean of all before it."""
    xs = [Value(float(i)) for i in range(9)]
    for _ in range(steps):
        xs.append(mean(xs))
    return xs[-1]


def test_few_boxes_with_many_arrows_are_summed_up_too() -> None:
    scene = scene_of(mean_of_means(20))
    assert lumps(scene)
    assert len(scene.arrows) <= 300


def test_the_budget_said_to_show_all_shows_all_and_a_smaller_one_does_not() -> None:
    out = mean_of_means(20)
    needed = scene_of(out).needed
    assert not lumps(scene_of(out, budget=needed))
    assert lumps(scene_of(out, budget=needed - 1))


def test_many_arrows_between_the_same_boxes_are_one() -> None:
    x = Value(2.0)
    (arrow,) = scene_of(dot([x] * 50, [x] * 50)).arrows
    assert arrow.times == 100


def test_a_range_with_nan_in_it_is_nan() -> None:
    xs = [Value(float(i)) for i in range(200)]
    xs[7].data = float("nan")
    (leaves,) = lumps(scene_of(dot(xs, [1.0] * 200)))
    assert leaves.data[0] != leaves.data[0]
