"""grad, jacobian, hessian, jvp, vjp and hvp: exact numbers, any structure, any order."""

import gc
import inspect
import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st
from scipy.optimize import minimize

from autograd import (
    Value,
    cos,
    detect_anomaly,
    exp,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    no_grad,
    relu,
    sin,
    sqrt,
    tanh,
    value_and_grad,
    vjp,
)
from autograd.calculus import transforms
from autograd.core.record import FLAG


class Point(NamedTuple):
    x: Any
    y: Any


@dataclass(frozen=True, slots=True)
class Frozen:
    a: Any
    b: Any


def rosenbrock(v):
    return sum((1.0 - a) ** 2 + 100.0 * (b - a * a) ** 2 for a, b in pairwise(v))


# Structures ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "x", "gradient"),
    [
        (lambda x: x**3, 2.0, 12.0),
        (lambda x: x**3, 2, 12.0),
        (lambda x: x**3, np.float32(2.0), 12.0),
        (lambda v: v[0] * v[1], [2.0, 3.0], [3.0, 2.0]),
        (lambda v: v[0] * v[1], (2.0, 3.0), (3.0, 2.0)),
        (lambda p: p.x * p.y, Point(2.0, 3.0), Point(3.0, 2.0)),
        (lambda p: p["a"] * p["b"][0], {"a": 2.0, "b": [3.0]}, {"a": 3.0, "b": [2.0]}),
        (lambda p: p.a * p.b[0], Frozen(2.0, [3.0]), Frozen(3.0, [2.0])),
        (lambda p: 5.0, [1.0, {"a": ()}], [0.0, {"a": ()}]),
    ],
)
def test_a_gradient_has_the_structure_of_the_argument(f, x, gradient):
    result = grad(f)(x)
    assert result == gradient
    assert type(result) is type(gradient)


@pytest.mark.parametrize("shape", [(), (3,), (2, 2), (0,), (2, 0)])
def test_a_gradient_by_an_array_is_a_float64_array_of_its_shape(shape):
    x = np.arange(1.0, np.prod(shape) + 1.0).reshape(shape)
    result = grad(lambda a: (a**3).sum() if shape else a**3)(x)
    assert result.dtype == np.float64
    assert result.shape == shape
    assert np.array_equal(result, 3.0 * x**2)


def test_arrays_inside_other_structures_stay_arrays():
    x = {"w": np.array([[1.0, 2.0]]), "b": 3.0}
    result = grad(lambda p: (p["w"] ** 2).sum() * p["b"])(x)
    assert np.array_equal(result["w"], [[6.0, 12.0]])
    assert result["b"] == 5.0


def test_the_argument_is_left_as_it_was():
    x = {"a": [1.0, 2.0]}
    grad(lambda p: p["a"].pop() * p.pop("a")[0])(x)
    assert x == {"a": [1.0, 2.0]}


def test_argnums_chooses_the_arguments():
    def f(x, y, z):
        return x * y + z

    assert grad(f, 1)(2.0, 3.0, 4.0) == 2.0
    assert grad(f, -1)(2.0, 3.0, 4.0) == 1.0
    assert grad(f, (1, 0))(2.0, 3.0, 4.0) == (2.0, 3.0)
    assert grad(f, ())(2.0, 3.0, 4.0) == ()


def test_arguments_that_are_not_differentiated_may_be_anything():
    assert grad(lambda x, power, *, name: x**power)(2.0, 3, name="cube") == 12.0


def test_value_and_grad_gives_both():
    assert value_and_grad(lambda v: v[0] * v[1])([2.0, 3.0]) == (6.0, [3.0, 2.0])


def test_a_jacobian_has_the_structure_of_the_argument_in_that_of_the_result():
    def f(v, s):
        return {"product": v[0] * v[1], "scaled": (s * v[0],)}

    assert jacobian(f, (0, 1))([2.0, 3.0], 4.0) == {
        "product": ([3.0, 2.0], 0.0),
        "scaled": (([4.0, 0.0], 2.0),),
    }


