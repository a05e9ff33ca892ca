"""How far every operation of the table, and its first two derivatives, are from the exact numbers.

    python -m tests.proof.accuracy                        the whole table, a few minutes
    python -m tests.proof.accuracy tanh gelu --points 200  two operations, quickly

`ORACLES` knows each operation a second time: what it is, its gradient and the upper triangle of its
matrix of second derivatives, as formulas for mpmath's numbers of 60 digits, written from textbooks
and not from our rules. The engine's answers are held against them at points spread evenly over the
exponents of each domain, thickened around zeros, kinks and edges. At a kink itself there is nothing
to measure; what holds there is a convention, and has tests of its own.

Errors are in ULP, the spacing of doubles at the exact number: 2**-1074 for subnormal ones. Where a
formula is a sum, the spacing is that of its largest term, for near a zero of the sum no double
arithmetic can do better. What is above the largest double should be inf. Points are not drawn where
a factor of the result is subnormal or too large for a double, while the result is neither.
"""

from __future__ import annotations

import argparse
import math
import sys
from dataclasses import dataclass
from fractions import Fraction
from multiprocessing import Pool
from random import Random
from typing import TYPE_CHECKING, Any

from autograd import Value, gradients
from autograd.core import ops
from autograd.core.operation import Op, Variadic
from benchmarks.command import count, must_be_known, needed

with needed(__name__):
    import mpmath
    from mpmath import cos, cosh, exp, expm1, log, log1p, mp, mpf, psi, sin, sinh, sqrt, tan, tanh

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Exact = Any  # an mpf, or a Sum of them
Point = tuple[float, ...]

DIGITS = 60
POINTS = 2000
CHUNK = 100  # points a task
BARS = (2.0, 4.0, 8.0)  # ULP allowed for the value, a first and a second derivative

OF_ERFC = "The C library's erfc is wrong by up to 3.5 ULP, and so are those that multiply it."
OF_TERMS = "Sums of any number of terms gather an error from each."
OF_ORDER = "Entries that serve as the derivatives of others: what they give is of one order more."

# The operations with bars of their own, and why.
LOOSER: dict[str, tuple[tuple[float, float, float], str]] = {
    "erfc": ((4.0, 4.0, 8.0), OF_ERFC),
    "normal_cdf": ((4.0, 4.0, 8.0), OF_ERFC),
    "gelu": ((8.0, 4.0, 8.0), OF_ERFC),
    "logsumexp": ((4.0, 4.0, 8.0), OF_TERMS),
    "dcbrt": ((4.0, 8.0, 16.0), OF_ORDER),
    "dsigmoid": ((4.0, 8.0, 16.0), OF_ORDER),
    "lowered_pow": ((4.0, 8.0, 16.0), OF_ORDER),
    "turn": ((4.0, 8.0, 16.0), OF_ORDER),
}


ZERO, ONE = mpf(0), mpf(1)


# Exact formulas ----------------------------------------------------------------------------------


class Sum(tuple[Any, ...]):
    """The terms of a sum, which may cancel."""

    __slots__ = ()


def add(*terms: Exact) -> Sum:
    return Sum(terms)


def sigmoid(x: Exact) -> Exact:
    return 1 / (1 + exp(-x))


def dsigmoid(x: Exact) -> Exact:
    return sigmoid(x) * sigmoid(-x)


def sech2(x: Exact) -> Exact:
    return 1 / cosh(x) ** 2


def derf(x: Exact) -> Exact:
    return 2 / sqrt(mp.pi) * exp(-x * x)


def pdf(x: Exact) -> Exact:
    return exp(-x * x / 2) / sqrt(2 * mp.pi)


def cdf(x: Exact) -> Exact:
    return mpmath.erfc(-x / sqrt(mpf(2))) / 2


def cbrt(x: Exact) -> Exact:
    return mpmath.sign(x) * mpmath.cbrt(abs(x))


def lgamma(x: Exact) -> Exact:
    if x > 0:
        return mpmath.loggamma(x)
    return add(log(mp.pi), -log(abs(mpmath.sinpi(x))), -mpmath.loggamma(1 - x))


def polygamma(n: int, x: Exact) -> Exact:
    """Below 0 the poles on both sides are terms of a sum."""
    if x > 0:
        return psi(n, x)
    factor = (-1) ** (n + 1) * mpmath.factorial(n)
    left, right = (factor / (x + k) ** (n + 1) for k in (mpmath.ceil(-x), mpmath.floor(-x)))
    return add(left, right, psi(n, x) - left - right)


