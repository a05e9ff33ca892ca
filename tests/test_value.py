"""Value: its operators, what Python and NumPy ask of a number, and backward."""

from __future__ import annotations

import cmath
import math
import operator
import struct
import sys
from datetime import UTC
from decimal import Decimal
from fractions import Fraction
from string import punctuation
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

import autograd
from autograd import Op, Value, no_grad, relu, sqrt, trunc, where
from autograd.core import compiled, ops
from autograd.core.graph import topological
from autograd.core.operation import Binary, Unary

if TYPE_CHECKING:
    from collections.abc import Callable

PUBLIC = [entry for entry in vars(autograd).values() if isinstance(entry, Op)]

# The operators, read off the table: x + y is the entry whose symbol is +, abs(x) that named abs.
INFIX: dict[str, tuple[Op, Callable[[Any, Any], Any]]] = {
    entry.symbol: (entry, eval(f"lambda x, y: x {entry.symbol} y"))
    for entry in PUBLIC
    if isinstance(entry, Binary) and set(entry.symbol) <= set(punctuation)
}
PREFIX: dict[str, tuple[Op, Callable[[Any], Any]]] = {
    entry.name: (entry, getattr(operator, entry.name))
    for entry in PUBLIC
    if isinstance(entry, Unary) and hasattr(operator, entry.name)
}

NUMBERS = [
    pytest.param(7, id="int"),
    pytest.param(2.5, id="float"),
    pytest.param(True, id="bool"),
    pytest.param(Fraction(7, 2), id="Fraction"),
    pytest.param(np.float64(2.5), id="np.float64"),
    pytest.param(np.float32(2.5), id="np.float32"),
    pytest.param(np.int64(7), id="np.int64"),
    pytest.param(np.bool_(True), id="np.bool"),
]

REFUSED = [
    pytest.param("1", "str '1'", "float(...)", id="str"),
    pytest.param(b"1", "bytes b'1'", "float(...)", id="bytes"),
    pytest.param(1j, "complex 1j", ".real and .imag", id="complex"),
    pytest.param(np.complex128(1j), "complex", ".real and .imag", id="np.complex"),
    pytest.param(None, "None", "return its result", id="None"),
    pytest.param(Decimal("0.1"), "Decimal", "float(...)", id="Decimal"),
    pytest.param([1.0], "list of 1", "one number at a time", id="list"),
    pytest.param((1.0,), "tuple of 1", "one number at a time", id="tuple"),
    pytest.param({"a": 1.0}, "dict of 1", "real numbers", id="dict"),
    pytest.param(np.str_("1"), "str", "float(...)", id="np.str"),
]

infix = pytest.mark.parametrize("symbol", INFIX)
prefix = pytest.mark.parametrize("name", PREFIX)
mixed = pytest.mark.parametrize("number", NUMBERS)

floats = st.floats(allow_nan=True, allow_infinity=True)


def bits(x: float | None) -> bytes | None:
    """The float itself: tells 0.0 from -0.0, and nan from everything but nan."""
    return x if x is None else b"nan" if math.isnan(x) else struct.pack("d", x)


def record(out: Value) -> tuple[Any, ...]:
    """All that an operation left behind, to the last bit."""
    operands = [x.data if isinstance(x, Value) else x for x in out.operands]
    return out.op, bits(out.data), [*map(bits, operands)], [*map(bits, out.partials)]


# A number ----------------------------------------------------------------------------------------


def test_a_value_has_data_gradient_and_label() -> None:
    x = Value(3.0, label="x")
    assert (x.data, x.grad, x.label) == (3.0, 0.0, "x")


def test_a_value_without_a_label_has_an_empty_one() -> None:
    assert Value(3.0).label == ""


@mixed
def test_data_is_a_plain_float_whatever_it_was_made_of(number: Any) -> None:
    x = Value(number)
    assert (type(x.data), x.data) == (float, float(number))


