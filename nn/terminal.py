"""Pictures made of characters, for a terminal or a text file: decision regions and loss curves.

They need nothing but a font: with `colour` they use the 256 colours of terminals, and without
`unicode` only ASCII.
"""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple, TextIO

from autograd.numbers.reals import counted, whole
from nn.checks import Number, plain
from nn.data.examples import Examples
from nn.data.metrics import Model, largest
from nn.data.plane import Plane, Range
from nn.plots import logarithmic

__all__ = ["boundary", "chart"]

Answers = list[list[list[float]]]  # lines of cells, each with a score for each class
Points = dict[tuple[int, int], int]  # the class of the point in a cell (column, line)

STEPS = (1.0, 2.5, 4.5)  # leads from one tint to the next: probabilities of 0.73, 0.92 and 0.99
LINE, FAINT = 33, 245  # colours that can be seen on black and on white
DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # the bits of a braille character
OFF = "\x1b[0m"
BLANK = "\u2800"  # the one without dots
# Parts of what terminals with 256 colours call themselves in TERM. The last ones say it in
# COLORTERM too, but that does not reach the machine at the other end of an ssh.
RICH = ("256color", "truecolor", "direct", "kitty", "alacritty", "ghostty", "foot", "wezterm")
NARROWEST, WIDEST = 24, 64  # of pictures that are to fit a terminal


class Look(NamedTuple):
    """How the points and the region of a class are drawn."""

    mark: str  # of a point
    texture: str  # of the region
    ink: int  # the colour of points
    tints: tuple[int, int, int, int]  # of regions: the surer the model, the fuller


# Orange and blue first, which the colour-blind can tell apart; points are darker than any region.
LOOKS = (
    Look("○", " ", 88, (230, 223, 222, 215)),
    Look("●", "░", 18, (195, 153, 117, 111)),
    Look("▲", "▒", 22, (194, 157, 120, 114)),
    Look("□", "·", 53, (225, 219, 183, 177)),
    Look("■", "-", 58, (187, 186, 185, 184)),
    Look("+", ":", 16, (255, 252, 249, 246)),
)
ASCII = str.maketrans("○●▲□■+░▒·-:┌─┐│└┘", "ox+#@*.:-'=+-+|++")  # for maps, where there is no other


# A map of regions ---------------------------------------------------------------------------------


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
    picture = tinted(answers, points, halves) if colour else framed(textured(answers, points))
    whole_map = "\n".join([*picture, legend(count, colour)])
    return whole_map if unicode else whole_map.translate(ASCII)


def index_of(x: float, ends: Range, count: int) -> int:
    """Which of so many equal parts of a range a number is in."""
    return int((x - ends[0]) / (ends[1] - ends[0]) * count)


def textured(answers: Answers, points: Points) -> list[str]:
    """The lines of a map without colours."""
    regions = [[LOOKS[largest(answer)].texture for answer in line] for line in answers]
    for (i, j), label in points.items():
        regions[j][i] = LOOKS[label].mark
    return ["".join(line) for line in regions]


