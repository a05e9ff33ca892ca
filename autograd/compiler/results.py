"""Results of many rows: where they are written, and how they are put together."""

from __future__ import annotations

import sys
from array import array
from itertools import islice
from typing import TYPE_CHECKING, Any

from autograd.calculus.trees import Structure, container, flatten, taken
from autograd.compiler.paths import STALE
from autograd.conditions import Condition
from autograd.core.value import Value
from autograd.many import row_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from autograd.compiler.arguments import Rows
    from autograd.compiler.paths import Path, Paths
    from autograd.compiler.table import Table
    from autograd.compiler.trace import Trace


class Constant(Structure):
    """A part of a result that is no number: the same in every call that takes this way."""

    __slots__ = ("thing",)

    def __init__(self, thing: Any) -> None:
        super().__init__(lambda parts: thing)
        self.thing = thing

    def paths(self, start: str = "") -> list[str]:
        """Where it is and what: other things make another structure."""
        return [f"{start} is {self.thing!r}"]


def results_of(result: Any, where: str) -> tuple[list[Any], Structure]:
    """The numbers of a result, and what is around them; a condition is decided, and a constant."""
    if isinstance(result, Condition):
        return [], Constant(bool(result))
    if result is None or type(result) in (bool, str):
        return [], Constant(result)
    opened = container(result)
    if opened is None:
        return flatten(result, where)
    together, contents, keys, step = opened
    numbers: list[Any] = []
    parts = []
    for x, key in zip(contents, keys, strict=True):
        found, part = results_of(x, where + step.format(key))
        numbers += found
        parts.append(part)
    return numbers, Structure(together, parts, keys, step)


def refuse_constants(structure: Structure, where: str) -> None:
    """Refuse results that are no numbers where there is a result for each of many rows."""
    if isinstance(structure, Constant):
        raise TypeError(f"{where}: expected a number for each row, got {structure.thing!r}")
    for part, key in zip(structure.parts, structure.keys, strict=True):
        refuse_constants(part, where + structure.step.format(key))


