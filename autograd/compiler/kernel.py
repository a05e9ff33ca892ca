"""A program as LLVM code for a block of rows: each number of the program is a vector of eight.

A kernel reads the inputs of its rows from a tile in memory, and writes outputs into another one or
adds them up there. Long programs are cut into pieces, which hand over numbers in memory: time to
compile a function grows faster than its length. This file knows nothing of how kernels are run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from autograd.compiler.floats import rounded, rounded_up
from autograd.compiler.program import AND, EQ, INPUT, LE, LT, NOT, OR, SELECT, is_ours
from autograd.compiler.simd import called, define, read, translated
from autograd.compiler.vectors import Lines, Mask, Vec, closure, types
from autograd.compiler.writers.source import Opaque
from autograd.core import ops
from autograd.core.operation import Op, Variadic

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from autograd.compiler.program import Output, Program
    from autograd.compiler.vectors import Lanes

LONGEST = 3000  # instructions of the program in one LLVM function; where there are more ...
PIECE = 1000  # ... they are cut into functions of so many
BLOCK = 400  # instructions in one basic block
DIGITS = range(-22, 23)  # to round to: larger powers of ten are no floats

FAILED, FIRST = 0, 1  # places in the scratch memory: which guard failed, and what comes after it


class Kernel(NamedTuple):
    """LLVM functions for a program, and where each of its outputs is found."""

    pieces: tuple[str, ...]  # the text of a module each, with one function `piece`
    slots: tuple[int | None, ...]  # of each output: the place of its vector
    flags: tuple[int | None, ...]  # of each output: the place of what says whether it is there
    outputs: int  # how many of them there are; their flags come after them
    inputs: int
    columns: int  # how many of the inputs differ from row to row; all others are the same
    written: int  # vectors: the outputs, and then their flags
    scratch: int  # vectors of memory that pieces need
    guarded: bool


def kernel(program: Program, columns: int, lanes: Lanes, adding: bool) -> Kernel:
    """The kernel of a program: for outputs row by row, or, adding, for their sums.

    The first inputs differ from row to row, all others are the same. Opaque if some operation has
    no code of this kind: one of the user's.
    """
    memory = Memory(program, columns)
    steps = scheduled(program)
    size = PIECE if len(steps) > LONGEST else LONGEST
    groups = [steps[cut : cut + size] for cut in range(0, len(steps), size)] or [[]]
    last = last_uses(program, groups)
    pieces = [
        Piece(program, memory, lanes, adding).text(group, i, last) for i, group in enumerate(groups)
    ]
    return Kernel(
        pieces=tuple(pieces),
        slots=memory.slots,
        flags=memory.flags,
        outputs=sum([slot is not None for slot in memory.slots]),
        inputs=len(program.inputs),
        columns=columns,
        written=memory.written,
        scratch=memory.scratch,
        guarded=bool(program.guards),
    )


# The order of work --------------------------------------------------------------------------------


class Step(NamedTuple):
    """Something to be done: an instruction, or what is done with an output or a guard."""

    register: int = -1
    guard: int = -1
    output: int = -1


def scheduled(program: Program) -> list[Step]:
    """The instructions in an order in which few results are waiting to be used.

    What is needed for the first guard comes first, then what else is needed for the second ...
    then the outputs, as soon as they can be had.
    """
    steps: list[Step] = []
    done = [False] * len(program.instructions)

    def compute(register: int) -> None:
        stack = [register]
        while stack:
            top = stack[-1]
            missing = [
                x for x in program.instructions[top].operands if type(x) is int and not done[x]
            ]
            if done[top] or not missing:
                stack.pop()
                if not done[top]:
                    done[top] = True
                    steps.append(Step(register=top))
            else:
                stack += reversed(missing)

    for i, guard in enumerate(program.guards):
        compute(guard.predicate)
        steps.append(Step(guard=i))
    for i, output in sorted(enumerate(program.outputs), key=lambda pair: last_of(pair[1])):
        for register in (output.present, output.ref) if output else ():
            if type(register) is int:
                compute(register)
        if output:
            steps.append(Step(output=i))
    return steps


def last_of(output: Output | None) -> float:
    """The place in the program after which an output is known."""
    return max([x for x in output or () if type(x) is int], default=-1)


def last_uses(program: Program, groups: Sequence[Sequence[Step]]) -> dict[Any, int]:
    """The last piece that uses each register."""
    last: dict[Any, int] = {}
    if len(groups) == 1:
        return last
    for number, steps in enumerate(groups):
        for step in steps:
            if step.register >= 0:
                used: Sequence[Any] = program.instructions[step.register].operands
            elif step.guard >= 0:
                used = (program.guards[step.guard].predicate,)
            else:
                used = program.outputs[step.output] or ()
            for x in used:
                if type(x) is int:
                    last[x] = number
    return last


# Memory -------------------------------------------------------------------------------------------


class Memory:
    """Where the numbers of a kernel are: inputs, outputs, and what pieces hand over in scratch."""

    def __init__(self, program: Program, columns: int) -> None:
        self.columns = columns
        self.inputs = {register: i for i, register in enumerate(program.inputs)}
        self.slots, self.flags, self.written = layout(program)
        operands = [
            len(x.operands)
            for x in program.instructions
            if isinstance(x.op, Variadic) and x.op not in CHAINS
        ]
        self.scratch = FIRST + max(operands, default=0)  # in memory, for loops over them
        self.places: dict[Any, int] = {"failed": FAILED}  # of what pieces hand over, by register
        self.kinds: dict[Any, type] = {}  # of these: numbers or truth values

    def place(self, key: Any, kind: type) -> int:
        """Where a result is handed over to later pieces."""
        self.kinds[key] = kind
        place = self.places.setdefault(key, self.scratch)
        self.scratch += place == self.scratch
        return place


def layout(
    program: Program,
) -> tuple[tuple[int | None, ...], tuple[int | None, ...], int]:
    """The places of outputs, those of their flags, and how many places there are."""
    slots: list[int | None] = []
    used = 0
    for output in program.outputs:
        slots.append(None if output is None else used)
        used += output is not None
    predicates: dict[int, int] = {}
    flags: list[int | None] = []
    for output in program.outputs:
        if output is None or output.present is None:
            flags.append(None)
        else:
            flags.append(predicates.setdefault(output.present, used + len(predicates)))
    return tuple(slots), tuple(flags), used + len(predicates)


# Pieces -------------------------------------------------------------------------------------------


class Piece(Lines):
    """One function of a kernel, and in it the code of some steps."""

    def __init__(self, program: Program, memory: Memory, lanes: Lanes, adding: bool) -> None:
        super().__init__(lanes, "v")
        self.program = program
        self.memory = memory
        self.adding = adding
        self.known: dict[Any, Any] = {}  # results, by register
        self.near: dict[int, Vec] = {}  # inputs that this basic block has loaded
        self.in_block = 0
        self.alive: Mask | None = None  # the rows for which no guard has failed
        self.failed: Vec | None = None

    def text(self, steps: Sequence[Step], number: int, last: dict[Any, int]) -> str:
        """The module of the piece: the function, and what it calls."""
        for step in steps:
            if step.register >= 0:
                self.instruction(step.register)
            elif step.guard >= 0:
                self.guard(step.guard)
            else:
                self.output(step.output)
            self.in_block += 1
            if self.in_block >= BLOCK:
                self.cut()
        for register, x in self.known.items():
            if last.get(register, -1) > number and register not in self.memory.places:
                self.keep(register, x)
        if self.failed is not None:
            self.keep("failed", self.failed)
            self.keep("alive", self.alive)
        parameters = "ptr noalias %in, ptr noalias %outside, ptr noalias %out, ptr noalias %scratch"
        return "\n".join(
            [
                types(self.lanes),
                closure(self.lanes, self.needs),
                f"define void @piece({parameters}, i1 %never) {{",
                "start:",
                *self.lines,
                "  br label %end",
                "end:",
                "  ret void",
                "}",
            ]
        )

    def cut(self) -> None:
        """Begin another basic block, which LLVM must not join to the last."""
        label = self.fresh()
        self.lines += [f"  br i1 %never, label %end, label %{label}", f"{label}:"]
        self.near, self.in_block = {}, 0

    # In memory ------------------------------------------------------------------------------------

    def at(self, base: str, place: int) -> str:
        """Where a vector is in memory."""
        return self.say(f"getelementptr {self.lanes.numbers}, ptr %{base}, i64 {place}")

    def load(self, base: str, place: int) -> Vec:
        """A vector from memory."""
        where = self.at(base, place)
        return self.say(f"load {self.lanes.numbers}, ptr {where}, {self.lanes.align}")

    def store(self, x: Vec, base: str, place: int) -> None:
        """Write a vector to memory."""
        where = self.at(base, place)
        self.lines.append(f"  store {self.lanes.numbers} {x}, ptr {where}, {self.lanes.align}")

    def keep(self, key: Any, x: Any) -> None:
        """Put a result where later pieces find it."""
        place = self.memory.place(key, type(x))
        self.store(self.as_number(x) if isinstance(x, Mask) else x, "scratch", place)

    def kept(self, key: Any) -> Any:
        """A result of an earlier piece."""
        x = self.load("scratch", self.memory.places[key])
        return self.as_truth(x) if self.memory.kinds[key] is Mask else x

    # Operands -------------------------------------------------------------------------------------

    def operand(self, ref: Any) -> Any:
        """An operand: a constant, an input, or a result."""
        if type(ref) is float:
            return self.lanes.constant(ref)
        if type(ref) is bool:
            return self.lanes.truth(ref)
        if ref in self.memory.inputs:
            if ref not in self.near:
                self.near[ref] = self.input(self.memory.inputs[ref])
            return self.near[ref]
        if ref not in self.known:
            self.known[ref] = self.kept(ref)
        return self.known[ref]

    def input(self, i: int) -> Vec:
        """An input, loaded where it is needed: registers are few."""
        columns = self.memory.columns
        if i < columns:
            return self.load("in", i)
        where = self.say(f"getelementptr double, ptr %outside, i64 {i - columns}")
        return self.spread(self.say(f"load double, ptr {where}, align 8"))

    # Instructions ---------------------------------------------------------------------------------

    def instruction(self, register: int) -> None:
        """Compute the result of an instruction."""
        op, operands = self.program.instructions[register]
        if op is not INPUT:
            self.known[register] = self.result(op, operands)

    def result(self, op: Any, operands: tuple[Any, ...]) -> Any:
        """The result of an operation."""
        if op in CHAINS:
            return CHAINS[op](self, operands)
        if op is ops.round:
            return self.rounded(*operands)
        if isinstance(op, Op) and not is_ours(op):
            raise Opaque
        if isinstance(op, Variadic):
            return self.over_memory(op, operands)
        xs = [*map(self.operand, operands)]
        if isinstance(op, Op):
            return called(self, op.forward, xs, None)[0]
        if op is SELECT:
            return self.selected(*xs)
        if op is NOT:
            return self.inverted(*xs)
        if op is AND or op is OR:
            return self.joined(op.name, *xs)
        return self.related(RELATIONS[op], *xs)

    def rounded(self, x: Any, digits: Any) -> Vec:
        """x rounded to a number of digits that is the same in every call."""
        if type(digits) is not float or digits not in DIGITS:
            raise Opaque
        function = rounded if digits >= 0.0 else rounded_up
        power = self.lanes.constant(10.0 ** abs(digits))
        out: Vec = called(self, function, [self.operand(x), power], None)[0]
        return out

    def over_memory(self, op: Op, operands: Sequence[Any]) -> Vec:
        """An operation of any number of operands that is a loop over them."""
        for i, ref in enumerate(operands):
            self.store(self.operand(ref), "scratch", FIRST + i)
            if i % BLOCK == BLOCK - 1:
                self.cut()
        code = translated(self.lanes, read(op.forward, 0))
        define(self.lanes, code, 0)
        self.needs.add(code.name)
        xs = self.at("scratch", FIRST)
        call = f"@{code.name}(ptr {xs}, i64 {len(operands)})"
        return self.say(f"call {self.lanes.numbers} {call}")

    def chained(self, word: str, start: Any, terms: Iterable[Any]) -> Vec:
        """Terms joined one after the other."""
        out: Vec = self.operand(start)
        for i, term in enumerate(terms, 1):
            out = self.computed(word, out, term)
            if i % BLOCK == 0:
                self.cut()
        return out

    # Guards and outputs ---------------------------------------------------------------------------

    def guard(self, i: int) -> None:
        """Where a decision comes out otherwise than the program needs, that is written down."""
        predicate, outcome, _, decision = self.program.guards[i]
        if i == 0:
            self.failed, self.alive = self.lanes.constant(-1.0), self.lanes.truth(True)
        failed, alive = self.so_far()
        wrong = self.joined("xor", self.operand(predicate), self.lanes.truth(outcome))
        lost = self.joined("and", wrong, alive)
        self.failed = self.selected(lost, self.lanes.constant(float(decision)), failed)
        self.alive = self.joined("and", alive, self.inverted(lost))

    def so_far(self) -> tuple[Vec, Mask]:
        """Which guard has failed, and the rows for which none has."""
        if self.failed is None or self.alive is None:
            failed, alive = self.kept("failed"), self.kept("alive")
        else:
            failed, alive = self.failed, self.alive
        self.failed, self.alive = failed, alive
        return failed, alive

    def output(self, i: int) -> None:
        """An output, and whether it is there."""
        output = self.program.outputs[i]
        slot, flag = self.memory.slots[i], self.memory.flags[i]
        assert output is not None  # there are steps only for those that are
        assert slot is not None
        there = None if output.present is None else self.operand(output.present)
        x = self.operand(output.ref)
        if not self.adding:
            self.store(x, "out", slot)
            if flag is not None and there is not None:
                self.store(self.as_number(there), "out", flag)
            return
        if self.program.guards:
            _, alive = self.so_far()
            there = alive if there is None else self.joined("and", there, alive)
        self.add(x, there, slot)
        if flag is not None and self.memory.flags.index(flag) == i:  # it is counted once
            self.add(self.lanes.constant(1.0), there, flag)

    def add(self, x: Vec, there: Mask | None, slot: int) -> None:
        """Add to a sum."""
        before = self.load("out", slot)
        total = self.say(f"fadd {self.lanes.numbers} {before}, {x}")
        self.store(total if there is None else self.selected(there, total, before), "out", slot)


def dot(piece: Piece, operands: Sequence[Any]) -> Vec:
    n = len(operands) // 2
    start = operands[-1] if len(operands) > 2 * n else 0.0
    pairs = zip(operands[:n], operands[n : 2 * n], strict=True)
    products = (piece.computed("fmul", piece.operand(x), piece.operand(y)) for x, y in pairs)
    return piece.chained("fadd", start, products)


def total(piece: Piece, operands: Sequence[Any]) -> Vec:
    return piece.chained("fadd", 0.0, map(piece.operand, operands))


def product(piece: Piece, operands: Sequence[Any]) -> Vec:
    return piece.chained("fmul", 1.0, map(piece.operand, operands))


RELATIONS = {LT: "olt", LE: "ole", EQ: "oeq"}
CHAINS: dict[Any, Any] = {ops.dot_product: dot, ops.sum: total, ops.prod: product}
