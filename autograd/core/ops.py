"""The table: every operation, with its local derivatives.

An entry is a function on floats, decorated with one rule for each operand. A rule gives
d out / d operand from the operands and the result, and is itself written in this table's
operations: fed floats it gives a float, fed Values it gives a Value, which can be differentiated
again. Every order of derivative follows from these lines.

Four habits keep the rules right at every order:

- where a derivative's own derivative would cancel (1 - tanh**2), that derivative is an entry of its
  own with an accurate rule (`sech2`);
- a choice is written with `where` and `unless`, never with `if`, so that a rule can be traced;
- `x + 0.0` under a division makes a -0.0 a 0.0, so that log'(-0.0) is inf and not -inf;
- an edge that is switched off is None, not 0.0: nothing travels along it, not even inf * 0.

At a kink the derivative is the sub-gradient of smallest size: 0 for abs at 0, one half each for
maximum at a tie. On compositions of kinks no such choice is right everywhere: relu(x) - relu(-x)
is x, with derivative 1, and at 0 this table (like every library's) gives 0.
"""

from __future__ import annotations

import builtins
import math
import operator
from typing import TYPE_CHECKING, Any, TypeVar, overload

from autograd.core.operation import INF, REALS, listed, operation
from autograd.core.record import N, Node, Undecided, node
from autograd.numbers import libm, special
from autograd.numbers.reals import describe, real

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from autograd.core.operation import Definition, Interval, Op, Rule

T = TypeVar("T")
U = TypeVar("U")
F = TypeVar("F", bound="Callable[..., Any]")

TABLE: dict[str, Op] = {}  # every operation by name
PUBLIC: dict[str, Callable[..., Any]] = {}  # those that users call, and what is made of several

NAN = math.nan
LN2 = math.log(2.0)
LN10 = math.log(10.0)
LOG2E = 1.4426950408889634  # 1 / LN2, rounded once
LOG10E = 0.4342944819032518  # 1 / LN10, rounded once
ONE_THIRD = 1.0 / 3.0

POSITIVE = (0.0, INF)
UNIT = (-1.0, 1.0)


def entry(
    *rules: Rule | None,
    symbol: str = "",
    domain: Sequence[Interval] = (),
    kinks: Sequence[float] = (),
    public: bool = True,
) -> Definition:
    """An operation of the table; one that only rules need is not public."""
    define: Any = operation(*rules, symbol=symbol, domain=domain, kinks=kinks)

    def enter(forward: Callable[..., float]) -> Any:
        TABLE[forward.__name__] = made = define(forward)
        return exported(made) if public else made

    return enter


def exported(f: F) -> F:
    """A function that users import from `autograd`."""
    PUBLIC[f.__name__] = f
    return f


# Choices inside rules ---------------------------------------------------------------------------


def unless(off: Any, partial: Any) -> Any:
    """The partial of an edge that is switched off under a condition."""
    if isinstance(off, Undecided):
        return off.unless(partial)
    return None if off else partial


def absent(*operands_out: Any) -> None:
    """The partial of a step: nothing flows, wherever it is defined and wherever it jumps."""


def vanishing(x: Any, weight: Any) -> Any:
    """x * weight, and 0 where the weight has died away for good, be x infinite or not."""
    return where(weight == 0.0, 0.0, lambda: x * weight)


# Arithmetic -------------------------------------------------------------------------------------
# The operators of Value are written out by hand in value.py, for speed; these entries are what
# they compute, and a test holds the two together.


@entry(lambda x, y, out: 1.0, lambda x, y, out: 1.0, symbol="+")
def add(x: float, y: float) -> float:
    """The sum x + y.

    >>> add(2.0, 3.0)
    5.0
    """
    return x + y


@entry(lambda x, y, out: 1.0, lambda x, y, out: -1.0, symbol="-")
def sub(x: float, y: float) -> float:
    """The difference x - y.

    >>> sub(2.0, 3.0)
    -1.0
    """
    return x - y


@entry(lambda x, y, out: y, lambda x, y, out: x, symbol="*")
def mul(x: float, y: float) -> float:
    """The product x * y.

    >>> mul(2.0, 3.0)
    6.0
    """
    return x * y


# d/dy is -out / y and not -x / y**2: y**2 may overflow where the quotient does not.
@entry(lambda x, y, out: reciprocal(y), lambda x, y, out: -div(out, y), symbol="/")
def div(x: float, y: float) -> float:
    """The quotient x / y; x / 0 is inf with the sign of x (and of the zero), 0 / 0 is nan.

    >>> div(1.0, 4.0), div(1.0, 0.0)
    (0.25, inf)
    """
    return libm.divide(x, y)


@entry(lambda x, out: -(out * out), symbol="1/")
def reciprocal(x: float) -> float:
    """One over x.

    >>> reciprocal(4.0)
    0.25
    """
    return libm.divide(1.0, x)


@entry(lambda x, out: -1.0, symbol="neg")
def neg(x: float) -> float:
    """The negative -x.

    >>> neg(2.0)
    -2.0
    """
    return -x


@entry(lambda x, out: 1.0, symbol="pos")
def pos(x: float) -> float:
    """The number x itself, as a node of its own.

    >>> pos(2.0)
    2.0
    """
    return x


@entry(lambda x, out: 2.0 * x, symbol="²")
def square(x: float) -> float:
    """The square x * x.

    >>> square(3.0)
    9.0
    """
    return x * x


@entry(
    lambda x, y, out: pow_x(x, y, y, 0.0, 0.0),
    lambda x, y, out: lowered_pow(x, y, 0.0, 1.0),
    symbol="**",
    domain=(POSITIVE, REALS),
)
def pow(x: float, y: float) -> float:
    """The power x ** y; x ** 0 is 1, and a negative x needs an integer y, else the result is nan.

    Derivatives: y * x**(y - 1), and out * log(x).

    >>> pow(2.0, 10.0), pow(-8.0, 1.0 / 3.0)
    (1024.0, nan)
    """
    return libm.pow(x, y)


