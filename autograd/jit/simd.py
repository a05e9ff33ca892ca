"""Float code for many rows at once: a Python function on floats, as LLVM code on vectors of them.

What an operation computes is written down once, as Python on floats (`ops.py`, `special.py`). Here
its syntax tree becomes code in which every number is a vector: one number for each row. Rows that
take different branches go through both, and a mask chooses; a loop goes on while any row is in it.
"""

from __future__ import annotations

import ast
import math
import struct
from functools import cache, reduce
from types import FunctionType
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd import libm
from autograd.jit.clib import OPERANDS, address
from autograd.jit.fast import erf, exp, exponent, log, mantissa, power_of_two, tanh
from autograd.jit.floats import quotient, remainder
from autograd.jit.lowering import Opaque, is_docstring, resolved, source_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SHORT = 24  # lines: such a function is written out where it is called


class Vec(str):
    """The name of a vector of numbers in LLVM code."""

    __slots__ = ()


class Mask(str):
    """The name of a vector of truth values."""

    __slots__ = ()


class Array:
    """Vectors in memory, the operands of an operation of any number of them: %n of them at %xs."""


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
    def flags(self) -> str:
        """What arithmetic may do."""
        return "contract " if self.fast else ""

    def constant(self, x: float) -> Vec:
        """A number, in all lanes."""
        bits = struct.unpack("<Q", struct.pack("<d", x))[0]
        return Vec(f"<{', '.join([f'double 0x{bits:016X}'] * self.width)}>")

    def truth(self, holds: bool) -> Mask:
        """A truth value, in all lanes."""
        return Mask(f"<{', '.join([f'i1 {str(holds).lower()}'] * self.width)}>")


class Translation(NamedTuple):
    """The code of a function: lines with {0}, {1} ... for operands and {p} to make names unique."""

    name: str
    text: str
    results: tuple[Vec | Mask, ...]
    needs: frozenset[str]  # definitions that the text calls
    lines: int
    masked: bool  # a loop in it has to know which rows are there: {mask}
    array: bool  # its operands are in memory


class Definition(NamedTuple):
    """A function of the LLVM module, and those that it calls."""

    text: str
    needs: frozenset[str]


DEFINITIONS: dict[tuple[Lanes, str], Definition] = {}


def closure(lanes: Lanes, needs: Sequence[str] | frozenset[str]) -> str:
    """The text of all definitions that are needed, those included that others need."""
    found: dict[str, str] = {}
    todo = sorted(needs)
    while todo:
        name = todo.pop()
        if name not in found:
            found[name], more = DEFINITIONS[lanes, name]
            todo += sorted(more)
    return "\n".join([found[name] for name in sorted(found)])


# Functions ----------------------------------------------------------------------------------------


@cache
def translated(lanes: Lanes, function: Any, count: int) -> Translation:
    """The code of a function of the engine for so many operands; Opaque where there can be none.

    A function of any number of operands is one for all numbers: ask for none.
    """
    if lanes.fast and (own := OWN.get(function)) is not None:
        function = own
    tree = source_of(function)
    body = Body(lanes, function)
    names: dict[str, Any] = {}
    if tree.args.vararg is not None:
        names[tree.args.vararg.arg] = Array()
    elif len(tree.args.args) == count:
        names |= {x.arg: Vec(f"{{{i}}}") for i, x in enumerate(tree.args.args)}
    else:
        raise Opaque
    body.run([x for x in tree.body if not is_docstring(x)], names)
    assert body.results is not None  # every function of the engine returns something
    module = function.__module__.rpartition(".")[2]
    name = f"{module}.{function.__name__}"
    results = tuple([body.either_kind(x) for x in body.results])
    text = "\n".join(body.lines)
    needs, array = frozenset(body.needs), tree.args.vararg is not None
    return Translation(name, text, results, needs, len(body.lines), body.masked, array)


