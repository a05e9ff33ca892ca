"""`draw`, the Picture that it gives, and how Values show themselves."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import nn
from autograd import Value, draw, no_grad, sin
from autograd.pictures.render import NotRendered

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that cannot draw."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(sys.modules, "pygraphviz", None)


@pytest.fixture
def picture() -> Any:
    return draw(lambda x, y: x * y, 2.0, 3.0)


def numbers(what: Any) -> dict[str, tuple[float, float]]:
    """Data and gradient of the boxes that have names."""
    return {box.name: (box.data, box.grad) for box in what.scene.boxes if box.name}


# A function -------------------------------------------------------------------------------------


def test_a_function_is_drawn_with_its_arguments_named_and_its_gradients() -> None:
    assert numbers(draw(lambda x, y: x * y, 2.0, 3.0)) == {"x": (2.0, 3.0), "y": (3.0, 2.0)}


def test_arguments_may_be_structures() -> None:
    shown = draw(lambda p, v: p["a"] * v[1], {"a": 2.0}, np.array([5.0, 7.0]))
    assert numbers(shown) == {"p['a']": (2.0, 7.0), "v[1]": (7.0, 2.0)}


def test_an_operation_is_a_function_too() -> None:
    assert numbers(draw(sin, 0.0)) == {"x": (0.0, 1.0)}


def test_more_arguments_than_names_are_counted() -> None:
    assert set(numbers(draw(lambda x, *xs: x * xs[0], 2.0, 3.0))) == {"x", "xs[0]"}


def test_a_module_is_drawn_with_the_names_of_its_parameters() -> None:
    assert set(numbers(draw(nn.Neuron(1, rng=0), [2.0]))) == {"w.0", "b", "row[0]"}


def test_looking_at_a_model_does_not_change_its_gradients() -> None:
    neuron = nn.Neuron(1, rng=0)
    neuron.b.grad = 5.0
    shown = numbers(draw(neuron, [2.0]))
    assert shown["b"][1] == 1.0
    assert (neuron.b.grad, neuron.w[0].grad) == (5.0, 0.0)


def test_gradients_are_not_even_changed_for_a_moment() -> None:
    x = Value(3.0, label="x")
    x.grad = 5.0
    seen = []

    class Looking:
        def named_parameters(self) -> list[tuple[str, Value]]:
            seen.append(x.grad)
            return []

    assert numbers(draw(lambda y: x * y, 2.0, names=Looking()))["x"] == (3.0, 2.0)
    assert seen == [5.0]


def test_threads_may_draw_the_same_model() -> None:
    model = nn.MLP(2, [3, 1], rng=0)
    for parameter in model.parameters():
        parameter.grad = 5.0
    expected = draw(model, [1.0, 2.0]).text
    with ThreadPoolExecutor(4) as pool:
        drawn = [pool.submit(draw, model, [1.0, 2.0]) for _ in range(40)]
        assert {picture.result().text for picture in drawn} == {expected}
    assert [parameter.grad for parameter in model.parameters()] == [5.0] * 13


def test_the_gradients_shown_are_those_of_backward() -> None:
    x = Value(0.5, label="x")
    out = x.relu() * x.tanh() + (-x).relu()
    shown = [box.grad for box in draw(lambda: out).scene.boxes]
    out.backward()
    assert shown == [box.grad for box in draw(out).scene.boxes]


def test_a_function_is_recorded_within_no_grad_too() -> None:
    with no_grad():
        assert len(draw(lambda x: x * x, 2.0).scene.boxes) == 2


def test_several_results_are_drawn_with_the_gradients_that_are_there() -> None:
    assert numbers(draw(lambda x: [x * x, x + 1.0], 2.0)) == {"x": (2.0, 0.0)}


def test_a_picture_stays_as_it_was() -> None:
    x = Value(2.0, label="x")
    out = x * x
    shown = draw(out)
    out.backward()
    assert numbers(shown) == {"x": (2.0, 0.0)}


# What is refused --------------------------------------------------------------------------------


@pytest.mark.parametrize("thing", [3.0, "x", None, [], [1.0, 2.0]], ids=repr)
def test_what_has_no_record_is_refused(thing: Any) -> None:
    with pytest.raises(TypeError, match="draw: expected a Value, or a function and its arguments"):
        draw(thing)


def test_a_function_that_gives_no_value_is_refused() -> None:
    def f(x: Value) -> float:
        return 3.0

    with pytest.raises(TypeError, match=r"draw: f gave float 3\.0, which remembers no computation"):
        draw(f, 2.0)


def test_arguments_of_a_value_are_refused() -> None:
    with pytest.raises(TypeError, match="got 1 more arguments, which only a function takes"):
        draw(Value(1.0), 2.0)


def test_an_argument_that_is_no_number_is_refused_by_its_name() -> None:
    with pytest.raises(TypeError, match="draw: x: expected a number"):
        draw(lambda x: x, "text")


def test_a_function_without_its_arguments_is_refused_with_a_call_that_has_them() -> None:
    def loss(w: Any, b: Any, scale: float = 1.0) -> Any:
        return scale * w * b

    with pytest.raises(TypeError, match=r"behind it, here draw\(loss, w, b\): missing"):
        draw(loss)


@pytest.mark.parametrize("option", ["partials", "colour", "fused"])
def test_a_choice_that_is_neither_true_nor_false_is_refused(option: str) -> None:
    with pytest.raises(TypeError, match=f"draw: {option} must be True or False, got str 'yes'"):
        draw(Value(1.0), **{option: "yes"})  # type: ignore[arg-type]


@pytest.mark.parametrize("budget", [0, -1, 2.5, "many", True])
def test_a_budget_that_is_no_number_of_boxes_is_refused(budget: Any) -> None:
    with pytest.raises(ValueError, match="budget must be a whole number from 1 on"):
        draw(Value(1.0), budget=budget)


@pytest.mark.parametrize("expand", [3, None])
def test_an_expand_that_is_no_name_is_refused(expand: Any) -> None:
    with pytest.raises(TypeError, match=r"expand must be the name of a part, such as 'layers\.0'"):
        draw(Value(1.0), expand=expand)


# Files ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("suffix", "start"),
    [
        (".svg", b"<svg"),
        (".png", b"\x89PNG"),
        (".dot", b"digraph {"),
        (".html", b"<!DOCTYPE html>"),
        (".txt", b" "),
        (".SVG", b"<svg"),
    ],
)
def test_the_suffix_says_what_is_saved(
    picture: Any, tmp_path: Path, suffix: str, start: bytes
) -> None:
    picture.save(tmp_path / f"name{suffix}")
    assert (tmp_path / f"name{suffix}").read_bytes().startswith(start)
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("name", ["name.jpeg", "name"])
def test_an_unknown_suffix_is_refused_and_the_known_ones_named(picture: Any, name: str) -> None:
    with pytest.raises(ValueError, match=r"\.svg, \.png, \.dot, \.html, \.txt"):
        picture.save(name)


def test_what_is_no_name_is_refused(picture: Any) -> None:
    with pytest.raises(TypeError, match="expected the name of a file, got None"):
        picture.save(None)


@pytest.mark.usefixtures("nothing")
def test_a_file_that_cannot_be_drawn_stays_as_it_was(picture: Any, tmp_path: Path) -> None:
    (tmp_path / "name.svg").write_text("before")
    with pytest.raises(NotRendered):
        picture.save(tmp_path / "name.svg")
    assert (tmp_path / "name.svg").read_text() == "before"


def test_a_folder_that_is_not_there_is_reported_by_the_name_given(
    picture: Any, tmp_path: Path
) -> None:
    target = tmp_path / "nowhere" / "name.txt"
    with pytest.raises(FileNotFoundError) as caught:
        picture.save(target)
    assert caught.value.filename == str(target)


def test_what_a_link_leads_to_is_written(picture: Any, tmp_path: Path) -> None:
    (tmp_path / "real.txt").write_text("before")
    (tmp_path / "link.txt").symlink_to("real.txt")
    picture.save(tmp_path / "link.txt")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text() == f"{picture.text}\n"


def test_a_name_may_be_as_long_as_the_system_takes(picture: Any, tmp_path: Path) -> None:
    target = tmp_path / ("x" * 251 + ".txt")
    picture.save(target)
    assert target.exists()


def test_several_threads_may_save_the_same_file(picture: Any, tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        for saved in [pool.submit(picture.save, tmp_path / "x.txt") for _ in range(200)]:
            saved.result()
    assert [path.name for path in tmp_path.iterdir()] == ["x.txt"]


@pytest.mark.usefixtures("renderer")
def test_a_page_holds_the_drawing_and_the_text(picture: Any) -> None:
    assert "<svg" in picture.html
    assert "├─ x" in picture.html


@pytest.mark.usefixtures("nothing")
def test_a_page_holds_the_text_where_nothing_can_be_drawn(picture: Any) -> None:
    assert "<svg" not in picture.html
    assert "├─ x" in picture.html


# In a notebook ----------------------------------------------------------------------------------


@pytest.mark.usefixtures("renderer")
def test_a_picture_shows_itself_as_a_drawing_and_as_text(picture: Any) -> None:
    bundle = picture._repr_mimebundle_()
    assert bundle["image/svg+xml"] == picture.svg
    assert bundle["text/plain"] == picture.text == repr(picture)


@pytest.mark.usefixtures("nothing")
def test_where_nothing_can_be_drawn_the_text_ends_with_a_hint(picture: Any) -> None:
    bundle = picture._repr_mimebundle_()
    assert set(bundle) == {"text/plain"}
    assert bundle["text/plain"].startswith(picture.text)
    assert "pip install 'pencilgrad[viz]'" in bundle["text/plain"].splitlines()[-1]


def test_the_dot_text_needs_no_package(picture: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "graphviz", None)
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    assert picture.dot.startswith("digraph {")


def test_a_frontend_may_ask_for_text_alone(picture: Any) -> None:
    assert set(picture._repr_mimebundle_(include={"text/plain"})) == {"text/plain"}
    assert set(picture._repr_mimebundle_(exclude={"image/svg+xml"})) == {"text/plain"}


def test_too_many_boxes_are_shown_as_text() -> None:
    x = Value(1.0)
    for _ in range(1500):
        x = x.sin()
    bundle = draw(x, budget=2000)._repr_mimebundle_()
    assert set(bundle) == {"text/plain"}
    assert bundle["text/plain"].endswith("up to 1,000 are drawn: give a smaller budget")


@pytest.mark.usefixtures("renderer")
def test_a_value_shows_itself_as_a_drawing_and_as_its_number() -> None:
    value = Value(2.0) * 3.0
    bundle = value._repr_mimebundle_()
    assert bundle["image/svg+xml"].startswith("<svg")
    assert bundle["text/plain"] == "Value(data=6.0, grad=0.0)"


@pytest.mark.usefixtures("nothing")
def test_a_value_shows_its_tree_where_nothing_can_be_drawn() -> None:
    value = Value(2.0, label="x") * 3.0
    assert "├─ x" in value._repr_mimebundle_()["text/plain"]


@pytest.mark.usefixtures("nothing")
def test_a_leaf_shows_its_number_where_nothing_can_be_drawn() -> None:
    assert Value(2.0)._repr_mimebundle_() == {"text/plain": "Value(data=2.0, grad=0.0)"}
