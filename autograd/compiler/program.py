"""A program: what a traced function computes, as a straight line of instructions.

This file knows how programs are written down, and which instructions can be left out without
changing a bit of the result. It does not know how programs come about, or how they are run.
"""

from __future__ import annotations

import gc
import marshal
import operator
from contextlib import contextmanager
from itertools import accumulate, compress
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd.core import ops
from autograd.core.operation import Op

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

# A register, which is the place of the instruction that fills it; or a constant, a float. This is
# how `autograd.testing` writes operands too.
Ref = int | float


class Logic:
    """What programs do besides the operations of the table: compare, join conditions, choose."""

    def __init__(self, name: str, compute: Callable[..., Any]) -> None:
        self.name = name
        self.compute = compute

    def __repr__(self) -> str:
        return f"<{self.name}>"


INPUT = Logic("input", lambda: None)
LT = Logic("<", operator.lt)
LE = Logic("<=", operator.le)
EQ = Logic("==", operator.eq)
AND = Logic("and", lambda p, q: p and q)
OR = Logic("or", lambda p, q: p or q)
NOT = Logic("not", operator.not_)
SELECT = Logic("select", lambda p, a, b: a if p else b)
STOP = Logic("stop", lambda x: x)  # the same number, through which nothing flows back

Operation = Op | Logic


@contextmanager
def undisturbed() -> Iterator[None]:
    """Keep the garbage collector off a program in the making.

    Nothing in it is garbage, and the collector would walk over all of it again and again.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class Instruction(NamedTuple):
    """An operation and its operands. Its register has the number of its place in the program."""

    op: Operation
    operands: tuple[Ref, ...]


class Guard(NamedTuple):
    """A decision of the function: the program is right where the predicate comes out like this."""

    predicate: int
    outcome: bool
    line: str  # of the user's function
    number: int  # of the decision, counted from 0


class Output(NamedTuple):
    """A result; with a predicate, it is there (not None) only where that holds."""

    ref: Ref
    present: int | None = None


class Program(NamedTuple):
    """A straight line of instructions, each of them needed, from inputs to outputs."""

    instructions: tuple[Instruction, ...]
    inputs: tuple[int, ...]  # the registers of the inputs, in order
    outputs: tuple[Output | None, ...]  # None: a result that is never there
    guards: tuple[Guard, ...]  # in the order in which the function decided

    def operations(self) -> int:
        """How many operations a call computes."""
        return len(self.instructions) - len(self.inputs)

    def called_back(self) -> list[Op]:
        """The operations that are not of the engine's table: the user's own Python functions."""
        found = {
            x.op: None for x in self.instructions if isinstance(x.op, Op) and not is_ours(x.op)
        }
        return list(found)

    def constants(self) -> list[float]:
        """The numbers that stand in the program itself, each once."""
        found = {repr(x): x for _, xs in self.instructions for x in xs if type(x) is float}
        return list(found.values())

    def written(self) -> list[Any]:
        """All of it in a form that can be compared: two nans are the same."""
        instructions = [
            (x.op, *map(repr, x.operands)) if float in map(type, x.operands) else x
            for x in self.instructions
        ]
        outputs = [x and (repr(x.ref), x.present) for x in self.outputs]
        return [instructions, self.inputs, outputs, [guard[:2] for guard in self.guards]]


def is_ours(op: Op) -> bool:
    """Whether an operation is of the engine's own table."""
    return op.forward.__globals__ is vars(ops)


class Builder:
    """A program in the making.

    `emit` gives the register of a result, or the result itself where it is a constant. With
    `merging`, what is asked for twice is computed once, and what can be left out is. That keeps
    every bit of the results, but not of their derivatives, which add up in another order then. So
    what is yet to be differentiated is written down as it came.
    """

    def __init__(self, merging: bool) -> None:
        self.merging = merging
        self.decisions = 0
        self.instructions: list[Instruction] = []
        self.inputs: list[int] = []
        self.guards: list[Guard] = []
        self.known: dict[Any, int] = {}  # instructions that are there already
        self.decided: dict[int, bool] = {}  # predicates that are guarded already

    def input(self) -> int:
        """A new input."""
        self.inputs.append(len(self.instructions))
        self.instructions.append(Instruction(INPUT, ()))
        return self.inputs[-1]

    def emit(self, op: Operation, operands: tuple[Any, ...]) -> Any:
        """The result of an operation: a register, or a constant."""
        if int not in map(type, operands):  # constants alone
            return folded(op, operands)
        if isinstance(op, Op) and not self.merging:
            self.instructions.append(Instruction(op, operands))
            return len(self.instructions) - 1
        if (simplify := SIMPLER.get(op)) is not None:
            op, operands, simple = simplify(self, op, operands)
            if simple is not None:
                return simple
        instruction = Instruction(op, operands)
        # As keys 1 and 1.0 are the same, and so are 0.0 and -0.0.
        key = (op, bits(operands)) if float in map(type, operands) else instruction
        register = self.known.setdefault(key, len(self.instructions))
        if register == len(self.instructions):
            self.instructions.append(instruction)
        return register

    def guard(self, predicate: int, outcome: bool, line: str, number: int | None = None) -> bool:
        """The truth of a predicate, taken for granted from here on."""
        op, operands = self.instructions[predicate]
        if op is NOT:
            (inner,) = operands
            assert type(inner) is int  # of constants there is no instruction
            return not self.guard(inner, not outcome, line, number)
        if predicate not in self.decided:
            self.decided[predicate] = outcome
            number = self.decisions if number is None else number
            self.decisions = number + 1
            self.guards.append(Guard(predicate, outcome, line, number))
        return outcome

    def program(self, outputs: Sequence[Output | None]) -> Program:
        """The program of these outputs."""
        return pruned(self.instructions, self.inputs, outputs, self.guards)

    def exactly(self, outputs: Sequence[Output]) -> list[Any]:
        """All of it to the last bit, in a form that is compared fast."""
        numbers = (
            [operands for _, operands in self.instructions],
            self.inputs,
            [guard[:2] for guard in self.guards],
            [output[:] for output in outputs],
        )
        return [[op for op, _ in self.instructions], bits(numbers)]


