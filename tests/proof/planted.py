"""Mistakes planted in the derivatives, and which of our own checks finds them.

    python -m tests.proof.planted              all of them, half a minute
    python -m tests.proof.planted tanh div     those in two operations, one by one

A checker that never fails proves nothing. So every derivative that the engine knows is made wrong,
in every way that people get derivatives wrong, one mistake at a time:

    sign      a derivative, or one of its terms, is negated
    factor    it is doubled
    dropped   it does not arrive, or one of its terms is missing
    swapped   two operands stand in each other's place: of the rule, inside it, or its rule is that
              of the other operand
    added     it arrives where nothing should flow

and the checks that hold the operation must fail. Mistakes in a rule of the table meet the accuracy
measurement against mpmath, gradcheck at order 2, and the conventions at kinks and edges. Mistakes
in the operators that `Value` has written out by hand meet the tests that hold these to the table.
A few mistakes are none: the mutant is the same function. These are in `SAME`, with the reasons.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import itertools
import math
import operator
import sys
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from random import Random
from time import perf_counter
from typing import TYPE_CHECKING, Any

from autograd import Value
from autograd.calculus.chain import number
from autograd.core import ops, value
from autograd.core.operation import Op, Variadic
from benchmarks.command import must_be_known, needed
from benchmarks.figures import table

with needed(__name__):
    from mpmath import mp

    from autograd.core.ops import SHIFTS
    from autograd.testing import assert_partials
    from tests.proof.accuracy import DIGITS, ORACLES, bars, errors, operations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from types import ModuleType

KINDS = ("sign", "factor", "dropped", "swapped", "added")
POINTS = 24  # at which the accuracy measurement looks
OPERATOR = "Value"  # what an operator's checks are: those of the class

# Functions beside the table in which rules do part of their work, and whose rules use them.
PARTS = ("pow_x", "chosen", "over_length")

# Rules by which nothing flows: there is nothing to negate, double, drop or swap.
ABSENT = (ops.absent, *ops.largest.rules)


def loaded(name: str) -> ModuleType:
    """A file of tests: what it checks is run here, and not written a second time.

    It is imported when it is first needed, for some of these files import this folder.
    """
    return import_module(f"tests.{name}")


# A mistake ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mistake:
    """One wrong derivative: where it is, what is wrong, and how to plant it."""

    place: str  # "div by y", "pow_x", "Value.__mul__"
    kind: str
    change: str  # what the derivative becomes
    owner: Any  # the object that has the attribute to replace ...
    attribute: str
    wrong: Any  # ... by this
    subjects: tuple[str, ...]  # the operations whose checks must fail

    def __str__(self) -> str:
        return f"{self.place}: {self.change}"

    @contextmanager
    def planted(self) -> Iterator[None]:
        """The engine with this mistake, for the length of a block."""
        right = vars(self.owner)[self.attribute]
        setattr(self.owner, self.attribute, self.wrong)
        try:
            yield
        finally:
            setattr(self.owner, self.attribute, right)


# Changes of an expression ------------------------------------------------------------------------


def mistaken(tree: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Copies of a piece of source with one mistake inside: its kind, and the copy."""
    for i, node in enumerate(ast.walk(tree)):
        for kind, changed in wrong_nodes(node):
            copy = deepcopy(tree)
            place = next(itertools.islice(ast.walk(copy), i, None))
            yield kind, ast.fix_missing_locations(Replaced(place, changed).visit(copy))


