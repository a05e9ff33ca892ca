"""Programs: what is merged, folded and left out, and that no bit of a result changes by it."""

from __future__ import annotations

import itertools
import math
import sys
from fractions import Fraction
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given

from autograd import TraceError, Value, jit, where
from autograd.compiler import python
from autograd.compiler.lowering import lowered
from autograd.compiler.program import (
    AND,
    EQ,
    INPUT,
    LT,
    NOT,
    OR,
    SELECT,
    Builder,
    Output,
    Program,
    merged,
)
from autograd.compiler.python import Code
from autograd.compiler.trace import traced
from autograd.core import ops
from autograd.core.operation import Op, Variadic
from autograd.testing import TABLE, Expression, expressions
from tests.compiler.same import same
from tests.test_edges import points as edges

if TYPE_CHECKING:
    from collections.abc import Callable

NUMBERS = (-math.inf, -2.0, -1.0, -5e-324, -0.0, 0.0, 5e-324, 1.0, 3.0, 1e308, math.inf, math.nan)


def program_of(f: Callable[..., Any], count: int) -> Program:
    """The program of a function, merged."""
    return merged(traced(lambda xs: ([f(*xs)], None), [0.5 + i for i in range(count)]).program)


def steps(f: Callable[..., Any], count: int = 1) -> list[str]:
    """The names of the operations that are left of a function."""
    return [x.op.name for x in program_of(f, count).instructions if x.op is not INPUT]


@pytest.mark.parametrize(
    ("f", "left"),
    [
        (lambda x: x * 1.0, []),
        (lambda x: 1.0 * x, []),
        (lambda x: x / 1.0, []),
        (lambda x: x - 0.0, []),
        (lambda x: x + -0.0, []),
        (lambda x: ops.neg(-x), []),
        (lambda x: +x, []),
        (lambda x: x**1.0, []),
        (lambda x: x * -1.0, ["neg"]),
        (lambda x: 1.0 + -x, ["sub"]),
        (lambda x: 1.0 - -x, ["add"]),
        (lambda x: -x + 1.0, ["sub"]),
        (lambda x: ops.square(x), ["mul"]),
        (lambda x: ops.reciprocal(x), ["div"]),
        (lambda x: ops.lowered_pow(x, 3.0, 1.0, 0.0), ["pow"]),
        (lambda x: where(True, x, 2.0), []),
        (lambda x: x + 0.0, ["add"]),
        (lambda x: x * 0.0, ["mul"]),
        (lambda x: x - x, ["sub"]),
        (lambda x: x / x, ["div"]),
        (lambda x: 0.0 - x, ["sub"]),
    ],
)
def test_only_what_keeps_every_bit_is_left_out(f: Callable[..., Any], left: list[str]) -> None:
    assert steps(f) == left
    code = Code(program_of(f, 1))
    for x in NUMBERS:
        expected = f(Value(x))
        assert same(code([x])[0], expected.data), x


def test_what_is_asked_for_twice_is_computed_once() -> None:
    assert steps(lambda x, y: ops.exp(x * y) + ops.exp(x * y), 2) == ["mul", "exp", "add"]


def test_zeros_of_either_sign_and_registers_are_not_mixed_up() -> None:
    def f(x: Any, y: Any) -> Any:
        return (x / 0.0) - (x / -0.0) + y / 1.5 + (1.0 / x) * (y / x) + ops.div(0.0, y)

    code = Code(program_of(f, 2))
    for x, y in itertools.product(NUMBERS, repeat=2):
        assert same(code([x, y])[0], f(Value(x), Value(y)).data), (x, y)


def test_constants_are_computed_in_advance() -> None:
    assert steps(lambda x: x * (Value(2.0) + 3.0)) == ["mul"]
    assert program_of(lambda x: x * (Value(2.0) + 3.0), 1).constants() == [5.0]


def test_what_nobody_needs_is_left_out() -> None:
    def f(x: Any) -> Any:
        _ = ops.exp(x) * 3.0
        return x * 2.0

    assert steps(f) == ["mul"]


@pytest.mark.parametrize("one", [1, True, Fraction(1)], ids=repr)
def test_a_branch_that_is_no_float_is_a_constant_and_no_register(one: Any) -> None:
    f = jit(lambda x, y: where(x > 0.0, one, y))
    assert (f(2.0, 5.0), f(-2.0, 5.0)) == (1.0, 5.0)


def of_runs(f: Any) -> Any:
    """The program of a function that is traced without a look at what is around it."""
    return traced(lambda xs: ([f(*xs)], None), [2.0]).program


def test_two_runs_may_differ_in_what_the_result_does_not_need() -> None:
    rng = Random(1)

    def f(x: Any) -> Any:
        _ = x * rng.random()
        return x * 2.0

    assert len(of_runs(f).instructions) == 2