@mixed
@pytest.mark.parametrize("attribute", ["data", "grad"])
def test_assigning_any_real_number_leaves_a_plain_float(attribute: str, number: Any) -> None:
    x = Value(1.0)
    setattr(x, attribute, number)
    assert type(getattr(x, attribute)) is float
    assert getattr(x, attribute) == float(number)


def test_a_value_cannot_be_subclassed() -> None:
    with pytest.raises(TypeError, match="Write functions of Values"):
        type("Weight", (Value,), {})


def test_detach_gives_a_leaf_with_the_same_number_and_label() -> None:
    y = Value(3.0) * 2.0
    y.label = "y"
    leaf = y.detach()
    assert (leaf.data, leaf.label, leaf.op, leaf.grad) == (6.0, "y", None, 0.0)


def test_nothing_flows_back_through_detach() -> None:
    x = Value(3.0)
    (x * x.detach()).backward()
    assert x.grad == 3.0


# Operators ---------------------------------------------------------------------------------------


def test_the_table_has_every_arithmetic_operator_of_python() -> None:
    assert set(INFIX) == {"+", "-", "*", "/", "//", "%", "**"}
    assert set(PREFIX) == {"neg", "pos", "abs"}


@infix
@given(x=floats, y=floats)
def test_an_operator_between_values_is_its_entry_to_the_last_bit(
    symbol: str, x: float, y: float
) -> None:
    entry, infix = INFIX[symbol]
    assert record(infix(Value(x), Value(y))) == record(entry(Value(x), Value(y)))


@infix
@given(x=floats, y=floats)
def test_an_operator_with_a_constant_is_its_entry_to_the_last_bit(
    symbol: str, x: float, y: float
) -> None:
    entry, infix = INFIX[symbol]
    assert record(infix(Value(x), y)) == record(entry(Value(x), y))


@infix
@given(x=floats, y=floats)
def test_a_reflected_operator_is_its_entry_to_the_last_bit(symbol: str, x: float, y: float) -> None:
    entry, infix = INFIX[symbol]
    assert record(infix(x, Value(y))) == record(entry(x, Value(y)))


@prefix
@given(x=floats)
def test_a_prefix_operator_is_its_entry_to_the_last_bit(name: str, x: float) -> None:
    entry, prefix = PREFIX[name]
    assert record(prefix(Value(x))) == record(entry(Value(x)))


@infix
@given(x=floats, y=floats)
def test_an_operator_gives_the_same_number_without_recording(
    symbol: str, x: float, y: float
) -> None:
    _, infix = INFIX[symbol]
    recorded = [infix(Value(x), Value(y)), infix(Value(x), y), infix(x, Value(y))]
    with no_grad():
        plain = [infix(Value(x), Value(y)), infix(Value(x), y), infix(x, Value(y))]
    assert [bits(out.data) for out in plain] == [bits(out.data) for out in recorded]


@infix
@mixed
def test_an_operator_takes_any_real_number_on_its_right(symbol: str, number: Any) -> None:
    _, infix = INFIX[symbol]
    assert record(infix(Value(5.5), number)) == record(infix(Value(5.5), float(number)))


@infix
@mixed
def test_an_operator_takes_any_real_number_on_its_left(symbol: str, number: Any) -> None:
    _, infix = INFIX[symbol]
    assert record(infix(number, Value(5.5))) == record(infix(float(number), Value(5.5)))


@infix
@mixed
def test_data_gradients_and_constants_stay_plain_floats(symbol: str, number: Any) -> None:
    _, infix = INFIX[symbol]
    for out in [infix(Value(5.5), number), infix(number, Value(5.5))]:
        out.backward()
        numbers = [n for node in topological(out) for n in (node.data, node.grad)]
        numbers += [x for x in (*out.operands, *out.partials) if x is not None]
        assert {type(n) for n in numbers if not isinstance(n, Value)} == {float}


@given(x=floats, y=floats.filter(bool))
def test_arithmetic_is_that_of_floats(x: float, y: float) -> None:
    for symbol in INFIX.keys() - {"**"}:  # float ** float may raise, or be complex
        _, infix = INFIX[symbol]
        assert bits(infix(Value(x), Value(y)).data) == bits(infix(x, y))


