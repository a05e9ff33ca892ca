"""The edges: every operation at zeros, infinities, nan, kinks and the ends of the floats.

What is expected there is written in data/edges.txt, with its source; elsewhere mpmath computes it.
The limits in that file are taken again here, so that the file is held as well.
"""

from __future__ import annotations

import itertools
import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mpmath
import pytest
from mpmath import mp, mpf

from autograd import Op, Value
from autograd.core import ops
from autograd.core.operation import Unary, Variadic
from tests.proof.accuracy import ORACLES, Sum, answers, bars, error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Point = tuple[float, ...]

INF, NAN = math.inf, math.nan
TINY, HUGE = 5e-324, sys.float_info.max

TABLE: dict[str, Any] = {name: f for name, f in vars(ops).items() if isinstance(f, Op)}
FILE = Path(__file__).parent / "data" / "edges.txt"

every_operation = pytest.mark.parametrize("name", TABLE)


# The points --------------------------------------------------------------------------------------

ENDS = (-INF, -HUGE, -1.0, -TINY, -0.0, 0.0, TINY, 1.0, HUGE, INF, NAN)

AXES: dict[str, tuple[Point, ...]] = {  # where the operands of an operation differ in kind
    "pow": ((*ENDS, -2.0, 0.5, 2.0), (*ENDS, -2.0, -0.5, 0.5, 2.0, 3.0)),
    "lowered_pow": ((0.0, 1.0, INF), (-1.0, 1.0, 2.0), (0.0, 1.0), (0.0, 1.0)),
    "polygamma": ((-1.0, 0.0, 0.5, 1.0, 2.0, INF, NAN), ENDS),
    "round": ((*ENDS, 0.5, 2.5), (-2.0, 0.0, 0.5, 1.0, INF, NAN)),
    "clip": (
        (-INF, -1.0, -0.0, 0.0, 1.0, INF, NAN),
        (-INF, -1.0, 0.0, INF, NAN),
        (-INF, 0.0, 1.0, INF, NAN),
    ),
    "select": ((0.0, 1.0), (-INF, 0.0, 1.0, NAN), (-INF, 0.0, 1.0, NAN)),
}


def points(name: str) -> Iterator[Point]:
    """The ends of the floats, and the edges and kinks of an operation with their neighbours."""
    entry = TABLE[name]
    if not isinstance(entry, Unary):
        return itertools.product(*AXES.get(name, (ENDS, ENDS)))
    edges = {x for x in (*entry.domain[0], *entry.kinks, -1.0, 1.0) if math.isfinite(x)}
    beside = {math.nextafter(x, side) for x in edges for side in (-INF, INF)}
    return ((x,) for x in (*ENDS, *sorted((edges | beside) - set(ENDS))))


# The file ----------------------------------------------------------------------------------------

NAMED = {"tiny": TINY, "huge": HUGE}
NAMED |= {"pi": math.pi, "pi/2": math.pi / 2.0, "pi/4": math.pi / 4.0, "3pi/4": 0.75 * math.pi}

CLASSES: dict[str, Callable[[float], bool]] = {
    "any": lambda x: True,
    "num": lambda x: x == x,
    "fin": math.isfinite,
    "+": lambda x: 0.0 < x < INF,
    "-": lambda x: -INF < x < 0.0,
    "whole": lambda x: math.isfinite(x) and x != 0.0 and math.fmod(x, 1.0) == 0.0,
    "frac": lambda x: math.isfinite(x) and math.fmod(x, 1.0) != 0.0,
    "pole": lambda x: -INF < x < 0.0 and math.fmod(x, 1.0) == 0.0,
}


@dataclass(frozen=True)
class Row:
    """A line of the file: the points it is about, what it expects there, and its source."""

    names: tuple[str, ...]
    operands: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]  # of the value, the first and the second derivatives
    source: str
    line: int

    def fits(self, name: str, point: Point) -> bool:
        return name in self.names and all(
            any(is_in(x, choice) for choice in choices.split(","))
            for x, choices in zip(point, self.operands, strict=True)
        )


def is_in(x: float, choice: str) -> bool:
    """Whether an operand is among those that the file describes, as in +-0 or >1."""
    if choice in CLASSES:
        return CLASSES[choice](x)
    if choice.startswith("+-"):
        return is_in(math.copysign(x, 1.0), choice[2:])
    if choice[0] in "<>":
        return x < float(choice[1:]) if choice[0] == "<" else x > float(choice[1:])
    sign, text = (-1.0, choice[1:]) if choice[0] == "-" else (1.0, choice)
    return same(x, sign * (NAMED[text] if text in NAMED else float(text)))


