"""Sums over rows in Python source: a program and its derivatives as a loop over rows."""

from __future__ import annotations

from array import array
from time import perf_counter
from typing import TYPE_CHECKING, Any

from autograd.compiler.program import Program, merged, undisturbed
from autograd.compiler.python import EDGES, PIECE, Code, Writer, defined, flat, function
from autograd.compiler.table import Outputs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from autograd.compiler.table import Row


class Total:
    """The sum of the outputs, that of each derivative, and the rows that were missed."""

    def __init__(
        self, total: float, sums: list[float | None], missed: list[tuple[int, int]]
    ) -> None:
        self._numbers = [total, *sums]
        self.missed = missed  # the guard that failed, and the row

    def row(self, divisor: float) -> Outputs:
        """The sums, divided."""
        return divided(self._numbers, divisor)


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
        self.fast = None if self.rowwise else defined(self.source, writer, self.name)
        self._exact: Callable[..., Any] | None = None
        self.seconds = perf_counter() - began

    def __call__(self, rows: Sequence[Row], outside: Sequence[float]) -> Total:
        """The sums over some rows."""
        if self.rowwise is not None:
            return added_up(self.rowwise, rows, outside)
        assert self.fast is not None
        try:
            return Total(*self.fast(rows, *outside))
        except EDGES:
            return Total(*self.exact(rows, *outside))

    @property
    def exact(self) -> Callable[..., Any]:
        """The loop that calls what the engine calls; made when it is first needed."""
        if self._exact is None:
            writer = self._writer(exact=True)
            self._exact = defined(self._source(writer), writer, self.name)
        return self._exact

    def _writer(self, exact: bool) -> Writer:
        leave = "missed.append(({number}, place)); continue"
        return Writer(merged(self.program), exact, leave)

    def _source(self, writer: Writer) -> str:
        out, *derivatives = writer.results
        assert out is not None  # a result of the function, which is always there
        writer.say([f"total = total + ({out.text})"])
        flags: dict[str, str] = {}
        sums = []
        for i, result in enumerate(derivatives):
            if result is None:
                sums.append("None")
            elif result.present is None:
                writer.say([f"g{i} = g{i} + ({result.text})"])
                sums.append(f"g{i}")
            else:
                if result.present not in flags:
                    flags[result.present] = f"there{len(flags)}"
                    writer.say_if(result.present, f"{flags[result.present]} = True")
                writer.say_if(result.present, f"g{i} = g{i} + ({result.text})")
                sums.append(f"g{i} if {flags[result.present]} else None")
        inputs = [f"x{i}" for i in range(len(writer.program.inputs))]
        row = "".join([f"{x}, " for x in inputs[: self.columns]])
        totals = ["total", *[f"g{i}" for i, result in enumerate(derivatives) if result]]
        start = [f"{' = '.join(totals)} = 0.0", "missed = []"]
        start += [f"{flag} = False" for flag in flags.values()]
        body = [f"{row}= row"] if row else []
        lines = [
            *start,
            "for place, row in enumerate(rows):" if writer.program.guards else "for row in rows:",
            *[f"    {line}" for line in (*body, *flat(writer.statements))],
            f"return total, [{', '.join(sums)}], missed",
        ]
        return function(self.name, ["rows", *inputs[self.columns :]], lines)


def added_up(code: Code, rows: Sequence[Row], outside: Sequence[float]) -> Total:
    """The sums over rows, for a program too long for one loop."""
    total, sums, missed = 0.0, None, []
    for place, row in enumerate(rows):
        found = code((*row, *outside))
        if type(found) is int:
            missed.append((found, place))
            continue
        out, *derivatives = found
        total += out
        sums = derivatives if sums is None else [*map(joined, sums, derivatives)]
    absent: list[float | None] = [None] * (len(code.program.outputs) - 1)  # if all were missed
    return Total(total, absent if sums is None else sums, missed)


def divided(sums: Sequence[float | None], divisor: float) -> Outputs:
    """Some sums, each divided; None for what was there in no row."""
    numbers = array("d", [0.0 if x is None else x / divisor for x in sums])
    return Outputs(numbers, [i for i, x in enumerate(sums) if x is None])


def joined(x: Any, y: Any) -> Any:
    """The sum of two derivatives, either of which may be absent."""
    return y if x is None else x if y is None else x + y
