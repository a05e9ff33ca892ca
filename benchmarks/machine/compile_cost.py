"""What compiling costs: an operation, in longer and longer functions; and when it has paid."""

from __future__ import annotations

import math
from functools import partial
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import autograd
from autograd import jit, value_and_grad
from benchmarks.figures import MEASURED, Bar, ratio, readable, table
from benchmarks.machine.contest import agree, rounds
from benchmarks.peers import JAX, LLVMLITE, installed, left_out
from benchmarks.timing import ON, collector

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.machine.contest import Terms

MANY_THREADS = False
SIZES = (1_000, 10_000, 100_000)
JAX_SIZES = SIZES[:1]  # XLA takes minutes for what comes next
TURN = 11  # operations in one turn of the chain
AT = (0.7, 1.1)
PYTHON, NATIVE = "python", "llvm"  # back ends
CALLED, MAPPED = "called", "mapped"
COMPILATIONS = 3  # at most, for the longest takes a minute
WORK = 1_000_000  # operations in one `map`, without those of the gradient
LINEAR = Bar(most=1.5)  # time for an operation in the longest function, by that in the shortest


def chain(m: Any, turns: int, x: Any, y: Any) -> Any:
    """Mixed operations, each on the results of others; nothing of it grows or dies out."""
    a, b = x, y
    for _ in range(turns):
        a = m.sin(a) * x + y
        b = m.exp(-b) * 0.5
        b = b + b / (a * a + 1.0) * 0.1
    return a + b


class Cost(NamedTuple):
    """Seconds of the first call in each round without those of a later one; and of a row."""

    first: list[float]
    later: list[float]

    def paid(self, other: Cost) -> str:
        """The rows after which it has paid to compile like this, and not like the other."""
        gained = median(other.later) - median(self.later)
        rows = (median(self.first) - median(other.first)) / gained if gained else math.inf
        return f"{max(1, math.ceil(rows)):,}" if gained > 0.0 else "never"


class Way(NamedTuple):
    """How a program is made, how many rows it goes through in a call, and how that is called."""

    make: Callable[[], Any]
    rows: int
    call: Callable[[Any], Callable[[], Any]]


def report(terms: Terms) -> str:
    """The cost of compiling by size, its growth, and the rows that pay for it."""
    lines, each = [], {}
    for size in SIZES:
        turns = max(1, int(size * terms.part) // TURN)
        eager, found = costs(size, turns, terms)
        for (back_end, way), cost in found.items():
            seconds = each[back_end, way, size] = [x / (turns * TURN) for x in cost.first]
            lines.append(
                (
                    *(f"{turns * TURN:,}", back_end, way),
                    *map(readable, map(median, (cost.first, seconds, eager.later, cost.later))),
                    cost.paid(eager),
                    cost.paid(found[PYTHON, way]) if back_end == NATIVE else "",
                )
            )
    first, *_, last = SIZES
    grown = [
        (back_end, way, *ratio(each[back_end, way, last], seconds, LINEAR).cells())
        for (back_end, way, size), seconds in each.items()
        if size == first and (back_end, way, last) in each
    ]
    headings = ("operations", "by", "", "compiling", "an operation", "eager", "a row")
    missing = [left_out(package) for package in (LLVMLITE, JAX) if not installed(package)]
    return "\n".join(
        [
            "compile_cost: a chain of mixed operations and its gradient, traced and compiled in "
            "the first call",
            table((*headings, "paid after rows", "instead of Python"), lines),
            "  time for an operation in the longest function by that in the shortest",
            table(("by", "", *MEASURED), grown),
            *missing,
        ]
    )


def costs(size: int, turns: int, terms: Terms) -> tuple[Cost, dict[tuple[str, str], Cost]]:
    """What eager code costs, and what each way to compile it."""
    slow = value_and_grad(partial(chain, autograd, turns), (0, 1))
    eager = Cost([0.0], rounds({"eager": partial(slow, *AT)}, terms)["eager"])
    found = {
        name: measured(f"compile_cost, {name}", way, slow(*AT), terms)
        for name, way in ways(size, turns).items()
    }
    return eager, found


def ways(size: int, turns: int) -> dict[tuple[str, str], Way]:
    """All there are for this size."""
    rows = max(8, WORK // size)
    columns = [np.full(rows, x) for x in AT]
    every = {}
    for back_end in (PYTHON, NATIVE) if installed(LLVMLITE) else (PYTHON,):
        make = partial(ours, back_end, turns)
        every[back_end, CALLED] = Way(make, 1, lambda program: partial(program, *AT))
        every[back_end, MAPPED] = Way(make, rows, lambda f: partial(f.map, *columns))
    if installed(JAX) and size in JAX_SIZES:
        every[JAX, CALLED] = Way(partial(by_jax, turns), 1, lambda program: partial(program, *AT))
    return every


def ours(back_end: str, turns: int) -> Any:
    """The gradient on one of our back ends, not yet compiled."""
    return jit(value_and_grad(partial(chain, autograd, turns), (0, 1)), backend=back_end)


def by_jax(turns: int) -> Any:
    """The gradient by jax.jit, not yet compiled."""
    import jax
    from jax import numpy as jnp

    jax.config.update("jax_enable_x64", True)
    program = jax.jit(jax.value_and_grad(partial(chain, jnp, turns), (0, 1)))
    return lambda *at: jax.block_until_ready(program(*at))


def measured(name: str, way: Way, expected: Any, terms: Terms) -> Cost:
    """What the first call costs beyond a later one, made anew in each round; and a row."""
    clock, first = terms.clock(), []
    for _ in range(min(terms.repeats, COMPILATIONS)):
        call = way.call(way.make())
        with collector(ON):
            began = clock()
            result = call()
            first.append(clock() - began)
        value, slopes = result
        agree(name, numbers(expected), [np.ravel(x)[-1] for x in (value, *slopes)])
    later = rounds({name: call}, terms)[name]
    running = median(later)
    return Cost([x - running for x in first], [x / way.rows for x in later])


def numbers(result: Any) -> list[float]:
    """The value and the two derivatives."""
    value, slopes = result
    return [float(value), *map(float, slopes)]
