"""The back end for speed: programs as machine code, one call or many rows at a time.

It gives the bits that Python source gives, row by row. It is made when it will have paid: making it
takes as long as some thousands of rows take in Python. Where that cannot be, Python source goes on.
"""

from __future__ import annotations

import os
from array import array
from functools import cache
from itertools import pairwise
from math import ceil
from threading import Lock
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd.compiler.table import CHUNK, WIDTH

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import ThreadPoolExecutor

    from autograd.compiler.code import MachineCode
    from autograd.compiler.program import Program
    from autograd.compiler.table import Outputs, Table

PAYS = 3000  # rows: in Python they take as long as making machine code does
LONG_SUM = 1500  # operations: for so many Python source is no loop over rows, but a call a row ...
PAYS_LONG_SUM = 500  # ... and slower, so machine code pays after fewer rows
LEAST_ALONE = 150  # operations: a program with fewer is called as fast in Python
LEAST_OF_ROWS = 500  # operations in all rows together
AT_ONCE = 4  # pieces of a long program, that are made in one call
MOST_SUMS = 4_000_000  # of all chunks together: where there were more, chunks are longer
WORTH_A_THREAD = 2_000_000  # operations in all rows together


class Options(NamedTuple):
    """What the user of `jit` chose."""

    backend: str = "auto"
    threads: int = 0  # as many as there are processors
    fastmath: bool = False

    def with_more(self, chosen: Options) -> Options:
        """These, and what was chosen besides."""
        backend = self.backend if chosen.backend == "auto" else chosen.backend
        return Options(backend, chosen.threads or self.threads, self.fastmath or chosen.fastmath)


class Machine:
    """Machine code for a program, as soon as it pays."""

    adding = False
    least = LEAST_OF_ROWS
    width = WIDTH

    def __init__(self, program: Program, columns: int, options: Options) -> None:
        self.program = program
        self.columns = columns
        self.options = options
        self.seconds = 0.0
        self.trouble: str | None = None
        self.operations = program.operations()
        self._rows = 0
        self._code: MachineCode | None = None
        self._lock = Lock()

    def ready(self, rows: int) -> MachineCode | None:
        """The code, if so many rows more are to be run with it."""
        code, forced = self._code, self.options.backend == "llvm"
        if self.operations * rows < self.least and not forced:
            return None
        if code is not None and code.complete:
            return code
        if self.trouble is not None or self.options.backend == "python":
            return None
        self._rows += rows
        if self._rows < self.pays and not forced:
            return None
        with self._lock:
            self._build(everything=forced or rows >= self.pays)
        return self._code if self._code is not None and self._code.complete else None

    @property
    def pays(self) -> int:
        """After how many rows machine code has paid."""
        return PAYS

    def _build(self, *, everything: bool) -> None:
        began = perf_counter()
        from autograd.compiler.code import Unavailable, assembled  # slow to import, and needed late

        try:
            if self._code is None:
                fast = self.options.fastmath
                self._code = assembled(self.program, self.columns, self.width, fast, self.adding)
            if not self._code.complete:
                self._code.build(len(self._code.kernel.pieces) if everything else AT_ONCE)
        except Unavailable as reason:
            self.trouble = str(reason)
        finally:
            self.seconds += perf_counter() - began

    @property
    def progress(self) -> str:
        """How far it is, in words; empty if nobody has asked for it."""
        if self.trouble is not None:
            return f"no machine code: {self.trouble}"
        return "" if self._code is None else self._code.progress


class Alone(Machine):
    """Machine code that is called for one row at a time."""

    least = LEAST_ALONE
    width = 1

    def run(self, code: MachineCode, inputs: Sequence[float]) -> Any:
        """The outputs, None where one is not there; or the number of a failed guard."""
        k = code.kernel
        given = code.packed(inputs)
        memory = code.take()
        try:
            out, scratch = memory.address, memory.address + 8 * k.written
            for call in code.calls:
                call(None, given, out, scratch, False)
            if k.guarded and (failed := memory.numbers[k.written]) >= 0.0:
                return int(failed)
            return code.outputs(memory.numbers)
        finally:
            code.give(memory)


