"""Kernels in memory: code made piece by piece, and the memory that it runs in."""

from __future__ import annotations

from array import array
from ctypes import addressof, c_char, c_void_p
from struct import Struct
from typing import TYPE_CHECKING, Any

from autograd.compiler.clib import Missing
from autograd.compiler.engine import LEVEL, PIECE, Loaded, the_driver, trouble, version
from autograd.compiler.kernel import kernel
from autograd.compiler.program import merged, undisturbed
from autograd.compiler.table import Outputs
from autograd.compiler.vectors import Lanes
from autograd.compiler.writers.source import Opaque

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograd.compiler.kernel import Kernel
    from autograd.compiler.program import Program
    from autograd.compiler.table import Columns

MOST_OPTIMISED = 20  # pieces of a program


class Unavailable(Exception):  # noqa: N818 - a message to the back end, no error of anybody's
    """Why there is no machine code."""


def assembled(program: Program, columns: int, width: int, fast: bool, adding: bool) -> MachineCode:
    """The kernel of a program, without code in memory yet: see kernel.py."""
    if (reason := trouble()) is not None:
        raise Unavailable(reason)
    lanes = Lanes(width, fast)
    try:
        with undisturbed():
            return MachineCode(kernel(merged(program), columns, lanes, adding), width)
    except Opaque:
        names = [op.name for op in program.called_back()] or ["round"]
        raise Unavailable(f"{', '.join(names)} is called in Python") from None
    except Missing as error:
        raise Unavailable(str(error)) from None


class MachineCode:
    """A kernel in memory, made piece by piece; and memory to run it in."""

    def __init__(self, made: Kernel, width: int) -> None:
        self.kernel = made
        self.width = width  # rows at once
        self.driver = the_driver()
        # Optimising takes three times as long, and gives code that is twice as fast.
        self.level = LEVEL if len(made.pieces) <= MOST_OPTIMISED else 0
        self.pieces: list[Loaded] = []
        self.calls: list[Any] = []
        self.table = (c_void_p * len(made.pieces))()
        self._pack = Struct(f"{made.inputs - made.columns}d").pack
        self._free: list[Room] = []
        self._never = [i for i, slot in enumerate(made.slots) if slot is None]
        self._flagged: dict[int, list[int]] = {}  # which outputs each flag speaks of
        for i, flag in enumerate(made.flags):
            if flag is not None:
                self._flagged.setdefault(flag, []).append(i)

    @property
    def complete(self) -> bool:
        """Whether all of it is there."""
        return len(self.pieces) == len(self.kernel.pieces)

    def build(self, most: int) -> None:
        """Make some more of the pieces."""
        for text in self.kernel.pieces[len(self.pieces) :][:most]:
            try:
                loaded = Loaded(text, self.level)
            except (RuntimeError, OSError) as error:
                raise Unavailable(f"LLVM: {error}") from None
            self.table[len(self.pieces)] = loaded.address("piece")
            self.calls.append(loaded.function("piece", PIECE))
            self.pieces.append(loaded)
        if self.complete:  # nobody needs the text any more, which is long
            self.kernel = self.kernel._replace(pieces=("",) * len(self.pieces))

    @property
    def progress(self) -> str:
        """How far it is, in words."""
        done, all_ = len(self.pieces), len(self.kernel.pieces)
        if done < all_:
            return f"machine code, {done} of {all_} pieces made"
        return version() + ", not optimised as the program is long" * (self.level != LEVEL)

    def row(self, memory: Any) -> Outputs:
        """The outputs of what the kernel wrote to memory, and which are absent."""
        k = self.kernel
        numbers = memory[: k.outputs]
        if self._never:
            numbers = array("d", [0.0 if slot is None else numbers[slot] for slot in k.slots])
        there = memory[k.outputs : k.written]
        absent = [*self._never]
        if 0.0 in there:
            for flag, is_there in enumerate(there, k.outputs):
                if not is_there:
                    absent += self._flagged[flag]
        return Outputs(numbers, absent)

    def outputs(self, memory: Any) -> tuple[float | None, ...]:
        """The same as numbers, None where one is not there."""
        return tuple(self.row(memory).listed())

    def packed(self, numbers: Sequence[float]) -> bytes:
        """The inputs of a call, in memory."""
        return self._pack(*numbers)

    def inputs(self, columns: Columns, outside: array[float]) -> tuple[Any, ...]:
        """What the loops of the driver begin with: pieces, columns, and what is the same in all."""
        where = (columns.addresses, columns.strides, self.kernel.columns)
        return (self.table, len(self.pieces), *where, outside.buffer_info()[0])

    def take(self) -> Room:
        """Memory for one run; `give` it back."""
        try:
            return self._free.pop()
        except IndexError:
            k = self.kernel  # outputs twice: the last rows of sums are added up beside the others
            return Room((k.columns + 2 * k.written + k.scratch) * 8 * self.width)

    def give(self, memory: Room) -> None:
        self._free.append(memory)


class Room:
    """Some memory that begins where whole vectors do."""

    def __init__(self, size: int) -> None:
        self._bytes = bytearray(size + 64)
        start = addressof((c_char * len(self._bytes)).from_buffer(self._bytes))
        skipped = -start % 64
        self.address = start + skipped
        self.numbers = memoryview(self._bytes)[skipped : skipped + size].cast("d")
