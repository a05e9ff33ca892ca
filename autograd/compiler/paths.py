"""The programs of one function for one form of its arguments: one for each way through it.

A program says which decision of the function came out otherwise than it needs. That, with the
decisions before it, leads to the next program to try; where there is none, the function is traced.
"""

from __future__ import annotations

from collections import Counter
from itertools import count
from threading import RLock
from typing import TYPE_CHECKING, Any
from warnings import warn

from autograd.compiler.unit import Unit
from autograd.many import row_of
from autograd.numbers.reals import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from autograd.compiler.arguments import Forms
    from autograd.compiler.machine import Options
    from autograd.compiler.table import Table
    from autograd.compiler.trace import Trace
    from autograd.compiler.unit import Derived
    from autograd.core.value import Value

MOST_PATHS = 200
MANY_TRACES = 20  # so many after the first are worth a warning
PRICE = 100  # calls that find their program make up for one that is traced ...
PATIENCE = 40 * PRICE  # ... and so many may go without

TIME = count()  # in calls
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
        # Of arguments that go this way: it was traced with them.
        self.example = tuple([x if type(x) is float else x._data for x in numbers])  # type: ignore[attr-defined]
        self.captured = trace.captured
        self.knows = (*trace.captured, *trace.matters)  # Values: see Programs.pattern
        self.outcomes = trace.outcomes
        self.returned = trace.returned
        self.pins = trace.pins
        self.watch = trace.watch
        self.forks: list[Fork] = []
        self.calls = 0
        self.used = next(TIME)  # when it was asked for last
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
        return any(pin.is_stale() for pin in self.pins) or bool(
            self.watch and not self.watch.holds()
        )

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
        if (self.pins or self.watch) and self.is_stale():
            return STALE
        return self.unit.code(self.inputs(numbers))

    def nodes(self, given: Sequence[Value | float], numbers: Sequence[float]) -> Any:
        """The outputs as nodes on the Values among the arguments and on captured ones."""
        if (self.pins or self.watch) and self.is_stale():
            return STALE
        operands = (*given, *self.captured)
        wanted = tuple([type(x) is not float for x in operands])
        return self.unit.nodes(operands, self.inputs(numbers), wanted)

    def why(self, failed: int) -> str:
        """What is otherwise than this program needs, in words."""
        if failed == STALE:
            texts = [f"what stands at {x.line} changed" for x in self.pins if x.is_stale()]
            return ", ".join([*texts, *map(str, self.watch.changes() if self.watch else [])])
        guard = self.unit.program.guards[failed]
        return f"{not guard.outcome} at {guard.line}"

    def other(self, failed: int) -> Path | None:
        """Another path, on which the decision of a failed guard comes out right."""
        if failed == STALE:
            return None
        fork = self.forks[failed].ways.get(not self.outcomes[failed])
        return fork.path if fork is not None else None


class Paths:
    """The programs for one form of arguments, one for each way through the function.

    There are at most MOST_PATHS: the one that was used the longest time ago goes.
    """

    def __init__(self, name: str, forms: Forms, options: Options) -> None:
        self.name = name
        self.forms = forms
        self.options = options
        self.root = Fork()
        self.recent: Path | None = None
        self.all: list[Path] = []
        self.used = 0  # when it was asked for last
        self.reasons: list[str] = []  # why each was traced but the first
        self.kept: list[Any] = []  # what belongs to the key of this form
        self._worth = PATIENCE  # calls that may still be spent on tracing
        self._lock = RLock()  # the function is traced by one thread at a time

    @property
    def given_up(self) -> bool:
        """Whether calls are better off without programs, for hardly one finds its own."""
        return self._worth < 0

    def do_without(self) -> None:
        """A call runs without a program: after some of these another one is made."""
        self._worth += 1

    def find(
        self,
        numbers: Sequence[float],
        attempt: Callable[[Path], Any],
        trace: Callable[[Sequence[float]], Trace],
    ) -> tuple[Path, Any]:
        """The path that these numbers take, and what an attempt on it gives."""
        path, tried = self.recent, set[Path]()
        reason = ""
        while path is not None and path not in tried:
            result = attempt(path)
            if type(result) is not int:
                self.recent = path
                path.used = next(TIME)
                self._worth = min(self._worth + 1, PATIENCE)
                return path, result
            tried.add(path)
            reason = path.why(result)
            path = path.other(result)
        path = self.new(numbers, trace, reason)
        result = attempt(path)
        if type(result) is int:
            raise RuntimeError(
                f"jit({self.name}): the program traced at {[*numbers][:5]} does not fit there; "
                f"this is a mistake in jit, please report it"
            )
        return path, result

    def new(
        self, numbers: Sequence[float], trace: Callable[[Sequence[float]], Trace], reason: str = ""
    ) -> Path:
        """The path at these numbers, traced."""
        with self._lock:
            path = Path(trace(numbers), self.name, self.options, numbers)
            fresh = [x for x in self.all if not x.is_stale()]
            if len(fresh) >= MOST_PATHS:
                fresh.remove(min(fresh, key=lambda x: x.used))
            if len(fresh) == len(self.all):
                self._enter(path)
            else:
                self.root = Fork()
                for x in fresh:
                    x.forks = []
                    self._enter(x)
                self._enter(path)
            self.all = [*fresh, path]
            self.recent = path
            if reason:
                self.reasons.append(reason)
                self._worth -= PRICE
                if len(self.reasons) == MANY_TRACES:
                    self._warn()
            return path

    def _enter(self, path: Path) -> None:
        """Let other programs lead to this one."""
        fork = self.root
        for outcome in path.outcomes:
            path.forks.append(fork)
            fork = fork.ways.setdefault(outcome, Fork())
        for here in (*path.forks, fork):  # last: other threads go by it as soon as it is there
            here.path = path

    def _warn(self) -> None:
        changes = Counter(self.reasons).most_common(3)
        named = "; ".join([f"{count} times {reason}" for reason, count in changes])
        warn(
            f"jit({self.name}) has been traced {counted(MANY_TRACES, 'time')} more for the same "
            f"form of arguments: {named}. Each time makes a program of its own. Choose between "
            f"numbers with where(x > 0, a, b), which is no decision, in place of if; and pass what "
            f"changes as an argument",
            RuntimeWarning,
            stacklevel=6,
        )