def bits(numbers: Any) -> bytes:
    """Numbers in a form that, unlike ==, tells 1 from 1.0 and 0.0 from -0.0."""
    return marshal.dumps(numbers, 2)  # later versions write references, equal numbers not alike


def pruned(
    instructions: Sequence[Instruction],
    inputs: Sequence[int],
    outputs: Sequence[Output | None],
    guards: Sequence[Guard],
) -> Program:
    """The program of these outputs, without what none of them and no guard needs."""
    needed = bytearray(len(instructions))
    for register in inputs:
        needed[register] = True
    for guard in guards:
        needed[guard.predicate] = True
    for output in outputs:
        for ref in output or ():
            if type(ref) is int:
                needed[ref] = True
    for register in range(len(instructions) - 1, -1, -1):
        if needed[register]:
            for x in instructions[register].operands:
                if type(x) is int:
                    needed[x] = True
    if all(needed):
        return Program(tuple(instructions), tuple(inputs), tuple(outputs), tuple(guards))
    place = [*accumulate(needed, initial=0)]  # how many are kept before each

    def placed(x: Any) -> Any:
        return place[x] if type(x) is int else x

    return Program(
        tuple(
            [
                Instruction(op, tuple([place[x] if type(x) is int else x for x in operands]))
                for op, operands in compress(instructions, needed)
            ]
        ),
        tuple([place[x] for x in inputs]),
        tuple([x and Output(placed(x.ref), placed(x.present)) for x in outputs]),
        tuple([x._replace(predicate=placed(x.predicate)) for x in guards]),
    )


def merged(program: Program) -> Program:
    """The same program, without what is computed twice or can be left out."""
    builder = Builder(merging=True)
    found: list[Any] = []
    for op, operands in program.instructions:
        if op is INPUT:
            found.append(builder.input())
        else:
            found.append(
                builder.emit(op, tuple([found[x] if type(x) is int else x for x in operands]))
            )
    for predicate, outcome, line, number in program.guards:
        if type(found[predicate]) is int:  # else it always comes out like this
            builder.guard(found[predicate], outcome, line, number)
    outputs: list[Output | None] = []
    for output in program.outputs:
        present = None if output is None or output.present is None else found[output.present]
        if output is None or present is False:
            outputs.append(None)
        else:
            ref = found[output.ref] if type(output.ref) is int else output.ref
            outputs.append(Output(ref, None if present is True else present))
    return builder.program(outputs)


def folded(op: Operation, constants: tuple[Any, ...]) -> Any:
    """The result of an operation on constants."""
    if isinstance(op, Logic):
        return op.compute(*constants)
    return op.apply(constants)  # of floats: a float


# What can be left out -----------------------------------------------------------------------------
# Each gives (op, operands, None) to be emitted, or (.., .., what the result is already). Only what
# keeps every bit is here, for infinities and signed zeros too: x + 0.0 is not x where x is -0.0.

Simplified = tuple[Operation, tuple[Any, ...], Any]


def is_constant(x: Any, number: float) -> bool:
    """Whether x is this constant, the sign of a zero included."""
    return type(x) is float and x == number and repr(x) == repr(number)


def simpler_add(builder: Builder, op: Operation, operands: tuple[Any, ...]) -> Simplified:
    x, y = operands
    if is_constant(y, -0.0):
        return op, operands, x
    if is_constant(x, -0.0):
        return op, operands, y
    if (positive := negated(builder, y)) is not None:  # x + -z
        return ops.sub, (x, positive), None
    if (positive := negated(builder, x)) is not None:  # -z + y
        return ops.sub, (y, positive), None
    return op, operands, None


def simpler_sub(builder: Builder, op: Operation, operands: tuple[Any, ...]) -> Simplified:
    x, y = operands
    if is_constant(y, 0.0):
        return op, operands, x
    if (positive := negated(builder, y)) is not None:  # x - -z
        return ops.add, (x, positive), None
    return op, operands, None


