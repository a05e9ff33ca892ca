"""Eight threads that build, differentiate and free graphs at once, one of them shared.

    python -m tests.core threads 20

Gradients of a thread's own graphs must be right in every one, and derivatives of a graph that all
of them walk over as well. Destructors of the users' own run amid the freeing of nodes.
"""

from __future__ import annotations

import copy
import sys
import threading

from autograd import Value, dot, exp, gradients, vjp
from autograd.core.graph import topological

THREADS = 8


class Own:
    """What somebody hangs on a node: its destructor makes Values, and lets others run."""

    def __init__(self, node: Value) -> None:
        self.node = node

    def __del__(self) -> None:
        (self.node * 2.0).backward()


def main(rounds: int) -> list[str]:
    """What went wrong in so many rounds of each thread, in words."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    wrong: list[str] = []
    leaf = Value(1.5)
    shared = formula(leaf, 300)
    (expected,) = vjp(lambda x: formula(x, 300), 1.5)[1](1.0)
    try:
        threads = [
            threading.Thread(target=work, args=(rounds, shared, leaf, expected, wrong))
            for _ in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    return wrong


def formula(x: Value, size: int) -> Value:
    """A graph in which every node is used twice."""
    out = x
    for i in range(size):
        out = dot([out, x], [0.5, exp(-x)], out * 0.25) if i % 3 else out - x / (i + 1.0)
    return out


def work(rounds: int, shared: Value, leaf: Value, expected: float, wrong: list[str]) -> None:
    """What one thread does."""
    try:
        for i in range(rounds):
            x = Value(1.5)
            out = formula(x, 300)
            for node in topological(out)[::7]:
                node.own = Own(Value(1.0))  # type: ignore[attr-defined]
            out.backward()
            if x.grad != expected:
                wrong.append(f"round {i}: a gradient of {x.grad!r}, not {expected!r}")
            if (dx := gradients(shared, leaf).data) != expected:
                wrong.append(f"round {i}: a shared derivative of {dx!r}, not {expected!r}")
            twin = copy.deepcopy(shared)
            if [*map(repr, topological(twin))] != [*map(repr, topological(shared))]:
                wrong.append(f"round {i}: a copy that is not like the original")
            del out, node, twin
    except BaseException as error:
        wrong.append(f"round {i}: {error!r}")
