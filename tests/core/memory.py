"""What happens where memory runs out: at the first allocation of every use, the second, and so on.

    python -m tests.core memory       all uses
    python -m tests.core memory 10    every tenth

A use must raise MemoryError, or give what it always gives; it must leave all Values as they were,
and no node behind; and the next call must give the right thing. CPython's `_testcapi` makes
allocations fail: twenty from the n-th on, then the n-th alone. (If all fail from there on, the
interpreter itself tries for ever to note the line of an error, or gives up.)
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

MANY = 20  # allocations that fail together
# What allocates more runs much Python, which itself leaks as it ends frames without memory: it does
# under the core in Python, too.
SMALL = 60
ballast: list[Value] = []
failures = 0


def main(stride: int) -> list[str]:
    """What went wrong, in words."""
    if sys.version_info >= (3, 12):
        print("this Python crashes where it makes a generator without memory, whatever the core")
        return []
    world = World()
    ways = uses(world)
    wrong: list[str] = []
    gc.freeze()  # the collector has little to look at, for it will come often
    for name, use in [*ways.items()][::stride]:
        print(name, file=sys.stderr, flush=True)  # the last line names what has crashed
        wrong += [f"{name}, {what}" for what in starved(world, use)]
    print(f"{len(ways)} uses, {failures:,} failures of memory: {len(wrong)} with consequences")
    return wrong


def starved(world: World, use: Callable[[], Any]) -> list[str]:
    """What went wrong as the allocations of one use failed."""
    outcome(use)  # Python's caches are filled
    world.reset()
    before = world.state()
    expected, after = outcome(use), world.state()
    world.reset()
    wrong, leaks = [], []
    size = 0  # how many allocations there are
    for many in (MANY, 1):
        for n in count():
            given = failing(use, n, many)
            ran_out = given == "MemoryError" or lost(given, expected)
            if not (ran_out or given == expected or is_alike(given, expected)):
                wrong.append(f"allocation {n}: gave {given}, not {expected}")
            if world.state() != (before if ran_out else after):
                wrong.append(f"allocation {n}: {given}, and Values are otherwise")
            world.reset()
            if (again := outcome(use)) != expected:
                wrong.append(f"after allocation {n}: gave {again}, not {expected}")
            world.reset()
            if leaking(use, n, many):
                leaks.append(f"allocation {n}: leaves nodes behind")
            world.reset()
            if not ran_out and (many == MANY or n > size + 2):  # some came from caches before
                size = max(size, n)
                break
    return wrong + (leaks if size < SMALL else [])


def failing(use: Callable[[], Any], n: int, many: int) -> str:
    """What a use gives where so many allocations fail, the n-th first.

    A block is entered before: ContextVar.set of Python 3.11 and 3.12 crashes without memory.
    """
    import _testcapi

    global failures
    given: Any = None
    error: BaseException | None = None
    drain()
    with use.block() if isinstance(use, Within) else nullcontext():
        call = use.use if isinstance(use, Within) else use
        _testcapi.set_nomemory(n, n + many)
        try:
            given = call()
        except BaseException as raised:
            error = raised
        finally:
            _testcapi.remove_mem_hooks()
    if isinstance(error, MemoryError):
        failures += 1
        return "MemoryError"
    return told(given) if error is None else f"{type(error).__name__}: {error}"


def is_alike(given: str, expected: str) -> bool:
    """Whether both are the same error, whose words may be fewer without memory."""
    kind = expected.partition(":")[0]
    return kind.endswith("Error") and given.startswith(f"{kind}:")


def lost(given: str, expected: str) -> bool:
    """Whether Python has lost a MemoryError: where a traceback finds no memory, and in pickle."""
    in_traceback = given.startswith("SystemError") and "without" in given
    return given.startswith("PicklingError") or (in_traceback and is_alike(expected, expected))


def leaking(use: Callable[[], Any], n: int, many: int) -> bool:
    """Whether a use that fails leaves nodes behind each time. (Once, a mark may hold some.)"""
    left = nodes()
    for _ in range(10):
        outcome(use)
        failing(use, n, many)
        gc.collect()
        if nodes() <= left:
            return False
        left = nodes()
    return True


def nodes() -> int:
    """How many there are, but the ballast."""
    return int(_core.alive()) - len(ballast)


def drain() -> None:
    """Hold new nodes until the core must ask for memory: it keeps that of nodes that have died."""
    new = 0
    while new < 5 and sys.getallocatedblocks():  # none where a sanitizer counts them
        blocks = sys.getallocatedblocks()
        ballast.extend([Value(0.0) for _ in range(10)])
        new = sys.getallocatedblocks() - blocks
