"""Rows: map, mean and sum, rows of different ways, one node over all of them."""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np
import pytest

from autograd import Value, exp, gradients, jit, log, no_grad, relu, sin
from tests.compiler.same import assert_alike


def test_map_gives_a_list_for_lists_and_an_array_for_arrays() -> None:
    f = jit(lambda x, y: x * y)
    assert f.map([1.0, 2.0], [3.0, 4.0]) == [3.0, 8.0]
    found = f.map(np.array([1.0, 2.0]), np.array([3, 4]))
    assert (type(found), found.tolist()) == (np.ndarray, [3.0, 8.0])


def test_map_gives_structures_of_lists_and_of_arrays() -> None:
    f = jit(lambda row: {"sum": row[0] + row[1], "parts": (row[0], [row[1]])})
    found = f.map([[1.0, 2.0], [3.0, 4.0]])
    assert found == {"sum": [3.0, 7.0], "parts": ([1.0, 3.0], [[2.0, 4.0]])}
    g = jit(lambda row: row * 2.0)
    assert g.map(np.array([[1.0, 2.0], [3.0, 4.0]])).tolist() == [[2.0, 4.0], [6.0, 8.0]]


def test_map_gives_nodes_where_values_are_captured() -> None:
    w = Value(2.0)
    outs = jit(lambda x: w * x).map([1.0, 2.0])
    assert [out.partials for out in outs] == [(None, 1.0), (None, 2.0)]


def test_sums_of_plain_numbers_are_plain_numbers() -> None:
    f = jit(lambda x: x * x)
    assert f.sum([1.0, 2, 3.0]) == 14.0
    assert f.mean([1.0, 2.0, 3.0]) == 14.0 / 3.0
    assert f.sum(np.array([1.0, 2.0, 3.0], dtype=np.float32)) == 14.0


def network(ws: list[Value], x: Any, y: Any) -> Any:
    z = relu(ws[0] * x + ws[1] * y + ws[2])
    return exp(-z) * ws[3] + sin(z * ws[0])


def test_a_mean_is_one_node_with_the_derivatives_of_the_eager_mean() -> None:
    ws, vs = ([Value(x) for x in (0.3, -0.8, 0.1, 2.0)] for _ in range(2))
    xs, ys = [0.5 * i - 3.0 for i in range(20)], [math.cos(i) for i in range(20)]
    loss = jit(lambda x, y: network(ws, x, y)).mean(xs, ys)
    assert loss.parents == tuple(ws)
    loss.backward()
    expected = sum([network(vs, x, y) for x, y in zip(xs, ys, strict=True)], Value(0.0)) / 20.0
    expected.backward()
    assert loss.data == pytest.approx(expected.data, rel=1e-14)
    assert [w.grad for w in ws] == pytest.approx([v.grad for v in vs], rel=1e-13)


def test_parameters_changed_between_batches_are_read_afresh() -> None:
    w = Value(2.0)
    f = jit(lambda x: w * x)
    assert f.sum([1.0, 2.0]).data == 6.0
    w.data = 3.0
    assert f.sum([1.0, 2.0]).data == 9.0


def test_rows_that_take_different_ways_run_in_groups() -> None:
    w = Value(2.0)

    @jit
    def f(x: Any) -> Any:
        n = 1.0
        while n < x:
            n = n * 2.0
        return w * n if x > 0.0 else w * w

    rows = [-1.0, 1.0, 5.0, 100.0, 0.0, 3.0, 7.0, 64.0]
    one_by_one = sum([f(x) for x in rows], Value(0.0))
    for _ in range(2):
        out = f.sum(rows)
        assert out.data == one_by_one.data
        assert_alike(gradients(out, w), gradients(one_by_one, w))


def test_rows_of_different_forms_run_in_groups() -> None:
    f = jit(lambda row: sum(row, 0.0))
    assert f.sum([[1.0], [2.0, 3.0], [4.0]]) == 10.0
    assert f.map([[1.0], [2.0, 3.0], [4]]) == [1.0, 5.0, 4.0]


def test_what_is_no_number_may_differ_from_row_to_row() -> None:
    f = jit(lambda x, how: exp(x) if how == "exp" else x)
    assert f.sum([0.0, 5.0], ["exp", "as it is"]) == 6.0


