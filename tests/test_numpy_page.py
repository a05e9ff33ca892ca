"""What docs/numbers.md says of NumPy's functions on arrays of Values, held to what they really do.

The lists are read from the page. A function is called with one array, or as `CALLS` says; what is
right there is what it gives on floats.
"""

from __future__ import annotations

import math
import re
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import autograd
from autograd import Value

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = Path(__file__).parent.parent / "docs" / "numbers.md"
NUMBERS = [0.37, 0.61, 0.13, 0.83]
H = 1e-6

Array = Any


def section(title: str) -> str:
    text = PAGE.read_text(encoding="utf-8").split("## NumPy\n")[1]
    return re.split(r"^### ", text.split(f"### {title}")[1], flags=re.MULTILINE)[0]


def bullets(text: str) -> list[str]:
    """The names in a section's lists: `np.this` and `autograd.that` are advice, not entries."""
    items = re.findall(r"^- (?:.|\n(?!\n))*", text, flags=re.MULTILINE)
    names = re.findall(r"`([^`]+)`", "\n".join(items))
    return [name for name in names if not name.startswith("autograd.") and " != " not in name]


def rows(text: str) -> dict[str, bool]:
    """The names in the first column of a section's table, and whether NumPy warns."""
    found = {}
    for functions, _, warns, _ in re.findall(r"^\| (`.*) \| (.*) \| (.*) \| ?(.*)\|$", text, re.M):
        found.update(dict.fromkeys(re.findall(r"`([^`]+)`", functions), warns == "yes"))
    return found


RIGHT = bullets(section("Right"))
CHOOSING = rows(section("Chosen by comparing"))
NOT_ASKED, EXPECT_FLOATS = (
    bullets(part) for part in section("Refused").split("These expect floats")
)
THEMSELVES = ["sign", "logical_and", "logical_or", "gcd", "lcm"]

SQUARE = (2, 2)
CALLS: dict[str, Callable[[Array], Any]] = {
    "all": lambda v: bool(np.all(v)),
    "allclose": lambda v: np.allclose(v, v),
    "any": lambda v: bool(np.any(v)),
    "append": lambda v: np.append(v, 1.0),
    "arange": lambda v: np.arange(v[0], 2.0, v[1]),
    "arccosh": lambda v: np.arccosh(1.0 + v),
    "acosh": lambda v: np.acosh(1.0 + v),
    "arctan2(1.0, v)": lambda v: np.arctan2(1.0, v),
    "argpartition": lambda v: np.argpartition(v, 1)[1],
    "average": lambda v: np.average(v, weights=[1, 2, 3, 4]),
    "choose": lambda v: np.choose([0, 1, 1, 0], [v, 2.0 * v]),
    "clip": lambda v: np.clip(v, 0.2, 0.7),
    "compress": lambda v: np.compress([1, 0, 1, 1], v),
    "concatenate": lambda v: np.concatenate([v, v]),
    "convolve": lambda v: np.convolve(v, [1.0, 2.0]),
    "corrcoef": lambda v: np.corrcoef(v, v[::-1]),
    "correlate": lambda v: np.correlate(v, [1.0, 2.0]),
    "cross": lambda v: np.cross(v[:3], v[1:]),
    "delete": lambda v: np.delete(v, 0),
    "digitize": lambda v: np.digitize(v, [0.2, 0.7]),
    "dot": lambda v: np.dot(v, v[::-1]),
    "einsum": lambda v: np.einsum("i,j->ij", v, v),
    "extract": lambda v: np.extract(v > 0.4, v),
    "hypot(1.0, v)": lambda v: np.hypot(1.0, v),
    "inner": lambda v: np.inner(v, v[::-1]),
    "insert": lambda v: np.insert(v, 0, 1.0),
    "interp": lambda v: np.interp(v, [0.0, 1.0], [0.0, 1.0]),
    "isclose": lambda v: np.isclose(v, v),
    "isin": lambda v: np.isin(v, [0.37]),
    "kron": lambda v: np.kron(v, v[::-1]),
    "ldexp": lambda v: np.ldexp(v, 1),
    "lexsort": lambda v: np.lexsort((v,)),
    "linalg.cholesky": lambda v: np.linalg.cholesky(v.reshape(SQUARE)),
    "linalg.det": lambda v: np.linalg.det(v.reshape(SQUARE)),
    "linalg.eigvals": lambda v: np.linalg.eigvals(v.reshape(SQUARE)),
    "linalg.inv": lambda v: np.linalg.inv(v.reshape(SQUARE)),
    "linalg.lstsq": lambda v: np.linalg.lstsq(v.reshape(SQUARE), v[:2], rcond=None),
    "linalg.matrix_power": lambda v: np.linalg.matrix_power(v.reshape(SQUARE), 3),
    "linalg.multi_dot": lambda v: np.linalg.multi_dot([v.reshape(SQUARE)] * 3),
    "linalg.norm(v, 3)": lambda v: np.linalg.norm(v, 3),
    "linalg.norm(v, inf)": lambda v: np.linalg.norm(v, math.inf),
    "linalg.pinv": lambda v: np.linalg.pinv(v.reshape(SQUARE)),
    "linalg.qr": lambda v: np.linalg.qr(v.reshape(SQUARE)),
    "linalg.solve": lambda v: np.linalg.solve(v.reshape(SQUARE), v[:2]),
    "linalg.svd": lambda v: np.linalg.svd(v.reshape(SQUARE)),
    "matvec": lambda v: np.matvec(np.arange(8.0).reshape(2, 4), v),
    "maximum.accumulate": np.maximum.accumulate,
    "maximum.reduce": np.maximum.reduce,
    "nanpercentile": lambda v: np.nanpercentile(v, 30),
    "nanquantile": lambda v: np.nanquantile(v, 0.3),
    "outer": lambda v: np.outer(v, v[::-1]),
    "pad": lambda v: np.pad(v, 1),
    "partition": lambda v: np.partition(v, 1)[1],
    "percentile": lambda v: np.percentile(v, 30),
    "piecewise": lambda v: np.piecewise(v, [v > 0.4], [lambda x: x, lambda x: -x]),
    "polyadd": lambda v: np.polyadd(v, v),
    "polyfit": lambda v: np.polyfit([0, 1, 2, 3], v, 1),
    "polymul": lambda v: np.polymul(v, v),
    "polysub": lambda v: np.polysub(v, [1.0]),
    "polyval": lambda v: np.polyval(v, 2.0),
    "quantile": lambda v: np.quantile(v, 0.3),
    "repeat": lambda v: np.repeat(v, 2),
    "reshape": lambda v: np.reshape(v, SQUARE),
    "roll": lambda v: np.roll(v, 1),
    "searchsorted": lambda v: np.searchsorted([0.2, 0.7], v),
    "select": lambda v: np.select([v > 0.4], [v], 0.0),
    "stack": lambda v: np.stack([v, v]),
    "take": lambda v: np.take(v, [1, 2]),
    "tensordot": lambda v: np.tensordot(v, v, 1),
    "tile": lambda v: np.tile(v, 2),
    "trace": lambda v: np.trace(np.outer(v, v)),
    "vdot": lambda v: np.vdot(v, v[::-1]),
    "vecmat": lambda v: np.vecmat(v, np.arange(8.0).reshape(4, 2)),
    "where": lambda v: np.where(v > 0.4, v, 0.0),
}


