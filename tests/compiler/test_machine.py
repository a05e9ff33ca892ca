"""Machine code gives the bits that Python source gives, for every operation, row and batch."""

from __future__ import annotations

import gc
import math
import random
import subprocess
import sys
import threading
from array import array
from ctypes import c_double
from functools import cache
from typing import TYPE_CHECKING, Any
from weakref import ref

import numpy as np
import pytest
from hypothesis import given, settings

from autograd import (
    Value,
    erf,
    exp,
    grad,
    gradients,
    hessian,
    jit,
    log,
    op,
    relu,
    round as rounded,
    sin,
    tanh,
    where,
)
from autograd.calculus.trees import flatten
from autograd.compiler import clib, code, engine, kernel, machine
from autograd.compiler.clib import Missing, address
from autograd.compiler.code import Room
from autograd.compiler.engine import Loaded
from autograd.compiler.floats import quotient, remainder, rounded as to_digits, rounded_up
from autograd.compiler.table import Table
from autograd.core.operation import Op, Variadic
from autograd.testing import TABLE, Expression, expressions
from tests.compiler.same import alike, alone, assert_alike, plain, same
from tests.compiler.test_same_bits import called
from tests.test_edges import points as edges, rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

every_operation = pytest.mark.parametrize("op", TABLE, ids=lambda op: op.name)

EXAMPLES = settings.default.max_examples
GRAPHS = EXAMPLES if EXAMPLES < 100 else 5 * EXAMPLES  # 500 in the slow suite
SIZES = (1, 7, 8, 9, 1000)


def to_second_order(f: Any, count: int) -> Any:
    """The value of f, its gradient and its second derivatives, as one function."""
    every = tuple(range(count))
    return lambda *xs: (f(*xs), grad(f, every)(*xs), hessian(f, every)(*xs))


def rows_of(found: Any) -> list[tuple[float, ...]]:
    """What `map` gives for a structure of numbers, row by row."""
    listed = flatten(found)[0]
    assert isinstance(found, tuple)
    columns = len(listed) // len(found[0])
    count = len(found[0])
    return list(zip(*[listed[count * j : count * (j + 1)] for j in range(columns)], strict=True))


def is_machine_code(f: Any) -> bool:
    return "LLVM" in f.report().backend


# Operations ---------------------------------------------------------------------------------------


def points_of(op: Op) -> Iterator[tuple[dict[int, float], list[list[float]]]]:
    """Points of an operation, edges among them, for each choice of its static operands."""
    groups: dict[str, tuple[dict[int, float], list[list[float]]]] = {}
    for point in edges(op.name):
        pairs = zip(point, rules(op.name), strict=True)
        static = {i: x for i, (x, rule) in enumerate(pairs) if rule is None}
        _, points = groups.setdefault(f"{len(point)} {static}", (static, []))
        points.append([x for i, x in enumerate(point) if i not in static])
    dice = random.Random(op.name)
    for static, points in groups.values():
        width = len(points[0])
        points += [[drawn(dice) for _ in range(width)] for _ in range(40)]
        yield static, points


def drawn(dice: random.Random) -> float:
    size = dice.choice(
        [dice.random(), dice.uniform(0.0, 50.0), 10.0 ** dice.uniform(-300.0, 300.0)]
    )
    return dice.choice([-1.0, 1.0]) * size


@every_operation
def test_every_edge_has_the_bits_of_python_source_up_to_second_derivatives(op: Op) -> None:
    for static, points in points_of(op):
        f = to_second_order(called(op, static), len(points[0]))
        columns = [list(column) for column in zip(*points, strict=True)]
        expected = rows_of(jit(f, backend="python").map(*columns))
        rows, alone = jit(f, backend="llvm"), jit(f, backend="llvm")
        for point, found, wanted in zip(points, rows_of(rows.map(*columns)), expected, strict=True):
            assert all(map(same, found, wanted)), point
            assert all(map(same, plain(alone(*point)), wanted)), point


