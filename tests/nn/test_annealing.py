"""Simulated annealing: it leaves local minima, and puts back what it does not take."""

from __future__ import annotations

from math import inf, log, nan
from random import Random
from typing import Any

import pytest

from autograd import Value
from nn.annealing import SimulatedAnnealing
from nn.clipping import clip_grad_norm
from nn.optim import SGD


def double_well(x: Value) -> Value:
    """A shallow minimum near 0.96, a deeper one near -1.04, a hill between them."""
    return (x * x - 1.0) ** 2 + 0.3 * x


def annealed(x: Value, seed: int) -> SimulatedAnnealing:
    return SimulatedAnnealing([x], temperature=1.0, cooling=0.995, scale=0.5, rng=seed)


def losses(*numbers: float) -> Any:
    """A loss that comes to one number after the other, whatever the parameters are."""
    sequence = iter(numbers)
    return lambda: Value(next(sequence))


def test_gradient_descent_stays_in_the_local_minimum() -> None:
    x = Value(1.5)
    optimizer = SGD([x], lr=0.01)
    for _ in range(1000):
        optimizer.minimize(lambda: double_well(x))
    assert x.data == pytest.approx(0.96, abs=0.01)


@pytest.mark.parametrize("seed", range(5))
def test_annealing_leaves_it_for_the_deeper_one(seed: int) -> None:
    x = Value(1.5)
    optimizer = annealed(x, seed)
    for _ in range(1000):
        optimizer.minimize(lambda: double_well(x))
    assert x.data == pytest.approx(-1.04, abs=0.05)


def test_a_better_place_is_always_taken() -> None:
    x = Value(1.0)
    annealed(x, 0).minimize(losses(2.0, 1.0))
    assert x.data != 1.0


def test_a_place_as_good_is_taken_too() -> None:
    x = Value(1.0)
    annealed(x, 0).minimize(losses(2.0, 2.0))
    assert x.data != 1.0


def test_a_worse_place_is_taken_with_the_probability_of_its_rise_by_the_temperature() -> None:
    x = Value(0.0)
    optimizer = SimulatedAnnealing([x], temperature=2.0, cooling=1.0, rng=0)
    taken = 0
    for _ in range(4000):
        before = x.data
        optimizer.minimize(losses(0.0, 2.0 * log(4.0)))  # exp(-rise / temperature) is 1 / 4
        taken += x.data != before
    assert taken / 4000 == pytest.approx(0.25, abs=0.03)


@pytest.mark.parametrize("worse", [inf, nan, 1e6])
def test_what_is_not_taken_leaves_the_very_numbers_of_before(worse: float) -> None:
    x, y = Value(0.1), Value(1e-300)
    optimizer = SimulatedAnnealing([x, y], scale=5.0, rng=0)
    assert optimizer.minimize(losses(1.0, worse)).data == 1.0
    assert (x.data, y.data) == (0.1, 1e-300)


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
@pytest.mark.parametrize("place", ["before the step", "after the step"])
def test_after_an_error_in_the_loss_everything_is_as_before(
    error: type[BaseException], place: str
) -> None:
    x, y = Value(0.1), Value(0.2)
    optimizer = SimulatedAnnealing([x, y], temperature=3.0, rng=0)
    calls = []

    def loss() -> Value:
        calls.append((x.data, y.data))
        if len(calls) == (1 if place == "before the step" else 2):
            raise error
        return x * y

    with pytest.raises(error):
        optimizer.minimize(loss)
    assert (x.data, y.data, optimizer.temperature) == (0.1, 0.2, 3.0)
    assert len(set(calls)) == len(calls)  # the second call saw other numbers


def test_the_temperature_falls_geometrically() -> None:
    optimizer = SimulatedAnnealing([Value(0.0)], temperature=8.0, cooling=0.5, rng=0)
    for _ in range(3):
        optimizer.minimize(losses(0.0, 1.0))
    assert optimizer.temperature == 1.0


