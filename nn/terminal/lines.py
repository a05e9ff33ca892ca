"""A line through numbers, in characters: dots of braille, or asterisks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from autograd.numbers.reals import counted
from nn.checks import Number, plain, whole
from nn.plots import logarithmic
from nn.terminal.screen import BLANK, OFF

LINE, FAINT = 33, 245  # colours that can be seen on black and on white
DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # the bits of a braille character


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
    dots = set()
    before = None
    for k, number in enumerate(numbers):
        if not math.isfinite(number):
            before = None
            continue
        i, j = round(k * (columns - 1) / max(len(numbers) - 1, 1)), scale.down(number, lines)
        start_i, start_j = before or (i, j)
        steps = max(abs(i - start_i), abs(j - start_j), 1)
        for step in range(steps + 1):
            part = step / steps
            dots.add((round(start_i + (i - start_i) * part), round(start_j + (j - start_j) * part)))
        before = (i, j)
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
