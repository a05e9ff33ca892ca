"""The one reader: the table's forward functions and rules, from Python to the form in form.py.

It reads functions of floats as syntax trees, with whatever they call. A function is read once for
each combination of kinds of its arguments. What rules are written in besides is Python's too, but
has a meaning of its own here: `where` is a conditional expression, a function as its branch is that
expression, `unless` and `absent` say that an edge is off. Lists are known by their lengths and by
what stands at an index; only a list that is given a name, and is no part of another, is one in
memory (lists.py).
"""

from __future__ import annotations

import ast
import math
from dataclasses import dataclass
from functools import reduce
from types import FunctionType
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd.compiler import fast, floats
from autograd.compiler.writers.form import (
    RESULT,
    Append,
    Arithmetic,
    Assign,
    Call,
    Choice,
    Constant,
    Count,
    Expression,
    Fixed,
    Function,
    If,
    Kind,
    Length,
    Logic,
    Name,
    Negative,
    NewList,
    Not,
    Partial,
    Primitive,
    Relation,
    Return,
    Rows,
    Statement,
    Unpack,
    Variadic,
    While,
)
from autograd.compiler.writers.lists import (
    ONE,
    ZERO,
    Items,
    Parts,
    backwards,
    between,
    every,
    minus,
    plus,
    smaller,
)
from autograd.compiler.writers.source import Opaque, is_docstring, resolved, source_of
from autograd.core import ops
from autograd.core.operation import Op, Variadic as VariadicOp, listed
from autograd.numbers import libm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

