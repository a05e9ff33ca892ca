"""How to time competitors fairly: side by side in one run, with the garbage collector in hand."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

COLLECTOR = {True: "collector on", False: "collector off"}


@contextmanager
def collector(on: bool) -> Iterator[None]:
    """Run a block with the garbage collector on or off, nothing left to collect at its start."""
    was_on, thresholds = gc.isenabled(), gc.get_threshold()
    gc.collect()
    switch(on)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        switch(was_on)


def switch(on: bool) -> None:
    """Turn the garbage collector on or off."""
    if on:
        gc.enable()
    else:
        gc.disable()


def seconds(run: Callable[[], object]) -> float:
    """How long one run takes."""
    start = perf_counter()
    run()
    return perf_counter() - start


def side_by_side(
    runs: Mapping[str, Callable[[], object]], repeats: int, on: bool
) -> dict[str, list[float]]:
    """The seconds of every run, round after round: A B C, A B C, ...

    What slows the machine down for a while slows all competitors down alike, so the ratios within a
    round mean something even where the times do not.
    """
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(repeats):
        for name, run in runs.items():
            with collector(on):
                times[name].append(seconds(run))
    return times