def called(
    lanes: Lanes, function: Any, operands: Sequence[Vec], unique: str, mask: Mask | None = None
) -> tuple[list[str], list[Any], frozenset[str]]:
    """Lines that do what a function does, or call it; its results; the definitions it needs."""
    code = translated(lanes, function, len(operands))
    if code.lines <= SHORT and not code.masked:
        lines = [code.text.format(*operands, p=unique)] if code.text else []
        return lines, [type(x)(x.format(*operands, p=unique)) for x in code.results], code.needs
    define(lanes, code, len(operands))
    kinds = [f"{lanes.numbers} {x}" for x in operands]
    kind = result_type(lanes, len(code.results))
    lines = []
    if code.masked:  # as numbers: LLVM cannot pass truth values of one lane
        one, zero = [f"{lanes.numbers} {lanes.constant(x)}" for x in (1.0, 0.0)]
        here = mask or lanes.truth(True)
        lines.append(f"  %{unique}m = select {lanes.truths} {here}, {one}, {zero}")
        kinds.append(f"{lanes.numbers} %{unique}m")
    lines.append(f"  %{unique}r = call {kind} @{code.name}({', '.join(kinds)})")
    if len(code.results) == 1:
        return lines, [Vec(f"%{unique}r")], frozenset([code.name])
    parts = [Vec(f"%{unique}r{i}") for i in range(len(code.results))]
    lines += [f"  {part} = extractvalue {kind} %{unique}r, {i}" for i, part in enumerate(parts)]
    return lines, parts, frozenset([code.name])


def define(lanes: Lanes, code: Translation, count: int) -> None:
    """Have a function of the LLVM module for a translation."""
    if (lanes, code.name) in DEFINITIONS:
        return
    if any(isinstance(x, Mask) for x in code.results):
        raise Opaque  # such a function is short
    operands = [f"%x{i}" for i in range(count)]
    names = {"p": "", "mask": "%mask"}
    assert not (code.array and code.masked)  # no entry of the table is both
    body = code.text.format(*operands, **names)
    results = [x.format(*operands, **names) for x in code.results]
    kind = result_type(lanes, len(results))
    leaving = f"  ret {kind} {results[0]}"
    if len(results) > 1:
        pack = "poison"
        packing = []
        for i, x in enumerate(results):
            packing.append(f"  %pack{i} = insertvalue {kind} {pack}, {lanes.numbers} {x}, {i}")
            pack = f"%pack{i}"
        leaving = "\n".join([*packing, f"  ret {kind} {pack}"])
    kinds = [f"{lanes.numbers} {x}" for x in operands] + [f"{lanes.numbers} %here"] * code.masked
    kinds += ["ptr %xs", "i64 %n"] * code.array
    if code.masked:
        zero = lanes.constant(0.0)
        body = f"  %mask = fcmp une {lanes.numbers} %here, {zero}\n{body}"
    DEFINITIONS[lanes, code.name] = Definition(
        f"define internal {kind} @{code.name}({', '.join(kinds)}) noinline {{\n"
        f"start:\n{body}\n{leaving}\n}}",
        code.needs,
    )


def result_type(lanes: Lanes, count: int) -> str:
    """What a function with so many results returns."""
    return lanes.numbers if count == 1 else f"%results{count}"


def types(lanes: Lanes) -> str:
    """The types that definitions use by name."""
    kinds = [", ".join([lanes.numbers] * count) for count in (2, 3, 4)]
    return "\n".join([f"%results{i} = type {{ {kind} }}" for i, kind in enumerate(kinds, 2)])


# The C library ------------------------------------------------------------------------------------

INSTRUCTIONS = {"fabs": "fabs", "copysign": "copysign", "floor": "floor", "ceil": "ceil"}
INSTRUCTIONS |= {"trunc": "trunc", "sqrt": "sqrt"}