class Replaced(ast.NodeTransformer):
    """The tree with another node in the place of one."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> Any:
        return self.new if node is self.old else self.generic_visit(node)


def wrong_nodes(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """What may come out when somebody gets one operation of a formula wrong."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)):
        left, right = node.left, node.right
        if any(isinstance(x, ast.Constant) and type(x.value) is int for x in (left, right)):
            return  # arithmetic of positions in a list: formulas are in floats
        minus = isinstance(node.op, ast.Sub)
        yield "dropped", left
        yield "dropped", ast.UnaryOp(ast.USub(), right) if minus else right
        yield "sign", ast.BinOp(left, ast.Add() if minus else ast.Sub(), right)
        if minus:
            yield "swapped", ast.BinOp(right, node.op, left)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Div, ast.Pow)):
        yield "swapped", ast.BinOp(node.right, node.op, node.left)
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        if not isinstance(node.ops[0], (ast.Eq, ast.NotEq)):
            yield "swapped", ast.Compare(node.comparators[0], node.ops, [node.left])
    elif isinstance(node, ast.Call) and called(node) not in ("unless", "len", "type", "zip"):
        first = 1 if called(node) == "where" else 0  # the condition is no operand
        for i, j in itertools.combinations(range(first, len(node.args)), 2):
            if ast.unparse(node.args[i]) != ast.unparse(node.args[j]):
                yield "swapped", ast.Call(node.func, exchanged(node.args, i, j), node.keywords)


def called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ""


def exchanged(xs: Iterable[Any], i: int, j: int) -> list[Any]:
    xs = list(xs)
    xs[i], xs[j] = xs[j], xs[i]
    return xs


# Mistakes in the table ---------------------------------------------------------------------------


def in_rules(name: str) -> Iterator[Mistake]:
    """Every mistake in the rules of an operation."""
    op, sources = operations()[name], decorated()[name]
    operands = names(op)
    for i, (rule, source) in enumerate(zip(op.rules, sources, strict=True)):
        if rule is None:
            continue
        if rule in ABSENT:
            found = [added(op)]
        elif isinstance(op, Variadic):
            found = [*in_lists(rule, len(point(name))), *rewritten(source)]
        else:
            found = [*in_calls(rule, operands), *rewritten(source)]
        for kind, change, wrong in found:
            by = "" if isinstance(op, Variadic) else f" by {operands[i]}"
            rules = (*op.rules[:i], wrong, *op.rules[i + 1 :])
            yield Mistake(f"{name}{by}", kind, change, op, "rules", rules, (name,))
    free = [i for i, rule in enumerate(op.rules) if rule is not None]
    for i, j in itertools.combinations(free, 2):
        if op.rules[i] is op.rules[j]:
            continue
        change = f"the rules for {operands[i]} and {operands[j]} exchanged"
        rules = tuple(exchanged(op.rules, i, j))
        yield Mistake(name, "swapped", change, op, "rules", rules, (name,))


def added(op: Op) -> tuple[str, str, Any]:
    """A derivative of 1 where nothing flows."""
    if isinstance(op, Variadic):
        return "added", "all arrive", lambda *xs: [1.0] * (len(xs) - 1)
    return "added", "arrives", lambda *_: 1.0


def in_calls(rule: Any, operands: Sequence[str]) -> Iterator[tuple[str, str, Any]]:
    """Mistakes in a rule as a whole: what becomes of it, and the wrong rule."""
    yield "sign", "negated", lambda *xs: unless_none(rule(*xs), lambda p: -p)
    yield "factor", "doubled", lambda *xs: unless_none(rule(*xs), lambda p: 2.0 * p)
    yield "dropped", "nothing arrives", lambda *_: None
    yield "dropped", "its own derivative is lost", lambda *xs: rule(*map(number, xs))
    for i, j in itertools.combinations(range(len(operands)), 2):
        change = f"called with {operands[i]} and {operands[j]} exchanged"
        yield "swapped", change, lambda *xs, i=i, j=j: rule(*exchanged(xs, i, j))


