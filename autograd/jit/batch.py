"""Sums over rows: a program and its derivatives, run and added up for one row after the other."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd.jit.program import Program, merged, undisturbed
from autograd.jit.python import EDGES, PIECE, Code, Writer, compiled, flat, function
from autograd.operation import Op
from autograd.ops import sum as total_of
from autograd.record import recorded
from autograd.trees import NUMBER
from autograd.value import Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograd.jit.paths import Path, Paths
    from autograd.jit.unit import Derived

    Row = tuple[float, ...]
    Missed = list[tuple[int, Row]]  # the guard that failed, and where
    # The sum of the outputs, that of each derivative (None where it never is there), rows missed.
    Sums = tuple[float, list[float | None], Missed]


class SumCode:
    """A program with one output and its derivatives, as a loop over rows.

    The first inputs differ from row to row; the others, captured Values, are the same in all.
    """

    @undisturbed()
    def __init__(self, program: Program, columns: int, name: str) -> None:
        began = perf_counter()
        self.columns = columns
        self.program = program
        self.name = f"{name}_over_rows"
        writer = self._writer(exact=False)
        self.rowwise = Code(program, name) if len(writer.statements) > PIECE else None
        self.source = self._source(writer)
        self.fast = None if self.rowwise else compiled(self.source, writer, self.name)
        self.seconds = perf_counter() - began

    def __call__(self, rows: Sequence[Row], outside: Sequence[float]) -> Sums:
        """The sums over some rows."""
        if self.rowwise is not None:
            return added_up(self.rowwise, rows, outside)
        assert self.fast is not None
        try:
            return self.fast(rows, *outside)  # type: ignore[no-any-return]
        except EDGES:
            writer = self._writer(exact=True)
            exact = compiled(self._source(writer), writer, self.name)
            return exact(rows, *outside)  # type: ignore[no-any-return]

    def _writer(self, exact: bool) -> Writer:
        leave = "missed.append(({number}, row)); continue"
        return Writer(merged(self.program), exact, leave)

    def _source(self, writer: Writer) -> str:
        out, *derivatives = writer.results
        assert out is not None  # a result of the function, which is always there
        writer.say([f"total = total + {out.text}"])
        flags: dict[str, str] = {}
        sums = []
        for i, result in enumerate(derivatives):
            if result is None:
                sums.append("None")
            elif result.present is None:
                writer.say([f"g{i} = g{i} + {result.text}"])
                sums.append(f"g{i}")
            else:
                if result.present not in flags:
                    flags[result.present] = f"there{len(flags)}"
                    writer.say_if(result.present, f"{flags[result.present]} = True")
                writer.say_if(result.present, f"g{i} = g{i} + {result.text}")
                sums.append(f"g{i} if {flags[result.present]} else None")
        inputs = [f"x{i}" for i in range(len(writer.program.inputs))]
        row = "".join([f"{x}, " for x in inputs[: self.columns]])
        totals = ["total", *[f"g{i}" for i, result in enumerate(derivatives) if result]]
        start = [f"{' = '.join(totals)} = 0.0", "missed = []"]
        start += [f"{flag} = False" for flag in flags.values()]
        body = [f"{row}= row"] if row else []
        lines = [
            *start,
            "for row in rows:",
            *[f"    {line}" for line in (*body, *flat(writer.statements))],
            f"return total, [{', '.join(sums)}], missed",
        ]
        return function(self.name, ["rows", *inputs[self.columns :]], lines)


def added_up(code: Code, rows: Sequence[Row], outside: Sequence[float]) -> Sums:
    """The sums over rows, for a program too long for one loop."""
    total, sums, missed = 0.0, None, []
    for row in rows:
        found = code((*row, *outside))
        if type(found) is int:
            missed.append((found, row))
            continue
        out, *derivatives = found
        total += out
        sums = derivatives if sums is None else [*map(joined, sums, derivatives)]
    return total, sums if sums is not None else [], missed


def joined(x: Any, y: Any) -> Any:
    """The sum of two derivatives, either of which may be absent."""
    return y if x is None else x if y is None else x + y


class Part(NamedTuple):
    """Rows that went through one program."""

    path: Path
    derived: Derived
    rows: list[Row]


class Batch:
    """The sum of a function over rows: its number, and the derivatives by captured Values."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.total = 0.0
        self.captured: list[Value] = []
        self.sums: dict[int, float | None] = {}  # by the identity of the captured Value
        self.parts: list[Part] = []

    def add(self, paths: Paths, rows: list[Row]) -> None:
        """Add the rows of one form, grouped by the way that they take through the function."""
        work: list[tuple[Path | None, list[Row]]] = [(paths.recent, rows)]
        while work:
            path, rows = work.pop()
            if path is None or path.is_stale():
                path = paths.new(rows[0])
            if path.returned is not NUMBER:
                raise TypeError(
                    f"jit({self.name}): to add up rows the function must give one number, not a "
                    f"structure of {path.returned.size}; there is map for structures"
                )
            wanted = (False,) * len(rows[0]) + (True,) * len(path.captured)
            derived = path.unit.any_derived(path.inputs(rows[0]), wanted)
            if type(derived) is int:  # the first row takes another way
                work.append((path.other(derived), rows))
                continue
            if derived.sums is None:
                derived.sums = SumCode(derived.program, len(rows[0]), path.unit.name)
                derived.seconds += derived.sums.seconds
            outside = [x._data for x in path.captured]
            total, sums, missed = derived.sums(rows, outside)
            self._take(path, total, sums)
            paths.recent = path
            lost = {id(row) for _, row in missed}
            self.parts.append(Part(path, derived, [row for row in rows if id(row) not in lost]))
            regrouped: dict[int, list[Row]] = {}
            for failed, row in missed:
                if failed < len(path.outcomes):
                    regrouped.setdefault(failed, []).append(row)
                else:  # a decision that a rule takes: see Unit.derive
                    self._alone(path, row, wanted)
            work += [(path.other(failed), group) for failed, group in regrouped.items()]

    def _alone(self, path: Path, row: Row, wanted: tuple[bool, ...]) -> None:
        derived, (total, *sums) = path.unit.derive(path.inputs(row), wanted)
        self._take(path, total, sums)
        self.parts.append(Part(path, derived, [row]))

    def _take(self, path: Path, total: float, sums: Sequence[float | None]) -> None:
        self.total += total
        for x in path.captured:
            if id(x) not in self.sums:
                self.captured.append(x)
                self.sums[id(x)] = None
        for x, partial in zip(path.captured, sums, strict=False):
            self.sums[id(x)] = joined(self.sums[id(x)], partial)

    def node(self, count: float) -> Value:
        """The sum, divided by a count, as one node."""
        partials = [self.sums[id(x)] for x in self.captured]
        return recorded(
            Value,
            Over(self, count),
            self.total / count,
            tuple(self.captured),
            tuple([p if p is None else p / count for p in partials]),
        )


