"""The back end that is always there: a program as Python source, compiled by Python itself.

The source comes in two forms. The fast one calls the C library directly, which raises where IEEE
says inf or nan. Then the exact one, which calls what the engine calls, does the work again.
"""

from __future__ import annotations

import math
import re
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd.compiler.lowering import Lowered, lowered
from autograd.compiler.program import (
    AND,
    EQ,
    INPUT,
    LE,
    LT,
    NOT,
    OR,
    SELECT,
    Instruction,
    Output,
    Program,
    is_ours,
    merged,
    undisturbed,
)
from autograd.core import ops
from autograd.core.operation import Op, Variadic
from autograd.numbers import libm, special

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

EDGES = (ZeroDivisionError, OverflowError, ValueError)

PIECE = 1000  # statements in a function: CPython compiles very long ones slowly
LONG, DEEP = 300, 20  # characters and levels of an expression before it gets a name
WIDEST = 100  # terms of a sum in one expression

CONDITIONAL, EITHER, BOTH, NEGATION, COMPARISON, SUM, PRODUCT, SIGN, ATOM = range(9)

INFIX: dict[Any, tuple[str, int]] = {
    ops.add: ("+", SUM),
    ops.sub: ("-", SUM),
    ops.mul: ("*", PRODUCT),
    ops.div: ("/", PRODUCT),
    LT: ("<", COMPARISON),
    LE: ("<=", COMPARISON),
    EQ: ("==", COMPARISON),
    AND: ("and", BOTH),
    OR: ("or", EITHER),
}

NAMESPACE = {"ops": ops, "special": special, "libm": libm, **vars(math)}


class Text(NamedTuple):
    """An expression: how tightly it binds, and how many levels it has."""

    text: str
    binding: int = ATOM
    depth: int = 0


class Result(NamedTuple):
    """The expression of an output, and the predicate on which it is there."""

    text: str
    present: str | None

    def rendered(self) -> str:
        """One expression of both."""
        return f"({self.text} if {self.present} else None)" if self.present else self.text


