"""Pictures of compiled functions, and of graphs in which a compiled function took part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import nn
from autograd import Value, detect_anomaly, draw, exp, gradients, jit, no_grad, relu, where
from autograd.pictures.model import Box, Lumped

if TYPE_CHECKING:
    from autograd.pictures import Picture


class Line:
    """A line w * x + b, of which `at` is compiled."""

    def __init__(self) -> None:
        self.w, self.b = Value(2.0, "w"), Value(1.0, "b")
        self.at = jit(lambda x: relu(self.w * x + self.b))


@pytest.fixture
def line() -> Line:
    return Line()


def boxes(picture: Picture) -> list[str]:
    """What stands in each box: the operation, or else the name, or else the number."""
    return [
        box.symbol or box.name or f"{box.data}" for box in picture.scene.boxes if type(box) is Box
    ]


def grads(picture: Picture) -> list[float]:
    return [box.grad for box in picture.scene.boxes if type(box) is Box and box.symbol]


def frames(picture: Picture) -> list[tuple[str, ...]]:
    """The frames that operations stand in."""
    return [box.parts for box in picture.scene.boxes if type(box) is Box and box.symbol]


# A function ---------------------------------------------------------------------------------------


def test_a_compiled_function_is_drawn_as_the_function_is(line: Line) -> None:
    compiled, eager = draw(line.at, 3.0), draw(line.at.function, 3.0)
    assert compiled.text == eager.text


def test_its_graph_is_drawn_as_any_result(line: Line) -> None:
    assert boxes(draw(line.at.graph(3.0))) == ["w", "x0", "*", "b", "+", "relu"]


def test_results_share_what_they_have_in_common() -> None:
    f = jit(lambda x: {"sum": exp(x) + 1.0, "product": exp(x) * 2.0})
    assert boxes(draw(f, 0.0)).count("exp") == 1


def test_a_function_that_gives_its_argument_is_one_box() -> None:
    assert boxes(draw(jit(lambda x: x), 3.0)) == ["x"]


def test_a_compiled_model_brings_the_names_of_its_parameters_along() -> None:
    neuron = nn.Neuron(1, rng=0)
    assert {"w.0", "b", "row[0]"} <= set(boxes(draw(jit(neuron), [2.0])))


def test_a_compiled_model_is_summed_up_by_its_parts() -> None:
    mlp = nn.MLP(2, [3, 1], rng=0)
    scene = draw(jit(mlp), [1.0, 2.0], budget=5).scene
    assert {box.path for box in scene.boxes if isinstance(box, Lumped)} == {"layers.0", "layers.1"}


def test_a_large_compiled_function_keeps_to_the_budget() -> None:
    def iterated(x: Value) -> Value:
        for _ in range(100):
            x = x * 3.7 * (1.0 - x)
        return x

    assert len(draw(jit(iterated), 0.5).scene.boxes) <= 100


# Without arguments --------------------------------------------------------------------------------


@jit
def halved(x: Any) -> Any:
    while x > 1.0:
        x = x / 2.0
    return x


def test_without_arguments_the_program_of_the_last_call_is_drawn() -> None:
    halved(5.0), halved(3.0)
    assert boxes(draw(halved)).count("/") == 2


def test_it_is_drawn_with_the_numbers_that_it_was_traced_with(line: Line) -> None:
    line.at(3.0), line.at(4.0)
    assert draw(line.at).text == draw(line.at, 3.0).text


def test_arguments_by_name_are_remembered_too() -> None:
    f = jit(lambda x, *, y: x * y["a"])
    f(2.0, y={"a": 5.0})
    assert {"x", "y['a']"} <= set(boxes(draw(f)))


def test_what_is_no_number_is_passed_as_it_was() -> None:
    f = jit(lambda x, how, twice: (2.0 if twice else 1.0) * (exp(x) if how == "exp" else x))
    f(0.0, "exp", twice=True)
    assert boxes(draw(f)) == ["x", "exp", "2.0", "*"]


def test_after_a_mean_over_rows_a_row_is_drawn(line: Line) -> None:
    line.at.mean([1.0, 2.0])
    assert draw(line.at).text == draw(line.at, 1.0).text


def test_before_the_first_call_there_is_nothing_to_draw(line: Line) -> None:
    with pytest.raises(ValueError, match=r"jit\(f\): there are no arguments before the first call"):
        draw(line.at)


# One box ------------------------------------------------------------------------------------------


def test_a_compiled_node_is_one_box(line: Line) -> None:
    assert boxes(draw(line.at(3.0) * 2.0)) == ["w", "b", "3.0", "jit(f)", "2.0", "*"]


def test_the_tooltip_of_a_compiled_node_says_how_to_open_it(line: Line) -> None:
    assert "expand='jit(f)' opens it" in draw(line.at(3.0) * 2.0).dot


def test_a_sum_over_rows_is_one_box_that_says_how_many(line: Line) -> None:
    boxed = boxes(draw(line.at.mean([1.0, 2.0, 3.0])))
    assert boxed == ["w", "b", "jit(f) over 3 rows"]


@pytest.mark.parametrize("path", ["jit(f)", "jit(f) over 2 rows"])
def test_a_sum_over_rows_is_not_opened_and_the_refusal_says_what_to_draw(
    path: str, line: Line
) -> None:
    with pytest.raises(ValueError, match=r"a sum over rows is one box.*draw\(f, \.\.\.\)"):
        draw(line.at.mean([1.0, 2.0]), expand=path)


# Opened -------------------------------------------------------------------------------------------


def test_an_opened_node_shows_the_operations_of_the_function_in_a_frame(line: Line) -> None:
    picture = draw(line.at(3.0) * 2.0, expand="jit(f)")
    assert boxes(picture) == ["w", "b", "3.0", "*", "+", "relu", "2.0", "*"]
    assert frames(picture) == [("jit(f)",)] * 3 + [()]


def test_arrows_lead_into_the_frame_and_out_of_it(line: Line) -> None:
    opened, eager = (
        draw(f(3.0) * 2.0, expand=expand).scene
        for f, expand in ((line.at, "jit(f)"), (line.at.function, ()))
    )
    assert len(opened.arrows) == len(eager.arrows)
    assert {arrow.partial for arrow in opened.arrows} == {arrow.partial for arrow in eager.arrows}


def test_gradients_in_an_opened_node_are_those_that_came_through_it(line: Line) -> None:
    out = line.at(3.0) * 2.0
    assert grads(draw(out, expand="jit(f)")) == [0.0, 0.0, 0.0, 0.0]
    out.backward()
    assert grads(draw(out, expand="jit(f)")) == [2.0, 2.0, 2.0, 1.0]


def test_before_a_backward_pass_gradients_are_0_where_derivatives_are_infinite() -> None:
    root = jit(lambda x: x**0.5)
    assert grads(draw(root(Value(0.0)) * 2.0, expand="jit(f)")) == [0.0, 0.0]


def test_opening_a_node_changes_nobodys_gradient(line: Line) -> None:
    out = line.at(3.0) * 2.0
    out.backward()
    draw(out, expand="jit(f)")
    assert (line.w.grad, line.b.grad) == (6.0, 2.0)


def test_an_opened_node_keeps_its_name(line: Line) -> None:
    h = line.at(3.0)
    named = [
        (box.name, box.symbol)
        for box in draw(h * 2.0, names={"h": h}, expand="jit(f)").scene.boxes
        if isinstance(box, Box) and box.name
    ]
    assert named == [("w", ""), ("b", ""), ("h", "relu")]


def test_of_several_calls_each_has_a_number(line: Line) -> None:
    picture = draw(line.at(1.0) + line.at(2.0), expand="jit(f).1")
    assert boxes(picture).count("jit(f)") == 1
    assert set(frames(picture)) == {(), ("jit(f).1",)}


def test_all_calls_of_a_function_are_opened_together(line: Line) -> None:
    picture = draw(line.at(1.0) + line.at(2.0), expand="jit(f)")
    assert set(frames(picture)) == {(), ("jit(f).0",), ("jit(f).1",)}


def test_results_of_one_call_are_opened_in_one_frame() -> None:
    f: Any = jit(lambda x: [exp(x) + 1.0, exp(x) * 2.0])
    one, other = f(Value(0.0))
    picture = draw(one + other, expand="jit(f)")
    assert frames(picture) == [("jit(f)",)] * 3 + [()]


def test_what_goes_through_a_model_is_framed_by_the_parts_of_the_model() -> None:
    mlp = nn.MLP(2, [3, 1], rng=0)
    loss: Any = jit(lambda row: (mlp(row) - 1.0) ** 2)
    scene = draw(loss([1.0, 2.0]), names=mlp, expand="jit(f)").scene
    assert {part for box in scene.boxes for part in box.parts[:1]} == {"layers.0", "layers.1"}


def test_a_derivative_can_be_opened_too(line: Line) -> None:
    slope = gradients(line.at(3.0), line.w)
    assert "jit(f_derivatives)" in boxes(draw(slope))
    assert "sign" in boxes(draw(slope, expand="jit(f_derivatives)"))


def test_a_choice_is_drawn_with_the_branch_that_was_taken(line: Line) -> None:
    f = jit(lambda x: where(x > 1.0, line.w * x, line.b * x))
    off = [arrow.off for arrow in draw(f(3.0), expand="jit(f)").scene.arrows]
    assert off.count(True) == 1


def test_an_unknown_call_is_refused_and_the_known_ones_named(line: Line) -> None:
    with pytest.raises(ValueError, match=r"expand='jit\(g\)': .* there are jit\(f\)"):
        draw(line.at(3.0), expand="jit(g)")


def test_a_node_whose_operands_were_changed_is_not_opened(line: Line) -> None:
    out = line.at(3.0)
    line.w.data = 5.0
    with pytest.raises(ValueError, match=r"jit\(f\) gave 7\.0, and would give 16\.0"):
        draw(out, expand="jit(f)")


@pytest.mark.parametrize("mode", [no_grad, detect_anomaly])
def test_nodes_are_opened_in_every_mode(mode: Any, line: Line) -> None:
    out = line.at(3.0)
    with mode():
        assert boxes(draw(out, expand="jit(f)"))[-1] == "relu"


def test_an_opened_node_is_rendered(line: Line) -> None:
    assert ">jit(f)</text>" in draw(line.at(3.0) * 2.0, expand="jit(f)").svg