def of_c(lanes: Lanes, name: str) -> str:
    """The name of a definition that calls a function of the C library for each lane.

    It is called by its address: LLVM must not know it, or it would compute some results itself.
    """
    known = f"c.{name}"
    if (lanes, known) not in DEFINITIONS:
        where, count = address(name), OPERANDS[name]
        lines, out = [], "poison"
        for i in range(lanes.width):
            parts = []
            for x in range(count):
                lines.append(f"  %x{x}.{i} = extractelement {lanes.numbers} %x{x}, i32 {i}")
                parts.append(f"double %x{x}.{i}")
            function = f"inttoptr (i64 {where} to ptr)"
            lines.append(f"  %c{i} = call double {function}({', '.join(parts)})")
            lines.append(f"  %out{i} = insertelement {lanes.numbers} {out}, double %c{i}, i32 {i}")
            out = f"%out{i}"
        operands = ", ".join([f"{lanes.numbers} %x{x}" for x in range(count)])
        body = "\n".join(lines)
        DEFINITIONS[lanes, known] = Definition(
            f"define internal {lanes.numbers} @{known}({operands}) noinline {{\n"
            f"{body}\n  ret {lanes.numbers} {out}\n}}",
            frozenset(),
        )
    return known


def of_llvm(lanes: Lanes, name: str) -> str:
    """The name of an instruction that LLVM calls like a function."""
    known = f"llvm.{name}.v{lanes.width}f64"
    if (lanes, known) not in DEFINITIONS:
        operands = ", ".join([lanes.numbers] * (2 if name == "copysign" else 1))
        DEFINITIONS[lanes, known] = Definition(
            f"declare {lanes.numbers} @{known}({operands})", frozenset()
        )
    return known


# Function bodies ----------------------------------------------------------------------------------

ARITHMETIC = {ast.Add: "fadd", ast.Sub: "fsub", ast.Mult: "fmul", ast.Div: "fdiv"}
OF_PYTHON: dict[type, Any] = {ast.Mod: remainder, ast.FloorDiv: quotient}
RELATIONS = {
    ast.Lt: "olt",
    ast.LtE: "ole",
    ast.Gt: "ogt",
    ast.GtE: "oge",
    ast.Eq: "oeq",
    ast.NotEq: "une",
}