def rounded(x: float, digits: float) -> Exact:
    exact = round(Fraction(float(x)), int(digits))
    return mpf(exact.numerator) / exact.denominator


def tail(x: Exact, *others: Exact) -> Exact:
    """log(exp(x) + ...) for the largest x."""
    return add(x, log1p(sum(exp(y - x) for y in others)))


def pow_formulas(x: Exact, y: Exact) -> Any:
    return lowered_pow_formulas(x, y, mpf(0), mpf(0))


def lowered_pow_formulas(x: Exact, y: Exact, k: Exact, m: Exact) -> Any:
    def term(c: Exact, j: int, i: Exact) -> Exact:
        """c * x**(p - j) * log(x)**i; c is 0 where i is negative"""
        return c * x ** (p - j) * log(x) ** i if i > 0 else c * x ** (p - j)

    p = y - k
    return (
        term(ONE, 0, m),
        [add(term(p, 1, m), term(m, 1, m - 1)), term(ONE, 0, m + 1)],
        [
            add(
                term(p * (p - 1), 2, m),
                term(m * (p + p - 1), 2, m - 1),
                term(m * (m - 1), 2, m - 2),
            ),
            add(term(p, 1, m + 1), term(m + 1, 1, m)),
            term(ONE, 0, m + 2),
        ],
    )


def hypot_formulas(x: Exact, y: Exact) -> Any:
    h = sqrt(x * x + y * y)
    return h, [x / h, y / h], [y * y / h**3, -x * y / h**3, x * x / h**3]


def cosine_formulas(x: Exact, y: Exact) -> Any:
    h = sqrt(x * x + y * y)
    return (
        x / h,
        [y * y / h**3, -x * y / h**3],
        [
            -3 * x * y * y / h**5,
            add(2 * x * x * y / h**5, -(y**3) / h**5),
            add(2 * x * y * y / h**5, -(x**3) / h**5),
        ],
    )


def turn_formulas(x: Exact, y: Exact) -> Any:
    s = x * x + y * y
    return (
        x / s,
        [add(y * y / s**2, -x * x / s**2), -2 * x * y / s**2],
        [
            add(2 * x**3 / s**3, -6 * x * y * y / s**3),
            add(6 * x * x * y / s**3, -2 * y**3 / s**3),
            add(6 * x * y * y / s**3, -2 * x**3 / s**3),
        ],
    )


def atan2_formulas(y: Exact, x: Exact) -> Any:
    s = x * x + y * y
    bend = 2 * x * y / s**2
    return mpmath.atan2(y, x), [x / s, -y / s], [-bend, add(y * y / s**2, -x * x / s**2), bend]


def norm_formulas(*xs: Exact) -> Any:
    h = sqrt(mpmath.fsum(x * x for x in xs))
    return (
        h,
        [x / h for x in xs],
        triangle(xs, lambda i, j: add(mpf(i == j) / h, -xs[i] * xs[j] / h**3)),
    )


def logsumexp_formulas(*xs: Exact) -> Any:
    a, *others = sorted(xs, reverse=True)
    total = mpmath.fsum(exp(x - a) for x in xs)
    p = [exp(x - a) / total for x in xs]
    return (
        tail(a, *others),
        p,
        triangle(xs, lambda i, j: add(p[i], -p[i] * p[i]) if i == j else -p[i] * p[j]),
    )


def dot_formulas(a: Exact, b: Exact, c: Exact, d: Exact, start: Exact) -> Any:
    beside = triangle(range(5), lambda i, j: mpf(i < 2 and j == i + 2))
    return add(start, a * c, b * d), [c, d, a, b, mpf(1)], beside


def of_difference(f: Callable[[Exact], Any]) -> Callable[[Exact, Exact], Any]:
    """Formulas in x and y from f, f', f'' in x - y."""

    def formulas(x: Exact, y: Exact) -> Any:
        value, slope, bend = f(x - y)
        minus = Sum(-term for term in bend) if isinstance(bend, Sum) else -bend
        return value, [slope, -slope], [bend, minus, bend]

    return formulas


def sigmoid_formulas(x: Exact) -> Any:
    return sigmoid(x), dsigmoid(x), -dsigmoid(x) * tanh(x / 2)


