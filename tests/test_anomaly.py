"""Where the first nan or inf was made: detect_anomaly while it happens, explain_nan afterwards."""

from __future__ import annotations

import math
import os
from pathlib import Path
from threading import Thread

import pytest

import autograd
from autograd import (
    AnomalyError,
    Value,
    detect_anomaly,
    exp,
    explain_nan,
    log,
    no_grad,
    relu,
    sqrt,
)


def test_the_error_names_the_operation_its_operands_and_their_labels() -> None:
    with detect_anomaly(), pytest.raises(AnomalyError, match=r"^log\(loss=-1\.0\) is nan"):
        log(Value(-1.0, label="loss"))


def test_the_error_names_the_line_of_the_program() -> None:
    with detect_anomaly(), pytest.raises(AnomalyError) as anomaly:
        exp(Value(1000.0))
    assert f"{__file__}:{anomaly.traceback[0].lineno + 1}, in test_the" in str(anomaly.value)


def test_the_line_is_found_for_an_operator_too() -> None:
    with detect_anomaly(), pytest.raises(AnomalyError) as anomaly:
        Value(1.0) / 0.0
    assert f"{__file__}:{anomaly.traceback[0].lineno + 1}, in test_the" in str(anomaly.value)


def test_the_line_is_found_in_a_file_whose_name_begins_like_the_package() -> None:
    path = str(Path(autograd.__file__).parent) + "_demo.py"
    program = compile("def run():\n    return log(x)\n", path, "exec")
    names = {"log": log, "x": Value(-1.0)}
    exec(program, names)
    with detect_anomaly(), pytest.raises(AnomalyError) as anomaly:
        names["run"]()  # type: ignore[operator]
    assert f"{path}:2, in run" in str(anomaly.value)


def test_in_a_notebook_the_line_is_one_of_the_cell() -> None:
    cell = compile(
        "def f(x):\n    return log(x)", f"{os.sep}tmp{os.sep}ipykernel_7{os.sep}1.py", "exec"
    )
    names = {"log": log}
    exec(cell, names)
    with detect_anomaly(), pytest.raises(AnomalyError, match=r"at line 2 of the cell, in f$"):
        names["f"](Value(-1.0))  # type: ignore[operator]


def test_the_line_is_that_of_the_programs_rule_not_of_the_package() -> None:
    with detect_anomaly(), pytest.raises(AnomalyError) as anomaly:
        autograd.mean([Value(1e308), Value(1e308)])
    assert os.path.basename(__file__) in str(anomaly.value)


def test_an_infinite_local_derivative_is_an_anomaly_too() -> None:
    with detect_anomaly(), pytest.raises(AnomalyError, match=r"derivative of sqrt\(0\.0\).*inf"):
        sqrt(Value(0.0))


def test_a_nan_that_came_in_is_not_reported_again() -> None:
    with detect_anomaly():
        assert math.isnan((Value(math.nan) * 2.0).data)


def test_finite_programs_run_as_ever() -> None:
    x = Value(3.0)
    with detect_anomaly():
        y = relu(x * x - 2.0)
        y.backward()
    assert (y.data, x.grad) == (7.0, 6.0)


def test_after_the_block_nothing_is_watched() -> None:
    with detect_anomaly():
        pass
    assert math.isnan(log(Value(-1.0)).data)


def test_detect_anomaly_decorates_a_function() -> None:
    @detect_anomaly()
    def loss(x: Value) -> Value:
        return log(x)

    with pytest.raises(AnomalyError, match=rf"{os.path.basename(__file__)}:\d+, in loss"):
        loss(Value(-1.0))


def test_operations_within_no_grad_are_watched_too() -> None:
    with detect_anomaly(), no_grad(), pytest.raises(AnomalyError):
        log(Value(-1.0))


def test_another_thread_is_not_watched() -> None:
    seen = []
    with detect_anomaly():
        thread = Thread(target=lambda: seen.append(log(Value(-1.0)).data))
        thread.start()
        thread.join()
    assert math.isnan(seen[0])


def test_explain_nan_finds_the_first_node_to_blame() -> None:
    x = Value(-1.0, label="x")
    culprit = log(x)
    found = explain_nan(exp(culprit * 2.0 + 1.0))
    assert found is not None
    assert found.node is culprit
    assert repr(found) == "log(x=-1.0) is nan"


def test_explain_nan_finds_an_overflow() -> None:
    big = Value(1e200)
    found = explain_nan(big * big - big * big)
    assert found is not None
    assert repr(found) == "mul(1e+200, 1e+200) is inf"


def test_explain_nan_names_a_leaf_that_was_never_finite() -> None:
    found = explain_nan(Value(math.nan, label="w") + 1.0)
    assert found is not None
    assert "the leaf w=nan" in repr(found)


def test_explain_nan_finds_a_derivative_that_spoils_the_gradients() -> None:
    root = sqrt(Value(0.0))
    found = explain_nan(root * 0.0)
    assert found is not None
    assert found.node is root


def test_explain_nan_has_nothing_to_say_about_a_finite_computation() -> None:
    assert explain_nan(Value(3.0) * 2.0) is None


def test_explain_nan_refuses_what_has_no_record() -> None:
    with pytest.raises(TypeError, match=r"explain_nan: expected a Value, got float 1\.0"):
        explain_nan(1.0)  # type: ignore[arg-type]


def test_of_very_many_operands_the_first_and_the_last_are_shown() -> None:
    xs = [Value(float(i)) for i in range(99)]
    explanation = explain_nan(autograd.sum([*xs, Value(1e308), Value(1e308)]))
    assert repr(explanation) == (
        "sum(0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, ... 93 more, 1e+308) is inf"
    )