def tinted(answers: Answers, points: Points, halves: int) -> Iterator[str]:
    """The lines of a map in colours; with half blocks, each shows two lines of answers."""
    for j in range(len(answers) // halves):
        upper, lower = answers[halves * j], answers[halves * (j + 1) - 1]
        text = ""
        for i, (above, below) in enumerate(zip(map(tint, upper), map(tint, lower), strict=True)):
            if (i, j) in points:
                look = LOOKS[points[i, j]]
                text += painted(look.mark, look.ink, above)
            elif above == below:
                text += painted(" ", 0, above)
            else:
                text += painted("▀", above, below)
        yield text + OFF


def tint(answer: list[float]) -> int:
    """The colour of an answer: that of its class, the fuller the larger its lead."""
    second, first = sorted(answer)[-2:]
    return LOOKS[largest(answer)].tints[sum(first - second > step for step in STEPS)]


def framed(lines: list[str]) -> list[str]:
    """The lines with a frame around them."""
    edge = "─" * len(lines[0])
    return [f"┌{edge}┐", *[f"│{line}│" for line in lines], f"└{edge}┘"]


def legend(count: int, colour: bool) -> str:
    """Which signs stand for which class."""
    entries = []
    for label, look in enumerate(LOOKS[:count]):
        sample = look.texture + look.mark + look.texture
        if colour:
            sample = painted(f" {look.mark} ", look.ink, look.tints[2]) + OFF
        entries.append(f"{sample} class {label}" if count < 5 else f"{sample} {label}")
    return " " + "   ".join(entries)


def painted(text: str, ink: int, paper: int) -> str:
    """The text in one of the 256 colours on another one, until something else is said."""
    return f"\x1b[38;5;{ink};48;5;{paper}m{text}"


# A line through numbers ---------------------------------------------------------------------------


def chart(
    values: Sequence[Number],
    width: int = 64,
    height: int = 12,
    *,
    colour: bool = False,
    unicode: bool = True,
) -> str:
    """A line through numbers in their order, such as the losses of all epochs.

    At the left stand the largest, the smallest and the first number, at the right the last one. If
    the largest is more than 100 times the smallest, the axis is logarithmic. The line has a gap
    where a number is nan or infinite.

    >>> print(chart([8.0, 4.0, 2.0, 1.0], width=24, height=8, unicode=False))
    8 |**
      |  *
      |   ***
      |      ***
      |         *******
    1 |                *** 1
      +-------------------
       1                 4
    """
    numbers = [plain(f"chart: value {i}", value) for i, value in enumerate(values)]
    finite = [x for x in numbers if math.isfinite(x)]
    if not finite:
        raise ValueError(f"chart: {counted(len(numbers), 'number')}, and none of them is finite")
    scale = Scale(min(finite), max(finite))
    lines = whole("chart: height", height, 5) - 2
    dots_across, dots_down = (2, 4) if unicode else (1, 1)

    def line_of(x: float) -> int:
        return scale.down(x, lines * dots_down) // dots_down

    shown = [x for x in (numbers[0], *scale) if math.isfinite(x)]
    left = {line_of(x): f"{x:.3g}" for x in shown}
    margin = max(map(len, left.values()))
    last, last_line = f"{numbers[-1]:.3g}", line_of(finite[-1])
    columns = whole("chart: width", width, 24) - margin - 2 - 1 - len(last)
    dots = strokes(numbers, scale, columns * dots_across, lines * dots_down)
    drawn = (braille if unicode else stars)(dots, columns, lines)
    side, tick, corner, bottom = "│┤└─" if unicode else "||+-"
    on, faint, off = (f"\x1b[38;5;{LINE}m", f"\x1b[38;5;{FAINT}m", OFF) if colour else ("", "", "")
    picture = []
    for j, line in enumerate(drawn):
        axis = f"{left.get(j, ''):>{margin}} {tick if j in left else side}"
        body = f"{line} {last}" if j == last_line else line.rstrip(f" {BLANK}")
        picture.append(f"{faint}{axis}{off}{on}{body}{off}")
    count = str(len(numbers))
    note = "logarithmic" if scale.logarithmic else ""
    under = f"1{note:^{columns - 1 - len(count)}}{count}" if len(numbers) > 1 else "1"
    indent = " " * (margin + 1)
    picture.append(f"{faint}{indent}{corner}{bottom * columns}{off}")
    picture.append(f"{faint}{indent} {under}{off}")
    return "\n".join(picture)


class Scale(NamedTuple):
    """What stands at the bottom and at the top of a picture, and what in between."""

    low: float
    high: float

    @property
    def logarithmic(self) -> bool:
        """Whether equal steps are equal factors."""
        return logarithmic(self.low, self.high)

    def down(self, x: float, lines: int) -> int:
        """The line that x is on, counted from the top; a scale of one number has it in the middle.

        >>> Scale(0.0, 10.0).down(7.5, 5), Scale(0.01, 100.0).down(1.0, 5)
        (1, 2)
        """
        if self.low == self.high:
            return lines // 2
        # Halved, for the difference of two large numbers of opposite signs may overflow.
        at = math.log if self.logarithmic else lambda number: number / 2.0
        part = (at(self.high) - at(x)) / (at(self.high) - at(self.low))
        return round(part * (lines - 1))


def strokes(numbers: list[float], scale: Scale, columns: int, lines: int) -> set[tuple[int, int]]:
    """The dots (column, line) of straight strokes from each number to the next one."""
    places = [
        (round(k * (columns - 1) / max(len(numbers) - 1, 1)), scale.down(x, lines))
        if math.isfinite(x)
        else None
        for k, x in enumerate(numbers)
    ]
    dots = {place for place in places if place is not None}
    for start, end in pairwise(places):
        if start is not None and end is not None:
            (i, j), across, down = start, end[0] - start[0], end[1] - start[1]
            steps = max(abs(across), abs(down), 1)
            parts = [step / steps for step in range(steps)]
            dots |= {(round(i + across * part), round(j + down * part)) for part in parts}
    return dots


def braille(dots: set[tuple[int, int]], columns: int, lines: int) -> list[str]:
    """Dots as lines of braille characters, which have 2 columns and 4 lines of them."""
    bits = [[0] * columns for _ in range(lines)]
    for i, j in dots:
        bits[j // 4][i // 2] |= DOTS[j % 4][i % 2]
    return ["".join(chr(ord(BLANK) + pattern) for pattern in line) for line in bits]


def stars(dots: set[tuple[int, int]], columns: int, lines: int) -> list[str]:
    """Dots as lines of asterisks."""
    return ["".join("*" if (i, j) in dots else " " for i in range(columns)) for j in range(lines)]


# What a terminal can show -------------------------------------------------------------------------


def colour_wanted(stream: TextIO) -> bool:
    """Whether to write colours to a stream: to a terminal that has 256, unless somebody objects.

    What a terminal has it says in the environment variables TERM and COLORTERM, or WT_SESSION on
    Windows; one that shows fewer colours would make every region of a map the same, or blink.
    NO_COLOR switches them off everywhere, and FORCE_COLOR on.

    >>> import io
    >>> colour_wanted(io.StringIO()) and "FORCE_COLOR" not in os.environ
    False
    """
    if os.environ.get("NO_COLOR") or os.environ.get("FORCE_COLOR"):
        return not os.environ.get("NO_COLOR")
    return stream.isatty() and has_256_colours()


def has_256_colours() -> bool:
    """Whether the terminal says, in the environment, that it has 256 colours or more."""
    term = os.environ.get("TERM", "")
    if term == "dumb" or term.startswith("vt"):  # COLORTERM may be left over from outside of it
        return False
    if os.environ.get("COLORTERM") or os.environ.get("WT_SESSION"):
        return True
    return any(name in term for name in RICH)


def width_for(stream: TextIO) -> int:
    """How wide a picture is to be: 64 characters, or fewer where a terminal has no room for them.

    >>> import io
    >>> width_for(io.StringIO())
    64
    """
    if not stream.isatty():
        return WIDEST
    return max(NARROWEST, min(WIDEST, shutil.get_terminal_size().columns))


def unicode_wanted(stream: TextIO) -> bool:
    """Whether the encoding of a stream has the characters of these pictures.

    >>> import io
    >>> unicode_wanted(io.TextIOWrapper(io.BytesIO(), "utf-8"))
    True
    >>> unicode_wanted(io.TextIOWrapper(io.BytesIO(), "latin-1"))
    False
    """
    used = "┌▀" + BLANK + "".join(look.mark + look.texture for look in LOOKS)
    try:
        used.encode(stream.encoding or "utf-8")  # a stream without encoding takes all text
    except UnicodeEncodeError:
        return False
    return True
