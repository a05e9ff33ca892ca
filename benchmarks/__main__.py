"""The command line: which subjects to measure, how often, and where to draw them.

    python -m benchmarks                            all subjects, as text
    python -m benchmarks moons scaling --repeats 9  these alone, and more rounds
    python -m benchmarks --plot benchmarks.svg      all, as text and then as a picture
    python -m benchmarks --write                    all, into docs/speed.md and its picture

`pip install -e '.[bench,viz]'` and `pip install --no-deps strands-microgpt` install all peers;
those that are not there are named and left out. The picture shows the ratios of all subjects but
`machine`, which runs in interpreters of its own.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks import gpt, jit, machine, memory, moons, option, page, picture, scaling, step
from benchmarks.command import count, must_be_known
from benchmarks.conditions import header
from benchmarks.peers import CASADI, JAX, MICROGRAD, STRANDS_MICROGPT, TORCH, XAD

PEERS = (MICROGRAD, STRANDS_MICROGPT, XAD, TORCH, JAX, CASADI)

REPORTS = {
    "moons": moons.report,
    "step": step.report,
    "gpt": gpt.report,
    "option": option.report,
    "memory": memory.report,
    "scaling": scaling.report,
    "jit": jit.report,
    "machine": machine.report,
}


def main() -> None:
    """Measure the subjects named on the command line, all of them if none is."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure the engine beside its peers: medians over rounds, and their ratios.",
    )
    names = ", ".join(REPORTS)
    parser.add_argument("subjects", nargs="*", metavar="subject", help=f"of {names}; default: all")
    parser.add_argument("--repeats", type=count, default=5, help="rounds; default: %(default)s")
    parser.add_argument("--plot", type=Path, metavar="FILE.svg", help="draw the ratios, too")
    parser.add_argument("--write", action="store_true", help="keep all of it in docs/speed.md")
    arguments = parser.parse_args()
    if arguments.write and (arguments.subjects or arguments.plot):
        parser.error("--write measures all subjects, and says itself where their picture goes")
    if arguments.write:
        arguments.plot = page.PICTURE
    must_be_known(parser, "subject", arguments.subjects, REPORTS)
    if arguments.plot:
        try:
            picture.ready(arguments.plot)
            if arguments.write:
                page.ready()
        except (ValueError, ImportError) as error:
            parser.error(str(error))
    parts = [header(PEERS)]
    print(parts[0], flush=True)
    for subject in arguments.subjects or REPORTS:
        parts.append(REPORTS[subject](arguments.repeats))
        print(f"\n{parts[-1]}", flush=True)
    if arguments.plot:
        try:
            picture.draw("\n\n".join(parts), arguments.plot)
        except ValueError as error:
            sys.exit(f"no picture: {error}")
    if arguments.write:
        page.write("\n\n".join(parts))


if __name__ == "__main__":
    main()
