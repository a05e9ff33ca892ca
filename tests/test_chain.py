"""The chain rule, with numbers and with Values: the same derivatives, whichever way one walks."""

import math

import pytest
from hypothesis import given, strategies as st

from autograd import (
    Value,
    detect_anomaly,
    exp,
    gradients,
    log,
    no_grad,
    op,
    relu,
    sin,
    sqrt,
    sum,
    tanh,
    where,
)
from autograd.calculus.chain import (
    between,
    forward,
    forward_numbers,
    linearized,
    number,
    reverse,
    reverse_numbers,
)
from autograd.core.record import FLAG

points = st.floats(min_value=-3.0, max_value=3.0)
# Expressions of two variables, smooth and kinked, narrow and wide, with nodes used many times.
expressions = st.sampled_from(
    [
        lambda x, y: x * y + x,
        lambda x, y: x * x * x - y / (2.0 + x * x),
        lambda x, y: sin(x * y) + tanh(x) * exp(-y),
        lambda x, y: sum([x, y, x * y, x, 2.0 - y]),
        lambda x, y: relu(x - y) * relu(x) + abs(y),
        lambda x, y: where(x > y, x**2, y**3),
        lambda x, y: y,
        lambda x, y: Value(3.0),
    ]
)


# gradients ----------------------------------------------------------------------------------------


def test_gradients_are_values_that_have_gradients_again():
    x = Value(2.0)
    first = gradients(x**4, x)
    second = gradients(first, x)
    third = gradients(second, x)
    assert (first.data, second.data, third.data) == (32.0, 48.0, 48.0)


def test_gradients_have_the_structure_of_what_they_are_taken_by():
    x, y = Value(2.0), Value(3.0)
    result = gradients(x * y, {"x": x, "rest": [y, (x,)]})
    assert result == {"x": 3.0, "rest": [2.0, (3.0,)]}


def test_gradients_touch_nobodys_grad():
    x = Value(2.0)
    y = x * x
    out = y * x
    x.grad, y.grad, out.grad = 5.0, 6.0, 7.0
    gradients(out, [x, y])
    assert (x.grad, y.grad, out.grad) == (5.0, 6.0, 7.0)


def test_gradients_by_a_node_in_between_count_all_ways_from_it():
    x = Value(2.0)
    y = x * x
    assert gradients(y * y + y, y).data == 9.0


def test_gradients_by_a_node_and_by_what_it_was_made_from_are_both_complete():
    x = Value(3.0)
    y = x * x
    assert gradients(y * x, [y, x]) == [3.0, 27.0]


def test_the_gradient_of_a_value_by_itself_is_one():
    x = Value(2.0)
    assert gradients(x, x).data == 1.0


def test_the_gradient_of_what_does_not_depend_on_it_is_zero():
    x, y = Value(2.0), Value(3.0)
    assert (gradients(y * y, x).data, gradients(5.0, x).data) == (0.0, 0.0)


def test_nothing_is_refused_in_a_structure_without_values():
    assert gradients(Value(1.0), []) == []


def test_backward_reaches_through_gradients():
    x = Value(3.0)
    (gradients(x**3, x) ** 2).backward()  # d (3 x^2)^2 / dx = 36 x^3
    assert x.grad == 972.0


def test_a_plain_number_to_differentiate_by_is_refused_with_its_path():
    with pytest.raises(TypeError, match=r"gradients: wrt\['b'\] must be a Value, got float 2.0"):
        gradients(Value(1.0), {"a": Value(1.0), "b": 2.0})


@pytest.mark.parametrize("out", [[Value(1.0)], None, "1.0"])
def test_gradients_of_what_is_no_number_are_refused(out):
    with pytest.raises(TypeError, match="gradients: the result must be one Value"):
        gradients(out, Value(1.0))


def test_gradients_within_no_grad_remember_nothing():
    x = Value(2.0)
    y = x * x
    with no_grad():
        dx = gradients(y, x)
    assert (dx.data, dx.parents) == (4.0, ())


# Data changed after recording ---------------------------------------------------------------------


def test_changed_data_that_changes_only_the_result_is_noticed():
    x = Value(2.0)
    y = x**3  # its derivative is 12 at -2 too, but the second one is -12 and not 12
    x.data = -2.0
    with pytest.raises(ValueError, match=r"somebody set \.data after the computation"):
        gradients(y, x)


def test_changed_data_that_changes_only_the_derivative_is_noticed():
    x = Value(2.0)
    y = x**2
    x.data = -2.0
    with pytest.raises(ValueError, match=r"recorded as 4.0 .* now it is 4.0"):
        gradients(y, x)


def test_changed_data_of_a_node_in_between_is_noticed():
    x = Value(2.0)
    y = x * x
    z = y * y
    y.data = 5.0
    with pytest.raises(ValueError, match="Compute the result again"):
        gradients(z, x)