@every_operation
def test_every_operation_is_machine_code(op: Op) -> None:
    count = 3 if isinstance(op, Variadic) else len(op.rules)
    static = {i: 1.0 for i, rule in enumerate(op.rules) if rule is None}
    width = count - len(static)
    f = jit(to_second_order(called(op, static), width), backend="llvm")
    f.map(*[[0.5, 0.25]] * width)
    f(*[0.5] * width)
    assert f.report().backend.count("LLVM") == 1
    assert "no machine code" not in f.report().backend


def test_an_operation_of_a_user_stays_in_python() -> None:
    @op(lambda x, out: 2.0 * x)
    def doubled(x: float) -> float:
        return x * x

    f = jit(lambda x: doubled(x) + 1.0, backend="llvm")
    assert f.map([1.0, 2.0]) == [2.0, 5.0]
    assert "no machine code: doubled is called in Python" in repr(f.report())


@pytest.mark.parametrize("digits", [-22, -3, -1, 0, 1, 2, 7, 22])
def test_rounding_is_that_of_python(digits: int) -> None:
    dice = random.Random(digits)
    xs = [0.5, 1.5, 2.5, 2.675, -0.05, 1e22, 123456.5, 1e-5, -0.0, math.inf, math.nan, 5e21]
    xs += [drawn(dice) for _ in range(500)] + [dice.uniform(-1e6, 1e6) for _ in range(500)]
    found = jit(lambda x: rounded(x, float(digits)), backend="llvm").map(xs)
    expected = [rounded(x, float(digits)) for x in xs]
    assert all(map(same, found, expected))


