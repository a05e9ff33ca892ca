"""Where a gradient comes from: the paths, their products, and what they add up to."""

from __future__ import annotations

from math import fsum, inf, isclose, isnan, prod
from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from autograd import Value, exp, floor, log, relu, sqrt, tanh
from autograd.pictures.why import Path, why
from autograd.testing import expressions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from autograd.testing import Expression


def ladder(n: int, left: float = 0.25, right: float = 0.75) -> tuple[Value, Value]:
    """A leaf, and a graph in which 2**n paths lead from it to the result."""
    x = out = Value(1.0, label="x")
    for _ in range(n):
        out = left * out + right * out
    return x, out


def every_path(value: Value, leaf: Value) -> Iterator[list[float]]:
    """The local derivatives along each path, from the result down: found one by one."""
    if value is leaf:
        yield []
        return
    for x, partial in zip(value.operands, value.partials, strict=True):
        if isinstance(x, Value) and partial is not None:
            for rest in every_path(x, leaf):
                yield [partial, *rest]


def backward(out: Value, leaf: Value) -> float:
    leaf.grad = 0.0
    out.backward()
    return leaf.grad


# The paths --------------------------------------------------------------------------------------


def test_each_path_is_its_nodes_their_local_derivatives_and_the_product() -> None:
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    product = a * b
    out = product + a
    assert why(out, a).paths == [
        Path((a, product, out), (-3.0, 1.0), -3.0),
        Path((a, out), (1.0,), 1.0),
    ]


def test_the_largest_products_come_first_whatever_their_sign() -> None:
    x = Value(1.0)
    found = why(2.0 * x - 5.0 * x + 3.0 * x, x)
    assert [path.product for path in found.paths] == [-5.0, 3.0, 2.0]


def test_a_node_that_is_both_operands_is_on_two_paths() -> None:
    x = Value(3.0)
    assert [path.product for path in why(x * x, x).paths] == [3.0, 3.0]


def test_the_paths_of_a_value_to_itself_are_one_of_no_steps() -> None:
    x = Value(3.0)
    found = why(x, x)
    assert found.paths == [Path((x,), (), 1.0)]
    assert found.gradient == 1.0


def test_the_leaf_may_be_any_value_on_the_way() -> None:
    x = Value(0.5)
    h = tanh(x)
    assert why(h * h, h).gradient == 2.0 * h.data
    assert why(h * h, h).count == 2


def test_a_switched_off_edge_is_no_path() -> None:
    x = Value(-2.0)
    found = why(relu(x) + 3.0 * x, x)
    assert [path.product for path in found.paths] == [3.0]
    assert found.count == 1


@given(expressions(max_operations=8))
def test_the_paths_are_all_there_are_and_add_up_to_the_gradient(f: Expression) -> None:
    xs = [Value(x) for x in f.point]
    out = f(*xs)
    for x in xs:
        expected = sorted((prod(path) for path in every_path(out, x)), key=abs, reverse=True)
        found = why(out, x, paths=len(expected) + 1)
        products = [path.product for path in found.paths]
        assert [*map(abs, products)] == pytest.approx([*map(abs, expected)])
        assert found.count == len(expected)
        assert found.gradient == backward(out, x)
        assert isclose(
            found.sum, found.gradient, rel_tol=1e-12, abs_tol=1e-14 * fsum(map(abs, products))
        )


# Many paths -------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 5, 20, 64])
def test_paths_are_counted_exactly_without_going_through_them(n: int) -> None:
    x, out = ladder(n)
    assert why(out, x).count == 2**n


def test_the_largest_of_many_paths_are_found() -> None:
    x, out = ladder(12)
    everything = sorted((prod(path) for path in every_path(out, x)), reverse=True)
    found = why(out, x, paths=20)
    assert [path.product for path in found.paths] == pytest.approx(everything[:20], rel=1e-12)
    assert len({tuple(map(id, path.nodes)) for path in found.paths}) == 20


def test_what_is_not_shown_is_stated_as_a_number_of_paths_and_their_sum() -> None:
    x, out = ladder(20)
    found = why(out, x, paths=2)
    assert found.gradient == 1.0
    assert isclose(found.sum + found.remainder, 1.0, rel_tol=1e-12)
    assert "1,048,574 more paths =   0.995772" in repr(found)


def test_paths_of_equal_size_are_found_as_fast_as_others() -> None:
    x, out = ladder(2000, 0.5, 0.5)
    assert why(out, x, paths=3).count == 2**2000


def test_a_deep_graph_with_more_paths_than_can_be_written_down_is_shown() -> None:
    x, out = ladder(20_000, 0.5, 0.5)
    text = repr(why(out, x, paths=1))
    assert text.startswith("d out / d x = 1 along about 3e6020 paths, the largest first\nx → * → +")
    assert max(map(len, text.splitlines())) < 200


def test_a_path_that_overflows_or_is_nan_comes_first() -> None:
    x = Value(0.0, label="x")
    found = why(sqrt(x) * 0.0 + x, x)
    assert isnan(found.paths[0].product)
    assert isnan(found.gradient)
    assert why(x + exp(Value(1000.0)) * x, x).paths[0].product == inf


def test_infinite_products_that_cancel_add_up_to_nan() -> None:
    z = Value(0.0, label="z")
    found = why(log(z) - log(z) * 2.0, z)
    assert [path.product for path in found.paths] == [inf, -inf]
    assert isnan(found.sum)
    assert "together =  nan" in repr(found)


def test_a_sum_that_overflows_is_infinite() -> None:
    b = Value(1.0)
    found = why(b * 1e308 + b * 1e308, b)
    assert found.sum == found.gradient == inf