def test_data_changed_to_nan_is_noticed():
    x = Value(2.0)
    y = x * 3.0
    x.data = math.nan
    with pytest.raises(ValueError, match=r"somebody set \.data"):
        gradients(y, x)


def test_data_that_was_nan_from_the_start_is_not_taken_for_changed():
    x = Value(math.nan)
    assert math.isnan(gradients(x * x, x).data)


def test_setting_the_same_data_again_is_no_change():
    x = Value(2.0)
    y = x**3
    x.data = 2.0
    assert gradients(y, x).data == 12.0


def test_data_changed_beside_the_way_to_the_target_does_not_matter():
    x, y = Value(2.0), Value(3.0)
    out = x * x + y * y
    y.data = 4.0
    assert gradients(out, x).data == 4.0


# Absent edges -------------------------------------------------------------------------------------


def test_nothing_comes_through_a_switched_off_edge_not_even_nan():
    x = Value(0.0)
    assert gradients(relu(-sqrt(x)), x).data == 0.0  # 0 * inf would be nan


def test_nothing_comes_through_a_switched_off_edge_at_the_second_order():
    x = Value(0.0)
    assert gradients(gradients(relu(-sqrt(x)) + x * x, x), x).data == 2.0


def test_an_adjoint_of_zero_still_carries_its_own_derivative():
    x, y = Value(2.0), Value(0.0)
    dx = gradients(y * x**2, x)
    assert (dx.data, gradients(dx, y).data) == (0.0, 4.0)


def test_a_computed_zero_times_an_infinite_derivative_is_nan():
    x = Value(0.0)
    assert math.isnan(gradients(0.0 * sqrt(x), x).data)


# Walks --------------------------------------------------------------------------------------------


def recording(f, x, y):
    variables = [Value(x), Value(y)]
    outs = [f(*variables), f(*reversed(variables))]
    order = between(variables, outs)
    return variables, outs, order, linearized(order, variables)


@given(expressions, points, points, points, points)
def test_backwards_numbers_and_values_give_the_same_bits(f, x, y, u, v):
    variables, outs, order, linear = recording(f, x, y)
    plain = reverse_numbers(order, outs, [u, v], variables)
    assert plain == list(map(number, reverse(linear, outs, [u, v], variables)))


@given(expressions, points, points, points, points)
def test_forwards_numbers_and_values_give_the_same_bits(f, x, y, u, v):
    variables, outs, order, linear = recording(f, x, y)
    plain = forward_numbers(order, variables, [u, v], outs)
    assert plain == list(map(number, forward(linear, variables, [u, v], outs)))


@given(expressions, points, points)
def test_backwards_numbers_give_the_bits_of_backward(f, x, y):
    variables, outs, order, _ = recording(f, x, y)
    outs[0].backward()
    assert reverse_numbers(order, outs, [1.0, None], variables) == [v.grad for v in variables]


@given(expressions, points, points)
def test_a_walk_leaves_nothing_behind_for_the_next_one(f, x, y):
    variables, outs, order, _ = recording(f, x, y)
    first = reverse_numbers(order, outs, [1.0, None], variables)
    forward_numbers(order, variables, [3.0, 4.0], outs)
    reverse_numbers(order, outs, [5.0, 6.0], variables)
    assert reverse_numbers(order, outs, [1.0, None], variables) == first


def test_a_place_without_a_seed_sends_nothing_where_zero_would_send_nan():
    x = Value(0.0)
    outs = [x * 2.0, sqrt(x)]
    order = between([x], outs)
    assert reverse_numbers(order, outs, [1.0, None], [x]) == [2.0]
    assert math.isnan(reverse_numbers(order, outs, [1.0, 0.0], [x])[0])


def test_a_result_that_is_there_twice_gets_both_seeds():
    x = Value(3.0)
    y = x * x
    order = between([x], [y, y])
    assert reverse_numbers(order, [y, y], [1.0, 10.0], [x]) == [66.0]


def test_a_walk_between_variables_and_results_goes_no_further_back():
    x = Value(2.0)
    y = +(x * x)
    z = y * 3.0
    assert between([y], [z]) == [z]


def test_a_variable_that_is_itself_the_result_keeps_its_seed():
    x = Value(2.0)
    order = between([x], [x])
    assert reverse_numbers(order, [x], [3.0], [x]) == [3.0]
    assert forward_numbers(order, [x], [3.0], [x]) == [3.0]


def test_rules_that_give_ints_are_as_good_as_floats():
    @op(lambda x, out: 2)
    def double(x):
        return 2.0 * x

    x = Value(1.0)
    dx = gradients(double(double(x)), x)
    assert (type(dx.data), dx.data) == (float, 4.0)


def test_an_error_on_the_way_leaves_no_mode_switched_on():
    @op(lambda x, out: log(-x))
    def odd(x):
        return x

    before = FLAG.watched
    x = Value(1.0)
    y = odd(x)
    with pytest.raises(ArithmeticError), detect_anomaly():
        gradients(y, x)
    assert FLAG.watched == before
