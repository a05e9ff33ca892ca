"""What an observer is told, and what it can do about it."""

from __future__ import annotations

import copy
import pickle
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from autograd import Value, detect_anomaly, dot, exp, grad, maximum, no_grad
from autograd.core import ops
from autograd.core.record import Observer, Undecided
from autograd.modes import switched

if TYPE_CHECKING:
    from collections.abc import Callable


class Notes(Observer):
    """An observer that writes everything down."""

    def __init__(self) -> None:
        self.all: list[tuple[Any, ...]] = []

    def operation(self, op: Any, operands: Any, out: Any, recorded: bool) -> None:
        self.all.append(("operation", op, operands, out, out._data, recorded))

    def comparison(self, relation: str, x: Any, y: Any, outcome: bool) -> Any:
        self.all.append(("comparison", relation, x, y, outcome))
        return outcome

    def read(self, owner: object, what: str) -> None:
        self.all.append(("read", owner, what))

    def write(self, owner: object, what: str) -> None:
        self.all.append(("write", owner, what))


def notes(run: Callable[[], object]) -> list[tuple[Any, ...]]:
    """What an observer is told while something runs."""
    observer = Notes()
    with switched(observers=(observer,)):
        run()
    return observer.all


# Operations --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("run", "op", "constant"),
    [
        (lambda x: x + 2.0, ops.add, 2.0),
        (lambda x: 2.0 / x, ops.div, 2.0),
        (lambda x: x // 2.0, ops.floordiv, 2.0),
        (lambda x: x**3.0, ops.pow, 3.0),
        (lambda x: maximum(x, 2.0), ops.maximum, 2.0),
    ],
)
def test_an_operation_is_told_with_its_operands_in_order(
    run: Any, op: Any, constant: float
) -> None:
    x = Value(1.5)
    ((what, told, operands, out, data, recorded),) = notes(lambda: run(x))
    assert (what, told, data, recorded) == ("operation", op, run(1.5), True)
    assert operands == out.operands
    assert {id(z) for z in operands if isinstance(z, Value)} == {id(x)}
    assert [z for z in operands if type(z) is float] == [constant]


def test_every_way_to_make_a_node_is_told() -> None:
    x = Value(0.5)
    told = notes(lambda: [-x, exp(x), x.tanh(), dot([x], [2.0]), ops.sum([x, 1.0]), abs(x)])
    names = [note[1].name for note in told]
    assert names == ["neg", "exp", "tanh", "dot_product", "sum", "abs"]


def test_a_node_that_detach_gives_is_told_as_a_leaf() -> None:
    x = Value(1.5)
    told = notes(x.detach)
    _, op, operands, out, _, recorded = told[-1]
    assert (op, operands, out.op, recorded) == (ops.pos, (x,), None, False)


def test_within_no_grad_operations_are_told_with_their_operands() -> None:
    x = Value(3.0)
    observer = Notes()
    with switched(observers=(observer,)), no_grad():
        y = x * x
    ((_, op, operands, out, _, recorded),) = observer.all
    assert (op, operands, recorded) == (ops.mul, (x, x), False)
    assert out is y
    assert y.operands == ()


def test_rules_that_run_on_values_are_told_too() -> None:
    x = Value(1.0)
    names = [note[1].name for note in notes(lambda: grad(exp)(x)) if note[0] == "operation"]
    assert names.count("exp") == 1
    assert "pos" in names  # the variable that stands for x


def test_a_constant_computation_is_not_told() -> None:
    assert notes(lambda: exp(1.0)) == []


# Comparisons -------------------------------------------------------------------------------------


def test_a_comparison_is_told_with_its_outcome() -> None:
    x, y = Value(1.0), Value(2.0)
    assert notes(lambda: [x < y, x >= 1, x == y, x != 3.0]) == [
        ("comparison", "<", x, y, True),
        ("comparison", ">=", x, 1.0, True),
        ("comparison", "==", x, y, False),
        ("comparison", "!=", x, 3.0, True),
    ]


def test_truth_is_a_comparison_with_zero() -> None:
    x = Value(1.0)
    assert notes(lambda: bool(x)) == [("comparison", "!=", x, 0.0, True)]


