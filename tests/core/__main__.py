"""Attacks on the core in C, each in a process of its own; see CONTRIBUTING.

python -m tests.core                       all of them, some minutes
python -m tests.core references 1000       every way in, so often: nothing may be left behind
python -m tests.core memory                memory runs out at every allocation of every way in
python -m tests.core interruptions 10000   Ctrl-C in the midst of walks, under both cores
python -m tests.core threads 20            threads build, differentiate and free at once
python -m tests.core bits 10000            random graphs: the same bits from both cores
python -m tests.core sanitized             all of this under AddressSanitizer and UBSan
"""

from __future__ import annotations

import faulthandler
import os
import subprocess
import sys
from importlib import import_module
from time import perf_counter

ATTACKS = {"references": 650, "memory": 1, "interruptions": 5000, "threads": 20, "bits": 10_000}
ATTACKS |= {"sanitized": 1000}
BOTH_CORES = ("interruptions", "threads")


def main(*arguments: str) -> None:
    """Run one attack or all, and say how each went."""
    if arguments and arguments[0] not in ATTACKS:
        sys.exit(f"unknown attack {arguments[0]}: choose from {', '.join(ATTACKS)}")
    names = arguments[:1] or tuple(ATTACKS)
    failed = False
    for name in names:
        times = arguments[1] if arguments[1:] else str(ATTACKS[name])
        for core in ("c", "python") if name in BOTH_CORES else ("c",):
            failed |= not attacked(name, times, core)
    sys.exit(failed)


def attacked(name: str, times: str, core: str) -> bool:
    """Whether the core has withstood an attack."""
    begin = perf_counter()
    program = f"from tests.core.__main__ import attack; attack({name!r}, {times})"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"AUTOGRAD_CORE": core},
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    ended = "well" if done.returncode == 0 else f"BADLY, with {done.returncode}"
    seconds = perf_counter() - begin
    print(f"{name} {times}, AUTOGRAD_CORE={core}: {ended}, {seconds:.0f} s", flush=True)
    if done.returncode:
        print(done.stderr[-3000:])
    return done.returncode == 0


def attack(name: str, times: int) -> None:
    """Run an attack in this process."""
    faulthandler.enable()
    wrong = import_module(f"tests.core.{name}").main(times)
    sys.exit("\n".join(wrong[:20]) or None)


if __name__ == "__main__":
    main(*sys.argv[1:])