class Body:
    """The body of a function on its way to LLVM code.

    A number is a Vec, or a float where it is the same in every call and row; a truth value is a
    Mask, or a bool. `live` are the rows that have not returned yet: None for all that came in.
    """

    def __init__(self, lanes: Lanes, function: Any) -> None:
        self.lanes = lanes
        self.function = function
        self.lines: list[str] = []
        self.needs: set[str] = set()
        self.masked = False
        self.count = 0
        self.live: Mask | bool | None = None
        self.results: list[Any] | None = None

    # Lines ----------------------------------------------------------------------------------------

    def fresh(self) -> str:
        self.count += 1
        return f"{{p}}t{self.count}"

    def say(self, code: str) -> Vec:
        """A line that computes a vector of numbers."""
        name = f"%{self.fresh()}"
        self.lines.append(f"  {name} = {code}")
        return Vec(name)

    def ask(self, code: str) -> Mask:
        """A line that computes a vector of truth values."""
        return Mask(self.say(code))

    def number(self, x: Any) -> Vec:
        """A number as a vector."""
        if isinstance(x, Vec):
            return x
        if type(x) is float:
            return self.lanes.constant(x)
        raise Opaque

    def truth(self, x: Any) -> Mask:
        """A truth value as a vector."""
        return self.lanes.truth(x) if type(x) is bool else x

    def both(self, p: Any, q: Any) -> Any:
        """Whether two truth values hold; None stands for all rows."""
        if p is None or p is True:
            return q
        if q is None or q is True:
            return p
        if p is False or q is False:
            return False
        return self.ask(f"and {self.lanes.truths} {p}, {q}")

    def either(self, p: Any, q: Any) -> Any:
        if p is True or q is True:
            return True
        if p is False:
            return q
        return p if q is False else self.ask(f"or {self.lanes.truths} {p}, {q}")

    def opposite(self, p: Any) -> Any:
        if type(p) is bool:
            return not p
        return self.ask(f"xor {self.lanes.truths} {p}, {self.lanes.truth(True)}")

    def chosen(self, p: Any, a: Any, b: Any) -> Any:
        """a where p holds, else b; None holds everywhere."""
        if p is None:
            return a
        if type(p) is bool:
            return a if p else b
        if isinstance(a, (Mask, bool)):
            kind, a, b = self.lanes.truths, self.truth(a), self.truth(b)
            return (
                a if a == b else self.ask(f"select {self.lanes.truths} {p}, {kind} {a}, {kind} {b}")
            )
        kind, a, b = self.lanes.numbers, self.number(a), self.number(b)
        return a if a == b else self.say(f"select {self.lanes.truths} {p}, {kind} {a}, {kind} {b}")

    def mask(self) -> Mask:
        """The rows that are here, for what has to know them."""
        self.masked = True
        here = Mask("{mask}")
        return here if self.live is None else self.both(here, self.live)

    # Statements -----------------------------------------------------------------------------------

    def run(self, statements: Sequence[ast.stmt], names: dict[str, Any]) -> None:
        """The code of some statements, one after the other."""
        for statement in statements:
            if self.live is False:
                return
            self.statement(statement, names)

    def statement(self, statement: ast.stmt, names: dict[str, Any]) -> None:
        match statement:
            case ast.Return(value=ast.expr() as value):
                self.leave(self.parts(value, names))
            case ast.If():
                self.branch(statement, names)
            case ast.While(orelse=[]):
                self.loop(statement, names)
            case ast.For(orelse=[]) if self.over_operands(statement.iter, names):
                self.loop(statement, names)
            case ast.For(orelse=[]):
                for item in self.items(statement.iter, names):
                    self.assign(statement.target, item, names)
                    self.run(statement.body, names)
            case ast.AugAssign(target=ast.Name(id=name)):
                x, y = names[name], self.value(statement.value, names)
                names[name] = self.arithmetic(statement.op, x, y)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self.assign(target, self.value(value, names), names)
            case ast.Assign(targets=[target]):
                self.assign(target, self.several(statement.value, names), names)
            case _:
                raise Opaque

    def assign(self, target: ast.expr, value: Any, names: dict[str, Any]) -> None:
        match target:
            case ast.Name(id=name):
                names[name] = value
            case ast.Tuple(elts=targets) if isinstance(value, tuple):
                for part, x in zip(targets, value, strict=True):
                    self.assign(part, x, names)
            case _:
                raise Opaque

    def leave(self, parts: list[Any]) -> None:
        """Return from where we are."""
        if self.results is None or self.live is None:
            self.results = parts
        else:
            pairs = zip(parts, self.results, strict=True)
            self.results = [self.chosen(self.live, new, old) for new, old in pairs]
        self.live = False

    def branch(self, statement: ast.If, names: dict[str, Any]) -> None:
        """Both branches, and then what each name is."""
        test = self.value(statement.test, names)
        if type(test) is bool:
            self.run(statement.body if test else statement.orelse, names)
            return
        before, entered = dict(names), self.live
        self.live = self.both(entered, test)
        self.run(statement.body, names)
        stayed = self.live is not False
        after_body, left = dict(names), self.live
        names.clear()
        names.update(before)
        returns = any(isinstance(x, ast.Return) for x in ast.walk(statement))
        if statement.orelse or returns:
            self.live = self.both(entered, self.opposite(test))
        self.run(statement.orelse, names)
        if not stayed:
            return  # who goes on has come by the other branch
        if self.live is False:
            names.clear()
            names.update(after_body)
            self.live = left
            return
        for name in after_body.keys() | names.keys():
            a, b = after_body.get(name, names.get(name)), names.get(name, after_body.get(name))
            names[name] = a if a is b else self.chosen(test, a, b)
        self.live = self.either(left, self.live) if returns else entered

    def loop(self, statement: ast.While | ast.For, names: dict[str, Any]) -> None:
        """A loop: a `while` ends when no row is in it any more, a `for` takes all rows along."""
        assigned = {x.id for x in ast.walk(statement) if isinstance(x, ast.Name) and stored(x)}
        carried = sorted(assigned & names.keys())
        returned = how_many_returned(statement)
        start = [names[name] for name in carried]
        if returned:  # those that have returned, and what they gave
            start += [False, *(self.results or [0.0] * returned)]
        if isinstance(statement, ast.While):
            start.append(self.mask())  # those that are in the loop
        began, head, body, last, end = [self.fresh() for _ in range(5)]
        self.lines += [f"  br label %{began}", f"{began}:", f"  br label %{head}", f"{head}:"]
        place = len(self.lines)  # of the phis, which need what comes at the end
        start = [self.either_kind(x) for x in start]
        state = [type(x)(f"%{self.fresh()}") for x in start]
        names.update(zip(carried, state, strict=False))
        gone: Any = False
        if returned:
            gone, *self.results = state[len(carried) : len(carried) + 1 + returned]
        entered = self.live
        if isinstance(statement, ast.While):
            active = self.both(state[-1], self.value(statement.test, names))
            some = self.any_of(active)
        else:
            active = self.both(entered, self.opposite(gone))
            counter, some = self.fresh(), f"%{self.fresh()}"
            self.lines.append(f"  {some} = icmp slt i64 %{counter}, %n")
        self.lines += [f"  br i1 {some}, label %{body}, label %{end}", f"{body}:"]
        inner = dict(names)
        if isinstance(statement, ast.For):
            self.assign(statement.target, self.item(statement.iter, counter, names), inner)
        self.live = active
        self.run(statement.body, inner)
        # Rows that are not in the loop any more keep what they had.
        new = [self.chosen(active, inner[name], names[name]) for name in carried]
        if returned:
            assert self.results is not None  # set above
            left = self.both(active, True if self.live is None else self.opposite(self.live))
            new += [self.either(gone, left), *self.results]
        if isinstance(statement, ast.While):
            new.append(self.both(active, self.live))
        new = [self.either_kind(x) for x in new]
        phis = []
        if isinstance(statement, ast.For):
            self.lines.append(f"  %{counter}.next = add i64 %{counter}, 1")
            phis = [f"  %{counter} = phi i64 [0, %{began}], [%{counter}.next, %{last}]"]
        for x, a, b in zip(state, start, new, strict=True):
            wide = self.lanes.truths if isinstance(x, Mask) else self.lanes.numbers
            phis.append(f"  {x} = phi {wide} [{a}, %{began}], [{b}, %{last}]")
        self.lines[place:place] = phis
        self.lines += [f"  br label %{last}", f"{last}:", f"  br label %{head}", f"{end}:"]
        self.live = entered
        if returned:
            gone, *self.results = state[len(carried) : len(carried) + 1 + returned]
            self.live = self.both(entered, self.opposite(gone))

    def any_of(self, p: Any) -> str:
        """Whether a truth value holds in any row."""
        kind = f"i{self.lanes.width}"
        bits = self.say(f"bitcast {self.lanes.truths} {self.truth(p)} to {kind}")
        return self.say(f"icmp ne {kind} {bits}, 0")

    def item(self, expression: ast.expr, counter: str, names: dict[str, Any]) -> Any:
        """What a `for` over operands in memory is at: a number, or its place and the number."""
        kind = self.lanes.numbers
        where = self.say(f"getelementptr {kind}, ptr %xs, i64 %{counter}")
        x = self.say(f"load {kind}, ptr {where}, align 8")
        if isinstance(expression, ast.Name):
            return x
        number = self.say(f"sitofp i64 %{counter} to double")
        first = self.say(f"insertelement {kind} poison, double {number}, i32 0")
        zeros = f"<{self.lanes.width} x i32> zeroinitializer"
        return self.say(f"shufflevector {kind} {first}, {kind} poison, {zeros}"), x

    def either_kind(self, x: Any) -> Vec | Mask:
        """A number or a truth value as a vector."""
        return self.truth(x) if isinstance(x, (bool, Mask)) else self.number(x)

    def over_operands(self, expression: ast.expr, names: dict[str, Any]) -> bool:
        """Whether a `for` goes through the operands of an operation of any number of them."""
        match expression:
            case ast.Call(func=ast.Name(id="enumerate"), args=[inner]):
                return self.over_operands(inner, names)
            case ast.Name(id=name):
                return isinstance(names.get(name), Array)
        return False

    def items(self, expression: ast.expr, names: dict[str, Any]) -> list[Any]:
        """What a `for` goes through: it is written out for each of them."""
        match expression:
            case ast.Tuple(elts=parts):
                return [self.several(part, names) for part in parts]
            case ast.Name(id=name):
                found = names[name] if name in names else self.outside(expression)
                if isinstance(found, tuple):
                    return list(found)
        raise Opaque

    # Expressions ----------------------------------------------------------------------------------

    def several(self, expression: ast.expr, names: dict[str, Any]) -> Any:
        """The value of an expression, a tuple where there are several."""
        parts = self.parts(expression, names)
        return parts[0] if len(parts) == 1 else tuple(parts)

    def parts(self, expression: ast.expr, names: dict[str, Any]) -> list[Any]:
        """The values of a tuple, or of a call that returns one."""
        if isinstance(expression, ast.Tuple):
            return [self.value(x, names) for x in expression.elts]
        if isinstance(expression, ast.Call):
            return self.call(expression, names)
        return [self.value(expression, names)]

    def value(self, expression: ast.expr, names: dict[str, Any]) -> Any:
        """The value of an expression."""
        match expression:
            case ast.Constant(value=bool() as known):
                return known
            case ast.Constant(value=int() | float() as known):
                return float(known)
            case ast.Name(id=name) if name in names:
                return names[name]
            case ast.Name() | ast.Attribute():
                known = self.outside(expression)
                if type(known) is float:
                    return known
            case ast.BinOp(left=left, op=op, right=right):
                return self.arithmetic(op, self.value(left, names), self.value(right, names))
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                x = self.value(operand, names)
                return -x if type(x) is float else self.say(f"fneg {self.lanes.numbers} {x}")
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return self.opposite(self.value(operand, names))
            case ast.Compare(left=left, ops=relations, comparators=others):
                xs = [self.value(left, names), *[self.relatum(x, names) for x in others]]
                tests = zip(xs, relations, xs[1:], strict=False)
                return reduce(self.both, [self.compared(x, r, y) for x, r, y in tests])
            case ast.BoolOp(op=op, values=values):
                join = self.both if isinstance(op, ast.And) else self.either
                return reduce(join, [self.value(x, names) for x in values])
            case ast.IfExp(test=test, body=a, orelse=b):
                holds = self.value(test, names)
                if type(holds) is bool:
                    return self.value(a if holds else b, names)
                return self.chosen(holds, self.value(a, names), self.value(b, names))
            case ast.Call():
                (out,) = self.call(expression, names)
                return out
        raise Opaque

    def relatum(self, expression: ast.expr, names: dict[str, Any]) -> Any:
        """What stands on the right of a comparison."""
        if isinstance(expression, ast.Tuple):
            return tuple([self.value(x, names) for x in expression.elts])
        return self.value(expression, names)

    def compared(self, x: Any, relation: ast.cmpop, y: Any) -> Any:
        if isinstance(relation, ast.In):
            return reduce(self.either, [self.compared(x, ast.Eq(), z) for z in y])
        word = RELATIONS.get(type(relation))
        if word is None:
            raise Opaque
        if isinstance(x, (bool, Mask)):  # of truth values
            p, q = self.truth(x), self.truth(y)
            if word not in ("une", "oeq"):
                raise Opaque
            apart = self.ask(f"xor {self.lanes.truths} {p}, {q}")
            return apart if word == "une" else self.opposite(apart)
        if type(x) is float and type(y) is float:
            return bool(COMPUTED[word](x, y))
        x, y = self.number(x), self.number(y)
        return self.ask(f"fcmp {word} {self.lanes.numbers} {x}, {y}")

    def arithmetic(self, op: ast.operator, x: Any, y: Any) -> Any:
        if (function := OF_PYTHON.get(type(op))) is not None:
            return self.inlined(function, [self.number(x), self.number(y)])[0]
        if isinstance(op, ast.Pow) and type(x) is float and type(y) is float:
            return x**y
        word = ARITHMETIC.get(type(op))
        if word is None:
            raise Opaque
        if type(x) is float and type(y) is float and word != "fdiv":
            return {"fadd": x + y, "fsub": x - y, "fmul": x * y}[word]
        x, y = self.number(x), self.number(y)
        return self.say(f"{word} {self.lanes.flags}{self.lanes.numbers} {x}, {y}")

    # Calls ----------------------------------------------------------------------------------------

    def outside(self, expression: ast.expr) -> Any:
        """What a name, or a chain of attributes, stands for outside the function."""
        return resolved(expression, self.function)

    def call(self, call: ast.Call, names: dict[str, Any]) -> list[Any]:
        if call.keywords or any(isinstance(x, ast.Starred) for x in call.args):
            raise Opaque
        function = self.outside(call.func)
        xs = [self.value(x, names) for x in call.args]
        if function is float:
            return xs
        if (special := PRIMITIVES.get(function)) is not None:
            return [special(self, *xs)]
        if self.lanes.fast and function in OWN:
            return self.inlined(function, [self.number(x) for x in xs])
        name = function.__name__
        if (known := named_instruction(function)) is not None:
            return [self.calling(of_llvm(self.lanes, known), xs)]
        if name in OPERANDS and is_of_c(function):
            return [self.calling(of_c(self.lanes, name), xs)]
        return self.inlined(function, [self.number(x) for x in xs])

    def calling(self, name: str, xs: list[Any]) -> Vec:
        """The result of a definition that has one."""
        self.needs.add(name)
        operands = ", ".join([f"{self.lanes.numbers} {self.number(x)}" for x in xs])
        return self.say(f"call {self.lanes.numbers} @{name}({operands})")

    def inlined(self, function: Any, xs: list[Vec]) -> list[Any]:
        """What another function of the engine gives."""
        masked = translated(self.lanes, function, len(xs)).masked
        mask = self.mask() if masked else None
        lines, results, needs = called(self.lanes, function, xs, f"{self.fresh()}_", mask)
        self.lines += lines
        self.needs |= needs
        return [*results]