@mixed
def test_divmod_is_quotient_and_remainder(number: Any) -> None:
    x = Value(5.5)
    assert divmod(x, number) == divmod(5.5, float(number))
    assert divmod(number, x) == divmod(float(number), 5.5)


def test_divmod_of_two_values_is_recorded() -> None:
    x, y = Value(7.0), Value(2.0)
    quotient, remainder = divmod(x, y)
    assert [quotient.op, remainder.op] == [ops.floordiv, ops.mod]
    assert [quotient.parents, remainder.parents] == [(x, y), (x, y)]


def test_in_place_operators_make_a_new_value() -> None:
    x = Value(3.0)
    y = x
    y += 1.0
    assert (x.data, y.data, y.parents) == (3.0, 4.0, (x,))


def test_sum_of_values_works() -> None:
    xs = [Value(1.0), Value(2.0), Value(3.0)]
    sum(xs).backward()
    assert [x.grad for x in xs] == [1.0, 1.0, 1.0]


@infix
@pytest.mark.parametrize(("thing", "came", "advice"), REFUSED)
def test_an_operator_refuses_what_is_no_real_number(
    symbol: str, thing: Any, came: str, advice: str
) -> None:
    _, infix = INFIX[symbol]
    with pytest.raises(TypeError) as refusal:
        infix(Value(2.0), thing)
    assert all(word in str(refusal.value) for word in (f" {symbol}", came, advice))


@infix
@pytest.mark.parametrize(("thing", "came", "advice"), REFUSED)
def test_a_reflected_operator_refuses_what_is_no_real_number(
    symbol: str, thing: Any, came: str, advice: str
) -> None:
    _, infix = INFIX[symbol]
    if symbol == "%" and isinstance(thing, (str, bytes)):
        pytest.skip("text % value formats the text")
    with pytest.raises(TypeError) as refusal:
        infix(thing, Value(2.0))
    assert all(word in str(refusal.value) for word in (f" {symbol}", came, advice))


@infix
@pytest.mark.parametrize("huge", [10**400, -(10**400)], ids=["positive", "negative"])
def test_an_operator_refuses_an_int_beyond_the_floats(symbol: str, huge: int) -> None:
    _, infix = INFIX[symbol]
    with pytest.raises(ValueError, match="an int of 1329 bits is too large for a float"):
        infix(Value(2.0), huge)
    with pytest.raises(ValueError, match="an int of 1329 bits is too large for a float"):
        infix(huge, Value(2.0))


class Absorbing:
    """A type of the user's, which knows itself what to do with a Value."""

    def absorb(self, other: object) -> Absorbing:
        return self

    __add__ = __sub__ = __mul__ = __truediv__ = __floordiv__ = __mod__ = __pow__ = absorb
    __radd__ = __rsub__ = __rmul__ = __rtruediv__ = __rfloordiv__ = __rmod__ = __rpow__ = absorb


@infix
def test_an_operator_leaves_unknown_types_to_themselves(symbol: str) -> None:
    _, infix = INFIX[symbol]
    absorbing = Absorbing()
    assert infix(Value(2.0), absorbing) is absorbing
    assert infix(absorbing, Value(2.0)) is absorbing


def test_divmod_leaves_unknown_types_to_themselves() -> None:
    absorbing = Absorbing()
    assert divmod(Value(2.0), absorbing) == (absorbing, absorbing)


@infix
def test_python_names_both_where_neither_knows_the_other(symbol: str) -> None:
    _, infix = INFIX[symbol]
    with pytest.raises(TypeError, match=r"'Value' and 'datetime\.timezone'"):
        infix(Value(2.0), UTC)
    with pytest.raises(TypeError, match=r"'datetime\.timezone' and 'Value'"):
        infix(UTC, Value(2.0))


def test_a_power_modulo_is_refused() -> None:
    with pytest.raises(TypeError):
        pow(Value(2.0), 3, 5)


# What Python asks of a number --------------------------------------------------------------------

