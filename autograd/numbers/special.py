"""Accurate float functions the C library lacks: the gamma family, the normal law, a sigmoid.

Real analysis on doubles, with the error of each step carried along as a second double, so that
what is returned is nearly always the double closest to the true value. Nothing here raises, and
nothing here knows of derivatives.
"""

from __future__ import annotations

import math

from autograd.numbers import libm

inf = math.inf
nan = math.nan

# An irrational constant is a pair: the nearest double, then the double nearest to what is left.
_LN_2, _LN_2_LO = 0.6931471805599453, 2.3190468138462996e-17
_SQRT_HALF, _SQRT_HALF_LO = 0.7071067811865476, -4.833646656726457e-17
_2_OVER_SQRT_PI, _2_OVER_SQRT_PI_LO = 1.1283791670955126, 1.533545961316588e-17
_1_OVER_SQRT_2PI, _1_OVER_SQRT_2PI_LO = 0.3989422804014327, -2.49232720227773e-17
_STIRLING, _STIRLING_LO = 0.4189385332046727, 1.6728209650585413e-17  # (log(2 pi) - 1) / 2
_ROOT, _ROOT_LO = 1.4616321449683622, 9.549995429965697e-17  # where digamma is 0

# B(2k) / (2k)!, B being the Bernoulli numbers: k = 13 down to 5, then as pairs k = 4 down to 1.
_BERNOULLI_TAIL = (
    3.534707039629467e-21,
    -1.3954464685812522e-19,
    5.5090028283602295e-18,
    -2.174868698558062e-16,
    8.586062056277845e-15,
    -3.3896802963225827e-13,
    1.3382536530684679e-11,
    -5.284190138687493e-10,
    2.08767569878681e-08,
)
_BERNOULLI_HEAD = (
    (-8.267195767195768e-07, 3.457597454003665e-23),
    (3.306878306878307e-05, -2.2300719288557665e-21),
    (-0.001388888888888889, 5.300543954373577e-20),
    (0.08333333333333333, 4.625929269271485e-18),
)

_SPLITTER = 134217729.0  # 2^27 + 1, which cuts a double into two halves of 26 bits
_SHIFTED = 20.0  # from here up thirteen Bernoulli terms reach 2^-100
_TINY = 2.0**-60  # below it 1/x is all of gamma
_NEAR = 2.0**-30  # so near a zero two Taylor terms beat the absolute error of the full formula
_HUGE = 2.0**60  # above it only the leading term of an asymptotic series is seen


def gamma(x: float) -> float:
    """The gamma function, (x - 1)! for a positive integer x.

    Gamma(x) = integral from 0 to inf of t^(x-1) e^-t dt, continued by Gamma(x) = Gamma(x+1) / x.

    >>> gamma(5.0)
    24.0
    """
    if not x <= 172.0:  # nan too, as in every `not` below
        return x * inf
    if abs(x) < _TINY:
        return math.copysign(inf, x) if x == 0.0 else 1.0 / x
    if _is_pole(x):
        return nan
    s, s_lo, p, p_lo = _gamma_quotient(x)
    e, e_lo, k = _exp(s, s_lo)
    g, _ = _divide(e, e_lo, p, p_lo)
    return _scale(g, k)


def lgamma(x: float) -> float:
    """The logarithm of the absolute value of the gamma function.

    lgamma(x) = log |Gamma(x)|, infinite at the poles.

    >>> lgamma(2.0)
    0.0
    """
    if not x < inf:
        return x
    if abs(x) < _TINY:
        return -libm.log(abs(x))
    if _is_pole(x):
        return inf
    if abs(x - 1.0) < _NEAR:  # -euler, zeta(2) / 2
        a, a_lo = -0.5772156649015329, 4.942915152430645e-18
        return _near_zero(x - 1.0, 0.0, a, a_lo, 0.8224670334241132)
    if abs(x - 2.0) < _NEAR:  # 1 - euler, (zeta(2) - 1) / 2
        a, a_lo = 0.42278433509846713, 4.942915152430645e-18
        return _near_zero(x - 2.0, 0.0, a, a_lo, 0.3224670334241132)
    if x > _HUGE:  # x (log x - 1), scaled because splitting x could overflow
        log, log_lo = _log(x, 0.0)
        s, _ = _multiply(x / _HUGE, 0.0, log - 1.0, log_lo)
        return s * _HUGE
    s, s_lo, p, p_lo = _gamma_quotient(x)
    if p < 0.0:
        p, p_lo = -p, -p_lo
    log, log_lo = _log(p, p_lo)
    s, _ = _add(s, s_lo, -log, -log_lo)
    return s


