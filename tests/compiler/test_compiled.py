"""What a compiled function gives: plain numbers, nodes, fresh answers, derivatives of any order."""

from __future__ import annotations

import copy
import gc
import pickle
import threading
import weakref
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pytest

from autograd import (
    TraceError,
    Value,
    detect_anomaly,
    exp,
    grad,
    gradients,
    hessian,
    hypot,
    jacobian,
    jit,
    no_grad,
    op,
    relu,
    sin,
    sum as total,
    value_and_grad,
    where,
)
from tests.compiler.same import alone, assert_alike, plain

# Plain numbers ------------------------------------------------------------------------------------


def test_plain_numbers_give_plain_numbers() -> None:
    f = jit(lambda x, y: x * y + 1.0)
    for _ in range(3):
        result = f(2.0, 3.0)
        assert result == 7.0
        assert type(result) is float


@alone
def test_the_function_itself_runs_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    f = jit(lambda x: 2.0 * x)
    assert f(1.0) == 2.0
    monkeypatch.setattr(f, "function", None)
    assert [f(2.0), f(3.0)] == [4.0, 6.0]


def test_a_function_that_notes_its_calls_is_refused() -> None:
    calls = []

    @jit
    def f(x: Any) -> Any:
        calls.append("run")
        return 2.0 * x

    with pytest.raises(TraceError, match=r"calls had 1 elements and has 2 .* would not do that"):
        f(1.0)


def test_ints_numpy_scalars_and_arguments_by_name_are_numbers() -> None:
    f = jit(lambda x, y=2.0: x * y)
    assert f(3) == f(np.float64(3.0)) == f(3.0) == 6.0
    assert f(3.0, y=5) == f(x=3, y=5.0) == 15.0
    assert f(3.0) == 6.0


class Point(NamedTuple):
    x: Any
    y: Any


def test_structures_go_in_and_come_out() -> None:
    f = jit(lambda p, d: {"sum": [p.x + p.y, d["k"][0]], "point": Point(p.y, p.x)})
    for _ in range(3):
        expected = {"sum": [3.0, 5.0], "point": Point(2.0, 1.0)}
        assert f(Point(1.0, 2.0), {"k": (5.0,)}) == expected


def test_arrays_go_in_and_come_out() -> None:
    f = jit(lambda a, b: a @ b + 1.0)
    a, b = np.arange(6.0).reshape(2, 3), np.arange(3.0)
    for _ in range(3):
        assert f(a, b).tolist() == (a @ b + 1.0).tolist()


def test_lists_take_the_short_way_and_other_forms_do_not_confuse_it() -> None:
    f = jit(lambda xs: [xs[1], (xs[0] * 2.0, xs[-1])])
    for _ in range(3):
        assert f([1.0, 2.0]) == [2.0, (2.0, 2.0)]
    assert f([1.0, 2.0, 3.0]) == [2.0, (2.0, 3.0)]
    assert f((1.0, 2.0)) == [2.0, (2.0, 2.0)]
    assert f([1, 2.0]) == [2.0, (2.0, 2.0)]
    assert plain(f([Value(1.0), 2.0])) == [2.0, 2.0, 2.0]


def test_a_result_may_be_nested_deeper_than_python_reads() -> None:
    def nested(x: Any) -> Any:
        for _ in range(201):
            x = [x]
        return x

    f = jit(nested)
    for _ in range(3):
        assert plain(f(2.0)) == [2.0]


def test_what_is_no_number_chooses_the_program() -> None:
    @jit
    def f(x: Any, how: str, twice: bool = False) -> Any:
        return (exp(x) if how == "exp" else sin(x)) * (2.0 if twice else 1.0)

    assert f(0.0, "exp") == 1.0
    assert f(0.0, "sin") == 0.0
    assert f(0.0, "exp", True) == 2.0
    assert f.report().forms == 3


def test_an_argument_that_cannot_be_a_key_is_refused() -> None:
    f = jit(lambda x, y=0.0: 1.0)
    with pytest.raises(TypeError, match=r"jit\(f\): argument 0: .* got a set of 1"):
        f({2.0})
    with pytest.raises(TypeError, match=r"jit\(f\): argument 1\[0\]\['a'\]: .* got a set of 1"):
        f(1.0, [{"a": {2.0}}])
    with pytest.raises(TypeError, match=r"jit\(f\): argument y\[0\]: .* got a set of 1"):
        f(1.0, y=[{2.0}])


