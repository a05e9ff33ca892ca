"""From 1,000 nodes to 1,000,000: the time and the memory that each of them costs.

A node is an operation. Nothing here but `x`, `c` and what is made of them by `*` and `+`, so that
all engines record the same nodes.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks.beside import beside_times
from benchmarks.engines import absent, engine, engines, gradients
from benchmarks.figures import difference, precise, table
from benchmarks.timing import OFF, ON, rounds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from benchmarks.engines import Engine

    Times = Mapping[str, Mapping[str, list[float]]]  # by setting of the collector, by engine

SIZES = (1_000, 10_000, 100_000, 1_000_000)
NODES = 100_000  # in one timing at least: so many graphs of a small size, one after the other
HELD = 1_000_000  # where memory is measured: so many graphs of a small size, at the same time
X, C = 0.999, 0.001
TOLERANCE = 1e-9
LINK = 4  # steps of a short chain, which takes 2 * LINK + 1 nodes, and 1 to be added to the others
STATUS = Path("/proc/self/status")


def deep(x: Any, c: Any, size: int) -> Any:
    """One chain, as deep as there are nodes: x times x plus c times x plus c, and so on."""
    y = x
    for _ in range(size // 2):
        y = y * x + c
    return y


def wide(x: Any, c: Any, size: int) -> Any:
    """Many short chains, added up by twos: never deeper than 26 nodes."""
    ends = []
    for _ in range(size // (2 * LINK + 2)):
        y = x * c
        for _ in range(LINK):
            y = y * x + c
        ends.append(y)
    while len(ends) > 1:
        pairs = [a + b for a, b in zip(ends[::2], ends[1::2], strict=False)]
        ends = pairs + ends[2 * len(pairs) :]
    return ends[0]


GRAPHS: dict[str, Callable[[Any, Any, int], Any]] = {"deep": deep, "wide": wide}
SHAPES = {"deep": "deep, one chain", "wide": "wide, short chains added up by twos"}


def slopes(shape: str, size: int) -> list[float]:
    """The derivatives by x and by c, from the recurrences for them, in floats."""
    chains = 1 if shape == "deep" else size // (2 * LINK + 2)
    y, by_x, by_c = (X, 1.0, 0.0) if shape == "deep" else (X * C, C, X)
    for _ in range(size // 2 if shape == "deep" else LINK):
        y, by_x, by_c = y * X + C, by_x * X + y, by_c * X + 1.0
    return [chains * by_x, chains * by_c]


def differentiated(of: Engine, shape: str, size: int, graphs: int = 1) -> list[float]:
    """Build so many graphs, hold them, differentiate each; the mean of their derivatives."""
    x, c = of.parameter(X), of.parameter(C)
    of.differentiate(lambda: [GRAPHS[shape](x, c, size) for _ in range(graphs)], [x, c])
    return [slope / graphs for slope in gradients(of, [x, c])]


def check(name: str, shape: str, size: int, graphs: int = 1) -> None:
    """Raise an error where the derivatives are not those of the recurrence."""
    found = differentiated(engine(name), shape, size, graphs)
    difference(f"scaling, {shape}, {size}, {name}", slopes(shape, size), found, TOLERANCE)


def deepest(name: str) -> int | None:
    """How long a chain may be for an engine that recurses, if the shortest here is too long."""
    fits, fails = 2, SIZES[0]
    if survives(name, fails):
        return None
    while fails - fits > 2:
        middle = (fits + fails) // 4 * 2
        fits, fails = (middle, fails) if survives(name, middle) else (fits, middle)
    return fits


def survives(name: str, size: int) -> bool:
    """Whether an engine can differentiate a chain."""
    try:
        differentiated(engine(name), "deep", size)
    except RecursionError:
        return False
    return True


def walk(of: Engine, shape: str, size: int) -> None:
    """Build, differentiate and free graphs of one size, one after the other."""
    for _ in range(max(1, NODES // size)):
        differentiated(of, shape, size)


def measured(able: Mapping[str, Sequence[str]], repeats: int) -> dict[tuple[str, int], Times]:
    """The times of the engines that are able, for each shape and size.

    From small to large, for a tape is never again as fast as when it was short.
    """
    times: dict[tuple[str, int], Times] = {}
    for size in SIZES:
        for shape, names in able.items():
            for name in names:
                check(name, shape, size)
            runs = {name: partial(walk, engine(name), shape, size) for name in names}
            times[shape, size] = {setting: rounds(runs, setting, repeats) for setting in (ON, OFF)}
    return times


def each_node(times: Mapping[int, Times]) -> str:
    """Nanoseconds a node, for each engine and size."""
    rows = [
        (
            name,
            setting,
            *(
                precise(1e9 * median(of[setting][name]) / max(NODES, size))
                for size, of in times.items()
            ),
        )
        for name in times[SIZES[0]][ON]
        for setting in (ON, OFF)
    ]
    return table(("engine", "collector", *(f"{size:,} nodes" for size in SIZES)), rows)


def resident(line: str) -> int:
    """Bytes of this process in memory, by the name of a line of its status on Linux."""
    lines = dict(text.split(":", 1) for text in STATUS.read_text().splitlines())
    return 1024 * int(lines[line].split()[0])


def growth(name: str, size: int) -> float:
    """By how many bytes a node this process has grown at most, with graphs of one size."""
    engine(name)
    before = resident("VmRSS")
    check(name, "wide", size, HELD // size)
    return (resident("VmHWM") - before) / HELD


def memory_table(names: list[str]) -> str:
    """Bytes a node for each engine and size, each in a process of its own."""
    rows = []
    for name in names:
        each = []
        for size in SIZES:
            command = [sys.executable, "-m", __name__, name, str(size)]
            told = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            each.append(precise(float(told.stdout)))
        rows.append((name, *each))
    return table(("engine", *(f"{size:,} nodes" for size in SIZES)), rows)


def report(repeats: int) -> str:
    """Time and memory a node for each engine and size, for deep graphs and for wide ones."""
    names = list(engines())
    stops = {name: nodes for name in names if (nodes := deepest(name)) is not None}
    able = {"deep": [name for name in names if name not in stops], "wide": names}
    times = measured(able, repeats)
    lines = []
    for shape, what in SHAPES.items():
        lines += [
            f"scaling, {what}: ns a node, forward, backward and freeing",
            f"  derivatives agree with those from recurrences (allowed: {TOLERANCE:.0e})",
            each_node({size: times[shape, size] for size in SIZES}),
        ]
        if shape == "deep":
            lines += [
                f"  left out: {name} recurses, and stops with a RecursionError past {nodes} nodes"
                for name, nodes in stops.items()
            ]
        largest = beside_times(times[shape, SIZES[-1]], {})
        lines += ["", f"scaling, {what}: {SIZES[-1]:,} nodes", largest, ""]
    lines.append(f"scaling, memory, {HELD:,} nodes held in wide graphs: bytes a node")
    if STATUS.exists():
        lines += ["  the growth of a fresh process, at its peak, backward included"]
        lines += [memory_table(names)]
    else:
        lines += [f"  left out: it is read from {STATUS}, which is not there"]
    return "\n".join([*lines, *absent()])


def main() -> None:
    """Print the bytes a node of one engine and one size: what `memory_table` asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling")
    parser.add_argument("engine")
    parser.add_argument("size", type=int)
    arguments = parser.parse_args()
    print(growth(arguments.engine, arguments.size))


if __name__ == "__main__":
    main()