# What differentiating a power again and again leaves behind. Written as out * log(x), a derivative
# by y would differ by x into out / x, which is 0 where out underflows and x ** (y - 1) does not.
@entry(
    lambda x, y, k, m, out: pow_x(x, y, y - k, k, m),
    lambda x, y, k, m, out: lowered_pow(x, y, k, m + 1.0),
    None,
    None,
    symbol="**",
    domain=(POSITIVE, REALS, (0.0, 3.0), (0.0, 3.0)),
    public=False,
)
def lowered_pow(x: float, y: float, k: float, m: float) -> float:
    """x ** (y - k) * log(x) ** m for whole k and m, as accurate as if y - k were not rounded.

    >>> lowered_pow(2.0, 5.0, 2.0, 0.0), lowered_pow(0.0, 1.0, 0.0, 1.0)
    (8.0, 0.0)
    """
    power = y - k
    if (x == 0.0 and power > 0.0) or (x == INF and power < 0.0):
        return libm.pow(x, power)  # 0, however large the power of the logarithm
    # y - k is power + e exactly. Leaving e out would be wrong by the factor x**e: by 1e-13 for an
    # x of 1e300 or a y of 1e17.
    shift = power - y
    e = (y - (power - shift)) - (k + shift)
    out = libm.pow(x, power)
    if e != 0.0 and 0.0 < x < INF and 0.0 < out < INF:
        out += out * (e * libm.log(x))
    elif e != 0.0 and x < 0.0 and math.isfinite(y):
        if math.fmod(y, 1.0) != 0.0:  # power may be whole where y - k is not, or even
            return NAN
        odd = math.fmod(math.fabs(math.fmod(y, 2.0)) + k, 2.0) == 1.0
        out = math.copysign(out, -1.0 if odd else 1.0)
    return out * libm.pow(libm.log(x), m) if m != 0.0 else out


def pow_x(x: Any, y: Any, factor: Any, k: float, m: float) -> Any:
    """d/dx of x ** (y - k) * log(x) ** m, where factor is y - k: 0 where x ** 0 is flat."""

    def slope() -> Any:
        of_power = where(
            y == k,  # x ** -1 may overflow, and 0 * inf would be nan; 0 / x is 0
            lambda: div(factor, x) * lowered_pow(x, y, k, m),
            lambda: factor * lowered_pow(x, y, k + 1.0, m),
        )
        return where(m == 0.0, of_power, lambda: of_power + m * lowered_pow(x, y, k + 1.0, m - 1.0))

    return where((x == 0.0) & (y == k), 0.0, slope)


@entry(absent, absent, symbol="//")
def floordiv(x: float, y: float) -> float:
    """The quotient rounded down, x // y; nan for y = 0. A step: its derivative is 0.

    >>> floordiv(7.0, 2.0), floordiv(-7.0, 2.0)
    (3.0, -4.0)
    """
    return x // y if y != 0.0 else NAN


# Where the result is nan (y = 0), so is the derivative with respect to x.
@entry(
    lambda x, y, out: where(out == out, 1.0, NAN),
    lambda x, y, out: -floordiv(x, y),
    symbol="%",
)
def mod(x: float, y: float) -> float:
    """The remainder x - y * (x // y), with the sign of y; nan for y = 0.

    >>> mod(7.0, 2.0), mod(-7.0, 2.0)
    (1.0, 1.0)
    """
    return x % y if y != 0.0 else NAN


# Exponentials, logarithms, roots ----------------------------------------------------------------


@entry(lambda x, out: out)
def exp(x: float) -> float:
    """e to the power x; the derivative is the result itself.

    >>> exp(0.0)
    1.0
    """
    return libm.exp(x)


@entry(lambda x, out: LN2 * out)
def exp2(x: float) -> float:
    """2 to the power x.

    >>> exp2(10.0)
    1024.0
    """
    return libm.exp2(x)


@entry(lambda x, out: exp(x))
def expm1(x: float) -> float:
    """exp(x) - 1, accurate for small x.

    >>> expm1(1e-20)
    1e-20
    """
    return libm.expm1(x)


# Below 0 the derivative is out, and so nan: 1 / x is no slope of a function that is not there.
@entry(
    lambda x, out: where(x < 0.0, out, lambda: reciprocal(x + 0.0)),
    domain=(POSITIVE,),
)
def log(x: float) -> float:
    """The natural logarithm; -inf at 0, nan below.

    >>> log(1.0), log(0.0), log(-1.0)
    (0.0, -inf, nan)
    """
    return libm.log(x)


@entry(lambda x, out: where(x < 0.0, out, lambda: div(LOG2E, x + 0.0)), domain=(POSITIVE,))
def log2(x: float) -> float:
    """The logarithm to base 2.

    >>> log2(8.0)
    3.0
    """
    return libm.log2(x)


@entry(lambda x, out: where(x < 0.0, out, lambda: div(LOG10E, x + 0.0)), domain=(POSITIVE,))
def log10(x: float) -> float:
    """The logarithm to base 10.

    >>> log10(1000.0)
    3.0
    """
    return libm.log10(x)


@entry(lambda x, out: where(x < -1.0, out, lambda: reciprocal(1.0 + x)), domain=((-1.0, INF),))
def log1p(x: float) -> float:
    """log(1 + x), accurate for small x.

    >>> log1p(1e-20)
    1e-20
    """
    return libm.log1p(x)


