"""How many bytes an operation costs, and how much slower a node is in a large graph."""

from __future__ import annotations

import operator
import tracemalloc
from functools import partial
from statistics import median
from typing import TYPE_CHECKING, Any

from autograd import Value
from autograd.core import compiled
from benchmarks.engines import OURS, engines
from benchmarks.figures import MEASURED, NO_BAR, Bar, difference, precise, ratio, table
from benchmarks.peers import MICROGPT, MICROGRAD, installed, left_out
from benchmarks.timing import COLLECTOR, OFF, collector, rounds

if TYPE_CHECKING:
    from collections.abc import Callable

OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
}
IN_PYTHON = (OURS, MICROGPT, MICROGRAD)  # of others tracemalloc sees but a part
CHAINS, LINKS = 100, 100  # the peers recurse, and one long chain would be too deep for them
HELD = 100_000  # numbers held meanwhile: they use up what an engine keeps of nodes that are gone
BYTES = Bar(most=104.0 if compiled else 200.0)

SIZES = (10_000, 100_000, 1_000_000)
WORK = (30, 3, 1)  # how many graphs of each size to build and walk, lest a small one be over soon
# In C a node takes less time than memory needs, once a graph is larger than the caches.
GROWTH = {OFF: Bar(most=4.0 if compiled else 1.3)}
TOLERANCE = 1e-9


def report(repeats: int) -> str:
    """Bytes an operation beside the peers', and nanoseconds a node from small graphs to large."""
    lines = [
        "memory: bytes an operation on two Values",
        bytes_table(),
        "\nmemory: ns a node, forward, backward and freeing, in graphs of more and more nodes",
        growth_table(repeats),
    ]
    if not installed(MICROGRAD):
        lines.insert(2, left_out(MICROGRAD))
    return "\n".join(lines)


def bytes_table() -> str:
    """Bytes for each operation and engine; the engines' gradients must agree."""
    rows = []
    for symbol, operation in OPERATIONS.items():
        before, after, ours = bytes_each(Value, operation)
        verdict = "met" if BYTES.met(after) else "missed"
        rows.append((symbol, OURS, precise(before), precise(after), str(BYTES), verdict))
        for name, engine in engines().items():
            if name == OURS or name not in IN_PYTHON:
                continue
            before, after, theirs = bytes_each(engine.parameter, operation)
            difference(f"memory, {symbol}, {name}", [ours], [theirs], TOLERANCE)
            rows.append((symbol, name, precise(before), precise(after), "", ""))
    return table(("operation", "engine", "forward", "and backward", "bar", ""), rows)


def bytes_each(
    value: Callable[[float], Any], operation: Callable[[Any, Any], Any]
) -> tuple[float, float, float]:
    """Bytes an operation costs before and after backward, and a gradient to compare."""
    x, y = value(1.5), value(0.99)
    held = [value(0.0) for _ in range(HELD)]
    with collector(OFF):
        tracemalloc.start()
        ends = []
        for _ in range(CHAINS):
            end = x
            for _ in range(LINKS):
                end = operation(end, y)
            ends.append(end)
        before, _ = tracemalloc.get_traced_memory()
        for end in ends:
            end.backward()
        after, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    del held
    return before / (CHAINS * LINKS), after / (CHAINS * LINKS), float(y.grad)


def growth_table(repeats: int) -> str:
    """Nanoseconds a node for each size of graph, under each setting of the garbage collector."""
    for size in SIZES:
        difference(f"memory, {size} nodes", [backward(size)], [by_hand(size)], TOLERANCE)
    runs = {
        f"{size:,} nodes": partial(walk, size, times)
        for size, times in zip(SIZES, WORK, strict=True)
    }
    rows = []
    for setting in COLLECTOR:
        times = rounds(runs, setting, repeats)
        each = [
            [1e9 * t / (size * work) for t in times[name]]
            for name, size, work in zip(runs, SIZES, WORK, strict=True)
        ]
        growth = ratio(each[-1], each[0], GROWTH.get(setting, NO_BAR))
        rows.append((setting, *(precise(median(ns)) for ns in each), *growth.cells()))
    return table(("collector", *runs, *MEASURED), rows)


def walk(size: int, times: int) -> None:
    """Build, differentiate and free a graph of this size so many times."""
    for _ in range(times):
        backward(size)


def backward(size: int) -> float:
    """The gradient of a polynomial's value with respect to its argument, by the engine."""
    x = Value(0.999)
    y = Value(0.5)
    for _ in range(size // 2):
        y = y * x + 0.001
    y.backward()
    return x.grad


def by_hand(size: int) -> float:
    """The same from the recurrence for the derivative, in floats."""
    x, y, slope = 0.999, 0.5, 0.0
    for _ in range(size // 2):
        y, slope = y * x + 0.001, slope * x + y
    return slope