def test_rows_at_the_edges_are_computed_exactly_and_spoil_no_others() -> None:
    w = Value(1.0)
    f = jit(lambda x: log(x * w))
    assert f.map([1.0, 0.0, -1.0])[1].data == -math.inf
    out = f.sum([math.e, 0.0])
    assert out.data == -math.inf
    assert out.partials == (math.inf,) or math.isnan(out.partials[0])


def test_an_edge_that_is_off_in_all_rows_is_absent() -> None:
    w = Value(-1.0)
    f = jit(lambda x: relu(w * x))
    assert f.sum([1.0, 2.0]).partials == (None,)
    assert f.sum([1.0, -2.0]).partials == (-2.0,)


def test_a_batch_has_derivatives_of_higher_order() -> None:
    w = Value(0.7)
    f = jit(lambda x: sin(w * x) if x > 0.0 else w * w * x)
    rows = [1.0, -2.0, 3.0]
    first = gradients(f.mean(rows), w)
    second = gradients(first, w)
    eager = [gradients(f(x) * 1.0, w) for x in rows]
    assert first.data == pytest.approx(sum(x.data for x in eager) / 3.0)
    assert second.data == pytest.approx(sum(gradients(x, w).data for x in eager) / 3.0)


def test_values_in_the_rows_are_differentiated() -> None:
    xs = [Value(1.0), Value(2.0)]
    out = jit(lambda x: x * x).mean(xs)
    out.backward()
    assert [x.grad for x in xs] == [1.0, 2.0]


def test_no_grad_gives_a_leaf() -> None:
    w = Value(2.0)
    with no_grad():
        assert jit(lambda x: w * x).sum([1.0, 2.0]).op is None


def test_a_batch_within_a_program_is_part_of_it() -> None:
    w = Value(2.0)
    f = jit(lambda x: w * x)
    g = jit(lambda s: f.mean([1.0, 3.0]) * s)
    assert g(2.0).data == 8.0


def test_captured_data_that_changes_is_noticed() -> None:
    w = Value(2.0)
    f = jit(lambda x: x * w.data)
    assert f.sum([1.0, 2.0]) == 6.0
    w.data = 3.0
    assert f.sum([1.0, 2.0]) == 9.0


def test_empty_batches_and_rows_that_do_not_fit_are_refused() -> None:
    f = jit(lambda x, y: x * y)
    with pytest.raises(ValueError, match=r"jit\(f\)\.mean: there are no rows"):
        f.mean([], [])
    with pytest.raises(ValueError, match=r"of one length, got \[1, 2\]"):
        f.sum([1.0], [1.0, 2.0])
    with pytest.raises(TypeError, match=r"argument 1 must be a list or an array .* got float 2.0"):
        f.map([1.0], 2.0)
    with pytest.raises(TypeError, match="expected rows"):
        f.sum()
    with pytest.raises(TypeError, match="must give one number, not a structure of 1"):
        jit(lambda x: [x]).sum([1.0])


@pytest.mark.slow(reason="only a program that takes seconds to compile is too long")
def test_programs_too_long_for_one_loop_run_row_by_row() -> None:
    w = Value(1.001)

    def f(x: Any) -> Any:
        for _ in range(1500):
            x = relu(x * w) * x + sin(x) * 0.5
        return x

    out = jit(f).sum([0.1, 0.2])
    expected = f(Value(0.1)) + f(Value(0.2))
    assert out.data == pytest.approx(expected.data)
    assert gradients(out, w).data == pytest.approx(gradients(expected, w).data)


def test_ways_that_depend_on_the_same_values_are_added_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        sys.modules["autograd.compiler.sums"], "PIECE", 2
    )  # no loop over rows: a call a row
    w = [Value(float(i + 1)) for i in range(3)]

    def f(x: Any) -> Any:
        total = w[0] * x + w[1] * x * x + w[2]
        return total if x > 0.0 else -2.0 * total

    for backend in "python", "llvm":
        for xs in ([1.0, -1.0, 2.0], [-1.0, -2.0, 3.0, -4.0], [-1.0, -2.0]):
            out = jit(f, backend=backend).sum(xs)
            expected = sum([f(x) for x in xs], Value(0.0))
            assert out.data == pytest.approx(expected.data)
            assert [x.data for x in gradients(out, w)] == pytest.approx(
                [x.data for x in gradients(expected, w)]
            )
            out.backward()
            assert [x.grad for x in w] == pytest.approx([x.data for x in gradients(expected, w)])
            for x in w:
                x.grad = 0.0
