"""The command line: which subjects to measure, how often, and what they are measured on."""

from __future__ import annotations

import argparse
import os
import platform
from datetime import datetime

from autograd import __version__
from benchmarks import gpt, jit, machine, memory, moons, step
from benchmarks.peers import MICROGRAD, STRANDS_MICROGPT, installed

REPORTS = {
    "moons": moons.report,
    "step": step.report,
    "gpt": gpt.report,
    "memory": memory.report,
    "jit": jit.report,
    "machine": machine.report,
}


def header() -> str:
    """What the figures depend on: versions, machine, day."""
    peers = [
        f"{name} {installed(name) or '(not installed)'}" for name in (MICROGRAD, STRANDS_MICROGPT)
    ]
    return (
        f"pencilgrad {__version__} beside {', '.join(peers)}\n"
        f"{platform.python_implementation()} {platform.python_version()} on {platform.platform()}, "
        f"{os.cpu_count()} cores, {datetime.now():%Y-%m-%d %H:%M}"
    )


def positive(text: str) -> int:
    """A number of rounds, at least one."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected at least 1, got {number}")
    return number


def main() -> None:
    """Measure the subjects named on the command line, all of them if none is."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure the engine beside its peers: medians over rounds, and their ratios.",
    )
    names = ", ".join(REPORTS)
    parser.add_argument("subjects", nargs="*", metavar="subject", help=f"of {names}; default: all")
    parser.add_argument("--repeats", type=positive, default=5, help="rounds; default: %(default)s")
    arguments = parser.parse_args()
    unknown = [subject for subject in arguments.subjects if subject not in REPORTS]
    if unknown:
        parser.error(f"unknown subject {', '.join(unknown)}: choose from {names}")
    print(header())
    for subject in arguments.subjects or REPORTS:
        print(f"\n{REPORTS[subject](arguments.repeats)}", flush=True)


if __name__ == "__main__":
    main()
