"""The tape: every operation is on it once, in order, whichever core runs."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from autograd import Value, clip, detect_anomaly, dot, exp, hypot, no_grad, op, prod
from autograd.core import ops
from autograd.core.record import node
from autograd.modes import switched
from autograd.tape import Tape

if TYPE_CHECKING:
    from collections.abc import Callable


@op(lambda x, out: 2.0 * x)
def squared(x: float) -> float:
    return x * x


def taken(run: Callable[[], object]) -> list[Any]:
    """What is on the tape of a run."""
    tape = Tape()
    with switched(observers=(tape,)):
        run()
    return tape.entries


X = Value(0.5)
WAYS: dict[str, tuple[Callable[[], Any], list[Any]]] = {
    "operators": (lambda: -(X * 2.0) / X - 1.0 + X, [ops.mul, ops.neg, ops.div, ops.sub, ops.add]),
    "powers": (lambda: X**2.0, [ops.pow]),
    "an int": (lambda: 3 * X, [ops.mul]),
    "one operand": (lambda: exp(X), [ops.exp]),
    "a method": (lambda: X.tanh(), [ops.tanh]),
    "two operands": (lambda: hypot(X, 2.0), [ops.hypot]),
    "three operands": (lambda: clip(X, 0.0, 1.0), [ops.clip]),
    "by name": (lambda: clip(X, low=0.0, high=X), [ops.clip]),
    "many operands": (lambda: prod([X, 2.0, X]), [ops.prod]),
    "dot": (lambda: dot([X, X], [1.0, X], X), [ops.dot_product]),
    "a user's own": (lambda: squared(X), [squared]),
    "division by zero": (lambda: X / (X - X), [ops.sub, ops.div]),
    "by hand": (lambda: node(Value, ops.exp, 1.0, X, 1.0), [ops.exp]),
}


@pytest.mark.parametrize("way", WAYS)
def test_every_operation_is_on_it(way: str) -> None:
    run, expected = WAYS[way]
    entries = taken(run)
    assert [entry.op for entry in entries] == expected
    assert entries[-1].operands == run().operands or way in ("operators", "division by zero")


def test_each_is_there_once_and_before_what_is_made_of_it() -> None:
    entries = taken(lambda: [exp(X * 2.0) + X for _ in range(100)])
    assert len({*entries}) == len(entries) == 300
    places = {entry: i for i, entry in enumerate(entries)}
    for i, entry in enumerate(entries):
        assert all(places.get(x, -1) < i for x in entry.parents)


def test_what_is_not_recorded_is_there_with_its_operands() -> None:
    def run() -> None:
        with no_grad():
            X * 2.0
        X.detach()

    first, second = taken(run)
    assert (first[0], first[1], first[2].op) == (ops.mul, (X, 2.0), None)
    assert (second[0], second[1], second[2].op) == (ops.pos, (X,), None)


def test_others_may_watch_at_the_same_time() -> None:
    one, other = Tape(), Tape()
    with switched(observers=(one, other)), detect_anomaly():
        out = X * 2.0
    assert one.entries == other.entries == [out]


def test_what_another_thread_does_is_not_on_it() -> None:
    def run() -> None:
        thread = Thread(target=lambda: exp(X))
        thread.start()
        thread.join()

    assert taken(run) == []


def test_without_its_list_it_fails_loudly() -> None:
    tape = Tape()
    del tape.entries
    with switched(observers=(tape,)), pytest.raises(AttributeError):
        X * 2.0
    assert (X * 2.0).data == 1.0


def test_reads_and_backward_within_no_grad_are_as_outside() -> None:
    x = Value(2.0)
    out = x * x
    with no_grad():
        out.backward()
        x.data -= 0.25 * x.grad
        assert (x.data, x.grad, x > 0.5, bool(x)) == (1.0, 4.0, True, True)
        assert (x * 3.0).op is None