class Writer:
    """Writes a program as Python: one statement after the other, one name for each result.

    A result that is used once is written where it is used, in place of a name.
    """

    def __init__(
        self, program: Program, exact: bool = False, leave: str = "return {number}"
    ) -> None:
        self.program = program
        self.exact = exact
        self.uses = uses(program)
        self.waiting: dict[int, Text] = {}  # expressions that are used once
        self.names: dict[int, str] = {}  # of all other results
        self.statements: list[list[str]] = []
        self.open_if: tuple[str, list[str]] | None = None  # its predicate and lines, if it is last
        self.called: dict[Op, str] = {}  # the user's own operations, by the names they get here
        inputs = {register: f"x{i}" for i, register in enumerate(program.inputs)}
        guards = iter([*program.guards, None])
        guard = next(guards)
        for register, instruction in enumerate(program.instructions):
            if instruction.op is INPUT:
                self.names[register] = inputs[register]
            else:
                self._instruction(register, instruction)
            while guard is not None and guard.predicate <= register:
                predicate, outcome, line, number = guard
                word = "if not" if outcome else "if"
                test = self.operand(predicate, ATOM if outcome else CONDITIONAL)
                left = f"    {leave.format(number=number)}  # guard {number}"
                self.say([f"{word} {test}:{comment(line)}", left])
                guard = next(guards)
        self.results = [x and self._result(x) for x in program.outputs]

    @property
    def outputs(self) -> list[str]:
        """The expressions of the outputs, None where one is not there."""
        return [result.rendered() if result else "None" for result in self.results]

    def say(self, lines: list[str]) -> None:
        """One more statement."""
        self.statements.append(lines)
        self.open_if = None

    def say_if(self, predicate: str, line: str) -> None:
        """A statement for when a predicate holds, after others of that kind if there are any."""
        if self.open_if is None or self.open_if[0] != predicate:
            self.say([f"if {predicate}:"])
            self.open_if = (predicate, self.statements[-1])
        self.open_if[1].append(f"    {line}")

    def _result(self, output: Output) -> Result:
        present = output.present
        return Result(
            self.operand(output.ref, SUM), None if present is None else self.atom(present)
        )

    # Operands -------------------------------------------------------------------------------------

    def take(self, ref: int | float) -> Text:
        """The expression of an operand."""
        if type(ref) is float:
            return Text(literal(ref))
        assert type(ref) is int
        return self.waiting.pop(ref, None) or Text(self.names[ref])

    def operand(self, ref: int | float, binding: int) -> str:
        """An operand in a place that needs something which binds so tightly."""
        return bound(self.take(ref), binding)

    def atom(self, ref: int | float) -> str:
        """A name or a number for an operand that stands in several places."""
        if type(ref) is int and ref in self.waiting:
            self._name(ref, self.waiting.pop(ref).text)
        return self.take(ref).text

    def _name(self, register: int, text: str) -> None:
        self.names[register] = f"v{register}"
        self.say([f"v{register} = {text}"])

    # Instructions ---------------------------------------------------------------------------------

    def _instruction(self, register: int, instruction: Instruction) -> None:
        op = instruction.op
        if op is SELECT and self._accumulated(register, instruction):
            return
        text = self._expression(register, instruction)
        called = isinstance(op, Op) and not is_ours(op)  # in its place: it may raise
        once = self.uses[register] == 1 and not called
        if text.text == f"v{register}":
            self.names[register] = text.text
        elif once and len(text.text) < LONG and text.depth < DEEP:
            self.waiting[register] = text
        else:
            self._name(register, text.text)

    def _accumulated(self, register: int, instruction: Instruction) -> bool:
        """Whether this is `total + term if predicate else total`, and is written as an `if`."""
        predicate, added, before = instruction.operands
        if type(added) is not int or type(before) is not int or added not in self.waiting:
            return False
        add = self.program.instructions[added]
        name = self.names.get(before, "x")
        if add.op is not ops.add or before not in add.operands or self.uses[before] != 2:
            return False
        if name[0] == "x" or add.operands[0] == add.operands[1]:
            return False
        test = self.atom(predicate)
        self.say_if(test, f"{name} = {self.take(added).text}")
        self.names[register] = name  # the total before is used nowhere else
        return True

    def _expression(self, register: int, instruction: Instruction) -> Text:
        op, operands = instruction
        if op in INFIX and not (self.exact and op is ops.div):
            return self._infix(*INFIX[op], *operands)
        if op is ops.neg or op is NOT:
            word, binding = ("-", SIGN) if op is ops.neg else ("not ", NEGATION)
            inner = self.take(operands[0])
            return Text(f"{word}{bound(inner, binding)}", binding, 1 + inner.depth)
        if op is SELECT:
            test, a, b = [self.take(x) for x in operands]
            text = f"{bound(a, EITHER)} if {bound(test, EITHER)} else {bound(b, CONDITIONAL)}"
            return Text(text, CONDITIONAL, 1 + max(a.depth, b.depth, test.depth))
        assert isinstance(op, Op)
        if not is_ours(op):
            name = self.called.setdefault(op, f"op{len(self.called)}")
            return self._call(name, operands)
        if isinstance(op, Variadic):
            return self._variadic(register, op, operands)
        if op is ops.div:
            return self._call("libm.divide", operands)
        code = None if self.exact else lowered(op)
        if code is None:
            return self._call(f"ops.{op.name}.forward", operands)
        return self._opened(register, code, operands)

    def _infix(self, word: str, binding: int, x: int | float, y: int | float) -> Text:
        """An operation between its operands."""
        left, right = self.take(x), self.take(y)
        # Comparisons do not chain, and what is on the right of a - is in parentheses.
        tight = binding + (binding == COMPARISON)
        text = f"{bound(left, tight)} {word} {bound(right, binding + 1)}"
        return Text(text, binding, 1 + max(left.depth, right.depth))

    def _opened(self, register: int, code: Lowered, operands: Sequence[int | float]) -> Text:
        """The code of an operation with its operands in it."""
        texts = [
            self.operand(x, ATOM) if count == 1 else self.atom(x)
            for x, count in zip(operands, code.counts, strict=True)
        ]
        name = f"v{register}"
        result = code.result.format(*texts, n=register, out=name)
        if not code.lines:
            depth = 2 + max([text.count("(") for text in texts])
            return Text(result, ATOM * code.closed, depth)
        lines = [line.format(*texts, n=register, out=name) for line in code.lines]
        self.say(lines if result == name else [*lines, f"{name} = {result}"])
        return Text(name)

    def _variadic(self, register: int, op: Op, operands: Sequence[int | float]) -> Text:
        """An operation of many operands; sums and products are written out, in their order."""
        if op is ops.dot_product and len(operands) > 1:
            n = len(operands) // 2
            start = operands[-1] if len(operands) > 2 * n else 0.0
            terms = [
                f"{self.operand(x, PRODUCT)} * {self.operand(y, SIGN)}"
                for x, y in zip(operands[:n], operands[n : 2 * n], strict=True)
            ]
            return self._chain(register, "+", [self.operand(start, SUM), *terms], SUM)
        if op is ops.sum and operands:
            terms = ["0.0", *[self.operand(x, PRODUCT) for x in operands]]
            return self._chain(register, "+", terms, SUM)
        if op is ops.prod and operands:
            terms = ["1.0", *[self.operand(x, SIGN) for x in operands]]
            return self._chain(register, "*", terms, PRODUCT)
        return self._call(f"ops.{op.name}.forward", operands)

    def _chain(self, register: int, word: str, terms: list[str], binding: int) -> Text:
        """Many terms joined from left to right, with names on the way where they are too many."""
        while len(terms) > WIDEST:
            name = f"v{register}_{len(terms)}"
            self.say([f"{name} = {f' {word} '.join(terms[:WIDEST])}"])
            terms[:WIDEST] = [name]
        return Text(f" {word} ".join(terms), binding, len(terms) if len(terms) < DEEP else DEEP)

    def _call(self, name: str, operands: Iterable[int | float]) -> Text:
        texts = [self.take(x) for x in operands]
        listed = ", ".join([text.text for text in texts])
        return Text(f"{name}({listed})", ATOM, 1 + max([text.depth for text in texts], default=0))


