"""Graphs as a whole: their order, copies and pickles, however deep; and that nothing stays."""

from __future__ import annotations

import copy
import gc
import io
import pickle
import sys
import threading
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from autograd import (
    Op,
    Value,
    detect_anomaly,
    dot,
    exp,
    explain_nan,
    grad,
    gradients,
    hessian,
    jvp,
    log,
    no_grad,
    op,
    relu,
    sqrt,
)
from autograd.core import compiled, graph, ops
from autograd.core.graph import topological, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DEEP = 100_000
# CPython 3.13 frees a deep chain of any objects, nested tuples too, by a recursion of thousands of
# levels, and crashes in a stack that is too small for them.
SMALL_STACK = 1024 * 1024 if sys.version_info[:2] == (3, 13) else 256 * 1024
PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


def chain(n: int) -> tuple[Value, Value]:
    """A leaf x, and x + 1 + 1 ... with n additions."""
    x = Value(1.0)
    y = x
    for _ in range(n):
        y = y + 1.0
    return x, y


def ladder(n: int) -> tuple[Value, Value]:
    """A leaf x, and a graph in which 2**n ways lead to it: every result is used twice."""
    x = Value(1.0)
    y = x
    for _ in range(n):
        y = y * 0.5 + 0.5 * y
    return x, y


def pickled(thing: Any, protocol: int = pickle.HIGHEST_PROTOCOL) -> Any:
    return pickle.loads(pickle.dumps(thing, protocol))


def in_a_thread(stack: int, run: Callable[[], object]) -> Any:
    """What `run` gives in a thread with so many bytes of stack."""
    results: list[object] = []
    before = threading.stack_size(stack)
    try:
        thread = threading.Thread(target=lambda: results.append(run()))
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()
    return results[0]


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Nothing is freed but by reference counting."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


# Order -------------------------------------------------------------------------------------------


def test_operands_come_before_results() -> None:
    x = Value(2.0)
    root = dot([x * x, exp(x), x], [x + 1.0, 2.0, x - 3.0]) + relu(x)
    order = topological(root)
    place = {id(node): i for i, node in enumerate(order)}
    assert all(place[id(p)] < place[id(node)] for node in order for p in node.parents)
    assert order[-1] is root


def test_a_shared_node_comes_once() -> None:
    _, y = ladder(50)
    assert len(topological(y)) == 1 + 3 * 50


def test_several_roots_are_walked_together() -> None:
    x = Value(2.0)
    a, b = x + 1.0, x * 2.0
    assert topological(a, b, a) == [x, a, b]


def test_a_constant_is_no_node() -> None:
    x = Value(2.0)
    y = 1.0 - x
    assert topological(y) == [x, y]


@pytest.mark.skipif(compiled, reason="graph.sort in C has no lines to be interrupted at")
def test_a_sort_that_was_interrupted_does_not_spoil_the_next() -> None:
    x = Value(3.0)
    y = dot([x, x * x], [x + 1.0, 2.0])
    expected = topological(y)
    steps = 0

    def interrupt(frame: Any, event: str, arg: object) -> Any:
        nonlocal steps
        if frame.f_code is graph.sort.__code__:
            steps += event == "line"
            if steps == 40:  # well within the walk
                raise KeyboardInterrupt
        return interrupt

    tracing = sys.gettrace()
    sys.settrace(interrupt)
    try:
        with pytest.raises(KeyboardInterrupt):
            topological(y)
    finally:
        sys.settrace(tracing)
    assert topological(y) == expected


def test_a_walk_begun_by_a_destructor_in_the_midst_of_another_is_refused() -> None:
    x = Value(3.0)
    y = x * x
    refusals: list[str] = []

    class Intruder:
        def __del__(self) -> None:
            try:
                y.backward()
            except RuntimeError as error:
                refusals.append(str(error))

    with walk():
        Intruder()
    y.backward()
    assert "inside another one" in refusals[0]
    assert x.grad == 6.0


# Depth -------------------------------------------------------------------------------------------


