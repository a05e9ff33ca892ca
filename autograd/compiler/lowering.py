"""Lowering: the float code of an operation, taken from the source of its forward function.

What an operation computes is written down once, in `ops.py`, as Python on floats. Here it is read
as a syntax tree, and calls within it are opened as far as they are simple: assignments, choices,
early returns. What is left are C functions, and Python functions with loops, which are called.
"""

from __future__ import annotations

import ast
import math
import re
from copy import deepcopy
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd.compiler.writers.source import Opaque, is_docstring, resolved, source_of
from autograd.core import ops
from autograd.core.operation import Op, Variadic
from autograd.numbers import libm, special

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST = 60  # lines: where there are more, a call costs less than compiling them again and again
OURS: dict[str, ModuleType] = {"ops": ops, "special": special, "libm": libm}


class Lowered(NamedTuple):
    """The Python code of an operation: lines, and an expression for the result.

    In both, {0}, {1} ... stand for the operands, {out} for the name of the result if there are
    lines, and {n} for a number that makes names unique. `counts` says how often each operand
    occurs: one that occurs once may be any expression. A `closed` result needs no parentheses.
    Where libm's functions are those of C's library the code may raise ArithmeticError or
    ValueError at the edges, and is then not the right one.
    """

    lines: tuple[str, ...]
    result: str
    counts: tuple[int, ...]
    closed: bool


LOWERED: dict[Op, Lowered | None] = {}  # of the table's operations, which never change


def lowered(op: Op) -> Lowered | None:
    """The code of an operation of the table; None where its function has to be called."""
    if op not in LOWERED:
        try:
            LOWERED[op] = Opening().operation(op)
        except Opaque:
            LOWERED[op] = None
    return LOWERED[op]


class Opening:
    """One function being opened, and in it the functions that it calls."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.instances = 0

    def operation(self, op: Op) -> Lowered:
        """The code of an operation with a fixed number of operands."""
        if isinstance(op, Variadic) or op.forward.__globals__ is not vars(ops):
            raise Opaque
        operands = [f"X{i}X" for i in range(len(op.rules))]
        (result,) = self.opened(op.forward, operands, "")
        if len(self.lines) > LONGEST:
            raise Opaque
        closed = isinstance(ast.parse(result, mode="eval").body, (ast.Call, ast.Name))
        text = "\n".join([*self.lines, result])
        if self.lines and result.isidentifier():
            text = re.sub(rf"\b{result}\b", "{out}", text)
        counts = tuple([text.count(x) for x in operands])
        *lines, result = re.sub(r"X(\d+)X", r"{\1}", text).replace("NNN", "{n}").split("\n")
        return Lowered(tuple(lines), result, counts, closed)

    def opened(self, function: Any, arguments: list[str], indent: str) -> list[str]:
        """Expressions for what a function returns, after the lines that compute them."""
        tree = source_of(function)
        body = [x for x in tree.body if not is_docstring(x)]
        names = [x.arg for x in tree.args.args]
        if len(names) != len(arguments):
            raise Opaque
        self.instances += 1
        scope = Scope(self, function, self.instances, indent)
        assigned = {name for x in ast.walk(tree) for name in assigned_names(x)}
        for name, argument in zip(names, arguments, strict=True):
            if name in assigned:
                scope.assign(name, argument)
            else:
                scope.names[name] = argument
        if len(body) == 1 and isinstance(body[0], ast.Return):
            return scope.returned(body[0])
        if not any(isinstance(x, ast.If) and returns(x) for x in body):
            scope.statements(body[:-1])
            if not isinstance(body[-1], ast.Return):
                raise Opaque
            return scope.returned(body[-1])
        scope.results = []
        scope.statements(body)
        return scope.results


class Scope:
    """The names of one opened function."""

    def __init__(self, opening: Opening, function: Any, instance: int, indent: str) -> None:
        self.opening = opening
        self.function = function
        self.instance = instance
        self.indent = indent
        self.names: dict[str, str] = {}
        self.results: list[str] | None = None  # names for what is returned from several places

    def line(self, text: str) -> None:
        self.opening.lines.append(self.indent + text)

    def unique(self, name: str) -> str:
        """A name that is in no other function that is opened, and in no other program."""
        return f"{name.strip('_')}_{self.instance}_NNN"

    def assign(self, name: str, expression: str) -> None:
        """A line that gives a name to what an expression is."""
        self.line(f"{self.unique(name)} = {expression}")
        self.names[name] = self.unique(name)

    def statements(self, body: list[ast.stmt]) -> None:
        """The lines of some statements, one after the other."""
        for i, statement in enumerate(body):
            if isinstance(statement, ast.Return):
                self._leave(statement)
                return
            if isinstance(statement, ast.If) and returns(statement):
                rest = body[i + 1 :]  # of either branch, unless that has left before
                self._branches(statement.test, [*statement.body, *rest], [*statement.orelse, *rest])
                return
            self._statement(statement)

    def _statement(self, statement: ast.stmt) -> None:
        if isinstance(statement, ast.If):
            self._branches(statement.test, statement.body, statement.orelse)
        elif isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
            name = statement.target
            together = ast.BinOp(ast.Name(name.id, ast.Load()), statement.op, statement.value)
            self.assign(name.id, self.text(together))
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            assert statement.value is not None  # the engine declares nothing without assigning it
            self.assign(statement.target.id, self.text(statement.value))
        elif isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target = statement.targets[0]
            if isinstance(target, ast.Name):
                self.assign(target.id, self.text(statement.value))
            elif isinstance(target, ast.Tuple):
                parts = self.parts(statement.value)
                names = [x.id for x in target.elts if isinstance(x, ast.Name)]
                if not len(names) == len(parts) == len(target.elts):
                    raise Opaque
                targets = [self.unique(name) for name in names]
                self.line(f"{', '.join(targets)} = {', '.join(parts)}")
                self.names.update(zip(names, targets, strict=True))
            else:
                raise Opaque
        else:
            raise Opaque

    def _branches(self, test: ast.expr, body: list[ast.stmt], rest: list[ast.stmt]) -> None:
        self.line(f"if {self.text(test)}:")
        outer, before = self.indent, dict(self.names)
        for branch in body, rest:
            if branch is rest:
                if not rest:
                    break
                self.line("else:")
            self.indent = outer + "    "
            self.names = dict(before)
            self.statements(branch)
            self.indent = outer
        self.names |= before

    def _leave(self, statement: ast.Return) -> None:
        """Keep what one of several returns gives."""
        assert self.results is not None  # opened() has seen to it
        parts = self.returned(statement)
        if not self.results:
            self.results += [self.unique(f"out{i}") for i in range(len(parts))]
        self.line(f"{', '.join(self.results)} = {', '.join(parts)}")

    def returned(self, statement: ast.Return) -> list[str]:
        """The expressions of a return."""
        if statement.value is None:
            raise Opaque
        return self.parts(statement.value)

    def parts(self, value: ast.expr) -> list[str]:
        """The expressions of a tuple, or of a call that returns one."""
        if isinstance(value, ast.Tuple):
            return [self.text(x) for x in value.elts]
        if isinstance(value, ast.Call):
            return self.call(value)
        return [self.text(value)]

    def text(self, expression: ast.expr) -> str:
        """An expression, with this function's names replaced and its calls opened."""
        return ast.unparse(Written(self).visit(deepcopy(expression)))

    def call(self, call: ast.Call) -> list[str]:
        """A call: opened if that is possible."""
        function = resolved(call.func, self.function)
        arguments = [self.text(x) for x in call.args]
        if call.keywords or any(isinstance(x, ast.Starred) for x in call.args):
            raise Opaque
        if (direct := direct_call(function, arguments)) is not None:
            return [direct]
        mark = len(self.opening.lines)
        atoms = [x if is_atom(x) else self._named(x) for x in arguments]
        try:
            return self.opening.opened(function, atoms, self.indent)
        except Opaque:
            del self.opening.lines[mark:]
            return [f"{qualified(function)}({', '.join(arguments)})"]

    def _named(self, expression: str) -> str:
        self.opening.instances += 1
        name = f"t_{self.opening.instances}_NNN"
        self.line(f"{name} = {expression}")
        return name