def function(name: str) -> Callable[[Array], Any]:
    """A function of one array; one of two arguments gets the array and its reverse."""
    found: Any = np
    for part in name.split("(")[0].split("."):
        found = getattr(found, part, None)
        if found is None:
            pytest.skip(f"this NumPy has no {name}")
    if name in CALLS:
        return CALLS[name]
    if isinstance(found, np.ufunc) and found.nin == 2:
        return lambda v: found(v, v[::-1])
    return found  # type: ignore[no-any-return]


def entries(result: Any) -> list[Any]:
    """All numbers of a result, whatever their arrays and tuples."""
    if isinstance(result, (tuple, list)):
        return [x for part in result for x in entries(part)]
    return list(np.asarray(result, dtype=object).ravel())


def numbers(result: Any) -> list[float]:
    return [x.data if isinstance(x, Value) else float(x) for x in entries(result)]


def on_floats(f: Callable[[Array], Any], xs: Any) -> list[float]:
    with np.errstate(all="ignore"):
        return numbers(f(np.array(xs)))


def on_values(f: Callable[[Array], Any], xs: Any) -> list[float]:
    with np.errstate(all="ignore"):
        return numbers(f(np.array([Value(x) for x in xs])))


def same(a: list[float], b: list[float]) -> bool:
    return len(a) == len(b) and bool(np.allclose(a, b, rtol=1e-12, atol=1e-15, equal_nan=True))


def with_a_nan() -> list[tuple[float, ...]]:
    return list(permutations([*NUMBERS[:3], math.nan]))


@pytest.mark.parametrize("name", [*RIGHT, *CHOOSING])
def test_the_numbers_are_those_of_floats(name: str) -> None:
    f = function(name)
    assert same(on_values(f, NUMBERS), on_floats(f, NUMBERS))


@pytest.mark.parametrize("name", [*RIGHT, *CHOOSING])
def test_the_gradients_are_those_of_finite_differences(name: str) -> None:
    f = function(name)
    leaves = [Value(x) for x in NUMBERS]
    weighted = [math.cos(i) * x for i, x in enumerate(entries(f(np.array(leaves))))]
    total = sum(x for x in weighted if isinstance(x, Value))
    if not isinstance(total, Value):  # a function that gives places or bools
        return
    total.backward()
    for i, leaf in enumerate(leaves):
        ends = []
        for step in (-H, H):
            moved = NUMBERS.copy()
            moved[i] += step
            ends.append(sum(math.cos(k) * x for k, x in enumerate(on_floats(f, moved))))
        assert leaf.grad == pytest.approx((ends[1] - ends[0]) / (2 * H), rel=1e-5, abs=1e-7)