@pytest.mark.parametrize("seed", range(5))
def test_what_python_computes_is_written_in_operations_of_c(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(2000):
        x, y, digits = drawn(dice), drawn(dice), dice.randint(0, 22)
        assert same(remainder(x, y), x % y)
        assert same(quotient(x, y), x // y)
        assert same(to_digits(x, 10.0**digits), round(x, digits))
        if digits > 0 and abs(x) < 1e300:
            assert same(rounded_up(x, 10.0**digits), round(x, -digits))


# Expressions --------------------------------------------------------------------------------------


@settings(max_examples=GRAPHS)
@given(expressions(domain=False, max_operations=12))
def test_an_expression_has_the_same_bits_in_every_row(f: Expression) -> None:
    dice = random.Random(repr(f.point))
    rows = [list(f.point)] + [
        [dice.choice([x, -x, drawn(dice)]) for x in f.point] for _ in range(8)
    ]
    rows[4] = [math.nan] * len(f.point)
    program = jit(f, backend="llvm")
    columns = [list(column) for column in zip(*rows, strict=True)]
    found = program.map(*columns)
    for row, out in zip(rows, found, strict=True):
        assert same(out, f(*map(Value, row)).data)
        assert same(program(*row), out)


@settings(max_examples=GRAPHS)
@given(expressions(domain=False, max_operations=8))
def test_an_expression_has_the_same_derivatives_in_every_row(f: Expression) -> None:
    count = len(f.point)
    dice = random.Random(repr(f.point))
    rows = [list(f.point)] + [[drawn(dice) for _ in f.point] for _ in range(9)]
    columns = [list(column) for column in zip(*rows, strict=True)]
    both = to_second_order(f, count)
    found = rows_of(jit(both, backend="llvm").map(*columns))
    expected = rows_of(jit(both, backend="python").map(*columns))
    for row, out, other in zip(rows, found, expected, strict=True):
        assert all(map(same, out, other)), row
        xs = [*map(Value, row)]
        f(*xs).backward()
        assert all(map(alike, out[1 : 1 + count], [x.grad for x in xs])), row


# Batches ------------------------------------------------------------------------------------------


def wavy(x: Any, y: Any) -> Any:
    return tanh(x) * y + relu(sin(x * y)) / (1.0 + y * y)


def columns_of(count: int) -> tuple[list[float], list[float]]:
    dice = random.Random(count)
    return [dice.gauss(0.0, 2.0) for _ in range(count)], [
        dice.gauss(0.0, 2.0) for _ in range(count)
    ]


@pytest.mark.parametrize("count", [*SIZES, 1024, 1025, 3000])
def test_all_rows_are_mapped(count: int) -> None:
    xs, ys = columns_of(count)
    found = jit(wavy, backend="llvm").map(xs, ys)
    assert found == [wavy(x, y) for x, y in zip(xs, ys, strict=True)]


@pytest.mark.parametrize("count", [*SIZES, 1024, 1025, 3000])
def test_all_rows_are_added_up(count: int) -> None:
    xs, ys = columns_of(count)
    w = [Value(0.5), Value(-0.25), Value(2.0)]

    def f(x: Any, y: Any) -> Any:
        return wavy(w[0] * x, w[1] * y) * w[2]

    out = jit(f, backend="llvm").sum(xs, ys)
    terms = [f(x, y) for x, y in zip(xs, ys, strict=True)]
    size = sum(abs(term.data) for term in terms)
    assert out.data == pytest.approx(math.fsum(t.data for t in terms), abs=1e-16 * count * size)
    out.backward()
    found = [x.grad for x in w]
    for x in w:
        x.grad = 0.0
    for term in terms:
        term.backward()
    assert found == pytest.approx([x.grad for x in w], rel=1e-12)


def test_no_rows_are_an_error() -> None:
    f = jit(wavy, backend="llvm")
    for call in f.map, f.sum, f.mean:
        with pytest.raises(ValueError, match="there are no rows"):
            call([], [])
        with pytest.raises(ValueError, match="there are no rows"):
            call(np.empty(0), np.empty(0))


def test_a_row_of_nan_spoils_no_other() -> None:
    xs, ys = columns_of(20)
    xs[3] = ys[11] = math.nan
    found = jit(wavy, backend="llvm").map(xs, ys)
    for x, y, out in zip(xs, ys, found, strict=True):
        assert same(out, wavy(x, y))
        assert (out != out) == (x != x or y != y)


ARRAYS: dict[str, Callable[[Any], Any]] = {
    "as they are": lambda x: x,
    "every third": lambda x: np.repeat(x, 3)[::3],
    "backwards": lambda x: x[::-1].copy()[::-1],
    "float32": lambda x: x.astype(np.float32),
    "whole numbers": lambda x: x.astype(int),
    "of another byte order": lambda x: x.astype(">f8"),
    "one for all": lambda x: np.broadcast_to(x[0], x.shape),
    "read only": lambda x: frozen(x),
    "lists": lambda x: x.tolist(),
}


def frozen(x: Any) -> Any:
    x = x.copy()
    x.setflags(write=False)
    return x


@pytest.mark.parametrize("kind", ARRAYS)
def test_arrays_of_all_kinds_are_rows(kind: str) -> None:
    xs, ys = [ARRAYS[kind](np.array(column)) for column in columns_of(100)]
    f = jit(wavy, backend="llvm")
    expected = [wavy(float(x), float(y)) for x, y in zip(xs, ys, strict=True)]
    assert list(f.map(xs, ys)) == expected
    assert f.sum(xs, ys) == pytest.approx(sum(expected), rel=1e-13)


def test_rows_of_arrays_and_results_that_are_arrays() -> None:
    table = np.arange(60.0).reshape(20, 3) / 7.0
    f = jit(lambda row: {"double": 2.0 * row, "sum": row.sum()}, backend="llvm")
    found = f.map(table[:, ::-1])
    assert np.array_equal(found["double"], 2.0 * table[:, ::-1])
    assert found["sum"] == pytest.approx(table.sum(axis=1))
    assert is_machine_code(f)


def test_what_was_added_up_is_remembered_though_an_array_changes() -> None:
    w, xs = Value(2.0), np.array([1.0, 2.0, 3.0])
    out = jit(lambda x: (w * x) ** 3, backend="llvm").sum(xs)
    xs[:] = 0.0
    second = gradients(gradients(out, w), w)
    assert second.data == pytest.approx(6.0 * 2.0 * (1.0 + 8.0 + 27.0))


def test_rows_that_go_another_way_are_right_too() -> None:
    def f(x: Any) -> Any:
        if x > 1.0:
            return x * 3.0
        return -x if x < -1.0 else x * x

    w = Value(2.0)
    xs = columns_of(100)[0]
    program = jit(f, backend="llvm")
    assert program.map(xs) == [f(x) for x in xs]
    out = jit(lambda x: f(x) * w, backend="llvm").sum(xs)
    out.backward()
    assert out.data == pytest.approx(2.0 * sum(f(x) for x in xs))
    assert w.grad == pytest.approx(sum(f(x) for x in xs))
    assert len(program.report().paths) == 3


def test_a_gradient_that_is_switched_off_in_all_rows_is_absent() -> None:
    w, b = Value(1.0), Value(3.0)
    f = jit(lambda x: relu(w * x) + where(x > 0.0, b * x, 0.0), backend="llvm")
    assert f.sum([-1.0] * 9).partials == (None, None)
    assert f.sum([-1.0] * 8 + [2.0]).partials == (2.0, 2.0)


def test_what_is_masked_leaks_nothing() -> None:
    f = jit(lambda x: where(x > 0.0, lambda: 1.0 / x, 0.0), backend="llvm")
    assert f.map([2.0, 0.0, 4.0]) == [0.5, 0.0, 0.25]
    slope = jit(grad(lambda x: where(x > 0.0, lambda: 1.0 / x, 0.0)), backend="llvm")
    assert slope.map([2.0, 0.0, -4.0]) == [-0.25, 0.0, 0.0]


def test_values_from_outside_are_read_afresh() -> None:
    w = Value(2.0)
    f = jit(lambda x: w * x, backend="llvm")
    assert f.sum([1.0, 2.0]).data == 6.0
    w.data = 3.0
    assert f.sum([1.0, 2.0]).data == 9.0
    assert f(2.0).data == 6.0


# Threads ------------------------------------------------------------------------------------------


def test_sums_do_not_depend_on_the_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "WORTH_A_THREAD", 1)
    w = [Value(0.5), Value(1.5), Value(-2.0)]
    columns = columns_of(5000)
    answers = set()
    for threads in 1, 2, 3, None:
        f = jit(lambda x, y: wavy(w[0] * x, w[1] * y) * w[2], backend="llvm", threads=threads)
        out = f.mean(*columns)
        answers.add((out.data, out.partials))
        plain_f = jit(wavy, backend="llvm", threads=threads)
        assert plain_f.map(*columns) == [wavy(x, y) for x, y in zip(*columns, strict=True)]
    assert len(answers) == 1


def test_many_threads_may_call_at_once() -> None:
    f = jit(wavy, backend="llvm")
    columns = columns_of(500)
    expected = [wavy(x, y) for x, y in zip(*columns, strict=True)]
    wrong = []

    def work() -> None:
        for _ in range(20):
            if f.map(*columns) != expected or f(1.0, 2.0) != wavy(1.0, 2.0):
                wrong.append(threading.get_ident())

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not wrong


# When there is machine code -----------------------------------------------------------------------


@alone
def test_it_is_made_when_enough_rows_have_been_computed() -> None:
    f = jit(wavy)
    columns = columns_of(1000)
    for _ in range(2):
        f.map(*columns)
        assert not is_machine_code(f)
    f.map(*columns)
    assert is_machine_code(f)
    small = jit(wavy)
    for _ in range(10_000):
        small(1.0, 2.0)
    assert not is_machine_code(small)


def test_python_alone_and_machine_code_alone_can_be_asked_for() -> None:
    columns = columns_of(5000)
    python, llvm = jit(wavy, backend="python"), jit(backend="llvm")(wavy)
    assert python.map(*columns) == llvm.map(*columns)
    assert not is_machine_code(python)
    assert is_machine_code(llvm)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"backend": "c"}, ValueError, "backend must be 'auto', 'python' or 'llvm', got 'c'"),
        ({"threads": 0}, ValueError, "threads must be a whole number from 1, or None, got 0"),
        ({"fastmath": 1}, TypeError, "fastmath must be True or False"),
    ],
    ids=["backend", "threads", "fastmath"],
)
def test_options_that_make_no_sense_are_errors(
    options: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        jit(wavy, **options)


@alone
def test_a_long_program_is_made_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "LONGEST", 40)
    monkeypatch.setattr(kernel, "PIECE", 20)
    monkeypatch.setattr(kernel, "BLOCK", 7)
    monkeypatch.setattr(machine, "PAYS", 10)

    def f(x: Any, y: Any) -> Any:
        for _ in range(20):
            if x + y > 100.0:
                return x
            x, y = sin(x) * y + relu(y), where(x < y, x, y * 0.5) + 0.1
        return x * y

    both = grad(f, (0, 1))
    program, python = jit(both), jit(both, backend="python")
    columns = columns_of(9)
    expected = python.map(*columns)
    reports = []
    for _ in range(12):
        assert_alike(program.map(*columns), expected)
        reports.append(program.report().backend)
    assert "pieces made" in reports[2]
    assert "pieces" not in reports[-1]
    assert is_machine_code(program)
    assert_alike(jit(both, backend="llvm")(1.5, -0.5), both(1.5, -0.5))


