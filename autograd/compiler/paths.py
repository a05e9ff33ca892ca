"""The programs of one function for one form of its arguments: one for each way through it.

A program says which decision of the function came out otherwise than it needs. That, with the
decisions before it, leads to the next program to try; where there is none, the function is traced.
"""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING, Any

from autograd.compiler.trace import Trace, TraceError
from autograd.compiler.unit import Unit
from autograd.many import row_of
from autograd.numbers.reals import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from autograd.calculus.trees import Structure
    from autograd.compiler.machine import Options
    from autograd.compiler.table import Table
    from autograd.compiler.unit import Derived
    from autograd.core.value import Value

MOST_PATHS = 200
STALE = -1  # in place of the number of a guard: what a pin holds has changed


class Fork:
    """A decision of the function, after those before it; and a path through here."""

    __slots__ = ("path", "ways")

    def __init__(self) -> None:
        self.path: Path | None = None
        self.ways: dict[bool, Fork] = {}


class Path:
    """One way through a function: a program, and what it needs besides the arguments."""

    def __init__(self, trace: Trace, name: str, options: Options, numbers: Sequence[float]) -> None:
        self.unit = Unit(trace.program, name, options)
        self.example = tuple(numbers)  # of arguments that go this way: it was traced with them
        self.captured = trace.captured
        self.outcomes = trace.outcomes
        self.returned = trace.returned
        self.pins = trace.pins
        self.forks: list[Fork] = []
        self.calls = 0
        self.direct: Callable[..., Any] | None = None  # see direct.py
        self._derived: dict[tuple[int, bool], Derived] = {}  # for rows of so many numbers

    def __repr__(self) -> str:
        program = self.unit.program
        size = counted(program.operations(), "operation")
        return f"<program of {size}, {counted(len(program.guards), 'guard')}>"

    def inputs(self, numbers: Sequence[float]) -> list[float]:
        """All inputs of the program, those from outside as they are now."""
        return [*numbers, *row_of(self.captured)]

    def is_stale(self) -> bool:
        """Whether something that was read past the program is something else now."""
        return any(pin.is_stale() for pin in self.pins)

    def over_rows(self, table: Table, recording: bool) -> Derived | int:
        """The result with its derivatives by captured Values, if those are to be recorded.

        Or the number of a guard that the first row fails.
        """
        key = table.width, recording
        found = self._derived.get(key)
        if found is None:
            wanted = self.wanted(table.width, recording)
            found = self.unit.any_derived(self.inputs(table.first), wanted)
            if type(found) is not int:
                self._derived[key] = found
        return found

    def wanted(self, columns: int, recording: bool) -> tuple[bool, ...]:
        """By which inputs derivatives are wanted: by captured Values, or by none."""
        return (False,) * columns + (recording,) * len(self.captured)

    def numbers(self, numbers: Sequence[float]) -> Any:
        """The outputs as plain numbers, or which guard failed."""
        if self.pins and self.is_stale():
            return STALE
        return self.unit.code(self.inputs(numbers))

    def nodes(self, given: Sequence[Value | float], numbers: Sequence[float]) -> Any:
        """The outputs as nodes on the Values among the arguments and on captured ones."""
        if self.pins and self.is_stale():
            return STALE
        operands = (*given, *self.captured)
        wanted = tuple([type(x) is not float for x in operands])
        return self.unit.nodes(operands, self.inputs(numbers), wanted)

    def other(self, failed: int) -> Path | None:
        """Another path, on which the decision of a failed guard comes out right."""
        if failed == STALE:
            return None
        fork = self.forks[failed].ways.get(not self.outcomes[failed])
        return fork.path if fork is not None else None


class Paths:
    """All ways through a function that were taken so far."""

    def __init__(
        self,
        name: str,
        arguments: Structure,
        trace: Callable[[Sequence[float]], Trace],
        options: Options,
    ) -> None:
        self.name = name
        self.arguments = arguments
        self.options = options
        self.trace = trace
        self.root = Fork()
        self.recent: Path | None = None
        self.all: list[Path] = []
        self._lock = RLock()  # the function is traced by one thread at a time

    def find(self, numbers: Sequence[float], attempt: Callable[[Path], Any]) -> tuple[Path, Any]:
        """The path that these numbers take, and what an attempt on it gives."""
        path = self.recent
        while path is not None:
            result = attempt(path)
            if type(result) is not int:
                self.recent = path
                return path, result
            path = path.other(result)
        path = self.new(numbers)
        result = attempt(path)
        if type(result) is int:
            raise RuntimeError(
                f"jit({self.name}): the program traced at {[*numbers][:5]} does not fit there; "
                f"this is a mistake in jit, please report it"
            )
        return path, result

    def new(self, numbers: Sequence[float]) -> Path:
        """The path at these numbers, traced."""
        with self._lock:
            path = Path(self.trace(numbers), self.name, self.options, numbers)
            fresh = [x for x in self.all if not x.is_stale()]
            if len(fresh) >= MOST_PATHS:
                line = path.unit.program.guards[-1].line if path.unit.program.guards else ""
                raise TraceError(
                    f"jit({self.name}): more than {MOST_PATHS} ways through the function, the last "
                    f"decision at {line}; each is a program of its own. Choose between numbers "
                    f"with where(x > 0, a, b), which is no decision, in place of if"
                )
            self.all = [*fresh, path]
            fork = self.root
            for outcome in path.outcomes:
                path.forks.append(fork)
                fork = fork.ways.setdefault(outcome, Fork())
            for here in (*path.forks, fork):  # last: other threads go by it as soon as it is there
                here.path = path
            self.recent = path
            return path
