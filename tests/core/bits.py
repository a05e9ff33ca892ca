"""The two cores side by side on random graphs: they must leave the same bits everywhere.

    python -m tests.core bits 10000        so many, with zeros, infinities and nan among them
    python -m tests.core.bits 10000 0      what the core of this process tells of them

Each core runs in a process of its own. A graph is told by a line: a digest of the data, gradients
and partials of all its nodes, and of what comparisons and derivatives gave.
"""

from __future__ import annotations

import hashlib
import operator
import os
import random
import struct
import subprocess
import sys
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from autograd import Value, dot, grad, jvp, no_grad, vjp, where
from autograd.core import ops
from autograd.core.graph import topological
from autograd.core.operation import Variadic

if TYPE_CHECKING:
    from collections.abc import Iterator

INF, NAN = float("inf"), float("nan")
SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, INF, -INF, NAN, 5e-324, -1e-310, 1.7e308, -1.7e308]
SPECIAL += [1e16, 3.0, 1e-8, 709.8, -745.2, 2.0**53]
INFIX = [getattr(operator, name) for name in ("add", "sub", "mul", "truediv", "floordiv", "mod")]
INFIX += [operator.add, operator.mul, operator.pow]
COMPARISONS = [getattr(operator, name) for name in ("lt", "le", "eq", "ne", "gt", "ge")]


def bits(x: float | None) -> bytes:
    """A number to the last bit; any nan is like any other."""
    return b"-" if x is None else b"nan" if x != x else struct.pack("d", x)


def plain(x: Any) -> float:
    """The number of a Value, or what is plain already."""
    return x.data if isinstance(x, Value) else float(x)


def number(rng: random.Random) -> float:
    """Half of them in the middle of the line, half at its ends."""
    return rng.choice(SPECIAL) if rng.random() < 0.4 else rng.uniform(-3.0, 3.0)


def step(rng: random.Random, nodes: list[Any]) -> Any:
    """One operation on what there is already."""

    def operand() -> Any:
        kind = rng.random()
        return number(rng) if kind < 0.2 else rng.randrange(-3, 4) if kind < 0.25 else node()

    def node() -> Any:
        return rng.choice(nodes[-12:])

    kind = rng.random()
    if kind < 0.35:
        f = rng.choice(INFIX)
        return f(node(), operand()) if rng.random() < 0.5 else f(operand(), node())
    if kind < 0.40:
        return rng.choice([operator.neg, operator.pos, operator.abs])(node())
    if kind < 0.50:
        n = rng.randrange(1, 6)
        xs = [operand() for _ in range(n)]
        start = rng.choice([0.0, operand()])
        return dot([node(), *xs], rng.sample([*xs, node()], n + 1), start)
    if kind < 0.53:
        x, y = node(), operand()
        return where(rng.choice(COMPARISONS)(x, y), x, y)
    op: Any = rng.choice([*ops.TABLE.values()])
    if isinstance(op, Variadic):
        xs = [operand() for _ in range(rng.choice([0, 1, 2, 3, 9, 70]))]
        return op([node(), *xs])
    if rng.random() < 0.2:  # anywhere, so that the domain does not matter
        xs = [operand() for _ in op.rules]
    else:
        xs = [rng.choice([node(), float(rng.randrange(0, 3))]) for _ in op.rules]
    static = [rule is None for rule in op.rules]
    return op(*[rng.randrange(0, 4) if s else x for x, s in zip(xs, static, strict=True)])


def graph(seed: str) -> tuple[list[Value], list[Any]]:
    """The leaves of a random graph, and all its nodes in the order of their birth."""
    rng = random.Random(seed)
    leaves = [Value(number(rng)) for _ in range(rng.randrange(1, 6))]
    nodes: list[Any] = [*leaves]
    for _ in range(rng.randrange(1, 40)):
        out = step(rng, nodes)
        nodes.append(out if isinstance(out, Value) else Value(plain(out)))
    return leaves, nodes


def told(seed: str) -> Iterator[bytes]:
    """All that a graph is, and what is derived from it."""
    leaves, nodes = graph(seed)
    root = nodes[-1]
    root.backward()
    root.backward(-0.5)
    for node in topological(*nodes[::3], root):
        yield (node.op.name if node.op else "leaf").encode()
        yield b"".join(map(bits, (node.data, node.grad, *node.partials)))
        yield b"".join(bits(x) for x in node.operands if type(x) is float)
    for x, y in pairwise(nodes):
        yield bytes([compare(x, y) for compare in COMPARISONS] + [bool(x)])
    with no_grad():
        yield bits(plain(step(random.Random(seed), nodes)))

    def again(*xs: Any) -> Any:
        rng = random.Random(seed)
        made = [x for x in xs if isinstance(x, Value)]
        for _ in range(6):
            if isinstance(out := step(rng, made), Value):
                made.append(out)
        return made[-1]

    point = tuple(x.data for x in leaves)
    out, pull = vjp(again, *point)
    yield b"".join(map(bits, [out, *pull(1.5)]))
    yield b"".join(map(bits, jvp(again, point, (1.0,) * len(point))))
    yield bits(grad(again)(*point))


def digests(count: int, seed: int) -> Iterator[str]:
    """A line for each of so many graphs."""
    for i in range(count):
        digest = hashlib.sha256()
        for part in told(f"{seed} {i}"):
            digest.update(part + b"|")
        yield f"{i} {digest.hexdigest()}"


def departures(count: int, seed: int = 0) -> list[str]:
    """The graphs of which the cores tell different things."""
    lines = [run_in(core, count, seed) for core in ("python", "c")]
    return [f"{seed} {a.split()[0]}" for a, b in zip(*lines, strict=True) if a != b]


def run_in(core: str, count: int, seed: int) -> list[str]:
    """What one core tells of so many graphs."""
    command = [sys.executable, "-m", "tests.core.bits", str(count), str(seed)]
    environment = os.environ | {"AUTOGRAD_CORE": core}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"AUTOGRAD_CORE={core} {' '.join(command)}\n{done.stderr}")
    return done.stdout.splitlines()


def main(count: int) -> list[str]:
    """The graphs of which the cores tell different things, in words."""
    return [f"graph {name} differs" for name in departures(count)]


if __name__ == "__main__":
    print(*digests(*map(int, sys.argv[1:])), sep="\n")