SIGNS: dict[type, str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
OF_FLOATS: dict[type, Any] = {ast.Mod: floats.remainder, ast.FloorDiv: floats.quotient}
RELATIONS: dict[type, str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
PRIMITIVES: dict[Any, Primitive] = {
    abs: Primitive("fabs"),
    round: Primitive("round"),
    math.isfinite: Primitive("isfinite", (Kind.TRUTH,)),
    math.isinf: Primitive("isinf", (Kind.TRUTH,)),
    **{
        getattr(math, name): Primitive(name)
        for name in ("fabs", "copysign", "fmod", "sqrt", "floor", "ceil", "trunc")
    },
    **{
        function: Primitive(function.__name__)
        for function in (fast.power_of_two, fast.exponent, fast.mantissa)
    },
    **{
        function: Primitive(name)
        for name, function in vars(libm).items()
        if isinstance(function, FunctionType) and name not in ("divide", "_is_odd")
    },
}

# Functions of a list that give a list: they are read where they are called.
LISTS = (ops.softmax, ops.log_softmax)


class Operands(NamedTuple):
    """What the rule of a variadic operation gets: a list of the operands, and then the result."""

    xs: Name
    out: Name


@dataclass(frozen=True)
class Inner:
    """A function without parameters that is defined within another, and chooses among its names."""

    tree: ast.FunctionDef


class Reader:
    """The functions that have been read: each after those that it calls."""

    def __init__(self) -> None:
        self.functions: dict[tuple[Any, tuple[Kind, ...]], Function] = {}

    def operations(self) -> list[Fixed | Variadic]:
        """All operations of the table."""
        return [self.operation(op) for op in ops.TABLE.values()]

    def operation(self, op: Op) -> Fixed | Variadic:
        """An operation of the table: its forward function, and its rules."""
        tree = source_of(op.forward)
        decorators = [x for x in tree.decorator_list if isinstance(x, ast.Call)]
        if len(decorators) != 1 or op.forward.__globals__ is not vars(ops):
            raise Opaque(f"{op.name} is no operation of the table")
        rules = decorators[0].args
        if isinstance(op, VariadicOp):
            forward = self.function(op.forward, (Kind.LIST,))
            return Variadic(op.name, forward, self.rule_of_many(op, forward, rules[0]))
        forward = self.function(op.forward, (Kind.NUMBER,) * len(op.rules))
        return Fixed(op.name, forward, tuple([self.rule(op, forward, x) for x in rules]))

    def rule(self, op: Op, forward: Function, tree: ast.expr) -> Partial:
        """The rule for one operand."""
        if isinstance(tree, ast.Constant) or is_called("absent", tree):
            return Partial()
        if not isinstance(tree, ast.Lambda):
            raise Opaque(f"a rule of {op.name} is neither a lambda, nor absent, nor None")
        body = Body(self, op.forward)
        names = [*forward.parameters, Name("out", Kind.NUMBER)]
        body.names |= zip([x.arg for x in tree.args.args], names, strict=True)
        body.refuses_statements = True
        match tree.body:
            case ast.Call(args=[off, value]) as call if is_called("unless", call.func):
                return Partial(body.value(off), body.value(value))
            case value:
                return Partial(None, body.value(value))

    def rule_of_many(self, op: Op, forward: Function, tree: ast.expr) -> tuple[Statement, ...]:
        """The rule of an operation of any number of operands."""
        body = Body(self, op.forward)
        body.operands = Operands(forward.parameters[0], Name("out", Kind.NUMBER))
        body.makes_lists = True
        match tree:
            case ast.Lambda(args=ast.arguments(vararg=ast.arg(arg=name)), body=value):
                body.names[name] = body.operands
                body.append_all(body.any(value))
            case ast.Name():
                inner = source_of(resolved(tree, op.forward))
                assert inner.args.vararg is not None  # the table's tests have called it
                body.names[inner.args.vararg.arg] = body.operands
                body.run(inner.body)
            case _:
                raise Opaque(f"the rule of {op.name} is neither a lambda nor a name")
        return tuple(body.statements)

    def function(self, function: Any, kinds: tuple[Kind, ...]) -> Function:
        """A function of the engine, for arguments of these kinds.

        Of a method they are those after `self`, whose numbers are parameters too: see `Body.own`.
        """
        if (function, kinds) not in self.functions:
            tree, body = source_of(function), Body(self, function)
            names = [x.arg for x in (*tree.args.args, tree.args.vararg) if x is not None]
            called = function.__name__
            if names[:1] == ["self"]:
                body.own, names = {}, names[1:]
                called = function.__qualname__.replace(".", "_")
            if len(names) != len(kinds):
                raise Opaque(f"{function.__name__} takes {len(names)} operands")
            parameters = [Name(*pair) for pair in zip(names, kinds, strict=True)]
            module = function.__module__.rpartition(".")[2]
            read = body.function(tree, module, called, parameters)
            self.functions[function, kinds] = read  # after those that it calls
        return self.functions[function, kinds]

    def inner(self, tree: ast.FunctionDef, outer: Body) -> Call:
        """The call of a function within another, with the names that it takes from there."""
        used = {x.id for x in ast.walk(tree) if isinstance(x, ast.Name)}
        free = {name: x for name, x in outer.names.items() if name in used}
        parameters = [Name(name, x.kind) for name, x in free.items()]
        function = outer.python
        name = f"{function.__name__}_{tree.name}"
        module = function.__module__.rpartition(".")[2]
        key = (name, tuple([x.kind for x in parameters]))
        if key not in self.functions:
            read = Body(self, function).function(tree, module, name, parameters)
            self.functions[key] = read
        return Call(self.functions[key], tuple(free.values()))


class Body:
    """A function's statements, being read."""

    def __init__(self, reader: Reader, python: Any) -> None:
        self.reader = reader
        self.python = python
        self.names: dict[str, Any] = {}
        self.statements: list[Statement] = []
        self.results: tuple[Kind, ...] | None = None
        self.own: dict[str, Name] | None = None  # in a method: self.lr is the number self_lr
        self.operands: Operands | None = None  # in the rule of a variadic operation
        self.refuses_statements = False  # where only an expression can stand
        self.makes_lists = False  # in memory: in such a rule, outside branches and loops
        self.counters = 0

    def function(
        self, tree: ast.FunctionDef, module: str, name: str, parameters: Sequence[Name]
    ) -> Function:
        """All of a function."""
        self.names |= {x.name: every(x) if x.kind is Kind.LIST else x for x in parameters}
        self.run(tree.body)
        if self.results is None:
            raise Opaque(f"{name} returns nothing")
        taken = (*parameters, *(self.own or {}).values())
        return Function(module, name.lstrip("_"), taken, tuple(self.statements), self.results)

    # Statements ---------------------------------------------------------------------------------

    def say(self, statement: Statement) -> None:
        if self.refuses_statements:
            raise Opaque("statements where there has to be one expression")
        self.statements.append(statement)

    def block(self, statements: Iterable[ast.stmt] | Callable[[], None]) -> tuple[Statement, ...]:
        """The statements within another."""
        outer, self.statements = self.statements, []
        makes_lists, self.makes_lists = self.makes_lists, False
        if callable(statements):
            statements()
        else:
            self.run(statements)
        found, self.statements = tuple(self.statements), outer
        self.makes_lists = makes_lists
        return found

    def run(self, statements: Iterable[ast.stmt]) -> None:
        for statement in statements:
            if not is_docstring(statement):
                self.statement(statement)

    def statement(self, statement: ast.stmt) -> None:
        match statement:
            case ast.Return(value=ast.expr() as value):
                self.leave(value)
            case ast.If(test=test, body=body, orelse=orelse):
                self.say(If(self.test(test), self.block(body), self.block(orelse)))
            case ast.While(test=test, body=body, orelse=[]):
                self.say(While(self.test(test), self.block(body)))
            case ast.For(target=target, iter=over, body=body, orelse=[]):
                self.loop(target, over, body)
            case ast.AugAssign(target=ast.Name(id=name), op=op, value=value):
                self.assign(name, self.arithmetic(op, self.names[name], self.value(value)))
            case ast.AnnAssign(target=ast.Name() as target, value=ast.expr() as value):
                self.bind(target, value)
            case ast.Assign(targets=[target], value=value):
                self.bind(target, value)
            case ast.FunctionDef(name=name, args=ast.arguments(args=[], vararg=None)):
                self.names[name] = Inner(statement)
            case ast.Try(body=body):  # what it mends, here: `round` raises nothing, lists are lists
                self.run(body)
            case ast.Expr(
                value=ast.Call(
                    func=ast.Attribute(value=ast.Name(id=name), attr="append"), args=[value]
                )
            ):
                self.say(Append(self.local_list(name), self.value(value)))
            case _:
                raise Opaque(f"this statement: {ast.unparse(statement)}")

    def leave(self, value: ast.expr) -> None:
        """A return."""
        if self.operands is not None:
            self.append_all(self.any(value))
            return
        if isinstance(value, ast.Tuple):
            values = tuple([self.value(x) for x in value.elts])
            results = tuple([x.kind for x in values])
        else:
            values = (self.value(value, many=True),)
            found = values[0]
            results = found.function.results if isinstance(found, Call) else (found.kind,)
        if self.results not in (None, results):
            raise Opaque(f"{self.python.__name__} gives now this, now that")
        self.results = results
        self.say(Return(values))

    def append_all(self, found: Any) -> None:
        """What a rule gives for all operands."""
        for part in found.items if isinstance(found, Parts) else [found]:
            self.fill(RESULT, part)

    def bind(self, target: ast.expr, value: ast.expr) -> None:
        """An assignment to one name, or to several."""
        match target, value:
            case ast.Name(id=name), _:
                self.keep(name, self.any(value))
            case ast.Tuple(elts=[ast.Starred(value=ast.Name(id=xs)), ast.Name(id=out)]), ast.Name():
                operands = self.names[value.id]
                if not isinstance(operands, Operands):
                    raise Opaque(f"this assignment: {ast.unparse(target)} = {value.id}")
                self.names |= {xs: every(operands.xs), out: operands.out}
            case ast.Tuple(elts=targets), ast.Tuple(elts=values):
                self.bind_each([name_of(x) for x in targets], [self.any(x) for x in values])
            case ast.Tuple(elts=targets), ast.Call():
                call = self.value(value, many=True)
                if not isinstance(call, Call) or len(call.function.results) != len(targets):
                    raise Opaque(f"this assignment: {ast.unparse(target)} = {ast.unparse(value)}")
                kinds = call.function.results
                pairs = zip(map(name_of, targets), kinds, strict=True)
                names = [None if name == "_" else Name(name, kind) for name, kind in pairs]
                self.names |= {x.name: x for x in names if x is not None}
                self.say(Unpack(tuple(names), call))
            case _:
                raise Opaque(f"this assignment: {ast.unparse(target)} = {ast.unparse(value)}")

    def bind_each(self, targets: Sequence[str], values: Sequence[Any]) -> None:
        """a, b = x, y, one after the other; what is changed before it is used is kept first."""
        values = list(values)
        for i, name in enumerate(targets):
            for k, value in enumerate(values[i + 1 :], i + 1):
                if isinstance(value, Expression) and mentions(value, name):
                    kept = Name(f"{targets[k]}_next", value.kind)
                    self.say(Assign(kept, value))
                    values[k] = kept
            self.keep(name, values[i])

    def keep(self, name: str, value: Any) -> None:
        """A name for a number, a list or a part of one."""
        if isinstance(value, Expression):
            self.assign(name, value)
        elif isinstance(value, Parts) or value.view is None:
            if not self.makes_lists:
                raise Opaque(f"{name}, a list in memory: only rules of many operands make them")
            kept = Name(name, Kind.LIST)
            self.say(NewList(kept))
            for part in value.items if isinstance(value, Parts) else [value]:
                self.fill(kept, part)
            self.names[name] = every(kept)
        else:
            self.names[name] = value

    def assign(self, name: str, value: Expression) -> None:
        kept, before = Name(name, value.kind), self.names.get(name)
        if isinstance(before, Name) and before != kept:
            raise Opaque(f"{name} is a {before.kind.value}, and then a {value.kind.value}")
        self.names[name] = kept
        self.say(Assign(kept, value))

    def fill(self, kept: Name, part: Items) -> None:
        """All elements of a sequence, to the end of a list."""
        if part.length == ONE:
            self.say(Append(kept, part.at(ZERO)))
            return
        index = self.counter()
        body = self.block(lambda: self.say(Append(kept, part.at(index))))
        self.say(Count(index, part.length, body))

    def counter(self) -> Name:
        """A name for an index that the source does not name."""
        self.counters += 1
        return Name(f"i{self.counters}", Kind.INDEX)

    def loop(self, target: ast.expr, over: ast.expr, body: list[ast.stmt]) -> None:
        """A `for`: over constants, or over the elements of lists side by side."""
        if (rows := self.rows(over)) is not None:
            targets = target.elts if isinstance(target, ast.Tuple) else [target]
            names = [None if x == "_" else Name(x, Kind.NUMBER) for x in map(name_of, targets)]
            self.names |= {x.name: x for x in names if x is not None}
            self.say(Rows(tuple(names), rows, self.block(body)))
            return
        index = self.counter()
        if isinstance(over, ast.Call) and self.outside(over.func) is enumerate:
            assert isinstance(target, ast.Tuple)  # the place, and what stands there
            index = self.names[name_of(target.elts[0])] = Name(name_of(target.elts[0]), Kind.INDEX)
            target, over = target.elts[1], over.args[0]
        elements = self.side_by_side(over)
        targets = target.elts if isinstance(target, ast.Tuple) else [target]

        def once() -> None:
            for name, x in zip(map(name_of, targets), elements, strict=True):
                self.assign(name, x.at(index))
            self.run(body)

        shortest = reduce(smaller, [x.length for x in elements])
        self.say(Count(index, shortest, self.block(once)))

    def side_by_side(self, over: ast.expr) -> list[Items]:
        """The lists that a loop goes along: one, or those of a zip."""
        match over:
            case ast.Call(
                func=ast.Name("zip"), args=lists, keywords=[ast.keyword("strict", strict)]
            ):
                elements = [self.items(x) for x in lists]
                if ast.unparse(strict) == "True":  # then the first says how long all are
                    elements[1:] = [x._replace(length=elements[0].length) for x in elements[1:]]
                return elements
        return [self.items(over)]

    def rows(self, over: ast.expr) -> tuple[tuple[float, ...], ...] | None:
        """The constants that a loop goes through; None if it goes through something else."""
        if isinstance(over, ast.Tuple):
            return tuple([(self.constant(x),) for x in over.elts])
        if not isinstance(over, ast.Name) or over.id in self.names:
            return None
        rows = [x if isinstance(x, tuple) else (x,) for x in self.outside(over)]
        if not all(type(x) is float for row in rows for x in row):
            raise Opaque(f"{over.id} holds not only floats")
        return tuple(rows)

    def constant(self, tree: ast.expr) -> float:
        """An expression that is a constant."""
        x = self.value(tree)
        if not isinstance(x, Constant):
            raise Opaque(f"{ast.unparse(tree)} is no constant")
        return float(x.value)

    # Lists --------------------------------------------------------------------------------------

    def items(self, tree: ast.expr) -> Items:
        """An expression that is a list."""
        found = self.any(tree)
        if not isinstance(found, Items):
            raise Opaque(f"{ast.unparse(tree)} is no list that can be gone through")
        return found

    def any(self, tree: ast.expr) -> Any:
        """An expression, or what stands for a list: items, or parts."""
        match tree:
            case ast.Name(id=name) if isinstance(self.names.get(name), (Items, Operands)):
                return self.names[name]
            case ast.List(elts=elements):
                return self.parts(elements)
            case ast.BinOp(left=ast.List(elts=[one]), op=ast.Mult(), right=times):
                return Items(self.value(times), lambda _: self.element(one))
            case ast.ListComp(elt=value, generators=[ast.comprehension() as loop]):
                return self.comprehension(value, loop)
            case ast.Subscript(value=xs, slice=ast.Slice() as where):
                return self.cut(self.any(xs), where)
            case ast.Call(func=function, args=arguments) if not self.is_local(function):
                return self.items_from(self.outside(function), arguments, tree)
        return self.value(tree)

    def local_list(self, name: str) -> Name:
        """A list in memory."""
        found = self.names.get(name)
        if not isinstance(found, Items) or found.view is None:
            raise Opaque(f"{name} is no list in memory")
        return found.view.list

    def element(self, tree: ast.expr) -> Expression | None:
        return None if isinstance(tree, ast.Constant) and tree.value is None else self.value(tree)

    def parts(self, elements: Sequence[ast.expr]) -> Any:
        """[x, *ys]"""
        found: list[Items] = []
        for x in elements:
            if isinstance(x, ast.Starred):
                found.append(self.items(x.value))
            else:
                found.append(Items(ONE, lambda _, x=x: self.element(x)))  # type: ignore[misc]
        return Parts(tuple(found))

    def comprehension(self, value: ast.expr, loop: ast.comprehension) -> Items:
        """[f(x) for x in xs]"""
        xs, name = self.items(loop.iter), name_of(loop.target)

        def at(index: Expression) -> Any:
            before = self.names.get(name)
            self.names[name] = xs.at(index)
            found = self.element(value)
            del self.names[name]
            if before is not None:
                self.names[name] = before
            return found

        return Items(xs.length, at)

    def cut(self, xs: Any, where: ast.Slice) -> Items:
        """A slice. Of what a rule gets, all that ends before the result are operands."""
        if isinstance(xs, Operands):
            if where.upper is None or where.step is not None:
                raise Opaque("operands and their result in one list")
            xs = every(xs.xs)._replace(length=plus(Length(xs.xs), ONE))
        if where.step is not None:
            if (where.lower, where.upper, ast.unparse(where.step)) != (None, None, "-1"):
                raise Opaque("a slice with steps")
            return backwards(xs)
        start, stop = [None if x is None else self.place(x, xs) for x in (where.lower, where.upper)]
        return between(xs, start or ZERO, stop or xs.length)

    def place(self, tree: ast.expr, xs: Items) -> Expression:
        """An index, counted from the end where it is negative."""
        found = self.value(tree)
        if isinstance(found, Constant) and found.value < 0:
            return minus(xs.length, Constant(-found.value))
        return found

    def items_from(self, function: Any, arguments: Sequence[ast.expr], tree: ast.expr) -> Any:
        """What a function gives that is about lists."""
        if function is reversed:
            return backwards(self.items(arguments[0]))
        if function is listed:
            return self.items(arguments[1])
        if function in LISTS:
            return self.opened(function, self.items(arguments[0]))
        return self.value(tree)

    def opened(self, function: Any, xs: Items) -> Any:
        """The list that a function of a list gives, whose statements are read into this body."""
        tree = source_of(function)
        inner = Body(self.reader, function)
        inner.statements, inner.counters = self.statements, self.counters
        inner.makes_lists = self.makes_lists
        inner.names[tree.args.args[0].arg] = xs
        *body, last = tree.body
        inner.run(body)
        if not isinstance(last, ast.Return) or last.value is None:
            raise Opaque(f"{function.__name__} does not end with its result")
        self.counters = inner.counters
        return inner.any(last.value)

    # Expressions --------------------------------------------------------------------------------

    def outside(self, tree: ast.expr) -> Any:
        """What a name, or a chain of attributes, stands for outside the function."""
        return resolved(tree, self.python)

    def is_local(self, tree: ast.expr) -> bool:
        return isinstance(tree, ast.Name) and tree.id in self.names

    def value(self, tree: ast.expr, *, many: bool = False) -> Expression:
        """An expression, which has one value unless there may be `many`."""
        found = self.expression(tree)
        if isinstance(found, Call) and len(found.function.results) > 1 and not many:
            raise Opaque(f"{ast.unparse(tree)} has several values")
        return found

    def expression(self, tree: ast.expr) -> Expression:
        match tree:
            case ast.Constant(value=bool() | int() | float() as known):
                return Constant(known)
            case ast.Name(id=name) if name in self.names:
                return self.local(name)
            case ast.Attribute(value=ast.Name(id="self"), attr=attribute) if self.own is not None:
                return self.number_of_self(f"self_{attribute}")
            case ast.Name() | ast.Attribute():
                known = self.outside(tree)
                if type(known) is float:
                    return Constant(known)
            case ast.BinOp(left=left, op=ast.BitAnd() | ast.BitOr() as op, right=right):
                word = "and" if isinstance(op, ast.BitAnd) else "or"
                return Logic(word, (self.value(left), self.value(right)))
            case ast.BinOp(left=left, op=op, right=right):
                return self.arithmetic(op, self.value(left), self.value(right))
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                x = self.value(operand)
                return Constant(-x.value) if isinstance(x, Constant) else Negative(x)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return Not(self.value(operand))
            case ast.BoolOp(op=op, values=values):
                word = "and" if isinstance(op, ast.And) else "or"
                return Logic(word, tuple([self.value(x) for x in values]))
            case ast.Compare(left=left, ops=relations, comparators=others):
                xs = [self.value(x) for x in (left, *others)]
                pairs = zip(xs, relations, xs[1:], strict=False)
                tests = [self.relation(sign, x, y) for x, sign, y in pairs]
                return tests[0] if len(tests) == 1 else Logic("and", tuple(tests))
            case ast.IfExp(test=test, body=a, orelse=b):
                return Choice(self.test(test), *alike(self.value(a), self.value(b)))
            case ast.Subscript(value=xs, slice=ast.expr() as index):
                of = self.items(xs)
                element: Expression = of.at(self.place(index, of))
                return element
            case ast.Call(func=function, args=arguments, keywords=[]):
                return self.call(self.outside(function), arguments)
        raise Opaque(f"this expression: {ast.unparse(tree)}")

    def test(self, tree: ast.expr) -> Expression:
        """What decides: a number does as `bool` takes it."""
        found = self.value(tree)
        return Relation("!=", found, Constant(0.0)) if found.kind is Kind.NUMBER else found

    def number_of_self(self, name: str) -> Name:
        """A number that a method asks of its object, which becomes a parameter."""
        assert self.own is not None  # or there is no object
        return self.own.setdefault(name, Name(name, Kind.NUMBER))

    def local(self, name: str) -> Expression:
        """What a name in the function stands for."""
        found = self.names[name]
        if isinstance(found, Items) and found.view is not None:
            return found.view
        if isinstance(found, Expression):
            return found
        raise Opaque(f"{name} as a number")

    def branch(self, tree: ast.expr) -> Expression:
        """A branch of `where`, which may be a function."""
        if isinstance(tree, ast.Lambda):
            return self.value(tree.body)
        if isinstance(tree, ast.Name) and isinstance(self.names.get(tree.id), Inner):
            return self.reader.inner(self.names[tree.id].tree, self)
        return self.value(tree)

    def call(self, function: Any, arguments: Sequence[ast.expr]) -> Expression:
        """A call, of whatever it is."""
        if function is ops.where:
            test, a, b = arguments
            return Choice(self.value(test), *alike(self.branch(a), self.branch(b)))
        if function is ops.unless:
            raise Opaque("`unless` within an expression: it says that a whole edge is off")
        if function is len:
            found = self.any(arguments[0])
            operands = isinstance(found, Operands)  # which the result comes after
            return plus(Length(found.xs), ONE) if operands else self.items(arguments[0]).length
        if self.own is not None and arguments and is_called("self", arguments[0]):
            # A method of the same object, which asks it for numbers, too.
            xs = tuple([no_index(self.value(x)) for x in arguments[1:]])
            read = self.reader.function(function, tuple([x.kind for x in xs]))
            asked = [self.number_of_self(x.name) for x in read.parameters[len(xs) :]]
            return Call(read, (*xs, *asked))
        xs = tuple([no_index(self.value(x)) for x in arguments])
        if function in (max, min):  # Python's keep the first, also where nothing is the larger
            first, second = xs
            return Choice(Relation(">" if function is max else "<", second, first), second, first)
        if function in (float, int):  # of a number; int(x) of one that is whole
            return xs[0]
        if function is libm.divide:
            return Arithmetic("/", *xs)
        if (primitive := PRIMITIVES.get(function)) is not None:
            return Call(primitive, xs)
        if isinstance(function, Op):
            function = function.forward
        return Call(self.reader.function(function, tuple([x.kind for x in xs])), xs)

    def arithmetic(self, op: ast.operator, x: Expression, y: Expression) -> Expression:
        """An operation of Python's on two numbers, or on two indices."""
        if isinstance(op, ast.Pow) and isinstance(x, Constant) and isinstance(y, Constant):
            return Constant(float(x.value) ** y.value)
        x, y = alike(x, y)
        if x.kind is Kind.INDEX:
            sign = "//" if isinstance(op, ast.FloorDiv) else SIGNS[type(op)]
            known = {"+": plus, "-": minus}.get(sign)
            return known(x, y) if known else Arithmetic(sign, x, y)
        if (function := OF_FLOATS.get(type(op))) is not None:
            return Call(self.reader.function(function, (Kind.NUMBER, Kind.NUMBER)), (x, y))
        if type(op) not in SIGNS:
            raise Opaque(f"the operator {type(op).__name__}")
        return Arithmetic(SIGNS[type(op)], x, y)

    def relation(self, sign: ast.cmpop, x: Expression, y: Expression) -> Expression:
        """A comparison of two."""
        if type(sign) not in RELATIONS:
            raise Opaque(f"the relation {type(sign).__name__}")
        return Relation(RELATIONS[type(sign)], *alike(x, y))


# Small questions --------------------------------------------------------------------------------


def is_called(name: str, tree: ast.expr) -> bool:
    return isinstance(tree, ast.Name) and tree.id == name


def name_of(target: ast.expr) -> str:
    """The name that is assigned to."""
    if not isinstance(target, ast.Name):
        raise Opaque(f"this target: {ast.unparse(target)}")
    return target.id


def alike(x: Expression, y: Expression) -> tuple[Expression, Expression]:
    """Two expressions of one kind: a whole number beside a float is a float, too."""
    if x.kind is not y.kind:
        x, y = no_index(x), no_index(y)
    if x.kind is not y.kind:
        raise Opaque(f"a {x.kind.value} beside a {y.kind.value}")
    return x, y


def no_index(x: Expression) -> Expression:
    """An expression that is no index: a whole number in the source is a float."""
    if x.kind is not Kind.INDEX:
        return x
    if not isinstance(x, Constant):
        raise Opaque("an index as a number")
    return Constant(float(x.value))


def mentions(x: Any, name: str) -> bool:
    """Whether a name occurs in an expression."""
    if isinstance(x, Name):
        return x.name == name
    if isinstance(x, Call):
        return mentions(x.arguments, name)
    inside = x if isinstance(x, tuple) else vars(x).values() if isinstance(x, Expression) else ()
    return any(mentions(y, name) for y in inside)