def in_lists(rule: Any, count: int) -> Iterator[tuple[str, str, Any]]:
    """Mistakes in single derivatives of a rule that gives a list of them."""

    def with_one(i: int, change: Callable[[Any], Any]) -> Any:
        def wrong(*xs: Any) -> list[Any]:
            partials = list(rule(*xs))
            return [change(p) if k == i else p for k, p in enumerate(partials)]

        return wrong

    for i in range(count):
        yield "sign", f"[{i}] negated", with_one(i, lambda p: unless_none(p, lambda p: -p))
        yield "factor", f"[{i}] doubled", with_one(i, lambda p: unless_none(p, lambda p: 2.0 * p))
        yield "dropped", f"[{i}] does not arrive", with_one(i, lambda p: None)
    yield "dropped", "their own derivatives are lost", lambda *xs: rule(*map(number, xs))
    for i, j in itertools.combinations(range(count), 2):
        change = f"[{i}] and [{j}] exchanged"
        yield "swapped", change, lambda *xs, i=i, j=j: exchanged(rule(*xs), i, j)


def unless_none(partial: Any, change: Callable[[Any], Any]) -> Any:
    return None if partial is None else change(partial)


def rewritten(source: ast.AST) -> Iterator[tuple[str, str, Any]]:
    """Mistakes inside a rule: its source is parsed, changed and compiled again."""
    for kind, tree in mistaken(source):
        yield kind, shown(tree), compiled(tree, vars(ops))


def shown(tree: ast.AST) -> str:
    """The changed part: the body of a lambda or what a function returns."""
    if isinstance(tree, ast.Lambda):
        return ast.unparse(tree.body)
    statements = [ast.unparse(x) for x in tree.body if not is_docstring(x)]  # type: ignore[attr-defined]
    return "; ".join(statements).replace("\n", " ")


def is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def compiled(tree: Any, names: dict[str, Any]) -> Any:
    """The function that a lambda or a def gives, among these names."""
    if isinstance(tree, ast.Lambda):
        return eval(compile(ast.Expression(tree), "<planted>", "eval"), names)
    made: dict[str, Any] = {}
    exec(compile(ast.Module([tree], []), "<planted>", "exec"), names, made)
    return made[tree.name]


def in_parts() -> Iterator[Mistake]:
    """Mistakes in the functions that several rules share."""
    for part in PARTS:
        users = tuple(name for name in decorated() if part in uses(name))
        for kind, change, wrong in rewritten(functions()[part]):
            yield Mistake(part, kind, change, ops, part, wrong, users)


def uses(name: str) -> set[str]:
    """The names in the rules of an operation."""
    nodes = itertools.chain.from_iterable(map(ast.walk, filter(None, decorated()[name])))
    return {node.id for node in nodes if isinstance(node, ast.Name)}


@cache
def functions() -> dict[str, ast.FunctionDef]:
    """The source of every function beside and in the table."""
    tree = ast.parse(inspect.getsource(ops))
    found = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return {node.name: node for node in found if not has_decorator(node, "overload")}


def has_decorator(node: ast.FunctionDef, name: str) -> bool:
    return any(isinstance(x, ast.Name) and x.id == name for x in node.decorator_list)


@cache
def decorated() -> dict[str, list[Any]]:
    """The source of the rules of every operation: lambdas, functions, or None."""
    return {
        node.name: [rule_source(x) for x in call.args]
        for node in functions().values()
        for call in node.decorator_list
        if isinstance(call, ast.Call) and called(call) == "entry"
    }


def rule_source(node: ast.expr) -> ast.AST | None:
    if isinstance(node, ast.Name):
        return functions()[node.id]
    return node if isinstance(node, ast.Lambda) else None


def names(op: Op) -> tuple[str, ...]:
    code = op.forward.__code__
    return code.co_varnames[: code.co_argcount]


# Mistakes in the operators -----------------------------------------------------------------------