def test_a_jacobian_of_arrays_is_one_array_of_both_shapes():
    x = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    result = jacobian(lambda a: (a**2).sum(axis=1))(x)
    assert result.shape == (2, 2, 3)
    assert np.array_equal(result[0], [[2.0, 4.0, 6.0], [0.0, 0.0, 0.0]])
    assert np.array_equal(result[1], [[0.0, 0.0, 0.0], [8.0, 10.0, 12.0]])


@pytest.mark.parametrize(
    ("f", "x", "shape"),
    [
        (lambda a: a, np.zeros(0), (0, 0)),
        (lambda a: np.zeros(3), np.zeros(0), (3, 0)),
        (lambda a: a[:0], np.zeros(3), (0, 3)),
        (lambda x: np.array([x, x, x]), 1.0, (3,)),
        (lambda a: a.sum(), np.zeros(3), (3,)),
        (lambda a: a, np.array(1.0), ()),
    ],
)
def test_a_jacobian_of_arrays_has_the_right_shape_also_where_one_is_empty_or_a_number(f, x, shape):
    result = jacobian(f)(x)
    assert result.shape == shape
    assert result.dtype == np.float64


def test_a_hessian_by_two_arguments_is_a_row_of_blocks_for_each():
    result = hessian(lambda x, y: x**2 * y[0], (0, 1))(3.0, [5.0])
    assert result == ((10.0, [6.0]), [(6.0, [0.0])])


def test_a_hessian_by_an_array_is_a_square_matrix():
    result = hessian(lambda v: v[0] ** 2 * v[1])(np.array([3.0, 5.0]))
    assert np.array_equal(result, [[10.0, 6.0], [6.0, 0.0]])


def test_jvp_and_vjp_go_between_structures():
    def f(p, y):
        return [p["a"] * y, np.array([p["a"], y])]

    result, tangent = jvp(f, ({"a": 2.0}, 3.0), ({"a": 1.0}, 10.0))
    assert (result[0], tangent[0]) == (6.0, 23.0)
    assert np.array_equal(result[1], [2.0, 3.0])
    assert np.array_equal(tangent[1], [1.0, 10.0])
    result, pull_back = vjp(f, {"a": 2.0}, 3.0)
    assert pull_back([1.0, np.array([10.0, 100.0])]) == ({"a": 13.0}, 102.0)


def test_a_pull_back_may_be_used_many_times():
    _, pull_back = vjp(lambda x, y: x * y, 2.0, 3.0)
    assert (pull_back(1.0), pull_back(2.0), pull_back(1.0)) == ((3.0, 2.0), (6.0, 4.0), (3.0, 2.0))


def test_tangents_name_their_keys_in_any_order():
    p, t = {"a": 2.0, "b": 3.0}, {"b": 1.0, "a": 0.0}
    assert jvp(lambda p: p["a"] * p["b"] ** 2, (p,), (t,))[1] == 12.0


def test_hvp_takes_the_vector_as_a_list_or_an_array():
    def f(v):
        return v[0] ** 2 * v[1]

    assert hvp(f, [3.0, 5.0], np.array([1.0, 2.0])) == [22.0, 6.0]
    assert np.array_equal(hvp(f, np.array([3.0, 5.0]), [1.0, 2.0]), [22.0, 6.0])


# Unusual functions --------------------------------------------------------------------------------


def test_a_constant_function_has_the_derivative_zero():
    assert grad(lambda x: 5)(2.0) == 0.0
    assert value_and_grad(lambda x: 5)(2.0) == (5.0, 0.0)
    assert hessian(lambda x: 5)([2.0]) == [[0.0]]
    assert jvp(lambda x: 5, (2.0,), (1.0,)) == (5.0, 0.0)
    assert vjp(lambda x: 5, 2.0)[1](1.0) == (0.0,)


def test_an_ignored_argument_has_the_derivative_zero():
    assert grad(lambda x, y: y * y, (0, 1))(2.0, 3.0) == (0.0, 6.0)


def test_a_function_may_return_one_of_its_arguments():
    assert grad(lambda x: x)(2.0) == 1.0
    assert grad(grad(lambda x: x))(2.0) == 0.0
    assert jvp(lambda x, y: y, (2.0, 3.0), (1.0, 10.0)) == (3.0, 10.0)