def dsigmoid_formulas(x: Exact) -> Any:
    slope, turn = dsigmoid(x), tanh(x / 2)
    return slope, -slope * turn, add(slope * turn**2, -2 * slope**2)


def tie(won: bool, tied: bool) -> Exact:
    """1 for the larger of two, 1/2 for equal ones: a convention."""
    return mpf(won) + mpf(tied) / 2


def triangle(xs: Sequence[Any], entry: Callable[[int, int], Exact]) -> list[Exact]:
    n = len(xs)
    return [entry(i, j) for i in range(n) for j in range(i, n)]


# Points ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Axis:
    """Where one operand is drawn: both signs of 10**low .. 10**high, and close to some centres.

    Half of the numbers are of ordinary size, where functions bend most.
    """

    low: float = -300.0
    high: float = 300.0
    near: tuple[float, ...] = ()
    least: float = -math.inf
    most: float = math.inf

    def draw(self, rng: Random) -> float:
        while True:
            if self.near and rng.random() < 0.4:
                x = beside(rng, rng.choice(self.near))
            else:
                low, high = self.low, self.high
                if rng.random() < 0.5:
                    low, high = max(low, -2.0), min(high, 2.0)
                x = rng.choice((-1.0, 1.0)) * math.pow(10.0, rng.uniform(low, high))
            if self.least < x < self.most and x not in self.near:
                return x


def beside(rng: Random, centre: float) -> float:
    """A number close to another: a few steps away, or at a distance spread over the exponents."""
    if centre == 0.0 or rng.random() < 0.8:
        gap = math.pow(10.0, rng.uniform(-17.0, 0.0)) * (centre or 1.0)
        return centre + rng.choice((-1.0, 1.0)) * gap
    return centre + rng.randint(-4, 4) * math.ulp(centre)


def along(*axes: Axis) -> Callable[[Random], Point]:
    """Points with each operand drawn on its axis; sometimes close to the operand before it."""

    def draw(rng: Random) -> Point:
        point: list[float] = []
        for axis in axes:
            x = axis.draw(rng)
            if point and rng.random() < 0.3:
                y = beside(rng, rng.choice((-1.0, 1.0)) * point[-1])
                x = y if axis.least < y < axis.most else x
            point.append(x)
        return tuple(point)

    return draw


def powers(*lowered: float) -> Callable[[Random], Point]:
    """Points of x ** y where that is a double: any x for a whole y."""

    def draw(rng: Random) -> Point:
        while True:
            if rng.random() < 0.3 and not lowered:
                x = rng.choice((-1.0, 1.0)) * 10.0 ** rng.uniform(-30, 30)
                y = float(rng.randint(-9, 9))
            else:
                x = Axis(near=(1.0,), least=0.0).draw(rng)
                # |y * log(x)| is at most 700, and often much less
                y = rng.choice((-1.0, 1.0)) * 700.0 / math.log(x) * 10.0 ** -abs(rng.gauss(0, 2))
            factors = [
                (y - k) * math.log2(abs(x)) + j * math.log2(abs(math.log(abs(x))))
                for k in range(6)
                for j in range(4)
            ]
            if not any(-1090.0 < size < -1010.0 or size > 1010.0 for size in factors):
                return (x, y, *[rng.choice(lowered) for _ in range(2 * bool(lowered))])

    return draw


real = Axis()
mild = Axis(-300, 2.84)  # where exp is a normal double
small = Axis(-100, 100)  # where a product of three is
above = Axis(least=0.0, near=(1.0,))
unit = Axis(-300, 0, near=(1.0, -1.0), least=-1.0, most=1.0)
bell = Axis(-300, 1.42)  # where exp(-x**2) is
wide_bell = Axis(-300, 1.57)  # where exp(-x**2 / 2) is
step = Axis(-300, 300, near=(0.5, 1.0, -1.0, 2.5, 2.0**52))
poles = Axis(-300, 2.25, near=(1.0, 2.0, 1.4616321449683622, 171.0, -0.5, -1.0, -2.0, -20.0))
angle = Axis(-300, 300, near=(1.5707963267948966, 3.141592653589793, 4.71238898038469))


# The table again ---------------------------------------------------------------------------------
# A row: the operands, the value, the gradient, the second derivatives xx, xy, .. yy; the points.
# Operands without derivatives (the n of polygamma) have no place in gradients.