@entry(lambda x, out: div(0.5, out + 0.0), symbol="√", domain=(POSITIVE,))
def sqrt(x: float) -> float:
    """The square root; its derivative 1 / (2 sqrt(x)) is inf at 0. nan below 0.

    >>> sqrt(9.0), sqrt(-1.0)
    (3.0, nan)
    """
    return libm.sqrt(x)


@entry(lambda x, out: dcbrt(x), symbol="∛")
def cbrt(x: float) -> float:
    """The cube root, of negative numbers too.

    >>> cbrt(-27.0)
    -3.0
    """
    rough = libm.cbrt(x)
    if not 0.0 < math.fabs(rough) < INF:
        return rough
    # Some C libraries are wrong by 4 ULP, and derivatives multiply that. Cut to 23 bits, the root
    # has an exact square, and one step of Halley's method brings back the other digits and more.
    lifted = rough * 1073741825.0  # 2**30 + 1
    root = lifted - (lifted - rough)
    other = x / (root * root)
    return root + root * ((other - root) / (root + root + other))


# An entry of its own: the rule of 1 / (3 * root**2) would gather 9 ULP of roundings.
@entry(lambda x, out: div(-2.0 * out, 3.0 * x), symbol="∛'", domain=(POSITIVE,), public=False)
def dcbrt(x: float) -> float:
    """1 / (3 * cbrt(x)**2), the derivative of cbrt; inf at 0.

    >>> dcbrt(8.0)
    0.08333333333333333
    """
    root = cbrt.forward(x)
    return libm.divide(ONE_THIRD, root * root)


# Trigonometry -----------------------------------------------------------------------------------


@entry(lambda x, out: cos(x))
def sin(x: float) -> float:
    """The sine of x radians.

    >>> sin(0.0)
    0.0
    """
    return libm.sin(x)


@entry(lambda x, out: -sin(x))
def cos(x: float) -> float:
    """The cosine of x radians.

    >>> cos(0.0)
    1.0
    """
    return libm.cos(x)


@entry(lambda x, out: 1.0 + out * out)
def tan(x: float) -> float:
    """The tangent of x radians; its derivative is 1 + tan(x)**2.

    >>> tan(0.0)
    0.0
    """
    return libm.tan(x)


@entry(lambda x, out: rsqrt_1m2(x), domain=(UNIT,))
def asin(x: float) -> float:
    """The angle whose sine is x, from -pi/2 to pi/2; its derivative is 1 / sqrt(1 - x**2).

    >>> asin(1.0)
    1.5707963267948966
    """
    return libm.asin(x)


@entry(lambda x, out: -rsqrt_1m2(x), domain=(UNIT,))
def acos(x: float) -> float:
    """The angle whose cosine is x, from 0 to pi; its derivative is -1 / sqrt(1 - x**2).

    >>> acos(1.0)
    0.0
    """
    return libm.acos(x)


@entry(lambda x, out: x * out * reciprocal_1m2(x), symbol="1/√(1-x²)", domain=(UNIT,), public=False)
def rsqrt_1m2(x: float) -> float:
    """1 / sqrt(1 - x**2), the derivative of asin.

    >>> rsqrt_1m2(0.6)
    1.25
    """
    return libm.sqrt(libm.divide(1.0, one_minus_square(x)))


def one_minus_square(x: float) -> float:
    """1 - x**2 on the unit interval, nan outside; near 1 by 1 - |x|, which is exact there."""
    if not -1.0 <= x <= 1.0:
        return NAN
    if -0.5 < x < 0.5:
        return 1.0 - x * x
    gap = 1.0 - math.fabs(x)
    return 2.0 * gap - gap * gap


@entry(lambda x, out: rational_1p2(x))
def atan(x: float) -> float:
    """The angle whose tangent is x, from -pi/2 to pi/2; its derivative is 1 / (1 + x**2).

    >>> atan(1.0)
    0.7853981633974483
    """
    return libm.atan(x)


@entry(lambda x, out: -2.0 * vanishing(x, out) * out, symbol="1/(1+x²)", public=False)
def rational_1p2(x: float) -> float:
    """1 / (1 + x**2), the derivative of atan.

    >>> rational_1p2(3.0)
    0.1
    """
    if -1e150 < x < 1e150:
        return 1.0 / (1.0 + x * x)
    return (1.0 / x) * (1.0 / x)  # x * x would overflow


@entry(lambda y, x, out: turn(x, y), lambda y, x, out: -turn(y, x))
def atan2(y: float, x: float) -> float:
    """The angle of the point (x, y), from -pi to pi; at the origin its derivatives are 0.

    >>> atan2(1.0, -1.0)
    2.356194490192345
    """
    return libm.atan2(y, x)


# (y**2 - x**2) / length**4 in cosines, which cannot overflow while they cancel.
@entry(
    lambda x, y, out: over_length(
        over_length(square(cosine(y, x)) - square(cosine(x, y)), x, y), x, y
    ),
    lambda x, y, out: -2.0 * out * turn(y, x),
    symbol="x/(x²+y²)",
    public=False,
)
def turn(x: float, y: float) -> float:
    """x / (x**2 + y**2), the derivative of atan2, without overflow; 0 at the origin.

    >>> turn(1.0, 2.0)
    0.2
    """
    length = libm.hypot(x, y)
    if 1e-150 < length < 1e150:
        return x / (x * x + y * y)
    if length < INF:
        return cosine.forward(x, y) / length if length != 0.0 else 0.0
    if x != x or y != y:
        return NAN
    if math.isinf(x) or math.isinf(y):
        return 0.0
    # The length of large operands overflows where its reciprocal does not vanish.
    return 0.25 * (cosine.forward(x, y) / libm.hypot(0.25 * x, 0.25 * y))


@entry(lambda x, y, out: cosine(x, y), lambda x, y, out: cosine(y, x))
def hypot(x: float, y: float) -> float:
    """The length of the vector (x, y); at the origin its derivatives are 0.

    >>> hypot(3.0, 4.0)
    5.0
    """
    return libm.hypot(x, y)