def in_operators() -> Iterator[Mistake]:
    """Mistakes in the operators of `Value`: in those written out, which say the derivatives to
    `node`, and in those that call the table with two operands."""
    names = {f"__{name}__" for name in dir(operator)}
    for node in ast.parse(inspect.getsource(Value)).body[0].body:  # type: ignore[attr-defined]
        if isinstance(node, ast.FunctionDef) and node.name.replace("__r", "__") in names:
            for kind, change, tree in in_method(node):
                wrong = compiled(ast.fix_missing_locations(tree), vars(value))
                place = f"{OPERATOR}.{node.name}"
                yield Mistake(place, kind, change, Value, node.name, wrong, (OPERATOR,))


DX, DY = 4, 6  # their places among the arguments of `node`, each after its operand


def in_method(method: ast.FunctionDef) -> Iterator[tuple[str, str, ast.FunctionDef]]:
    """Mistakes in what a method says of its operands: derivatives, and who is who."""
    nodes = list(ast.walk(method))

    def with_node(i: int, new: ast.AST) -> ast.FunctionDef:
        copy = deepcopy(method)
        old = next(itertools.islice(ast.walk(copy), i, None))
        return Replaced(old, new).visit(copy)  # type: ignore[no-any-return]

    for i, node in enumerate(nodes):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "dy":
            assert isinstance(node.value, ast.IfExp)
            yield from in_derivative("dy", nodes, node.value.body, with_node)
        elif isinstance(node, ast.Call) and called(node) == "node":
            for name, place in (("dx", DX), ("dy", DY)):
                derivative = node.args[place]
                if ast.unparse(derivative) not in ("None", "dy"):
                    yield from in_derivative(name, nodes, derivative, with_node)
            for name, place in (("operands", DX - 1), ("derivatives", DX)):
                new = ast.Call(node.func, exchanged(node.args, place, place + 2), [])
                if isinstance(node.args[DY - 1], ast.Constant):  # one operand
                    continue
                if ast.unparse(new) != ast.unparse(node):
                    yield "swapped", f"{name} exchanged: {ast.unparse(new)}", with_node(i, new)
        elif isinstance(node, ast.Call) and (called(node).isupper() or called(node) == "applied"):
            last = len(node.args) - 1
            new = ast.Call(node.func, exchanged(node.args, last - 1, last), [])
            yield "swapped", ast.unparse(new), with_node(i, new)


def in_derivative(
    name: str, nodes: list[ast.AST], right: ast.expr, with_node: Callable[[int, ast.AST], Any]
) -> Iterator[tuple[str, str, ast.FunctionDef]]:
    """Mistakes in a derivative that a method states."""
    wrong: list[tuple[str, Any]] = [
        ("sign", ast.UnaryOp(ast.USub(), right)),
        ("factor", ast.BinOp(ast.Constant(2.0), ast.Mult(), right)),
        ("dropped", ast.Constant(None)),
        *mistaken(right),
    ]
    for kind, new in wrong:
        new = ast.fix_missing_locations(new)
        yield kind, f"{name} = {ast.unparse(new)}", with_node(nodes.index(right), new)


# The checks --------------------------------------------------------------------------------------


def point(name: str) -> tuple[float, ...]:
    """A point of the accuracy measurement."""
    return ORACLES[name].points(Random(name))


def inaccurate(name: str) -> bool:
    """Whether the accuracy measurement against mpmath fails."""
    rng, allowed = Random(name), bars(name)
    with mp.workdps(DIGITS):
        for _ in range(POINTS):
            found = errors(name, ORACLES[name].points(rng))
            if any(ulps > allowed[order] for order, _, ulps in found):
                return True
    return False


def refuted(name: str) -> bool:
    """Whether gradcheck of order 2 fails, at ordinary points of the domain."""
    op = operations()[name]
    if op in SHIFTS:  # which leave a derivative out on purpose
        return False
    for xs in loaded("test_ops").points(op, 2):
        assert_partials(op, xs)
    return False