@dataclass(frozen=True)
class Oracle:
    """The value, gradient and second derivatives of an operation, and where to compare them."""

    formulas: Callable[..., tuple[Exact, Exact, Exact]]
    points: Callable[[Random], Point]


def row(formulas: Callable[..., tuple[Exact, Exact, Exact]], *axes: Any) -> Oracle:
    return Oracle(formulas, along(*axes) if isinstance(axes[0], Axis) else axes[0])


# fmt: off
ORACLES: dict[str, Oracle] = {
    # Arithmetic
    "add":        row(lambda x, y: (x + y, [ONE, ONE], [ZERO]*3), real, real),
    "sub":        row(lambda x, y: (x - y, [ONE, -ONE], [ZERO]*3), real, real),
    "mul":        row(lambda x, y: (x * y, [y, x], [ZERO, ONE, ZERO]), real, real),
    "div":        row(lambda x, y: (x / y, [1/y, -x/y**2], [ZERO, -1/y**2, 2*x/y**3]), real, real),
    "reciprocal": row(lambda x: (1/x, -1/x**2, 2/x**3), real),
    "neg":        row(lambda x: (-x, -ONE, ZERO), real),
    "pos":        row(lambda x: (x, ONE, ZERO), real),
    "square":     row(lambda x: (x*x, 2*x, mpf(2)), real),
    "pow":        row(pow_formulas, powers()),
    "lowered_pow": row(lowered_pow_formulas, powers(0.0, 1.0)),
    "floordiv":   row(lambda x, y: (mpmath.floor(x/y), [ZERO, ZERO], [ZERO]*3), real, real),
    "mod":        row(lambda x, y: (x % y, [ONE, -mpmath.floor(x/y)], [ZERO]*3), real, real),
    # Exponentials, logarithms, roots
    "exp":        row(lambda x: (exp(x), exp(x), exp(x)), mild),
    "exp2":       row(lambda x: (mpf(2)**x, log(2) * mpf(2)**x, log(2)**2 * mpf(2)**x), mild),
    "expm1":      row(lambda x: (expm1(x), exp(x), exp(x)), mild),
    "log":        row(lambda x: (log(x), 1/x, -1/x**2), above),
    "log2":       row(lambda x: (log(x)/log(2), 1/x/log(2), -1/x**2/log(2)), above),
    "log10":      row(lambda x: (log(x)/log(10), 1/x/log(10), -1/x**2/log(10)), above),
    "log1p":      row(lambda x: (log1p(x), 1/(1+x), -1/(1+x)**2), Axis(near=(-1.0,), least=-1.0)),
    "sqrt":       row(lambda x: (sqrt(x), 1/sqrt(x)/2, -1/sqrt(x)**3/4), above),
    "cbrt":       row(lambda x: (cbrt(x), 1/cbrt(x)**2/3, -2/cbrt(x)**5/9), real),
    "dcbrt":      row(lambda x: (1/cbrt(x)**2/3, -2/cbrt(x)**5/9, 10/cbrt(x)**8/27), real),
    # Trigonometry
    "sin":        row(lambda x: (sin(x), cos(x), -sin(x)), angle),
    "cos":        row(lambda x: (cos(x), -sin(x), -cos(x)), angle),
    "tan":        row(lambda x: (tan(x), 1/cos(x)**2, 2*tan(x)/cos(x)**2), angle),
    "asin":       row(lambda x: (mp.asin(x), 1/sqrt(1-x*x), x/sqrt(1-x*x)**3), unit),
    "acos":       row(lambda x: (mp.acos(x), -1/sqrt(1-x*x), -x/sqrt(1-x*x)**3), unit),
    "rsqrt_1m2":  row(lambda x: (1/sqrt(1-x*x), x/sqrt(1-x*x)**3, (1+2*x*x)/sqrt(1-x*x)**5), unit),
    "atan":       row(lambda x: (mp.atan(x), 1/(1+x*x), -2*x/(1+x*x)**2), real),
    "rational_1p2": row(lambda x: (1/(1+x*x), -2*x/(1+x*x)**2,
                                   add(-2/(1+x*x)**2, 8*x*x/(1+x*x)**3)), real),
    "atan2":      row(atan2_formulas, real, real),
    "turn":       row(turn_formulas, small, small),
    "hypot":      row(hypot_formulas, real, real),
    "cosine":     row(cosine_formulas, small, small),
    # Hyperbolic functions
    "sinh":       row(lambda x: (sinh(x), cosh(x), sinh(x)), mild),
    "cosh":       row(lambda x: (cosh(x), sinh(x), cosh(x)), mild),
    "tanh":       row(lambda x: (tanh(x), sech2(x), -2*tanh(x)*sech2(x)), mild),
    "sech2":      row(lambda x: (sech2(x), -2*tanh(x)*sech2(x),
                                 add(-2*sech2(x)**2, 4*tanh(x)**2*sech2(x))), mild),
    "asinh":      row(lambda x: (mp.asinh(x), 1/sqrt(1+x*x), -x/sqrt(1+x*x)**3), real),
    "rsqrt_1p2":  row(lambda x: (1/sqrt(1+x*x), -x/sqrt(1+x*x)**3,
                                 add(-1/sqrt(1+x*x)**3, 3*x*x/sqrt(1+x*x)**5)), real),
    "acosh":      row(lambda x: (mp.acosh(x), 1/sqrt(x*x-1), -x/sqrt(x*x-1)**3),
                      Axis(0, 300, near=(1.0,), least=1.0)),
    "rsqrt_m1p2": row(lambda x: (1/sqrt(x*x-1), -x/sqrt(x*x-1)**3, (2*x*x+1)/sqrt(x*x-1)**5),
                      Axis(0, 300, near=(1.0,), least=1.0)),
    "atanh":      row(lambda x: (mp.atanh(x), 1/(1-x*x), 2*x/(1-x*x)**2), unit),
    "reciprocal_1m2": row(lambda x: (1/(1-x*x), 2*x/(1-x*x)**2, (2+6*x*x)/(1-x*x)**3), unit),
    # Special functions
    "erf":        row(lambda x: (mp.erf(x), derf(x), -2*x*derf(x)), bell),
    "erfc":       row(lambda x: (mp.erfc(x), -derf(x), 2*x*derf(x)), bell),
    "derf":       row(lambda x: (derf(x), -2*x*derf(x), add(4*x*x*derf(x), -2*derf(x))), bell),
    "normal_cdf": row(lambda x: (cdf(x), pdf(x), -x*pdf(x)), wide_bell),
    "normal_pdf": row(lambda x: (pdf(x), -x*pdf(x), add(x*x*pdf(x), -pdf(x))), wide_bell),
    "gamma":      row(lambda x: (mp.gamma(x), mp.gamma(x)*psi(0, x),
                                 add(mp.gamma(x)*psi(0, x)**2, mp.gamma(x)*psi(1, x))), poles),
    "lgamma":     row(lambda x: (lgamma(x), polygamma(0, x), polygamma(1, x)), poles),
    "digamma":    row(lambda x: (polygamma(0, x), polygamma(1, x), polygamma(2, x)), poles),
    "polygamma":  row(lambda n, x: (psi(int(n), x), psi(int(n)+1, x), psi(int(n)+2, x)),
                      lambda rng: (rng.choice((1.0, 2.0, 3.0, 4.0)), above.draw(rng))),
    # Activations
    "relu":       row(lambda x: (max(x, ZERO), mpf(x > 0), ZERO), real),
    "leaky_relu": row(lambda x, s: (x, [ONE, ZERO], [ZERO]*3) if x > 0 else
                                   (s*x, [s, x], [ZERO, ONE, ZERO]), real, unit),
    "elu":        row(lambda x, a: (x, [ONE, ZERO], [ZERO]*3) if x > 0 else
                                   (a*expm1(x), [a*exp(x), expm1(x)], [a*exp(x), exp(x), ZERO]),
                      mild, Axis(-100, 100, near=(1.0,), least=0.0)),
    "gelu":       row(lambda x: (x*cdf(x), add(cdf(x), x*pdf(x)), add(2*pdf(x), -x*x*pdf(x))),
                      wide_bell),
    "silu":       row(lambda x: (x*sigmoid(x), add(sigmoid(x), x*dsigmoid(x)),
                                 add(2*dsigmoid(x), -x*dsigmoid(x)*tanh(x/2))), mild),
    "softplus":   row(lambda x: (log1p(exp(x)), sigmoid(x), dsigmoid(x)), mild),
    "sigmoid":    row(sigmoid_formulas, mild),
    "dsigmoid":   row(dsigmoid_formulas, mild),
    "log_sigmoid": row(lambda x: (-log1p(exp(-x)), sigmoid(-x), -dsigmoid(x)), mild),
    # Steps and choices
    "abs":        row(lambda x: (abs(x), mpmath.sign(x), ZERO), real),
    "sign":       row(lambda x: (mpmath.sign(x), ZERO, ZERO), real),
    "floor":      row(lambda x: (mpmath.floor(x), ZERO, ZERO), step),
    "ceil":       row(lambda x: (mpmath.ceil(x), ZERO, ZERO), step),
    "trunc":      row(lambda x: (mpmath.sign(x) * mpmath.floor(abs(x)), ZERO, ZERO), step),
    "round":      row(lambda x, digits: (rounded(x, digits), ZERO, ZERO),
                      lambda rng: (step.draw(rng), rng.choice((-2.0, 0.0, 3.0)))),
    "maximum":    row(lambda x, y: (max(x, y), [tie(x > y, x == y), tie(x < y, x == y)], [ZERO]*3),
                      real, real),
    "minimum":    row(lambda x, y: (min(x, y), [tie(x < y, x == y), tie(x > y, x == y)], [ZERO]*3),
                      real, real),
    "clip":       row(lambda x, low, high: (min(max(x, low), high),
                                            [mpf(low <= x <= high), mpf(x < low <= high),
                                             mpf(high < max(x, low))], [ZERO]*6),
                      Axis(-3, 3), Axis(-3, 3), Axis(-3, 3)),
    "select":     row(lambda c, a, b: (a if c else b, [c, 1 - c], [ZERO]*3),
                      lambda rng: (float(rng.randint(0, 1)), real.draw(rng), real.draw(rng))),
    # Many operands
    "sum":        row(lambda *xs: (add(*xs), [ONE] * 3, [ZERO] * 6), real, real, real),
    "prod":       row(lambda a, b, c: (a*b*c, [b*c, a*c, a*b], [ZERO, c, b, ZERO, a, ZERO]),
                      small, small, small),
    "dot_product": row(dot_formulas, small, small, small, small, small),
    "norm":       row(norm_formulas, real, real, real),
    "largest":    row(lambda *xs: (max(xs), [ZERO] * 3, [ZERO] * 6), real, real, real),
    "shifted":    row(lambda x, y: (x - y, [ONE, ZERO], [ZERO] * 3), real, real),
    "exp_shifted": row(lambda x, y: (exp(x-y), [exp(x-y), ZERO], [exp(x-y), ZERO, ZERO]),
                      lambda rng: tuple(sorted(along(mild, mild)(rng)))),
    "logsumexp":  row(logsumexp_formulas, mild, mild, mild),
    "logaddexp":  row(lambda x, y: (tail(max(x, y), min(x, y)), [sigmoid(x-y), sigmoid(y-x)],
                                    [dsigmoid(x-y), -dsigmoid(x-y), dsigmoid(x-y)]), mild, mild),
    "share":      row(of_difference(sigmoid_formulas), mild, mild),
    "dshare":     row(of_difference(dsigmoid_formulas), mild, mild),
}
# fmt: on