def test_results_that_are_constants_or_arguments_are_given() -> None:
    f = jit(lambda x: [x, 3.0, x, Value(4.0)])
    assert f(2.0) == f(2.0) == [2.0, 3.0, 2.0, 4.0]


def test_a_function_of_nothing_is_a_constant() -> None:
    f = jit(lambda: exp(Value(0.0)))
    assert f() == f() == 1.0


def test_what_is_no_function_is_refused() -> None:
    with pytest.raises(TypeError, match=r"jit: expected a function, got float 2\.0"):
        jit(2.0)  # type: ignore[arg-type]


# Transforms ---------------------------------------------------------------------------------------


def rosenbrock(x: Any) -> Any:
    return total([100.0 * (b - a**2) ** 2 + (1.0 - a) ** 2 for a, b in pairwise(x)])


@pytest.mark.parametrize("transform", [grad, value_and_grad, hessian], ids=lambda t: t.__name__)
def test_transforms_compile(transform: Any) -> None:
    f = transform(rosenbrock)
    program = jit(f)
    for x in [1.2, 0.7, 0.9], [0.0, -1.0, 2.0], [1.0, 1.0, 1.0]:
        assert_alike(program(x), f(x))


def test_a_jacobian_compiles() -> None:
    f = jacobian(lambda v: [v[0] * v[1], sin(v[0]), relu(v[1])])
    program = jit(f)
    for v in [2.0, 3.0], [0.5, -1.0]:
        assert_alike(program(v), f(v))


def test_transforms_take_compiled_functions() -> None:
    assert grad(jit(lambda x: x**3))(2.0) == 12.0
    assert jit(grad(jit(lambda x: x**3)))(2.0) == 12.0
    assert hessian(jit(rosenbrock))([1.0, 2.0]) == hessian(rosenbrock)([1.0, 2.0])


@alone
def test_a_compiled_function_within_another_is_part_of_it() -> None:
    inner = jit(lambda x: x * x)
    outer = jit(lambda x: inner(x) + inner(2.0))
    assert outer(3.0) == outer(3.0) == 13.0
    assert inner.report().paths == []


def test_a_compiled_function_may_call_itself() -> None:
    @jit
    def power(x: Any, n: Any) -> Any:
        return x * power(x, n - 1.0) if n > 0.0 else 1.0

    assert [power(2.0, 3.0), power(3.0, 2.0), power(2.0, 0.0)] == [8.0, 9.0, 1.0]


def test_gradients_within_no_grad_within_a_program_stay_fresh() -> None:
    @jit
    def f(x: Any) -> Any:
        with no_grad():
            slope = grad(lambda y: y * y * x)(x)
            twice = x * 2.0
        return slope + twice

    assert [f(1.0), f(2.0)] == [4.0, 12.0]


# Values ------------------------------------------------------------------------------------------


def test_values_give_one_node() -> None:
    x, y = Value(2.0), Value(3.0)
    out = jit(lambda x, y: x * y + sin(x))(x, y)
    assert out.parents == (x, y)
    assert out.op is not None
    assert out.op.name == "jit(f)"
    out.backward()
    expected = gradients(x * y + sin(x), [x, y])
    assert [x.grad, y.grad] == plain(expected)


def test_numbers_beside_values_stay_numbers() -> None:
    x = Value(2.0)
    out = jit(lambda x, y: x * y)(x, 3.0)
    assert out.operands == (x, 3.0)
    assert out.partials == (3.0, None)


def test_captured_values_are_read_afresh() -> None:
    w = Value(2.0)
    f = jit(lambda x: x * (w * w))
    assert f(3.0).data == 12.0
    w.data = 5.0
    out = f(3.0)
    assert out.data == 75.0
    out.backward()
    assert w.grad == 30.0