@pytest.mark.filterwarnings("ignore:.*nan.*:RuntimeWarning", "ignore:.*NaN.*:RuntimeWarning")
@pytest.mark.parametrize("name", RIGHT)
def test_a_nan_goes_where_it_goes_among_floats(name: str) -> None:
    f = function(name)
    for xs in with_a_nan():
        assert same(on_values(f, xs), on_floats(f, xs)), xs


@pytest.mark.parametrize("name", CHOOSING)
def test_a_function_that_compares_may_hide_a_nan(name: str) -> None:
    f = function(name)
    assert not all(same(on_values(f, xs), on_floats(f, xs)) for xs in with_a_nan())


@pytest.mark.parametrize("name", CHOOSING)
def test_numpy_warns_of_a_nan_or_says_nothing(name: str) -> None:
    f, silent = function(name), True
    for xs in with_a_nan():
        try:
            with np.errstate(invalid="raise"):
                f(np.array([Value(x) for x in xs]))
        except FloatingPointError:
            silent = False
    assert silent is not CHOOSING[name]


@pytest.mark.parametrize("name", NOT_ASKED)
def test_a_function_that_cannot_ask_raises_a_type_error(name: str) -> None:
    f = function(name)
    with pytest.raises(TypeError):
        f(np.array([Value(x) for x in NUMBERS]))


@pytest.mark.parametrize("name", EXPECT_FLOATS)
def test_a_function_that_expects_floats_raises_an_attribute_error(name: str) -> None:
    f = function(name)
    with pytest.raises(AttributeError):
        f(np.array([Value(x) for x in NUMBERS]))


def test_sign_gives_plain_ints_and_refuses_a_nan() -> None:
    assert [type(x) for x in np.sign(np.array([Value(-2.0), Value(0.0)]))] == [int, int]
    with pytest.raises(TypeError, match="unorderable"):
        np.sign(np.array([Value(math.nan)]))


def test_logical_and_gives_one_of_its_operands() -> None:
    x, y = Value(1.0), Value(0.0)
    assert np.logical_and(np.array([x]), np.array([y]))[0] is y
    assert np.logical_or(np.array([x]), np.array([y]))[0] is x


@pytest.mark.parametrize(
    ("f", "gradients"),
    [
        (np.max, [1.0, 0.0, 0.0]),
        (np.fmax.reduce, [1.0, 0.0, 0.0]),
        (lambda v: np.maximum(v[0], v[1]), [1.0, 0.0, 0.0]),
        (np.frompyfunc(autograd.maximum, 2, 1).reduce, [0.25, 0.25, 0.5]),
        (lambda v: np.clip(v[0], 2.0, 3.0), [1.0, 0.0, 0.0]),
    ],
)
def test_at_a_tie_a_comparison_gives_the_whole_gradient_to_the_first(
    f: Callable[[Array], Any], gradients: list[float]
) -> None:
    leaves = [Value(2.0), Value(2.0), Value(2.0)]
    f(np.array(leaves)).backward()
    assert [x.grad for x in leaves] == gradients


def test_of_equal_elements_unique_keeps_one() -> None:
    leaves = [Value(2.0), Value(2.0), Value(1.0)]
    np.unique(np.array(leaves)).sum().backward()
    assert sorted(x.grad for x in leaves) == [0.0, 1.0, 1.0]


@pytest.mark.skipif(np.lib.NumpyVersion(np.__version__) < "2.0.0", reason="before NumPy 2")
@pytest.mark.parametrize("divisor", [np.gcd, np.lcm])
def test_common_divisors_are_refused(divisor: np.ufunc) -> None:
    with pytest.raises(TypeError, match="int"):
        divisor(np.array([Value(6.0)]), 4)


def test_a_bound_or_a_constant_that_is_chosen_stays_a_plain_float() -> None:
    v = np.array([Value(1.0), Value(3.0)])
    assert [type(x) for x in np.maximum(v, 2.0)] == [float, Value]
    assert [type(x) for x in np.clip(v, 0.0, 2.0)] == [Value, float]
    with pytest.raises(TypeError, match="exp"):
        np.exp(np.maximum(v, 2.0))


def test_the_page_has_every_universal_function_of_numpy_once() -> None:
    page = [*RIGHT, *CHOOSING, *NOT_ASKED, *EXPECT_FLOATS, *THEMSELVES]
    assert len(page) == len(set(page))
    assert {name for name in dir(np) if isinstance(getattr(np, name), np.ufunc)} <= set(page)
    assert set(CALLS) <= set(page)