def simpler_mul(builder: Builder, op: Operation, operands: tuple[Any, ...]) -> Simplified:
    x, y = operands
    if type(x) is float:
        x, y = y, x
    if is_constant(y, 1.0):
        return op, operands, x
    if is_constant(y, -1.0):
        return op, operands, builder.emit(ops.neg, (x,))
    return op, operands, None


def simpler_div(builder: Builder, op: Operation, operands: tuple[Any, ...]) -> Simplified:
    x, y = operands
    if is_constant(y, 1.0):
        return op, operands, x
    if is_constant(y, -1.0):
        return op, operands, builder.emit(ops.neg, (x,))
    return op, operands, None


def simpler_reciprocal(builder: Builder, op: Operation, operands: tuple[Any, ...]) -> Simplified:
    return ops.div, (1.0, *operands), None


def simpler_neg(builder: Builder, op: Operation, operands: tuple[Any, ...]) -> Simplified:
    return op, operands, negated(builder, operands[0])


def simpler_pos(builder: Builder, op: Operation, operands: tuple[Any, ...]) -> Simplified:
    return op, operands, operands[0]


def simpler_square(builder: Builder, op: Operation, operands: tuple[Any, ...]) -> Simplified:
    return ops.mul, operands * 2, None


def simpler_pow(builder: Builder, op: Operation, operands: tuple[Any, ...]) -> Simplified:
    x, y = operands
    if is_constant(y, 1.0):
        return op, operands, x
    if type(y) is float and y == 0.0:
        return op, operands, 1.0
    return op, operands, None


def simpler_lowered_pow(builder: Builder, op: Operation, operands: tuple[Any, ...]) -> Simplified:
    x, y, k, m = operands
    if (
        type(y) is type(k) is float
        and is_constant(m, 0.0)
        and (y - k) + k == y
        and y - (y - k) == k
    ):
        return op, operands, builder.emit(ops.pow, (x, y - k))  # y - k is exact
    return op, operands, None


def simpler_where(builder: Builder, op: Operation, operands: tuple[Any, ...]) -> Simplified:
    c, a, b = operands
    if type(c) is float:  # it was decided
        return op, operands, a if c != 0.0 else b
    return op, operands, None


def simpler_and(builder: Builder, op: Operation, operands: tuple[Any, ...]) -> Simplified:
    p, q = operands  # truth values first: True == 1, and that may be a register
    if p is True:
        return op, operands, q
    if q is True:
        return op, operands, p
    if p is False or q is False or opposite(builder, p, q):
        return op, operands, False
    return op, operands, p if p == q else None


def simpler_or(builder: Builder, op: Operation, operands: tuple[Any, ...]) -> Simplified:
    p, q = operands
    if p is False:
        return op, operands, q
    if q is False:
        return op, operands, p
    if p is True or q is True or opposite(builder, p, q):
        return op, operands, True
    return op, operands, p if p == q else None


def simpler_not(builder: Builder, op: Operation, operands: tuple[Any, ...]) -> Simplified:
    inner = builder.instructions[operands[0]]
    return op, operands, inner.operands[0] if inner.op is NOT else None


def simpler_stop(builder: Builder, op: Operation, operands: tuple[Any, ...]) -> Simplified:
    return op, operands, operands[0] if builder.merging else None


def simpler_select(builder: Builder, op: Operation, operands: tuple[Any, ...]) -> Simplified:
    p, a, b = operands
    if type(p) is bool:
        return op, operands, a if p else b
    inner = builder.instructions[p]
    if inner.op is NOT:
        operands = (inner.operands[0], b, a)
    return op, operands, a if repr(a) == repr(b) else None


def negated(builder: Builder, x: Any) -> Any:
    """What x is the negative of; None if it is not known as one."""
    if type(x) is not int:
        return None
    op, operands = builder.instructions[x]
    return operands[0] if op is ops.neg else None


def opposite(builder: Builder, p: Any, q: Any) -> bool:
    """Whether two predicates are each other's negation."""
    return any(
        type(x) is int
        and builder.instructions[x].op is NOT
        and builder.instructions[x].operands[0] == y
        for x, y in ((p, q), (q, p))
    )


SIMPLER: dict[Any, Callable[[Builder, Operation, tuple[Any, ...]], Simplified]] = {
    ops.add: simpler_add,
    ops.sub: simpler_sub,
    ops.mul: simpler_mul,
    ops.div: simpler_div,
    ops.reciprocal: simpler_reciprocal,
    ops.neg: simpler_neg,
    ops.pos: simpler_pos,
    ops.square: simpler_square,
    ops.pow: simpler_pow,
    ops.lowered_pow: simpler_lowered_pow,
    ops.select: simpler_where,
    AND: simpler_and,
    OR: simpler_or,
    NOT: simpler_not,
    SELECT: simpler_select,
    STOP: simpler_stop,
}
