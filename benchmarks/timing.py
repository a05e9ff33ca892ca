"""How to time competitors fairly: round after round in one run, the garbage collector in hand."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from time import process_time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


def _frozen() -> None:
    gc.enable()
    gc.freeze()


def _raised() -> None:
    gc.enable()
    gc.set_threshold(100_000, 50, 50)


# What a program may do about the garbage collector: nothing, without it, and two ways between.
ON, OFF, FREEZE, RAISE = "on", "off", "on, gc.freeze()", "on, gc.set_threshold(100_000, 50, 50)"
COLLECTOR: dict[str, Callable[[], None]] = {
    ON: gc.enable,
    OFF: gc.disable,
    FREEZE: _frozen,
    RAISE: _raised,
}


@contextmanager
def collector(setting: str) -> Iterator[None]:
    """Run a block under one setting of the collector, with no garbage left from before."""
    was_on, thresholds, was_frozen = gc.isenabled(), gc.get_threshold(), gc.get_freeze_count()
    gc.collect()
    COLLECTOR[setting]()
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        if not was_frozen:
            gc.unfreeze()
        if was_on:
            gc.enable()
        else:
            gc.disable()


def settled() -> None:
    """Keep the collector off all that is there now, such as what imports have made.

    Else the 150,000 objects of a large library would be walked over in everybody's runs.
    """
    gc.collect()
    gc.freeze()


def seconds(run: Callable[[], object], setting: str) -> float:
    """How long one run keeps the processor busy: turns of other programs do not count."""
    with collector(setting):
        start = process_time()
        run()
        return process_time() - start


def rounds(
    runs: Mapping[str, Callable[[], object]], setting: str, repeats: int
) -> dict[str, list[float]]:
    """The seconds that each run took in each round: A B C, A B C, ...

    What slows the machine down for a while slows all competitors down alike, so a ratio within a
    round means something even where the times do not.
    """
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(repeats):
        for name, run in runs.items():
            times[name].append(seconds(run, setting))
    return times
