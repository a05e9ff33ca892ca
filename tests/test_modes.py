"""no_grad: as a block and as a decorator, nested, in one thread only."""

from __future__ import annotations

import asyncio
import contextvars
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from autograd import Value, detect_anomaly, modes, no_grad, sum
from autograd.core.record import FLAG, PLAIN, current

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


def test_within_no_grad_a_result_is_a_leaf() -> None:
    x = Value(3.0)
    with no_grad():
        y = x * x
    assert y.data == 9.0
    assert (y.op, y.operands, y.parents, y.partials) == (None, (), (), ())


def test_nothing_flows_back_through_no_grad() -> None:
    x = Value(3.0)
    with no_grad():
        factor = x * x
    (factor * x).backward()
    assert x.grad == 9.0


def test_operations_of_many_operands_are_not_recorded_either() -> None:
    with no_grad():
        assert sum([Value(1.0), 2.0]).parents == ()


def test_recording_resumes_after_the_block() -> None:
    x = Value(3.0)
    with no_grad():
        pass
    assert (x * x).parents == (x, x)


def test_recording_resumes_after_an_error() -> None:
    x = Value(3.0)
    with pytest.raises(ZeroDivisionError), no_grad():
        _ = 1 / 0
    assert (x * x).parents == (x, x)


def test_a_nested_block_does_not_end_the_outer_one() -> None:
    x = Value(3.0)
    with no_grad():
        with no_grad():
            pass
        assert (x * x).parents == ()


def test_no_grad_decorates_a_function() -> None:
    @no_grad()
    def squared(x: Value) -> Value:
        return x * x

    x = Value(3.0)
    assert [squared(x).parents, squared(x).parents, (x * x).parents] == [(), (), (x, x)]


def test_a_decorated_function_may_call_itself() -> None:
    @no_grad()
    def power(x: Value, n: int) -> Value:
        return x * power(x, n - 1) if n > 1 else x + 0.0

    assert (power(Value(2.0), 5).data, power(Value(2.0), 5).parents) == (32.0, ())


def test_another_thread_records_all_the_same() -> None:
    x, seen = Value(3.0), []
    with no_grad():
        thread = Thread(target=lambda: seen.append((x * x).parents))
        thread.start()
        thread.join()
    assert seen == [(x, x)]


def test_backward_works_within_no_grad() -> None:
    x = Value(3.0)
    y = x * x
    with no_grad():
        y.backward()
    assert x.grad == 6.0


def test_outside_every_block_operations_take_the_short_way() -> None:
    with no_grad(), no_grad():
        assert FLAG.watched
    assert not FLAG.watched


def test_within_a_block_comparisons_are_those_of_outside() -> None:
    x = Value(1.0)
    with no_grad():
        assert x < 10**400  # no float is as large
        assert x != "one"


# Tasks and generators ----------------------------------------------------------------------------


def test_a_task_that_outlives_the_block_it_was_started_in_records() -> None:
    x = Value(3.0)

    async def recorded_after(event: asyncio.Event) -> bool:
        await event.wait()
        return (x * x).parents == (x, x) and current().recording

    async def main() -> bool:
        event = asyncio.Event()
        with no_grad():
            task = asyncio.create_task(recorded_after(event))
            await asyncio.sleep(0)
        event.set()
        with modes.switched(recording=True):  # somebody is in a mode: operations look closely
            return await task

    assert asyncio.run(main())


def test_blocks_of_generators_that_end_out_of_order_leave_nothing_behind() -> None:
    def block() -> Iterator[None]:
        with no_grad():
            yield

    first, second = block(), block()
    next(first), next(second)
    first.close()
    second.close()
    assert current() is PLAIN
    assert FLAG.watched == 0


def test_a_block_may_end_in_another_context_than_it_began_in() -> None:
    def block() -> Iterator[None]:
        with no_grad():
            yield

    started = block()
    contextvars.copy_context().run(next, started)
    started.close()
    assert current() is PLAIN
    assert FLAG.watched == 0


def test_tasks_that_share_a_switch_each_end_their_own_block() -> None:
    x = Value(3.0)
    shared = no_grad()

    async def first(entered: asyncio.Event, other_entered: asyncio.Event) -> bool:
        with shared:
            entered.set()
            await other_entered.wait()
        return current().recording

    async def second(other_entered: asyncio.Event, entered: asyncio.Event) -> bool:
        await other_entered.wait()
        with shared:
            entered.set()
            await asyncio.sleep(0)  # the first one goes on, and leaves its block
            return (x * x).parents == (x, x)

    async def main() -> list[bool]:
        events = asyncio.Event(), asyncio.Event()
        return await asyncio.gather(first(*events), second(*events))

    assert asyncio.run(main()) == [True, False]
    assert FLAG.watched == 0


def test_a_block_of_a_generator_may_end_in_another_thread_than_it_began_in() -> None:
    def block() -> Iterator[None]:
        with no_grad():
            yield

    started = block()
    thread = Thread(target=next, args=(started,))
    thread.start()
    thread.join()
    started.close()
    assert current() is PLAIN
    assert FLAG.watched == 0


def generator() -> Iterator[None]:
    yield


async def coroutine() -> None:
    pass


async def async_generator() -> AsyncIterator[None]:
    yield


def test_a_decorator_without_parentheses_is_told_to_have_them() -> None:
    with pytest.raises(TypeError, match=r"no_grad takes no arguments, got f; .*`@no_grad\(\)`"):

        @no_grad  # type: ignore[arg-type]
        def f(x: Value) -> Value:
            return x


def test_a_mode_that_is_given_an_argument_is_told_to_have_none() -> None:
    with pytest.raises(TypeError, match=r"got bool True; write `with detect_anomaly\(\):`"):
        detect_anomaly(True)  # type: ignore[arg-type]


@pytest.mark.parametrize("switch", [no_grad, detect_anomaly])
@pytest.mark.parametrize("f", [generator, coroutine, async_generator, 3])
def test_what_runs_after_its_call_has_returned_cannot_be_decorated(switch: Any, f: Any) -> None:
    with pytest.raises(TypeError, match=r"decorates plain functions.*with .*\(\):"):
        switch()(f)
