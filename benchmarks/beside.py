"""Our run beside those of all peers: their answers compared, their times in a table."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from benchmarks.engines import OURS
from benchmarks.figures import MEASURED, NO_BAR, Bar, difference, ratio, readable, table
from benchmarks.timing import OFF, ON, rounds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


def agreement(
    subject: str, what: str, answers: Mapping[str, Sequence[float]], tolerance: float
) -> str:
    """The line that says how well the peers' answers agree with ours; too badly is an error."""
    apart = [
        difference(f"{subject}, {peer}", answers[OURS], theirs, tolerance)
        for peer, theirs in answers.items()
        if peer != OURS
    ]
    if not apart:
        return f"  {what}: compared with nothing"
    return f"  {what} agree to {max(apart):.0e} (allowed: {tolerance:.0e})"


def beside(
    runs: Mapping[str, Callable[[], object]], repeats: int, bars: Mapping[tuple[str, str], Bar]
) -> str:
    """Our run beside those of all peers, with the garbage collector on and off, as a table."""
    return beside_times({setting: rounds(runs, setting, repeats) for setting in (ON, OFF)}, bars)


def beside_times(
    times: Mapping[str, Mapping[str, list[float]]], bars: Mapping[tuple[str, str], Bar]
) -> str:
    """Our times beside those of all peers, under each setting of the collector, as a table."""
    rows = [
        (
            peer,
            setting,
            readable(median(times[setting][OURS])),
            readable(median(times[setting][peer])),
            *ratio(
                times[setting][peer], times[setting][OURS], bars.get((peer, setting), NO_BAR)
            ).cells(),
        )
        for peer in times[ON]
        if peer != OURS
        for setting in times
    ]
    if not rows:
        return "  no peer is there"
    return table(("times as fast as", "collector", "ours", "theirs", *MEASURED), rows)