COMPARISONS = [operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne]
comparison = pytest.mark.parametrize("compare", COMPARISONS, ids=lambda f: f.__name__)


@comparison
@given(x=floats, y=floats | st.integers())
def test_a_comparison_compares_the_numbers(compare: Any, x: float, y: float) -> None:
    expected = compare(x, y)
    assert compare(Value(x), y) is expected
    assert compare(y, Value(x)) is compare(y, x)


@comparison
@given(x=floats, y=floats)
def test_two_values_compare_as_their_numbers(compare: Any, x: float, y: float) -> None:
    assert compare(Value(x), Value(y)) is compare(x, y)


@comparison
@mixed
def test_a_comparison_with_any_real_number_is_a_condition(compare: Any, number: Any) -> None:
    expected = compare(2.5, float(number))
    assert where(compare(Value(2.5), number), True, False) == expected
    assert where(compare(number, Value(2.5)), True, False) == compare(float(number), 2.5)


@comparison
@pytest.mark.parametrize("huge", [10**400, -(10**400)], ids=["positive", "negative"])
def test_huge_ints_compare_exactly(compare: Any, huge: int) -> None:
    assert compare(Value(1.7e308), huge) is compare(1.7e308, huge)


def test_a_value_equals_no_text_and_no_none() -> None:
    x = Value(1.0)
    assert x != "1.0"
    assert x != None  # noqa: E711
    assert x != [1.0]


@pytest.mark.parametrize("thing", ["1", None, [1.0], 1j], ids=["str", "None", "list", "complex"])
def test_ordering_with_what_is_no_number_is_refused(thing: Any) -> None:
    with pytest.raises(TypeError, match="not supported between instances of 'Value' and"):
        _ = Value(1.0) < thing
    with pytest.raises(TypeError, match=r"not supported between instances of .* and 'Value'"):
        _ = thing < Value(1.0)


def test_max_min_and_sorted_work() -> None:
    x, y, z = Value(2.0), Value(3.0), Value(1.0)
    assert (max(x, y, z), min(x, y, z)) == (y, z)
    assert [v.data for v in sorted([x, y, z])] == [1.0, 2.0, 3.0]


@given(x=floats)
def test_truth_is_that_of_the_number(x: float) -> None:
    assert bool(Value(x)) is bool(x)


def test_hash_is_by_identity() -> None:
    x, twin = Value(1.0), Value(1.0)
    assert len({x, twin, x}) == 2


def test_a_value_is_a_key_of_its_own() -> None:
    x = Value(1.0)
    assert {x: "x", Value(1.0): "twin"}[x] == "x"
    assert {1.0: "number"}.get(x) is None  # type: ignore[call-overload]


def test_a_list_finds_values_by_number() -> None:
    x = Value(3.0)
    assert 3.0 in [x]
    assert x in [1.0, 3.0]
    assert [1.0, x].index(3.0) == 1
    assert [x, Value(3.0), 3].count(3.0) == 3


@pytest.mark.parametrize("label", ["", "x"])
def test_repr_shows_data_gradient_and_label(label: str) -> None:
    x = Value(0.1, label=label)
    x.grad = -2.0
    assert repr(x) == f"Value(data=0.1, grad=-2.0{', label=' + repr(label) if label else ''})"


def test_repr_of_a_result_does_not_go_into_its_operands() -> None:
    x = Value(1.0)
    for _ in range(10_000):
        x = x + 1.0
    assert repr(x) == "Value(data=10001.0, grad=0.0)"


def test_format_formats_the_number() -> None:
    assert f"{Value(math.pi):.3f} {Value(2.0):>8.1e}" == "3.142  2.0e+00"


def test_format_without_a_specification_is_repr() -> None:
    assert f"{Value(2.0)}" == str(Value(2.0)) == "Value(data=2.0, grad=0.0)"


