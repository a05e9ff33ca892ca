"""The command line: which subjects to measure, on how many rows, with how many threads."""

from __future__ import annotations

import argparse
import os
from importlib import import_module

from benchmarks.command import count, must_be_known, needed

SUBJECTS = ("moons", "kernel", "options", "projection", "compile_cost")


def restrict(threads: int) -> None:
    """Give this process so many processors and threads; must come before libraries are imported."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    for library in ("OMP", "MKL", "OPENBLAS", "NUMBA"):
        os.environ[f"{library}_NUM_THREADS"] = str(threads)
    os.environ["TORCHINDUCTOR_COMPILE_THREADS"] = "1"
    if threads == 1:
        os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"


def part(text: str) -> float:
    """A number above 0, up to 1: a type of argument."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0.0 < number <= 1.0:
        raise argparse.ArgumentTypeError(f"expected a number above 0, up to 1, got {text!r}")
    return number


def main() -> None:
    """Measure the subjects named on the command line, all of them if none is."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.machine")
    parser.add_argument("subjects", nargs="*", metavar="subject", help=f"of {', '.join(SUBJECTS)}")
    parser.add_argument("--threads", type=count, default=1, help="default: %(default)s")
    parser.add_argument("--repeats", type=count, default=5, help="rounds; default: %(default)s")
    parser.add_argument("--part", type=part, default=1.0, help="of the rows; default: all of them")
    arguments = parser.parse_args()
    must_be_known(parser, "subject", arguments.subjects, SUBJECTS)
    restrict(arguments.threads)
    with needed(__name__):
        contest = import_module("benchmarks.machine.contest")
    terms = contest.Terms(arguments.threads, arguments.repeats, arguments.part)
    print(contest.header(terms), flush=True)
    for name in arguments.subjects or SUBJECTS:
        subject = import_module(f"benchmarks.machine.{name}")
        if terms.threads == 1 or subject.MANY_THREADS:
            print(f"\n{subject.report(terms)}", flush=True)


if __name__ == "__main__":
    main()