def digamma(x: float) -> float:
    """The logarithmic derivative of the gamma function.

    digamma(x) = Gamma'(x) / Gamma(x) = -euler + sum over k >= 0 of 1/(k+1) - 1/(k+x)

    >>> digamma(2.0) - digamma(1.0)
    1.0
    """
    if not x <= _HUGE:
        return libm.log(x)
    if abs(x) < _TINY:
        return math.copysign(inf, -x) if x == 0.0 else -1.0 / x
    if _is_pole(x):
        return nan
    if abs(x - _ROOT) < _NEAR:  # the first derivative there, half the second
        t, t_lo = _two_sum(x - _ROOT, -_ROOT_LO)
        a, a_lo = 0.9676722454476212, -3.387874303038943e-17
        return _near_zero(t, t_lo, a, a_lo, -0.4427631689835921)
    z, _ = _zeta(1.0, 1.0, x)
    return -z


def polygamma(n: float, x: float) -> float:
    """The n-th derivative of digamma, n = 0, 1, 2, ...

    polygamma(n, x) = (-1)^(n+1) n! sum over k >= 0 of 1/(x+k)^(n+1), for n > 0

    >>> polygamma(1.0, 1.0) - polygamma(1.0, 2.0)
    1.0
    """
    if n == 0.0:
        return digamma(x)
    if not x > -inf or not 0.0 < n < inf or math.fmod(n, 1.0) != 0.0:
        return nan
    sign = 1.0 if math.fmod(n, 2.0) == 1.0 else -1.0
    if x < 0.0 and sign < 0.0:
        if math.fmod(x, 1.0) == 0.0:
            return nan
        if math.fmod(x, 1.0) == -0.5:
            x = 1.0 - x  # the reflection, the even derivatives of the cotangent being 0 there
    pole, d = sign * inf, x  # the value at the pole nearest to x, and how far that is
    if math.copysign(1.0, x) < 0.0:
        d = -math.fmod(x, 1.0)
        if d > 0.5:
            d = 1.0 - d
        else:
            pole = inf
    if d < 2.0**-540 or (n > 2.0**53 and n > math.e * x):
        return pole
    if x > 2.0**600 or n > 2.0**53:  # n! / x^(n+1) is about (n / (e x))^n
        return 1.0 / x if n == 1.0 else 0.0
    # n! / d^(n+1) leaves first, because the sum is of the order of 1 where that may overflow
    s = n + 1.0
    log, log_lo = _log(d, 0.0)
    log, log_lo = _multiply(s, 0.0, log, log_lo)
    f, f_lo, p, p_lo = _stirling(s, 0.0)
    f, f_lo = _add(f, f_lo, -log, -log_lo)
    f, f_lo, k = _exp(f, f_lo)
    f, f_lo = _divide(f, f_lo, p, p_lo)
    z, z_lo = _zeta(s, d, x)
    z, _ = _multiply(f, f_lo, z, z_lo)
    return sign * _scale(z, k)


def normal_cdf(x: float) -> float:
    """The probability that a standard normal variable is below x.

    normal_cdf(x) = erfc(-x / sqrt(2)) / 2

    >>> normal_cdf(0.0)
    0.5
    """
    if abs(x) > 40.0:
        return 1.0 if x > 0.0 else 0.0
    # Far left a rounding of the argument grows x^2-fold, so its error is put back by the slope.
    u, u_lo = _two_product(-x, _SQRT_HALF)
    u_lo -= x * _SQRT_HALF_LO
    return 0.5 * (libm.erfc(u) - u_lo * derf(u))


