"""The picture as a tree of text."""

from __future__ import annotations

import pytest

import nn
from autograd import Value, draw


def test_the_result_is_on_top_and_its_operands_below() -> None:
    assert draw(lambda x, y: 2.0 - x * y, 3.0, 4.0).text.splitlines() == [
        "             data  grad",
        "-             -10     1",
        "├─ constant     2",
        "└─ *           12    -1",
        "   ├─ x         3    -4",
        "   └─ y         4    -3",
    ]


def test_what_was_shown_is_referred_to_by_its_name() -> None:
    a = Value(3.0, label="a")
    assert draw(a * a).text.splitlines()[-1] == "└─ a (above)"


def test_what_has_no_name_is_referred_to_by_a_number() -> None:
    b = Value(3.0) + 1.0
    lines = draw(b * b).text.splitlines()
    assert lines[2].startswith("├─ #1 = +")
    assert lines[-1] == "└─ #1 (above)"


def test_local_derivatives_are_a_column_if_asked_for() -> None:
    picture = draw(lambda x: x.relu() * 5.0, -1.0, partials=True)
    assert [line.split()[-1] for line in picture.text.splitlines()] == [
        "partial",
        "1",
        "5",
        "off",
        "5",
    ]


def test_an_edge_that_is_switched_off_says_so() -> None:
    assert "x (switched off)" in draw(lambda x: x.relu(), -1.0).text


def test_numbers_are_right_aligned_under_their_headings() -> None:
    lines = draw(lambda x, y: x * y, 123.25, -4.0).text.splitlines()
    assert len({len(line) for line in lines}) == 1


def test_wide_letters_do_not_break_the_columns() -> None:
    lines = draw(Value(1.0, label="数") + Value(2.0, label="x")).text.splitlines()
    assert lines[2].endswith("1     0")
    assert lines[3].endswith("2     0")
    assert len(lines[2]) == len(lines[3]) - 1  # the letter takes two columns


def test_a_deep_tree_goes_on_below() -> None:
    x = Value(1.0)
    for _ in range(40):
        x = x.sin()
    lines = draw(x).text.splitlines()
    assert max(map(len, lines)) < 70
    assert any(line.lstrip(" └─").startswith("#1 (below)") for line in lines)
    assert any(line.startswith("#1 = sin") for line in lines)


def test_every_node_is_shown_once() -> None:
    x = Value(0.5, label="x")
    for _ in range(20):
        x = x * (1.0 - x)
    lines = draw(x).text.splitlines()[1:]
    shown = [line for line in lines if "(above)" not in line and "(below)" not in line]
    assert len(shown) == 20 * 3 + 1


def test_neighbours_that_were_shown_share_a_line() -> None:
    text = draw(nn.MLP(2, [5, 5, 1], rng=0), [1.0, 2.0], budget=40).text
    assert "└─ row[0], row[1] (above)" in text
    assert "└─ layers.0.neurons.0 … layers.0.neurons.4, 5 boxes (above)" in text


def test_what_was_summed_up_is_said_below_the_tree() -> None:
    text = draw(nn.MLP(2, [5, 5, 1], rng=0), [1.0, 2.0], budget=5).text
    assert "layers.1 (30 parameters, 5 dot, 5 relu)" in text
    assert text.endswith("expand='layers.2' opens one; budget=74 shows all")


@pytest.mark.parametrize("label", ["two\nlines", "\x1b[31mred"])
def test_a_label_cannot_break_out_of_its_line(label: str) -> None:
    text = draw(Value(1.0, label=label)).text
    assert len(text.splitlines()) == 2
    assert "\x1b" not in text


def test_a_long_name_is_shortened() -> None:
    long = Value(1.0, label="x" * 100)
    text = draw(long * long).text
    assert "├─ " + "x" * 27 + "… " in text
    assert "└─ " + "x" * 27 + "… (above)" in text
    assert "x" * 28 not in text