def test_a_function_may_return_the_same_value_twice():
    def f(x):
        y = x * x
        return [y, y]

    assert jacobian(f)(3.0) == [6.0, 6.0]
    assert vjp(f, 3.0)[1]([1.0, 10.0]) == (66.0,)
    assert jvp(f, (3.0,), (1.0,))[1] == [6.0, 6.0]


def test_an_argument_that_is_passed_twice_is_two_arguments():
    x = Value(3.0)
    assert grad(lambda a, b: a * b)(x, x).data == 3.0


def test_only_the_way_through_the_argument_counts():
    x = Value(3.0)
    assert grad(lambda a: a * x)(x).data == 3.0  # and not 6


def test_an_infinite_derivative_beside_does_not_spoil_a_jacobian():
    assert jacobian(lambda v: [v[0], sqrt(v[0])])([0.0]) == [[1.0], [math.inf]]
    assert jacobian(lambda v: [v[0] + sqrt(v[1])] * 3)([0.0, 0.0]) == [[1.0, math.inf]] * 3


@pytest.mark.parametrize("order", [1, 2, 3])
def test_nothing_comes_through_a_switched_off_edge_at_any_order(order):
    f = lambda x: relu(-sqrt(x)) + x**3  # noqa: E731
    along = f
    for _ in range(order):
        f = grad(f)
        along = (lambda g: lambda x: jvp(g, (x,), (1.0,))[1])(along)
    assert f(0.0) == along(0.0) == (6.0 if order == 3 else 0.0)


# Any order ----------------------------------------------------------------------------------------


def test_grad_of_grad_goes_on():
    f = sin
    for expected in (math.cos(1.3), -math.sin(1.3), -math.cos(1.3), math.sin(1.3)):
        f = grad(f)
        assert f(1.3) == pytest.approx(expected, rel=1e-15)


def test_a_jacobian_of_a_gradient_is_the_hessian():
    x = [1.0, 2.0, -1.0]
    assert jacobian(grad(rosenbrock))(x) == hessian(rosenbrock)(x)


def test_the_gradient_of_a_sum_over_a_jacobian():
    # d/dv of the sum of [[2a, 0], [b, a]] is (3, 1)
    def total(v):
        return sum(x for row in jacobian(lambda w: [w[0] ** 2, w[0] * w[1]])(v) for x in row)

    assert grad(total)([2.0, 3.0]) == [3.0, 1.0]


def test_the_gradient_of_a_sum_over_a_jacobian_taken_forwards():
    def total(x):
        return sum(jacobian(lambda y: [y**2, y**3])(x))

    assert grad(total)(2.0) == 2.0 + 12.0


@pytest.mark.parametrize("inner", [grad, lambda f: lambda y: jvp(f, (y,), (1.0,))[1]])
@pytest.mark.parametrize("outer", [grad, lambda f: lambda x: jvp(f, (x,), (1.0,))[1]])
def test_nested_derivatives_are_not_confused(outer, inner):
    assert outer(lambda x: x * inner(lambda y: x + y)(1.0))(1.0) == 1.0
    assert outer(lambda x: x * inner(lambda y: x * y)(2.0))(1.0) == 2.0


def test_a_hessian_vector_product_can_be_differentiated():
    # H = [[2y, 2x], [2x, 0]], H (1, 0) = (2y, 2x); the derivative of 2y * 2x by x is 4y
    def f(x):
        a, b = hvp(lambda p: p[0] ** 2 * p[1], [x, 5.0], [1.0, 0.0])
        return a * b

    assert grad(f)(3.0) == 20.0


def test_third_derivatives_by_three_transforms():
    assert jacobian(hessian(lambda v: v[0] ** 2 * v[1]))([3.0, 5.0]) == [
        [[0.0, 2.0], [2.0, 0.0]],
        [[2.0, 0.0], [0.0, 0.0]],
    ]


def test_a_gradient_step_can_be_differentiated_by_its_step_size():
    # x - s * 2x, squared, is (1 - 2s)^2 x^2; its derivative by s is -4 (1 - 2s) x^2
    def after(s):
        x = 3.0 - s * grad(lambda x: x * x)(3.0)
        return x * x

    assert grad(after)(0.25) == pytest.approx(-18.0)