def uses(program: Program) -> list[int]:
    """How often each result of a program is used."""
    counts = [0] * len(program.instructions)
    for _, operands in program.instructions:
        for x in operands:
            if type(x) is int:
                counts[x] += 1
    for guard in program.guards:
        counts[guard.predicate] += 1
    for output in program.outputs:
        for ref in output or ():
            if type(ref) is int:
                counts[ref] += 1
    return counts


def bound(text: Text, binding: int) -> str:
    """An expression, in parentheses where it binds less tightly than its place needs."""
    return text.text if text.binding >= binding else f"({text.text})"


def literal(x: float) -> str:
    """A number in Python source."""
    if x != x:
        return "nan"
    text = "inf" if x in (math.inf, -math.inf) else repr(abs(x))
    return f"(-{text})" if math.copysign(1.0, x) < 0.0 else text


def comment(line: str) -> str:
    """A comment at the end of a line; names of files may hold anything."""
    return f"  # {line if line.isprintable() else ascii(line)}"


# Functions ----------------------------------------------------------------------------------------


class Code:
    """A program as a Python function of its inputs.

    It gives the outputs, or the number of the first guard that does not hold.
    """

    @undisturbed()
    def __init__(self, program: Program, name: str = "f") -> None:
        began = perf_counter()
        self.program = program = merged(program)
        self.name = name
        writer = Writer(program)
        self.source = written(writer, name)
        self.fast = defined(self.source, writer, name)
        self._exact: Callable[..., Any] | None = None
        self.seconds = perf_counter() - began

    def __call__(self, numbers: Sequence[float]) -> Any:
        """The outputs at these inputs."""
        try:
            return self.fast(*numbers)
        except EDGES:
            return self.exact(*numbers)

    @property
    def exact(self) -> Callable[..., Any]:
        """The function that calls what the engine calls; made when it is first needed."""
        if self._exact is None:
            writer = Writer(self.program, exact=True)
            self._exact = defined(written(writer, self.name), writer, self.name)
        return self._exact


