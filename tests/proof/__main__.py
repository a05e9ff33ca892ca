"""How right the derivatives are: every figure beside its bar, in one command.

    python -m tests.proof                        all of it, some minutes
    python -m tests.proof planted faults         two subjects
    python -m tests.proof accuracy --points 200  a rougher look, quickly

What is measured here is held by tests too: this report runs their own functions and the other
measurements of this folder, with more points, and prints what comes out.
"""

from __future__ import annotations

import argparse
import inspect
import platform
import re
import subprocess
import sys
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

from autograd import __version__
from benchmarks.command import count, must_be_known, needed
from benchmarks.conditions import here
from benchmarks.figures import Bar, precise, table

with needed(__name__):
    from hypothesis import HealthCheck, Phase, given, settings

    from tests.proof import accuracy, nist, planted
    from tests.proof.planted import loaded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

ROOT = Path(__file__).parents[2]
ORDERS = ("value", "first derivative", "second derivative")
NONE = Bar(most=0.0)


class Row(NamedTuple):
    """One figure: what it is, the number, what it has to be; a number of None was not measured."""

    what: str
    measured: float | None
    bar: Bar
    remark: str = ""

    @property
    def met(self) -> bool:
        """Whether it is good enough."""
        return self.measured is not None and self.bar.met(self.measured)

    def cells(self) -> tuple[str, ...]:
        """The figure as a line of a table."""
        number = self.measured
        shown = "" if number is None else f"{number:,.0f}" if number % 1 == 0 else precise(number)
        return self.what, shown, str(self.bar), "met" if self.met else "MISSED"


# Subjects ----------------------------------------------------------------------------------------


def of_accuracy(options: argparse.Namespace) -> Iterator[Row]:
    """Every operation against mpmath at 60 digits: the worst error in ULP."""
    names = list(accuracy.operations())
    found = accuracy.measure_all(names, options.points)
    rest = [name for name in names if name not in accuracy.LOOSER]
    print(f"  {len(names)} operations, {options.points} points each, errors in ULP")
    for order, what in enumerate(ORDERS):
        name = max(rest, key=lambda name: found[name][order].ulps)
        worst = found[name][order]
        at = ", ".join(f"{x:.6g}" for x in worst.point)
        remark = f"{name} at {at}; {len(rest)} operations"
        yield Row(what, worst.ulps, Bar(most=accuracy.BARS[order]), remark)
    for name, (bars, reason) in accuracy.LOOSER.items():
        for order, what in enumerate(ORDERS):
            if bars[order] > accuracy.BARS[order]:
                worst = found[name][order]
                yield Row(f"{name}, {what}", worst.ulps, Bar(most=bars[order]), reason)


def of_edges(options: argparse.Namespace) -> Iterator[Row]:
    """The edge table: zeros, infinities, nan, extremes, and both neighbours of every edge."""
    passed, failed = outcome_of("test_edges.py")
    yield Row("tests of the edge table that fail", failed, NONE, f"{passed} pass")


