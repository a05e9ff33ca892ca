"""Special functions against mpmath at 60 digits, in units of the last place, and at its edges."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any

import mpmath  # type: ignore[import-untyped]
import pytest
from mpmath import mpf

from autograd.numbers import special

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

inf = math.inf
nan = math.nan

GOLDEN = 0.6180339887498949
DIGAMMA_ZERO = 1.4616321449683622
BRANCHES = (2.0**-60, 0.5, 1.0, 1.5, 2.0, 2.5, 20.0, 21.0, 22.0, 24.0, 25.0, 172.0, 2.0**60)
ZEROS = (1.0, 1.0 + 2.0**-30, 1.0 - 2.0**-30, 2.0, 2.0 + 2.0**-30, 2.0 - 2.0**-30)
POLES = (-1.0, -2.0, -3.0, -10.0, -20.0, -100.0)
HALVES = (-0.5, -1.5, -2.5, -9.5, -20.5, -100.5)


@pytest.fixture(autouse=True)
def sixty_digits() -> Iterator[None]:
    with mpmath.workdps(60):
        yield


def log_spread(low: float, high: float, count: int) -> list[float]:
    """Points evenly spread on a logarithmic scale, jittered so that none is a round number."""
    start, step = math.log(low), (math.log(high) - math.log(low)) / count
    return [math.exp(start + step * (i + GOLDEN * i % 1.0)) for i in range(count)]


def around(*centers: float) -> list[float]:
    """Each center, its neighbours, and points that draw near it from both sides."""
    near = []
    for c in centers:
        near += [c, math.nextafter(c, inf), math.nextafter(c, -inf)]
        near += [c + side * abs(c) * 2.0**-k for k in range(2, 52, 5) for side in (1.0, -1.0)]
    return near


def off_poles(points: list[float]) -> list[float]:
    return [x for x in points if x != math.floor(x)]


def ulp(exact: Any) -> Any:
    return mpf(math.ulp(min(abs(float(exact)), sys.float_info.max)))


def error(got: float, exact: Any, scale: Any = 0) -> float:
    """The distance in units of the last place of the exact value, or of a larger `scale`."""
    if math.isinf(got):
        return 0.0 if float(exact) == got else inf
    return float(abs(mpf(got) - exact) / ulp(max(abs(exact), scale)))


def worst(f: Callable[..., float], exact: Callable[..., Any], points: list[float]) -> float:
    return max(error(f(x), exact(mpf(x))) for x in points)


def exact_lgamma(x: Any) -> Any:
    return mpmath.loggamma(x) if x > 0 else mpmath.log(abs(mpmath.gamma(x)))


def exact_digamma(x: Any) -> Any:
    return mpmath.digamma(x) if x < 1e40 else mpmath.log(x)


def exact_zeta(s: int, x: Any) -> Any:
    """The sum over k >= 0 of 1/(x+k)^s, x > 0; mpmath's zeta has only its absolute error small."""
    if x > 1e40:
        return x ** (1 - s) / (s - 1)
    with mpmath.workdps(60 + max(0, int(s * mpmath.log10(x)))):
        return mpmath.zeta(s, x)


def exact_polygamma(n: int, x: Any) -> Any:
    """(-1)^(n+1) n! times the sum over k >= 0 of 1/(x+k)^(n+1)"""
    s = n + 1
    if x > 0:
        return (-1) ** s * mpmath.factorial(n) * exact_zeta(s, x)
    d = x - mpmath.nint(x)
    left = exact_zeta(s, 1 - d) - exact_zeta(s, 1 - x)
    total = d**-s + exact_zeta(s, 1 + d) + (-1) ** s * left
    return (-1) ** s * mpmath.factorial(n) * total


def exact_normal_cdf(x: Any) -> Any:
    return mpmath.erfc(-x / mpmath.sqrt(2)) / 2


def exact_normal_pdf(x: Any) -> Any:
    return mpmath.exp(-x * x / 2) / mpmath.sqrt(2 * mpmath.pi)


