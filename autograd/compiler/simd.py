"""Float code for many rows at once: a Python function on floats, as LLVM code on vectors of them.

What an operation computes is written down once, as Python on floats (`ops.py`, `special.py`). Here
its syntax tree becomes code in which every number is a vector: one number for each row. Rows that
take different branches go through both, and a mask chooses; a loop goes on while any row is in it.
"""

from __future__ import annotations

import ast
import operator
from functools import cache, reduce
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd.compiler.fast import erf, exp, log, tanh
from autograd.compiler.floats import quotient, remainder
from autograd.compiler.lowering import assigned_names, returns
from autograd.compiler.native import native
from autograd.compiler.vectors import (
    DEFINITIONS,
    Definition,
    Lanes,
    Lines,
    Mask,
    Vec,
    listed,
    result_type,
)
from autograd.compiler.writers.source import Opaque, is_docstring, resolved, source_of
from autograd.numbers import libm

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SHORT = 24  # lines: such a function is written out where it is called

OWN: dict[Any, Any] = {libm.exp: exp, libm.log: log, libm.tanh: tanh, libm.erf: erf}  # if fast

# Functions ----------------------------------------------------------------------------------------


class Translation(NamedTuple):
    """The code of a function: lines with {0}, {1} ... for operands and {p} to make names unique."""

    name: str
    text: str
    results: tuple[Vec | Mask, ...]
    needs: frozenset[str]  # definitions that the text calls
    length: int  # in lines
    masked: bool  # a loop in it has to know which rows are there: {mask}
    array: bool  # its operands are in memory


class Array:
    """Vectors in memory, the operands of an operation of any number of them: %n of them at %xs."""


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
    return Translation(
        name=f"{module}.{function.__name__}",
        text="\n".join(body.lines),
        results=tuple([body.vector(x) for x in body.results]),
        needs=frozenset(body.needs),
        length=len(body.lines),
        masked=body.masked,
        array=tree.args.vararg is not None,
    )


def called(lines: Lines, function: Any, operands: Sequence[Vec], here: Mask | None) -> list[Any]:
    """The results of a function, whose lines are written out, or which is called.

    `here` are the rows that are there, for a function that is `masked`.
    """
    lanes, prefix = lines.lanes, f"{lines.fresh()}_"
    code = translated(lanes, function, len(operands))
    if code.length <= SHORT and not code.masked:
        lines.needs |= code.needs
        if code.text:
            lines.lines.append(code.text.format(*operands, p=prefix))
        return [type(x)(x.format(*operands, p=prefix)) for x in code.results]
    define(lanes, code, len(operands))
    lines.needs.add(code.name)
    given = [*operands, lines.as_number(here or lanes.truth(True))] if code.masked else operands
    kind = result_type(lanes, len(code.results))
    out = lines.say(f"call {kind} @{code.name}({listed(lanes.numbers, given)})")
    if len(code.results) == 1:
        return [out]
    return [lines.say(f"extractvalue {kind} {out}, {i}") for i in range(len(code.results))]


def define(lanes: Lanes, code: Translation, count: int) -> None:
    """Have a function of the LLVM module for a translation."""
    if (lanes, code.name) in DEFINITIONS:
        return
    if any(isinstance(x, Mask) for x in code.results):
        raise Opaque  # such a function is short
    assert not (code.array and code.masked)  # no entry of the table is both
    operands = [f"%x{i}" for i in range(count)]
    names = {"p": "", "mask": "%mask"}
    results = [x.format(*operands, **names) for x in code.results]
    kind, out = result_type(lanes, len(results)), results[0]
    lines = [code.text.format(*operands, **names)]
    if code.masked:
        operands.append("%here")
        lines.insert(0, f"  %mask = fcmp une {lanes.numbers} %here, {lanes.constant(0.0)}")
    if len(results) > 1:
        before = "poison"
        for i, x in enumerate(results):
            out = f"%pack{i}"
            lines.append(f"  {out} = insertvalue {kind} {before}, {lanes.numbers} {x}, {i}")
            before = out
    parameters = "ptr %xs, i64 %n" if code.array else listed(lanes.numbers, operands)
    head = f"@{code.name}({parameters})"
    DEFINITIONS[lanes, code.name] = Definition.of(head, kind, lines, out, code.needs)


# Function bodies ----------------------------------------------------------------------------------

ARITHMETIC = {ast.Add: "fadd", ast.Sub: "fsub", ast.Mult: "fmul", ast.Div: "fdiv"}
OF_PYTHON: dict[type, Any] = {ast.Mod: remainder, ast.FloorDiv: quotient}
RELATIONS: dict[type, tuple[str, Callable[[float, float], bool]]] = {
    ast.Lt: ("olt", operator.lt),
    ast.LtE: ("ole", operator.le),
    ast.Gt: ("ogt", operator.gt),
    ast.GtE: ("oge", operator.ge),
    ast.Eq: ("oeq", operator.eq),
    ast.NotEq: ("une", operator.ne),
}