# An entry of its own: as x / hypot(x, y), its derivative 1/h - x**2 / h**3 would cancel for y << x.
@entry(
    lambda x, y, out: cosine(y, x) * turn(y, x),
    lambda x, y, out: -(out * turn(y, x)),
    symbol="x/hypot",
    public=False,
)
def cosine(x: float, y: float) -> float:
    """x / hypot(x, y), the derivative of hypot; 0 at the origin.

    >>> cosine(3.0, 4.0)
    0.6
    """
    length = libm.hypot(x, y)
    if 1e-290 < length < INF:
        return x / length
    if length == 0.0:
        return 0.0
    if math.isinf(x) and math.isfinite(y):
        return math.copysign(1.0, x)
    # The length of large operands overflows, that of subnormal ones is rough.
    scale = 2.0**-600 if length > 1.0 else 2.0**600
    return x * scale / libm.hypot(x * scale, y * scale)


def over_length(numerator: Any, x: Any, y: Any) -> Any:
    """numerator / hypot(x, y), and 0 at the origin."""
    return where((x == 0.0) & (y == 0.0), 0.0, lambda: div(numerator, hypot(x, y)))


# Hyperbolic functions ---------------------------------------------------------------------------


@entry(lambda x, out: cosh(x))
def sinh(x: float) -> float:
    """The hyperbolic sine.

    >>> sinh(0.0)
    0.0
    """
    return libm.sinh(x)


@entry(lambda x, out: sinh(x))
def cosh(x: float) -> float:
    """The hyperbolic cosine.

    >>> cosh(0.0)
    1.0
    """
    return libm.cosh(x)


@entry(lambda x, out: sech2(x))
def tanh(x: float) -> float:
    """The hyperbolic tangent, from -1 to 1; its derivative is sech(x)**2.

    >>> tanh(0.0)
    0.0
    """
    return libm.tanh(x)


@entry(lambda x, out: -2.0 * tanh(x) * out, symbol="sech²", public=False)
def sech2(x: float) -> float:
    """sech(x)**2 = 1 - tanh(x)**2, the derivative of tanh, without the cancellation.

    >>> sech2(0.0)
    1.0
    """
    e = libm.exp(-2.0 * math.fabs(x))
    return 4.0 * e / (1.0 + (2.0 * e + e * e))  # one rounding less than in (1 + e)**2


@entry(lambda x, out: rsqrt_1p2(x))
def asinh(x: float) -> float:
    """The inverse hyperbolic sine; its derivative is 1 / sqrt(1 + x**2).

    >>> asinh(0.0)
    0.0
    """
    return libm.asinh(x)


@entry(lambda x, out: -(vanishing(x, out) * rational_1p2(x)), symbol="1/√(1+x²)", public=False)
def rsqrt_1p2(x: float) -> float:
    """1 / sqrt(1 + x**2), the derivative of asinh.

    >>> rsqrt_1p2(0.75)
    0.8
    """
    return 1.0 / libm.hypot(1.0, x)  # x * x would overflow


@entry(lambda x, out: rsqrt_m1p2(x), domain=((1.0, INF),))
def acosh(x: float) -> float:
    """The inverse hyperbolic cosine; its derivative is 1 / sqrt(x**2 - 1).

    >>> acosh(1.0)
    0.0
    """
    return libm.acosh(x)


# Not x * out**3: a cube has three times the error of out.
@entry(
    lambda x, out: -div(div(vanishing(x, out), x - 1.0), x + 1.0),
    symbol="1/√(x²-1)",
    domain=((1.0, INF),),
    public=False,
)
def rsqrt_m1p2(x: float) -> float:
    """1 / sqrt(x**2 - 1), the derivative of acosh.

    >>> rsqrt_m1p2(1.25)
    1.3333333333333333
    """
    if x < 1.0:
        return NAN
    if x > 1e150:
        return 1.0 / x  # the square would overflow
    gap = x - 1.0  # exact up to 2, where x * x - 1 cancels
    return libm.sqrt(libm.divide(1.0, 2.0 * gap + gap * gap if x < 2.0 else x * x - 1.0))


@entry(lambda x, out: reciprocal_1m2(x), domain=(UNIT,))
def atanh(x: float) -> float:
    """The inverse hyperbolic tangent; its derivative is 1 / (1 - x**2).

    >>> atanh(0.0)
    0.0
    """
    return libm.atanh(x)


@entry(lambda x, out: 2.0 * x * out * out, symbol="1/(1-x²)", domain=(UNIT,), public=False)
def reciprocal_1m2(x: float) -> float:
    """1 / (1 - x**2), the derivative of atanh.

    >>> reciprocal_1m2(0.5)
    1.3333333333333333
    """
    return libm.divide(1.0, one_minus_square(x))


# Special functions ------------------------------------------------------------------------------


@entry(lambda x, out: derf(x))
def erf(x: float) -> float:
    """The error function, from -1 to 1.

    >>> erf(0.0)
    0.0
    """
    return libm.erf(x)


@entry(lambda x, out: -derf(x))
def erfc(x: float) -> float:
    """The complementary error function 1 - erf(x), accurate for large x.

    >>> erfc(0.0)
    1.0
    """
    return libm.erfc(x)


@entry(lambda x, out: -2.0 * vanishing(x, out), symbol="erf'", public=False)
def derf(x: float) -> float:
    """2 / sqrt(pi) * exp(-x**2), the derivative of erf.

    >>> derf(0.0)
    1.1283791670955126
    """
    return special.derf(x)


@entry(lambda x, out: normal_pdf(x), symbol="Φ")
def normal_cdf(x: float) -> float:
    """The probability that a standard normal variable is below x.

    >>> normal_cdf(0.0)
    0.5
    """
    return special.normal_cdf(x)


