"""Compiled functions at full speed, beside PyTorch, JAX, CasADi, Numba and C written by hand.

`python -m benchmarks machine` measures all of it, once with one thread and once with two, each in
an interpreter of its own: libraries ask when they are imported how many threads they may have.
`python -m benchmarks.machine --help` tells how to measure a part.
"""

from __future__ import annotations

import subprocess
import sys

from benchmarks.peers import NUMPY, installed, left_out

THREADS = (1, 2)


def report(repeats: int) -> str:
    """The figures of all subjects, with one thread and then with two."""
    title = "machine: compiled functions at full speed"
    if not installed(NUMPY):
        return f"{title}\n{left_out(NUMPY)}, which all rows need"
    return "\n\n".join([title, *[output(threads, repeats) for threads in THREADS]])


def output(threads: int, repeats: int) -> str:
    """What is printed with so many threads."""
    counts = ["--threads", str(threads), "--repeats", str(repeats)]
    command = [sys.executable, "-m", __name__, *counts]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