COMPUTED: dict[str, Callable[[float, float], bool]] = {
    "olt": lambda x, y: x < y,
    "ole": lambda x, y: x <= y,
    "ogt": lambda x, y: x > y,
    "oge": lambda x, y: x >= y,
    "oeq": lambda x, y: x == y,
    "une": lambda x, y: x != y,
}


def how_many_returned(statement: ast.stmt) -> int:
    """How many numbers a `return` in a statement gives; 0 where there is none."""
    for x in ast.walk(statement):
        if isinstance(x, ast.Return):
            return len(x.value.elts) if isinstance(x.value, ast.Tuple) else 1
    return 0


def stored(name: ast.Name) -> bool:
    """Whether a name is assigned to where it stands."""
    return isinstance(name.ctx, ast.Store)


def named_instruction(function: Any) -> str | None:
    """The instruction that a function of `math` or libm is."""
    if function is abs:
        return "fabs"
    if function in (libm.sqrt, math.sqrt):
        return "sqrt"
    return INSTRUCTIONS.get(function.__name__) if function in MATH else None


MATH = (math.fabs, math.copysign)


def is_of_c(function: Any) -> bool:
    """Whether a function is libm's or math's, and so the C library's."""
    if isinstance(function, FunctionType):
        return function.__globals__ is vars(libm)
    return function is math.fmod