def test_a_long_program_is_not_optimised_and_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code, "MOST_OPTIMISED", 0)
    f = jit(wavy, backend="llvm")
    columns = columns_of(50)
    assert f.map(*columns) == [wavy(x, y) for x, y in zip(*columns, strict=True)]
    assert "not optimised" in f.report().backend


# Where there is none ------------------------------------------------------------------------------


@alone
def test_without_llvmlite_python_source_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    take_llvmlite_away(monkeypatch)
    monkeypatch.setattr(machine, "PAYS", 1)
    f = jit(wavy)
    columns = columns_of(200)
    assert f.map(*columns) == [wavy(x, y) for x, y in zip(*columns, strict=True)]
    (line,) = [x for x in repr(f.report()).splitlines() if "no machine code" in x]
    assert "llvmlite is not installed; pip install 'pencilgrad[jit]' installs it" in line


def test_who_asks_for_machine_code_without_llvmlite_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    take_llvmlite_away(monkeypatch)
    with pytest.raises(ImportError, match=r"backend='llvm'.* llvmlite is not installed; pip"):
        jit(wavy, backend="llvm")


@alone
def test_with_a_broken_llvmlite_python_source_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_what_is_there(monkeypatch)
    monkeypatch.setattr(machine, "PAYS", 1)

    def broken(self: Loaded, code: str, level: int = 1) -> None:
        raise RuntimeError("no target")

    monkeypatch.setattr(Loaded, "__init__", broken)
    f = jit(wavy)
    columns = columns_of(200)
    assert f.map(*columns) == [wavy(x, y) for x, y in zip(*columns, strict=True)]
    assert "llvmlite does not work here: RuntimeError: no target" in repr(f.report())