def normal_pdf(x: float) -> float:
    """The density of a standard normal variable.

    normal_pdf(x) = exp(-x^2 / 2) / sqrt(2 pi)

    >>> normal_pdf(0.0)
    0.3989422804014327
    """
    return _gaussian(x, 0.5, _1_OVER_SQRT_2PI, _1_OVER_SQRT_2PI_LO)


def derf(x: float) -> float:
    """The derivative of the error function.

    derf(x) = 2 / sqrt(pi) exp(-x^2)

    >>> derf(0.0)
    1.1283791670955126
    """
    return _gaussian(x, 1.0, _2_OVER_SQRT_PI, _2_OVER_SQRT_PI_LO)


def sigmoid_difference(x: float, y: float) -> float:
    """The sigmoid of x - y, and one half when x equals y, be both the same infinity.

    sigmoid_difference(x, y) = 1 / (1 + exp(y - x))

    >>> sigmoid_difference(3.0, 3.0)
    0.5
    """
    if x == y:
        return 0.5
    d = x - y
    if abs(d) > 800.0:
        return 1.0 if d > 0.0 else 0.0
    d, d_lo = _two_sum(x, -y)
    e = libm.exp(-abs(d))
    t, t_lo = _two_sum(1.0, e)
    # The slope of a sigmoid s is s (1 - s), so that is what the error of x - y comes in with.
    if d >= 0.0:
        return 1.0 / t + (e / t * d_lo - t_lo / t) / t
    return e / t + (d_lo / t - t_lo / t) * (e / t)


def _is_pole(x: float) -> bool:
    """Whether x is 0, -1, -2, ... or -inf, next to which gamma takes all values."""
    return x == -inf or (x <= 0.0 and math.fmod(x, 1.0) == 0.0)


def _near_zero(t: float, t_lo: float, a: float, a_lo: float, b: float) -> float:
    """a t + b t^2"""
    c, c_lo = _two_sum(a, a_lo + b * t)
    s, _ = _multiply(t, t_lo, c, c_lo)
    return s


def _gaussian(x: float, a: float, c: float, c_lo: float) -> float:
    """c exp(-a x^2), a being a power of two."""
    if abs(x) > 40.0:
        return 0.0
    # exp turns an absolute error into a relative one, so the error of x * x goes in afterwards.
    s, s_lo = _two_product(x, x)
    e = libm.exp(-a * s)
    return e * c + e * (c_lo - c * (a * s_lo))


def _gamma_quotient(x: float) -> tuple[float, float, float, float]:
    """s and p with Gamma(x) = e^s / p, where x is no pole.

    For x < 0, |Gamma(x) Gamma(1-x)| = |pi / sin(pi x)| is the same at f, the fraction of -x.
    """
    if x > 0.0:
        return _stirling(x, 0.0)
    f = -math.fmod(x, 1.0)
    s, s_lo, q, q_lo = _stirling(1.0, -x)
    a, a_lo, p, p_lo = _stirling(1.0, -f)
    b, b_lo, r, r_lo = _stirling(f, 0.0)
    a, a_lo = _add(a, a_lo, b, b_lo)
    s, s_lo = _add(a, a_lo, -s, -s_lo)
    p, p_lo = _multiply(p, p_lo, r, r_lo)
    p, p_lo = _divide(p, p_lo, q, q_lo)
    if math.fmod(x, 2.0) > -1.0:
        return s, s_lo, -p, -p_lo
    return s, s_lo, p, p_lo


