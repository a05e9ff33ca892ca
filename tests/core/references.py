"""Whether anything is left behind: every use of the core in C, often, and then counted.

    python -m tests.core references 1000

After so many rounds of a use, fifty at least, there must be as many nodes, blocks of memory and
references to each object that takes part as before, and the process must be as large as it was.
"""

from __future__ import annotations

import gc
import resource
import sys
from typing import TYPE_CHECKING, Any

from autograd import Value
from autograd.core import _core, ops, record  # type: ignore[attr-defined]
from tests.core.uses import OTHERS, World, outcome, uses

if TYPE_CHECKING:
    from tests.core.uses import Use

STRAY = 20  # blocks and references that Python itself keeps: caches, free lists


def main(rounds: int) -> list[str]:
    """What grows, in words; nothing if all is well."""
    world = World()
    ways = uses(world)
    objects: list[Any] = [None, True, False, NotImplemented, Value, record.Node, float, int, tuple]
    objects += [*ops.TABLE.values(), *OTHERS.values(), world.x, world.y, world.graph, *world.wide]
    objects += [world.x.label, record.FLAG, "", ()]
    wrong: list[str] = []
    done = 0
    for use in ways.values():  # caches are filled, and blocks of all sizes are there
        for _ in range(30):
            outcome(use)
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for name, use in ways.items():
        # Python's own caches grow now and then; a leak grows every time.
        growths = [growth(use, rounds, objects)]
        while growths[-1] and len(growths) < 4:
            growths.append(growth(use, rounds, objects))
        done += rounds * len(growths)
        if growths[-1]:
            wrong.append(f"{name}: {growths[-1]}")
    grown_by = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - size
    print(f"{len(ways)} uses, {done:,} calls: {len(wrong)} of them leave something behind")
    print(f"the process grew by {grown_by} KiB")
    if grown_by > 8_000:
        wrong.append(f"the process grew by {grown_by} KiB")
    return wrong


def growth(use: Use, rounds: int, objects: list[Any]) -> dict[str, int]:
    """What is more or less after so many calls."""
    first = counted(objects)
    before = counted(objects)  # with counts in memory, as there will be afterwards
    del first
    for _ in range(rounds):
        outcome(use)
    after = counted(objects)
    grown = {what: after[what] - count for what, count in before.items()}
    return {what: more for what, more in grown.items() if abs(more) >= max(STRAY, rounds // 2)}


def counted(objects: list[Any]) -> dict[str, int]:
    """How many nodes, blocks and references there are."""
    gc.collect()
    counts = {f"references to {i}, {type(x)}": sys.getrefcount(x) for i, x in enumerate(objects)}
    return {"nodes": _core.alive(), "blocks": sys.getallocatedblocks()} | counts