# Measuring ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Worst:
    """The largest error seen of one kind of number, and where."""

    ulps: float = 0.0
    kind: str = ""  # by which operands: x, y, xx, xy, ...
    point: Point = ()


def operations() -> dict[str, Op]:
    """Every operation of the table, by name."""
    return {name: op for name, op in vars(ops).items() if isinstance(op, Op)}


def error(got: float, exact: Exact) -> float:
    """The distance of a double from the exact number, in ULP of its largest term."""
    terms = exact if isinstance(exact, Sum) else (exact,)
    if any(isinstance(term, mpmath.mpc) or mpmath.isnan(term) for term in terms):
        return 0.0 if got != got else math.inf
    if got != got:
        return math.inf
    total = mpmath.fsum(terms)
    largest = max(abs(term) for term in (total, *terms))
    spacing = max(mpmath.mag(largest) - 53, -1074) if largest else -1074
    return float(distance(got, total) * mpf(2) ** -spacing)


def distance(got: float, exact: Exact) -> Exact:
    """How far apart they are, where inf is every number from 2**1024 on."""
    if math.isinf(got):
        return max(ZERO, mpf(2) ** 1024 - math.copysign(1.0, got) * exact)
    return abs(got - exact)


def answers(op: Any, point: Point) -> tuple[float, list[float], list[list[float]]]:
    """The value, gradient and matrix of second derivatives that the engine gives."""
    rules = op.rules * len(point) if isinstance(op, Variadic) else op.rules
    operands = [x if rule is None else Value(x) for x, rule in zip(point, rules, strict=True)]
    variables = [x for x in operands if isinstance(x, Value)]
    out: Any = op(operands) if isinstance(op, Variadic) else op(*operands)
    first = gradients(out, variables)
    second = [gradients(dx, variables) for dx in first]
    return out.data, [dx.data for dx in first], [[d.data for d in line] for line in second]


