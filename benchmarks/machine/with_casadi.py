"""How CasADi runs a function fastest: from arrays into arrays, and compiled as C."""

from __future__ import annotations

from functools import cache
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.machine.contest import Array


def called(function: Any, given: list[Array], results: list[Array]) -> Callable[[], None]:
    """A call of a CasADi function from arrays into arrays, which copies nothing."""
    buffer, run = function.buffer()
    for i, array in enumerate(given):
        buffer.set_arg(i, array.data)
    for i, array in enumerate(results):
        buffer.set_res(i, array.data)
    kept = (buffer, given, results)  # `run` has but addresses of them

    def call(kept: Any = kept) -> None:
        run()

    return call


def as_c_options() -> dict[str, Any]:
    """Let CasADi write C, and the system's compiler compile it."""
    import casadi

    casadi.GlobalOptions.setTempWorkDir(f"{temporary_folder().name}/")
    return {
        "jit": True,
        "compiler": "shell",
        "jit_options": {"flags": ["-O3", "-march=native"], "compiler": "cc"},
    }


@cache
def temporary_folder() -> TemporaryDirectory[str]:
    """Where the C goes: a folder that is there until Python ends."""
    return TemporaryDirectory(ignore_cleanup_errors=True)


def parallel(function: Any, rows: int, threads: int) -> Any:
    """The function over rows: as many together as there are threads, each one after the other."""
    if threads == 1:
        return function.map(rows)
    return function.map(rows, "thread", threads)
