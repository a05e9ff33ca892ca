"""A map, in characters, of which class a model of two inputs names where."""

from __future__ import annotations

from collections.abc import Iterator

from nn.checks import whole
from nn.data.examples import Examples
from nn.data.metrics import Model, largest
from nn.data.plane import Plane, Range
from nn.terminal.screen import LOOKS, OFF

Answers = list[list[list[float]]]  # lines of cells, each with a score for each class
Points = dict[tuple[int, int], int]  # the class of the point in a cell (column, line)

STEPS = (1.0, 2.5, 4.5)  # leads from one tint to the next: probabilities of 0.73, 0.92 and 0.99


def boundary(
    model: Model,
    data: Examples,
    width: int = 64,
    height: int | None = None,
    *,
    colour: bool = False,
    unicode: bool = True,
) -> str:
    """A map of which class a model of two inputs names where, with the points of the data on it.

    The first input goes from left to right, the second upwards. The model gives the logit of class
    1, or a score for each class. The map is so many characters wide and lines high, its legend
    included; without a height one unit is as long in both directions, as far as that fits.

    >>> from nn import xor
    >>> print(boundary(lambda row: row[0] - row[1], xor(), width=24, height=10))
    ┌──────────────────────┐
    │ ●                  ○░│
    │                 ░░░░░│
    │              ░░░░░░░░│
    │           ░░░░░░░░░░░│
    │        ░░░░░░░░░░░░░░│
    │     ░░░░░░░░░░░░░░░░░│
    │ ○░░░░░░░░░░░░░░░░░░●░│
    └──────────────────────┘
      ○  class 0   ░●░ class 1
    """
    plane = Plane("boundary", data)
    xs, ys = plane.limits
    frame, halves = 0 if colour else 2, 2 if colour and unicode else 1
    columns = whole("boundary: width", width, 16) - frame
    if height is None:  # a character is about twice as high as wide
        lines = min(max(round(columns * (ys[1] - ys[0]) / (xs[1] - xs[0]) / 2), 8), 32)
    else:
        lines = whole("boundary: height", height, 8) - frame - 1
    answers = plane.ask(model, columns, lines * halves, most=len(LOOKS))[-1][::-1]  # from the top
    count = len(answers[0][0])
    points = {
        (index_of(x, xs, columns), lines - 1 - index_of(y, ys, lines)): label
        for (x, y), label in zip(plane.rows, plane.classes(count), strict=True)
    }
    if colour:
        picture = list(tinted(answers, points, unicode))
    else:
        picture = framed(list(textured(answers, points, unicode)), unicode)
    return "\n".join([*picture, legend(count, colour, unicode)])


def index_of(x: float, ends: Range, count: int) -> int:
    """Which of so many equal parts of a range a number is in."""
    return int((x - ends[0]) / (ends[1] - ends[0]) * count)


def textured(answers: Answers, points: Points, unicode: bool) -> Iterator[str]:
    """The lines of a map without colours."""
    for j, line in enumerate(answers):
        text = ""
        for i, answer in enumerate(line):
            mark, texture = LOOKS[points.get((i, j), largest(answer))].signs(unicode)
            text += mark if (i, j) in points else texture
        yield text


def tinted(answers: Answers, points: Points, unicode: bool) -> Iterator[str]:
    """The lines of a map in colours; with half blocks, each shows two lines of answers."""
    halves = 2 if unicode else 1
    for j in range(len(answers) // halves):
        upper, lower = answers[halves * j], answers[halves * (j + 1) - 1]
        text = ""
        for i, (above, below) in enumerate(zip(map(tint, upper), map(tint, lower), strict=True)):
            if (i, j) in points:
                look = LOOKS[points[i, j]]
                text += painted(look.signs(unicode)[0], look.ink, above)
            elif above == below:
                text += painted(" ", 0, above)
            else:
                text += painted("▀", above, below)
        yield text + OFF


def tint(answer: list[float]) -> int:
    """The colour of an answer: that of its class, the fuller the larger its lead."""
    second, first = sorted(answer)[-2:]
    return LOOKS[largest(answer)].tints[sum(first - second > step for step in STEPS)]


def framed(lines: list[str], unicode: bool) -> list[str]:
    """The lines with a frame around them."""
    above, beside, below = ("┌─┐", "│", "└─┘") if unicode else ("+-+", "|", "+-+")
    width = len(lines[0])
    top, bottom = (ends[0] + ends[1] * width + ends[2] for ends in (above, below))
    return [top, *(beside + line + beside for line in lines), bottom]


def legend(count: int, colour: bool, unicode: bool) -> str:
    """Which signs stand for which class."""
    entries = []
    for label, look in enumerate(LOOKS[:count]):
        mark, texture = look.signs(unicode)
        sample = (
            painted(f" {mark} ", look.ink, look.tints[2]) + OFF
            if colour
            else texture + mark + texture
        )
        entries.append(f"{sample} class {label}" if count < 5 else f"{sample} {label}")
    return " " + "   ".join(entries)


def painted(text: str, ink: int, paper: int) -> str:
    """The text in one of the 256 colours on another one, until something else is said."""
    return f"\x1b[38;5;{ink};48;5;{paper}m{text}"