def _stirling(x: float, x_lo: float) -> tuple[float, float, float, float]:
    """s and p with Gamma(x + x_lo) = e^s / p: p is x (x+1) ..., s Stirling's series after it."""
    x, x_lo = _two_sum(x, x_lo)
    p, p_lo = 1.0, 0.0
    while x < _SHIFTED:
        p, p_lo = _multiply(p, p_lo, x, x_lo)
        x, x_lo = _add(x, x_lo, 1.0, 0.0)
    # (x - 1/2) (log x - 1) + (log(2 pi) - 1) / 2 + 1/(12 x) - ...
    s, s_lo = _log(x, x_lo)
    s, s_lo = _add(s, s_lo, -1.0, 0.0)
    h, h_lo = _add(x, x_lo, -0.5, 0.0)
    s, s_lo = _multiply(s, s_lo, h, h_lo)
    s, s_lo = _add(s, s_lo, _STIRLING, _STIRLING_LO)
    v, v_lo = _divide(1.0, 0.0, x, x_lo)
    v, v_lo = _bernoulli(0.0, v, v_lo)
    s, s_lo = _add(s, s_lo, v, v_lo)
    return s, s_lo, p, p_lo


def _zeta(s: float, d: float, x: float) -> tuple[float, float]:
    """The sum over k >= 0 of (d / (x+k))^s, or its finite part, -digamma(x), when s = d = 1.

    For x < 0 it is the sum over all integers k less that over the negative ones; and the sum over
    all integers is the same at -f, f being the fraction of -x.
    """
    if x > 0.0:
        return _hurwitz(s, d, x, 0.0)
    f = -math.fmod(x, 1.0)
    a, a_lo = _hurwitz(s, d, 1.0, -f)
    b, b_lo = _hurwitz(s, d, f, 0.0)
    y, y_lo = _hurwitz(s, d, 1.0, -x)
    b, b_lo = _add(b, b_lo, -y, -y_lo)
    if math.fmod(s, 2.0) == 1.0:
        b, b_lo = -b, -b_lo
    return _add(a, a_lo, b, b_lo)


def _hurwitz(s: float, d: float, x: float, x_lo: float) -> tuple[float, float]:
    """_zeta(s, d, x + x_lo) for x + x_lo > 0: some terms, then Euler and Maclaurin's formula."""
    x, x_lo = _two_sum(x, x_lo)
    z, z_lo = 0.0, 0.0
    while x < s + _SHIFTED:
        t, t_lo = _power_of_ratio(d, x, x_lo, s)
        z, z_lo = _add(z, z_lo, t, t_lo)
        if t < _TINY * _NEAR:
            return z, z_lo
        x, x_lo = _add(x, x_lo, 1.0, 0.0)
    # (d / x)^s (x / (s-1) + 1/2 + s / (12 x) - ...), where s = 1 has -log x for its integral
    v, v_lo = _divide(1.0, 0.0, x, x_lo)
    h, h_lo = _bernoulli(s, v, v_lo)
    h, h_lo = _add(0.5, 0.0, s * h, s * h_lo)
    if s == 1.0:
        t, t_lo = _log(x, x_lo)
        z, z_lo = _add(z, z_lo, -t, -t_lo)
    else:
        t, t_lo = _divide(x, x_lo, s - 1.0, 0.0)
        h, h_lo = _add(h, h_lo, t, t_lo)
    t, t_lo = _power_of_ratio(d, x, x_lo, s)
    t, t_lo = _multiply(t, t_lo, h, h_lo)
    return _add(z, z_lo, t, t_lo)


def _power_of_ratio(d: float, x: float, x_lo: float, s: float) -> tuple[float, float]:
    """(d / x)^s, right to the error of pow however large s."""
    q, q_lo = _divide(d, 0.0, x, x_lo)
    t = libm.pow(q, s)
    return _two_sum(t, t * (s * (q_lo / q)))


def _bernoulli(s: float, v: float, v_lo: float) -> tuple[float, float]:
    """The sum over k >= 1 of B(2k) / (2k)! (s+1) (s+2) ... (s+2k-2) v^(2k-1).

    It ends the series of log gamma (s = 0), digamma (s = 1) and zeta (s > 1), with v = 1/x.
    """
    w, w_lo = _multiply(v, v_lo, v, v_lo)
    t, t_lo = 0.0, 0.0
    m = s + 26.0
    for c in _BERNOULLI_TAIL:
        t = c + t * m * (m - 1.0) * w
        m -= 2.0
    for c, c_lo in _BERNOULLI_HEAD:
        t, t_lo = _multiply(t, t_lo, m * (m - 1.0), 0.0)
        t, t_lo = _multiply(t, t_lo, w, w_lo)
        t, t_lo = _add(t, t_lo, c, c_lo)
        m -= 2.0
    return _multiply(t, t_lo, v, v_lo)