def test_cooled_down_to_0_it_goes_downhill_only() -> None:
    x = Value(1.0)
    optimizer = SimulatedAnnealing([x], temperature=1e-300, cooling=1e-300, rng=0)
    optimizer.minimize(losses(0.0, 1.0))
    assert optimizer.temperature == 0.0
    optimizer.minimize(losses(0.0, 1.0))
    assert x.data == 1.0
    optimizer.minimize(losses(0.0, 0.0))  # over a plain it may walk
    assert x.data != 1.0


def test_a_seed_fixes_every_number() -> None:
    ends = []
    for rng in (3, 3, Random(3), 4):
        x = Value(1.5)
        optimizer = SimulatedAnnealing([x], rng=rng)
        for _ in range(50):
            optimizer.minimize(lambda x=x: double_well(x))  # type: ignore[misc]
        ends.append(x.data)
    assert ends[0] == ends[1] == ends[2] != ends[3]


def test_nothing_is_recorded_and_no_gradient_changes() -> None:
    x = Value(1.5)
    x.grad = 7.0
    loss = annealed(x, 0).minimize(lambda: double_well(x))
    assert (loss.op, x.grad) == (None, 7.0)


def test_minimize_gives_the_loss_before_the_step() -> None:
    x = Value(2.0)
    assert annealed(x, 0).minimize(lambda: x * x).data == 4.0


def test_scale_is_the_learning_rate() -> None:
    x = Value(1.5)
    optimizer = SimulatedAnnealing([x], scale=0.3, rng=0)
    assert optimizer.lr == 0.3
    optimizer.lr = 0.0
    optimizer.minimize(lambda: double_well(x))
    assert x.data == 1.5


def test_the_best_place_can_be_gone_back_to() -> None:
    x = Value(1.5)
    optimizer = SimulatedAnnealing([x], temperature=100.0, cooling=1.0, scale=1.0, rng=0)
    seen = {}

    def loss() -> Value:
        out = double_well(x)
        seen[out.data] = x.data
        return out

    for _ in range(100):
        optimizer.minimize(loss)
    assert x.data != seen[min(seen)]
    assert optimizer.restore_best() == min(seen)
    assert x.data == seen[min(seen)]


def test_the_best_place_may_be_the_first() -> None:
    x = Value(1.5)
    optimizer = SimulatedAnnealing([x], temperature=1e6, rng=0)
    optimizer.minimize(losses(1.0, 2.0))
    assert x.data != 1.5
    assert (optimizer.restore_best(), x.data) == (1.0, 1.5)


def test_the_best_place_may_be_the_last() -> None:
    x = Value(1.5)
    optimizer = SimulatedAnnealing([x], rng=0)
    optimizer.minimize(losses(2.0, 1.0))
    last = x.data
    assert (optimizer.restore_best(), x.data) == (1.0, last)


def test_before_the_first_loss_there_is_no_best_place() -> None:
    with pytest.raises(ValueError, match="no finite loss has been seen yet"):
        annealed(Value(1.0), 0).restore_best()


def test_a_step_without_a_loss_is_refused() -> None:
    with pytest.raises(TypeError, match=r"no step without a loss .* call minimize\(loss\)"):
        annealed(Value(1.0), 0).step()


def test_clipping_is_refused_for_there_are_no_gradients() -> None:
    x = Value(1.0)
    with pytest.raises(TypeError, match="nothing to clip"):
        annealed(x, 0).minimize(lambda: x * x, clip=lambda p: clip_grad_norm(p, 1.0))


def test_a_loss_of_nan_to_begin_with_is_refused() -> None:
    x = Value(1.0)
    with pytest.raises(ValueError, match="the loss is nan"):
        annealed(x, 0).minimize(losses(nan, 1.0))
    assert x.data == 1.0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"temperature": 0.0}, "temperature must be positive and finite, got 0.0"),
        ({"temperature": nan}, "temperature must be positive and finite, got nan"),
        ({"cooling": 0.0}, "cooling must be positive and finite, got 0.0"),
        ({"cooling": 1.1}, "cooling must be at most 1, or it would heat; got 1.1"),
        ({"scale": -0.5}, "scale must be positive and finite, got -0.5"),
    ],
    ids=str,
)
def test_a_setting_that_makes_no_sense_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SimulatedAnnealing([Value(1.0)], **settings)
