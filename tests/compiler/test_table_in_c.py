"""The table in C gives the bits that Python gives: every operation, and each of its derivatives.

`pytest --hypothesis-profile=thorough tests/compiler/test_table_in_c.py` takes many more points.
"""

from __future__ import annotations

import ctypes
import itertools
import math
import os
import random
import shlex
import shutil
import struct
import subprocess
from ctypes import POINTER, byref, c_char_p, c_double, c_int, c_ssize_t, c_ubyte, c_uint
from functools import cache
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from autograd.compiler.writers.core import FILE, table
from autograd.core.operation import Variadic
from autograd.core.ops import TABLE
from tests.compiler.same import same
from tests.test_edges import points as edges

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

COMPILER = shlex.split(os.environ.get("CC", "")) or [
    shutil.which("gcc") or shutil.which("cc") or ""
]
COMPILED = pytest.mark.skipif(
    shutil.which(COMPILER[0]) is None, reason="THE TABLE IN C WAS NOT TESTED: no C compiler"
)
FLAGS = ("-std=c11", "-O2", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror")

FIXED = [op for op in TABLE.values() if not isinstance(op, Variadic)]
VARIADIC = [op for op in TABLE.values() if isinstance(op, Variadic)]

THOROUGH = settings.default.max_examples > 100
POINTS = 2_000 if THOROUGH else 60  # at random, for each operation

SPECIAL = (
    *(0.0, 1.0, 0.5, 1.5, 2.0, 2.5, 3.0, 10.0, 0.1, 5e-324, 1e-310, 2.2250738585072014e-308),
    *(1e-300, 1e-17, 700.0, 171.5, 2.0**31, 2.0**53 + 2.0, 1e16, 1e300, 1.7976931348623157e308),
    math.inf,
)
SIGNED = (*SPECIAL, *[-x for x in SPECIAL], math.nan)
WHOLE = (0.0, 1.0, 2.0, 3.0)  # what the last two operands of `lowered_pow` are, and no other
FEW = (0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 5e-324, 1e300, -1e300, math.inf, -math.inf, math.nan)


class Library:
    """The table in C, compiled and loaded."""

    def __init__(self) -> None:
        apply_fixed = ctypes.CFUNCTYPE(
            c_uint, POINTER(c_double), c_uint, POINTER(c_double), POINTER(c_double)
        )
        apply_variadic = ctypes.CFUNCTYPE(
            *(c_int, POINTER(c_double), c_ssize_t),
            *(POINTER(c_double), POINTER(c_double), POINTER(c_ubyte)),
        )

        class Fixed(ctypes.Structure):
            _fields_ = [("name", c_char_p), ("operands", c_int), ("apply", apply_fixed)]

        class Variadic(ctypes.Structure):
            _fields_ = [("name", c_char_p), ("apply", apply_variadic)]

        loaded = ctypes.CDLL(str(compiled()))
        loaded.fixed.restype, loaded.variadic.restype = POINTER(Fixed), POINTER(Variadic)
        rows = loaded.fixed()[: loaded.fixed_count()]
        self.fixed: dict[str, Any] = {x.name.decode(): x.apply for x in rows}
        self.operands = {x.name.decode(): x.operands for x in rows}
        rows = loaded.variadic()[: loaded.variadic_count()]
        self.variadic: dict[str, Any] = {x.name.decode(): x.apply for x in rows}

    def at(self, op: Any, xs: Sequence[float], wanted: int = -1) -> tuple[float | None, ...]:
        """What an operation gives, and its derivatives: None for those that are absent."""
        n, out = len(xs), c_double()
        numbers, partials, present = (c_double * n)(*xs), (c_double * n)(), (c_ubyte * n)()
        if isinstance(op, Variadic):
            assert self.variadic[op.name](numbers, n, byref(out), partials, present) == 0
            there = list(present)
        else:
            bits = self.fixed[op.name](numbers, wanted % (1 << n), byref(out), partials)
            there = [bits >> i & 1 for i in range(n)]
        return out.value, *[x if on else None for x, on in zip(partials, there, strict=True)]


SOURCE = f"""\
#include "{FILE}"
const Fixed *fixed(void) {{ return FIXED; }}
int fixed_count(void) {{ return FIXED_COUNT; }}
const Variadic *variadic(void) {{ return VARIADIC; }}
int variadic_count(void) {{ return VARIADIC_COUNT; }}
"""
FOLDER = TemporaryDirectory()


def compiled() -> str:
    """The path of the library, which compiles without a warning."""
    path = f"{FOLDER.name}/table.so"
    command = [*COMPILER, *FLAGS, "-shared", "-fPIC", "-x", "c", "-", "-o", path, "-lm"]
    job = subprocess.run(command, input=SOURCE, text=True, capture_output=True, check=False)
    assert job.returncode == 0, job.stderr
    return path


library = cache(Library)


def in_python(op: Any, xs: Sequence[float], wanted: int = -1) -> tuple[float | None, ...]:
    """What an operation gives in Python, and its derivatives."""
    out = op.forward(*xs)
    asked = [bool(wanted >> i & 1) for i in range(len(xs))]
    return out, *op.partials(xs, out, asked)


def differences(op: Any, points: Iterable[Sequence[float]]) -> list[Any]:
    """The points at which C and Python give different bits."""
    found = []
    for xs in points:
        ours, its = in_python(op, xs), library().at(op, xs)
        if len(ours) != len(its) or not all(map(same, ours, its)):
            found.append((op.name, tuple(xs), ours, its))
    return found[:5]


def drawn(dice: random.Random) -> float:
    """A number of any size, sometimes a whole one or a special one, sometimes any bits."""
    kind = dice.random()
    if kind < 0.1:
        return dice.choice(SIGNED)
    if kind < 0.2:
        return float(dice.randint(-30, 30)) / dice.choice((1.0, 2.0, 10.0))
    if kind < 0.3:
        (x,) = struct.unpack("d", dice.randbytes(8))
        return float(x)
    size = 10.0 ** dice.uniform(-2.0, 2.0) if kind < 0.7 else 10.0 ** dice.uniform(-300.0, 300.0)
    return math.copysign(size, dice.random() - 0.5)


def at_random(op: Any, count: int) -> Iterator[list[float]]:
    """Points whose operands are of all sizes, or of one: near each other, or of a domain."""
    dice = random.Random(op.name)
    for _ in range(count):
        xs = [drawn(dice) for _ in op.rules]
        if len(xs) > 1 and dice.random() < 0.2:
            xs = [xs[0] * (1.0 + dice.uniform(-1e-3, 1e-3) * dice.randint(0, 1)) for _ in xs]
        for i, (low, high) in enumerate(op.domain):
            if dice.random() < 0.3 and high - low < math.inf:
                xs[i] = float(round(dice.uniform(low, high))) if dice.random() < 0.5 else low
        if op.name == "lowered_pow":
            xs[2:] = dice.choices(WHOLE, k=2)
        yield xs


# The file ---------------------------------------------------------------------------------------


def test_the_table_in_c_is_that_of_the_engine() -> None:
    assert FILE.read_text(encoding="utf-8") == table(), (
        "run: python -m autograd.compiler.writers.core"
    )


@COMPILED
def test_it_has_every_operation_in_the_order_of_the_engine() -> None:
    assert [*library().fixed] == [op.name for op in FIXED]
    assert [*library().variadic] == [op.name for op in VARIADIC]
    assert [*library().operands.values()] == [len(op.rules) for op in FIXED]


# The bits ---------------------------------------------------------------------------------------


@COMPILED
@pytest.mark.parametrize("op", FIXED, ids=lambda op: op.name)
def test_an_operation_gives_pythons_bits_at_its_edges(op: Any) -> None:
    assert differences(op, edges(op.name)) == []


@COMPILED
@pytest.mark.parametrize("op", FIXED, ids=lambda op: op.name)
def test_an_operation_gives_pythons_bits_at_special_numbers(op: Any) -> None:
    n = len(op.rules)
    numbers = SIGNED if n == 1 or (n == 2 and THOROUGH) else FEW
    axes = [WHOLE if op.name == "lowered_pow" and i > 1 else numbers for i in range(n)]
    points, count = list(itertools.product(*axes)), 20_000 if THOROUGH else 400
    assert differences(op, random.Random(op.name).sample(points, min(count, len(points)))) == []


@COMPILED
@pytest.mark.parametrize("op", FIXED, ids=lambda op: op.name)
def test_an_operation_gives_pythons_bits_at_random_points(op: Any) -> None:
    assert differences(op, at_random(op, POINTS)) == []


@COMPILED
@pytest.mark.parametrize("op", FIXED, ids=lambda op: op.name)
def test_only_what_is_wanted_is_computed(op: Any) -> None:
    xs = [0.75 for _ in op.rules]
    for wanted in range(1 << len(xs)):
        assert all(map(same, in_python(op, xs, wanted), library().at(op, xs, wanted)))


@COMPILED
@pytest.mark.parametrize("op", VARIADIC, ids=lambda op: op.name)
def test_an_operation_of_many_operands_gives_pythons_bits(op: Any) -> None:
    dice = random.Random(op.name)
    points = [*edges(op.name), (), *itertools.product(FEW, repeat=1)]
    points += [tuple(dice.choices(FEW, k=3)) for _ in range(POINTS)]
    for _ in range(POINTS):
        n = dice.choice((1, 2, 3, 4, 7, 30, 31, 32, 63, 64, 200))
        scale = dice.choice((1.0, 1e-160, 1e160, 1e-320))
        points.append(tuple([dice.gauss(0.0, 3.0) * scale for _ in range(n)]))
    assert differences(op, points) == []


@COMPILED
@pytest.mark.parametrize("op", VARIADIC, ids=lambda op: op.name)
def test_an_operation_of_many_operands_gives_its_value_alone_where_that_is_wanted(op: Any) -> None:
    out = c_double()
    xs = (c_double * 3)(2.0, -3.0, 0.5)
    assert library().variadic[op.name](xs, 3, byref(out), None, None) == 0
    assert out.value == op.forward(2.0, -3.0, 0.5)


@COMPILED
def test_rounding_to_digits_is_pythons() -> None:
    dice = random.Random(0)
    points = [(drawn(dice), float(dice.randint(-310, 330))) for _ in range(20 * POINTS)]
    points += [(drawn(dice), float(dice.randint(-4, 5))) for _ in range(20 * POINTS)]
    halves = [5.0 * 10.0**k * s for k in range(-1, 23) for s in (1.0, -1.0, 3.0, 5.0, 0.1)]
    points += [(x, float(k)) for x in halves for k in range(-23, 3)]
    points += [(x, k) for x in (5e-324, 1.7976931348623157e308) for k in (-308.0, 323.0, 324.0)]
    assert differences(TABLE["round"], points) == []
