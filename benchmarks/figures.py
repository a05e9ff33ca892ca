"""What a measured figure is, the bar it is held against, and how figures are printed."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Bar:
    """What a figure has to reach, `Bar(least=1.8)`, or must not exceed, `Bar(most=200.0)`."""

    least: float = float("-inf")
    most: float = float("inf")

    def verdict(self, measured: float) -> str:
        """The bar, the figure, and whether the one meets the other.

        >>> Bar(least=1.8).verdict(2.05)
        'bar >= 1.8, measured 2.05, met'
        """
        bar = f"<= {self.most:g}" if self.least == float("-inf") else f">= {self.least:g}"
        met = self.least <= measured <= self.most
        return f"bar {bar}, measured {precise(measured)}, {'met' if met else 'missed'}"


class Figure(NamedTuple):
    """One line of a report: a number with its unit, what it was made of, how sure it is."""

    what: str
    ours: str = ""
    other: str = ""
    measured: str = ""
    spread: str = ""
    verdict: str = ""


def ratio(
    what: str,
    above: Sequence[float],
    below: Sequence[float],
    bar: Bar | None = None,
) -> Figure:
    """The ratio of two medians; its spread is that of the ratios taken round by round."""


def precise(number: float) -> str:
    """A figure to as many digits as mean something."""
    return f"{number:.0f}" if number >= 100.0 else f"{number:.2f}"