class Body(Lines):
    """The body of a function on its way to LLVM code.

    A number is a Vec, or a float where it is the same in every call and row; a truth value is a
    Mask, or a bool. `live` are the rows that have not returned yet: None for all that came in.
    """

    def __init__(self, lanes: Lanes, function: Any) -> None:
        super().__init__(lanes, "{p}t")
        self.function = function
        self.masked = False
        self.live: Mask | bool | None = None
        self.results: list[Any] | None = None

    # What is known in advance ---------------------------------------------------------------------

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

    def vector(self, x: Any) -> Vec | Mask:
        """A number or a truth value as a vector."""
        return self.truth(x) if isinstance(x, (bool, Mask)) else self.number(x)

    def both(self, p: Any, q: Any) -> Any:
        """Whether two truth values hold; None stands for all rows."""
        if p is None or p is True:
            return q
        if q is None or q is True:
            return p
        if p is False or q is False:
            return False
        return self.joined("and", p, q)

    def either(self, p: Any, q: Any) -> Any:
        """Whether one of two truth values holds."""
        if p is True or q is True:
            return True
        if p is False:
            return q
        return p if q is False else self.joined("or", p, q)

    def negation(self, p: Any) -> Any:
        """Whether a truth value does not hold."""
        return not p if type(p) is bool else self.inverted(p)

    def chosen(self, p: Any, a: Any, b: Any) -> Any:
        """a where p holds, else b; None holds everywhere."""
        if p is None:
            return a
        if type(p) is bool:
            return a if p else b
        x: Any = self.vector(a)
        y: Any = self.vector(b)
        return x if x == y else self.selected(p, x, y)

    def mask(self) -> Mask:
        """The rows that are here, for what has to know them."""
        self.masked = True
        here: Mask = self.both(Mask("{mask}"), self.live)
        return here

    # Statements -----------------------------------------------------------------------------------

    def run(self, statements: Sequence[ast.stmt], names: dict[str, Any]) -> None:
        """The code of some statements, one after the other."""
        for statement in statements:
            if self.live is False:
                return
            self.statement(statement, names)

    def statement(self, statement: ast.stmt, names: dict[str, Any]) -> None:
        """The code of a statement."""
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
        """Give names to a value, or to the parts of a tuple."""
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
        leaves = returns(statement)
        if statement.orelse or leaves:
            self.live = self.both(entered, self.negation(test))
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
        self.live = self.either(left, self.live) if leaves else entered

    def loop(self, statement: ast.While | ast.For, names: dict[str, Any]) -> None:
        """A loop: a `while` ends when no row is in it any more, a `for` takes all rows along."""
        began, head, body, last, end = [self.fresh() for _ in range(5)]
        counter, entered = self.fresh(), self.live
        start = self.carried(statement, names)
        self.lines += [f"  br label %{began}", f"{began}:", f"  br label %{head}", f"{head}:"]
        place = len(self.lines)  # of the phis, which need what comes at the end
        state = {key: type(x)(f"%{self.fresh()}") for key, x in start.items()}
        gone = self.resumed(state, names)
        if isinstance(statement, ast.While):
            active = self.both(state[INSIDE], self.value(statement.test, names))
            some = self.any_of(active)
        else:
            active = self.both(entered, self.negation(gone))
            some = self.say(f"icmp slt i64 %{counter}, %n")
        self.lines += [f"  br i1 {some}, label %{body}, label %{end}", f"{body}:"]
        inner = dict(names)
        if isinstance(statement, ast.For):
            self.assign(statement.target, self.item(statement.iter, counter), inner)
        self.live = active
        self.run(statement.body, inner)
        after = self.went_round(state, active, inner)
        phis = []
        if isinstance(statement, ast.For):
            self.lines.append(f"  %{counter}.next = add i64 %{counter}, 1")
            phis = [f"  %{counter} = phi i64 [0, %{began}], [%{counter}.next, %{last}]"]
        for key, x in state.items():
            kind = self.lanes.truths if isinstance(x, Mask) else self.lanes.numbers
            phis.append(f"  {x} = phi {kind} [{start[key]}, %{began}], [{after[key]}, %{last}]")
        self.lines[place:place] = phis
        self.lines += [f"  br label %{last}", f"{last}:", f"  br label %{head}", f"{end}:"]
        self.live = entered
        if LEFT in state:
            self.live = self.both(entered, self.negation(self.resumed(state, names)))

    def carried(self, statement: ast.While | ast.For, names: dict[str, Any]) -> dict[Any, Any]:
        """What goes round with a loop, as it is before: the names that it assigns ...

        ... the rows that have returned, what they gave, and the rows that are in the loop.
        """
        assigned = {name for x in ast.walk(statement) for name in assigned_names(x)}
        start: dict[Any, Any] = {name: names[name] for name in sorted(assigned & names.keys())}
        if returned := how_many_returned(statement):
            start[LEFT] = False
            start |= enumerate(self.results or [0.0] * returned)
        if isinstance(statement, ast.While):
            start[INSIDE] = self.mask()
        return {key: self.vector(x) for key, x in start.items()}

    def resumed(self, state: dict[Any, Any], names: dict[str, Any]) -> Any:
        """Go on with what a loop carries; gives the rows that have returned."""
        names.update({key: x for key, x in state.items() if key in names})
        if LEFT not in state:
            return False
        self.results = [x for key, x in state.items() if type(key) is int]
        return state[LEFT]

    def went_round(
        self, state: dict[Any, Any], active: Any, names: dict[str, Any]
    ) -> dict[Any, Any]:
        """What a loop carries, after one more round of the rows that are in it."""
        after: dict[Any, Any] = {}
        for key, before in state.items():
            if key == LEFT:
                staying = True if self.live is None else self.live
                after[key] = self.either(before, self.both(active, self.negation(staying)))
            elif key == INSIDE:
                after[key] = self.both(active, self.live)
            elif type(key) is int:
                assert self.results is not None  # see `resumed`
                after[key] = self.results[key]
            else:  # rows that are not in the loop any more keep what they had
                after[key] = self.chosen(active, names[key], before)
        return {key: self.vector(x) for key, x in after.items()}

    def any_of(self, p: Any) -> str:
        """Whether a truth value holds in any row."""
        kind = f"i{self.lanes.width}"
        bits = self.say(f"bitcast {self.lanes.truths} {self.truth(p)} to {kind}")
        return self.say(f"icmp ne {kind} {bits}, 0")

    def item(self, expression: ast.expr, counter: str) -> Any:
        """What a `for` over operands in memory is at: a number, or its place and the number."""
        where = self.say(f"getelementptr {self.lanes.numbers}, ptr %xs, i64 %{counter}")
        x = self.say(f"load {self.lanes.numbers}, ptr {where}, align 8")
        if isinstance(expression, ast.Name):
            return x
        return self.spread(self.say(f"sitofp i64 %{counter} to double")), x

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
                return self.negation(self.value(operand, names))
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
        """A comparison."""
        if isinstance(relation, ast.In):
            return reduce(self.either, [self.compared(x, ast.Eq(), z) for z in y])
        if type(relation) not in RELATIONS:
            raise Opaque
        word, known = RELATIONS[type(relation)]
        if isinstance(x, (bool, Mask)):  # of truth values
            if word not in ("une", "oeq"):
                raise Opaque
            apart = self.joined("xor", self.truth(x), self.truth(y))
            return apart if word == "une" else self.inverted(apart)
        if type(x) is float and type(y) is float:
            return known(x, y)
        return self.related(word, self.number(x), self.number(y))

    def arithmetic(self, op: ast.operator, x: Any, y: Any) -> Any:
        """An operation of Python's on two numbers."""
        if (function := OF_PYTHON.get(type(op))) is not None:
            return self.opened(function, [self.number(x), self.number(y)])[0]
        if isinstance(op, ast.Pow) and type(x) is float and type(y) is float:
            return x**y
        word = ARITHMETIC.get(type(op))
        if word is None:
            raise Opaque
        if type(x) is float and type(y) is float and word != "fdiv":
            return {"fadd": x + y, "fsub": x - y, "fmul": x * y}[word]
        return self.computed(word, self.number(x), self.number(y))

    # Calls ----------------------------------------------------------------------------------------

    def outside(self, expression: ast.expr) -> Any:
        """What a name, or a chain of attributes, stands for outside the function."""
        return resolved(expression, self.function)

    def call(self, call: ast.Call, names: dict[str, Any]) -> list[Any]:
        """What a call gives."""
        if call.keywords or any(isinstance(x, ast.Starred) for x in call.args):
            raise Opaque
        function = self.outside(call.func)
        xs = [self.value(x, names) for x in call.args]
        if function is float:
            return xs
        operands = [self.number(x) for x in xs]
        if not (self.lanes.fast and function in OWN):
            found = native(self, function, operands)
            if found is not None:
                return [found]
        return self.opened(function, operands)

    def opened(self, function: Any, operands: list[Vec]) -> list[Any]:
        """What another function of the engine gives."""
        masked = translated(self.lanes, function, len(operands)).masked
        return called(self, function, operands, self.mask() if masked else None)


LEFT, INSIDE = "return", "while"  # among names: the rows that have returned, and those in a loop


def how_many_returned(statement: ast.stmt) -> int:
    """How many numbers a `return` in a statement gives; 0 where there is none."""
    for x in ast.walk(statement):
        if isinstance(x, ast.Return):
            return len(x.value.elts) if isinstance(x.value, ast.Tuple) else 1
    return 0