@pytest.mark.parametrize(
    ("convert", "words"),
    [
        (float, ["v.data", "autograd.exp"]),
        (math.exp, ["v.data", "autograd.exp"]),
        (math.isnan, ["v.data", "autograd.exp"]),
        # From 3.15 on Python says itself what came, whatever __float__ says.
        ("%f".__mod__, ["v.data"] if sys.version_info < (3, 15) else ["real number", "Value"]),
        (int, ["int(v.data)", "autograd.trunc"]),
        (complex, ["v.data"]),
        (cmath.exp, ["v.data"]),
        (lambda v: np.array([v], dtype=float), ["v.data"]),
    ],
    ids=["float", "math.exp", "math.isnan", "%f", "int", "complex", "cmath.exp", "np.array"],
)
def test_a_conversion_that_would_lose_the_gradient_says_what_to_write(
    convert: Callable[[Value], object], words: list[str]
) -> None:
    with pytest.raises(TypeError) as refusal:
        convert(Value(2.0))
    assert all(word in str(refusal.value) for word in words)


def test_a_value_is_no_index() -> None:
    with pytest.raises(TypeError):
        range(3)[Value(1.0)]  # type: ignore[call-overload]


@pytest.mark.parametrize("x", [2.5, -2.5, 0.5, -0.0, 1e300])
@pytest.mark.parametrize("f", [round, math.floor, math.ceil, math.trunc])
def test_rounding_gives_a_value_with_the_rounded_number(f: Any, x: float) -> None:
    out = f(Value(x))
    assert (type(out), type(out.data), out.data) == (Value, float, f(x))


@pytest.mark.parametrize("digits", [0, 1, 2, -1])
def test_round_takes_a_number_of_digits(digits: int) -> None:
    assert round(Value(12.345), digits).data == round(12.345, digits)


def test_round_without_digits_rounds_to_a_whole_number() -> None:
    assert round(Value(2.5), None).data == 2.0


@pytest.mark.parametrize("digits", ["1", [1], 1.5], ids=["str", "list", "float"])
def test_round_refuses_digits_as_python_does(digits: Any) -> None:
    with pytest.raises(TypeError):
        round(2.5, digits)
    with pytest.raises(TypeError):
        round(Value(2.5), digits)


def test_round_refuses_an_int_of_digits_beyond_the_floats() -> None:
    with pytest.raises(ValueError, match="round: an int of 1329 bits is too large"):
        round(Value(1.0), 10**400)


def test_no_derivative_flows_through_rounding() -> None:
    assert [round(Value(2.6)).partials[0], trunc(Value(2.6)).partials[0]] == [None, None]


# IEEE arithmetic ---------------------------------------------------------------------------------

INF, NAN = math.inf, math.nan


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("v(1) / v(0)", INF),
        ("1 / v(0)", INF),
        ("v(1) / 0", INF),
        ("v(1) / -0.0", -INF),
        ("v(-1) / v(0)", -INF),
        ("v(0) / v(0)", NAN),
        ("v(INF) / 0", INF),
        ("v(1) // 0", NAN),
        ("v(1) % 0", NAN),
        ("1 % v(0)", NAN),
        ("v(0).reciprocal()", INF),
        ("v(-0.0).reciprocal()", -INF),
        ("v(1e308) * 10", INF),
        ("v(-1e308) - 1e308", -INF),
        ("v(INF) - INF", NAN),
        ("v(INF) * 0", NAN),
        ("v(10) ** 400", INF),
        ("v(-10) ** 401", -INF),
        ("10 ** v(400)", INF),
        ("v(10) ** -400", 0.0),
        ("v(0) ** -1", INF),
        ("v(-0.0) ** -1", -INF),
        ("v(-0.0) ** -2", INF),
        ("v(-8) ** (1 / 3)", NAN),
        ("(-8) ** v(1 / 3)", NAN),
        ("v(NAN) ** 0", 1.0),
        ("1 ** v(NAN)", 1.0),
        ("v(1000).exp()", INF),
        ("v(-1000).exp()", 0.0),
        ("v(2000).exp2()", INF),
        ("v(1000).expm1()", INF),
        ("v(0).log()", -INF),
        ("v(-0.0).log()", -INF),
        ("v(-1).log()", NAN),
        ("v(0).log2()", -INF),
        ("v(0).log10()", -INF),
        ("v(-1).log1p()", -INF),
        ("v(-2).log1p()", NAN),
        ("v(-1).sqrt()", NAN),
        ("v(2).asin()", NAN),
        ("v(2).acos()", NAN),
        ("v(0.5).acosh()", NAN),
        ("v(1).atanh()", INF),
        ("v(-1).atanh()", -INF),
        ("v(1000).sinh()", INF),
        ("v(-1000).sinh()", -INF),
        ("v(-1000).cosh()", INF),
        ("v(INF).sin()", NAN),
        ("v(INF).cos()", NAN),
        ("v(INF).tan()", NAN),
        ("v(INF).tanh()", 1.0),
        ("v(1e200).hypot(1e200)", 2**0.5 * 1e200),
        ("v(1.7e308).hypot(1.7e308)", INF),
        ("v(INF).hypot(NAN)", INF),
        ("v(200).gamma()", INF),
        ("v(0).lgamma()", INF),
        ("v(-0.0).floor()", -0.0),
        ("v(-0.5).ceil()", -0.0),
        ("v(-0.5).trunc()", -0.0),
        ("v(-0.5).round()", -0.0),
        ("v(1.7e308).round(-308)", INF),
    ],
)
def test_arithmetic_follows_ieee(formula: str, expected: float) -> None:
    got = eval(formula, {"v": Value, "INF": INF, "NAN": NAN}).data
    assert type(got) is float
    assert bits(got) == bits(expected) or got == pytest.approx(expected, rel=1e-15, abs=0.0)