def test_a_captured_value_that_was_computed_is_an_operand() -> None:
    w = Value(2.0)
    square = w * w
    out = jit(lambda x: x * square)(3.0)
    assert out.parents == (square,)
    out.backward()
    assert w.grad == 12.0


def test_a_captured_value_may_be_replaced_by_one_that_is_passed_in() -> None:
    f = jit(lambda w, x: w * x)
    assert f(Value(2.0), 3.0).data == 6.0
    assert f(Value(5.0), 3.0).data == 15.0


def test_an_argument_that_is_captured_too_has_both_derivatives() -> None:
    w = Value(3.0)
    out = jit(lambda x: x * w)(w)
    out.backward()
    assert w.grad == 6.0


def test_several_results_are_several_nodes() -> None:
    w = Value(2.0)
    a, b, c = jit(lambda x: (w * x, w + x, x * x))(3.0)
    assert (a.data, b.data, c) == (6.0, 5.0, 9.0)
    assert (a.partials, b.partials) == ((None, 3.0), (None, 1.0))


def test_weight_decay_over_captured_parameters() -> None:
    ws = [Value(float(i)) for i in range(5)]
    decay = jit(lambda: 0.1 * total([w * w for w in ws]))
    decay().backward()
    assert [w.grad for w in ws] == pytest.approx([0.2 * w.data for w in ws])
    ws[0].data = 10.0
    assert decay().data == pytest.approx(13.0)


def test_no_grad_gives_leaves() -> None:
    w = Value(2.0)
    f = jit(lambda x: w * x)
    with no_grad():
        out = f(3.0)
        assert (out.data, out.op) == (6.0, None)
        assert jit(lambda x: x * 2.0)(3.0) == 6.0
    assert f(3.0).parents == (w,)


def half_hidden(x: Any) -> Any:
    with no_grad():
        hidden = where(x > 0.0, x * x, -x)
    return x * hidden + x.detach() * sin(x) + hidden


def test_nothing_flows_back_through_detach_and_no_grad() -> None:
    for number in 2.0, -3.0:
        x, y = Value(number), Value(number)
        out, expected = jit(half_hidden)(x), half_hidden(y)
        assert out.data == expected.data
        first, other = gradients(out, x), gradients(expected, y)
        assert first.data == other.data
        assert gradients(first, x).data == gradients(other, y).data
        assert jit(grad(half_hidden))(number) == grad(half_hidden)(number)
        w = Value(number)
        total_out = jit(lambda s, w=w: half_hidden(w) * s).sum([1.0, 2.0])
        assert gradients(total_out, w).data == 3.0 * other.data


def test_the_derivative_of_a_compiled_node_is_a_compiled_node() -> None:
    x = Value(2.0)
    out = jit(lambda x: x**4)(x)
    first = gradients(out, x)
    second = gradients(first, x)
    third = gradients(second, x)
    assert [out.data, first.data, second.data, third.data] == [16.0, 32.0, 48.0, 48.0]
    for node in first, second, third:
        assert node.op is not None
        assert node.op.name.startswith("jit(")


def test_derivatives_by_many_parameters_are_recorded_and_not_compiled() -> None:
    ws = [Value(0.1 * i) for i in range(40)]
    f = jit(lambda: sin(total([w * w for w in ws])))
    (first, *_) = gradients(f(), ws)
    expected = gradients(gradients(sin(total([w * w for w in ws])), ws)[0], ws)
    assert_alike(gradients(first, ws), expected)


def test_data_set_after_a_call_is_noticed_by_gradients() -> None:
    w = Value(2.0)
    out = jit(lambda x: w * w * x)(3.0)
    w.data = 4.0
    with pytest.raises(ValueError, match=r"somebody set \.data after the computation"):
        gradients(out, w)


def test_compiled_nodes_work_in_eager_code_and_in_other_programs() -> None:
    w = Value(2.0)
    f = jit(lambda x: w * x)
    assert gradients(exp(f(0.0)) * w, w).data == 1.0
    g = jit(lambda x: f(x) * f(x))
    assert g(3.0).data == 36.0
    node = f(3.0)
    h = jit(lambda x: gradients(node * x, w))
    assert plain(h(2.0)) == [6.0]


# Numbers that are read off Values -----------------------------------------------------------------