def outcome_of(name: str, *chosen: str) -> tuple[int, int]:
    """How many tests of a file pass, and how many do not: all of them, or those chosen."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"tests/{name}"]
    ran = subprocess.run([*command, *chosen], cwd=ROOT, capture_output=True, text=True, check=False)
    counts = {word: int(n) for n, word in re.findall(r"(\d+) (passed|failed|error)", ran.stdout)}
    failed = counts.get("failed", 0) + counts.get("error", 0)
    return counts.get("passed", 0), failed or int(ran.returncode != 0)


def of_expressions(options: argparse.Namespace) -> Iterator[Row]:
    """Random graphs against the same in mpmath, in epsilons times the condition of the graph."""
    tests = loaded("test_expressions")
    found: list[list[float]] = []
    slopes: list[float] = []
    search = settings(
        max_examples=options.graphs,
        phases=[Phase.generate],
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )

    @search
    @given(tests.expressions(ops=tests.DRAWN), tests.directions)
    def measured(f: object, direction: object) -> None:
        found.append(tests.errors(f, direction))

    @settings(search, max_examples=max(1, options.graphs // 10))
    @given(tests.expressions(ops=tests.DRAWN, smooth_only=True), tests.directions)
    def followed(f: object, direction: object) -> None:
        slope = tests.slope_of(tests.remainder(f, direction))
        if slope is not None:
            slopes.append(slope)

    measured()
    followed()
    print(f"  {len(found)} random graphs, errors in epsilons times the condition number")
    for order, errors in enumerate(zip(*found, strict=True)):
        yield Row(f"derivative of order {order}", max(errors), Bar(most=16.0))
    remark = f"of {len(slopes)} smooth graphs, where rounding lets it be seen"
    yield Row(
        "least slope of the Taylor remainder", min(slopes, default=None), Bar(least=1.9), remark
    )


def of_planted(options: argparse.Namespace) -> Iterator[Row]:
    """Wrong derivatives, planted one by one: are they caught?"""
    outcomes = planted.plant(planted.mistakes())
    print(planted.summary(outcomes))
    print("  the same function, because")
    for reason, listed in planted.SAME.items():
        print(f"    {reason}: {len(listed)}")
    missed = planted.missed(outcomes)
    yield Row("mistakes that are not caught", len(missed), NONE, "; ".join(map(str, missed)))


def of_nist(options: argparse.Namespace) -> Iterator[Row]:
    """The nonlinear regressions of NIST, each from both certified starting points."""
    exact, fine = [], []
    for problem in map(nist.read, nist.MODELS):
        exact += [nist.solve(problem, start, exact=True) for start in problem.starts]
        fine += [nist.polished(problem, run) for run in exact[-2:]]
    digits = [min(run.digits for run in runs if run.converged) for runs in (exact, fine)]
    deviations = [
        min(r.digits_of_deviations for r in runs if r.converged) for runs in (exact, fine)
    ]
    converged = sum(run.converged for run in exact)
    yield Row("runs that converge", converged, Bar(least=54.0), f"of {len(exact)}")
    remark = f"{digits[0]:.1f} from the solver alone, then Newton steps with exact Hessians"
    yield Row("digits of the worst parameter", digits[1], Bar(least=9.0), remark)
    remark = f"{deviations[0]:.1f} from the solver alone"
    yield Row("digits of the worst standard deviation", deviations[1], Bar(least=9.0), remark)


def of_faults(options: argparse.Namespace) -> Iterator[Row]:
    """What is left in memory, threads, operands of every wrong kind, depth."""
    tests = loaded("test_faults")
    passed, failed = outcome_of("test_graph.py", "-k", "alive")
    remark = f"{passed} pass: what a program does, errors among it, the collector switched off"
    yield Row("ways to leave a Value alive", failed, NONE, remark)
    apart = sum(x != tests.passes(i) for i, x in enumerate(tests.in_threads(tests.passes)))
    together = tests.passes_together() != tests.passes_alone()
    remark = f"{tests.PASSES:,} backward passes each, on a graph of their own; bit for bit"
    yield Row(f"of {tests.THREADS} threads, those that differ from serial", apart, NONE, remark)
    yield Row("sums that differ where they share a graph", int(together), NONE, "the same")
    wrong = tests.failures(options.operands)
    for text in wrong[:5]:
        print(f"  ! {' '.join(text.split()):.150}")
    remark = f"of {options.operands:,}: neither a right result nor a message of ours"
    yield Row("operands that end badly", len(wrong), NONE, remark)
    deep = tests.chain(tests.DEEP)
    lost = [way for way, f in tests.RETURNED.items() if not tests.same_record(deep, f(deep))]
    remark = f"at depth {tests.DEEP:,}: {', '.join(tests.RETURNED)}"
    yield Row("ways of copying that lose something", len(lost), NONE, remark)


SUBJECTS: dict[str, Callable[[argparse.Namespace], Iterator[Row]]] = {
    "accuracy": of_accuracy,
    "edges": of_edges,
    "expressions": of_expressions,
    "planted": of_planted,
    "nist": of_nist,
    "faults": of_faults,
}


# The report --------------------------------------------------------------------------------------


def header() -> str:
    """What the figures depend on."""
    library = " ".join(platform.libc_ver()).strip() or "an unknown C library"
    return f"pencilgrad {__version__}, {library}, {here()}"


def with_remarks(rows: Sequence[Row]) -> Iterator[str]:
    """The figures as a table, each with its remark behind it."""
    lines = table(("figure", "measured", "bar", ""), [row.cells() for row in rows]).splitlines()
    width = max(map(len, lines))
    for line, remark in zip(lines, ("", *[row.remark for row in rows]), strict=True):
        yield f"{line.ljust(width)}  {remark}".rstrip()


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.proof",
        description="How right the derivatives are: every figure beside its bar.",
    )
    names = ", ".join(SUBJECTS)
    parser.add_argument("subjects", nargs="*", metavar="subject", help=f"of {names}; default: all")
    parser.add_argument("--points", type=count, default=accuracy.POINTS, help="for an operation")
    parser.add_argument("--graphs", type=count, default=1000, help="random expressions")
    parser.add_argument("--operands", type=count, default=100_000, help="bad ones")
    options = parser.parse_args()
    must_be_known(parser, "subject", options.subjects, SUBJECTS)
    print(header())
    missed = []
    for subject in options.subjects or SUBJECTS:
        began = perf_counter()
        print(f"\n{subject}: {inspect.getdoc(SUBJECTS[subject])}", flush=True)
        rows = list(SUBJECTS[subject](options))
        print(*with_remarks(rows), sep="\n")
        print(f"  {perf_counter() - began:.0f} s", flush=True)
        missed += [f"{subject}: {row.what}" for row in rows if not row.met]
    print(f"\nmissed: {'; '.join(missed) or 'none'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