# What is written in instructions of its own -------------------------------------------------------


def whole(word: str) -> Callable[[Body, Any], Vec]:
    """Rounding to a whole number: Python's has no negative zero."""

    def rounded(body: Body, x: Any) -> Vec:
        out = body.calling(of_llvm(body.lanes, word), [x])
        return body.say(f"fadd {body.lanes.numbers} {out}, {body.lanes.constant(0.0)}")

    return rounded


def of_size(relation: str) -> Callable[[Body, Any], Mask]:
    """Whether the size of a number is so related to infinity."""

    def compared(body: Body, x: Any) -> Mask:
        size = body.calling(of_llvm(body.lanes, "fabs"), [x])
        endless = body.lanes.constant(math.inf)
        return body.ask(f"fcmp {relation} {body.lanes.numbers} {size}, {endless}")

    return compared


def divided(body: Body, x: Any, y: Any) -> Vec:
    return body.arithmetic(ast.Div(), body.number(x), body.number(y))  # type: ignore[no-any-return]


def bits(body: Body, x: Any) -> str:
    whole = f"<{body.lanes.width} x i64>"
    return body.say(f"bitcast {body.lanes.numbers} {body.number(x)} to {whole}")


def splat(body: Body, number: int) -> str:
    return f"<{', '.join([f'i64 {number}'] * body.lanes.width)}>"


