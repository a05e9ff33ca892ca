"""The functions for vector code against mpmath, in units of the last place, and at their edges."""

from __future__ import annotations

import ast
import inspect
import math
from random import Random
from typing import TYPE_CHECKING, Any

import mpmath  # type: ignore[import-untyped]
import pytest
from mpmath import mpf

import autograd
from autograd import jit
from autograd.compiler import fast
from autograd.numbers import libm
from tests.compiler.same import same

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

inf = math.inf
nan = math.nan

SUBNORMAL = 5e-324
LARGEST = 1.7976931348623157e308
LOG_2 = math.log(2.0)

# The bound in units of the last place, and the ranges of x: the second bound of a range is at most
# twice the first, or the points are spread over all scales between the two.
BOUNDS = {
    "exp": (1.1, [(-0.75, 0.75), (-745.0, -708.0), (-708.0, 709.78), (1e-300, 1e-3), (0.34, 0.36)]),
    "expm1": (1.8, [(-0.75, 0.75), (-40.0, 40.0), (40.0, 709.78), (1e-320, 1e-3), (0.34, 0.38)]),
    "log": (1.1, [(1e-320, 1e-300), (1e-300, LARGEST), (0.5, 2.0), (0.9999, 1.0001), (0.7, 0.71)]),
    "log1p": (1.6, [(-0.999, -0.2), (-0.1, 0.1), (1e-320, 1e-3), (0.4, 0.42), (1.0, LARGEST)]),
    "tanh": (1.8, [(1e-320, 1e-3), (0.01, 0.1), (0.1, 0.3), (-3.0, 3.0), (3.0, 20.0)]),
    "erf": (1.4, [(1e-320, 1e-3), (0.01, 0.5), (0.5, 1.1), (-3.0, 3.0), (3.0, 7.0)]),
}
NAMES = sorted(BOUNDS)
every_function = pytest.mark.parametrize("name", NAMES)


@pytest.fixture(autouse=True)
def fifty_digits() -> Iterator[None]:
    with mpmath.workdps(50):
        yield


def drawn(low: float, high: float, count: int) -> list[float]:
    """Random points, over all scales where the range has several."""
    rng = Random(0)
    if low > 0.0 and high > 4.0 * low:
        return [math.exp(rng.uniform(math.log(low), math.log(high))) for _ in range(count)]
    return [rng.uniform(low, high) for _ in range(count)]


def around(*centers: float) -> list[float]:
    """Each center and its neighbours, near and less near."""
    near = [c + side * c * 2.0**-i for c in centers for i in range(2, 53, 5) for side in (-1, 1)]
    return [*centers, *near]


def error(name: str, x: float) -> float:
    """The distance from the exact value in units of its last place."""
    return distance(name, x, getattr(fast, name)(x))


def distance(name: str, x: float, out: float) -> float:
    """How far a result is from the exact value, in the same units."""
    exact = getattr(mpmath, name)(mpf(x))
    return float(abs(mpf(out) - exact) / mpf(math.ulp(float(exact))))


# Errors -------------------------------------------------------------------------------------------


@every_function
def test_the_error_is_below_the_bound_that_the_docstring_names(name: str) -> None:
    bound, ranges = BOUNDS[name]
    assert f"at most {bound} units of the last place off" in getattr(fast, name).__doc__
    for low, high in ranges:
        assert max(error(name, x) for x in drawn(low, high, 1000)) <= bound


@every_function
def test_no_error_hides_where_the_reduction_changes(name: str) -> None:
    changes = {
        "exp": [k * LOG_2 / 2.0 for k in (-2147, -2043, -3, -1, 1, 3, 5, 2045)],
        "expm1": [k * LOG_2 / 2.0 for k in (-75, -3, -1, 1, 3, 105, 107, 2045)],
        "log": [2.0**k * math.sqrt(0.5) for k in (-1030, -1022, -1, 0, 1, 2, 1023)],
        "log1p": [-0.5, 2.0**-0.5 - 1.0, 2.0**0.5 - 1.0, 2.0**1.5 - 1.0, 2.0**53, 2.0**60],
        "tanh": [k * LOG_2 / 4.0 for k in (1, 3, 5, 7, 107, 109)] + [17.3, 20.0],
        "erf": [1.0, -1.0, 5.86, 5.95, 6.0],
    }
    domain = {"exp": 709.78, "expm1": 709.78}.get(name, LARGEST)
    bound, _ = BOUNDS[name]
    points = [x for x in around(*changes[name]) if x < domain]
    assert max(error(name, x) for x in points) <= bound