class Results:
    """The results of a function for all rows of a table: a block of memory for each of its parts.

    Where the rows came in arrays, or the function gives arrays, blocks are arrays too.
    """

    def __init__(self, name: str, returned: Structure, table: Table, arrays: bool) -> None:
        self.name = name
        self.returned = returned
        self.table = table
        self.arrays = arrays
        self.depends = False  # on Values from outside
        self.blocks: list[Any] = []
        self.outs: list[tuple[int, int]] = []  # of each number: the address and the stride
        refuse_constants(returned, f"jit({name}).map: the result")
        returned.filled(self._reserve)

    def _reserve(self, block: Structure) -> None:
        """Memory for one part of the results."""
        if block.shape is not None or self.arrays:
            np = sys.modules["numpy"]  # somebody has made an array
            numbers: Any = np.empty((self.table.count, *(block.shape or ())))
            start = numbers.__array_interface__["data"][0]
        else:
            numbers = array("d", bytes(8 * self.table.count))
            start = numbers.buffer_info()[0]
        self.blocks.append(numbers)
        self.outs += [(start + 8 * i, 8 * block.size) for i in range(block.size)]

    def fill(self, paths: Paths, trace: Callable[[Sequence[float]], Trace], *, plain: bool) -> bool:
        """Compute them, each row by the program of the way that it takes.

        False, and all in vain, if one is no plain number: a way may use Values from outside.
        """
        work: list[tuple[Path | None, Table, Sequence[int] | None, str]] = [
            (paths.recent, self.table, None, "")
        ]
        while work:
            path, table, places, reason = work.pop()
            if path is None or path.is_stale():
                path = paths.new(table.first, trace, reason or (path.why(STALE) if path else ""))
            self._refuse_other_forms(path)
            self.depends = self.depends or bool(path.captured)
            if self.depends and not plain:
                return False
            missed = self._run(path, table, places)
            if missed is None:
                if not self._one_by_one(paths, trace, table, places, plain):
                    return False
                continue
            paths.recent = path
            regrouped: dict[int, list[int]] = {}
            for failed, i in missed:
                regrouped.setdefault(failed, []).append(i)
            for failed, some in regrouped.items():
                where = some if places is None else [places[i] for i in some]
                work.append((path.other(failed), table.chosen(some), where, path.why(failed)))
        return True

    def _run(
        self, path: Path, table: Table, places: Sequence[int] | None
    ) -> list[tuple[int, int]] | None:
        """Run machine code, if there is any; some of the rows come back."""
        outside = row_of(path.captured)
        machine = path.unit.each(table.width)
        code = machine.ready(table.count)
        if code is None:
            return None
        if places is None:
            return machine.run(code, table, outside, self.outs, self.blocks)
        count, width = table.count, len(self.outs)
        scratch = array("d", bytes(8 * count * width))
        start = scratch.buffer_info()[0]
        outs = [(start + 8 * count * j, 8) for j in range(width)]
        missed = machine.run(code, table, outside, outs, scratch)
        lost = {i for _, i in missed}
        for i, place in enumerate(places):
            if i not in lost:
                self._put(place, [scratch[count * j + i] for j in range(width)])
        return missed

    def _one_by_one(
        self,
        paths: Paths,
        trace: Callable[[Sequence[float]], Trace],
        table: Table,
        places: Sequence[int] | None,
        plain: bool,
    ) -> bool:
        """Run the rows one after the other; False if one is no plain number."""
        for i, row in enumerate(table.rows):
            path, numbers = paths.find(row, lambda path, row=row: path.numbers(row), trace)  # type: ignore[misc]
            self._refuse_other_forms(path)
            self.depends = self.depends or bool(path.captured)
            if self.depends and not plain:
                return False
            self._put(i if places is None else places[i], numbers)
        return True

    def _put(self, place: int, numbers: Sequence[float]) -> None:
        """Write the numbers of one row."""
        rest = iter(numbers)
        for block in self.blocks:
            if isinstance(block, array):
                block[place] = next(rest)
            else:
                block[place] = taken(rest, block.shape[1:] or None)

    def _refuse_other_forms(self, path: Path) -> None:
        if path.returned is not self.returned and path.returned.paths() != self.returned.paths():
            raise different(self.name)

    def structure(self) -> Any:
        """The structure of the function's results, with all rows in each place."""
        blocks = iter(self.blocks)

        def content(block: Structure) -> Any:
            numbers = next(blocks)
            if self.depends:
                return as_leaves(numbers)
            return numbers.tolist() if isinstance(numbers, array) else numbers

        return self.returned.filled(content)


def as_leaves(numbers: Any) -> Any:
    """Numbers as Values that no operation made."""
    if isinstance(numbers, array):
        return [Value(x) for x in numbers]
    return taken(iter([Value(x) for x in numbers.ravel().tolist()]), numbers.shape)


def stacked(name: str, found: Sequence[Any], rows: Rows) -> Any:
    """Results that came one by one, Values among them, as a structure of lists or arrays."""
    results = [results_of(x, f"jit({name}).map: the result") for x in found]
    structure = results[0][1]
    refuse_constants(structure, f"jit({name}).map: the result")
    for _, other in results:
        if other.paths() != structure.paths():
            raise different(name)
    listed = iter(zip(*[numbers for numbers, _ in results], strict=True))

    def content(block: Structure) -> Any:
        columns = list(islice(listed, block.size))
        if block.shape is None and not rows.arrays:
            return list(columns[0])
        entries: Iterator[Any] = iter([x for row in zip(*columns, strict=True) for x in row])
        return taken(entries, (rows.count, *(block.shape or ())))

    return structure.filled(content)


def different(name: str) -> ValueError:
    return ValueError(f"jit({name}).map: the results of two rows differ in form")