@entry(lambda x, out: -vanishing(x, out), symbol="φ")
def normal_pdf(x: float) -> float:
    """The density of a standard normal variable, exp(-x**2 / 2) / sqrt(2 pi).

    >>> normal_pdf(0.0)
    0.3989422804014327
    """
    return special.normal_pdf(x)


@entry(lambda x, out: out * digamma(x), symbol="Γ", domain=(POSITIVE,))
def gamma(x: float) -> float:
    """The gamma function: gamma(n + 1) is n factorial. inf at 0, nan at the negative integers.

    >>> gamma(5.0)
    24.0
    """
    return special.gamma(x)


@entry(lambda x, out: digamma(x), symbol="log Γ", domain=(POSITIVE,))
def lgamma(x: float) -> float:
    """The logarithm of the absolute value of the gamma function.

    >>> lgamma(1.0)
    0.0
    """
    return special.lgamma(x)


@entry(lambda x, out: polygamma(1.0, x), symbol="ψ", domain=(POSITIVE,))
def digamma(x: float) -> float:
    """The derivative of lgamma.

    >>> digamma(1.0)
    -0.5772156649015329
    """
    return special.digamma(x)


@entry(
    None,
    lambda n, x, out: polygamma(n + 1.0, x),
    symbol="ψⁿ",
    domain=((0.0, 4.0), POSITIVE),
)
def polygamma(n: float, x: float) -> float:
    """The derivative of digamma of order n, for n = 0, 1, 2 ...

    >>> polygamma(1.0, 1.0)
    1.6449340668482264
    """
    return special.polygamma(n, x)


# Activations ------------------------------------------------------------------------------------


# sign(x) is 1 where the edge is on, and nan for nan: a nan is never hidden.
@entry(lambda x, out: unless(x <= 0.0, sign(x)), symbol="relu", kinks=(0.0,))
def relu(x: float) -> float:
    """The larger of x and 0; at 0 and below nothing flows back.

    >>> relu(2.0), relu(-2.0)
    (2.0, 0.0)
    """
    return 0.0 if x <= 0.0 else x


@entry(
    lambda x, slope, out: where(x > 0.0, 1.0, lambda: where(x <= 0.0, slope, NAN)),
    lambda x, slope, out: unless(x > 0.0, x),
    domain=(REALS, UNIT),
    kinks=(0.0,),
)
def leaky_relu(x: float, slope: float = 0.01) -> float:
    """x where it is positive, else slope * x; the derivative at 0 is the slope.

    >>> leaky_relu(2.0), leaky_relu(-2.0, slope=0.1)
    (2.0, -0.2)
    """
    return x if x > 0.0 else slope * x


@entry(
    lambda x, alpha, out: where(x > 0.0, 1.0, lambda: alpha * exp(x)),
    lambda x, alpha, out: unless(x > 0.0, expm1(x)),
    domain=(REALS, POSITIVE),
    kinks=(0.0,),
)
def elu(x: float, alpha: float = 1.0) -> float:
    """x where it is positive, else alpha * (exp(x) - 1); derivatives at 0 are those from below.

    >>> elu(2.0), elu(0.0)
    (2.0, 0.0)
    """
    return x if x > 0.0 else alpha * libm.expm1(x)


@entry(lambda x, out: normal_cdf(x) + vanishing(x, normal_pdf(x)))
def gelu(x: float) -> float:
    """x * normal_cdf(x), the exact form by the error function.

    >>> gelu(0.0), gelu(100.0)
    (0.0, 100.0)
    """
    return x * special.normal_cdf(x) if x != -INF else 0.0


@entry(lambda x, out: sigmoid(x) + vanishing(x, dsigmoid(x)))
def silu(x: float) -> float:
    """x * sigmoid(x), also called swish.

    >>> silu(0.0), silu(100.0)
    (0.0, 100.0)
    """
    if x > -700.0:
        return x / (1.0 + libm.exp(-x))  # one rounding less than in x * sigmoid(x)
    return x * logistic(x) if x != -INF else 0.0


@entry(lambda x, out: sigmoid(x))
def softplus(x: float) -> float:
    """log(1 + exp(x)), a smooth relu.

    >>> softplus(0.0), softplus(1000.0)
    (0.6931471805599453, 1000.0)
    """
    return (x if x > 0.0 else 0.0) + libm.log1p(libm.exp(-math.fabs(x)))


@entry(lambda x, out: dsigmoid(x), symbol="σ")
def sigmoid(x: float) -> float:
    """1 / (1 + exp(-x)), from 0 to 1.

    >>> sigmoid(0.0)
    0.5
    """
    return logistic(x)


def logistic(x: float) -> float:
    """The sigmoid of a float; e is at most 1, so nothing overflows."""
    e = libm.exp(-math.fabs(x))
    return 1.0 / (1.0 + e) if x >= 0.0 else e / (1.0 + e)


@entry(lambda x, out: -(out * tanh(0.5 * x)), symbol="σ'", public=False)
def dsigmoid(x: float) -> float:
    """sigmoid(x) * sigmoid(-x), the derivative of sigmoid; not 0 where sigmoid rounds to 1.

    >>> dsigmoid(0.0)
    0.25
    """
    e = libm.exp(-math.fabs(x))
    return e / (1.0 + (2.0 * e + e * e))  # one rounding less than in (1 + e)**2


@entry(lambda x, out: sigmoid(-x), symbol="log σ")
def log_sigmoid(x: float) -> float:
    """log(sigmoid(x)), without overflow.

    >>> log_sigmoid(0.0), log_sigmoid(-1000.0)
    (-0.6931471805599453, -1000.0)
    """
    return (x if x < 0.0 else 0.0) - libm.log1p(libm.exp(-math.fabs(x)))


