"""How programs are put side by side: answers first, each in its best form, turn after turn."""

from __future__ import annotations

import re
import subprocess
from statistics import median
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from autograd import __version__
from benchmarks.conditions import here, versions
from benchmarks.figures import MEASURED, NO_BAR, Bar, ratio, readable, table
from benchmarks.machine.c import COMPILER, FLAGS
from benchmarks.peers import CASADI, JAX, LLVMLITE, NUMBA, NUMPY, TORCH, installed, left_out
from benchmarks.timing import ON, collector

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Array = np.ndarray[Any, np.dtype[np.float64]]

OURS = "ours"
FASTMATH = "ours, fastmath"
ONE_TENSOR = "torch, one tensor"  # of all parameters: nobody writes models so, but it is faster
C = "C by hand"
# Which package a program needs, besides NumPy.
PACKAGES = {
    FASTMATH: LLVMLITE,
    TORCH: TORCH,
    ONE_TENSOR: TORCH,
    JAX: JAX,
    CASADI: CASADI,
    NUMBA: NUMBA,
}
TOLERANCE = 1e-9
WARM = 0.3  # seconds of calls before anything is timed, one call at least
TURN = 0.05  # seconds that a turn takes at least: so many calls
TRIALS = 3  # turns by which the best form is found


class Terms(NamedTuple):
    """Under which terms everybody runs."""

    threads: int
    repeats: int
    part: float  # of the rows

    def rows(self, all_of_them: int) -> int:
        """How many rows to measure with: a multiple of 8."""
        return max(8, int(all_of_them * self.part) // 8 * 8)

    def clock(self) -> Callable[[], float]:
        """With one thread the time of the processor, in which turns of others do not count."""
        return process_time if self.threads == 1 else perf_counter


class Form(NamedTuple):
    """One way to write a program: what it is called, a call, and the numbers of what it gives."""

    how: str
    run: Callable[[], Any]
    numbers: Callable[[Any], Sequence[Any]]


class Contest(NamedTuple):
    """Programs that compute the same thing, each in several forms."""

    programs: Mapping[str, Sequence[Form]]
    bars: Mapping[str, Bar] = {}
    faster: bool = False  # bars are for how many times as fast we are, not for our part of the time
    notes: Sequence[str] = ()  # who is left out

    def table(self, terms: Terms, expected: Sequence[Any] | None = None) -> str:
        """Everybody's time in the best form, and ours beside it; the answers agree before."""
        if expected is None:
            first = self.programs[OURS][0]
            expected = first.numbers(first.run())
        for name, forms in self.programs.items():
            for form in forms:
                agree(f"{name}, {form.how}", expected, form.numbers(form.run()))
        best = {}
        slower = []
        for name, forms in self.programs.items():
            (_, best[name]), *others = fastest_first(forms, terms)
            slower += [f"{name}, {form.how}: {readable(time)}" for time, form in others]
        times = rounds({name: form.run for name, form in best.items()}, terms)
        columns = ("times as fast as", "ours / theirs")[::-1][self.faster]
        rows = [(name, form.how, *self._figures(name, times)) for name, form in best.items()]
        lines = [table(("", "form", "a call", columns, *MEASURED[1:]), rows)]
        if slower:
            lines.append("  slower forms: " + "; ".join(slower))
        return "\n".join([*lines, *self.notes])

    def _figures(self, name: str, times: Mapping[str, list[float]]) -> tuple[str, ...]:
        a_call = readable(median(times[name]))
        if name == OURS or OURS not in times:
            return (a_call, "", "", "", "")
        pair = (times[OURS], times[name])
        figure = ratio(*(pair[::-1] if self.faster else pair), self.bars.get(name, NO_BAR))
        return (a_call, *figure.cells())


def agree(name: str, ours: Sequence[Any], theirs: Sequence[Any]) -> None:
    """Raise an error where two answers differ by more than the tolerance.

    Differences are relative to the numbers, or to the mean size of their column if that is larger.
    """
    for i, (x, y) in enumerate(zip(ours, theirs, strict=True)):
        x, y = np.asarray(x, float), np.asarray(y, float)
        if x.shape != y.shape:
            raise AssertionError(f"{name}: answer {i} is of shape {y.shape}, expected {x.shape}")
        size = np.maximum(np.maximum(abs(x), abs(y)), np.mean(abs(x)))
        largest = np.max(abs(x - y) / np.where(size == 0.0, 1.0, size))
        if not largest <= TOLERANCE:
            raise AssertionError(
                f"{name}: answer {i} differs by {largest:.1e}, more than {TOLERANCE:.0e}"
            )


def fastest_first(forms: Sequence[Form], terms: Terms) -> list[tuple[float, Form]]:
    """Forms with their times here, the best first."""
    if len(forms) == 1:
        return [(0.0, forms[0])]
    times = rounds({form.how: form.run for form in forms}, terms._replace(repeats=TRIALS))
    return sorted([(min(times[form.how]), form) for form in forms], key=lambda pair: pair[0])


def rounds(runs: Mapping[str, Callable[[], object]], terms: Terms) -> dict[str, list[float]]:
    """The seconds of one call of each in each round: A B C, A B C, ..."""
    clock = terms.clock()
    calls = {name: enough(run) for name, run in runs.items()}
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(terms.repeats):
        for name, run in runs.items():
            with collector(ON):
                times[name].append(lasting(run, calls[name], clock) / calls[name])
    return times


def enough(run: Callable[[], object]) -> int:
    """How many calls fill a turn, after a while in which compilers see that it is worth it."""
    began = perf_counter()
    while perf_counter() - began < WARM:
        run()
    calls = 1
    while (spent := min(lasting(run, calls), lasting(run, calls))) < TURN / 2.0:
        calls *= 2
    return max(1, round(calls * TURN / spent))


def lasting(
    run: Callable[[], object], calls: int, clock: Callable[[], float] = perf_counter
) -> float:
    """The seconds that so many calls take."""
    began = clock()
    for _ in range(calls):
        run()
    return clock() - began


def tried(notes: list[str], name: str, forms: Callable[[], Sequence[Form]]) -> list[Form]:
    """Forms that may not work on every machine: where one does not, a note says why."""
    try:
        made = list(forms())
        for form in made:
            form.run()
    except Exception as error:  # whatever a compiler that is not ours may raise
        reason = next(iter(str(error).strip().splitlines()), "")
        reason = re.sub(r"[^\s'\"(]*/", "", reason)  # without the folders of this machine
        notes.append(f"  left out: {name}: {type(error).__name__}: {reason[:100]}")
        return []
    return made


def programs_of(
    makers: Mapping[str, Callable[[list[str]], Sequence[Form]]],
) -> tuple[dict[str, Sequence[Form]], list[str]]:
    """The forms of everybody who is there, and a note for who is not."""
    notes: list[str] = []
    programs: dict[str, Sequence[Form]] = {}
    for name, make in makers.items():
        if name == C and COMPILER is None:
            notes.append("  left out: there is no C compiler")
        elif name in PACKAGES and not installed(PACKAGES[name]):
            notes.append(left_out(PACKAGES[name]))
        elif forms := make(notes):
            programs[name] = forms
    return programs, list(dict.fromkeys(notes))


def header(terms: Terms) -> str:
    """What the figures depend on: versions, system, day."""
    clock = "time of the processor" if terms.threads == 1 else "time on the wall"
    part = f", {terms.part:g} of the rows" if terms.part != 1.0 else ""
    return "\n".join(
        [
            f"machine, {terms.threads} thread{'s' * (terms.threads > 1)}, {clock}, "
            f"medians of {terms.repeats} round{'s' * (terms.repeats > 1)}{part}",
            f"pencilgrad {__version__}, {versions((NUMPY, LLVMLITE, NUMBA, TORCH, JAX, CASADI))}",
            f"{compiler_version()} {' '.join(FLAGS)}",
            here(),
        ]
    )


def compiler_version() -> str:
    """The C compiler, in its own words but for who built it."""
    if COMPILER is None:
        return "no C compiler"
    asked = subprocess.run([COMPILER, "--version"], capture_output=True, text=True, check=True)
    return re.sub(r" \(.*?\)", "", asked.stdout.splitlines()[0])


def columns_of(rows: int, *ranges: tuple[float, float]) -> list[Array]:
    """A column of random numbers for each range, the same in every run."""
    rng = np.random.default_rng(1)
    return [rng.uniform(low, high, rows) for low, high in ranges]


def pointers(*arrays: Array) -> list[Any]:
    """Where arrays stand in memory, for C."""
    from ctypes import c_void_p

    return [c_void_p(array.ctypes.data) for array in arrays]