def test_what_the_others_carry_is_not_known_where_the_sums_are_not_finite() -> None:
    z = Value(0.0, label="z")
    found = why(log(z) + z, z, paths=1)
    assert isnan(found.remainder)
    assert "1 more path = not known" in repr(found)


@given(expressions(domain=False, max_operations=8))
def test_whatever_the_numbers_are_there_is_a_table(f: Expression) -> None:
    xs = [Value(x) for x in f.point]
    out = f(*xs)
    for x in xs:
        found = why(out, x, paths=2)
        assert found._repr_html_().count("<tr>") in (0, *range(2, 7))
        assert repr(found).startswith("d out / d ")


def test_the_largest_first_holds_for_the_products_as_shown() -> None:
    z = Value(1.0)
    found = why(z * 1e-200 * 1e-200 * 1e200 * 1e200 + z, z)
    assert [path.product for path in found.paths] == [inf, 1.0]


def test_what_the_others_carry_does_not_drown_in_the_rounding_of_what_is_shown() -> None:
    x = Value(3.0, label="x")
    found = why(x * 1e20 - x * 1e20 + x, x, paths=2)
    assert (found.sum, found.remainder, found.gradient) == (0.0, 1.0, 0.0)
    assert repr(found).splitlines()[-2].endswith("1 more path =      1")
    assert "what backward computes, rounded at every step =      0" in repr(found)


@given(expressions(max_operations=8))
def test_the_paths_not_shown_carry_what_they_would_if_they_were(f: Expression) -> None:
    xs = [Value(x) for x in f.point]
    out = f(*xs)
    for x in xs:
        everything = [path.product for path in why(out, x, paths=1000).paths]
        found = why(out, x, paths=1)
        slack = 1e-12 * fsum(map(abs, everything))
        assert isclose(found.sum + found.remainder, fsum(everything), rel_tol=0.0, abs_tol=slack)


# How it reads -----------------------------------------------------------------------------------


def test_it_prints_as_a_table() -> None:
    a, b = Value(2.0, label="a"), Value(-0.5, label="b")
    assert repr(why(tanh(a * b + a), a)).splitlines() == [
        "d out / d a = 0.209987 along 2 paths, the largest first",
        "a → + → tanh                    1 · 0.42 =  0.419974",
        "a → * → + → tanh         -0.5 · 1 · 0.42 = -0.209987",
        "                                together =  0.209987",
        "                  what backward computes =  0.209987",
    ]


def test_labels_and_given_names_stand_for_the_operations() -> None:
    x = Value(2.0)
    hidden = 3.0 * x
    loss = hidden**2
    loss.label = "loss"
    first, path, *_ = repr(why(loss, x, names={"x": x, "h": hidden, "n": 7})).splitlines()
    assert first == "d loss / d x = 36 along 1 path"
    assert path.startswith("x → h → loss")


def test_paths_of_the_same_operations_are_told_apart_by_the_numbers_that_play_gives() -> None:
    x = Value(0.5, label="x")
    _, first, second, *_ = repr(why(tanh(3.0 * x) + tanh(2.0 * x), x)).splitlines()
    assert first.startswith("x → v3 (*) → v4 (tanh) → out (+)")
    assert second.startswith("x → v1 (*) → v2 (tanh) → out (+)")


def test_a_label_stays_on_one_line_and_of_a_long_one_the_end_is_shown() -> None:
    x = Value(2.0, label="a\n|" + "layers." * 20 + "w.12")
    lines = repr(why(x * 2.0, x)).splitlines()
    assert len(lines) == 3
    assert lines[1].startswith("…s.layers.layers.layers.w.12 → *")
    assert repr(why(Value(1.0, label="a\nb") * 2.0, x)).count("\n") == 0


def test_a_notebook_shows_the_same_rows_with_names_escaped() -> None:
    x = Value(2.0, label="<x>")
    html = why(x * x, x)._repr_html_()
    assert html.count("<tr>") == 5
    assert "&lt;x&gt; → *" in html
    assert "<x>" not in html


def test_nobodys_grad_is_touched() -> None:
    x = Value(2.0)
    x.grad = 7.0
    out = x * x
    out.grad = 5.0
    why(out, x)
    assert (x.grad, out.grad) == (7.0, 5.0)


# Where nothing comes from -----------------------------------------------------------------------


def test_a_leaf_that_was_not_used_has_no_path() -> None:
    x, y = Value(2.0, label="x"), Value(3.0, label="y")
    found = why(x * x, y)
    assert (found.gradient, found.count, found.paths) == (0.0, 0, [])
    assert repr(found) == (
        "d out / d y = 0: there is no path, for the result was not computed from y. "
        "Is it the Value that went in, or a new one under the same name?"
    )
    assert found._repr_html_() == f"<p>{found!r}</p>"


def test_where_every_path_is_switched_off_the_switches_are_named() -> None:
    x = Value(-2.0, label="x")
    assert repr(why(relu(3.0 * x) + floor(x), x)) == (
        "d out / d x = 0: there is no path along which something flows back. x was used, but "
        "switched off at relu(-6), floor(-2)"
    )


@pytest.mark.parametrize(
    ("value", "leaf", "message"),
    [
        (3.0, Value(1.0), "the result must be a Value, got float 3.0; a plain number has no"),
        (Value(1.0), "x", "the leaf must be a Value, got str 'x'"),
    ],
    ids=["a number", "text"],
)
def test_what_is_no_value_is_refused(value: Value, leaf: Value, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        why(value, leaf)


@pytest.mark.parametrize("paths", [0, -1, 2.5, True])
def test_a_number_of_paths_below_one_is_refused(paths: int) -> None:
    x = Value(1.0)
    with pytest.raises(ValueError, match="paths must be a whole number from 1 on, got"):
        why(log(x), x, paths=paths)
