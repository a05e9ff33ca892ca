"""The player as data and as HTML: its pages, its frames, and what is left where no script runs."""

from __future__ import annotations

import re
from base64 import b64decode
from html import unescape
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from autograd import Player, Value, dot, gradients, play, relu, tanh
from autograd.pictures import frames as frames_of_pictures
from autograd.pictures.render import NotRendered
from autograd.pictures.steps import steps

if TYPE_CHECKING:
    from pathlib import Path
    from xml.etree.ElementTree import Element


draws = pytest.mark.usefixtures("renderer")


def shared() -> Value:
    """A result in which h, which was computed from a, is used on two levels."""
    a = Value(2.0, label="a")
    h = a + 1.0
    h.label = "h"
    return h + h * h


def no_renderer(dot: str, form: str) -> str:
    raise NotRendered("nothing there")


def frames(player: Player) -> list[Element]:
    """All drawings in a player, in order."""
    found = re.findall(r'<img [^>]*src="data:image/svg\+xml;base64,([^"]*)"', player.html)
    return [ElementTree.fromstring(b64decode(uri)) for uri in found]


def marked(frame: Element, mark: str) -> list[str]:
    """The ids of the boxes and lines that bear a mark."""
    return [g.attrib["data-id"] for g in frame.iter() if mark in g.get("class", "").split()]


def written(frame: Element, name: str) -> list[str]:
    """The lines of text in a box, or on a line."""
    (group,) = [g for g in frame.iter() if g.get("data-id") == name]
    return ["".join(text.itertext()) for text in group.iter() if text.tag.endswith("}text")]


def numbers(html: str) -> list[float]:
    return [float(value) for value in re.findall(r'<data value="([^"]*)"', html)]


# The pages --------------------------------------------------------------------------------------


def test_every_node_has_a_step_forward_and_one_backward_and_then_comes_the_end() -> None:
    assert [page.heading for page in play(shared()).pages] == [
        "Forward, step 1 of 4: a",
        "Forward, step 2 of 4: h",
        "Forward, step 3 of 4: v1",
        "Forward, step 4 of 4: out",
        "Backward, step 1 of 4: out",
        "Backward, step 2 of 4: v1",
        "Backward, step 3 of 4: h",
        "Backward, step 4 of 4: a",
        "The end: all gradients",
    ]


def test_a_forward_page_shows_formula_operands_and_local_derivatives() -> None:
    (view,) = play(shared()).pages[2].views
    assert "<code>v1 = h * h = 3 * 3 = 9</code>" in view.panel
    assert numbers(view.panel) == [3.0, 3.0, 3.0, 3.0]


def test_a_backward_page_shows_upstream_local_product_and_the_sum_before_and_after() -> None:
    (view,) = play(shared()).pages[5].views
    assert "∂out/∂v1 = " in view.panel
    upstream, local, product = 1.0, 3.0, 3.0
    assert numbers(view.panel)[1:] == [
        *[upstream, local, product, 1.0, 4.0],
        *[upstream, local, product, 4.0, 7.0],
    ]
    assert "<code>∂out/∂v1 · ∂v1/∂h = 1 · 3 = 3</code>" in view.panel
    assert "<code>∂out/∂h = 4 + 3 = 7</code>" in view.panel


def test_where_a_number_was_changed_afterwards_it_says_so_in_place_of_a_false_equation() -> None:
    w = Value(0.5, label="w")
    out = (w * 2.0) + 1.0
    w.data = 9.0
    _, changed, sound, *_ = play(out).pages
    assert "<code>v1 = w * 2 = 1</code>" in changed.views[0].panel
    assert "w was changed after this was computed: the record has the derivatives of before" in (
        changed.views[0].panel
    )
    assert "<code>out = v1 + 1 = 1 + 1 = 2</code>" in sound.views[0].panel
    assert "was changed" not in sound.views[0].panel


def test_the_last_page_has_the_gradients_of_the_leaves() -> None:
    (view,) = play(shared()).pages[-1].views
    assert "∂out/∂a" in view.panel
    assert numbers(view.panel) == [7.0]