def take_llvmlite_away(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_what_is_there(monkeypatch)
    monkeypatch.setitem(sys.modules, "llvmlite", None)
    monkeypatch.setitem(sys.modules, "llvmlite.binding", None)


def forget_what_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `trouble` find out anew, for this test."""
    for name in "binding", "the_driver", "trouble":
        fresh = cache(getattr(engine, name).__wrapped__)
        monkeypatch.setattr(engine, name, fresh)
    monkeypatch.setattr(code, "trouble", engine.trouble)


def test_a_c_library_with_other_numbers_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clib, "python", lambda name: lambda *xs: 0.1)
    with pytest.raises(Missing, match=r"exp\(0.0,\) of the C library is 1.0, and 0.1 in Python"):
        address.__wrapped__("exp")


# Memory -------------------------------------------------------------------------------------------


def test_code_is_freed_with_its_function() -> None:
    f = jit(wavy, backend="llvm")
    f.map([1.0], [2.0])
    machines = [m for m in f.report().paths[0].unit.machines() if m._code is not None]
    loaded = [ref(piece) for m in machines for piece in m._code.pieces]
    assert all(piece() is not None for piece in loaded)
    del f, machines
    gc.collect()
    assert loaded
    assert all(piece() is None for piece in loaded)


COMPILED_AND_DROPPED = """
import gc
from autograd import jit, sin

def resident():
    gc.collect()
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * 4096

def some(count):
    for i in range(count):
        jit(lambda x, i=i: sin(x) * float(i), backend="llvm").map([0.5])

some(200)
before = resident()
some(200)
print(resident() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads the memory of the process from /proc")
@pytest.mark.slow(reason="compiles 200 functions in a process of its own")
def test_functions_that_were_compiled_and_dropped_leave_memory_where_it_was() -> None:
    # In a process of its own: here much else comes and goes.
    command = [sys.executable, "-c", COMPILED_AND_DROPPED]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 20_000_000  # 200 functions that are kept take 150 MB


def test_memory_for_vectors_begins_where_vectors_do() -> None:
    for size in 8, 64, 1000:
        memory = Room(size * 8)
        assert memory.address % 64 == 0
        assert len(memory.numbers) == size


# Fast arithmetic ----------------------------------------------------------------------------------


def test_fast_arithmetic_is_nearly_the_same() -> None:
    def f(x: Any, y: Any) -> Any:
        return exp(-x * x) * log(1.0 + y * y) + tanh(x * y) * erf(x)

    columns = columns_of(2000)
    exact, fast = jit(f, backend="llvm"), jit(f, backend="llvm", fastmath=True)
    found, expected = fast.map(*columns), exact.map(*columns)
    assert found != expected
    assert found == pytest.approx(expected, rel=1e-13, abs=1e-15)


def test_fast_functions_are_right_at_the_edges() -> None:
    xs = [0.0, -0.0, math.inf, -math.inf, math.nan, 1e-310, -1e-310, 710.0, -746.0, 1e300, -1e300]
    for f in exp, log, tanh, erf:
        found = jit(lambda x, f=f: f(x), backend="llvm", fastmath=True).map(xs)
        for x, out in zip(xs, found, strict=True):
            assert same(out, f(x)) or out == pytest.approx(f(x), rel=1e-15), (f, x)


# Tables -------------------------------------------------------------------------------------------


def test_a_table_is_the_same_by_rows_and_in_memory() -> None:
    columns: list[Any] = [np.arange(6.0).reshape(3, 2), [1.0, 2.0, 3.0], [(7.0, 8.0)] * 3]
    expected = [(0.0, 1.0, 1.0, 7.0, 8.0), (2.0, 3.0, 2.0, 7.0, 8.0), (4.0, 5.0, 3.0, 7.0, 8.0)]
    for copied in True, False:
        table = Table.of(columns, copied=copied)
        assert table is not None
        assert table.rows == expected
        assert table.first == expected[0]
        assert table.chosen([2, 0]).rows == [expected[2], expected[0]]
        assert in_memory(table) == expected


def in_memory(table: Table) -> list[tuple[float, ...]]:
    memory = table.memory
    pairs = zip(array("q", memory.addresses), array("q", memory.strides), strict=True)
    columns = [
        [c_double.from_address(start + i * step).value for i in range(table.count)]
        for start, step in pairs
    ]
    return list(zip(*columns, strict=True))


# Sums as a record ---------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", ["python", "llvm"])
@pytest.mark.parametrize("fastmath", [False, True])
def test_second_derivatives_of_sums_over_many_rows(backend: str, fastmath: bool) -> None:
    w = [Value(0.3), Value(-0.7), Value(1.1)]
    xs = columns_of(100)[0]

    def f(x: Any) -> Any:
        y = sin(w[0] * x) + w[1] * w[0] * x + w[2]
        return y * y if x > 0.0 else tanh(y)

    compiled = jit(f, backend=backend, fastmath=fastmath)
    eager = sum([f(x) for x in xs], Value(0.0)) / 100.0
    for out in compiled.mean(xs), jit(f, backend=backend, fastmath=fastmath)(xs[0]):
        expected = eager if out.op is not None and "rows" in out.op.name else f(xs[0])
        first, other = gradients(out, w), gradients(expected, w)
        assert [x.data for x in first] == pytest.approx([x.data for x in other], rel=1e-12)
        for one, two in zip(first, other, strict=True):
            found = [x.data for x in gradients(one, w)]
            assert found == pytest.approx([x.data for x in gradients(two, w)], rel=1e-11, abs=1e-15)


@pytest.mark.parametrize("backend", ["python", "llvm"])
def test_a_sum_whose_values_have_changed_is_refused(backend: str) -> None:
    w = Value(0.3)
    out = jit(lambda x: sin(w * x), backend=backend).sum([0.1, 0.2, 0.3])
    w.data = 0.4
    with pytest.raises(ValueError, match=r"somebody set \.data after"):
        gradients(out, w)


@pytest.mark.parametrize("backend", ["python", "llvm"])
def test_a_way_that_no_row_takes_leaves_nothing(backend: str) -> None:
    w, v = Value(2.0), Value(3.0)
    f = jit(lambda x: x * w if x > 0.0 else x * v, backend=backend)
    f.sum([1.0])
    out = f.sum([-1.0, -2.0])
    assert out.parents == (v,)
    plain_or_not = jit(lambda x: x * w if x > 0.0 else x, backend=backend)
    plain_or_not.sum([1.0, 2.0])
    assert plain_or_not.sum([-1.0, -2.0]) == -3.0


# Guards -------------------------------------------------------------------------------------------


def test_a_decision_that_is_the_same_in_every_call_guards_nothing() -> None:
    def f(x: Any) -> Any:
        return 3.0 * x if x**0.0 > 0.5 else x

    assert jit(f, backend="llvm").map([1.0, 2.0, 3.0]) == [3.0, 6.0, 9.0]
    assert jit(f, backend="llvm")(2.0) == 6.0


def test_a_decision_that_is_taken_twice_counts_as_one() -> None:
    def f(x: Any, y: Any) -> Any:
        total = 0.0
        for _ in range(2):
            if x * x > 1.0:
                total = total + x
        return total + y if y > 0.0 else total

    program = jit(f, backend="llvm")
    for _ in range(10):
        columns = [[2.0, 0.5, 2.0, 0.5], [1.0, 1.0, -1.0, -1.0]]
        assert program.map(*columns) == [5.0, 1.0, 4.0, 0.0]
        assert [program(x, y) for x, y in zip(*columns, strict=True)] == [5.0, 1.0, 4.0, 0.0]
    assert len(program.report().paths) == 4


# Unusual rows -------------------------------------------------------------------------------------


def test_rows_without_numbers_are_rows() -> None:
    w = Value(2.0)
    f = jit(lambda nothing, x: w * x, backend="llvm")
    assert f.sum(np.empty((3, 0)), [1.0, 2.0, 3.0]).data == 12.0
    assert jit(lambda nothing: w * 1.5, backend="llvm").sum(np.empty((3, 0))).data == 9.0


def test_whole_numbers_that_are_no_floats_are_told() -> None:
    with pytest.raises(ValueError, match="too large"):
        jit(lambda x: x, backend="llvm").map([10**400])


def test_options_add_up() -> None:
    f = jit(jit(wavy, fastmath=True), threads=2)
    assert f.options == ("auto", 2, True)
