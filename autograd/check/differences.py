"""Finite differences of a plain function on floats, with an estimate of their error.

Nothing here knows about records: differences are the witnesses that these are held against.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Curve = Callable[[float], Sequence[float]]  # one number in, some numbers out

EPSILON = 2.0**-52
SMALLEST = 2.0**-1074  # the smallest positive float: no difference is finer
SAFETY = 10.0  # how many estimated errors a finite difference may be off
ROUNDING = 100.0 * EPSILON  # the share of a derivative that its own computation may lose
SEEN = 100.0  # how much larger than its noise a remainder must be to count
DEPTH = 6  # columns of the extrapolation; more would only amplify rounding
VISIBLE = 1e6 * EPSILON  # the share of the function that a difference must exceed to count as seen
MOST_NOISE = 0.1  # the share of the function that may be noise; beyond, nothing can be said


class Estimate(NamedTuple):
    """A number, and how far from the truth it probably is at most; nan and inf for none."""

    value: float
    error: float

    @property
    def known(self) -> bool:
        """Whether there is an estimate; an infinite derivative is one too."""
        return self.value == self.value

    @property
    def bar(self) -> float:
        """How far another number may be from this one and still count as the same."""
        return SAFETY * self.error + ROUNDING * math.fabs(self.value)

    def agrees(self, x: float) -> bool:
        """Whether x is this number, as far as can be seen."""
        return x == self.value or math.fabs(x - self.value) <= self.bar < math.inf


UNKNOWN = Estimate(math.nan, math.inf)


class Slopes(NamedTuple):
    """What finite differences say about the derivative of a function at a point."""

    here: float  # the function itself
    central: Estimate
    left: Estimate
    right: Estimate
    jump: bool  # the function is not continuous
    views: tuple[Estimate, ...]  # others, where f looks different from near by and from afar

    @property
    def kink(self) -> bool:
        """Whether the derivatives from the left and from the right are both there and differ."""
        left, right = self.left, self.right
        if not (left.known and right.known) or left.value == right.value:
            return False
        return not math.fabs(left.value - right.value) <= left.bar + right.bar

    def between(self, x: float) -> bool:
        """Whether x is a sub-gradient: from the left derivative to the right one."""
        low, high = sorted((self.left, self.right))
        return low.value - low.bar <= x <= high.value + high.bar


class Row(NamedTuple):
    """A difference quotient: its step, itself, and the size of the numbers that were subtracted."""

    h: float
    quotient: float
    size: float


def slopes(f: Curve, x: float) -> list[Slopes]:
    """For each result of f, what finite differences say about its derivative at x.

    >>> found, = slopes(lambda t: [math.sin(t)], 1.0)
    >>> abs(found.central.value - math.cos(1.0)) < found.central.error < 1e-11
    True
    >>> corner, = slopes(lambda t: [abs(t)], 0.0)
    >>> corner.kink, corner.left.value, corner.right.value
    (True, -1.0, 1.0)
    """
    here, hs = f(x), steps(x)
    ahead = [f(x + h) for h in hs]
    behind = [f(x - h) for h in hs]
    return [
        _slopes(hs, y, [ys[i] for ys in ahead], [ys[i] for ys in behind])
        for i, y in enumerate(here)
    ]


def steps(x: float) -> list[float]:
    """Powers of two, each an eighth of the one before, from the size of x down to its rounding.

    Powers of two make x + h exact. For |x| < 1 the steps begin at 1/8 all the same: what a function
    does at 1e-8 may happen on a scale of 1, as in 1 + x, or of 1e-8, as in log(x); so for a tiny x
    some steps of its own size follow.

    >>> [math.log2(h) for h in steps(100.0)[:3]]
    [3.0, 0.0, -3.0]
    """
    size = math.frexp(x)[1] - 1  # 2**size <= |x|
    exponents = [max(0, size) - 3 - 3 * k for k in range(15)]
    if x != 0.0:
        exponents += [e for e in range(size - 3, size - 24, -3) if e < exponents[-1] - 1]
    return [h for h in (math.ldexp(1.0, e) for e in exponents) if h > 0.0]


def _slopes(
    hs: Sequence[float], here: float, ahead: Sequence[float], behind: Sequence[float]
) -> Slopes:
    """The same, from the values of one result at all steps ahead and behind."""
    if not math.isfinite(here):
        return Slopes(here, UNKNOWN, UNKNOWN, UNKNOWN, False, ())
    central, left, right = [], [], []
    for h, a, b in zip(hs, ahead, behind, strict=True):
        central.append(Row(h, a / (2.0 * h) - b / (2.0 * h), max(abs(a), abs(b))))
        right.append(Row(h, a / h - here / h, max(abs(a), abs(here))))
        left.append(Row(h, here / h - b / h, max(abs(b), abs(here))))
    seen = Limit(central, 2).estimate()
    return Slopes(
        here,
        seen,
        Limit(left, 1).estimate(),
        Limit(right, 1).estimate(),
        _jumps(left) or _jumps(right),
        tuple(_views(central, here, seen)),
    )


def _views(rows: Sequence[Row], here: float, seen: Estimate) -> Iterator[Estimate]:
    """What only the larger or only the smaller steps see, where that is clearly something else.

    A fine staircase - floor(x) at 1e8, or 1e10 + x - 1e10 - is flat from near by and slopes from
    afar, and which of them is meant no difference can tell.
    """
    moving = max((i for i, row in enumerate(rows) if row.quotient != 0.0), default=-1) + 1
    parts = [(rows[:moving], moving)] if moving < len(rows) - 2 else []
    for part, at in [*parts, (rows[5:], 5), (rows[8:], 8)]:
        view = Limit(part, 2).estimate()
        apart = math.fabs(view.value - seen.value)
        if apart > view.bar + seen.bar and apart * rows[at].h > VISIBLE * math.fabs(here):
            yield view


def _jumps(rows: Sequence[Row]) -> bool:
    """Whether what was subtracted stays as different as it is, however small the step."""
    gaps = [abs(row.quotient) * row.h for row in rows[-5:]]
    seen = min(gaps) > VISIBLE * rows[-1].size
    return seen and max(gaps) <= 1.01 * min(gaps)


class Limit:
    """The limit of difference quotients for h -> 0, by Richardson extrapolation.

    A quotient is off by a h**p + b h**2p + ...: the first column holds the quotients, each further
    one removes the next of these terms. Large steps suffer from what remains of them, small ones
    from rounding; the entry that differs least from its neighbours is the estimate.
    """

    def __init__(self, rows: Sequence[Row], power: int) -> None:
        self.rows = [row for row in rows if math.isfinite(row.quotient)]
        self.defined = all(math.isfinite(row.quotient) for row in rows[-3:])
        self.power = power

    def estimate(self) -> Estimate:
        """The limit; inf where the quotients grow without end, unknown where they do not exist."""
        if not self.defined or len(self.rows) < 4:
            return UNKNOWN
        if self._diverges():
            return Estimate(math.copysign(math.inf, self.rows[-1].quotient), 0.0)
        table = self._table()
        best = UNKNOWN
        for k in range(1, len(table) - 2):  # the last rows only witness the noise of the others
            h, _, size = self.rows[k]
            for j in range(1, len(table[k])):
                value = table[k][j]
                spread = max(abs(value - table[k][j - 1]), abs(value - table[k - 1][j - 1]))
                error = max(spread, max(EPSILON * size, SMALLEST) / h)
                if error < best.error:
                    noise = self._noise(table, k, value)
                    error = max(error, noise / h) if noise <= MOST_NOISE * size else math.inf
                if error < best.error:
                    best = Estimate(value, error)
        return best

    def _table(self) -> list[list[float]]:
        table: list[list[float]] = []
        for k, (h, quotient, _) in enumerate(self.rows):
            row = [quotient]
            for j in range(1, min(k, DEPTH) + 1):
                ratio = self.rows[k - j].h / h
                ratio *= ratio if self.power == 2 else 1.0  # ** would raise where this is inf
                row.append(row[-1] + (row[-1] - table[-1][j - 1]) / (ratio - 1.0))
            table.append(row)
        return table

    def _noise(self, table: list[list[float]], k: int, value: float) -> float:
        """What rounding does to the function: what smaller steps see that contradicts the value."""
        below = range(k + 1, len(table))
        return max(abs(table[i][2] - value) * self.rows[i].h for i in below)

    def _diverges(self) -> bool:
        """Whether the quotients grow by the same factor from each step to the next."""
        tail = self.rows[-5:]
        if any(row.quotient == 0.0 for row in tail):
            return False
        last = tail[-1]
        if abs(last.quotient) * last.h <= VISIBLE * last.size:
            return False
        growth = [b.quotient / a.quotient for a, b in pairwise(tail)]
        return min(growth) > 1.2 and max(growth) < 1.1 * min(growth)


def remainder_slope(remainder: Callable[[float], float]) -> float | None:
    """The power p of h with which a Taylor remainder shrinks as h**p; None if all is rounding.

    The remainder of a right derivative shrinks as h**2, that of a wrong one only as h.

    >>> round(remainder_slope(lambda h: math.exp(h) - 1.0 - h), 2)
    2.0
    >>> round(remainder_slope(lambda h: math.exp(h) - 1.0 - 1.0001 * h), 2)
    1.0
    """
    hs = [4.0**-k for k in range(1, 23)]
    points = [(h, r) for h, r in ((h, abs(remainder(h))) for h in hs) if math.isfinite(r)]
    noise = max((r for h, r in points[-4:]), default=0.0)
    seen = [(math.log(h), math.log(r)) for h, r in points if r > SEEN * noise][-4:]
    if len(seen) < 4:
        return None
    x0, y0 = (math.fsum(column) / len(seen) for column in zip(*seen, strict=True))
    over = math.fsum((x - x0) ** 2 for x, _ in seen)
    return math.fsum((x - x0) * (y - y0) for x, y in seen) / over
