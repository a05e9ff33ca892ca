"""What is remembered of an operation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd import Value, dot, grad, maximum, relu, sum as total, where
from autograd.core import ops

# The view of the record --------------------------------------------------------------------------


def test_a_leaf_has_no_operation() -> None:
    x = Value(2.0)
    assert (x.op, x.operands, x.parents, x.partials) == (None, (), (), ())


def test_a_node_remembers_operation_operands_and_local_derivatives() -> None:
    x, y = Value(2.0), Value(3.0)
    out = x * y
    assert (out.op, out.operands, out.partials) == (ops.mul, (x, y), (3.0, 2.0))


def test_constants_stand_in_their_place_as_plain_floats() -> None:
    x = Value(3.0)
    assert [(2 - x).operands, (x - 2).operands] == [(2.0, x), (x, 2.0)]
    assert type((2 - x).operands[0]) is float


def test_a_constant_has_no_derivative() -> None:
    x = Value(3.0)
    assert [(2 - x).partials, (x - 2).partials] == [(None, -1.0), (1.0, None)]


def test_parents_are_the_operands_that_are_recorded() -> None:
    x, y = Value(2.0), Value(3.0)
    assert ((2 - x).parents, (x / y).parents) == ((x,), (x, y))


def test_an_operand_used_twice_stands_twice() -> None:
    a = Value(3.0)
    out = a * a
    assert (out.operands, out.parents, out.partials) == ((a, a), (a, a), (3.0, 3.0))


def test_an_operation_of_many_operands_has_the_same_view() -> None:
    x, y = Value(2.0), Value(3.0)
    out = dot([x, 5.0], [y, 7.0])
    assert out.operands == (x, 5.0, y, 7.0)
    assert out.parents == (x, y)
    assert out.partials == (3.0, None, 2.0, None)


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_a_variadic_operation_has_the_same_view_for_any_number_of_operands(n: int) -> None:
    xs = tuple(Value(float(i)) for i in range(n))
    assert (total(xs).operands, total(xs).partials) == (xs, (1.0,) * n)


def test_a_variadic_operation_of_constants_and_one_value_has_the_same_view() -> None:
    x = Value(2.0)
    out = total([1.0, x])
    assert (out.operands, out.parents, out.partials) == ((1.0, x), (x,), (None, 1.0))


def test_a_switched_off_edge_is_none_and_not_zero() -> None:
    x, y = Value(-1.0), Value(2.0)
    assert relu(x).partials == (None,)
    assert maximum(x, y).partials == (None, 1.0)
    assert where(True, x, y).partials == (None, 1.0, None)


def test_a_switched_off_edge_still_has_its_operand() -> None:
    x = Value(-1.0)
    assert relu(x).parents == (x,)


def test_a_computed_zero_stays_a_number() -> None:
    assert (Value(2.0) * Value(0.0)).partials == (0.0, 2.0)


@pytest.mark.parametrize("name", ["operands", "parents", "partials"])
def test_the_view_is_read_only(name: str) -> None:
    with pytest.raises(AttributeError):
        setattr(Value(2.0) + 1.0, name, ())


# Labels ------------------------------------------------------------------------------------------

made = pytest.mark.parametrize(
    "made",
    [lambda x: x, lambda x: 2.0 - x, relu, lambda x: dot([x, x], [x, x])],
    ids=["a leaf", "a constant first", "an edge switched off", "many operands"],
)


def test_a_node_has_no_label_until_somebody_gives_it_one() -> None:
    x = Value(2.0)
    assert (x.label, (x * x).label, dot([x], [x]).label) == ("", "", "")


@made
def test_a_label_changes_nothing_but_the_label(made: Any) -> None:
    x = Value(-3.0)
    node = made(x)
    before = (node.data, node.op, node.operands, node.partials, node.parents)
    node.label = "somebody"
    assert node.label == "somebody"
    assert (node.data, node.op, node.operands, node.partials, node.parents) == before


@made
def test_a_gradient_goes_through_a_node_with_a_label_as_through_any(made: Any) -> None:
    x, y = Value(3.0), Value(3.0)
    node = made(y)
    node.label = "somebody"
    (made(x) * 5.0).backward()
    (node * 5.0).backward()
    assert y.grad == x.grad
    assert grad(made)(Value(3.0)) == grad(made)(3.0)


def test_a_label_can_be_changed_and_taken_away() -> None:
    x = Value(2.0, label="x")
    x.label = "y"
    assert x.label == "y"
    x.label = ""
    assert x.label == ""


@pytest.mark.parametrize("label", [3, 0, None, b"", np.array([]), np.array(["a"])], ids=repr)
def test_a_label_must_be_text(label: Any) -> None:
    with pytest.raises(TypeError, match=r"Value\.label: expected text, got"):
        Value(2.0, label)
    with pytest.raises(TypeError, match=r"Value\.label: expected text, got"):
        Value(2.0).label = label
