"""What counts as a real number, and what a refusal says."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import autograd
from autograd import Value
from autograd.numbers.reals import describe, is_real, real

if TYPE_CHECKING:
    from collections.abc import Callable

ACCEPTED = [
    (3, 3.0),
    (True, 1.0),
    (Fraction(1, 4), 0.25),
    (np.float64(0.1), 0.1),
    (np.float32(0.1), 13421773 / 2**27),  # the single that is nearest to 0.1
    (np.int64(-7), -7.0),
    (np.uint8(200), 200.0),
    (np.bool_(True), 1.0),
    (2**1000, math.ldexp(1.0, 1000)),
]

REFUSED = [
    ("1", "str '1'", "float(...)"),
    (b"1", "bytes b'1'", "float(...)"),
    (bytearray(b"1"), "bytearray", "float(...)"),
    (np.str_("1"), "str_", "float(...)"),
    (1j, "complex 1j", ".real and .imag"),
    (np.complex64(1), "complex64", ".real and .imag"),
    (None, "None", "return its result"),
    (Decimal("0.1"), "Decimal", "float(...)"),
    ([1.0, 2.0], "list of 2", "one number at a time"),
    ((1.0,), "tuple of 1", "one number at a time"),
    ({1.0}, "set of 1", "one number at a time"),
    ({"a": 1.0}, "dict of 1", "real numbers"),
    (np.array([1.0, 2.0]), "array (ndarray) of shape (2,)", "index it"),
    (np.array([1.0]), "array (ndarray) of shape (1,)", "index it"),
    (np.array(1.0), "ndarray", ".item()"),
    (object(), "object", "real numbers"),
    (math.sin, "sin", "real numbers"),
    (np.timedelta64(3, "D"), "timedelta64", "numbers of some unit"),
]

PLACES: dict[str, Callable[[Any], object]] = {
    "Value": Value,
    "Value.data": lambda x: setattr(Value(1.0), "data", x),
    "Value.grad": lambda x: setattr(Value(1.0), "grad", x),
    "backward": lambda x: Value(1.0).backward(x),
    "exp": autograd.exp,
    "hypot": lambda x: autograd.hypot(Value(1.0), x),
    "clip": lambda x: autograd.clip(0.0, x, Value(1.0)),
    "prod": lambda x: autograd.prod([Value(1.0), x]),
}


THINGS = [pytest.param(x, id=came) for x, came, _ in REFUSED]


@pytest.mark.parametrize(("x", "number"), ACCEPTED, ids=[repr(x)[:20] for x, _ in ACCEPTED])
def test_a_real_number_becomes_a_plain_float(x: Any, number: float) -> None:
    assert type(real(x, "here")) is float
    assert real(x, "here") == number


def test_whatever_converts_to_float_is_real() -> None:
    class Celsius:
        def __float__(self) -> float:
            return 21.5

    assert real(Celsius(), "here") == 21.5


@pytest.mark.parametrize(("x", "came", "advice"), REFUSED, ids=[came for _, came, _ in REFUSED])
def test_a_refusal_says_where_and_what_came_and_what_to_do(x: Any, came: str, advice: str) -> None:
    with pytest.raises(TypeError, match=r"^here: expected a real number") as refusal:
        real(x, "here")
    assert came in str(refusal.value)
    assert advice in str(refusal.value)


@pytest.mark.parametrize("x", THINGS)
def test_what_is_refused_is_not_real(x: Any) -> None:
    assert not is_real(x)


@pytest.mark.parametrize("x", THINGS)
@pytest.mark.parametrize("place", PLACES)
def test_every_place_refuses_it_by_its_own_name(place: str, x: Any) -> None:
    with pytest.raises(TypeError, match=rf"^{place}: expected a real number"):
        PLACES[place](x)


def test_a_value_is_refused_with_the_way_to_its_number() -> None:
    with pytest.raises(TypeError, match=r"\.data.*\.detach\(\)"):
        Value(Value(1.0))  # type: ignore[arg-type]


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("place", PLACES)
def test_an_int_beyond_the_floats_is_a_value_error(place: str, sign: int) -> None:
    with pytest.raises(ValueError, match=rf"^{place}: an int of 1329 bits is too large"):
        PLACES[place](sign * 10**400)


def test_a_fraction_beyond_the_floats_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="too large for a float"):
        real(Fraction(10**400, 3), "here")


def test_a_refusal_names_the_kind_of_what_python_cannot_write_out() -> None:
    with pytest.raises(ValueError, match=r"^here: a Fraction is too large for a float"):
        real(Fraction(10**5000, 3), "here")


def test_a_refusal_never_prints_what_came_at_length() -> None:
    with pytest.raises(TypeError) as refusal:
        real("1" * 10_000, "here")
    assert len(str(refusal.value)) < 200


@pytest.mark.parametrize("attribute", ["data", "grad"])
def test_a_refused_assignment_changes_nothing(attribute: str) -> None:
    x = Value(2.0)
    x.grad = 3.0
    with pytest.raises(TypeError):
        setattr(x, attribute, "5")
    assert (x.data, x.grad) == (2.0, 3.0)


def test_clearing_a_gradient_by_none_is_refused_with_the_way_to_do_it() -> None:
    with pytest.raises(TypeError, match="got None; to clear a gradient set it to 0"):
        Value(1.0).grad = None  # type: ignore[assignment]


@pytest.mark.parametrize("condition", [True, False])
def test_where_refuses_what_is_no_number_in_the_branch_that_is_not_taken_too(
    condition: bool,
) -> None:
    branches: list[Any] = [Value(1.0), None] if condition else [None, Value(1.0)]
    with pytest.raises(TypeError, match="where: expected a real number, got None"):
        autograd.where(condition, *branches)


def test_only_a_tuple_is_the_shape_of_an_array() -> None:
    class Layer:
        shape = "2 -> 3"

    assert describe(Layer()).startswith("Layer <")
