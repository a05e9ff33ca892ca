"""Float code for many rows at once: rows that go different ways give what Python gives for each."""

from __future__ import annotations

import ast
import ctypes
import inspect
import math
import random
from typing import Any

import pytest

from autograd.compiler.engine import Loaded
from autograd.compiler.simd import called
from autograd.compiler.vectors import Lanes, Lines, closure, types
from autograd.compiler.writers import reader
from autograd.numbers import libm
from tests.compiler.same import same

# Functions of two numbers -------------------------------------------------------------------------


def names_a_truth_value(x: float, y: float) -> float:
    large = y > 2.0
    if x > y:
        large = x > 1.0
    return 1.0 if large else x - y


def returns_early(x: float, y: float) -> float:
    if x < 0.0:
        if y < 0.0:
            return 1.0
        x = -x
    elif y > 5.0:
        return libm.exp(x)
    z = math.floor(x) + y % 3.0
    z += x // 0.7
    return z if z != 4.0 else abs(y)


def loops_while_a_truth_value_holds(x: float, y: float) -> float:
    done = False
    while not done:
        x = x * 0.5
        done = x < y or not math.isfinite(x)
        if x == 0.0:
            done = True
    return x


def returns_from_a_loop(x: float, y: float) -> float:
    steps = 0.0
    while x > 1.0:
        if steps > 40.0:
            return -1.0
        x = x / 2.0 if math.fmod(x, 2.0) == 0.0 else 3.0 * x + 1.0
        steps = steps + 1.0
    return steps + y


def returns_from_a_loop_in_a_loop(x: float, y: float) -> float:
    total, i = 0.0, 0.0
    while i < 4.0:
        j = 0.0
        while j < x:
            if total > 100.0 and j > 2.0:
                return total * y
            total = total + j * y
            j = j + 1.0
        i = i + 1.0
    return total


FUNCTIONS = [
    names_a_truth_value,
    returns_early,
    loops_while_a_truth_value_holds,
    returns_from_a_loop,
    returns_from_a_loop_in_a_loop,
]
NUMBERS = (0.0, -0.0, 1.0, 2.0, 7.0, 27.0, -3.0, 6.0, 0.5, 12.0)


def machine_code(function: Any, lanes: Lanes) -> Loaded:
    """A function `go` that takes the addresses of two columns and of room for the results."""
    lines, kind = Lines(lanes, "v"), lanes.numbers
    x, y = [lines.say(f"load {kind}, ptr %{name}, align 8") for name in ("x", "y")]
    (out,) = called(lines, function, [x, y], None)
    return Loaded(
        "\n".join(
            [
                types(lanes),
                closure(lanes, lines.needs),
                "define void @go(ptr %x, ptr %y, ptr %out) {",
                *lines.lines,
                f"  store {kind} {out}, ptr %out, align 8",
                "  ret void",
                "}",
            ]
        )
    )


@pytest.mark.parametrize("width", [1, 8])
@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_rows_that_go_different_ways_give_what_python_gives(
    function: Any, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def source(f: Any) -> ast.stmt:
        return ast.parse(inspect.getsource(f)).body[0] if f in FUNCTIONS else opened(f)

    opened = reader.source_of
    monkeypatch.setattr(reader, "source_of", source)
    code = machine_code(function, Lanes(width))
    go = code.function("go", [ctypes.c_void_p] * 3)
    rng = random.Random(0)
    for _ in range(300):
        xs, ys = [
            [rng.choice([rng.choice(NUMBERS), float(rng.randint(-5, 40))]) for _ in range(width)]
            for _ in range(2)
        ]
        found = (ctypes.c_double * width)()
        go((ctypes.c_double * width)(*xs), (ctypes.c_double * width)(*ys), found)
        for x, y, out in zip(xs, ys, found, strict=True):
            assert same(out, function(x, y)), (x, y)