def exact_derf(x: Any) -> Any:
    return 2 / mpmath.sqrt(mpmath.pi) * mpmath.exp(-x * x)


POSITIVE = log_spread(1e-300, 1e300, 150) + log_spread(1e-3, 170.0, 250) + around(*BRANCHES, *ZEROS)
NEGATIVE = off_poles(
    [-x for x in log_spread(1e-20, 1e5, 80) + log_spread(0.01, 170.0, 200)]
    + around(*POLES, *HALVES)
)
GAUSSIAN = [
    side * x
    for x in log_spread(1e-300, 1.0, 50) + log_spread(0.1, 38.6, 400) + around(37.5, 38.5)
    for side in (1.0, -1.0)
]


def test_gamma_is_within_one_ulp_on_the_right() -> None:
    assert worst(special.gamma, mpmath.gamma, [x for x in POSITIVE if x < 200.0]) <= 1.0


def test_gamma_is_within_one_ulp_on_the_left_down_to_where_it_underflows() -> None:
    deep = off_poles([-170.5 - 0.0937 * i for i in range(160)])
    assert worst(special.gamma, mpmath.gamma, NEGATIVE + deep) <= 1.0


def test_gamma_of_an_integer_is_the_factorial_rounded_once() -> None:
    assert [special.gamma(float(n)) for n in range(1, 171)] == [
        float(math.factorial(n - 1)) for n in range(1, 171)
    ]


def test_gamma_alternates_in_sign_between_the_poles_even_where_it_is_zero() -> None:
    signs = [math.copysign(1.0, special.gamma(-n - 0.25)) for n in range(400)]
    assert signs == [-1.0, 1.0] * 200


def test_lgamma_is_within_one_and_a_half_ulp_on_the_right() -> None:
    assert worst(special.lgamma, exact_lgamma, POSITIVE) <= 1.5


def test_lgamma_is_within_one_and_a_half_ulp_next_to_one_and_two() -> None:
    for c in (1.0, 2.0):
        points = [c + side * c * 2.0**-k for k in range(5, 53) for side in (1.0, -1.0)]
        assert worst(special.lgamma, exact_lgamma, points) <= 1.5


def test_lgamma_is_within_one_and_a_half_ulp_on_the_left_away_from_its_zeros() -> None:
    points = [x for x in NEGATIVE if x > -2.0 or abs(special.lgamma(x)) > 1e-3]
    assert worst(special.lgamma, exact_lgamma, points) <= 1.5


def test_lgamma_next_to_a_zero_on_the_left_is_rounded_once_or_within_4e_minus_30() -> None:
    for guess in (
        -2.4570247382208006,
        -2.7476826467274127,
        -3.1435808883499798,
        -3.955294284858598,
    ):
        for x in around(guess):
            exact = exact_lgamma(mpf(x))
            assert abs(mpf(special.lgamma(x)) - exact) <= ulp(exact) / 2 + mpf("4e-30")


def test_digamma_is_within_one_ulp_on_the_right() -> None:
    assert worst(special.digamma, exact_digamma, POSITIVE) <= 1.0


def test_digamma_is_within_one_ulp_next_to_its_positive_zero() -> None:
    points = around(DIGAMMA_ZERO, DIGAMMA_ZERO - 2.0**-30, DIGAMMA_ZERO + 2.0**-30)
    assert worst(special.digamma, mpmath.digamma, points) <= 1.0


def test_digamma_is_within_one_ulp_on_the_left() -> None:
    assert worst(special.digamma, mpmath.digamma, NEGATIVE) <= 1.0


def test_digamma_next_to_a_zero_on_the_left_is_rounded_once_or_within_1e_minus_30() -> None:
    for guess in (-0.5040830082644554, -1.5734984731623904, -5.6671624415568855):
        for x in around(guess):
            exact = mpmath.digamma(mpf(x))
            assert abs(mpf(special.digamma(x)) - exact) <= ulp(exact) / 2 + mpf("1e-30")


