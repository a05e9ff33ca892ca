"""A program as LLVM code for a block of rows: each number of the program is a vector of eight.

A kernel reads the inputs of its rows from a tile in memory, and writes outputs into another one or
adds them up there. Long programs are cut into pieces, which hand over numbers in memory: time to
compile a function grows faster than its length. This file knows nothing of how kernels are run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from autograd import ops
from autograd.jit.floats import rounded, rounded_up
from autograd.jit.lowering import Opaque
from autograd.jit.program import AND, EQ, INPUT, LE, LT, NOT, OR, SELECT, is_ours
from autograd.jit.simd import Lanes, Mask, Vec, called, closure, define, translated, types
from autograd.operation import Op, Variadic

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from autograd.jit.program import Output, Program

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
    width: int  # places among the outputs
    scratch: int  # vectors of memory that pieces need
    guarded: bool


def kernel(program: Program, columns: int, lanes: Lanes, adding: bool) -> Kernel:
    """The kernel of a program: for outputs row by row, or, adding, for their sums.

    The first inputs differ from row to row, all others are the same. Opaque if some operation has
    no code of this kind: one of the user's.
    """
    return KernelWriter(program, columns, lanes, adding).kernel()


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
    done = [False] * len(program.code)

    def compute(register: int) -> None:
        stack = [register]
        while stack:
            top = stack[-1]
            missing = [x for x in program.code[top].operands if type(x) is int and not done[x]]
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


class KernelWriter:
    """Writes the LLVM code of one program."""

    def __init__(self, program: Program, columns: int, lanes: Lanes, adding: bool) -> None:
        self.program = program
        self.columns = columns
        self.lanes = lanes
        self.adding = adding
        self.inputs = {register: i for i, register in enumerate(program.inputs)}
        self.slots, self.flags, self.width = layout(program)
        widest = [
            len(x.operands)
            for x in program.code
            if isinstance(x.op, Variadic) and x.op not in CHAINS
        ]
        self.array = max(widest, default=0)  # operands in memory, for loops over them
        self.room = FIRST + self.array
        self.places: dict[Any, int] = {}  # in scratch memory, of what later pieces need
        self.kinds: dict[Any, type] = {}  # of the results: numbers or truth values
        self.alive: Mask | None = None
        self.failed: Vec | None = None
        # Of one piece:
        self.lines: list[str] = []
        self.known: dict[Any, Any] = {}  # results, by register
        self.near: dict[int, Any] = {}  # inputs that this basic block has loaded
        self.needs: set[str] = set()
        self.unique = 0
        self.in_block = 0

    def kernel(self) -> Kernel:
        """All of it."""
        steps = scheduled(self.program)
        size = PIECE if len(steps) > LONGEST else LONGEST
        groups = [steps[cut : cut + size] for cut in range(0, len(steps), size)] or [[]]
        last = last_uses(self.program, groups)
        pieces = [self.piece(i, group, last) for i, group in enumerate(groups)]
        return Kernel(
            tuple(pieces),
            self.slots,
            self.flags,
            sum([slot is not None for slot in self.slots]),
            len(self.program.inputs),
            self.columns,
            self.width,
            self.room,
            bool(self.program.guards),
        )

    def piece(self, number: int, steps: Sequence[Step], last: dict[Any, int]) -> str:
        """The module of one piece: a function, and what it calls."""
        self.lines, self.needs = [], set()
        self.known, self.near, self.in_block = {}, {}, 0
        self.alive = self.failed = None
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
            if last.get(register, -1) > number:
                self.keep(register, x)
        if self.failed is not None:
            self.keep("failed", self.failed)
            self.keep("alive", self.alive)
        parameters = "ptr noalias %in, ptr noalias %outside, ptr noalias %out, ptr noalias %scratch"
        return "\n".join(
            [
                types(self.lanes),
                closure(self.lanes, frozenset(self.needs)),
                f"define void @piece({parameters}, i1 %never) {{",
                "start:",
                *self.lines,
                "  br label %end",
                "end:",
                "  ret void",
                "}",
            ]
        )

    # Lines ----------------------------------------------------------------------------------------

    def fresh(self) -> str:
        self.unique += 1
        return f"v{self.unique}"

    def say(self, code: str) -> str:
        name = f"%{self.fresh()}"
        self.lines.append(f"  {name} = {code}")
        return name

    def cut(self) -> None:
        """Begin another basic block, which LLVM must not join to the last."""
        label = self.fresh()
        self.lines += [f"  br i1 %never, label %end, label %{label}", f"{label}:"]
        self.near, self.in_block = {}, 0

    def at(self, base: str, place: int) -> str:
        """Where a vector is in memory."""
        return self.say(f"getelementptr {self.lanes.numbers}, ptr %{base}, i64 {place}")

    def load(self, base: str, place: int) -> Vec:
        return Vec(self.say(f"load {self.lanes.numbers}, ptr {self.at(base, place)}, {self.align}"))

    def store(self, x: Vec, base: str, place: int) -> None:
        where = self.at(base, place)
        self.lines.append(f"  store {self.lanes.numbers} {x}, ptr {where}, {self.align}")

    @property
    def align(self) -> str:
        return f"align {8 * self.lanes.width}"

    # Between pieces -------------------------------------------------------------------------------

    def keep(self, key: Any, x: Any) -> None:
        """Put a result where later pieces find it."""
        if key == "failed":
            place = FAILED
        else:
            place = self.places.setdefault(key, self.room)
            self.room += place == self.room
        self.kinds[key] = type(x)
        if isinstance(x, Mask):
            one, zero = self.lanes.constant(1.0), self.lanes.constant(0.0)
            kind = self.lanes.numbers
            x = Vec(self.say(f"select {self.lanes.truths} {x}, {kind} {one}, {kind} {zero}"))
        self.store(x, "scratch", place)

    def kept(self, key: Any) -> Any:
        """A result of an earlier piece."""
        x = self.load("scratch", FAILED if key == "failed" else self.places[key])
        if self.kinds[key] is Mask:
            zero = self.lanes.constant(0.0)
            return Mask(self.say(f"fcmp une {self.lanes.numbers} {x}, {zero}"))
        return x

    # Operands -------------------------------------------------------------------------------------

    def operand(self, ref: Any) -> Any:
        """An operand: a constant, an input, or a result."""
        if type(ref) is float:
            return self.lanes.constant(ref)
        if type(ref) is bool:
            return self.lanes.truth(ref)
        if ref in self.inputs:
            if ref not in self.near:
                self.near[ref] = self.input(self.inputs[ref])
            return self.near[ref]
        if ref not in self.known:
            self.known[ref] = self.kept(ref)
        return self.known[ref]

    def input(self, i: int) -> Vec:
        """An input, loaded where it is needed: registers are few."""
        if i < self.columns:
            return self.load("in", i)
        where = self.say(f"getelementptr double, ptr %outside, i64 {i - self.columns}")
        return self.spread(self.say(f"load double, ptr {where}, align 8"))

    def spread(self, number: str) -> Vec:
        """One number in all lanes."""
        kind = self.lanes.numbers
        first = self.say(f"insertelement {kind} poison, double {number}, i32 0")
        zeros = f"<{self.lanes.width} x i32> zeroinitializer"
        return Vec(self.say(f"shufflevector {kind} {first}, {kind} poison, {zeros}"))

    # Steps ----------------------------------------------------------------------------------------

    def instruction(self, register: int) -> None:
        op, operands = self.program.code[register]
        if op is INPUT:
            return
        self.known[register] = self.computed(op, operands)

    def computed(self, op: Any, operands: tuple[Any, ...]) -> Any:
        """The result of an operation."""
        kind, truths = self.lanes.numbers, self.lanes.truths
        if (relation := RELATIONS.get(op)) is not None:
            x, y = map(self.operand, operands)
            return Mask(self.say(f"fcmp {relation} {kind} {x}, {y}"))
        if op is NOT:
            (p,) = map(self.operand, operands)
            return Mask(self.say(f"xor {truths} {p}, {self.lanes.truth(True)}"))
        if op is AND or op is OR:
            p, q = map(self.operand, operands)
            return Mask(self.say(f"{op.name} {truths} {p}, {q}"))
        if op is SELECT:
            p, a, b = map(self.operand, operands)
            return Vec(self.say(f"select {truths} {p}, {kind} {a}, {kind} {b}"))
        if not isinstance(op, Op) or not is_ours(op):
            raise Opaque
        if op is ops.round:
            return self.rounded(*operands)
        if (chain := CHAINS.get(op)) is not None:
            return chain(self, operands)
        if isinstance(op, Variadic):
            return self.over_memory(op, operands)
        return self.called(op.forward, [*map(self.operand, operands)])

    def called(self, function: Any, operands: Sequence[Vec]) -> Vec:
        """The result of a function of the engine."""
        lines, results, needs = called(self.lanes, function, operands, f"{self.fresh()}_")
        self.lines += lines
        self.needs |= needs
        return Vec(results[0])

    def rounded(self, x: Any, digits: Any) -> Vec:
        """x rounded to a number of digits that is the same in every call."""
        if type(digits) is not float or digits not in DIGITS:
            raise Opaque
        function = rounded if digits >= 0.0 else rounded_up
        power = self.lanes.constant(10.0 ** abs(digits))
        return self.called(function, [self.operand(x), power])

    def over_memory(self, op: Op, operands: Sequence[Any]) -> Vec:
        """An operation of any number of operands that is a loop over them."""
        for i, ref in enumerate(operands):
            self.store(self.operand(ref), "scratch", FIRST + i)
            if i % BLOCK == BLOCK - 1:
                self.cut()
        code = translated(self.lanes, op.forward, 0)
        define(self.lanes, code, 0)
        self.needs.add(code.name)
        xs = self.at("scratch", FIRST)
        call = f"@{code.name}(ptr {xs}, i64 {len(operands)})"
        return Vec(self.say(f"call {self.lanes.numbers} {call}"))

    def chained(self, word: str, start: Any, terms: Iterator[Any]) -> Vec:
        """Terms joined one after the other."""
        out: Vec = self.operand(start)
        for i, term in enumerate(terms, 1):
            out = Vec(self.say(f"{word} {self.lanes.flags}{self.lanes.numbers} {out}, {term}"))
            if i % BLOCK == 0:
                self.cut()
        return out

    def products(self, xs: Sequence[Any], ys: Sequence[Any]) -> Iterator[Vec]:
        for x, y in zip(xs, ys, strict=True):
            kind = f"{self.lanes.flags}{self.lanes.numbers}"
            yield Vec(self.say(f"fmul {kind} {self.operand(x)}, {self.operand(y)}"))

    def guard(self, i: int) -> None:
        """Where a decision comes out otherwise than the program needs, that is written down."""
        predicate, outcome, _, decision = self.program.guards[i]
        truths, kind = self.lanes.truths, self.lanes.numbers
        if self.failed is None:
            first = i == 0
            self.failed = self.lanes.constant(-1.0) if first else self.kept("failed")
            self.alive = self.lanes.truth(True) if first else self.kept("alive")
        p = self.operand(predicate)
        wrong = self.say(f"xor {truths} {p}, {self.lanes.truth(outcome)}")
        lost = self.say(f"and {truths} {wrong}, {self.alive}")
        number = self.lanes.constant(float(decision))
        self.failed = Vec(
            self.say(f"select {truths} {lost}, {kind} {number}, {kind} {self.failed}")
        )
        stays = self.say(f"xor {truths} {lost}, {self.lanes.truth(True)}")
        self.alive = Mask(self.say(f"and {truths} {self.alive}, {stays}"))

    def output(self, i: int) -> None:
        """An output, and whether it is there."""
        output = self.program.outputs[i]
        slot, flag = self.slots[i], self.flags[i]
        assert output is not None  # there are steps only for those that are
        assert slot is not None
        there = None if output.present is None else self.operand(output.present)
        x = self.operand(output.ref)
        if not self.adding:
            self.store(x, "out", slot)
            if flag is not None and there is not None:
                self.store(self.one_where(there), "out", flag)
            return
        if self.program.guards:
            there = self.still_here(there)
        self.add(x, there, slot)
        if flag is not None and self.first_of(flag) == i:
            self.add(self.lanes.constant(1.0), there, flag)

    def first_of(self, flag: int) -> int:
        """The first output that has a flag: it is counted once."""
        return self.flags.index(flag)

    def one_where(self, there: Mask) -> Vec:
        one, zero = self.lanes.constant(1.0), self.lanes.constant(0.0)
        kind = self.lanes.numbers
        return Vec(self.say(f"select {self.lanes.truths} {there}, {kind} {one}, {kind} {zero}"))

    def still_here(self, there: Mask | None) -> Mask:
        """The rows for which no guard has failed, and where the output is there."""
        if self.alive is None:
            self.alive = self.kept("alive")
            self.failed = self.kept("failed")
        if there is None:
            return Mask(self.alive)
        return Mask(self.say(f"and {self.lanes.truths} {there}, {self.alive}"))

    def add(self, x: Vec, there: Mask | None, slot: int) -> None:
        """Add to a sum."""
        kind, where = self.lanes.numbers, self.at("out", slot)
        before = self.say(f"load {kind}, ptr {where}, {self.align}")
        total = self.say(f"fadd {kind} {before}, {x}")
        if there is not None:
            total = self.say(f"select {self.lanes.truths} {there}, {kind} {total}, {kind} {before}")
        self.lines.append(f"  store {kind} {total}, ptr {where}, {self.align}")


def dot(writer: KernelWriter, operands: Sequence[Any]) -> Vec:
    n = len(operands) // 2
    start = operands[-1] if len(operands) > 2 * n else 0.0
    return writer.chained("fadd", start, writer.products(operands[:n], operands[n : 2 * n]))


def total(writer: KernelWriter, operands: Sequence[Any]) -> Vec:
    return writer.chained("fadd", 0.0, map(writer.operand, operands))


def product(writer: KernelWriter, operands: Sequence[Any]) -> Vec:
    return writer.chained("fmul", 1.0, map(writer.operand, operands))


RELATIONS = {LT: "olt", LE: "ole", EQ: "oeq"}
CHAINS: dict[Any, Any] = {ops.dot_product: dot, ops.sum: total, ops.prod: product}


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


def last_uses(program: Program, groups: Sequence[Sequence[Step]]) -> dict[Any, int]:
    """The last piece that uses each register."""
    last: dict[Any, int] = {}
    if len(groups) == 1:
        return last
    for number, steps in enumerate(groups):
        for step in steps:
            if step.register >= 0:
                used: Sequence[Any] = program.code[step.register].operands
            elif step.guard >= 0:
                used = (program.guards[step.guard].predicate,)
            else:
                used = program.outputs[step.output] or ()
            for x in used:
                if type(x) is int:
                    last[x] = number
    return last