@pytest.mark.parametrize("numbers", [(0.0, -0.0), (1.0, 2.0)], ids=repr)
def test_two_runs_with_other_constants_are_told_apart(numbers: tuple[float, float]) -> None:
    given = itertools.cycle(numbers)
    with pytest.raises(TraceError, match="traced twice, the function used"):
        of_runs(lambda x: x * next(given))


def test_two_runs_with_nan_are_the_same() -> None:
    signs = itertools.cycle([1.0, -1.0])  # of nan, which no program keeps
    assert of_runs(lambda x: x * math.copysign(math.nan, next(signs)))


def test_conditions_are_simplified() -> None:
    builder = Builder(merging=True)
    x, y = builder.input(), builder.input()
    p, q = builder.emit(LT, (x, y)), builder.emit(EQ, (x, y))
    off = builder.emit(NOT, (p,))
    assert builder.emit(NOT, (off,)) == p
    assert builder.emit(AND, (p, p)) == builder.emit(OR, (p, p)) == p
    assert builder.emit(AND, (p, off)) is False
    assert builder.emit(OR, (off, p)) is True
    assert builder.emit(AND, (True, q)) == builder.emit(OR, (q, False)) == q
    assert builder.emit(SELECT, (p, x, x)) == x
    assert builder.emit(SELECT, (off, x, y)) == builder.emit(SELECT, (p, y, x))
    assert builder.emit(LT, (1.0, 2.0)) is True


def test_a_decision_is_guarded_once() -> None:
    builder = Builder(merging=False)
    p = builder.emit(LT, (builder.input(), 1.0))
    off = builder.emit(NOT, (p,))
    assert builder.guard(p, True, "here") is True
    assert builder.guard(off, False, "there") is False
    assert [(guard.predicate, guard.outcome, guard.number) for guard in builder.guards] == [
        (p, True, 0)
    ]


# Source -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "op", [x for x in TABLE if not isinstance(x, Variadic)], ids=lambda x: x.name
)
def test_the_lowered_code_of_an_operation_is_its_forward_function(op: Op) -> None:
    if lowered(op) is None:
        pytest.skip("called, for it has a loop or an exception in it")
    builder = Builder(merging=False)
    xs = tuple([builder.input() for _ in op.rules])
    code = Code(builder.program([Output(builder.emit(op, xs))]))
    for point in edges(op.name):
        assert same(code(point)[0], op.forward(*point)), point


def test_long_programs_are_cut_into_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(python, "PIECE", 3)

    @given(expressions(domain=False))
    def check(f: Expression) -> None:
        program = traced(lambda xs: ([f(*xs), *xs], None), f.point).program
        found = Code(program)(f.point)
        assert same(found[0], f(*map(Value, f.point)).data)
        assert all(map(same, found[1:], f.point))

    check()


def test_a_long_program_may_be_of_a_function_called_like_a_result(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def v1(x: Any, y: Any) -> Any:
        for i in range(4):
            x = ops.sin(x) * y if x > -9.0 else x
            x = x * x + float(i)
        return x

    monkeypatch.setattr(python, "PIECE", 3)
    assert jit(v1)(0.5, 0.7) == v1(Value(0.5), 0.7).data


def test_the_name_of_a_file_may_hold_anything() -> None:
    namespace: dict[str, Any] = {}
    code = compile("def f(x):\n    return x if x > 0 else -x", "a\nb \udcff.py", "exec")
    exec(code, namespace)
    f = jit(namespace["f"])
    assert [f(2.0), f(-2.0), f(3.0)] == [2.0, 2.0, 3.0]


def test_chains_and_sums_of_any_length_compile() -> None:
    n = 5000

    def f(x: Any) -> Any:
        y = x
        for _ in range(n):
            y = y * 0.5 + x
        return y + ops.sum([x] * n) + ops.prod([x] * n) + ops.dot([x] * n, [x] * n)

    assert sys.getrecursionlimit() < n
    assert jit(f)(1.0) == f(Value(1.0)).data


def test_negative_numbers_infinities_and_nan_stand_in_the_source() -> None:
    f = jit(lambda x: [x * -2.0, x - -3.0, x + math.inf, x * math.nan, x / -1e300, -(x * -0.0)])
    found = f(1.0)
    assert found[:3] == [-2.0, 4.0, math.inf]
    assert math.isnan(found[3])
    assert found[4:] == [-1e-300, 0.0]


def test_the_graph_of_a_program_is_a_record() -> None:
    w = Value(2.0)
    f = jit(lambda x: {"out": ops.exp(w * x)})
    out = f.graph(0.0)["out"]
    assert out.op is ops.exp
    assert [x.label for x in out.parents[0].parents] == ["", "x0"]
    assert out.parents[0].parents[0] is w
