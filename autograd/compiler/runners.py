"""Programs that run: as Python source at first, as machine code where that pays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from autograd.compiler.machine import Alone, Machine, Options, Sums
from autograd.compiler.python import Code
from autograd.compiler.sums import SumCode

if TYPE_CHECKING:
    from array import array
    from collections.abc import Callable, Sequence

    from autograd.compiler.machine import Added
    from autograd.compiler.program import Program
    from autograd.compiler.sums import Total
    from autograd.compiler.table import Table

C = TypeVar("C", Code, SumCode)
M = TypeVar("M", bound=Machine)


class Runner(Generic[C, M]):
    """A program with both back ends."""

    def __init__(self, python: Callable[[], C], machine: M) -> None:
        self._make: Callable[[], C] = python
        self._python: C | None = None
        self.machine = machine
        self.used = False

    @property
    def python(self) -> C:
        """The program as Python source, compiled when it is first needed."""
        if self._python is None:
            self._python = self._make()
        return self._python

    @property
    def python_is_made(self) -> bool:
        """Whether there is Python code."""
        return self._python is not None

    @property
    def seconds(self) -> float:
        """How long making them took."""
        return self.machine.seconds + (self._python.seconds if self._python is not None else 0.0)


class Caller(Runner[Code, Alone]):
    """A program, to be called with the numbers of one row."""

    def __init__(self, program: Program, name: str, options: Options) -> None:
        super().__init__(lambda: Code(program, name), Alone(program, 0, options))

    def __call__(self, inputs: Sequence[float]) -> Any:
        """The outputs, None where one is not there; or the number of a failed guard."""
        self.used = True
        code = self.machine.ready(1)
        return self.python(inputs) if code is None else self.machine.run(code, inputs)


class Adder(Runner[SumCode, Sums]):
    """A program of an output and its derivatives, to be added up over rows.

    The first inputs differ from row to row; the others, captured Values, are the same in all.
    """

    def __init__(self, program: Program, columns: int, name: str, options: Options) -> None:
        super().__init__(lambda: SumCode(program, columns, name), Sums(program, columns, options))

    def __call__(self, table: Table, outside: array[float]) -> Added | Total:
        """The sums over the rows of a table, and which rows take another way."""
        code = self.machine.ready(table.count)
        if code is None:
            return self.python(table.rows, outside)
        return self.machine.add(code, table, outside)
