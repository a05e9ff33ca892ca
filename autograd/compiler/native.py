"""Functions of `math` and libm in LLVM code: instructions, bits of floats, calls of the C library.

They are the primitives of what the reader reads; everything else is translated, see simd.py.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from autograd.compiler.clib import OPERANDS, address
from autograd.compiler.fast import LOW_52, SMALLEST_NORMAL
from autograd.compiler.vectors import DEFINITIONS, Definition, Lanes, Lines, Mask, Vec, listed
from autograd.compiler.writers.source import Opaque

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def native(lines: Lines, name: str, xs: Sequence[Vec]) -> Vec | Mask:
    """What a primitive gives; Opaque where there is no code for it."""
    if (written := WRITTEN.get(name)) is not None:
        return written(lines, *xs)
    if name in INSTRUCTIONS:
        return lines.calling(of_llvm(lines.lanes, name), xs)
    if name in OPERANDS:
        return lines.calling(of_c(lines.lanes, name), xs)
    raise Opaque(f"{name} has no vectors")


# Calls --------------------------------------------------------------------------------------------


def of_c(lanes: Lanes, name: str) -> str:
    """The name of a definition that calls a function of the C library for each lane.

    It is called by its address: LLVM must not know it, or it would compute some results itself.
    """
    known = f"c.{name}"
    if (lanes, known) not in DEFINITIONS:
        operands = [f"%x{k}" for k in range(OPERANDS[name])]
        kind, function = lanes.numbers, f"inttoptr (i64 {address(name)} to ptr)"
        lines, out = [], "poison"
        for i in range(lanes.width):
            lines += [f"  {x}.{i} = extractelement {kind} {x}, i32 {i}" for x in operands]
            given = listed("double", [f"{x}.{i}" for x in operands])
            lines.append(f"  %c{i} = call double {function}({given})")
            lines.append(f"  %out{i} = insertelement {kind} {out}, double %c{i}, i32 {i}")
            out = f"%out{i}"
        head = f"@{known}({listed(kind, operands)})"
        DEFINITIONS[lanes, known] = Definition.of(head, kind, lines, out)
    return known


def of_llvm(lanes: Lanes, name: str) -> str:
    """The name of an instruction that LLVM calls like a function."""
    known = f"llvm.{name}.v{lanes.width}f64"
    if (lanes, known) not in DEFINITIONS:
        operands = ", ".join([lanes.numbers] * (2 if name == "copysign" else 1))
        DEFINITIONS[lanes, known] = Definition(f"declare {lanes.numbers} @{known}({operands})")
    return known


INSTRUCTIONS = {"fabs", "copysign", "sqrt"}


# Lines --------------------------------------------------------------------------------------------


def whole(word: str) -> Callable[[Lines, Vec], Vec]:
    """Rounding to a whole number: Python's has no negative zero."""

    def rounded(lines: Lines, x: Vec) -> Vec:
        out = lines.calling(of_llvm(lines.lanes, word), [x])
        return lines.say(f"fadd {lines.lanes.numbers} {out}, {lines.lanes.constant(0.0)}")

    return rounded


def of_size(relation: str) -> Callable[[Lines, Vec], Mask]:
    """Whether the size of a number is so related to infinity."""

    def related(lines: Lines, x: Vec) -> Mask:
        size = lines.calling(of_llvm(lines.lanes, "fabs"), [x])
        return lines.related(relation, size, lines.lanes.constant(math.inf))

    return related


def binade_of(lines: Lines, x: Vec) -> Vec:
    """The power of two at or below x > 0: its bits without the mantissa; tiny ones are lifted."""
    kind, constant = lines.lanes.numbers, lines.lanes.constant
    tiny = lines.related("olt", x, constant(SMALLEST_NORMAL))
    lift = lines.selected(tiny, constant(2.0**60), constant(1.0))
    lower = lines.selected(tiny, constant(2.0**-60), constant(1.0))
    lifted = lines.say(f"fmul {kind} {x}, {lift}")
    top = from_bits(lines, on_bits(lines, "and", bits(lines, lifted), 0x7FF << 52))
    return lines.say(f"fmul {kind} {top}, {lower}")


def to_exponent(lines: Lines, k: Vec) -> Vec:
    """2**k for a whole k: adding a large number moves k to where exponents are."""
    bias = lines.lanes.constant(2.0**52 + 1023.0)
    moved = lines.say(f"fadd {lines.lanes.numbers} {k}, {bias}")
    return from_bits(lines, on_bits(lines, "shl", bits(lines, moved), 52))


def exponent_of(lines: Lines, x: Vec) -> Vec:
    """floor(log2(x)) for a normal positive x."""
    biased = on_bits(lines, "or", on_bits(lines, "lshr", bits(lines, x), 52), 0x433 << 52)
    bias = lines.lanes.constant(2.0**52 + 1023.0)
    return lines.say(f"fsub {lines.lanes.numbers} {from_bits(lines, biased)}, {bias}")


def mantissa_of(lines: Lines, x: Vec) -> Vec:
    """x divided by 2**exponent(x), from 1 to 2."""
    low = on_bits(lines, "and", bits(lines, x), LOW_52)
    return from_bits(lines, on_bits(lines, "or", low, 0x3FF << 52))


def bits(lines: Lines, x: Vec) -> str:
    """The bits of numbers, as whole numbers."""
    return lines.say(f"bitcast {lines.lanes.numbers} {x} to {lines.lanes.bits}")


def from_bits(lines: Lines, x: str) -> Vec:
    """The numbers that have these bits."""
    return lines.say(f"bitcast {lines.lanes.bits} {x} to {lines.lanes.numbers}")


def on_bits(lines: Lines, word: str, x: str, number: int) -> str:
    """An operation on bits, with the same number in all lanes: `and`, `or`, `shl`, `lshr`."""
    numbers = f"<{', '.join([f'i64 {number}'] * lines.lanes.width)}>"
    return lines.say(f"{word} {lines.lanes.bits} {x}, {numbers}")


WRITTEN: dict[str, Callable[..., Vec | Mask]] = {
    "floor": whole("floor"),
    "ceil": whole("ceil"),
    "trunc": whole("trunc"),
    "isfinite": of_size("olt"),
    "isinf": of_size("oeq"),
    "binade": binade_of,
    "power_of_two": to_exponent,
    "exponent": exponent_of,
    "mantissa": mantissa_of,
}