def from_bits(body: Body, x: str) -> Vec:
    return body.say(f"bitcast <{body.lanes.width} x i64> {x} to {body.lanes.numbers}")


def binade_of(body: Body, x: Any) -> Vec:
    """The power of two at or below x > 0: its bits without the mantissa; tiny ones are lifted."""
    x = body.number(x)
    tiny = body.ask(f"fcmp olt {body.lanes.numbers} {x}, {body.lanes.constant(2.0**-1022)}")
    lift = body.chosen(tiny, body.lanes.constant(2.0**60), body.lanes.constant(1.0))
    lower = body.chosen(tiny, body.lanes.constant(2.0**-60), body.lanes.constant(1.0))
    lifted = body.say(f"fmul {body.lanes.numbers} {x}, {lift}")
    top = body.say(
        f"and <{body.lanes.width} x i64> {bits(body, lifted)}, {splat(body, 0x7FF << 52)}"
    )
    return body.say(f"fmul {body.lanes.numbers} {from_bits(body, top)}, {lower}")


def to_exponent(body: Body, k: Any) -> Vec:
    """2**k for a whole k: adding a large number moves k to where exponents are."""
    whole = f"<{body.lanes.width} x i64>"
    k = body.number(k)
    moved = body.say(f"fadd {body.lanes.numbers} {k}, {body.lanes.constant(2.0**52 + 1023.0)}")
    shifted = body.say(f"shl {whole} {bits(body, moved)}, {splat(body, 52)}")
    return from_bits(body, shifted)