@pytest.mark.parametrize(
    ("n", "bar"), [(1, 1.5), (2, 1.5), (3, 1.5), (4, 1.5), (7, 4.0), (12, 4.0), (20, 4.0)]
)
def test_polygamma_is_close_on_the_right(n: int, bar: float) -> None:
    points = log_spread(1e-300, 1e300, 40) + log_spread(1e-3, 1e3, 60) + POSITIVE[400::3]
    for x in points:
        assert error(special.polygamma(float(n), x), exact_polygamma(n, mpf(x))) <= bar


@pytest.mark.parametrize(
    ("n", "bar"), [(1, 2.0), (2, 2.0), (3, 2.0), (4, 2.0), (7, 4.0), (12, 4.0), (20, 4.0)]
)
def test_polygamma_is_close_on_the_left(n: int, bar: float) -> None:
    # An even order has zeros there, at which the term of the nearest pole sets the unit.
    for x in NEGATIVE[::9]:
        pole = mpmath.factorial(n) * abs(mpf(x) - mpmath.nint(mpf(x))) ** (-n - 1)
        scale = pole if n % 2 == 0 else 0
        assert error(special.polygamma(float(n), x), exact_polygamma(n, mpf(x)), scale) <= bar


@pytest.mark.parametrize("n", [4, 100])
def test_polygamma_of_even_order_keeps_its_accuracy_at_negative_half_integers(n: int) -> None:
    # All poles cancel there, and what is left is the value on the right.
    for x in HALVES:
        assert error(special.polygamma(float(n), x), exact_polygamma(n, 1 - mpf(x))) <= 1.5


def test_polygamma_of_a_huge_order_is_the_first_term_of_its_sum() -> None:
    for n, x in ((150, 0.75), (1001, 390.0), (100000, 36900.0)):
        terms = mpmath.nsum(lambda k, n=n, x=x: (1 + k / mpf(x)) ** (-n - 1), [0, 400])
        exact = (-1) ** (n + 1) * mpmath.factorial(n) * mpf(x) ** (-n - 1) * terms
        assert error(special.polygamma(float(n), x), exact) <= 4.0


def test_normal_cdf_is_as_accurate_as_erfc_and_one_ulp_more() -> None:
    erfc = worst(math.erfc, mpmath.erfc, [-x / math.sqrt(2.0) for x in GAUSSIAN])
    assert worst(special.normal_cdf, exact_normal_cdf, GAUSSIAN) <= erfc + 1.0


def test_normal_pdf_is_within_two_and_a_half_ulp() -> None:
    assert worst(special.normal_pdf, exact_normal_pdf, GAUSSIAN) <= 2.5


def test_derf_is_within_two_and_a_half_ulp() -> None:
    assert worst(special.derf, exact_derf, GAUSSIAN) <= 2.5


def test_sigmoid_difference_is_within_two_and_a_half_ulp() -> None:
    for x in GAUSSIAN:
        for y in (0.0, 2e-16, 1.0 / 3.0, 700.0 + x / 7.0, 1e9 / 7.0 + x):
            for a, b in ((x, y), (y, x), (x + y, y)):
                exact = 1 / (1 + mpmath.exp(mpf(b) - mpf(a)))
                assert error(special.sigmoid_difference(a, b), exact) <= 2.5