def use(n: int) -> tuple[float, float, float]:
    """Build, differentiate, copy, pickle and free a chain; the gradients along the three."""
    x, y = chain(n)
    y.backward()
    twin = copy.deepcopy(y)
    returned = pickled(y)
    del y
    leaves = topological(twin)[0], topological(returned)[0]
    twin.backward()
    returned.backward()
    return x.grad, leaves[0].grad, leaves[1].grad


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize(
    "length",
    [DEEP, pytest.param(1_000_000, marks=pytest.mark.slow(reason="ten times as long"))],
)
def test_a_long_chain_lives_in_a_thread_with_a_small_stack(length: int) -> None:
    assert in_a_thread(SMALL_STACK, lambda: use(length)) == (1.0, 2.0, 2.0)


@pytest.mark.usefixtures("no_collector")
def test_a_deep_chain_lives_at_the_default_recursion_limit() -> None:
    assert sys.getrecursionlimit() <= DEEP / 10
    assert use(DEEP) == (1.0, 2.0, 2.0)


@pytest.mark.usefixtures("no_collector")
def test_a_deep_chain_along_second_operands_lives_too() -> None:
    x = Value(1.0)
    y = x
    for _ in range(DEEP):
        y = 1.0 - y
    y.backward()
    assert x.grad == 1.0
    assert pickled(copy.deepcopy(y)).data == y.data


