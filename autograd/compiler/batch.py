"""Sums over rows as one node: each row goes through the program of its way."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd.calculus.trees import NUMBER
from autograd.compiler.paths import STALE
from autograd.compiler.sums import Total, divided, joined
from autograd.core.operation import Op
from autograd.core.ops import sum as total_of
from autograd.core.value import Value
from autograd.many import node_on, row_of, same_objects
from autograd.numbers.reals import same

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from autograd.compiler.machine import Added
    from autograd.compiler.paths import Path, Paths
    from autograd.compiler.table import Outputs, Table
    from autograd.compiler.trace import Trace
    from autograd.compiler.unit import Derived
    from autograd.core.record import Node


class Part(NamedTuple):
    """Rows that went through one program, and their sums."""

    path: Path
    derived: Derived
    table: Table
    sums: Added | Total
    outside: Sequence[float]  # the numbers of Values from outside, as they were


class Batch:
    """The sum of a function over rows, with its derivatives with respect to captured Values."""

    def __init__(self, name: str, recording: bool) -> None:
        self.name = name
        self.recording = recording
        self.parts: list[Part] = []

    def add(self, paths: Paths, table: Table, trace: Callable[[Sequence[float]], Trace]) -> None:
        """Add the rows of one form, grouped by the way that they take through the function."""
        work: list[tuple[Path | None, Table, str]] = [(paths.recent, table, "")]
        while work:
            path, table, reason = work.pop()
            if path is None or path.is_stale():
                path = paths.new(table.first, trace, reason or (path.why(STALE) if path else ""))
            if path.returned is not NUMBER:
                raise TypeError(
                    f"jit({self.name}): to add up rows the function must give one number, not a "
                    f"structure of {path.returned.size}; there is map for structures"
                )
            derived = path.over_rows(table, self.recording)
            if isinstance(derived, int):  # the first row takes another way
                work.append((path.other(derived), table, path.why(derived)))
                continue
            runner = derived.over_rows(table.width)
            outside = row_of(path.captured)
            sums = runner(table, outside)
            paths.recent = path
            if len(sums.missed) < table.count:
                rest = without(table, sums.missed)
                self.parts.append(Part(path, derived, rest, sums, outside))
            regrouped: dict[int, list[int]] = {}
            for failed, place in sums.missed:
                if failed < len(path.outcomes):
                    regrouped.setdefault(failed, []).append(place)
                else:  # a decision that a rule takes: see Unit.derive
                    self._alone(path, table.chosen([place]))
            for failed, places in regrouped.items():
                work.append((path.other(failed), table.chosen(places), path.why(failed)))

    def _alone(self, path: Path, table: Table) -> None:
        wanted = path.wanted(table.width, self.recording)
        inputs = path.inputs(table.first)
        derived, (total, *sums) = path.unit.derive(inputs, wanted)
        sums = Total(total, sums, [])
        self.parts.append(Part(path, derived, table, sums, inputs[table.width :]))

    def node(self, count: float) -> Value | float:
        """The sum, divided by a count: one node if Values from outside were used."""
        first, *others = self.parts
        captured = first.path.captured
        if not others:  # nearly always
            sums = first.sums.row(count)
        elif all(same_objects(captured, part.path.captured) for part in others):
            sums = self._added(count)
        else:
            captured, sums = self._joined(count)
        total = sums.numbers[0]  # which is there: the function gives a number for each row
        if not captured:
            return total
        if not self.recording:
            return Value(total)
        return node_on(captured, Over(self, captured, count), *sums)

    def _added(self, count: float) -> Outputs:
        """The sums of parts that depend on the same Values."""
        sums, *others = [part.sums.row(1.0).listed() for part in self.parts]
        for numbers in others:
            sums = [*map(joined, sums, numbers)]
        return divided(sums, count)

    def _joined(self, count: float) -> tuple[tuple[Value, ...], Outputs]:
        """The Values that any part depends on, and the sums of all parts: of which some do not."""
        captured: dict[int, Value] = {}
        sums: dict[int, float | None] = {}
        every = 0.0
        for part in self.parts:
            total, *partials = part.sums.row(1.0).listed()
            assert total is not None  # as above
            every += total
            captured |= {id(x): x for x in part.path.captured}
            for x, partial in zip(part.path.captured, partials, strict=self.recording):
                sums[id(x)] = joined(sums.get(id(x)), partial)
        found = [every, *[sums.get(key) for key in captured]]
        return tuple(captured.values()), divided(found, count)


def without(table: Table, missed: Sequence[tuple[int, int]]) -> Table:
    """The rows that were not missed."""
    if not missed:
        return table
    lost = {place for _, place in missed}
    return table.chosen([i for i in range(table.count) if i not in lost])


class Over(Op):
    """The operation of a sum over rows: it remembers the rows, for derivatives of higher order."""

    def __init__(self, batch: Batch, captured: Sequence[Value], count: float) -> None:
        self.batch = batch
        self.parts = batch.parts
        self._captured = captured
        self.count = count

    def agrees(
        self, node: Node, numbers: Sequence[float], partials: Sequence[float | None]
    ) -> bool:
        """Whether the operands are what they were: computed anew, sums add up in another order."""
        known: dict[int, float] = {}
        for part in self.parts:
            pairs = zip(part.path.captured, part.outside, strict=True)
            known |= {id(x): number for x, number in pairs}
        return all(same(known[id(x)], y) for x, y in zip(self._captured, numbers, strict=True))

    # Asked for rarely, and made when they are: a training step makes such a node, and no picture.

    rules = domain = kinks = ()

    @cached_property
    def name(self) -> str:  # type: ignore[override]
        """How it is called in messages."""
        return f"jit({self.batch.name}) over rows"

    @cached_property
    def symbol(self) -> str:  # type: ignore[override]
        """How it is called in pictures."""
        rows = sum([part.table.count for part in self.parts])
        return f"jit({self.batch.name}) over {rows:,} row{'' if rows == 1 else 's'}"

    def __reduce__(self) -> str:
        raise TypeError(f"{self.name}: the record of a compiled function cannot be pickled")

    @cached_property
    def places(self) -> dict[int, int]:
        """Where each Value from outside is among the operands."""
        return {id(x): i for i, x in enumerate(self._captured)}

    def forward(self, *outside: float) -> float:
        """The sum anew, row by row."""
        total = 0.0
        for part in self.parts:
            inputs = self._of(part, outside)
            for_rows = [part.path.unit.code((*row, *inputs)) for row in part.table.rows]
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
            for row in part.table.rows:
                numbers = (*row, *self._of(part, operands))
                partials = op.partials(numbers, None, [False] * len(row) + chosen)
                for column, partial in zip(terms, partials[len(row) :], strict=True):
                    if partial is not None:
                        column.append(partial)
            for i, column in zip(places, terms, strict=True):
                if column:
                    found[i] = joined(found[i], total_of(column))
        return tuple([x if x is None else x / self.count for x in found])