@infix
@given(x=floats, y=floats)
def test_no_operator_ever_raises_for_numbers_or_turns_complex(
    symbol: str, x: float, y: float
) -> None:
    _, infix = INFIX[symbol]
    for out in (infix(Value(x), Value(y)), infix(x, Value(y)), infix(Value(x), y)):
        assert type(out.data) is float


# NumPy -------------------------------------------------------------------------------------------


def objects(*numbers: float) -> Any:
    """A NumPy array of Values."""
    array = np.empty(len(numbers), dtype=object)
    array[:] = [Value(x) for x in numbers]
    return array


def data(array: Any) -> list[float]:
    return [v.data for v in array]


# Where NumPy's word for an entry is another one. `a` stands for arc, as in arcsin.
NUMPY_NAMES = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "div": "divide",
    "pow": "power",
    "mod": "remainder",
    "floordiv": "floor_divide",
    "neg": "negative",
    "pos": "positive",
    "abs": "absolute",
    "round": "rint",
} | {name: "arc" + name[1:] for name in dir(ops) if hasattr(np, "arc" + name[1:])}


def on_objects(entry: Op) -> Any:
    """NumPy's function for an entry, where there is one that takes arrays of objects."""
    f = getattr(np, NUMPY_NAMES.get(entry.name, entry.name), None)
    n = 2 if isinstance(entry, Binary) and entry is not ops.round else 1
    return f if isinstance(f, np.ufunc) and "O" * n + "->O" in f.types else None


NUMPY_ENTRIES = [
    entry
    for entry in PUBLIC
    if isinstance(entry, (Unary, Binary))
    and on_objects(entry)
    and entry not in (ops.maximum, ops.minimum, ops.sign)  # these compare: see below
]
INSIDE = {ops.acosh: 1.5}  # a point of the domain, where 0.5 is not


@pytest.mark.parametrize("entry", NUMPY_ENTRIES, ids=repr)
def test_numpys_functions_work_on_arrays_of_values(entry: Op) -> None:
    f = on_objects(entry)
    numbers = [INSIDE.get(entry, 0.5), 0.75][: f.nin]
    operands = [Value(x) for x in numbers]
    (out,) = f(*(np.array([v], dtype=object) for v in operands))
    out.backward()
    direct = entry(*map(Value, numbers))  # type: ignore[operator]
    slopes = [p or 0.0 for p in direct.partials][: f.nin]
    assert out.data == pytest.approx(direct.data)
    assert [v.grad for v in operands] == pytest.approx(slopes)