def test_a_deep_chain_of_operations_of_many_operands_lives_too() -> None:
    x = Value(1.0)
    y = x
    for _ in range(DEEP // 10):
        y = ops.sum([1.0, y, -1.0])
    y.backward()
    assert x.grad == 1.0
    assert pickled(copy.deepcopy(y)).data == y.data


def test_explaining_a_nan_goes_to_any_depth() -> None:
    culprit = log(Value(-1.0))
    y = culprit
    for _ in range(DEEP):
        y = y + 1.0
    found = explain_nan(y)
    assert found is not None
    assert found.node is culprit


def test_higher_gradients_go_to_any_depth() -> None:
    x = Value(1.0)
    y = x * x
    for _ in range(DEEP):
        y = y + 1.0
    dx = gradients(y, x)
    assert (dx.data, gradients(dx, x).data) == (2.0, 2.0)


# Copies ------------------------------------------------------------------------------------------


def test_a_deep_copy_is_a_graph_of_its_own() -> None:
    x = Value(3.0)
    twin = copy.deepcopy(x * x)
    twin.backward()
    assert twin.parents[0] is not x
    assert (twin.parents[0].grad, x.grad) == (6.0, 0.0)


def test_a_deep_copy_keeps_data_gradient_label_and_record() -> None:
    x = Value(3.0, label="x")
    y = 2.0 - x
    y.label = "y"
    y.backward()
    twin = copy.deepcopy(y)
    assert (twin.data, twin.grad, twin.label, twin.op) == (-1.0, 1.0, "y", ops.sub)
    assert (twin.operands[0], twin.partials) == (2.0, (None, -1.0))
    assert (twin.parents[0].label, twin.parents[0].grad) == ("x", -1.0)


def test_a_deep_copy_keeps_what_is_shared() -> None:
    x = Value(3.0)
    first, second = copy.deepcopy([x * 2.0, x * 3.0])
    assert first.parents[0] is second.parents[0]


def test_a_deep_copy_puts_every_node_into_the_memo() -> None:
    x = Value(3.0)
    y = x * x
    memo: dict[int, Any] = {}
    twin = copy.deepcopy(y, memo)
    assert memo[id(y)] is twin
    assert memo[id(x)] is twin.parents[0]


def test_a_deep_copy_takes_from_the_memo_what_is_there() -> None:
    x, other = Value(3.0), Value(4.0)
    assert copy.deepcopy(x + 1.0, {id(x): other}).parents == (other,)


def test_a_deep_copy_of_a_list_of_all_nodes_walks_over_each_a_few_times(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    nodes = [Value(1.0)]
    for _ in range(500):
        nodes.append(nodes[-1] + 1.0)
    walked = []

    def counted(*roots: Value, **named: Any) -> list[Value]:
        order = topological(*roots, **named)
        walked.extend(order)
        return order

    monkeypatch.setattr(graph, "topological", counted)
    copy.deepcopy(nodes)
    assert len(walked) <= 4 * len(nodes)


def test_a_copy_has_the_same_operands_and_a_gradient_of_its_own() -> None:
    x = Value(3.0)
    y = x * x
    twin = copy.copy(y)
    twin.backward()
    assert twin is not y
    assert twin.parents == (x, x)
    assert (x.grad, y.grad) == (6.0, 0.0)


def test_a_copy_of_a_leaf_is_another_leaf() -> None:
    x = Value(3.0, label="x")
    twin = copy.copy(x)
    twin.data = 4.0
    assert (x.data, twin.label, twin.op) == (3.0, "x", None)


# Pickles -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_pickle_keeps_data_gradient_label_and_record(protocol: int) -> None:
    x = Value(3.0, label="x")
    y = ops.clip(x, 0.0, 5.0) * (2.0 - x) + relu(-x)
    y.label = "y"
    y.backward()
    before, after = topological(y), topological(pickled(y, protocol))
    assert [(n.data, n.grad, n.label, n.op, n.partials) for n in before] == [
        (n.data, n.grad, n.label, n.op, n.partials) for n in after
    ]


def test_a_pickle_of_two_roots_keeps_what_they_share() -> None:
    x = Value(3.0)
    first, second = pickled((x * 2.0, x * 3.0))
    assert first.parents[0] is second.parents[0]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_pickle_keeps_a_root_that_is_an_operand_of_another(protocol: int) -> None:
    x = Value(3.0)
    y = x * x
    y_back, z_back, x_back = pickled((y, y + 1.0, x), protocol)
    assert z_back.parents == (y_back,)
    assert y_back.parents[0] is x_back


def chain_of_nodes(n: int) -> list[Value]:
    nodes = [Value(1.0)]
    while len(nodes) < n:
        nodes.append(nodes[-1] + 1.0)
    return nodes


@pytest.mark.parametrize("step", [1, -1], ids=["leaf first", "result first"])
def test_a_pickle_of_all_nodes_of_a_chain_comes_back(step: int) -> None:
    nodes = chain_of_nodes(2000)
    back = pickled(nodes[::step])[::step]
    assert [node.data for node in back] == [node.data for node in nodes]
    assert all(node.parents[0] is before for before, node in pairwise(back))


@pytest.mark.parametrize("step", [1, -1], ids=["leaf first", "result first"])
def test_a_pickle_of_all_nodes_of_a_chain_grows_with_the_chain(step: int) -> None:
    one, two = (len(pickle.dumps(chain_of_nodes(n)[::step])) for n in (1000, 2000))
    assert two < 2.2 * one


def test_a_graph_pickles_again_and_again() -> None:
    _, y = chain(DEEP // 10)
    assert len(pickle.dumps(y)) == len(pickle.dumps(y))


def test_a_deep_graph_pickles_again_while_an_earlier_pickler_lives() -> None:
    _, y = chain(DEEP // 10)
    earlier = pickle.Pickler(io.BytesIO())
    earlier.dump(y)
    assert pickled(y).data == y.data
    earlier.clear_memo()


def test_a_pickle_that_failed_does_not_spoil_the_next() -> None:
    _, y = chain(DEEP // 10)
    with pytest.raises((pickle.PicklingError, AttributeError)):
        pickle.dumps([y, lambda: None])
    assert pickled(y).data == y.data


def test_a_backward_between_two_dumps_does_not_spoil_the_second() -> None:
    x, y = chain(DEEP // 10)
    file = io.BytesIO()
    pickler = pickle.Pickler(file)
    pickler.dump(y)
    y.backward()
    pickler.dump(y * x)
    file.seek(0)
    unpickler = pickle.Unpickler(file)
    first, second = unpickler.load(), unpickler.load()
    assert second.parents[0] is first


def test_the_pickler_written_in_python_does_as_well() -> None:
    _, y = chain(DEEP // 10)
    file = io.BytesIO()
    pickle._Pickler(file).dump(y)  # type: ignore[attr-defined]
    assert pickle.loads(file.getvalue()).data == y.data


@op(lambda x, out: 3.0 * x * x)
def cubed(x: float) -> float:
    return x * x * x


def test_an_operation_of_the_users_is_pickled_by_name() -> None:
    assert pickled(cubed) is cubed
    assert pickled(cubed(Value(2.0))).op is cubed


@pytest.mark.parametrize("entry", [x for x in vars(ops).values() if isinstance(x, Op)], ids=repr)
def test_every_operation_of_the_table_is_pickled_by_name(entry: Op) -> None:
    assert pickled(entry) is entry
    assert copy.deepcopy(entry) is entry


# Memory ------------------------------------------------------------------------------------------


def values_alive() -> int:
    if compiled:  # the collector does not know them
        from autograd.core import _core

        return int(_core.alive())
    return sum(type(thing) is Value for thing in gc.get_objects())


def every_operation() -> None:
    for entry in vars(ops).values():
        if isinstance(entry, Op):
            n = len(entry.domain)
            operands = [0.5 if rule is None else Value(0.5) for rule in entry.rules[:n]]
            entry.apply(tuple(operands))


def differentiated() -> None:
    x = Value(2.0)
    y = exp(x * x) / (x + 1.0) - dot([x, 2.0], [3.0, x])
    y.backward()


def differentiated_again() -> None:
    x = Value(2.0)
    gradients(gradients(x**3, x), x).backward()


def transformed() -> None:
    hessian(lambda v: v[0] ** 2 * exp(v[1]))([3.0, 5.0])
    jvp(lambda x: grad(lambda y: x * y * y)(x), (2.0,), (1.0,))


def labelled() -> None:
    x = Value(2.0, label="x")
    y = x * x
    y.label = "y"
    repr(y)


def copied() -> None:
    x = Value(2.0)
    copy.copy(copy.deepcopy([x * x, x + 1.0])[0])


def saved() -> None:
    x = Value(2.0)
    pickled([x * x, x + 1.0])


def in_modes() -> None:
    with no_grad(), detect_anomaly():
        exp(Value(1.0) * 2.0)


def explained() -> None:
    explain_nan(log(Value(-1.0)) + 1.0)


def anomalous() -> None:
    with pytest.raises(ArithmeticError), detect_anomaly():
        sqrt(Value(-1.0))


def refused() -> None:
    with pytest.raises(TypeError):
        exp(Value(2.0)) + "1"  # type: ignore[operator]


def failed() -> None:
    y = Value(2.0) * 3.0
    with pytest.raises(ZeroDivisionError):
        grad(lambda x: exp(x * y) * (1 / 0))(1.0)


def interrupted() -> None:
    def interrupt() -> float:
        raise KeyboardInterrupt

    @op(lambda x, out: interrupt())
    def fragile(x: float) -> float:
        return x

    with pytest.raises(KeyboardInterrupt):
        fragile(Value(2.0) * 3.0)


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize(
    "action",
    [
        every_operation,
        differentiated,
        differentiated_again,
        transformed,
        labelled,
        copied,
        saved,
        in_modes,
        explained,
        anomalous,
        refused,
        failed,
        interrupted,
    ],
    ids=lambda action: action.__name__,
)
def test_nothing_stays_alive_without_the_garbage_collector(action: Callable[[], None]) -> None:
    before = values_alive()
    action()
    assert values_alive() == before


@pytest.mark.usefixtures("no_collector")
def test_the_count_of_values_sees_one_that_stays() -> None:
    before = values_alive()
    kept = Value(1.0) + 1.0
    assert values_alive() == before + 2
    del kept
    assert values_alive() == before


# The lock -----------------------------------------------------------------------------------------


def begin_and_be_interrupted() -> None:
    """What CPython 3.14 lets Ctrl-C do: the lock is taken, and the block has not begun."""
    graph.walk().__enter__()


def test_a_lock_that_nobody_will_leave_any_more_is_taken_over() -> None:
    x = Value(3.0)
    for _ in range(2):
        begin_and_be_interrupted()
        (x * x).backward()
    assert x.grad == 12.0
    thread = threading.Thread(target=(x * x).backward)
    thread.start()
    thread.join(10.0)
    assert not thread.is_alive()


def test_a_walk_inside_of_another_one_is_refused() -> None:
    def inside() -> None:
        with graph.walk():
            raise AssertionError

    with graph.walk(), pytest.raises(RuntimeError, match="started inside another one"):
        inside()
    inside_is_over = Value(1.0)
    inside_is_over.backward()
    assert inside_is_over.grad == 1.0