# Steps and choices ------------------------------------------------------------------------------


@entry(lambda x, out: sign(x), symbol="abs", kinks=(0.0,))
def abs(x: float) -> float:
    """The absolute value; its derivative at 0 is 0.

    >>> abs(-2.0)
    2.0
    """
    return math.fabs(x)


@entry(absent, kinks=(0.0,))
def sign(x: float) -> float:
    """-1, 0 or 1, as x is negative, zero or positive.

    >>> sign(-2.0), sign(0.0)
    (-1.0, 0.0)
    """
    return 1.0 if x > 0.0 else -1.0 if x < 0.0 else x


@entry(absent, kinks=(0.0,))
def floor(x: float) -> float:
    """The largest whole number that is not above x.

    >>> floor(-1.5)
    -2.0
    """
    return math.copysign(float(math.floor(x)), x) if math.isfinite(x) else x


@entry(absent, kinks=(0.0,))
def ceil(x: float) -> float:
    """The smallest whole number that is not below x.

    >>> ceil(1.5)
    2.0
    """
    return math.copysign(float(math.ceil(x)), x) if math.isfinite(x) else x


@entry(absent, kinks=(0.0,))
def trunc(x: float) -> float:
    """x without its digits after the point.

    >>> trunc(-1.5)
    -1.0
    """
    return math.copysign(float(math.trunc(x)), x) if math.isfinite(x) else x


@entry(absent, None, kinks=(0.5,), domain=(REALS, (0.0, 3.0)))
def round(x: float, digits: float = 0.0) -> float:
    """x rounded to a number of decimal digits, halves to the even neighbour.

    >>> round(2.5), round(2.675, digits=1)
    (2.0, 2.7)
    """
    if not (math.isfinite(x) and math.isfinite(digits) and digits == math.floor(digits)):
        return x if digits == digits and not math.isfinite(x) else NAN
    try:
        return builtins.round(x, int(digits))
    except OverflowError:
        return math.copysign(INF, x)


@entry(
    lambda x, y, out: unless(x < y, chosen(x > y, x == y)),
    lambda x, y, out: unless(y < x, chosen(y > x, x == y)),
    symbol="max",
)
def maximum(x: float, y: float) -> float:
    """The larger of x and y; nan if one of them is. At a tie each gets half the gradient.

    >>> maximum(2.0, 3.0)
    3.0
    """
    return x if x > y or x != x else y


@entry(
    lambda x, y, out: unless(x > y, chosen(x < y, x == y)),
    lambda x, y, out: unless(y > x, chosen(y < x, x == y)),
    symbol="min",
)
def minimum(x: float, y: float) -> float:
    """The smaller of x and y; nan if one of them is. At a tie each gets half the gradient.

    >>> minimum(2.0, 3.0)
    2.0
    """
    return x if x < y or x != x else y


def chosen(alone: Any, tied: Any) -> Any:
    """1 for the operand that was chosen, 1/2 at a tie, nan where nan made the choice."""
    return where(alone, 1.0, lambda: where(tied, 0.5, NAN))


@entry(
    lambda x, low, high, out: unless((x < low) | (x > high), where(out == out, 1.0, NAN)),
    lambda x, low, high, out: unless((x >= low) | (low > high), where(out == out, 1.0, NAN)),
    lambda x, low, high, out: unless((x <= high) & (low <= high), where(out == out, 1.0, NAN)),
    domain=(REALS, (-2.0, 0.0), (0.0, 2.0)),
)
def clip(x: float, low: float, high: float) -> float:
    """x, held between low and high; outside nothing flows back to x, at the edges all of it.

    >>> clip(5.0, 0.0, 1.0), clip(0.5, 0.0, 1.0)
    (1.0, 0.5)
    """
    if x != x or low != low or high != high:
        return NAN
    return high if x > high or low > high else low if x < low else x


@entry(
    None,
    lambda c, a, b, out: unless(c == 0.0, 1.0),
    lambda c, a, b, out: unless(c != 0.0, 1.0),
    symbol="where",
    domain=((0.0, 1.0), REALS, REALS),
    public=False,
)
def select(c: float, a: float, b: float) -> float:
    """a where c is 1, b where it is 0: what `where` records.

    >>> select(1.0, 2.0, 3.0)
    2.0
    """
    return a if c != 0.0 else b


@overload
def where(condition: bool, a: float, b: float) -> float: ...
@overload
def where(condition: bool, a: N | float, b: N) -> N: ...
@overload
def where(condition: bool, a: N, b: float) -> N: ...
@overload
def where(condition: bool, a: Callable[[], T], b: Callable[[], U]) -> T | U: ...
@overload
def where(condition: bool, a: Callable[[], T], b: U) -> T | U: ...
@overload
def where(condition: bool, a: T, b: Callable[[], U]) -> T | U: ...
@exported
def where(condition: Any, a: Any, b: Any) -> Any:
    """a if the condition holds, else b; nothing flows back along the branch that was not taken.

    A branch may be a function of no arguments: then only the one that is taken runs, and the result
    is what that branch gives, a plain float included.

    >>> where(True, 2.0, 3.0), where(False, lambda: log(-1.0), 3.0)
    (2.0, 3.0)
    """
    if condition is not True and condition is not False and not is_numpy_bool(condition):
        if isinstance(condition, Undecided):
            return condition.where(a, b)
        raise TypeError(
            f"where: the condition must be a bool such as x > 0, got {describe(condition)}; "
            f"(beware of ~ on a bool: ~True is -2, which counts as true; write `not` instead)"
        )
    taken = a if condition else b
    if callable(taken):
        return taken()
    if callable(a) or callable(b):
        return taken
    if not isinstance(a, Node):
        a = real(a, "where")
    if not isinstance(b, Node):
        b = real(b, "where")
    if not isinstance(a, Node) and not isinstance(b, Node):
        return a if condition else b
    return select(1.0 if condition else 0.0, a, b)


