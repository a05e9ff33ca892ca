"""Float code for many rows at once: a function that was read, as LLVM code on vectors of floats.

What an operation computes is written down once, as Python on floats (`ops.py`, `special.py`), and
read by `writers/reader.py`. Here it becomes code in which every number is a vector: one number for
each row. Rows that take different branches go through both, and a mask chooses; a loop goes on
while any row is in it.
"""

from __future__ import annotations

import operator
from functools import cache, reduce
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd.compiler import fast
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
from autograd.compiler.writers import form
from autograd.compiler.writers.form import Kind, each_assigned, returns
from autograd.compiler.writers.reader import Reader
from autograd.compiler.writers.source import Opaque

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SHORT = 24  # lines: such a function is written out where it is called

READER = Reader()
OWN = {"exp": fast.exp, "log": fast.log, "tanh": fast.tanh, "erf": fast.erf}  # if fast

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


class Counter(str):
    """The index of a loop over vectors in memory, an i64."""

    __slots__ = ()


def read(function: Any, count: int) -> form.Function:
    """A function of the engine of so many operands; of any number of them for none."""
    return READER.function(function, (Kind.NUMBER,) * count or (Kind.LIST,))


@cache
def translated(lanes: Lanes, function: form.Function) -> Translation:
    """The code of a function; Opaque where there can be none."""
    body = Body(lanes, function)
    names: dict[str, Any] = {}
    for i, x in enumerate(function.parameters):
        names[x.name] = Array() if x.kind is Kind.LIST else Vec(f"{{{i}}}")
    body.run(function.body, names)
    assert body.results is not None  # every function of the engine returns something
    return Translation(
        name=f"{function.module}.{function.name}",
        text="\n".join(body.lines),
        results=tuple([body.vector(x) for x in body.results]),
        needs=frozenset(body.needs),
        length=len(body.lines),
        masked=body.masked,
        array=any(isinstance(x, Array) for x in names.values()),
    )


def called(lines: Lines, function: Any, operands: Sequence[Vec], here: Mask | None) -> list[Any]:
    """The results of a function of the engine, whose lines are written out, or which is called.

    `here` are the rows that are there, for a function that is `masked`.
    """
    return inserted(lines, read(function, len(operands)), operands, here)


def inserted(
    lines: Lines, function: form.Function, operands: Sequence[Vec], here: Mask | None
) -> list[Any]:
    """The same for a function that was read."""
    lanes, prefix = lines.lanes, f"{lines.fresh()}_"
    code = translated(lanes, function)
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

ARITHMETIC = {"+": "fadd", "-": "fsub", "*": "fmul", "/": "fdiv"}
RELATIONS: dict[str, tuple[str, Callable[[float, float], bool]]] = {
    "<": ("olt", operator.lt),
    "<=": ("ole", operator.le),
    ">": ("ogt", operator.gt),
    ">=": ("oge", operator.ge),
    "==": ("oeq", operator.eq),
    "!=": ("une", operator.ne),
}


