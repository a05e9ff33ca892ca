"""The reader knows the Python that the engine is written in, and refuses what it does not know."""

from __future__ import annotations

import ast
import ctypes
import inspect
import math
import subprocess
import textwrap
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from autograd.compiler.writers import form, reader
from autograd.compiler.writers.c import C, function_name
from autograd.compiler.writers.form import Kind
from autograd.compiler.writers.reader import Reader
from autograd.compiler.writers.source import Opaque
from autograd.core.ops import TABLE, sin, unless, where
from autograd.numbers import libm
from tests.compiler import test_simd
from tests.compiler.same import same
from tests.compiler.test_table_in_c import COMPILED, COMPILER, FLAGS

if TYPE_CHECKING:
    from pathlib import Path

# Functions of two numbers -------------------------------------------------------------------------

WEIGHTS = ((1.0, 2.0), (-0.5, 3.0))


def swaps(x: float, y: float) -> float:
    x, y = y, x
    a, b, c = x + y, x - y, x
    a, c = b, a - c
    return a * 7.0 + b * 3.0 + c


def loops_over_constants(x: float, y: float) -> float:
    total = 0.0
    for a, b in WEIGHTS:
        total = total * x + a * y - b
    for _ in (1, 2, 3):
        total = total / 2.0
    for c in (0.5, -0.0):
        total += c
    return total


def compares_in_chains(x: float, y: float) -> float:
    if not -1.0 < x <= y < 10.0:
        return 0.0
    inside = x == y or (x != x and not y > 3.0)
    return 1.0 if inside else 2.0 if -x < y else -3.0


def chooses_by_functions(x: float, y: float) -> float:
    def deeper() -> Any:
        z = x * y
        return where(z > 4.0, lambda: z - x, -z)

    return where((x > 1.0) & (y > 1.0) | (x == y), deeper, lambda: sin(x) - 1.0)


def gives_several(x: float, y: float) -> tuple[float, float, float]:
    large, small = (x, y) if x > y else (y, x)
    return large, small, large - small


def takes_several(x: float, y: float) -> float:
    large, _, gap = pair(x, y)
    return large / 2.0 + gap


def pair(x: float, y: float) -> tuple[float, float, float]:
    if x > y:
        return x, y, x - y
    return y, x, y - x


def has_the_names_of_c(x: float, y: float) -> float:
    log, double, value = libm.exp(x), y, 2.0
    near = double if log > value else -log
    return near % value + abs(near) // 0.7


def has_whole_numbers(x: float, y: float) -> float:
    z = 2 * x - 1 / (y * y + 1)
    return where(z > 3, 1, z) + math.fmod(x, 2) + (1 if x == 0 else y)  # type: ignore[no-any-return]


def takes_the_larger_and_the_smaller(x: float, y: float) -> float:
    return max(x, y) / 3.0 - min(x - y, 0.5) + max(0.0, x) * math.sqrt(abs(y))


def takes_a_number_for_a_truth_value(x: float, y: float) -> float:
    z = 1.0
    if x:
        z = x if y else 2.0
    return z


FUNCTIONS = [
    *(has_whole_numbers, takes_the_larger_and_the_smaller, takes_a_number_for_a_truth_value),
    *(swaps, loops_over_constants, compares_in_chains, chooses_by_functions, takes_several),
    *(has_the_names_of_c, *test_simd.FUNCTIONS),
]
NUMBERS = (*test_simd.NUMBERS, math.nan)


def tree_of(function: Any) -> ast.FunctionDef:
    """The syntax tree of a function, also of one of the tests."""
    if not inspect.isfunction(function):
        raise Opaque
    tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    assert isinstance(tree, ast.FunctionDef)
    return tree


@pytest.fixture(autouse=True)
def _reads_the_functions_of_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "source_of", tree_of)


def read(function: Any, *kinds: Kind) -> form.Function:
    return Reader().function(function, kinds or (Kind.NUMBER, Kind.NUMBER))