def same(x: float, y: float) -> bool:
    """Whether two floats are one, the signs of zeros included."""
    return (x != x and y != y) or (x == y and math.copysign(1.0, x) == math.copysign(1.0, y))


def read() -> Iterator[Row]:
    for i, line in enumerate(FILE.read_text(encoding="utf-8").splitlines(), 1):
        if line and not line.startswith("#"):
            head, *numbers, source = line.split("|")
            names, *operands = head.split()
            cells = tuple(tuple(text.split()) for text in numbers)
            yield Row(tuple(names.split(",")), tuple(operands), cells, source.strip(), i)


ROWS = list(read())


def row_at(name: str, point: Point) -> Row | None:
    """The first row that fits."""
    return next((row for row in ROWS if row.fits(name, point)), None)


# The numbers -------------------------------------------------------------------------------------


def precision(name: str) -> int:
    """Decimal digits: enough for remainders and for huge - 1, which is odd."""
    return 700 if name in ("pow", "floordiv", "mod") else 60


def exact(name: str, operands: Sequence[Any]) -> list[list[Any]]:
    """The value, the first and the second derivatives (xx, xy, .. yy), by mpmath."""
    oracle = "mul" if name in ("prod", "dot_product") else name  # of two factors
    levels = ORACLES[oracle].formulas(*map(mpf, operands))
    return [level if isinstance(level, list) else [level] for level in levels]


def recorded(name: str, point: Point) -> list[list[float]]:
    """The same by the engine; and once more the second derivatives, taken in the other order."""
    value, first, second = answers(TABLE[name], point)
    pairs = list(itertools.combinations_with_replacement(range(len(first)), 2))
    return [[value], first, [second[i][j] for i, j in pairs], [second[j][i] for i, j in pairs]]


def written(cell: str, point: Point) -> float:
    """The number that a cell of the file stands for."""
    sign, text = (-1.0, cell[1:]) if cell.startswith("-") else (1.0, cell.rstrip("!"))
    if text in ("x", "y", "z"):
        return sign * point["xyz".index(text)]
    return sign * (NAMED[text] if text in NAMED else float(text))


def meets(number: float, right: Any, bar: float) -> bool:
    """Whether a float is what mpmath computed, within a number of ULP."""
    terms = right if isinstance(right, Sum) else (right,)
    if any(mpmath.isinf(term) for term in terms):
        return bool(number == mpmath.fsum(terms))
    return error(number, right) <= bar


def mistakes(name: str, point: Point) -> Iterator[str]:
    """What an operation gives at a point and should not."""
    row = row_at(name, point)
    numbers = recorded(name, point)
    if row is not None:
        source, cells = f"line {row.line}: {row.source}", row.cells
    elif any(x != x for x in point):
        source, cells = "a nan is never hidden", tuple(("nan",) * len(n) for n in numbers)
    elif all(map(math.isfinite, point)):
        source, cells = "mpmath", tuple(("=",) * len(n) for n in numbers)
    else:
        yield f"{name}{point}: no row of {FILE.name} fits"
        return
    with mp.workdps(precision(name)):
        truth = exact(name, point) if any("=" in level for level in cells) else None
        for kind, order in (("value", 0), ("first", 1), ("second", 2), ("second, other way", 2)):
            got = numbers[order if kind != "second, other way" else 3]
            for i, (number, cell) in enumerate(zip(got, cells[order], strict=True)):
                right = truth[order][i] if truth and cell == "=" else cell
                if cell == "=":
                    good = meets(number, right, bars(name)[order])
                elif cell == "~":
                    good = True
                elif cell == "0/nan":
                    good = number == 0.0 or number != number
                else:
                    x = written(cell, point)
                    signed = order == 0 and source.split(": ")[-1].startswith("Annex F")
                    good = same(number, x) if signed else number == x or same(number, x)
                if not good or type(number) is not float:
                    yield f"{name}{point} {kind}[{i}]: got {number}, expected {right} ({source})"


# The limits, taken again -------------------------------------------------------------------------

STEPS = (6, 13, 30)  # powers of ten