def defined(source: str, writer: Writer, name: str, **more: Any) -> Callable[..., Any]:
    """The function that a source defines, which may use more names."""
    namespace: dict[str, Any] = NAMESPACE | more
    for op, called in writer.called.items():
        namespace[called] = plain(op)
    *pieces, last = source.split("\n\n")  # all at once CPython takes 8 KB for a statement
    for piece in pieces:
        exec(compile(piece, f"<jit {name}>", "exec"), namespace)
    found: dict[str, Any] = {}  # apart: it may be called like something that it uses
    exec(compile(last, f"<jit {name}>", "exec"), namespace, found)
    return found[name]  # type: ignore[no-any-return]


def plain(op: Op) -> Callable[..., float]:
    """A user's operation on floats."""
    return lambda *xs: op.apply(xs)


def written(writer: Writer, name: str) -> str:
    """The source of the function that a program is."""
    inputs = [f"x{i}" for i in range(len(writer.program.inputs))]
    result = f"return ({', '.join(writer.outputs)}{',' * bool(writer.outputs)})"
    if len(writer.statements) <= PIECE:
        return function(name, inputs, [*flat(writer.statements), result])
    return in_pieces(writer, name, inputs, result)


def function(name: str, arguments: Sequence[str], lines: Iterable[str]) -> str:
    """The source of a function."""
    body = "\n".join([f"    {line}" for line in lines])
    return f"def {name}({', '.join(arguments)}):\n{body}\n"


def flat(statements: Iterable[list[str]]) -> list[str]:
    return [line for lines in statements for line in lines]


COMMENT = re.compile(r"  # .*")  # may name a function of the user's that is called like a result
NAME = re.compile(r"\b[xv]\d+(?:_\d+)?\b")
ASSIGNED = re.compile(r"^ *(v\d+(?:_\d+)?) = ", re.MULTILINE)


def in_pieces(writer: Writer, name: str, inputs: list[str], result: str) -> str:
    """Functions of bounded size, one after the other, that hand over numbers in a list."""
    statements = writer.statements
    bodies = [flat(statements[i : i + PIECE]) for i in range(0, len(statements), PIECE)]
    bodies.append([result])
    texts = [COMMENT.sub("", "\n".join(body)) for body in bodies]
    used = [dict.fromkeys(NAME.findall(text)) for text in texts]
    assigned: list[dict[str, None]] = [dict.fromkeys(ASSIGNED.findall(text)) for text in texts]
    slot = {x: i for i, x in enumerate(inputs)}
    born = dict.fromkeys(inputs, -1)
    for i, names in enumerate(assigned):
        for x in names:
            born.setdefault(x, i)
    later: set[str] = set()  # names that a later piece uses
    pieces = []
    for i in range(len(bodies) - 1, -1, -1):
        kept = [x for x in assigned[i] if x in later]
        loaded = [x for x in used[i] if born[x] < i]
        for x in (*kept, *loaded):
            slot.setdefault(x, len(slot))
        lines = [f"{x} = s[{slot[x]}]" for x in loaded]
        lines += bodies[i]
        if i < len(bodies) - 1:
            lines += [f"s[{slot[x]}] = {x}" for x in kept]
        pieces.append(function(f"{name}_{i}", ["s"], lines))
        later.update(loaded)
    room = len(slot) - len(inputs)
    lines = [f"s = [{', '.join(inputs)}] + [None] * {room}"]
    for i in range(len(bodies) - 1):
        lines += [f"failed = {name}_{i}(s)", "if failed is not None:", "    return failed"]
    lines.append(f"return {name}_{len(bodies) - 1}(s)")
    return "\n".join([*reversed(pieces), function(name, inputs, lines)])


def imports(source: str) -> str:
    """The imports that a source needs to run by hand."""
    words = set(re.findall(r"\b[a-z_]\w*\b", source))
    from_math = sorted(words & set(vars(math)))
    modules = sorted({name for name in ("libm", "ops", "special") if f"{name}." in source})
    lines = [f"from math import {', '.join(from_math)}"] if from_math else []
    lines += [f"from autograd import {', '.join(modules)}"] if modules else []
    return "".join([f"{line}\n" for line in lines]) + "\n" * bool(lines)