def test_a_node_that_nothing_reaches_says_so() -> None:
    a = Value(-1.0, label="a")
    player = play(relu(a) * 2.0)
    assert "none: nothing flows back" in player.pages[1].views[0].panel
    assert "Nothing has arrived at a" in player.pages[-2].views[0].panel


def test_nobodys_grad_is_touched() -> None:
    out = shared()
    out.grad = 5.0
    play(out, order="naive")
    assert out.grad == 5.0
    assert all(x.grad == 0.0 for x in out.parents)


# The naive order --------------------------------------------------------------------------------


def test_the_naive_order_stands_beside_the_right_one_at_every_step() -> None:
    pages = play(shared(), order="naive").pages
    assert [page.phase for page in pages] == ["backward"] * 4 + ["end"]
    assert [[view.title for view in page.views] for page in pages[1:2]] == [
        [
            "In topological order, a node after all that uses it: v1",
            "In the naive order, level by level from the result: h",
        ]
    ]


def test_it_says_in_a_sentence_what_went_wrong() -> None:
    assert play(shared(), order="naive").about == (
        "h was visited too early: it passed on 1, and 6 arrived afterwards. "
        "So a ends up with 1 in place of 7."
    )


def test_it_says_so_where_the_naive_order_comes_out_right() -> None:
    a, b = Value(2.0), Value(3.0)
    assert play(a * b, order="naive").about.startswith("On this graph the naive order comes out")


def test_of_many_wrong_numbers_the_first_are_named_and_the_others_counted() -> None:
    h = sum([Value(float(i)) for i in range(6)], Value(1.0))
    assert play(h + h * h, order="naive").about.endswith(" in place of 33, and 9 more are wrong.")


def test_of_four_wrong_numbers_one_is_counted() -> None:
    h = dot([Value(2.0), Value(3.0)], [Value(1.0), Value(4.0)])
    assert play(h + h * h, order="naive").about.endswith(", and 1 more is wrong.")


def test_a_leaf_is_never_visited_too_early() -> None:
    a = Value(0.7, label="a")
    player = play(a * tanh(a), order="naive")
    assert player.about.startswith("On this graph the naive order comes out right")
    assert "a has nothing to pass on to, so it may be visited at" in player.pages[1].views[1].panel
    assert "too late" not in player.html.lower()
    assert "Too early" not in player.html


def test_what_arrives_late_and_is_nothing_does_no_harm() -> None:
    a = Value(2.0, label="a")
    h = a + 1.0
    h.label = "h"
    assert play(h + h * (1.0 - a + 1.0) * 0.0, order="naive").about == (
        "On this graph the naive order comes out right by luck: h was visited too early, but what "
        "arrived afterwards made no difference."
    )


def test_early_visits_late_contributions_and_wrong_results_are_marked() -> None:
    _, early, late, leaf, end = play(shared(), order="naive").pages
    assert "Too early: something that uses h has not been visited yet" in early.views[1].panel
    assert late.views[1].panel.count('<tr class="wrong"><td>h, too late</td>') == 2
    assert late.views[1].frame.marks["e2.0"] == "late"
    assert "should be" in leaf.views[1].panel
    assert numbers(end.views[1].panel) == [1.0, 7.0]
    assert end.views[1].frame.marks == {"n0": "lost"}
    assert 'class="wrong"' not in "".join([page.views[0].panel for page in (early, late, end)])


# The frames -------------------------------------------------------------------------------------


@draws
def test_each_step_has_a_frame_of_its_own_and_the_final_picture_comes_first() -> None:
    player = play(shared())
    assert len(frames(player)) == 1 + len(player.pages)
    assert written(frames(player)[0], "n0") == ["a", "2", "∂ 7"]


@draws
def test_going_forward_numbers_appear_and_local_derivatives_stand_on_the_lines() -> None:
    frame = frames(play(shared()))[3]
    assert marked(frame, "now") == ["n2"]
    assert marked(frame, "fed") == ["n1"]
    assert marked(frame, "todo") == ["n3"]
    assert marked(frame, "on") == ["e2.0", "e2.1"]
    assert written(frame, "n2") == ["v1 = *", "9"]
    assert written(frame, "n3") == ["out = +"]
    assert written(frame, "note e2.0") == ["·3"]