class Written(ast.NodeTransformer):
    """Turns the expressions of a function into expressions of a program."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self.scope.names:
            return ast.parse(self.scope.names[node.id], mode="eval").body
        return self._constant(node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        return self._constant(node)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        parts = self.scope.call(node)
        if len(parts) != 1:
            raise Opaque
        return ast.parse(parts[0], mode="eval").body

    def _constant(self, node: ast.expr) -> ast.expr:
        number = resolved(node, self.scope.function)
        if type(number) is not float:
            raise Opaque
        if number != number or number in (math.inf, -math.inf):
            return ast.parse(str(number), mode="eval").body
        return (
            ast.Constant(number)
            if number >= 0.0
            else ast.UnaryOp(ast.USub(), ast.Constant(-number))
        )


# Small questions ----------------------------------------------------------------------------------


def direct_call(function: Any, arguments: list[str]) -> str | None:
    """The call of a C function; None if it is none."""
    listed = ", ".join(arguments)
    if function is libm.divide:
        return f"({arguments[0]}) / ({arguments[1]})"
    if function is libm.hypot:
        return f"abs(complex({listed}))"
    if isinstance(function, FunctionType) and function.__globals__ is vars(libm):
        return f"{function.__name__}({listed})" if hasattr(math, function.__name__) else None
    if isinstance(function, (BuiltinFunctionType, type)):
        return f"{function.__name__}({listed})"
    return None


def qualified(function: Any) -> str:
    """A function of the engine, as programs call it."""
    for name, module in OURS.items():
        if isinstance(function, FunctionType) and function.__globals__ is vars(module):
            entry = isinstance(vars(module)[function.__name__], Op)
            return f"{name}.{function.__name__}" + ".forward" * entry
    raise Opaque


def returns(statement: ast.stmt) -> bool:
    """Whether there is a return somewhere in a statement."""
    return any(isinstance(x, ast.Return) for x in ast.walk(statement))


def assigned_names(node: ast.AST) -> Iterator[str]:
    """The names that a node of the tree assigns."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id


def is_atom(text: str) -> bool:
    """Whether an expression is a name or a number: it can stand in many places at no cost."""
    return re.fullmatch(r"\w+|\d+\.\d+", text) is not None
