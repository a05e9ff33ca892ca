"""What happens where memory runs out: at the first allocation of every use, the second, and so on.

    python -m tests.core memory

A use must raise MemoryError, or give what it always gives; it must leave all Values as they were
and leave no node behind; and the next call must give the right thing. `_testcapi`, which comes with
CPython, makes allocations fail: first twenty from the n-th on, then the n-th alone. (If all fail from
there on, the interpreter itself tries for ever to note the line of an error, or gives up.)
"""

from __future__ import annotations

import gc
import sys
from contextlib import nullcontext
from itertools import count
from typing import TYPE_CHECKING, Any

from autograd import Value
from autograd.core import _core  # type: ignore[attr-defined]
from tests.core.uses import Within, World, outcome, told, uses

if TYPE_CHECKING:
    from collections.abc import Callable

MANY = 20
FEW = 60
MOST = 20_000  # allocations of a use
ballast: list[Value] = []


def main(stride: int) -> list[str]:
    """What went wrong, in words. A stride above 1 looks at every so many uses only."""
    try:
        import _testcapi
    except ImportError:
        return ["this Python has no _testcapi: nothing was tested"]
    world = World()
    ways = uses(world)
    gc.freeze()  # the collector has little to look at, and will come often
    wrong: list[str] = []
    failures = 0
    for i, (name, use) in enumerate(ways.items()):
        if i % stride:
            continue
        print(name, file=sys.stderr, flush=True)  # the last line names what has crashed
        world.reset()
        outcome(use)
        world.reset()
        expected = outcome(use)
        done = world.state()
        world.reset()
        raises = kind(expected).endswith("Error")  # whose words may be fewer without memory
        leaks: list[str] = []
        state, most_nodes = world.state(), nodes()
        for many in (MANY, 1):
            for n in count():
                drain()
                given = failing(_testcapi, use, n, n + many)
                if given == "MemoryError" or lost(given, raises):
                    failures += 1
                elif given != expected and not (raises and kind(given) == kind(expected)):
                    wrong.append(f"{name}, allocation {n}: gave {given}, not {expected}")
                now = world.state()
                if now != (state if given == "MemoryError" else done):
                    wrong.append(f"{name}, allocation {n}: {given}, and Values are otherwise")
                world.reset()
                if (again := outcome(use)) != expected:
                    wrong.append(f"{name} after allocation {n}: gave {again}, not {expected}")
                world.reset()
                left = nodes()
                if left > most_nodes:
                    gc.collect()
                    left = nodes()
                # A mark holds some until the next walk; a leak is there every time.
                times = 0
                while left > most_nodes and times < 10:
                    times, most_nodes = times + 1, left
                    failing(_testcapi, use, n, n + many)
                    world.reset()
                    gc.collect()
                    left = nodes()
                if times == 10:
                    leaks.append(f"{name}, allocation {n}: it leaves nodes behind")
                if len(wrong) > 50:
                    return wrong
                if many == MANY and given != "MemoryError":
                    most = n + 2  # some that did not fail may have been in caches
                    break
                if (many == 1 and n > most) or n > MOST:
                    break
        # Python itself leaks as it ends frames without memory, under the core in Python too; so
        # what runs much Python tells nothing of the core in C.
        wrong += leaks if most < FEW else []
    print(f"{len(ways)} uses, {failures:,} failures of memory: {len(wrong)} with consequences")
    return wrong


def failing(_testcapi: Any, use: Callable[[], Any], first: int, last: int) -> str:
    """What a use gives where these allocations fail.

    A block is entered before: ContextVar.set of Python 3.11 and 3.12 crashes without memory.
    """
    given: Any = None
    error: BaseException | None = None
    with use.block() if isinstance(use, Within) else nullcontext():
        call = use.use if isinstance(use, Within) else use
        _testcapi.set_nomemory(first, last)
        try:
            given = call()
        except BaseException as raised:
            error = raised
        finally:
            _testcapi.remove_mem_hooks()
    if isinstance(error, MemoryError):
        return "MemoryError"
    return told(given) if error is None else f"{type(error).__name__}: {error}"


def nodes() -> int:
    """How many there are, but the ballast."""
    return int(_core.alive()) - len(ballast)


def kind(given: str) -> str:
    """The kind of error, if it is one."""
    return given.partition(":")[0]


def lost(given: str, raises: bool) -> bool:
    """Whether Python has lost a MemoryError: where the traceback of another has no memory; in pickle."""
    return given.startswith("PicklingError") or (
        raises and given.startswith("SystemError") and "without" in given
    )


def drain() -> None:
    """Hold new nodes until the core must ask for memory: it keeps that of nodes that have died."""
    new = 0
    while new < 5 and sys.getallocatedblocks():  # none where a sanitizer counts them
        blocks = sys.getallocatedblocks()
        ballast.extend([Value(0.0) for _ in range(10)])
        new = sys.getallocatedblocks() - blocks