ONE_ARGUMENT_EDGES: list[tuple[Callable[[float], float], float, float]] = [
    (special.gamma, 0.0, inf),
    (special.gamma, -0.0, -inf),
    (special.gamma, 5e-324, inf),
    (special.gamma, -5e-324, -inf),
    (special.gamma, -1.0, nan),
    (special.gamma, -(2.0**60), nan),
    (special.gamma, 171.7, inf),
    (special.gamma, 1e300, inf),
    (special.gamma, inf, inf),
    (special.gamma, -inf, nan),
    (special.gamma, nan, nan),
    (special.gamma, -200.5, -0.0),
    (special.gamma, -201.5, 0.0),
    (special.gamma, -(2.0**51) - 0.5, -0.0),
    (special.lgamma, 0.0, inf),
    (special.lgamma, -0.0, inf),
    (special.lgamma, -3.0, inf),
    (special.lgamma, -1e300, inf),
    (special.lgamma, 1e307, inf),
    (special.lgamma, 1.0, 0.0),
    (special.lgamma, 2.0, 0.0),
    (special.lgamma, inf, inf),
    (special.lgamma, -inf, inf),
    (special.lgamma, nan, nan),
    (special.digamma, 0.0, -inf),
    (special.digamma, -0.0, inf),
    (special.digamma, 5e-324, -inf),
    (special.digamma, -5e-324, inf),
    (special.digamma, -2.0, nan),
    (special.digamma, -1e300, nan),
    (special.digamma, inf, inf),
    (special.digamma, -inf, nan),
    (special.digamma, nan, nan),
    (special.normal_cdf, 0.0, 0.5),
    (special.normal_cdf, -inf, 0.0),
    (special.normal_cdf, -1e200, 0.0),
    (special.normal_cdf, inf, 1.0),
    (special.normal_cdf, 1e200, 1.0),
    (special.normal_cdf, nan, nan),
    (special.normal_pdf, -inf, 0.0),
    (special.normal_pdf, 1e200, 0.0),
    (special.normal_pdf, nan, nan),
    (special.derf, inf, 0.0),
    (special.derf, -1e200, 0.0),
    (special.derf, nan, nan),
]

TWO_ARGUMENT_EDGES: list[tuple[Callable[[float, float], float], float, float, float]] = [
    (special.polygamma, 0.0, -0.0, inf),
    (special.polygamma, 1.0, 0.0, inf),
    (special.polygamma, 1.0, -0.0, inf),
    (special.polygamma, 2.0, 0.0, -inf),
    (special.polygamma, 2.0, -0.0, inf),
    (special.polygamma, 2.0, 1e-200, -inf),
    (special.polygamma, 2.0, -1e-200, inf),
    (special.polygamma, 1.0, -3.0, inf),
    (special.polygamma, 3.0, -1e300, inf),
    (special.polygamma, 2.0, -3.0, nan),
    (special.polygamma, 4.0, -1e300, nan),
    (special.polygamma, 1.0, inf, 0.0),
    (special.polygamma, 7.0, inf, 0.0),
    (special.polygamma, 1.0, -inf, nan),
    (special.polygamma, 2.0, -inf, nan),
    (special.polygamma, 1.0, nan, nan),
    (special.polygamma, -1.0, 2.0, nan),
    (special.polygamma, 1.5, 2.0, nan),
    (special.polygamma, inf, 2.0, nan),
    (special.polygamma, nan, 2.0, nan),
    (special.polygamma, 1e15, 2.0, -inf),
    (special.polygamma, 1e15 + 1.0, 1e15, 0.0),
    (special.polygamma, 1e300, 2.0, -inf),
    (special.polygamma, 1e300, 1e301, 0.0),
    (special.sigmoid_difference, inf, inf, 0.5),
    (special.sigmoid_difference, -inf, -inf, 0.5),
    (special.sigmoid_difference, inf, -inf, 1.0),
    (special.sigmoid_difference, -inf, inf, 0.0),
    (special.sigmoid_difference, 1e308, -1e308, 1.0),
    (special.sigmoid_difference, -1e308, 1e308, 0.0),
    (special.sigmoid_difference, nan, 1.0, nan),
    (special.sigmoid_difference, inf, nan, nan),
]


@pytest.mark.parametrize(("f", "x", "value"), ONE_ARGUMENT_EDGES)
def test_an_edge_has_its_ieee_value(f: Callable[[float], float], x: float, value: float) -> None:
    assert repr(f(x)) == repr(value)


@pytest.mark.parametrize(("f", "x", "y", "value"), TWO_ARGUMENT_EDGES)
def test_an_edge_of_two_arguments_has_its_ieee_value(
    f: Callable[[float, float], float], x: float, y: float, value: float
) -> None:
    assert repr(f(x, y)) == repr(value)