def _log(x: float, x_lo: float) -> tuple[float, float]:
    """log x for x > 0: one Newton step from the C library's, log x = y + log(x e^-y)."""
    y = libm.log(x)
    e, e_lo, k = _exp(y, 0.0)
    r = ((_scale(x, -k) - e) - e_lo + _scale(x_lo, -k)) / e
    return _two_sum(y, r - 0.5 * r * r)


def _exp(x: float, x_lo: float) -> tuple[float, float, float]:
    """e^x as e 2^k, with k an integer and e near 1."""
    if abs(x) > 2000.0:  # past every double, and in time past what k can count
        return 1.0, 0.0, math.copysign(4000.0, x)
    k: float = math.floor(x / _LN_2 + 0.5)
    p, p_lo = _two_product(k, _LN_2)
    r, r_lo = _add(x, x_lo, -p, -p_lo - k * _LN_2_LO)
    r, r_lo = r / 64.0, r_lo / 64.0
    # e^r - 1 = r (1 + r/2 (1 + r/3 (...))), where what comes after r/6 needs no second double
    e, e_lo = 1.0, 0.0
    for c in (10.0, 9.0, 8.0, 7.0):
        e = 1.0 + e * r / c
    for c in (6.0, 5.0, 4.0, 3.0, 2.0):
        e, e_lo = _multiply(e, e_lo, r, r_lo)
        e, e_lo = _divide(e, e_lo, c, 0.0)
        e, e_lo = _add(1.0, 0.0, e, e_lo)
    e, e_lo = _multiply(e, e_lo, r, r_lo)
    for _ in (2, 4, 8, 16, 32, 64):  # e^(2r) - 1 = (e^r - 1)^2 + 2 (e^r - 1)
        p, p_lo = _multiply(e, e_lo, e, e_lo)
        e, e_lo = _add(2.0 * e, 2.0 * e_lo, p, p_lo)
    e, e_lo = _add(1.0, 0.0, e, e_lo)
    return e, e_lo, k


def _scale(x: float, k: float) -> float:
    """x 2^k, in two steps because 2^k alone may overflow where x 2^k does not."""
    half: float = math.floor(k / 2.0)
    return x * libm.exp2(half) * libm.exp2(k - half)


def _add(a: float, a_lo: float, b: float, b_lo: float) -> tuple[float, float]:
    s, s_lo = _two_sum(a, b)
    return _two_sum(s, s_lo + (a_lo + b_lo))


def _multiply(a: float, a_lo: float, b: float, b_lo: float) -> tuple[float, float]:
    p, p_lo = _two_product(a, b)
    return _two_sum(p, p_lo + (a * b_lo + a_lo * b))


def _divide(a: float, a_lo: float, b: float, b_lo: float) -> tuple[float, float]:
    q = a / b
    p, p_lo = _two_product(q, b)
    return _two_sum(q, ((a - p) - p_lo + a_lo - q * b_lo) / b)


def _two_sum(a: float, b: float) -> tuple[float, float]:
    """a + b, and what rounding it left out (Knuth)."""
    s = a + b
    t = s - a
    return s, (a - (s - t)) + (b - t)


def _two_product(a: float, b: float) -> tuple[float, float]:
    """a * b, and what rounding it left out (Dekker), for a and b below 2^996."""
    p = a * b
    t = _SPLITTER * a
    a_hi = t - (t - a)
    a_lo = a - a_hi
    t = _SPLITTER * b
    b_hi = t - (t - b)
    b_lo = b - b_hi
    return p, ((a_hi * b_hi - p) + a_hi * b_lo + a_lo * b_hi) + a_lo * b_lo