def test_a_comparison_with_something_else_than_a_number_is_none() -> None:
    assert notes(lambda: Value(1.0) == "text") == []


class Opposite(Observer):
    """Turns every comparison around."""

    def comparison(self, relation: str, x: Any, y: Any, outcome: bool) -> Any:
        return not outcome


def test_what_an_observer_gives_takes_the_place_of_the_outcome() -> None:
    with switched(observers=(Opposite(),)):
        assert not Value(1.0) < 2.0
        assert not Value(1.0)


def test_where_and_rules_leave_an_open_choice_to_what_the_observer_gave() -> None:
    class Both(Undecided):
        def where(self, a: Any, b: Any) -> Any:
            return ("both", a, b)

        def unless(self, partial: Any) -> Any:
            return ("perhaps", partial)

    assert ops.where(Both(), 1.0, 2.0) == ("both", 1.0, 2.0)
    assert ops.unless(Both(), 1.0) == ("perhaps", 1.0)


# Reads and writes --------------------------------------------------------------------------------


def test_reading_past_the_record_is_told() -> None:
    x = Value(2.0)
    y = x * 3.0
    assert notes(lambda: [x.data, x.grad, y.operands, y.partials]) == [
        ("read", x, ".data"),
        ("read", x, ".grad"),
        ("read", y, ".operands"),
        ("read", y, ".partials"),
    ]


def test_converting_a_value_is_told_before_it_is_refused() -> None:
    x = Value(2.0)
    observer = Notes()
    with switched(observers=(observer,)):
        for convert in (float, int):
            with pytest.raises(TypeError):
                convert(x)
    assert observer.all == [("read", x, "float()"), ("read", x, "int()")]


@pytest.mark.parametrize(
    "change",
    [
        lambda x: setattr(x, "data", 1.0),
        lambda x: setattr(x, "grad", 1.0),
        lambda x: x.backward(),
        copy.copy,
        copy.deepcopy,
        pickle.dumps,
    ],
    ids=["data", "grad", "backward", "copy", "deepcopy", "pickle"],
)
def test_what_no_record_holds_is_told(change: Any) -> None:
    x = Value(2.0)
    ((what, owner, _),) = notes(lambda: change(x))
    assert what == "write"
    assert owner is x


# Who is told -------------------------------------------------------------------------------------


def test_an_observer_may_forbid_what_happens() -> None:
    class Guard(Observer):
        def write(self, owner: object, what: str) -> None:
            raise PermissionError(what)

    x = Value(2.0)
    with switched(observers=(Guard(),)), pytest.raises(PermissionError, match=r"\.data"):
        x.data = 3.0
    assert x.data == 2.0


def test_several_observers_are_told_from_the_outermost_to_the_innermost() -> None:
    first, second = Notes(), Notes()
    with switched(observers=(first,)), switched(observers=(first, second)):
        Value(2.0) * 3.0
    assert [note[1] for note in first.all] == [note[1] for note in second.all] == [ops.mul]


def test_anomaly_detection_joins_those_who_watch() -> None:
    observer = Notes()
    with switched(observers=(observer,)), detect_anomaly(), pytest.raises(ArithmeticError):
        ops.log(Value(-1.0))
    assert [note[1] for note in observer.all] == [ops.log]


def test_another_thread_is_not_told() -> None:
    observer = Notes()
    with switched(observers=(observer,)):
        thread = Thread(target=lambda: Value(2.0) * 3.0)
        thread.start()
        thread.join()
    assert observer.all == []


def test_an_observer_that_takes_no_notice_changes_nothing() -> None:
    x = Value(2.0)
    with switched(observers=(Observer(),)):
        y = x * x if x > 1.0 else -x
        y.backward()
    assert (y.data, x.grad, y.operands) == (4.0, 4.0, (x, x))


def test_nobody_is_told_of_a_node_that_is_copied_or_unpickled() -> None:
    y = Value(2.0) * 3.0
    text = pickle.dumps(y)
    told = notes(lambda: [copy.copy(y), copy.deepcopy(y), pickle.loads(text)])
    assert {note[0] for note in told} == {"write"}
