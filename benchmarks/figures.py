"""What a figure is, the bar that it is held against, and how a report prints them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MEASURED = ("measured", "min - max", "bar", "")  # the headings of Figure.cells
INF = float("inf")


@dataclass(frozen=True)
class Bar:
    """What a figure has to reach, `Bar(least=1.8)`, or may not exceed, `Bar(most=200.0)`."""

    least: float = -INF
    most: float = INF

    def __str__(self) -> str:
        return f"<= {self.most:g}" if self.least == -INF else f">= {self.least:g}"

    def met(self, measured: float) -> bool:
        """Whether a figure is good enough."""
        return self.least <= measured <= self.most


NO_BAR = Bar()


@dataclass(frozen=True)
class Figure:
    """One measured number, the smallest and largest seen on the way to it, and its bar."""

    measured: float
    low: float
    high: float
    bar: Bar = NO_BAR

    def cells(self) -> tuple[str, str, str, str]:
        """The figure as the last columns of a table."""
        measured, spread = precise(self.measured), f"{precise(self.low)} - {precise(self.high)}"
        if self.bar is NO_BAR:
            return measured, spread, "", ""
        return measured, spread, str(self.bar), "met" if self.bar.met(self.measured) else "missed"


def ratio(above: Sequence[float], below: Sequence[float], bar: Bar = NO_BAR) -> Figure:
    """The ratio of the medians; its spread is that of the ratios taken round by round."""
    pairs = [a / b for a, b in zip(above, below, strict=True)]
    return Figure(median(above) / median(below), min(pairs), max(pairs), bar)


def precise(number: float) -> str:
    """A number to as many digits as mean something."""
    if number >= 100.0:
        return f"{number:.0f}"
    return f"{number:.2f}" if number >= 0.1 else f"{number:.2g}"


def readable(seconds: float) -> str:
    """A time to three digits, in the unit in which it is easiest to read.

    >>> readable(0.0123), readable(9.996e-4), readable(2.5e-7)
    ('12.3 ms', '1.00 ms', '0.250 us')
    """
    seconds = float(f"{seconds:.3g}")
    unit, scale = next(
        ((unit, scale) for unit, scale in (("s", 1.0), ("ms", 1e3)) if seconds * scale >= 1.0),
        ("us", 1e6),
    )
    return f"{seconds * scale:#.3g}".rstrip(".") + f" {unit}"


def difference(name: str, ours: Sequence[float], theirs: Sequence[float], most: float) -> float:
    """The largest difference between two answers; more than `most` is an error.

    It is relative to the numbers themselves where they are larger than 1.
    """
    largest = max(abs(x - y) / max(1.0, abs(x), abs(y)) for x, y in zip(ours, theirs, strict=True))
    if not largest <= most:
        raise AssertionError(f"{name}: the answers differ by {largest:.1e}, more than {most:.0e}")
    return largest


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Rows in aligned columns: words to the left, numbers to the right."""
    lines = zip(*map(_aligned, zip(headings, *rows, strict=True)), strict=True)
    return "\n".join("  " + "  ".join(line).rstrip() for line in lines)


class Printed(NamedTuple):
    """A table as it was printed: the line at the margin that it stands under, and its rows."""

    title: str
    rows: list[dict[str, str]]


def printed(text: str) -> list[Printed]:
    """The tables of a text, as `table` writes them; cells at the end that are empty are left out.

    >>> printed("numbers: some\\n" + table(("name", "value"), [("one", "1"), ("nil", "")]))
    [Printed(title='numbers: some', rows=[{'name': 'one', 'value': '1'}, {'name': 'nil'}])]
    """
    tables: list[Printed] = []
    title, headings = "", None
    for line in text.splitlines():
        cells = re.split(" {2,}", line.strip())
        if line[:1].strip():
            title, headings = line, None
        elif len(cells) == 1:
            headings = None
        elif headings is None:
            headings = cells
            tables.append(Printed(title, []))
        else:
            tables[-1].rows.append(dict(zip(headings, cells, strict=False)))
    return tables


def _aligned(column: tuple[str, ...]) -> list[str]:
    width = max(map(len, column))
    numbers = any(cell[:1].isdigit() for cell in column[1:])
    return [cell.rjust(width) if numbers else cell.ljust(width) for cell in column]
