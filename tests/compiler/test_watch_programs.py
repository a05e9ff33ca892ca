"""Whatever changes an answer is seen: random programs of Python's object model, changed at random.

The truth is what the function itself gives, before the changes and after them.
"""

from __future__ import annotations

import random
from random import Random
from typing import Any

import pytest
from hypothesis import given, strategies as st

from autograd.compiler.trace import TraceError
from autograd.compiler.watching.ran import Ran
from autograd.compiler.watching.reach import reach
from autograd.compiler.watching.watch import Watch
from tests.compiler.programs import answer, change, draw

pytest.importorskip("numpy")  # the programs hold arrays

# Python 3.13 says so of a partial as an attribute of a class, which the programs have.
pytestmark = pytest.mark.filterwarnings("ignore:functools.partial will be a method descriptor")


def watched(names: dict[str, Any]) -> Watch | None:
    """What the program's function reaches; None if it is refused."""
    ran = Ran()
    try:
        with ran:
            names["f"](3.0)
        ran.check()
        return Watch(reach(names["f"], ran))
    except TraceError:
        return None


def outcome(source: Random) -> str:
    """Whether a change to a random program was seen: "right", "missed", "alarm", or "none"."""
    text, changes = draw(source)
    names: dict[str, Any] = {"__name__": "random_program"}
    exec(compile(text, "random_program.py", "exec", dont_inherit=True), names)
    before = answer(names["f"])
    watch = watched(names) if not before.endswith("Error") else None
    if watch is None:
        return "none"
    assert watch.holds(), text
    assert not watch.changes(), text
    done = change(names, changes, most=source.randint(1, 3))
    says = bool(watch.changes())
    assert says is not watch.holds(), (text, done)
    is_other = answer(names["f"]) != before
    assert says or not is_other, f"{text}\n# missed: {done}"
    return "right" if says == is_other else "alarm"


@given(st.randoms(use_true_random=False))
def test_whatever_changes_an_answer_is_seen(source: Random) -> None:
    outcome(source)


def test_alarms_and_refusals_are_few() -> None:
    """Most changes of a program's state are drawn to matter; those that do not may raise an alarm.

    Half of what is drawn changes things beside the point: another entry of a dict that is read, a
    method of a class that is used. The look says then that something may have changed.
    """
    outcomes = [outcome(random.Random(seed)) for seed in range(100)]
    assert outcomes.count("none") <= 5
    assert outcomes.count("alarm") <= 40


@pytest.mark.slow(reason="three thousand programs take ten seconds on an idle machine")
def test_whatever_changes_an_answer_is_seen_in_thousands_of_programs() -> None:
    outcomes = [outcome(random.Random(seed)) for seed in range(3000)]
    assert outcomes.count("none") <= 150
    assert outcomes.count("alarm") <= 1200
