"""What happens where memory runs out: at the first allocation of every use, the second, and so on.

    python -m tests.core memory

A use must raise MemoryError, or give what it always gives; it must leave all Values as they were
and leave no node behind; and the next call must give the right thing. `_testcapi`, which comes with
CPython, makes allocations fail: first fifty from the n-th on, then the n-th alone. (If all fail from
there on, the interpreter itself may try for ever to note the line of an error.)
"""

from __future__ import annotations

import gc
import sys
from itertools import count
from typing import TYPE_CHECKING, Any

from autograd import Value
from autograd.core import _core  # type: ignore[attr-defined]
from tests.core.uses import Within, World, outcome, told, uses

if TYPE_CHECKING:
    from collections.abc import Callable

MANY = 50
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
        import faulthandler; faulthandler.dump_traceback_later(20, exit=True); print(name, file=sys.stderr, flush=True)  # the last line names what has crashed
        world.reset()
        outcome(use)
        world.reset()
        expected = outcome(use)
        done = world.state()
        world.reset()
        raises = kind(expected).endswith("Error")  # whose words may be fewer without memory
        state, most_nodes = world.state(), nodes()
        for many in (MANY, 1):
            for n in count():
                drain()
                given = failing(_testcapi, use, n, n + many)
                if given == "MemoryError" or (lost(given) and raises):
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
                if left > most_nodes:  # a mark may hold some, until the next walk
                    for _ in range(10):
                        failing(_testcapi, use, n, n + many)
                        world.reset()
                    gc.collect()
                    if nodes() >= left + 10:
                        wrong.append(f"{name}, allocation {n}: it leaves nodes behind")
                    most_nodes = max(left, nodes())
                if len(wrong) > 50:
                    return wrong
                if many == MANY and given != "MemoryError":
                    most = n + 2  # some that did not fail may have been in caches
                    break
                if (many == 1 and n > most) or n > MOST:
                    break
    print(f"{len(ways)} uses, {failures:,} failures of memory: {len(wrong)} with consequences")
    return wrong


def failing(_testcapi: Any, use: Callable[[], Any], first: int, last: int) -> str:
    """What a use gives where these allocations fail.

    A block is entered before: ContextVar.set of Python 3.11 and 3.12 crashes without memory.
    """
    if isinstance(use, Within):
        with use.block():
            return failing(_testcapi, use.use, first, last)
    given: Any = None
    error: BaseException | None = None
    _testcapi.set_nomemory(first, last)
    try:
        given = use()
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


def lost(given: str) -> bool:
    """Whether Python has lost an error: it does where the traceback of one has no memory."""
    return given.startswith("SystemError") and "without" in given


def drain() -> None:
    """Hold new nodes until the core must ask for memory: it keeps that of nodes that have died."""
    new = 0
    while new < 5:
        blocks = sys.getallocatedblocks()
        ballast.extend([Value(0.0) for _ in range(10)])
        new = sys.getallocatedblocks() - blocks