@draws
def test_going_backward_sums_grow_and_products_stand_on_the_lines() -> None:
    frame = frames(play(shared()))[6]
    assert marked(frame, "now") == ["n2"]
    assert marked(frame, "on") == ["e2.0", "e2.1"]
    assert written(frame, "note e2.1") == ["+3"]
    assert written(frame, "n1") == ["h = +", "3", "∂ 7"]
    assert written(frame, "n0") == ["a", "2"]


@draws
@pytest.mark.parametrize("order", ["topological", "naive"])
def test_numbers_on_lines_are_clear_of_boxes_and_of_each_other_and_painted_last(
    order: str,
) -> None:
    a = Value(2.0, label="a")
    player = play(gradients(tanh(a * a), a), order=order)
    seen = set()
    for frame in frames(player):
        groups = [g for g in frame if g.get("data-id")]
        kinds = [g.attrib["class"].split()[0] for g in groups]
        assert kinds == sorted(kinds, key=["line", "box", "note"].index)
        boxes = [corners(g) for g in groups if not g.attrib["class"].startswith("line")]
        for i, note in enumerate(boxes):
            for other in boxes[:i]:
                assert apart(note, other)
        seen.update(kinds)
    assert seen == {"line", "box", "note"}


def corners(group: Element) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of the rectangle of a box or note."""
    rect = next(part for part in group if part.tag.endswith("}rect"))
    x, y, width, height = (float(rect.attrib[key]) for key in ("x", "y", "width", "height"))
    return x, y, x + width, y + height


def apart(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


@draws
def test_all_frames_of_a_player_have_the_same_layout() -> None:
    places = {
        tuple((r.get("x"), r.get("y"), r.get("width")) for r in frame.iter() if r.get("rx"))
        for frame in frames(play(shared(), order="naive"))
    }
    assert len(places) == 1


@draws
def test_boxes_do_not_overlap_and_lie_within_the_picture() -> None:
    frame = frames(play(shared()))[0]
    width, height = float(frame.attrib["width"]), float(frame.attrib["height"])
    boxes = [
        tuple(float(rect.attrib[key]) for key in ("x", "y", "width", "height"))
        for rect in frame.iter()
        if rect.get("rx")
    ]
    assert len(boxes) == 5  # four nodes and a constant
    for i, (x, y, w, h) in enumerate(boxes):
        assert 0 <= x < x + w <= width
        assert 0 <= y < y + h <= height
        for left, top, wide, high in boxes[:i]:
            assert x + w <= left or left + wide <= x or y + h <= top or top + high <= y


# HTML -------------------------------------------------------------------------------------------


@draws
def test_without_scripts_and_styles_the_pictures_and_the_steps_remain() -> None:
    html = re.sub(r"<(script|style)\b.*?</\1>", "", play(shared()).html, flags=re.DOTALL)
    assert html.count("<details") == html.count("<summary>") == 9
    assert html.count('<img alt="') == 10
    text = unescape(re.sub(r"<[^>]*>", "", html))
    assert "∂out/∂h = 4 + 3 = 7" in text
    assert "function" not in text


def test_the_page_asks_for_nothing_from_elsewhere() -> None:
    html = play(shared()).html
    assert re.findall(r"""(?:src|href|url|import)\s*[=(]\s*["']?(?!data:)(\w[^"')]*)""", html) == []
    assert "://" not in html


def test_labels_cannot_break_the_page() -> None:
    x = Value(1.0, label="</script><img src=x onerror=alert(1)>&")
    html = play(tanh(x)).html
    assert html.count("</script>") == 1
    assert "<img src=x" not in html
    assert "&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;&amp;" in html


def test_the_same_graph_gives_the_same_html() -> None:
    assert play(shared()).html == play(shared()).html


@draws
def test_a_notebook_gets_html_and_a_line_of_text() -> None:
    player = play(shared())
    bundle = player._repr_mimebundle_()
    assert bundle == {"text/html": player.html, "text/plain": repr(player)}
    assert repr(player).startswith("Backpropagation through out, step by step: 9 steps. A notebook")


def test_it_is_saved_as_a_page_of_its_own(tmp_path: Path) -> None:
    player = play(shared(), names={"f": len})
    player.save(tmp_path / "backprop.html")
    page = (tmp_path / "backprop.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert player.html in page
    assert [path.name for path in tmp_path.iterdir()] == ["backprop.html"]


@pytest.mark.parametrize("name", ["player.png", "player", "player.svg"])
def test_nothing_else_than_a_page_is_saved(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=r"a player is saved as a page, 'backprop.html'; got"):
        play(shared()).save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_the_name_of_a_file_is_text() -> None:
    with pytest.raises(TypeError, match="expected the name of a file, got int 7"):
        play(shared()).save(7)  # type: ignore[arg-type]


# Limits -----------------------------------------------------------------------------------------


def chain(nodes: int) -> Value:
    out = Value(1.0)
    for _ in range(nodes - 1):
        out = tanh(out)
    return out


def test_the_largest_graph_that_plays_makes_a_page_of_some_megabytes() -> None:
    assert len(play(chain(60)).html) < 5_000_000


def test_the_most_parts_that_play_make_a_page_of_some_megabytes() -> None:
    x = out = Value(1.0, label="x")
    for _ in range(58):
        out = out * 1.25
    out = dot([x, out], [1.0] * 2)
    assert len(play(out).html) < 12_000_000


def test_a_graph_of_more_nodes_is_refused_with_what_came_and_advice() -> None:
    with pytest.raises(
        ValueError,
        match=r"at most 60 nodes, .* has 1,000 nodes, 0 constants and 999 arrows, 1,999 together\. "
        r"Play the computation",
    ):
        play(chain(1000))


def test_constants_and_arrows_count_too() -> None:
    x = Value(1.0)
    with pytest.raises(
        ValueError,
        match=r"at most 240 nodes, constants and arrows together\. "
        r"This graph has 2 nodes, 2,001 constants and 2,002 arrows, 4,005 together",
    ):
        play(dot([x] + [0.5] * 1000, [2.0] * 1001))


def test_what_is_no_value_and_what_is_no_order_is_refused() -> None:
    with pytest.raises(TypeError, match=r"expected a Value, .* got float 3.0"):
        play(3.0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="order must be 'topological' or 'naive', got str 'bfs'"):
        play(Value(1.0), order="bfs")


# Without a renderer -----------------------------------------------------------------------------


def test_without_a_renderer_tables_stand_in_for_the_pictures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(frames_of_pictures, "rendered", no_renderer)
    player = play(shared())
    assert "<img alt" not in player.html
    assert player.html.count('<table class="tape">') == 1 + len(player.pages)
    table = player.html.split('<table class="tape">')[7].partition("</table>")[0]  # step 6
    assert '<tr class="now"><td>v1</td><td>h * h</td>' in table
    assert numbers(table) == [2.0, 3.0, 7.0, 9.0, 1.0, 12.0, 1.0]


def test_without_a_renderer_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames_of_pictures, "rendered", no_renderer)
    player = play(shared())
    assert "pip install 'pencilgrad[viz]'" in repr(player)
    assert "pip install 'pencilgrad[viz]'" in player.html


def test_pages_are_made_of_the_steps_that_steps_gives() -> None:
    out = shared()
    (view,) = play(out).pages[-1].views
    assert view.frame.sums == dict(enumerate(steps(out).sums))


@draws
def test_of_a_long_name_the_box_shows_the_end() -> None:
    x = Value(1.0, label="model.layers.0.neurons.3.w.12")
    assert written(frames(play(x))[0], "n0")[0] == "….0.neurons.3.w.12"


def test_a_name_with_line_breaks_stays_on_one_line() -> None:
    assert play(Value(1.0, label="a\nb")).pages[0].heading == "Forward, step 1 of 1: a�b"