class OverRows(Machine):
    """Machine code for many rows at a time."""

    def threads(self, rows: int) -> int:
        """How many threads so many rows are worth."""
        most = self.options.threads or processors()
        return max(1, min(most, self.operations * rows // WORTH_A_THREAD))

    def missed(self, failed: array[float] | None, rows: int) -> list[tuple[int, int]]:
        """The number of the guard that failed, and the row, for each that was missed."""
        if failed is None or max(failed[:rows]) < 0.0:
            return []
        return [(int(x), i) for i, x in enumerate(failed[:rows]) if x >= 0.0]


class Each(OverRows):
    """Machine code for the outputs of many rows."""

    def run(
        self,
        code: MachineCode,
        table: Table,
        outside: array[float],
        outs: Sequence[tuple[int, int]],
        owners: object,
    ) -> list[tuple[int, int]]:
        """Write outputs to memory: each has an address and a stride. Gives the rows missed.

        The `owners` of that memory are kept as long as anybody may write to it.
        """
        n = table.count
        inputs = code.inputs(table.memory, outside)
        failed = room_for_guards(code, n)
        starts = array("q", [start for start, _ in outs])
        strides = array("q", [stride for _, stride in outs])
        where = (start_of(starts), start_of(strides), len(outs), code.kernel.written)
        owned = (table.memory, outside, starts, strides, failed, owners)

        def some(first: int, last: int, kept: object = owned) -> None:
            memory = code.take()
            try:
                begin, end = first * WIDTH, min(n, last * WIDTH)
                code.driver.each(*inputs, *where, start_of(failed), begin, end, memory.address)
            finally:
                code.give(memory)

        shared(some, ceil(n / WIDTH), self.threads(n))
        return self.missed(failed, n)


class Sums(OverRows):
    """Machine code for the sums of outputs over many rows."""

    adding = True

    @property
    def pays(self) -> int:
        """After how many rows machine code has paid."""
        return PAYS if self.operations < LONG_SUM else PAYS_LONG_SUM

    def add(self, code: MachineCode, table: Table, outside: array[float]) -> Added:
        """The sums over the rows of a table."""
        n, written = table.count, code.kernel.written
        inputs = code.inputs(table.memory, outside)
        failed = room_for_guards(code, n)
        chunk = CHUNK * max(1, ceil(n * written / (CHUNK * MOST_SUMS)))
        chunks = ceil(n / chunk)
        results = array("d", bytes(8 * chunks * written))
        where = (written, start_of(failed), start_of(results))
        owned = (table.memory, outside, failed, results)

        def some(first: int, last: int, kept: object = owned) -> None:
            memory = code.take()
            try:
                code.driver.sums(*inputs, *where, first, last, chunk, n, memory.address)
            finally:
                code.give(memory)

        shared(some, chunks, self.threads(n))
        return Added(code, results, chunks, self.missed(failed, n))


class Added:
    """Sums over the rows of a table, chunk by chunk."""

    def __init__(
        self, code: MachineCode, results: array[float], chunks: int, missed: list[tuple[int, int]]
    ) -> None:
        self.code = code
        self.results = results
        self.chunks = chunks
        self.missed = missed

    def row(self, divisor: float) -> Outputs:
        """The sums, divided. They can be asked for once."""
        k = self.code.kernel
        start = start_of(self.results)
        self.code.driver.fold(start, self.chunks, k.written, k.outputs, divisor)
        return self.code.row(self.results)


def room_for_guards(code: MachineCode, rows: int) -> array[float] | None:
    """Where machine code notes which guard failed; the last block may be longer than it is."""
    return array("d", bytes(8 * (rows + WIDTH))) if code.kernel.guarded else None


def start_of(numbers: array[Any] | None) -> int | None:
    """Where numbers are in memory."""
    return None if numbers is None else numbers.buffer_info()[0]


# Threads ------------------------------------------------------------------------------------------


@cache
def processors() -> int:
    """How many processors we may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@cache
def pool() -> ThreadPoolExecutor:
    """The threads of this process that run machine code."""
    from concurrent.futures import ThreadPoolExecutor  # slow to import

    return ThreadPoolExecutor(processors(), thread_name_prefix="jit")


if hasattr(os, "register_at_fork"):  # threads do not live on in a copy of the process
    os.register_at_fork(after_in_child=pool.cache_clear)


def shared(work: Callable[[int, int], None], count: int, threads: int) -> None:
    """Work on 0, 1, 2 ... count - 1, cut into as many runs as there are threads.

    After Ctrl-C the other threads go on by themselves to their end: what they work on is theirs.
    """
    if threads <= 1 or count <= 1:
        work(0, count)
        return
    cuts = [count * i // threads for i in range(threads + 1)]
    jobs = []
    for begin, end in pairwise(cuts[1:]):
        try:
            jobs.append(pool().submit(work, begin, end))
        except RuntimeError:  # no thread can be had, or the interpreter is about to end
            work(begin, end)
    work(cuts[0], cuts[1])
    for job in jobs:
        job.result()
