"""A program gives the bits that the engine gives: for expressions, edges, and every operation."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given

from autograd import Value, grad, gradients, hessian, jit
from autograd.calculus.trees import flatten
from autograd.compiler.program import INPUT, Logic
from autograd.compiler.trace import traced
from autograd.core.operation import Op, Variadic
from autograd.testing import TABLE, Expression, apply, expressions
from tests.compiler.same import alike, assert_alike, plain, same
from tests.test_edges import points as edges, rules

every_operation = pytest.mark.parametrize("op", TABLE, ids=lambda op: op.name)


def called(op: Op, static: dict[int, float]) -> Any:
    """An operation as a function of its operands that are not static."""

    def call(*xs: Any) -> Any:
        given = iter(xs)
        count = len(xs) + len(static)
        return apply(op, tuple([static[i] if i in static else next(given) for i in range(count)]))

    return call


# Expressions --------------------------------------------------------------------------------------


@given(expressions(domain=False))
def test_an_expression_has_the_same_value(f: Expression) -> None:
    program = jit(f)
    expected = f(*map(Value, f.point)).data
    for _ in range(3):  # traced, run, and run the short way
        assert same(program(*f.point), expected)


@given(expressions(domain=False))
def test_an_expression_has_the_same_gradient(f: Expression) -> None:
    every = tuple(range(len(f.point)))
    gradient = grad(f, every)
    program = jit(gradient)
    assert_alike(program(*f.point), gradient(*f.point))
    assert_alike(program(*f.point), gradient(*f.point))


def chooses(op: Op) -> bool:
    """Whether the derivatives of an operation are written with `where` or `unless`."""
    count = 3 if isinstance(op, Variadic) else len(op.rules)
    static = {i: 1.0 for i, rule in enumerate(op.rules) if rule is None}
    every = tuple(range(count - len(static)))
    for transform in grad, hessian:
        derivative = transform(called(op, static), every)
        trace = traced(lambda xs, f=derivative: flatten(f(*xs)), [0.5 + 0.1 * i for i in every])
        if any(isinstance(x.op, Logic) and x.op is not INPUT for x in trace.program.instructions):
            return True
    return False


STRAIGHT = [op for op in TABLE if not chooses(op)]


@given(expressions(ops=STRAIGHT, domain=False, max_operations=8))
def test_an_expression_has_the_same_second_derivatives(f: Expression) -> None:
    for i in range(len(f.point)):
        second = grad(grad(f, i), tuple(range(len(f.point))))
        assert_alike(jit(second)(*f.point), second(*f.point))


@given(expressions(max_operations=8))
def test_where_a_rule_chooses_second_derivatives_are_the_same_to_rounding(f: Expression) -> None:
    # A branch that is computed and not taken may change the order in which terms are added up.
    every = tuple(range(len(f.point)))
    found, expected = plain(jit(hessian(f, every))(*f.point)), plain(hessian(f, every)(*f.point))
    largest = max(1.0, *[abs(x) for x in expected if math.isfinite(x)])
    for x, y in zip(found, expected, strict=True):
        assert alike(x, y) or abs(x - y) <= 1e-9 * largest


@given(expressions(domain=False, max_operations=8))
def test_a_compiled_node_has_the_derivatives_of_the_record(f: Expression) -> None:
    xs, ys = [*map(Value, f.point)], [*map(Value, f.point)]
    out, expected = jit(f)(*xs), f(*ys)
    assert same(out.data, expected.data)
    for x, y in zip(xs, ys, strict=True):
        one, other = gradients(out, x), gradients(expected, y)
        assert alike(one.data, other.data)
        for u, v in zip(xs, ys, strict=True):
            assert alike(gradients(one, u).data, gradients(other, v).data)


@given(expressions(domain=True))
def test_a_program_traced_elsewhere_is_right_here(f: Expression) -> None:
    program = jit(f)
    program(*[0.5 for _ in f.point])
    program(*[-3.0 for _ in f.point])
    assert same(program(*f.point), f(*map(Value, f.point)).data)


# Edges --------------------------------------------------------------------------------------------


def derivatives(op: Op, static: dict[int, float], xs: list[Value]) -> list[float]:
    """Value, first and second derivatives, as the engine gives them."""
    out = called(op, static)(*xs)
    if not isinstance(out, Value):
        return [out]
    first = gradients(out, xs)
    return [out.data, *[dx.data for dx in first]] + [
        dxy.data for dx in first for dxy in gradients(dx, xs)
    ]


@every_operation
def test_every_edge_is_the_same_up_to_second_derivatives(op: Op) -> None:
    programs: dict[tuple[tuple[int, float], ...], Any] = {}
    for point in edges(op.name):
        static = {
            i: x
            for i, (x, rule) in enumerate(zip(point, rules(op.name), strict=True))
            if rule is None
        }
        free = [x for i, x in enumerate(point) if i not in static]
        key = tuple((i, repr(x)) for i, x in static.items())
        if key not in programs:
            programs[key] = jit(called(op, static))
        expected = derivatives(op, static, [*map(Value, free)])
        program = programs[key]
        assert same(program(*free), expected[0]), point
        xs = [*map(Value, free)]
        out = program(*xs)
        first = gradients(out, xs)
        found = [out.data, *[dx.data for dx in first]]
        found += [dxy.data for dx in first for dxy in gradients(dx, xs)]
        assert all(map(alike, found, expected)), (point, found, expected)


# The table ----------------------------------------------------------------------------------------


@every_operation
def test_no_operation_of_the_table_is_called_back(op: Op) -> None:
    count = 3 if isinstance(op, Variadic) else len(op.rules)
    static = {i: 1.0 for i, rule in enumerate(op.rules) if rule is None}
    f = jit(called(op, static))
    f(*[0.5] * (count - len(static)))
    assert f.report().called_back == []
    assert "op0" not in f.source
