"""LLVM code on vectors, line by line: each number stands for many rows, one in each lane.

This file knows how LLVM writes numbers, truth values and calls. It does not know what they are for.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable


class Vec(str):
    """The name of a vector of numbers in LLVM code."""

    __slots__ = ()


class Mask(str):
    """The name of a vector of truth values."""

    __slots__ = ()


V = TypeVar("V", Vec, Mask)


class Lanes(NamedTuple):
    """How wide code is, and what it may do with arithmetic."""

    width: int
    fast: bool = False  # contract, and use our own exp, log, tanh, erf

    @property
    def numbers(self) -> str:
        """The type of a vector of numbers."""
        return f"<{self.width} x double>"

    @property
    def truths(self) -> str:
        """The type of a vector of truth values."""
        return f"<{self.width} x i1>"

    @property
    def bits(self) -> str:
        """The type of a vector of the bits of numbers."""
        return f"<{self.width} x i64>"

    @property
    def align(self) -> str:
        """How a vector of numbers stands in memory that is ours."""
        return f"align {8 * self.width}"

    @property
    def arithmetic(self) -> str:
        """The type of arithmetic, and what it may do besides."""
        return f"contract {self.numbers}" if self.fast else self.numbers

    def constant(self, x: float) -> Vec:
        """A number, in all lanes."""
        bits = struct.unpack("<Q", struct.pack("<d", x))[0]
        return Vec(f"<{', '.join([f'double 0x{bits:016X}'] * self.width)}>")

    def truth(self, holds: bool) -> Mask:
        """A truth value, in all lanes."""
        return Mask(f"<{', '.join([f'i1 {str(holds).lower()}'] * self.width)}>")


class Lines:
    """Lines of code of one function, each of which has a name for what it computes."""

    def __init__(self, lanes: Lanes, prefix: str) -> None:
        self.lanes = lanes
        self.lines: list[str] = []
        self.needs: set[str] = set()  # definitions that the lines call
        self._prefix = prefix
        self._names = 0

    def fresh(self) -> str:
        """A name that nothing has yet."""
        self._names += 1
        return f"{self._prefix}{self._names}"

    def say(self, code: str) -> Vec:
        """A line that computes a vector of numbers."""
        name = f"%{self.fresh()}"
        self.lines.append(f"  {name} = {code}")
        return Vec(name)

    def ask(self, code: str) -> Mask:
        """A line that computes a vector of truth values."""
        return Mask(self.say(code))

    # Numbers --------------------------------------------------------------------------------------

    def computed(self, word: str, x: Vec, y: Vec) -> Vec:
        """Arithmetic: `fadd`, `fsub`, `fmul`, `fdiv`."""
        return self.say(f"{word} {self.lanes.arithmetic} {x}, {y}")

    def spread(self, number: str) -> Vec:
        """One number in all lanes."""
        kind = self.lanes.numbers
        first = self.say(f"insertelement {kind} poison, double {number}, i32 0")
        zeros = f"<{self.lanes.width} x i32> zeroinitializer"
        return self.say(f"shufflevector {kind} {first}, {kind} poison, {zeros}")

    def calling(self, name: str, operands: Iterable[Vec]) -> Vec:
        """The result of a definition that has one."""
        self.needs.add(name)
        given = listed(self.lanes.numbers, operands)
        return self.say(f"call {self.lanes.numbers} @{name}({given})")

    # Truth values ---------------------------------------------------------------------------------

    def related(self, relation: str, x: Vec, y: Vec) -> Mask:
        """Whether numbers are so related: `olt`, `ole`, `oeq`, `une` ..."""
        return self.ask(f"fcmp {relation} {self.lanes.numbers} {x}, {y}")

    def joined(self, word: str, p: Mask, q: Mask) -> Mask:
        """Truth values joined: `and`, `or`, `xor`."""
        return self.ask(f"{word} {self.lanes.truths} {p}, {q}")

    def selected(self, p: Mask, a: V, b: V) -> V:
        """a where p holds, else b: numbers, or truth values."""
        kind = self.lanes.truths if isinstance(a, Mask) else self.lanes.numbers
        return type(a)(self.say(f"select {self.lanes.truths} {p}, {kind} {a}, {kind} {b}"))

    def inverted(self, p: Mask) -> Mask:
        """Whether p does not hold."""
        return self.joined("xor", p, self.lanes.truth(True))

    def as_number(self, p: Mask) -> Vec:
        """1 where p holds, else 0: LLVM neither keeps nor passes truth values of one lane."""
        return self.selected(p, self.lanes.constant(1.0), self.lanes.constant(0.0))

    def as_truth(self, x: Vec) -> Mask:
        """Where x is not 0."""
        return self.related("une", x, self.lanes.constant(0.0))


# Functions of a module ----------------------------------------------------------------------------


class Definition(NamedTuple):
    """A function of an LLVM module, and those that it calls."""

    text: str
    needs: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        head: str,  # its name and parameters
        kind: str,
        lines: Iterable[str],
        out: str,
        needs: frozenset[str] = frozenset(),
    ) -> Definition:
        """A function of lines that returns `out`; LLVM does not write it out at its calls."""
        body = "\n".join(lines)
        text = f"define internal {kind} {head} noinline {{\nstart:\n{body}\n  ret {kind} {out}\n}}"
        return cls(text, needs)


DEFINITIONS: dict[tuple[Lanes, str], Definition] = {}


def closure(lanes: Lanes, needs: Iterable[str]) -> str:
    """The text of all definitions that are needed, those included that others need."""
    found: dict[str, str] = {}
    todo = sorted(needs)
    while todo:
        name = todo.pop()
        if name not in found:
            found[name], more = DEFINITIONS[lanes, name]
            todo += sorted(more)
    return "\n".join([found[name] for name in sorted(found)])


def result_type(lanes: Lanes, count: int) -> str:
    """What a function with so many results returns."""
    return lanes.numbers if count == 1 else f"%results{count}"


def types(lanes: Lanes) -> str:
    """The types that definitions use by name."""
    kinds = [", ".join([lanes.numbers] * count) for count in (2, 3, 4)]
    return "\n".join([f"%results{i} = type {{ {kind} }}" for i, kind in enumerate(kinds, 2)])


def listed(kind: str, names: Iterable[str]) -> str:
    """Operands, or parameters, of one type."""
    return ", ".join([f"{kind} {name}" for name in names])