@COMPILED
def test_functions_in_c_give_what_they_give_in_python(tmp_path: Path) -> None:
    source, writer = Reader(), C()
    found = [source.function(f, (Kind.NUMBER, Kind.NUMBER)) for f in FUNCTIONS]
    texts = [writer.function(f) for f in source.functions.values()]
    texts += [
        f"double do_{f.name}(double x, double y) {{ return {function_name(f)}(x, y); }}"
        for f in found
    ]
    path = str(tmp_path / "functions.so")
    command = [*COMPILER, *FLAGS, "-shared", "-fPIC", "-x", "c", "-", "-o", path, "-lm"]
    subprocess.run(command, input="\n".join([writer.needed(), *texts]), text=True, check=True)
    for function in FUNCTIONS:
        in_c = getattr(ctypes.CDLL(path), f"do_{function.__name__}")
        in_c.restype, in_c.argtypes = ctypes.c_double, [ctypes.c_double] * 2
        for x, y in product(NUMBERS, repeat=2):
            try:
                expected = function(x, y)
            except ValueError:  # math.floor(nan)
                continue
            assert same(in_c(x, y), expected), (function, x, y)


# The form -----------------------------------------------------------------------------------------


def test_every_operation_of_the_table_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    operations = Reader().operations()
    assert [op.name for op in operations] == [*TABLE]
    fixed = [op for op in operations if isinstance(op, form.Fixed)]
    assert all(len(op.partials) == len(TABLE[op.name].rules) for op in fixed)


def test_functions_come_after_those_that_they_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    source = Reader()
    source.operations()
    seen: list[form.Function] = []

    def calls(x: Any) -> list[form.Function]:
        if isinstance(x, form.Function):
            return [x]
        inside = (
            x if isinstance(x, tuple) else vars(x).values() if hasattr(x, "__match_args__") else ()
        )
        return [f for y in inside for f in calls(y)]

    for function in source.functions.values():
        assert all(f in seen for statement in function.body for f in calls(statement))
        seen.append(function)


def test_an_edge_that_is_off_is_a_condition_beside_its_partial(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.undo()
    relu = Reader().operation(TABLE["relu"])
    x = form.Name("x", Kind.NUMBER)
    assert isinstance(relu, form.Fixed)
    assert relu.partials[0].off == form.Relation("<=", x, form.Constant(0.0))
    assert isinstance(relu.partials[0].value, form.Call)
    floor = Reader().operation(TABLE["floor"])
    assert isinstance(floor, form.Fixed)
    assert floor.partials == (form.Partial(None, None),)


def test_a_function_is_read_once_for_each_combination_of_kinds() -> None:
    source, numbers, truths = Reader(), (Kind.NUMBER,) * 2, (Kind.TRUTH,) * 2
    assert source.function(pair, numbers) is source.function(pair, numbers)
    assert source.function(pair, numbers).results == (Kind.NUMBER,) * 3
    assert source.function(pair, truths).results[0] is Kind.TRUTH


# What is refused ----------------------------------------------------------------------------------


def raises(x: float, y: float) -> float:
    raise ValueError


def asks_by_name(x: float, y: float) -> float:
    return libm.pow(x=x, y=y)  # type: ignore[no-any-return]


def is_absent_within(x: float, y: float) -> float:
    return 2.0 * unless(x > y, y)  # type: ignore[no-any-return]


def steps(x: float, y: float) -> float:
    total = 0.0
    for z in [x, y][::2]:
        total += z
    return total


def gives_now_this_now_that(x: float, y: float) -> Any:
    if x > y:
        return x, y
    return x


def counts(x: float, y: float) -> float:
    steps = 0
    while x > 1.0:
        x, steps = x / 2.0, steps + 1
    return steps * y


def changes_kind(x: float, y: float) -> float:
    z = 0
    z = x + y * z
    return z * z


def looks_for(x: float, y: float) -> float:
    return 1.0 if x in (y, 2.0) else unknown(x)  # type: ignore[name-defined, no-any-return]  # noqa: F821


def keeps_a_list(x: float, y: float) -> float:
    both = [x, y]
    return both[0]


REFUSED = [
    keeps_a_list,
    *(raises, asks_by_name, is_absent_within, steps, gives_now_this_now_that, gives_several),
    *(counts, changes_kind, looks_for),
]


@pytest.mark.parametrize("function", REFUSED, ids=lambda f: f.__name__)
def test_what_is_not_known_is_refused(function: Any) -> None:
    with pytest.raises(Opaque):
        read(function)


def test_a_refusal_shows_what_it_is_about() -> None:
    with pytest.raises(Opaque, match="raise ValueError"):
        read(raises)