def unconventional(name: str) -> bool:
    """Whether a convention at a kink, at an edge or for a step does not hold."""
    op, tests = operations()[name], loaded("test_ops")
    for f, *case in tests.CONVENTIONS:
        if f is op:
            tests.test_the_convention_holds(f, *case)
    if op in tests.STEPS:
        tests.test_nothing_flows_through_a_step(op, 2.0)
    return not alike_at_both_zeros(op)


def alike_at_both_zeros(op: Op) -> bool:
    """Whether a derivative at -0.0 is that at 0.0, where 0 is the edge of the domain.

    The two zeros are one number. Only at a pole, of lgamma and of the derivative of cbrt, each has
    the slope of its own side.
    """
    if len(op.rules) != 1 or 0.0 not in op.domain[0] or op in (ops.lgamma, ops.dcbrt):
        return True
    (one,), (other,) = (op.partials([x], op.forward(x), [True]) for x in (0.0, -0.0))
    return bool(one == other)


def wrong_at_edges(name: str) -> bool:
    """Whether a number at an edge, of order 0 to 2, is not that of tests/data/edges.txt."""
    tests = loaded("test_edges")
    return any(True for point in tests.points(name) for _ in tests.mistakes(name, point))


FLOATS = (1.5, -0.75, 0.0, -0.0, 3.0, 0.5, 1e200, -math.inf, math.nan)


def departs(name: str) -> bool:
    """Whether an operator of `Value` leaves another record than its entry of the table."""
    tests = loaded("test_value")
    for x in FLOATS:
        for prefix in tests.PREFIX:
            inner(tests.test_a_prefix_operator_is_its_entry_to_the_last_bit)(prefix, x)
        for symbol, y in itertools.product(tests.INFIX, FLOATS):
            for test in (
                tests.test_an_operator_between_values_is_its_entry_to_the_last_bit,
                tests.test_an_operator_with_a_constant_is_its_entry_to_the_last_bit,
                tests.test_a_reflected_operator_is_its_entry_to_the_last_bit,
                tests.test_an_operator_gives_the_same_number_without_recording,
            ):
                inner(test)(symbol, x, y)
    return False


def inner(test: Any) -> Any:
    """The test that hypothesis calls with what it has drawn."""
    return test.hypothesis.inner_test


OF_RULES: dict[str, Callable[[str], bool]] = {
    "accuracy": inaccurate,
    "gradcheck": refuted,
    "conventions": unconventional,
    "edges": wrong_at_edges,
}
OF_OPERATORS: dict[str, Callable[[str], bool]] = {"operators": departs}


def fails(check: Callable[[str], bool], name: str) -> bool:
    """Whether a check of an operation fails; an error inside the engine is a failure too."""
    try:
        return check(name)
    except NameError:
        raise  # a mutant that is no program is our own mistake
    except Exception:
        return True


def caught_by(mistake: Mistake) -> Iterator[str]:
    """The checks that fail with this mistake planted."""
    checks = OF_OPERATORS if mistake.subjects == (OPERATOR,) else OF_RULES
    for name, check in checks.items():
        with mistake.planted():
            caught = any(fails(check, subject) for subject in mistake.subjects)
        if caught:
            yield name


# Mistakes that are none ---------------------------------------------------------------------------

LOST = "its own derivative is lost"