def test_data_of_a_captured_value_is_a_constant_until_it_changes() -> None:
    w = Value(2.0)
    f = jit(lambda x: x * w.data)
    assert [f(3.0), f(4.0)] == [6.0, 8.0]
    w.data = 5.0
    assert [f(3.0), f(3.0)] == [15.0, 15.0]
    assert "2.0 at " in repr(f.report()) or "5.0 at " in repr(f.report())


# Modes, methods, life -----------------------------------------------------------------------------


def test_anomaly_detection_sees_every_operation() -> None:
    f = jit(lambda x: exp(x) * 0.0)
    assert f(Value(0.0)).data == 0.0
    with detect_anomaly(), pytest.raises(ArithmeticError, match=r"exp\(1000.0\) is inf"):
        f(Value(1000.0))


class Scaled:
    def __init__(self, scale: float) -> None:
        self.scale = Value(scale)

    @jit
    def times(self, x: float) -> Any:
        """The scale, times x."""
        return self.scale * x


def test_a_method_has_programs_for_each_object() -> None:
    a, b = Scaled(2.0), Scaled(3.0)
    assert (a.times(5.0).data, b.times(5.0).data, a.times(1.0).data) == (10.0, 15.0, 2.0)
    assert len(a.times.report().paths) == 1


class Fixed:
    __slots__ = ("scale",)

    def __init__(self, scale: float) -> None:
        self.scale = Value(scale)

    @jit
    def times(self, x: float) -> Any:
        return self.scale * x


def test_a_method_of_an_object_without_room_for_programs_works_too() -> None:
    a, b = Fixed(2.0), Fixed(3.0)
    assert (a.times(5.0).data, b.times(5.0).data, a.times(1.0).data) == (10.0, 15.0, 2.0)


def test_a_copy_of_an_object_has_programs_of_its_own() -> None:
    a = Scaled(2.0)
    a.times(5.0)
    b = copy.deepcopy(a)
    b.scale.data = 7.0
    assert (a.times(5.0).data, b.times(5.0).data) == (10.0, 35.0)


def test_programs_go_with_the_object() -> None:
    a = Scaled(2.0)
    a.times(5.0)
    gone = weakref.ref(a)
    del a
    gc.collect()
    assert gone() is None


def test_programs_go_with_the_function() -> None:
    f = jit(lambda x: x * 2.0)
    f(1.0), f(2.0)
    path = weakref.ref(f.report().paths[0].unit)
    del f
    gc.collect()
    assert path() is None


def module_function(x: float) -> Any:
    return x * 3.0


def test_a_compiled_function_is_copied_and_keeps_name_and_text() -> None:
    f = jit(module_function)
    assert (f.__name__, f.__wrapped__, jit(f)) == ("module_function", module_function, f)
    assert copy.deepcopy(f)(2.0) == 6.0
    assert Scaled.times.__doc__ == "The scale, times x."


def test_a_compiled_node_says_why_it_cannot_be_pickled() -> None:
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(jit(lambda x: x * 2.0)(Value(1.0)))


def test_a_compiled_node_is_copied() -> None:
    out = copy.deepcopy(jit(lambda x: x * 2.0)(Value(1.0)))
    out.backward()
    assert out.parents[0].grad == 2.0


def test_threads_may_call_and_trace_at_once() -> None:
    f = jit(lambda x: where(x > 0.0, x, -x) if x < 50.0 else x * 2.0)
    found: dict[int, list[float]] = {}

    def work(k: int) -> None:
        found[k] = [f(float(i - 20)) for i in range(100)]

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = [float(abs(i - 20)) if i < 70 else 2.0 * (i - 20) for i in range(100)]
    assert all(result == expected for result in found.values())


# The user's own operations ------------------------------------------------------------------------


@op(lambda x, out: 3.0 * x * x)
def cube(x: float) -> float:
    return x * x * x


def test_an_operation_of_ones_own_is_called_back() -> None:
    f = jit(lambda x: cube(x) + 1.0)
    assert f(2.0) == f(2.0) == 9.0
    assert jit(grad(f))(2.0) == 12.0
    assert f.report().called_back == ["cube"]
    assert "called back, for they have no lowering: cube" in repr(f.report())


