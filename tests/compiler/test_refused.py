"""What a program could not do again is refused, with the user's line and what to do instead."""

from __future__ import annotations

import copy
import math
import random
from concurrent.futures import ThreadPoolExecutor
from threading import Thread
from typing import Any

import pytest

from autograd import TraceError, Value, detect_anomaly, grad, jit, no_grad
from autograd.compiler import trace

HERE = r"test_refused\.py:\d+"


def test_reading_the_data_of_an_argument_is_refused() -> None:
    with pytest.raises(TraceError, match=rf"\.data of a number .*{HERE}, in <lambda>.*where"):
        jit(lambda x: x * x.data)(2.0)


def test_reading_the_data_of_something_computed_from_an_argument_is_refused() -> None:
    with pytest.raises(TraceError, match=r"\.data of a number that depends on the arguments"):
        jit(lambda x: x * (x + 1.0).data)(2.0)


@pytest.mark.parametrize("convert", [float, int, math.exp], ids=lambda f: f.__name__)
def test_turning_a_value_into_a_plain_number_is_refused(convert: Any) -> None:
    with pytest.raises(TraceError, match=rf"(float|int)\(\) of a number .*{HERE}"):
        jit(lambda x: x * convert(x))(2.0)


def test_a_refusal_that_is_swallowed_is_refused_all_the_same() -> None:
    def f(x: Any) -> Any:
        try:
            return x * float(x)
        except Exception:
            return x

    with pytest.raises(TraceError):
        jit(f)(2.0)


def test_random_numbers_are_noticed() -> None:
    rng = random.Random(1)
    with pytest.raises(TraceError, match=r"traced twice, the function used .*random"):
        jit(lambda x: x * rng.random())(2.0)


def test_a_coin_that_falls_the_same_way_twice_is_noticed() -> None:
    with pytest.raises(TraceError, match="drew random numbers"):
        jit(lambda x: x if random.random() >= 0.0 else -x)(2.0)


def test_an_index_is_no_number_of_the_arguments() -> None:
    with pytest.raises(TypeError, match="list indices") as caught:
        jit(lambda i: [1.0, 2.0][i])(1)
    assert "a length or an index. Name it in jit(f, static=...)" in caught.value.__notes__[0]


def test_a_mistake_that_has_nothing_to_do_with_an_index_gets_no_note_on_it() -> None:
    with pytest.raises(TypeError, match="missing 1 required positional argument") as caught:
        jit(lambda x, y: x * y)(1.0)
    assert not hasattr(caught.value, "__notes__")


def test_a_function_that_counts_its_calls_is_noticed() -> None:
    calls: list[int] = []

    def f(x: Any) -> Any:
        calls.append(1)
        return x * float(len(calls))

    with pytest.raises(TraceError, match=r"traced twice, the function used 1\.0, then 2\.0"):
        jit(f)(2.0)


def test_a_value_kept_from_an_earlier_call_is_noticed() -> None:
    kept: list[Any] = []

    def f(x: Any) -> Any:
        kept.append(x * 2.0)
        return kept[0] + x

    with pytest.raises(TraceError):
        jit(f)(2.0)


def change(w: Value, what: str) -> None:
    if what == "data":
        w.data = 1.0
    elif what == "grad":
        w.grad = 1.0
    elif what == "read":
        _ = w.grad
    else:
        (w * 2.0).backward()


@pytest.mark.parametrize("what", ["data", "grad", "read", "backward"])
def test_what_changes_something_outside_is_refused(what: str) -> None:
    w = Value(2.0)

    def f(x: Any) -> Any:
        change(w, what)
        return x * w

    with pytest.raises(TraceError, match=HERE):
        jit(f)(2.0)
    assert (w.data, w.grad) == (2.0, 0.0)


def test_a_copy_would_be_cut_off_from_the_program_and_is_refused() -> None:
    with pytest.raises(TraceError, match="copying a Value"):
        jit(lambda x: copy.copy(x) * 2.0)(2.0)


def test_anomaly_detection_inside_is_refused() -> None:
    def f(x: Any) -> Any:
        with detect_anomaly():
            return x * 2.0

    with pytest.raises(TraceError, match="put it around the call"):
        jit(f)(2.0)


def test_a_result_that_is_no_number_is_refused() -> None:
    with pytest.raises(TypeError, match=r"jit\(f\): the result\[1\]: expected a number.*got"):
        jit(lambda x: [x, object()])(2.0)


def test_after_an_error_eager_code_goes_on_as_before() -> None:
    with pytest.raises(ZeroDivisionError):
        jit(lambda x: x * (1 / 0))(2.0)
    x = Value(2.0)
    assert type(x > 1.0) is bool
    assert (x * x).data == 4.0


# Other threads ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "work",
    [lambda x: x.data, lambda x: 1.0 if x > 0 else -1.0, lambda x: x * x, lambda x: -x, math.exp],
    ids=["read", "decide", "multiply", "negate", "exp"],
)
@pytest.mark.parametrize("begun", [False, True])
def test_work_in_other_threads_is_refused(work: Any, begun: bool) -> None:
    pool = ThreadPoolExecutor(1)
    if begun:
        list(pool.map(abs, [1.0]))
    with pool, pytest.raises(TraceError, match="work in another thread on a Value of the function"):
        jit(lambda x: x * next(pool.map(work, [x])))(2.0)


def test_a_thread_that_the_function_starts_is_refused_and_others_go_on() -> None:
    w = Value(2.0)
    found: list[float] = []

    def f(x: Any) -> Any:
        thread = Thread(target=lambda: found.append((w * w).data))
        thread.start()
        thread.join()
        return x * 3.0

    with pytest.raises(TraceError, match=r"works in other threads or processes, threading\.Thread"):
        jit(f)(2.0)
    assert found[0] == 4.0  # Values of its own do no harm there


def test_the_parents_of_a_value_from_outside_are_not_given_out() -> None:
    out = Value(2.0) * 3.0
    with pytest.raises(TraceError, match=r"reading the \.parents of a Value from outside"):
        jit(lambda x: x * out.parents[0])(1.0)


def test_within_no_grad_derivatives_are_plain_numbers() -> None:
    w = Value(2.0)
    slope = jit(grad(lambda x: x * x * w))
    with no_grad():
        assert (type(slope(3.0)), slope(3.0), slope(Value(3.0))) == (float, 12.0, 12.0)
    assert type(slope(3.0)) is Value


def test_a_program_that_grows_long_is_warned_of_with_the_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(trace, "LONG", 1000)

    def f(x: Any) -> Any:
        for _ in range(1500):
            x = x * 0.5
        return x

    with pytest.warns(RuntimeWarning, match=rf"1,000 operations .*{HERE}.*Compile the step"):
        jit(f)(2.0)