def test_unrolled_gradient_descent_does_not_walk_its_whole_past_at_each_step(monkeypatch):
    walked = []

    def counted(variables, outs, between=transforms.between):
        order = between(variables, outs)
        walked.append(len(order))
        return order

    monkeypatch.setattr(transforms, "between", counted)

    def descent(x):
        for _ in range(20):
            x = x - 0.1 * grad(lambda y: y * y * y)(x)
        return x

    grad(descent)(1.0)
    assert set(walked[:20]) == {2}


def test_cotangents_and_tangents_may_be_values():
    v = Value(5.0)
    vjp(lambda x: x * x, 3.0)[1](v)[0].backward()
    assert v.grad == 6.0
    v = Value(5.0)
    jvp(lambda x: x * x, (3.0,), (v,))[1].backward()
    assert v.grad == 6.0


# Values from outside ------------------------------------------------------------------------------


def test_a_captured_parameter_makes_the_gradient_differentiable_by_it():
    w = Value(3.0)
    slope = grad(lambda x: w * w * x**2)(2.0)  # 2 w^2 x
    assert slope.data == 36.0
    (slope**2).backward()  # d 4 w^4 x^2 / dw = 16 w^3 x^2
    assert w.grad == 16.0 * 27.0 * 4.0


def test_a_passed_value_makes_everything_differentiable():
    x = Value(2.0)
    result, gradient = value_and_grad(lambda y: y**3)(x)
    (result + gradient).backward()
    assert x.grad == 12.0 + 12.0


def test_where_results_are_values_the_constant_ones_are_too():
    result = value_and_grad(lambda v: 5.0)([Value(1.0), 2.0])
    assert isinstance(result[0], Value)
    assert all(isinstance(x, Value) for x in result[1])


def test_an_array_of_values_gives_an_array_of_values():
    x = np.array([Value(2.0), Value(3.0)])
    result = grad(lambda a: (a * a).sum())(x)
    assert result.dtype == object
    (result[0] * 10.0).backward()
    assert x[0].grad == 20.0


def test_values_that_the_function_makes_itself_leave_results_plain():
    def f(x):
        return x * Value(3.0) + Value(1.0)

    assert type(grad(f)(2.0)) is float
    assert type(jvp(f, (2.0,), (1.0,))[0]) is float


def test_a_pull_back_used_within_another_function_leaves_results_plain():
    _, pull_back = vjp(lambda y: y**3, 2.0)
    assert repr(grad(lambda c: pull_back(c)[0] * c)(1.0)) == "24.0"


def test_a_value_made_in_an_outer_function_comes_from_outside_for_the_inner_one():
    def outer(x):
        c = Value(2.0) * x
        return grad(lambda y: c * y * y)(3.0)

    assert grad(outer)(1.0) == 12.0


def test_results_are_plain_floats_where_nothing_is_captured():
    results = [*value_and_grad(lambda v: v[0] * 2)([1])[1], jvp(abs, (-1,), (1,))[1]]
    assert [type(x) for x in results] == [float, float]


@pytest.mark.parametrize("x", [2.0, Value(2.0)])
def test_within_no_grad_results_are_plain_numbers(x):
    w = Value(3.0)
    with no_grad():
        assert type(grad(lambda x: w * x * x)(x)) is float
        assert value_and_grad(lambda x: w * x * x)(x) == (12.0, 12.0)
        assert type(hvp(lambda x: w * x * x, x, 1.0)) is float
        assert type(jvp(lambda x: w * x, (x,), (Value(1.0),))[1]) is float


def test_a_pull_back_within_no_grad_gives_plain_numbers():
    _, pull_back = vjp(lambda x: x * x, Value(3.0))
    with no_grad():
        assert type(pull_back(1.0)[0]) is float
    assert isinstance(pull_back(1.0)[0], Value)


def test_a_gradient_within_no_grad_is_a_constant_for_who_differentiates_around_it():
    def f(x):
        with no_grad():
            slope = grad(lambda y: y * y)(x)
        return slope * x

    assert grad(f)(3.0) == 6.0


def test_what_the_function_computes_within_no_grad_is_a_constant():
    def f(x):
        with no_grad():
            c = x * x
        return c * x

    assert grad(f)(3.0) == 9.0