# Why a mutant is the same function, and the mutants of which that is true.
SAME: dict[str, tuple[str, ...]] = {
    "the derivative is constant, piece by piece, and has no derivative to lose": (
        *[f"{name} by {x}: {LOST}" for name in ("add", "sub", "mod") for x in "xy"],
        *[f"{name} by {x}: {LOST}" for name in ("maximum", "minimum") for x in "xy"],
        *[f"{name} by x: {LOST}" for name in ("neg", "pos", "relu", "abs", "shifted")],
        *[f"clip by {x}: {LOST}" for x in ("x", "low", "high")],
        *[f"select by {x}: {LOST}" for x in "ab"],
        "sum: their own derivatives are lost",
    ),
    "the derivative is 1 or -1, whatever the operands are": (
        *[f"{name} by {x}: called with x and y exchanged" for name in ("add", "sub") for x in "xy"],
        *[f"{name} by x: called with x and y exchanged" for name in ("mod", "shifted")],
        "add: the rules for x and y exchanged",
    ),
    "the rule looks at the condition alone": (
        *[f"select by {x}: called with a and b exchanged" for x in "ab"],
    ),
    "the rule looks at the result alone": ("exp_shifted by x: called with x and y exchanged",),
    "x <= high and low <= high is symmetric in x and low": (
        "clip by high: called with x and low exchanged",
    ),
    "share(x, y) * share(y, x) is symmetric": (
        *[f"share by {x}: called with x and y exchanged" for x in "xy"],
        "share by x: dshare(y, x)",
        "share by y: -dshare(y, x)",
    ),
    "a length is symmetric": (
        "turn by x: over_length(over_length(square(cosine(y, x)) - square(cosine(x, y)), x, y),"
        " y, x)",
        "turn by x: over_length(over_length(square(cosine(y, x)) - square(cosine(x, y)), y, x),"
        " x, y)",
        "over_length: return where((x == 0.0) & (y == 0.0), 0.0,"
        " lambda: div(numerator, hypot(y, x)))",
    ),
}

SAME_FUNCTION = frozenset(itertools.chain.from_iterable(SAME.values()))


# The report --------------------------------------------------------------------------------------


def mistakes() -> Iterator[Mistake]:
    """Every mistake there is to plant."""
    for name in operations():
        yield from in_rules(name)
    yield from in_parts()
    yield from in_operators()


Outcome = tuple[Mistake, list[str]]  # a mistake, and the checks that caught it


def plant(chosen: Iterable[Mistake]) -> list[Outcome]:
    """Plant each mistake, and run every check that holds its operation."""
    return [(mistake, list(caught_by(mistake))) for mistake in chosen]


def missed(outcomes: Iterable[Outcome]) -> list[Mistake]:
    """The mistakes that no check caught, though they are some."""
    return [m for m, checks in outcomes if not checks and str(m) not in SAME_FUNCTION]


def summary(outcomes: Sequence[Outcome]) -> str:
    """How many mistakes of each kind were planted, and how many each check caught."""
    every = (*OF_RULES, *OF_OPERATORS)
    rows = []
    for kind in (*KINDS, "all"):
        of = [(m, checks) for m, checks in outcomes if kind in (m.kind, "all")]
        same = sum(str(m) in SAME_FUNCTION for m, _ in of)
        caught = [checks for _, checks in of if checks]
        by = [str(sum(check in checks for checks in caught)) for check in every]
        share = f"{100.0 * len(caught) / (len(of) - same):.0f} %" if len(of) > same else ""
        rows.append([kind, str(len(of)), str(same), str(len(caught)), share, *by])
    return table(("mistake", "planted", "same function", "caught", "", *every), rows)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.proof.planted",
        description="Plant mistakes in derivatives, and see which checks find them.",
    )
    parser.add_argument("names", nargs="*", metavar="operation", help="which ones (default: all)")
    names = parser.parse_args().names
    must_be_known(parser, "operation", names, operations())
    began = perf_counter()
    chosen = itertools.chain.from_iterable(map(in_rules, names)) if names else mistakes()
    outcomes = plant(chosen)
    if names:
        for mistake, checks in outcomes:
            same = "the same function" if str(mistake) in SAME_FUNCTION else "MISSED"
            print(f"{mistake.kind:8} {mistake}: {', '.join(checks) or same}")
    print(summary(outcomes))
    if not names:
        print("\nMutants that are the same function, because")
        for reason, listed in SAME.items():
            print(f"  {reason}:", *listed, sep="\n    ")
    print(f"\nmissed: {', '.join(map(str, missed(outcomes))) or 'none'}")
    print(f"{perf_counter() - began:.0f} s")
    return 1 if missed(outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