def test_numpy_knows_most_functions_under_the_names_of_the_methods() -> None:
    assert {"exp", "sin", "asin", "atan2", "hypot", "sqrt"} <= {e.name for e in NUMPY_ENTRIES}


def test_numpys_maximum_and_sign_compare_the_numbers() -> None:
    a = objects(1.0, -3.0)
    assert np.maximum(a, 0.0).tolist() == [1.0, 0.0]
    assert np.minimum(a, 0.0).tolist() == [0.0, -3.0]
    assert np.sign(a).tolist() == [1, -1]


def test_the_gradient_flows_through_numpys_functions() -> None:
    a = objects(0.5, 2.0)
    np.exp(a).sum().backward()
    assert [v.grad for v in a] == [math.exp(0.5), math.exp(2.0)]


def test_a_matrix_product_of_values_works() -> None:
    a, b = objects(1.0, 2.0), objects(3.0, 4.0)
    out = a @ b
    out.backward()
    assert out.data == 11.0
    assert [[v.grad for v in a], [v.grad for v in b]] == [[3.0, 4.0], [1.0, 2.0]]


def test_a_matrix_of_floats_times_a_vector_of_values_works() -> None:
    a = objects(1.0, 2.0)
    assert data(np.array([[1.0, 10.0], [0.0, 2.0]]) @ a) == [21.0, 4.0]


def test_sums_means_and_products_over_arrays_work() -> None:
    a = objects(2.0, 3.0, 7.0)
    assert (a.sum().data, a.mean().data, a.prod().data, a.max().data) == (12.0, 4.0, 42.0, 7.0)
    a.mean().backward()
    assert [v.grad for v in a] == pytest.approx([1 / 3] * 3)


@infix
def test_an_operator_spreads_over_an_array_on_its_right(symbol: str) -> None:
    _, infix = INFIX[symbol]
    array = np.array([2.0, 3.0])
    out = infix(Value(7.0), array)
    assert out.dtype == object
    assert data(out) == [infix(7.0, 2.0), infix(7.0, 3.0)]


@infix
def test_an_operator_spreads_over_an_array_on_its_left(symbol: str) -> None:
    _, infix = INFIX[symbol]
    array = np.array([2.0, 3.0])
    out = infix(array, Value(7.0))
    assert data(out) == [infix(2.0, 7.0), infix(3.0, 7.0)]


@comparison
def test_a_comparison_spreads_over_an_array(compare: Any) -> None:
    array = np.array([2.0, 3.0, 4.0])
    assert compare(array, Value(3.0)).tolist() == compare(array, 3.0).tolist()
    assert compare(Value(3.0), array).tolist() == compare(3.0, array).tolist()


def test_an_array_of_one_number_without_dimensions_counts_as_that_number() -> None:
    assert ((Value(2.0) + np.array(1.0)).data, (np.array(1.0) + Value(2.0)).data) == (3.0, 3.0)


# The chain rule ----------------------------------------------------------------------------------


def test_a_leaf_accumulates_over_two_backward_passes() -> None:
    x = Value(3.0)
    y = x * x
    y.backward()
    y.backward()
    assert x.grad == 12.0


def test_a_leaf_that_was_zeroed_starts_afresh() -> None:
    x = Value(3.0)
    y = x * x
    y.backward()
    x.grad = 0
    y.backward()
    assert x.grad == 6.0


def test_a_leaf_accumulates_over_two_results() -> None:
    x = Value(3.0)
    (x * 2.0).backward()
    (x * 5.0).backward()
    assert x.grad == 7.0


def test_a_node_in_between_has_the_gradient_of_the_last_pass() -> None:
    x = Value(3.0)
    y = x * x
    z = y * 5.0
    z.backward()
    z.backward()
    assert (z.grad, y.grad, x.grad) == (1.0, 5.0, 60.0)


def test_a_node_in_between_forgets_an_assigned_gradient() -> None:
    x = Value(3.0)
    y = x * x
    y.grad = 100.0
    (y + 0.0).backward()
    assert (y.grad, x.grad) == (1.0, 6.0)