class Body(Lines):
    """The body of a function on its way to LLVM code.

    A number is a Vec, or a float where it is the same in every call and row; a truth value is a
    Mask, or a bool. `live` are the rows that have not returned yet: None for all that came in.
    """

    def __init__(self, lanes: Lanes, function: form.Function) -> None:
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

    def run(self, statements: Sequence[form.Statement], names: dict[str, Any]) -> None:
        """The code of some statements, one after the other."""
        for statement in statements:
            if self.live is False:
                return
            self.statement(statement, names)

    def statement(self, statement: form.Statement, names: dict[str, Any]) -> None:
        """The code of a statement."""
        match statement:
            case form.Return((form.Call() as call,)):
                self.leave(self.call(call, names))
            case form.Return(values):
                self.leave([self.value(x, names) for x in values])
            case form.If():
                self.branch(statement, names)
            case form.While() | form.Count():
                self.loop(statement, names)
            case form.Rows(targets, rows, body):
                for row in rows:
                    self.assign(targets, row, names)
                    self.run(body, names)
            case form.Assign(to, value):
                names[to.name] = self.value(value, names)
            case form.Unpack(targets, call):
                self.assign(targets, self.call(call, names), names)
            case _:
                raise Opaque("lists in memory")

    def assign(
        self, targets: Sequence[form.Name | None], values: Sequence[Any], names: dict[str, Any]
    ) -> None:
        """Give names to several values."""
        pairs = zip(targets, values, strict=True)
        names.update({to.name: x for to, x in pairs if to is not None})

    def leave(self, parts: list[Any]) -> None:
        """Return from where we are."""
        if self.results is None or self.live is None:
            self.results = parts
        else:
            pairs = zip(parts, self.results, strict=True)
            self.results = [self.chosen(self.live, new, old) for new, old in pairs]
        self.live = False

    def branch(self, statement: form.If, names: dict[str, Any]) -> None:
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
        leaves = returns((statement,))
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

    def loop(self, statement: form.While | form.Count, names: dict[str, Any]) -> None:
        """A loop: a `while` ends when no row is in it any more, a `for` takes all rows along."""
        began, head, body, last, end = [self.fresh() for _ in range(5)]
        counter, entered = self.fresh(), self.live
        start = self.carried(statement, names)
        self.lines += [f"  br label %{began}", f"{began}:", f"  br label %{head}", f"{head}:"]
        place = len(self.lines)  # of the phis, which need what comes at the end
        state = {key: type(x)(f"%{self.fresh()}") for key, x in start.items()}
        gone = self.resumed(state, names)
        if isinstance(statement, form.While):
            active = self.both(state[INSIDE], self.value(statement.test, names))
            some = self.any_of(active)
        else:
            active = self.both(entered, self.negation(gone))
            some = self.say(f"icmp slt i64 %{counter}, %n")
        self.lines += [f"  br i1 {some}, label %{body}, label %{end}", f"{body}:"]
        inner = dict(names)
        if isinstance(statement, form.Count):
            inner[statement.index.name] = Counter(counter)
        self.live = active
        self.run(statement.body, inner)
        after = self.went_round(state, active, inner)
        phis = []
        if isinstance(statement, form.Count):
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

    def carried(self, statement: form.While | form.Count, names: dict[str, Any]) -> dict[Any, Any]:
        """What goes round with a loop, as it is before: the names that it assigns ...

        ... the rows that have returned, what they gave, and the rows that are in the loop.
        """
        assigned = {x.name for x in each_assigned((statement,))}
        start: dict[Any, Any] = {name: names[name] for name in sorted(assigned & names.keys())}
        if returns((statement,)):
            start[LEFT] = False
            start |= enumerate(self.results or [0.0] * len(self.function.results))
        if isinstance(statement, form.While):
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

    # Expressions ----------------------------------------------------------------------------------

    def value(self, x: form.Expression, names: dict[str, Any]) -> Any:
        """The value of an expression; indices are numbers, too."""
        match x:
            case form.Constant(bool() as known):
                return known
            case form.Constant(known):
                return float(known)
            case form.Name(name):
                known = names[name]
                if isinstance(known, Counter):
                    return self.spread(self.say(f"sitofp i64 %{known} to double"))
                return known
            case form.Arithmetic(sign, a, b) if sign in ARITHMETIC:
                return self.arithmetic(sign, self.value(a, names), self.value(b, names))
            case form.Negative(a):
                return self.say(f"fneg {self.lanes.numbers} {self.number(self.value(a, names))}")
            case form.Not(a):
                return self.negation(self.value(a, names))
            case form.Relation(sign, a, b):
                return self.compared(sign, self.value(a, names), self.value(b, names))
            case form.Logic(word, parts):
                join = self.both if word == "and" else self.either
                return reduce(join, [self.value(part, names) for part in parts])
            case form.Choice(test, a, b):
                holds = self.value(test, names)
                if type(holds) is bool:
                    return self.value(a if holds else b, names)
                return self.chosen(holds, self.value(a, names), self.value(b, names))
            case form.Call():
                (out,) = self.call(x, names)
                return out
            case form.Element(_, form.Name(index)) if isinstance(names.get(index), Counter):
                kind = self.lanes.numbers
                where = self.say(f"getelementptr {kind}, ptr %xs, i64 %{names[index]}")
                return self.say(f"load {kind}, ptr {where}, align 8")
        raise Opaque(f"no vector: {x}")

    def compared(self, sign: str, x: Any, y: Any) -> Any:
        """A comparison."""
        word, known = RELATIONS[sign]
        if isinstance(x, (bool, Mask)):  # of truth values
            if word not in ("une", "oeq"):
                raise Opaque("an order of truth values")
            apart = self.joined("xor", self.truth(x), self.truth(y))
            return apart if word == "une" else self.inverted(apart)
        if type(x) is float and type(y) is float:
            return known(x, y)
        return self.related(word, self.number(x), self.number(y))

    def arithmetic(self, sign: str, x: Any, y: Any) -> Any:
        """An operation on two numbers."""
        if type(x) is float and type(y) is float and sign != "/":
            return {"+": x + y, "-": x - y, "*": x * y}[sign]
        return self.computed(ARITHMETIC[sign], self.number(x), self.number(y))

    def call(self, call: form.Call, names: dict[str, Any]) -> list[Any]:
        """What a call gives."""
        operands = [self.number(self.value(x, names)) for x in call.arguments]
        function = call.function
        if isinstance(function, form.Primitive):
            if not (self.lanes.fast and function.name in OWN):
                return [native(self, function.name, operands)]
            function = read(OWN[function.name], len(operands))
        masked = translated(self.lanes, function).masked
        return inserted(self, function, operands, self.mask() if masked else None)


LEFT, INSIDE = "return", "while"  # among names: the rows that have returned, and those in a loop
