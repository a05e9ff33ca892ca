"""Pictures made of characters: what stands where, in colours, in ASCII, and when."""

from __future__ import annotations

import io
import math
import os
import re
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from autograd import Value
from nn import MLP, blobs, circles, moons, xor
from nn.terminal import ASCII, LOOKS, Scale, boundary, chart, colour_wanted, unicode_wanted
from nn.training.progress import Bar, progress_of

if TYPE_CHECKING:
    from collections.abc import Callable

FOUR = ([[0.0, 0.0], [1.0, 1.0], [0.0, 1.0], [1.0, 0.0]], [0, 1, 1, 0])


def upwards(row: list[float]) -> float:
    """A logit that is positive in the upper half."""
    return row[1] - 0.5


def bare(picture: str) -> list[str]:
    """The lines without colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", picture).split("\n")


def papers(picture: str) -> list[int]:
    """All background colours in a picture."""
    return [int(colour) for colour in re.findall(r"48;5;(\d+)m", picture)]


# Decision regions -------------------------------------------------------------------------------


def test_the_second_input_goes_upwards_and_points_cover_regions() -> None:
    picture = boundary(upwards, FOUR, width=18, height=11)
    assert picture.split("\n") == [
        "┌────────────────┐",
        "│░●░░░░░░░░░░░░●░│",
        "│░░░░░░░░░░░░░░░░│",
        "│░░░░░░░░░░░░░░░░│",
        "│░░░░░░░░░░░░░░░░│",
        "│                │",
        "│                │",
        "│                │",
        "│ ○            ○ │",
        "└────────────────┘",
        "  ○  class 0   ░●░ class 1",
    ]


def test_a_map_without_unicode_is_ascii() -> None:
    picture = boundary(upwards, FOUR, width=18, height=11, unicode=False)
    assert picture.isascii()
    assert picture.split("\n")[1] == "|.x............x.|"


@pytest.mark.parametrize("colour", [False, True], ids=["plain", "colour"])
@pytest.mark.parametrize("unicode", [False, True], ids=["ascii", "unicode"])
@pytest.mark.parametrize(("width", "height"), [(64, 24), (16, 8), (33, 17)], ids=str)
def test_a_map_is_as_wide_and_high_as_asked(
    width: int, height: int, colour: bool, unicode: bool
) -> None:
    lines = bare(boundary(upwards, FOUR, width, height, colour=colour, unicode=unicode))
    assert len(lines) == height
    assert {len(line) for line in lines[:-1]} == {width}


def test_a_circle_is_round_where_no_height_is_given() -> None:
    picture = boundary(lambda row: 0.7 - math.hypot(*row), circles(80, 0.0, rng=0), width=40)
    inside = [line.count("░") + line.count("●") for line in picture.split("\n")[:-1]]
    assert max(inside) / sum(n > 0 for n in inside) == pytest.approx(2.0, rel=0.15)


def test_inputs_of_very_different_size_still_give_a_map_that_fits() -> None:
    flat, steep = ([[0.0, 0.0], [1000.0, 1.0]], [0, 1]), ([[0.0, 0.0], [1.0, 1000.0]], [0, 1])
    assert len(boundary(upwards, flat).split("\n")) == 8 + 3
    assert len(boundary(upwards, steep).split("\n")) == 32 + 3


@pytest.mark.parametrize("signs", [{}, ASCII], ids=["unicode", "ascii"])
def test_classes_are_told_apart_without_colours(signs: dict[int, int]) -> None:
    for kind in ("".join([look.mark for look in LOOKS]), "".join([x.texture for x in LOOKS])):
        assert len({*kind.translate(signs)}) == len(LOOKS)
        assert kind.translate(ASCII).isascii()


@pytest.mark.parametrize("count", range(2, len(LOOKS) + 1))
def test_each_class_of_many_has_its_region_and_its_points(count: int) -> None:
    def model(row: list[float]) -> list[float]:
        angles = [2 * math.pi * k / count for k in range(count)]
        return [math.cos(a) * row[0] + math.sin(a) * row[1] for a in angles]

    *lines, legend = bare(boundary(model, blobs(10 * count, count, rng=0)))
    for label, look in enumerate(LOOKS[:count]):
        mark, texture = look.mark, look.texture
        assert mark in "".join(lines)
        assert texture in "".join(lines)
        assert re.search(rf"{texture}\{mark}{texture} (class )?{label}\b", legend)


def test_more_classes_than_signs_are_refused() -> None:
    with pytest.raises(ValueError, match="shows 6 classes, and the model has 7"):
        boundary(lambda row: [0.0] * 7, FOUR)


def test_a_half_block_shows_two_answers_in_one_line() -> None:
    picture = boundary(lambda row: 1000.0 * upwards(row), FOUR, width=16, height=10, colour=True)
    zero, one = (look.tints[3] for look in LOOKS[:2])
    middle = picture.split("\n")[4]  # of nine lines, so the boundary goes through it
    assert middle == f"\x1b[38;5;{one};48;5;{zero}m▀" * 16 + "\x1b[0m"


def test_a_region_is_fuller_where_the_model_is_surer() -> None:
    picture = boundary(lambda row: 10.0 * (row[0] - 0.5), FOUR, width=32, height=8, colour=True)
    (first, *_) = picture.split("\n")
    used = papers(first)
    zero, one = LOOKS[0].tints, LOOKS[1].tints
    assert list(dict.fromkeys(used)) == [*reversed(zero), *one]


def test_colours_are_switched_off_at_the_end_of_each_line() -> None:
    for line in boundary(upwards, FOUR, colour=True).split("\n"):
        assert line.rindex("\x1b[0m") == max(m.start() for m in re.finditer("\x1b", line))


def test_no_tint_stands_for_two_classes_and_no_point_has_the_colour_of_a_region() -> None:
    tints = [tint for look in LOOKS for tint in look.tints]
    assert len({*tints}) == len(tints)
    assert not {look.ink for look in LOOKS} & {*tints}


def test_a_network_is_drawn_in_use_and_is_then_in_training_again() -> None:
    model = MLP(2, [4, 1], rng=0)
    first = boundary(model, moons(20, rng=0), width=20, height=8)
    assert model.training
    assert first == boundary(model.eval(), moons(20, rng=0), width=20, height=8)


def test_probabilities_are_drawn_by_what_they_are_above_a_half() -> None:
    wrong = boundary(lambda row: 0.9, FOUR, width=18, height=11)
    right = boundary(lambda row: (0.9 if row[1] > 0.5 else 0.1) - 0.5, FOUR, width=18, height=11)
    assert right == boundary(upwards, FOUR, width=18, height=11) != wrong


def test_scores_may_be_infinite() -> None:
    picture = boundary(lambda row: math.inf * upwards(row), xor(), colour=True)
    assert {LOOKS[0].tints[3], LOOKS[1].tints[3]} <= {*papers(picture)}


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: boundary(upwards, ([[1.0, 2.0, 3.0]], [0])), "a picture is of 2 inputs, not 3"),
        (
            lambda: boundary(upwards, FOUR, width=15),
            "width must be a whole number from 16 on, got int 15",
        ),
        (
            lambda: boundary(upwards, FOUR, height=7),
            "height must be a whole number from 8 on, got int 7",
        ),
        (lambda: boundary(upwards, ([[1.0, 2.0]], [2])), "boundary: target 0 is 2, of class"),
        (
            lambda: boundary(lambda row: math.nan, FOUR),
            "boundary: a prediction is nan, which is in no class",
        ),
    ],
    ids=range(5),
)
def test_a_map_that_cannot_be_drawn_is_refused(draw: Callable[[], str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        draw()


# Curves -----------------------------------------------------------------------------------------


def test_a_chart_has_its_largest_and_smallest_number_at_the_axis_and_the_last_at_its_end() -> None:
    assert chart([8.0, 4.0, 2.0, 1.0, 2.0], width=26, height=9, unicode=False).split("\n") == [
        "8 |*",
        "  | **",
        "  |   **",
        "  |     **",
        "  |       **",
        "  |         ****     *** 2",
        "1 |             *****",
        "  +---------------------",
        "   1                   5",
    ]


def test_the_first_number_stands_at_the_axis_too() -> None:
    lines = chart([2.0, 3.0, 1.0], height=13).split("\n")
    assert [line.split(" ")[0] for line in lines if line[0] != " "] == ["3", "2", "1"]


def test_a_braille_character_shows_dots_of_four_heights_and_two_places() -> None:
    assert chart([3.0, 2.0, 1.0, 0.0], width=24, height=6).split("\n")[0] == "3 ┤⠉⠒⠤⢄⡀"


@pytest.mark.parametrize("colour", [False, True], ids=["plain", "colour"])
@pytest.mark.parametrize("unicode", [False, True], ids=["ascii", "unicode"])
@pytest.mark.parametrize("count", [1, 2, 60, 5000])
def test_a_chart_is_as_high_as_asked_and_no_wider(count: int, unicode: bool, colour: bool) -> None:
    values = [math.exp(-k / 10) + 0.1 for k in range(count)]
    lines = bare(chart(values, 50, 9, colour=colour, unicode=unicode))
    assert len(lines) == 9
    assert max(map(len, lines)) <= 50
    assert lines[-1].split() == (["1", str(count)] if count > 1 else ["1"])


def test_a_chart_without_unicode_is_ascii() -> None:
    assert chart([3.0, 1.0, 2.0], unicode=False).isascii()


@pytest.mark.parametrize(
    ("values", "logarithmic"),
    [([100.0, 1.0], False), ([101.0, 1.0], True), ([101.0, 0.0], False), ([1e6, -1.0], False)],
    ids=str,
)
def test_the_axis_is_logarithmic_beyond_a_factor_of_a_hundred(
    values: list[float], logarithmic: bool
) -> None:
    assert ("logarithmic" in chart(values)) is logarithmic


def test_equal_factors_are_equal_steps_on_a_logarithmic_axis() -> None:
    scale = Scale(1e-3, 1e3)
    assert [scale.down(10.0**k, 61) for k in range(-3, 4)] == [60, 50, 40, 30, 20, 10, 0]


def test_a_peak_between_two_columns_is_not_lost() -> None:
    values = [0.0] * 10_000
    values[4321] = 1.0
    top = chart(values, unicode=False).split("\n")[0]
    assert top.count("*") == 1


def test_a_chart_has_a_gap_where_a_number_is_not_finite() -> None:
    whole = chart([1.0] * 9, width=30, unicode=False)
    broken = chart([1.0, 1.0, 1.0, math.nan, math.inf, math.nan, 1.0, 1.0, 1.0], 30, unicode=False)
    assert max(whole.split("\n"), key=len).count("*") > 20
    assert re.search(r"\*{4,} {4,}\*{4,}", broken)


def test_a_training_that_ended_in_nan_says_so_at_the_end_of_the_chart() -> None:
    lines = chart([3.0, 2.0, math.nan]).split("\n")
    assert [line for line in lines if line.endswith(" nan")] == [lines[9]]


@pytest.mark.parametrize("values", [[5.0], [2.0, 2.0, 2.0], [0.0, 0.0]], ids=str)
def test_a_chart_of_equal_numbers_is_in_the_middle(values: list[float]) -> None:
    drawn = [i for i, line in enumerate(chart(values, unicode=False).split("\n")) if "*" in line]
    assert drawn == [5]


def test_numbers_near_the_ends_of_float_make_a_chart() -> None:
    assert "1e+308" in chart([1e308, -1e308, 1e308])


def test_values_may_be_recorded_ones() -> None:
    assert chart([Value(2.0), Value(1.0)]) == chart([2.0, 1.0])


@pytest.mark.parametrize(
    ("values", "message"),
    [([], "chart: 0 numbers, and none"), ([math.nan, math.inf], "2 numbers, and none")],
    ids=["empty", "nan"],
)
def test_a_chart_without_finite_numbers_is_refused(values: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        chart(values)


# What a terminal can show -----------------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "environment", "wanted"),
    [
        (Terminal(), {"TERM": "xterm-256color"}, True),
        (io.StringIO(), {"TERM": "xterm-256color"}, False),
        (Terminal(), {}, False),
        (Terminal(), {"TERM": "xterm"}, False),
        (Terminal(), {"TERM": "xterm", "COLORTERM": "truecolor"}, True),
        (Terminal(), {"TERM": "xterm-kitty"}, True),
        (Terminal(), {"TERM": "alacritty"}, True),
        (Terminal(), {"WT_SESSION": "1"}, True),
        (Terminal(), {"TERM": "dumb", "COLORTERM": "truecolor"}, False),
        (Terminal(), {"TERM": "vt100", "COLORTERM": "truecolor"}, False),
        (Terminal(), {"NO_COLOR": "1", "TERM": "xterm-256color"}, False),
        (Terminal(), {"NO_COLOR": "", "TERM": "xterm-256color"}, True),
        (io.StringIO(), {"FORCE_COLOR": "1"}, True),
        (Terminal(), {"FORCE_COLOR": "1", "TERM": "dumb"}, True),
        (Terminal(), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
    ids=range(15),
)
def test_colours_are_for_terminals_with_256_and_the_environment_may_object(
    stream: Any, environment: dict[str, str], wanted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM", "COLORTERM", "WT_SESSION"):
        monkeypatch.delenv(name, raising=False)
    for name, text in environment.items():
        monkeypatch.setenv(name, text)
    assert colour_wanted(stream) is wanted


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437", "cp1252"])
def test_an_encoding_without_the_signs_gets_ascii(encoding: str) -> None:
    assert not unicode_wanted(io.TextIOWrapper(io.BytesIO(), encoding))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "gb18030"])
def test_an_encoding_with_the_signs_gets_unicode(encoding: str) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding)
    assert unicode_wanted(stream)
    stream.write(boundary(upwards, FOUR) + chart([1.0, 2.0]))


def everything_from(reader: int) -> bytes:
    """What comes out of a terminal, a piece at a time, until its other end is closed."""
    pieces = []
    with suppress(OSError):  # so Linux says that the end is reached
        while piece := os.read(reader, 10_000):
            pieces.append(piece)
    return b"".join(pieces)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such terminals")
@pytest.mark.parametrize(("columns", "shown"), [(0, 69), (50, 49)])
def test_a_bar_is_seen_on_a_terminal_that_says_it_has_no_columns(
    columns: int, shown: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pty
    import termios

    # Its first lock can start a process that inherits stderr, and that must not be our terminal:
    # it would never be closed.
    pytest.importorskip("tqdm").tqdm.get_lock()
    monkeypatch.setenv("COLUMNS", "70")
    reader, writer = pty.openpty()
    termios.tcsetwinsize(writer, (24, columns))
    with os.fdopen(writer, "w", encoding="utf-8") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        with progress_of(2, True) as progress:
            assert isinstance(progress, Bar)
            progress.show(2, "loss 0.5")
    written = everything_from(reader).decode("utf-8")
    os.close(reader)
    last = written.rstrip().split("\r")[-1]
    assert "2/2" in last
    assert len(last) == shown


def test_a_stream_in_memory_takes_everything() -> None:
    assert unicode_wanted(io.StringIO())