@op(lambda x, out: 1.0 if x > 0.0 else -1.0)
def magnitude(x: float) -> float:
    return abs(x)


def test_a_rule_that_decides_is_guarded() -> None:
    f = jit(lambda x: magnitude(x) * 2.0)
    x, y = Value(3.0), Value(-3.0)
    for z, slope in ((x, 2.0), (y, -2.0), (x, 2.0)):
        assert f(z).partials == (slope,)
    assert f.sum([1.0, -2.0]) == 6.0
    w = Value(3.0)
    out = jit(lambda x: magnitude(w * x)).sum([1.0, -2.0, 3.0, -4.0])
    assert (out.data, out.partials) == (30.0, (10.0,))
    assert gradients(out, w).data == 10.0


@op(lambda x, out: out)
def strict(x: float) -> float:
    if x < 0.0:
        raise ValueError("negative")
    return x


def test_what_an_operation_of_ones_own_raises_comes_through() -> None:
    f = jit(lambda x: strict(x) * 2.0)
    assert f(1.0) == 2.0
    with pytest.raises(ValueError, match="negative"):
        f(-1.0)
    g = jit(lambda x: where(x > 0.0, lambda: strict(x), 0.0))
    assert [g(1.0), g(-1.0), g(2.0), g(-2.0)] == [1.0, 0.0, 2.0, 0.0]


# What can be looked at ----------------------------------------------------------------------------


def test_a_function_may_be_called_like_something_that_its_program_uses() -> None:
    @op(lambda x, out: 2.0)
    def twice(x: float) -> float:
        return 2.0 * x

    def complex(x: Any, y: Any) -> Any:
        return hypot(x, y)

    def len(numbers: Any) -> Any:
        return numbers[0] * numbers[1]

    def op0(x: Any) -> Any:
        return twice(x)

    for f, x, out in (complex, (3.0, 4.0), 5.0), (len, ([3.0, 4.0],), 12.0), (op0, (3.0,), 6.0):
        program = jit(f)
        assert [program(*x) for _ in range(3)] == [out, out, out]


def test_the_source_runs_by_hand() -> None:
    f = jit(lambda x, y: exp(x) / y + sin(y))
    result = f(0.5, 2.0)
    namespace: dict[str, Any] = {}
    exec(f.source, namespace)
    assert namespace["f"](0.5, 2.0) == (result,)


def test_programs_are_named_after_what_they_are_made_of() -> None:
    def loss(x: Any) -> Any:
        return x * x

    def complex(x: Any) -> Any:
        return x * x

    made = [(loss, "loss"), (grad(loss), "grad_loss"), (lambda x: x, "f"), (complex, "f")]
    for function, name in made:
        f = jit(function)
        f(1.0)
        assert f"def {name}(x0):" in f.source


def test_a_program_says_its_size() -> None:
    w = Value(2.0)
    f = jit(lambda x: w * x if x > 0.0 else w / x)
    f(1.0), f(-1.0)
    assert [*map(repr, f.report().paths)] == ["<program of 2 operations, 1 guard>"] * 2


def test_the_source_is_that_of_the_last_call_whichever_way_it_went() -> None:
    f = jit(lambda x: x + 1.0 if x > 0.0 else x - 1.0)
    for x in 1.0, 2.0, -1.0, -2.0, 3.0, 4.0:
        f(x)
        assert ("+ 1.0" in f.source) == (x > 0.0)
        ((like_it,), _) = f.last_arguments()
        assert (like_it > 0.0) == (x > 0.0)


def test_there_is_no_source_before_the_first_call() -> None:
    with pytest.raises(ValueError, match="no source before the first call"):
        _ = jit(lambda x: x).source


def test_the_report_names_what_the_program_is_made_of() -> None:
    w = Value(2.0)
    f = jit(lambda x: w * x + 0.25 if x > 1.0 else w)
    f(2.0), f(0.0)
    text = repr(f.report())
    assert "2 programs for 1 form of arguments" in text
    assert "read afresh at every call: 1\n" in text  # the same in both
    assert "0.25" in text
    assert "test_compiled.py" in text
    assert TraceError is not None