def is_numpy_bool(c: object) -> bool:
    """Whether c is a truth value of NumPy's."""
    return type(c).__module__ == "numpy" and type(c).__name__.startswith("bool")


# Operations of many operands --------------------------------------------------------------------
# All of them accumulate from left to right in plain float arithmetic: the same bits everywhere.


@entry(lambda *xs_out: [1.0] * (len(xs_out) - 1), symbol="Σ")
def sum(*xs: float) -> float:
    """The sum of numbers, added from left to right.

    >>> sum([1.0, 2.0, 3.0])
    6.0
    """
    total = 0.0
    for x in xs:
        total += x
    return total


@overload  # floats fit both; the first one counts
def mean(xs: Iterable[float]) -> float: ...  # type: ignore[overload-overlap]
@overload
def mean(xs: Iterable[N | float]) -> N: ...
@exported
def mean(xs: Iterable[Any]) -> Any:
    """The arithmetic mean.

    >>> mean([1.0, 2.0, 6.0])
    3.0
    """
    xs = listed("mean", xs)
    if not xs:
        raise ValueError("mean: of no numbers there is no mean; got an empty iterable")
    try:
        return div(sum(xs), float(len(xs)))
    except (TypeError, ValueError):
        refuse_others("mean", xs)
        raise


def refuse_others(name: str, xs: Iterable[Any]) -> None:
    """Raise for the first that is no number, in the name of the function that was called."""
    for x in xs:
        if not isinstance(x, Node):
            try:
                real(x, name)
            except (TypeError, ValueError) as error:
                raise error from None


def products_of_others(*xs_out: Any) -> list[Any]:
    """For each factor, the product of all the others: exact also where factors are 0."""
    xs = xs_out[:-1]
    before: list[Any] = [1.0]
    for x in xs[:-1]:
        before.append(before[-1] * x)
    partials, after = [], 1.0
    for x, product in zip(reversed(xs), reversed(before), strict=False):
        partials.append(product * after)
        after = after * x
    return partials[::-1]


@entry(products_of_others, symbol="Π")
def prod(*xs: float) -> float:
    """The product of numbers, multiplied from left to right.

    >>> prod([2.0, 3.0, 4.0])
    24.0
    """
    product = 1.0
    for x in xs:
        product *= x
    return product


def other_factors(*operands_out: Any) -> list[Any]:
    """For each factor of a dot product the factor beside it; for the start 1."""
    n = (len(operands_out) - 1) // 2
    xs, ys, start = operands_out[:n], operands_out[n : 2 * n], operands_out[2 * n : -1]
    return [*ys, *xs, *[1.0 for _ in start]]


# The operands are the xs, then the ys, then the start unless that is 0.
@entry(other_factors, symbol="dot", public=False)
def dot_product(*operands: float) -> float:
    """start + x0 * y0 + x1 * y1 + ..., added from left to right: what `dot` records.

    >>> dot_product([1.0, 2.0, 10.0, 100.0])
    210.0
    """
    n = len(operands) // 2
    total = operands[-1] if len(operands) > 2 * n else 0.0
    for x, y in zip(operands[:n], operands[n : 2 * n], strict=True):
        total += x * y
    return total


@overload  # floats fit both; the first one counts
def dot(xs: Iterable[float], ys: Iterable[float], start: float = ...) -> float: ...  # type: ignore[overload-overlap]
@overload
def dot(xs: Iterable[N | float], ys: Iterable[N | float], start: N | float = ...) -> N: ...
@exported
def dot(xs: Iterable[Any], ys: Iterable[Any], start: Any = 0.0) -> Any:
    """The sum of products start + x0 * y0 + x1 * y1 + ..., recorded as one node.

    >>> dot([1.0, 2.0], [10.0, 100.0], start=5.0)
    215.0
    """
    xs = xs if type(xs) is list else listed("dot", xs)
    ys = ys if type(ys) is list else listed("dot", ys)
    n = len(xs)
    if n != len(ys):
        raise ValueError(f"dot: the lists must be of one length, got {n} and {len(ys)} numbers")
    ends = (start,) if isinstance(start, Node) or real(start, "dot") != 0.0 else ()
    operands = (*xs, *ys, *ends)
    kinds = [*map(type, operands)]
    try:
        if not n or not issubclass(kind := kinds[0], Node):
            return dot_product(operands)
        # What neurons are made of, by hand: as `dot_product` records it, in less than half the
        # time.
        nodes = kinds.count(kind)
        if nodes == len(kinds):
            left, right = [x._data for x in xs], [y._data for y in ys]
            partials = (*right, *left, 1.0) if ends else (*right, *left)
        elif ends and nodes == n + 1 and kinds[n:-1].count(float) == n:
            left, right = [x._data for x in xs], list(ys)
            partials = (*right, *[None] * n, 1.0)
        else:
            return dot_product(operands)
    except (TypeError, ValueError):
        refuse_others("dot", operands)
        raise
    data = start._data if ends else 0.0
    for product in map(operator.mul, left, right):
        data += product
    return node(kind, dot_product, data, None, None, operands, partials)


def over_norm(*xs_out: Any) -> list[Any]:
    """x / norm for each x, and 0 at the origin."""
    *xs, out = xs_out
    length = where(out == 0.0, INF, out)
    return [div(x, length) for x in xs]


