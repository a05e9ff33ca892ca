"""Ctrl-C in the midst of walks: gradients stay whole, and the next walk may begin.

    python -m tests.core interruptions
    AUTOGRAD_CORE=python python -m tests.core.interruptions 1000

In a process of its own: its timer runs the handler of Ctrl-C at a random moment.
"""

from __future__ import annotations

import pickle
import random
import signal
import sys
import threading
from typing import TYPE_CHECKING

from autograd import Value, gradients, jvp, vjp
from autograd.core.graph import topological, walk

if TYPE_CHECKING:
    from collections.abc import Callable


def main(interruptions: int) -> list[str]:
    """What went wrong in so many interruptions, in words."""
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    rng = random.Random(0)
    wrong: list[str] = []
    for i in range(interruptions):
        # Few nodes, so that the lock is taken and left often; or many, for the walk itself.
        leaves = [Value(float(k)) for k in range(5)]
        out = Value(0.0)
        for k in range(rng.choice([5, 500])):
            out = out + leaves[k % 5] * 2.0
        out.backward()
        once = [x.grad for x in leaves]
        interrupted(walks_for_ever(out, leaves), rng.uniform(1e-5, 3e-3))
        times = {x.grad / g for x, g in zip(leaves, once, strict=True)}
        if len(times) != 1:
            wrong.append(f"interruption {i}: some gradients are {times} times what they were")
        try:
            with walk():
                pass
        except RuntimeError:
            return [*wrong, f"interruption {i}: the lock is held, so no walk can begin"]
    thread = threading.Thread(target=out.backward, daemon=True)
    thread.start()
    thread.join(10.0)
    if thread.is_alive():
        wrong.append("another thread waits for the lock")
    return wrong


def interrupted(action: Callable[[], None], seconds: float) -> None:
    """Run something that would not end, until Ctrl-C comes."""
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        action()
    except KeyboardInterrupt:
        return


def walks_for_ever(out: Value, leaves: list[Value]) -> Callable[[], None]:
    """All kinds of walks over a graph, again and again."""

    def product(xs: list[Value]) -> Value:
        return xs[0] * xs[1]

    _, pull = vjp(product, [1.0, 2.0])

    def action() -> None:
        while True:
            out.backward()
            pull(1.0)
            topological(out)
            gradients(out, leaves[0])
            jvp(product, ([1.0, 2.0],), ([1.0, 1.0],))
            pickle.dumps(leaves[0])

    return action


if __name__ == "__main__":
    failed = main(int(sys.argv[1]))
    sys.exit("\n".join(failed) or None)
