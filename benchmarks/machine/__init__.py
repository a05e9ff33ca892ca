"""Compiled functions at full speed, beside PyTorch, JAX, CasADi, Numba and C written by hand.

`python -m benchmarks machine` measures all of it, once with one thread and once with two, each in
an interpreter of its own: libraries ask when they are imported how many threads they may have.
`python -m benchmarks.machine --help` tells how to measure a part.
"""

from __future__ import annotations

import subprocess
import sys

THREADS = (1, 2)


def report(repeats: int) -> str:
    """Print the figures of all subjects as they come, with one thread and then with two."""
    sys.stdout.flush()
    for threads in THREADS:
        options = ["--threads", str(threads), "--repeats", str(repeats)]
        subprocess.run([sys.executable, "-m", __name__, *options], check=True)
        print(flush=True)
    return f"machine: measured with {' and then with '.join(map(str, THREADS))} threads"
