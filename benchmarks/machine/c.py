"""C by the compiler of the system: from a source beside this file to functions to be called."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

COMPILER = shutil.which("cc")
# The last three change no bit of a result: vectors may be used more freely, and threads at all.
FLAGS = (
    "-O3",
    "-march=native",
    "-ffp-contract=off",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-fopenmp",
)


@cache
def library(name: str) -> ctypes.CDLL:
    """The functions of a C source, compiled here."""
    assert COMPILER is not None
    source = Path(__file__).with_name(f"{name}.c")
    with tempfile.TemporaryDirectory() as folder:
        built = Path(folder, f"{name}.so")
        command = [COMPILER, *FLAGS, "-shared", "-fPIC", "-o", str(built), str(source), "-lm"]
        subprocess.run(command, check=True)
        return ctypes.CDLL(str(built))