def paths(name: str, point: Point) -> Iterator[list[Any]]:
    """Sequences of points that go to a point: from all sides, at equal and at different speeds.

    To 0 and to infinity they go from the side of the sign; what is neither stays, then.
    """
    entry = TABLE[name]
    moves = any(x == 0.0 or math.isinf(x) for x, r in zip(point, rules(name), strict=True) if r)

    def ways(x: float, rule: object, interval: tuple[float, float]) -> list[Callable[[int], Any]]:
        sign = math.copysign(1.0, x)
        if rule is not None and math.isinf(x):
            return [lambda k, r=r: sign * mpf(10) ** (k * r) for r in (1, 5)]  # type: ignore[misc]
        if rule is not None and x == 0.0:
            return [lambda k, r=r: sign * mpf(10) ** (-k * r) for r in (1, 5)]  # type: ignore[misc]
        if rule is None or moves:
            return [lambda k: mpf(x)]
        low, high = interval
        sides = [side for side, edge in ((-1, low), (1, high)) if x != edge]
        return [lambda k, s=s: x + s * mpf(10) ** -k for s in sides]  # type: ignore[misc]

    intervals = entry.domain * (len(point) if isinstance(entry, Variadic) else 1)
    every = map(ways, point, rules(name), intervals)
    for path in itertools.product(*every):
        yield [exact(name, [way(k) for way in path]) for k in STEPS]


def rules(name: str) -> Sequence[object]:
    entry = TABLE[name]
    return entry.rules * 2 if isinstance(entry, Variadic) else entry.rules


def limit(a: Any, b: Any, c: Any) -> float:
    """Where three numbers far along a path are going; nan if nowhere."""
    a, b, c = (mpmath.fsum(x) if isinstance(x, Sum) else x for x in (a, b, c))
    if abs(c - b) <= abs(b - a) and abs(c - b) < 1e-3:
        return float(c)
    grows = abs(c) > 1.5 * abs(b) > 2 * abs(a) and c * b > 0
    return INF * float(mpmath.sign(c)) if grows else NAN


def misprints(name: str, point: Point, row: Row) -> Iterator[str]:
    """The cells of a row that are not the limits which they are said to be."""
    orders = (1, 2) if row.source.startswith(("Annex F", "convention")) else (0, 1, 2)
    with mp.workdps(250):
        found = list(paths(name, point))
    for order in orders:
        for i, cell in enumerate(row.cells[order]):
            if cell in ("=", "~", "0/nan"):
                continue
            with mp.workdps(250):
                limits = [limit(*(levels[order][i] for levels in path)) for path in found]
            x = written(cell, point)
            first = limits[0]
            agree = all(abs(y - first) < 1e-2 or y == first for y in limits)
            if cell == "nan!" or not math.isnan(x):
                right = agree and (cell == "nan!" or first == x or abs(first - x) < 1e-2)
            else:
                right = not agree
            if not right:
                yield f"line {row.line}: {name}{point} order {order}: {cell}, but limits {limits}"


# The tests ---------------------------------------------------------------------------------------


@every_operation
def test_an_operation_is_right_at_its_edges(name: str) -> None:
    assert any(name in row.names for row in ROWS), f"{FILE.name} has no row about {name}"
    wrong = [mistake for point in points(name) for mistake in mistakes(name, point)]
    assert not wrong, "\n" + "\n".join(wrong)


def test_every_row_is_about_an_operation_and_some_point() -> None:
    used = {row_at(name, point) for name in TABLE for point in points(name)}
    assert [f"line {row.line}" for row in ROWS if row not in used] == []
    assert {name for row in ROWS for name in row.names} <= TABLE.keys()


@every_operation
def test_the_limits_in_the_file_are_those_of_mpmath(name: str) -> None:
    wrong: list[str] = []
    for point in points(name):
        row = row_at(name, point)
        # Between 0 and tiny, or huge and infinity, there is no room to see where a path goes.
        if row and "limit" in row.source and not {TINY, HUGE} & {abs(x) for x in point}:
            wrong += misprints(name, point, row)
    assert not wrong, "\n" + "\n".join(wrong)


@every_operation
@pytest.mark.parametrize("number", [0, 1, -1, False, True], ids=repr)
def test_ints_and_bools_are_the_floats_they_are(name: str, number: float) -> None:
    entry = TABLE[name]
    whole, decimal = [[kind(number)] * len(rules(name)) for kind in (type(number), float)]

    def called(operands: list[Any]) -> Any:
        return entry(operands) if isinstance(entry, Variadic) else entry(*operands)

    def values(numbers: list[Any]) -> list[Any]:
        pairs = zip(numbers, rules(name), strict=True)
        return [number if rule is None else Value(number) for number, rule in pairs]

    assert type(called(whole)) is float
    assert same(called(whole), called(decimal))
    assert repr(called(values(whole)).partials) == repr(called(values(decimal)).partials)