@entry(over_norm, symbol="norm")
def norm(*xs: float) -> float:
    """The Euclidean length sqrt(x0**2 + x1**2 + ...); at the origin its derivatives are 0.

    >>> norm([2.0, 3.0, 6.0])
    7.0
    """
    peak = 0.0
    for x in xs:
        if x != x:
            return NAN
        peak = math.fabs(x) if math.fabs(x) > peak else peak
    if peak == 0.0 or peak == INF:
        return peak
    # Dividing by a power of two is exact, and keeps the squares from overflowing.
    scale = libm.binade(peak)
    total = 0.0
    for x in xs:
        total += (x / scale) * (x / scale)
    return scale * libm.sqrt(total)


# Softmax -----------------------------------------------------------------------------------------
# exp(x - largest) never overflows, and the shift cancels: it needs no derivative.


@entry(lambda *xs_out: [None] * (len(xs_out) - 1), symbol="max", public=False)
def largest(*xs: float) -> float:
    """The largest of some numbers, as a shift: nothing flows back. -inf for none, nan if one is.

    >>> largest([1.0, 3.0, 2.0])
    3.0
    """
    peak = -INF
    for x in xs:
        peak = x if x > peak or x != x else peak
    return peak


@entry(lambda x, y, out: 1.0, absent, symbol="-", public=False)
def shifted(x: float, y: float) -> float:
    """x - y for a shift y, and 0 for two equal infinities.

    >>> shifted(INF, INF)
    0.0
    """
    return x - y if x != y else 0.0


@entry(lambda x, y, out: out, absent, symbol="e^(x-y)", public=False)
def exp_shifted(x: float, y: float) -> float:
    """exp(x - y) for a shift y, and 1 for two equal infinities.

    >>> exp_shifted(INF, INF)
    1.0
    """
    return exp_difference(x, y)


# Their rules leave out the derivative with respect to the shift on purpose: it cancels in the end.
SHIFTS = (largest, shifted, exp_shifted)


def exp_difference(x: float, y: float) -> float:
    """exp(x - y), not spoilt by the rounding of x - y."""
    if x == y:
        return 1.0
    gap = x - y
    out = libm.exp(gap)
    if out == 0.0 or out == INF:
        return out
    moved = gap - x
    lost = (x - (gap - moved)) - (y + moved)  # Knuth: x - y is gap + lost exactly
    return out + out * lost


@overload  # floats fit both; the first one counts
def softmax(xs: Iterable[float]) -> list[float]: ...  # type: ignore[overload-overlap]
@overload
def softmax(xs: Iterable[N | float]) -> list[N]: ...
@exported
def softmax(xs: Iterable[Any]) -> list[Any]:
    """exp(x) / sum(exp(xs)) for each x: positive numbers that add up to 1.

    >>> softmax([0.0, 0.0])
    [0.5, 0.5]
    """
    xs = listed("softmax", xs)
    try:
        peak = largest(xs)
    except (TypeError, ValueError):
        refuse_others("softmax", xs)
        raise
    weights = [exp_shifted(x, peak) for x in xs]
    total = sum(weights)
    return [div(weight, total) for weight in weights]


@overload  # floats fit both; the first one counts
def log_softmax(xs: Iterable[float]) -> list[float]: ...  # type: ignore[overload-overlap]
@overload
def log_softmax(xs: Iterable[N | float]) -> list[N]: ...
@exported
def log_softmax(xs: Iterable[Any]) -> list[Any]:
    """log(softmax(xs)), accurate also where softmax is 0 or 1.

    >>> log_softmax([0.0, -1000.0])
    [0.0, -1000.0]
    """
    xs = listed("log_softmax", xs)
    try:
        peak = largest(xs)
    except (TypeError, ValueError):
        refuse_others("log_softmax", xs)
        raise
    gaps = [shifted(x, peak) for x in xs]
    total = logsumexp(gaps)
    return [gap - total for gap in gaps]


@entry(lambda *xs_out: softmax(xs_out[:-1]), symbol="log Σ exp")
def logsumexp(*xs: float) -> float:
    """log(exp(x0) + exp(x1) + ...), without overflow; its derivatives are the softmax of xs.

    >>> logsumexp([1000.0, 1000.0])
    1000.6931471805599
    """
    peak, at = -INF, -1
    for i, x in enumerate(xs):
        if x != x:
            return NAN
        if x > peak:
            peak, at = x, i
    if math.isinf(peak):
        return peak
    rest = 0.0  # the largest term is 1, and left to log1p
    for i, x in enumerate(xs):
        if i != at:
            rest += exp_difference(x, peak)
    return peak + libm.log1p(rest)


@entry(
    lambda x, y, out: share(x, y),
    lambda x, y, out: share(y, x),
    symbol="log(eˣ+eʸ)",
)
def logaddexp(x: float, y: float) -> float:
    """log(exp(x) + exp(y)), without overflow.

    >>> logaddexp(0.0, 0.0)
    0.6931471805599453
    """
    if x == y:
        return x + LN2
    if x > y or x != x:
        return x + libm.log1p(exp_difference(y, x))
    return y + libm.log1p(exp_difference(x, y))


@entry(
    lambda x, y, out: dshare(x, y), lambda x, y, out: -dshare(x, y), symbol="σ(x-y)", public=False
)
def share(x: float, y: float) -> float:
    """exp(x) / (exp(x) + exp(y)) = sigmoid(x - y), the derivative of logaddexp.

    >>> share(0.0, 0.0)
    0.5
    """
    return special.sigmoid_difference(x, y)


@entry(
    lambda x, y, out: -(out * tanh(0.5 * (x - y))),
    lambda x, y, out: out * tanh(0.5 * (x - y)),
    symbol="σ'(x-y)",
    public=False,
)
def dshare(x: float, y: float) -> float:
    """share(x, y) * share(y, x), the derivative of share.

    >>> dshare(0.0, 0.0)
    0.25
    """
    e = exp_difference(x, y) if x < y else exp_difference(y, x)
    return e / (1.0 + (2.0 * e + e * e))