class Over(Op):
    """The operation of a sum over rows: it remembers the rows, for derivatives of higher order."""

    def __init__(self, batch: Batch, count: float) -> None:
        self.parts = batch.parts
        self.places = {id(x): i for i, x in enumerate(batch.captured)}
        self.count = count
        self.name = self.symbol = self.__name__ = self.__qualname__ = f"jit({batch.name}) over rows"
        self.rules = self.domain = self.kinks = ()
        self.forward = self._computed
        self.__doc__ = f"The sum of the compiled function {batch.name} over rows."

    def __reduce__(self) -> str:
        raise TypeError(f"{self.name}: the record of a compiled function cannot be pickled")

    def _computed(self, *outside: float) -> float:
        total = 0.0
        for part in self.parts:
            assert part.derived.sums is not None or len(part.rows) == 1
            inputs = self._of(part, outside)
            for_rows = [part.path.unit.code((*row, *inputs)) for row in part.rows]
            if any(type(found) is int for found in for_rows):
                raise ValueError(
                    f"{self.name} would take another way through the function now: somebody set "
                    f".data after the computation. Compute the result again"
                )
            subtotal = 0.0
            for (out,) in for_rows:
                subtotal += out
            total += subtotal
        return total / self.count

    def _of(self, part: Part, outside: Sequence[Any]) -> list[Any]:
        """What a part needs of all that comes from outside."""
        return [outside[self.places[id(x)]] for x in part.path.captured]

    def partials(
        self, operands: Sequence[Any], out: Any, wanted: Sequence[bool]
    ) -> tuple[Any, ...]:
        """The sum over all rows of the derivatives of the function."""
        found: list[Any] = [None for _ in operands]
        for part in self.parts:  # added up as the numbers were: row by row, then part by part
            places = [self.places[id(x)] for x in part.path.captured]
            chosen = [wanted[i] for i in places]
            (op,) = part.derived.ops
            terms: list[list[Any]] = [[] for _ in places]
            for row in part.rows:
                numbers = (*row, *self._of(part, operands))
                partials = op.partials(numbers, None, [False] * len(row) + chosen)
                for column, partial in zip(terms, partials[len(row) :], strict=True):
                    if partial is not None:
                        column.append(partial)
            for i, column in zip(places, terms, strict=True):
                if column:
                    found[i] = joined(found[i], total_of(column))
        return tuple([x if x is None else x / self.count for x in found])
