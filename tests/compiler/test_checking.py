"""AUTOGRAD_JIT: both ways and compared, or none."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

from autograd import Value, jit, relu
from autograd.compiler import checking
from autograd.compiler.checking import JitMismatchError


@pytest.fixture
def wish(monkeypatch: pytest.MonkeyPatch) -> Any:
    return lambda what: monkeypatch.setattr(checking, "WISH", what)


def test_under_check_a_stale_number_is_found(wish: Any) -> None:
    rates = [2.0, 3.0]
    f = jit(lambda x: x * rates[0])
    wish("check")
    assert f(1.0) == 2.0
    rates.reverse()
    f.report().paths[0].watch.holds = lambda: True  # as if nobody had seen it
    with pytest.raises(JitMismatchError, match=r"jit\(f\): number 0 is 2\.0, and eagerly 3\.0"):
        f(1.0)


def test_under_check_a_wrong_derivative_is_found(wish: Any) -> None:
    w = Value(2.0)
    rates = [0.5, 0.25]
    f = jit(lambda x: (w + rates[0]) * x - rates[0] * x)
    wish("check")
    assert f(1.0).data == 2.0
    f = jit(lambda x: w * x if rates[0] == 0.5 else (w * x - 2.0) + 2.0 * (w / 2.0))
    f(1.0)
    rates.reverse()
    f.report().paths[0].watch.holds = lambda: True
    with pytest.raises(JitMismatchError, match=r"number 0 by .* is 1\.0, and .* 2\.0"):
        f(1.0)


def test_under_check_right_answers_go_through(wish: Any) -> None:
    wish("check")
    w = Value(2.0)
    f = jit(lambda x: [relu(w * x), x * x])
    assert [f(x)[1] for x in (1.0, -1.0, 0.0, 2.0)] == [1.0, 1.0, 0.0, 4.0]
    assert f.map([1.0, 2.0])[1] == [1.0, 4.0]


def test_off_runs_the_function_itself(wish: Any) -> None:
    wish("off")
    calls: list[Any] = []
    f = jit(lambda x: calls.append(x) or x * 2.0)
    assert [f(1.0), f(1.0), f.map([1.0]), f.sum([1.0, 2.0])] == [2.0, 2.0, [2.0], 6.0]
    assert len(calls) == 5
    assert f.report().paths == []


def test_an_unknown_wish_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from autograd import jit"],
        env=os.environ | {"AUTOGRAD_JIT": "perhaps"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "AUTOGRAD_JIT must be one of on, check, off; it is 'perhaps'" in done.stderr