@pytest.mark.parametrize("name", ["erf", "exp", "log", "tanh"])
def test_machine_code_with_fast_arithmetic_keeps_the_bounds(name: str) -> None:
    bound, ranges = BOUNDS[name]
    points = [x for low, high in ranges for x in drawn(low, high, 400)]
    operation = getattr(autograd, name)
    program = jit(lambda x: operation(x), backend="llvm", fastmath=True)
    outs = program.map(points)
    assert program.report().backend.startswith("LLVM")
    assert outs != [operation(x) for x in points]  # they are not the C library's
    assert max(distance(name, x, out) for x, out in zip(points, outs, strict=True)) <= bound


def test_subnormal_results_of_exp_are_rounded_once() -> None:
    assert max(error("exp", x) for x in drawn(-745.13, -709.0, 2000)) <= 1.0
    assert fast.exp(-745.13) == SUBNORMAL
    assert fast.exp(-745.14) == 0.0


def test_the_last_finite_exponential_is_where_the_c_library_has_it() -> None:
    last = 709.782712893384
    assert error("exp", last) < 2.0
    assert fast.exp(math.nextafter(last, inf)) == inf
    assert fast.expm1(math.nextafter(last, inf)) == inf


# Edges --------------------------------------------------------------------------------------------


@every_function
@pytest.mark.parametrize(
    "x", [0.0, -0.0, inf, -inf, nan, -1.0, SUBNORMAL, -SUBNORMAL, 1.0], ids=repr
)
def test_an_edge_gives_what_the_c_library_gives(name: str, x: float) -> None:
    got, expected = getattr(fast, name)(x), getattr(libm, name)(x)
    close = math.isfinite(expected) and abs(got - expected) <= 2.0 * math.ulp(expected)
    assert same(got, expected) or (close and x in (1.0, -1.0))


@every_function
@pytest.mark.parametrize("x", [LARGEST, -LARGEST, 1e4, -1e4, 1e300, -1e300], ids=repr)
def test_a_large_number_gives_what_the_c_library_gives(name: str, x: float) -> None:
    got, expected = getattr(fast, name)(x), getattr(libm, name)(x)
    assert same(got, expected) or abs(got - expected) <= math.ulp(expected)


@pytest.mark.parametrize("name", ["expm1", "log1p", "tanh"])
def test_a_tiny_number_gives_itself(name: str) -> None:
    for x in drawn(1e-320, 1e-17, 500):
        assert getattr(fast, name)(x) == x
        assert getattr(fast, name)(-x) == -x


@pytest.mark.parametrize("name", ["tanh", "erf"])
def test_an_odd_function_is_exactly_odd(name: str) -> None:
    f: Callable[[float], float] = getattr(fast, name)
    for x in drawn(1e-10, 10.0, 500):
        assert f(-x) == -f(x)


@pytest.mark.parametrize("name", ["tanh", "erf"])
def test_no_value_is_beyond_1(name: str) -> None:
    f: Callable[[float], float] = getattr(fast, name)
    assert all(abs(f(x)) <= 1.0 for x in drawn(2.0, 50.0, 5000))
    assert f(20.0) == 1.0


def test_the_exponential_of_0_and_the_logarithm_of_1_are_exact() -> None:
    assert fast.exp(0.0) == fast.exp(-0.0) == 1.0
    assert same(fast.log(1.0), 0.0)


# Bits ---------------------------------------------------------------------------------------------


def test_a_power_of_two_is_exact_over_its_whole_range() -> None:
    assert all(fast.power_of_two(float(k)) == math.ldexp(1.0, k) for k in range(-1022, 1024))


def test_exponent_and_mantissa_take_a_normal_number_apart() -> None:
    for x in [*drawn(2.3e-308, LARGEST, 1000), 2.0**-1022, 1.0, LARGEST]:
        k, m = fast.exponent(x), fast.mantissa(x)
        assert 1.0 <= m < 2.0
        assert math.ldexp(m, int(k)) == x


# The source ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*NAMES, "_reduced", "_split", "_log"])
def test_a_function_has_no_branch_and_returns_once(name: str) -> None:
    tree: Any = ast.parse(inspect.getsource(getattr(fast, name))).body[0]
    assert not [n for n in ast.walk(tree) if isinstance(n, (ast.If, ast.While, ast.Try))]
    assert [n for n in ast.walk(tree) if isinstance(n, ast.Return)] == [tree.body[-1]]
    for loop in (n for n in ast.walk(tree) if isinstance(n, ast.For)):
        assert isinstance(loop.iter, ast.Name)
        assert all(type(c) is float for c in getattr(fast, loop.iter.id))
