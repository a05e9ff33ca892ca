"""From DOT to drawings, with each renderer that is here, and without any."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

import nn
from autograd import Value, draw
from autograd.pictures.model import Lumped
from autograd.pictures.render import (
    NotRendered,
    by_library,
    by_program,
    rendered,
    tidied,
    without_font_warnings,
)

ROOT = Path(__file__).parents[2]
SVG = "{http://www.w3.org/2000/svg}"
RENDERERS = [
    pytest.param(
        by_program,
        id="dot",
        marks=pytest.mark.skipif(shutil.which("dot") is None, reason="NO DOT PROGRAM ON THE PATH"),
    ),
    pytest.param(by_library, id="pygraphviz"),
]


@pytest.fixture
def no_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")


@pytest.fixture
def no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pygraphviz", None)


@pytest.fixture
def nothing(no_program: None, no_library: None) -> None:
    """A machine that cannot draw."""


@pytest.fixture
def broken_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "dot"
    program.write_text("#!/bin/sh\necho 'no plugins' >&2\nexit 3\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/bin")


# The structure of the SVG -----------------------------------------------------------------------


def drawn(renderer: object, dot: str) -> ElementTree.Element:
    assert callable(renderer)
    return ElementTree.fromstring(tidied(renderer(dot.encode(), "svg").decode()))


def groups(svg: ElementTree.Element, kind: str) -> dict[str, ElementTree.Element]:
    """The boxes or arrows of a drawing, by id."""
    return {str(g.get("id")): g for g in svg.iter(f"{SVG}g") if g.get("class") == kind}


@pytest.mark.parametrize("renderer", RENDERERS)
def test_every_box_and_arrow_is_in_the_drawing_under_its_id(renderer: object) -> None:
    picture = draw(nn.MLP(2, [3, 1], rng=0), [1.0, 2.0], partials=True)
    svg = drawn(renderer, picture.dot)
    assert set(groups(svg, "node")) == {box.id for box in picture.scene.boxes}
    assert set(groups(svg, "edge")) == {arrow.id for arrow in picture.scene.arrows}


@pytest.mark.parametrize("renderer", RENDERERS)
def test_the_tooltip_is_the_title_of_the_box(renderer: object) -> None:
    svg = drawn(renderer, draw(Value(1.0, label="<x>") / 3.0).dot)
    assert groups(svg, "node")["n0"].findtext(f"{SVG}title") == "<x>\nleaf\ndata 1.0\ngrad 0.0"


LABELS = {
    "a tag": "<b>",
    "quotes": 'say "x"',
    "a backslash": "back\\slash",
    "a backslash at its end": "x\\",
    "brackets": "x]; y",
    "the name of the node to Graphviz": "\\N",
    "the name of the graph to Graphviz": "a\\G",
    "the end of a line to Graphviz": "a\\lb\\n",
    "an entity": "&#65;&amp;",
    "wide characters": "数",
}


@pytest.mark.parametrize("label", LABELS.values(), ids=LABELS)
@pytest.mark.parametrize("renderer", RENDERERS)
def test_any_label_is_shown_as_it_is(renderer: object, label: str) -> None:
    node = groups(drawn(renderer, draw(Value(1.0, label=label)).dot), "node")["n0"]
    shown = "".join(str(text.text) for text in node.iter(f"{SVG}text"))
    assert shown == f"{label}data1grad0"
    assert node.findtext(f"{SVG}title") == f"{label}\nleaf\ndata 1.0\ngrad 0.0"


@pytest.mark.parametrize("label", ["a\nb", "\x00"], ids=["a new line", "a null"])
@pytest.mark.parametrize("renderer", RENDERERS)
def test_what_cannot_be_printed_has_a_mark_in_its_place(renderer: object, label: str) -> None:
    svg = drawn(renderer, draw(Value(1.0, label=label)).dot)
    assert "\ufffd" in str(groups(svg, "node")["n0"].findtext(f"{SVG}title"))


@pytest.mark.parametrize("renderer", RENDERERS)
def test_nothing_lies_outside_the_drawing(renderer: object) -> None:
    svg = drawn(renderer, draw(nn.MLP(2, [3, 1], rng=0), [1.0, 2.0], partials=True).dot)
    left, top, width, height = map(float, str(svg.get("viewBox")).split())
    move = re.search(r"translate\(([-\d.]+)[ ,]([-\d.]+)\)", str(svg[0].get("transform")))
    assert move is not None
    points = [
        (float(x) + float(move[1]), float(y) + float(move[2]))
        for shape in svg.iter()
        for x, y in re.findall(
            r"(-?[\d.]+),(-?[\d.]+)", f"{shape.get('points', '')} {shape.get('d', '')}"
        )
    ]
    assert min(x for x, _ in points) >= left
    assert max(x for x, _ in points) <= left + width
    assert min(y for _, y in points) >= top
    assert max(y for _, y in points) <= top + height


@pytest.mark.parametrize("renderer", RENDERERS)
def test_every_text_fits_its_box_in_any_monospaced_face(renderer: object) -> None:
    labels = ["x", "a_name_of_28_letters________", "MMMMMMMM"]
    xs = [Value(-1.2345e-100, label=label) for label in labels]
    svg = drawn(renderer, draw((xs[0] * xs[1] + xs[2]).relu()).dot)
    for box in groups(svg, "node").values():
        edges = [
            float(x)
            for shape in box
            for x in re.findall(
                r"(-?[\d.]+),-?[\d.]+", f"{shape.get('points', '')} {shape.get('d', '')}"
            )
        ]
        for text in box.iter(f"{SVG}text"):
            content = "".join(text.itertext())
            advance = 0.605 * float(str(text.get("font-size")))
            start = float(str(text.get("x")))
            if text.get("text-anchor") == "middle":
                start -= len(content) * advance / 2.0
            assert min(edges) <= start
            assert start + len(content) * advance <= max(edges) + 0.5, content


@pytest.mark.parametrize("renderer", RENDERERS)
def test_operands_stand_in_their_order_within_frames_too(renderer: object) -> None:
    svg = drawn(renderer, draw(nn.Neuron(2, "tanh", rng=0), [1.0, 2.0]).dot)
    heights = {
        str(text.text): float(str(text.get("y")))
        for box in groups(svg, "node").values()
        for text in [next(box.iter(f"{SVG}text"))]
    }
    order = sorted(["w.0", "w.1", "row[0]", "row[1]", "b"], key=lambda name: heights[name])
    assert order == ["w.0", "w.1", "row[0]", "row[1]", "b"]


@pytest.mark.parametrize("width", range(3, 9))
@pytest.mark.parametrize("renderer", RENDERERS)
def test_the_neurons_of_a_layer_stand_in_their_order(renderer: object, width: int) -> None:
    picture = draw(nn.MLP(2, [width, width, 1], rng=0), [1.0, 2.0], budget=30)
    nodes = groups(drawn(renderer, picture.dot), "node")
    heights = {
        box.path: float(str(next(nodes[box.id].iter(f"{SVG}text")).get("y")))
        for box in picture.scene.boxes
        if isinstance(box, Lumped)
    }
    for layer in "layers.0", "layers.1":
        names = [f"{layer}.neurons.{i}" for i in range(width)]
        assert sorted(names, key=lambda name: heights[name]) == names


@pytest.mark.parametrize("renderer", RENDERERS)
def test_the_frames_of_neurons_stand_in_their_order(renderer: object) -> None:
    frames = groups(
        drawn(renderer, draw(nn.MLP(2, [3, 1], rng=0), [1.0, 2.0]).dot),
        "cluster",
    )
    names = [f"part-layers.0.neurons.{i}" for i in range(3)]
    heights = {name: float(str(next(frames[name].iter(f"{SVG}text")).get("y"))) for name in names}
    assert sorted(names, key=lambda name: heights[name]) == names


@pytest.mark.parametrize("renderer", RENDERERS)
def test_a_png_is_a_png(renderer: object) -> None:
    assert callable(renderer)
    assert renderer(b"digraph { a -> b }", "png").startswith(b"\x89PNG\r\n")


# Which renderer ---------------------------------------------------------------------------------


def test_the_library_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "graphviz", None)
    assert draw(Value(1.0) * 2.0).svg.startswith("<svg")


@pytest.mark.usefixtures("no_library")
def test_without_both_packages_the_hint_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "graphviz", None)
    with pytest.raises(NotRendered, match=r"pip install 'pencilgrad\[viz\]'"):
        _ = draw(Value(1.0) * 2.0).svg


@pytest.mark.usefixtures("no_program")
def test_without_the_program_the_library_draws() -> None:
    assert rendered("digraph { a }", "svg").startswith("<svg")


@pytest.mark.usefixtures("broken_program")
def test_with_a_broken_program_the_library_draws() -> None:
    assert rendered("digraph { a }", "svg").startswith("<svg")


@pytest.mark.usefixtures("nothing")
def test_with_neither_the_error_is_one_line_that_says_what_to_install() -> None:
    with pytest.raises(NotRendered) as caught:
        rendered("digraph { a }", "svg")
    assert str(caught.value) == (
        "for pictures: pip install 'pencilgrad[viz]' "
        "(there is no dot program; there is no pygraphviz)"
    )


@pytest.mark.usefixtures("broken_program", "no_library")
def test_a_broken_program_is_named(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(NotRendered, match="the dot program failed with code 3"):
        rendered("digraph { a }", "svg")
    assert capfd.readouterr().err == ""


# Silence ----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("renderer")
def test_the_first_drawing_of_a_process_prints_nothing() -> None:
    program = "from autograd import Value, draw; draw(Value(1.0) * 2.0).svg"
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PATH": "", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_a_tall_picture_is_painted_with_fewer_dots(capfd: pytest.CaptureFixture[str]) -> None:
    chain = " -> ".join(f"n{i}" for i in range(300))
    dot = f"digraph {{ {chain}\n" + "\n" * 60 + "}"
    png = rendered(dot, "png")
    height = int.from_bytes(png[20:24], "big")
    assert 29_000 < height < 31_000
    assert capfd.readouterr().err == ""


def test_all_that_others_print_meanwhile_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    with without_font_warnings():
        os.write(2, b"Fontconfig warning: unknown element\nsomething else\n")
        os.write(2, b"and no end of line")
    assert capfd.readouterr().err == "something else\nand no end of line"


def test_what_is_printed_before_an_error_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    def failing() -> None:
        with without_font_warnings():
            os.write(2, b"something\n")
            raise ValueError("oh")

    with pytest.raises(ValueError, match="oh"):
        failing()
    assert capfd.readouterr().err == "something\n"