@pytest.mark.parametrize("data", [2.0, 3.0])
def test_nobodys_grad_is_touched(data):
    w, x = Value(data), Value(2.0)
    y = w * x
    for v in (w, x, y):
        v.grad = 7.0
    grad(lambda a: a * w * y)(x)
    hessian(lambda a: a[0] * w * y)([x])
    jvp(lambda a: a * w, (x,), (1.0,))
    with no_grad():
        grad(lambda a: a * w * y)(x)
    assert [v.grad for v in (w, x, y)] == [7.0, 7.0, 7.0]


def test_what_a_transform_recorded_is_freed_at_once_without_the_garbage_collector():
    gc.collect()
    gc.disable()
    try:
        hessian(lambda v: v[0] * sin(v[1]))(np.array([2.0, 3.0]))
        grad(lambda p: p["a"] ** 2 * grad(lambda y: y * p["a"])(2.0))({"a": 2.0})
        vjp(lambda v: [v[0], v[0] * 2.0], [2.0])[1]([1.0, 2.0])
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_no_mode_is_left_switched_on_after_an_error():
    def failing(x):
        raise KeyError(x)

    before = FLAG.watched
    with pytest.raises(KeyError), no_grad():
        grad(failing)(1.0)
    assert FLAG.watched == before


def test_anomalies_are_detected_inside_transforms():
    with pytest.raises(ArithmeticError), detect_anomaly():
        grad(sqrt)(0.0)


def test_data_changed_after_recording_is_noticed():
    w = Value(2.0)

    def f(x):
        y = w * x
        w.data = -2.0
        return y

    with pytest.raises(ValueError, match=r"mul\(-2.0, 1.0\) was recorded as 2.0"):
        grad(f)(1.0)


# has_aux ------------------------------------------------------------------------------------------


def test_what_else_a_function_returns_comes_along():
    def f(x):
        return x * x, {"name": "square", "x": x, "all": [x, None]}

    extra = {"name": "square", "x": 3.0, "all": [3.0, None]}
    assert grad(f, has_aux=True)(3.0) == (6.0, extra)
    assert value_and_grad(f, has_aux=True)(3.0) == ((9.0, extra), 6.0)
    assert jacobian(f, has_aux=True)(3.0) == (6.0, extra)
    assert hessian(f, has_aux=True)(3.0) == (2.0, extra)
    assert jvp(f, (3.0,), (1.0,), has_aux=True) == (9.0, 6.0, extra)
    result, pull_back, aux = vjp(f, 3.0, has_aux=True)
    assert (result, pull_back(1.0), aux) == (9.0, (6.0,), extra)


def test_what_else_a_function_returns_must_have_an_end():
    circle = []
    circle.append(circle)
    with pytest.raises(ValueError, match=r"grad: the extra of the function: .* contains itself"):
        grad(lambda x: (x, circle), has_aux=True)(2.0)


def test_values_among_what_else_a_function_returns_become_plain_floats():
    _, (x, array) = grad(lambda x: (x, (x, np.array([x, 1.0]))), has_aux=True)(2.0)
    assert type(x) is float
    assert array.dtype == np.float64


def test_what_else_a_function_returns_can_be_differentiated_by_what_it_captured():
    w = Value(3.0)
    _, extra = grad(lambda x: (x * x, [w * w]), has_aux=True)(2.0)
    extra[0].backward()
    assert w.grad == 6.0


def test_an_outer_derivative_goes_through_what_else_an_inner_function_returns():
    assert grad(lambda x: grad(lambda y: (y * y, x * x), has_aux=True)(1.0)[1])(3.0) == 6.0


# The cheaper direction ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("m", "n", "backwards", "forwards"), [(1, 5, 1, 0), (5, 1, 0, 1), (3, 3, 3, 0), (4, 2, 0, 2)]
)
def test_a_jacobian_of_results_that_share_their_computation_takes_the_fewer_walks(
    monkeypatch, m, n, backwards, forwards
):
    walks = []

    def results(v):
        shared = v[-1]
        for _ in range(10):
            shared = shared * 1.0
        return [(i + 1.0) * shared for i in range(m)]

    for walk in (transforms.reverse_numbers, transforms.forward_numbers):

        def noted(*args, walk=walk):
            walks.append(walk.__name__)
            return walk(*args)

        monkeypatch.setattr(transforms, walk.__name__, noted)
    result = jacobian(results)([1.0] * n)
    assert [row[-1] for row in result] == [i + 1.0 for i in range(m)]
    assert walks == ["reverse_numbers"] * backwards + ["forward_numbers"] * forwards