def errors(name: str, point: Point) -> Iterator[tuple[int, str, float]]:
    """Order, kind (x, y, xy, ...) and ULP for every number the engine gives at a point."""
    value, first, second = answers(operations()[name], point)
    exact, slopes, bends = ORACLES[name].formulas(*map(mpf, point))
    slopes, bends = (x if isinstance(x, list) else [x] for x in (slopes, bends))
    n = len(first)
    kinds = "xyzuvw"[:n] if n > 1 else " "
    yield 0, "", error(value, exact)
    for kind, dx, slope in zip(kinds, first, slopes, strict=True):
        yield 1, kind, error(dx, slope)
    upper = iter(bends)
    for i in range(n):
        for j in range(i, n):
            bend = next(upper)
            yield 2, kinds[i] + kinds[j], error(second[i][j], bend)
            if i != j:
                yield 2, kinds[j] + kinds[i], error(second[j][i], bend)


def measure(name: str, points: int, seed: int = 0) -> list[Worst]:
    """The largest errors of an operation's value, first and second derivatives over some points."""
    rng = Random(f"{name} {seed}")
    worst = [Worst(), Worst(), Worst()]
    with mp.workdps(DIGITS):
        for _ in range(points):
            point = ORACLES[name].points(rng)
            for order, kind, ulps in errors(name, point):
                if ulps > worst[order].ulps:
                    worst[order] = Worst(ulps, kind.strip(), point)
    return worst