def test_backward_from_a_leaf_adds_to_its_own_gradient() -> None:
    x = Value(3.0)
    x.backward()
    x.backward()
    assert x.grad == 2.0


def test_backward_weighs_by_the_seed() -> None:
    x = Value(3.0)
    (x * x).backward(0.5)
    assert x.grad == 3.0


@mixed
def test_the_seed_may_be_any_real_number(number: Any) -> None:
    x = Value(3.0)
    (x * 2.0).backward(number)
    assert (type(x.grad), x.grad) == (float, 2.0 * float(number))


@given(x=st.floats(-1e100, 1e100))
def test_an_operand_used_twice_gets_both_derivatives(x: float) -> None:
    a, b = Value(x), Value(x)
    (a + a).backward()
    (b * b).backward()
    assert (a.grad, b.grad) == (2.0, 2.0 * x)


def test_a_diamond_is_summed_over_both_ways() -> None:
    x = Value(3.0)
    left, right = x * 2.0, x * x
    (left * right).backward()  # 2 x**3
    assert x.grad == 6.0 * 9.0


def test_a_node_waits_for_all_of_its_uses() -> None:
    x = Value(1.0)
    y = x * 2.0
    late = ((y + 1.0) * 3.0 + 2.0) * 5.0
    (y + late + y).backward()
    assert x.grad == 2.0 * (1.0 + 15.0 + 1.0)


def test_exponentially_many_ways_are_summed_in_one_walk() -> None:
    x = Value(1.0)
    y = x
    for _ in range(200):
        y = y * 0.5 + 0.5 * y
    y.backward()
    assert x.grad == 1.0


def test_what_does_not_lead_to_the_result_is_not_touched() -> None:
    x, bystander = Value(3.0), Value(4.0)
    bystander.grad = 7.0
    _ = bystander * x
    (x * x).backward()
    assert bystander.grad == 7.0


def test_data_changed_after_the_forward_pass_changes_no_gradient() -> None:
    x, y = Value(3.0), Value(5.0)
    out = x * y
    x.data = 100.0
    out.backward()
    assert (out.data, x.grad, y.grad) == (15.0, 5.0, 3.0)


def test_a_node_beyond_a_switched_off_edge_has_no_gradient_left_from_before() -> None:
    x = Value(3.0)
    y = x * x
    y.backward()
    relu(-y).backward()
    assert (y.grad, x.grad) == (0.0, 6.0)


def test_nothing_flows_along_a_switched_off_edge_not_even_infinity_times_zero() -> None:
    x = Value(0.0)
    relu(-sqrt(x)).backward()
    assert x.grad == 0.0


def test_infinity_times_a_computed_zero_is_nan() -> None:
    x = Value(0.0)
    (sqrt(x) * 0.0).backward()
    assert math.isnan(x.grad)


in_python = pytest.mark.skipif(
    compiled, reason="Interruption cannot be the _dx of a node in C, and a walk there is one step"
)


class Interruption:
    """A local derivative during whose use the user presses Ctrl-C."""

    def __rmul__(self, adjoint: float) -> float:
        raise KeyboardInterrupt


@in_python
def test_an_interrupted_backward_leaves_the_leaves_as_they_were() -> None:
    x, y = Value(3.0), Value(2.0)
    x.grad = 1.0
    product = x * y
    out = product + x  # x gets its part from the sum before the product is reached
    product._dx = Interruption()  # type: ignore[assignment]
    with pytest.raises(KeyboardInterrupt):
        out.backward()
    assert (x.grad, y.grad) == (1.0, 0.0)


@in_python
def test_a_backward_after_an_interrupted_one_is_right() -> None:
    x, y = Value(3.0), Value(2.0)
    product = x * y
    out = product + x
    partial, product._dx = product._dx, Interruption()  # type: ignore[assignment]
    with pytest.raises(KeyboardInterrupt):
        out.backward()
    product._dx = partial
    out.backward()
    assert (x.grad, y.grad, product.grad) == (3.0, 3.0, 1.0)