def exponent_of(body: Body, x: Any) -> Vec:
    """floor(log2(x)) for a normal positive x."""
    whole = f"<{body.lanes.width} x i64>"
    top = body.say(f"lshr {whole} {bits(body, x)}, {splat(body, 52)}")
    biased = body.say(f"or {whole} {top}, {splat(body, 0x433 << 52)}")
    number, bias = from_bits(body, biased), body.lanes.constant(2.0**52 + 1023.0)
    return body.say(f"fsub {body.lanes.numbers} {number}, {bias}")


def mantissa_of(body: Body, x: Any) -> Vec:
    """x divided by 2**exponent(x), from 1 to 2."""
    whole = f"<{body.lanes.width} x i64>"
    low = body.say(f"and {whole} {bits(body, x)}, {splat(body, (1 << 52) - 1)}")
    return from_bits(body, body.say(f"or {whole} {low}, {splat(body, 0x3FF << 52)}"))


PRIMITIVES: dict[Any, Callable[..., Any]] = {
    math.floor: whole("floor"),
    math.ceil: whole("ceil"),
    math.trunc: whole("trunc"),
    math.isfinite: of_size("olt"),
    math.isinf: of_size("oeq"),
    libm.divide: divided,
    libm.binade: binade_of,
    power_of_two: to_exponent,
    exponent: exponent_of,
    mantissa: mantissa_of,
}

OWN: dict[Any, Any] = {libm.exp: exp, libm.log: log, libm.tanh: tanh, libm.erf: erf}  # if fast