def test_a_jacobian_of_results_that_share_nothing_walks_over_each_node_once(monkeypatch):
    walked = []
    walk = transforms.reverse_numbers

    def noted(order, *args):
        walked.extend(order)
        return walk(order, *args)

    monkeypatch.setattr(transforms, "reverse_numbers", noted)
    residuals = jacobian(lambda p: [p[0] * t + p[1] - 1.0 for t in range(100)])([1.0, 2.0])
    assert residuals == [[t, 1.0] for t in range(100)]
    assert len(walked) == 300


# With SciPy ---------------------------------------------------------------------------------------


def test_scipy_minimises_with_value_and_grad_as_it_stands():
    found = minimize(value_and_grad(rosenbrock), np.array([-1.0, 2.0, 0.5]), jac=True)
    assert found.success
    assert found.x == pytest.approx([1.0, 1.0, 1.0], abs=1e-4)


def test_scipy_takes_grad_and_hvp_too():
    found = minimize(
        lambda x: float(rosenbrock(x)),
        np.array([-1.0, 2.0]),
        jac=grad(rosenbrock),
        hessp=lambda x, v: hvp(rosenbrock, x, v),
        method="Newton-CG",
    )
    assert found.x == pytest.approx([1.0, 1.0], abs=1e-4)


# Errors -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: grad(Value(2.0)), "grad: expected a function, got Value.*gradients"),
        (lambda: grad(abs, "x"), "grad: argnums must be the position of an argument"),
        (lambda: grad(abs, (0, 1.0)), "got float 1.0"),
        (lambda: grad(abs, 1)(2.0), "grad: argument 1 .* called with 1 positional"),
        (lambda: grad(abs, 10**2000)(1.0), "grad: argument an int of 6644 bits is to be"),
        (lambda: grad(abs)(x=2.0), "grad: argument 0 .* called with 0 positional"),
        (lambda: grad(abs)("2"), "grad: argument 0: expected a number.* got str '2'; convert text"),
        (lambda: grad(abs)([{"name": "a"}]), r"grad: argument 0\[0\]\['name'\]: .* got str 'a'"),
        (lambda: hessian(abs)(["a"]), r"hessian: argument 0\[0\]"),
        (lambda: grad(lambda x: None)(1.0), "the result of the function: .* got None; did a func"),
        (lambda: grad(lambda x: [x, x])(1.0), "must return one number, it returned a list of 2"),
        (lambda: grad(lambda x: (x, 1.0))(1.0), "a tuple of 2; .*jacobian.*has_aux=True"),
        (lambda: grad(lambda a: a)(np.ones(1)), r"returned an array \(ndarray\) of shape \(1,\)"),
        (lambda: hessian(lambda v: v)([1.0]), "^hessian: the function must return one number"),
        (lambda: hvp(lambda v: v, [1.0], [1.0]), "^hvp: the function must return one number"),
        (lambda: grad(abs, has_aux=True)(1.0), r"must return a pair \(result, extra\)"),
        (lambda: jvp(abs, 1.0, (1.0,)), "jvp: primals must be a tuple or list.* got float 1.0"),
        (lambda: jvp(abs, (1.0,), 1.0), "jvp: tangents must be a tuple or list"),
    ],
)
def test_an_error_says_what_came_and_what_was_expected(call, message):
    with pytest.raises(TypeError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: grad(abs, (0, -1))(2.0), r"names an argument twice: \(0, -1\)"),
        (
            lambda: jvp(lambda p: p["a"][1], ({"a": [1.0, 2.0]},), ({"a": [1.0]},)),
            r"jvp: tangents must have the structure of the primals.* none at \[0\]\['a'\]\[1\]",
        ),
        (lambda: jvp(abs, (1.0,), (1.0, 2.0)), r"one of them at \[1\]"),
        (
            lambda: vjp(lambda x: {"y": x}, 1.0)[1](1.0),
            r"vjp: the cotangent must have the structure of the result.* none at \['y'\]",
        ),
        (lambda: hvp(lambda v: v[0], [1.0], [1.0, 2.0]), "hvp: v must have the structure of x"),
    ],
)
def test_a_structure_that_does_not_fit_is_refused_with_the_first_difference(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_the_function_that_a_transform_gives_says_what_it_is():
    def wave(x):
        return sin(x)

    assert grad(grad(wave)).__name__ == "grad(grad(wave))"
    assert "autograd.hessian" in inspect.getdoc(hessian(wave))


# Laws ---------------------------------------------------------------------------------------------

points = st.floats(min_value=-2.0, max_value=2.0)
vectors = st.lists(points, min_size=3, max_size=3)
maps = st.sampled_from(  # from three numbers to one, two, three and four
    [
        lambda v: [sin(v[0]) * exp(v[1]) + v[2]],
        lambda v: [v[0] * v[1] * v[2], tanh(v[0] - v[2])],
        lambda v: [v[0] / (1.0 + v[1] * v[1]), v[1], cos(v[2])],
        lambda v: [v[2] ** 3, v[0] * v[1], v[0], sin(v[0] + v[1] * v[2])],
    ]
)
functions = st.sampled_from(
    [
        lambda v: sin(v[0]) * exp(v[1]) + v[2] * v[2] * v[0],
        lambda v: v[0] * v[1] * v[2],
        lambda v: tanh(v[0] * v[1]) / (1.0 + v[2] * v[2]),
        rosenbrock,
    ]
)


def dot(xs, ys):
    return sum(x * y for x, y in zip(xs, ys, strict=True))


def close(expected):
    return pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(maps, vectors, vectors, vectors, points)
def test_jvp_is_linear_in_the_tangent(f, x, u, v, k):
    def along(t):
        return jvp(f, (x,), (t,))[1]

    both = along([k * a + b for a, b in zip(u, v, strict=True)])
    assert both == close([k * a + b for a, b in zip(along(u), along(v), strict=True)])


@given(maps, vectors, vectors, st.lists(points, min_size=4, max_size=4))
def test_jvp_and_vjp_are_transposes(f, x, t, c):
    result, pull_back = vjp(f, x)
    c = c[: len(result)]
    assert dot(jvp(f, (x,), (t,))[1], c) == close(dot(t, pull_back(c)[0]))


@given(maps, vectors)
def test_the_jacobian_has_jvp_as_columns_and_vjp_as_rows(f, x):
    rows = jacobian(f)(x)
    _, pull_back = vjp(f, x)
    for i, row in enumerate(rows):
        assert row == close(pull_back([float(i == k) for k in range(len(rows))])[0])
    for j in range(3):
        column = jvp(f, (x,), ([float(j == k) for k in range(3)],))[1]
        assert [row[j] for row in rows] == close(column)


@given(functions, vectors)
def test_the_hessian_is_symmetric(f, x):
    h = hessian(f)(x)
    assert [*zip(*h, strict=True)] == [close(tuple(row)) for row in h]


@given(functions, vectors, vectors)
def test_hvp_is_the_hessian_times_the_vector(f, x, v):
    assert hvp(f, x, v) == close([dot(row, v) for row in hessian(f)(x)])


@given(functions, vectors)
def test_derivatives_as_values_have_the_bits_of_those_as_numbers(f, x):
    assert grad(f)(x) == [v.data for v in grad(f)([Value(a) for a in x])]


@given(functions, vectors)
def test_grad_has_the_bits_of_backward(f, x):
    variables = [Value(a) for a in x]
    f(variables).backward()
    assert grad(f)(x) == [v.grad for v in variables]


@given(functions, functions, vectors, points)
def test_grad_is_linear_in_the_function(f, g, x, k):
    both = grad(lambda v: k * f(v) + g(v))(x)
    assert both == close([k * a + b for a, b in zip(grad(f)(x), grad(g)(x), strict=True)])


@given(points, points)
def test_the_derivative_of_a_composition_is_the_product_of_the_derivatives(x, k):
    assume(abs(k) > 1e-3)
    f, g = sin, lambda y: exp(k * y)
    assert grad(lambda t: g(f(t)))(x) == close(grad(g)(math.sin(x)) * grad(f)(x))
