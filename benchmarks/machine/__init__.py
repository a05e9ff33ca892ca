"""Compiled functions at full speed, beside PyTorch, JAX, CasADi, Numba and C written by hand.

`python -m benchmarks machine` measures all of it, once with one thread and once with two, each in
an interpreter of its own: libraries ask when they are imported how many threads they may have.
`python -m benchmarks.machine --help` tells how to measure a part, and how to write the figures into
the README.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from benchmarks.peers import NUMPY, installed, left_out

THREADS = (1, 2)
README = Path(__file__).parents[2] / "README.md"
PLACE = re.compile("(<!-- machine: start -->\n).*(<!-- machine: end -->\n)", re.DOTALL)


def report(repeats: int) -> str:
    """Print the figures of all subjects as they come, with one thread and then with two."""
    if not installed(NUMPY):
        return f"machine: compiled functions at full speed\n{left_out(NUMPY)}, which all rows need"
    for command in commands(repeats):
        print(flush=True)
        subprocess.run(command, check=True)
    return f"machine: measured with {' and then with '.join(map(str, THREADS))} threads"


def commands(repeats: int) -> list[list[str]]:
    """How to measure all of it: for each number of threads, a program to run."""
    program = [sys.executable, "-m", __name__]
    return [[*program, "--threads", str(n), "--repeats", str(repeats)] for n in THREADS]


def write_into_readme(repeats: int) -> None:
    """Measure all of it, and put what is printed into the README, between its two marks."""
    runs = []
    for command in commands(repeats):
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        print(done.stdout, flush=True)
        runs.append(done.stdout)
    lines = [x for x in "\n".join(runs).splitlines() if not x.startswith("  slower forms")]
    table = "```text\n" + "\n".join(lines).strip() + "\n```\n"
    text = README.read_text(encoding="utf-8")
    changed, count = PLACE.subn(lambda marks: marks[1] + table + marks[2], text)
    if count != 1:
        raise ValueError(f"{README.name} must have one place for the figures, and has {count}")
    README.write_text(changed, encoding="utf-8")