def task(job: tuple[str, int, int]) -> tuple[str, list[Worst]]:
    name, points, seed = job
    return name, measure(name, points, seed)


def measure_all(names: Sequence[str], points: int) -> dict[str, list[Worst]]:
    """The largest errors of many operations, measured in parallel."""
    jobs = [(name, min(CHUNK, points - i), i) for name in names for i in range(0, points, CHUNK)]
    found = {name: [Worst(), Worst(), Worst()] for name in names}
    with Pool() as pool:
        for name, worst in pool.imap_unordered(task, jobs):
            pairs = zip(found[name], worst, strict=True)
            found[name] = [max(pair, key=lambda w: w.ulps) for pair in pairs]
    return found


def bars(name: str) -> tuple[float, float, float]:
    """The errors allowed for the value, first and second derivatives of an operation."""
    return LOOSER[name][0] if name in LOOSER else BARS


def line(name: str, worst: Sequence[Worst]) -> str:
    """A row of the printed table: for each order the error, ! if above the bar, and the point."""
    cells = []
    for w, bar in zip(worst, bars(name), strict=True):
        at = ", ".join(f"{x:.6g}" for x in w.point)
        cells.append(f"{w.ulps:7.3g}{'!' if w.ulps > bar else ' '} {f'{w.kind} {at}'.strip():36}")
    return f"{name:15}{''.join(cells)}".rstrip()


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.proof.accuracy",
        description="ULP of every operation and its first two derivatives, against mpmath.",
    )
    parser.add_argument("names", nargs="*", metavar="operation", help="which ones (default: all)")
    parser.add_argument("--points", type=count, default=POINTS, help=f"each (default {POINTS})")
    options = parser.parse_args()
    must_be_known(parser, "operation", options.names, operations())
    names = options.names or list(operations())
    found = measure_all(names, options.points)
    print(f"{'worst ULP':15}" + "".join(f"{x:>7}  {'at':36}" for x in ("value", "first", "second")))
    for name in names:
        print(line(name, found[name]))
    missed = [
        name
        for name in names
        if any(w.ulps > bar for w, bar in zip(found[name], bars(name), strict=True))
    ]
    print(f"{len(names)} operations, {options.points} points each. Bars: {BARS}, but")
    for name, (looser, reason) in LOOSER.items():
        print(f"    {name:12} {looser!s:17} {reason}")
    print(f"above the bar (!): {', '.join(missed) or 'none'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
