"""Simulated annealing: it leaves local minima, and ends where the loss was smallest."""

from __future__ import annotations

from math import inf, log, nan
from random import Random
from typing import Any

import pytest

from autograd import Value
from nn import SGD, Neuron, anneal, mse


def double_well(x: Value) -> Value:
    """A shallow minimum near 0.96, a deeper one near -1.04, a hill between them."""
    return (x * x - 1.0) ** 2 + 0.3 * x


def losses(*numbers: float) -> Any:
    """A loss that comes to one number after the other, whatever the parameters are."""
    sequence = iter(numbers)
    return lambda: Value(next(sequence))


def watched(x: Value, *numbers: float) -> tuple[Any, list[float]]:
    """The same, and the places where it was asked."""
    sequence, places = iter(numbers), []

    def loss() -> Value:
        places.append(x.data)
        return Value(next(sequence))

    return loss, places


def test_gradient_descent_stays_in_the_local_minimum() -> None:
    x = Value(1.5)
    optimizer = SGD([x], lr=0.01)
    for _ in range(1000):
        optimizer.minimize(lambda: double_well(x))
    assert x.data == pytest.approx(0.96, abs=0.01)


@pytest.mark.parametrize("seed", range(5))
def test_annealing_leaves_it_for_the_deeper_one(seed: int) -> None:
    x = Value(1.5)
    smallest = anneal(lambda: double_well(x), [x], cooling=0.995, scale=0.5, rng=seed)
    assert x.data == pytest.approx(-1.04, abs=0.05)
    assert smallest == double_well(x).data


def test_it_fits_a_model_without_gradients() -> None:
    line, rows, targets = Neuron(1, rng=0), [[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0]
    smallest = anneal(
        lambda: mse(line.batch(rows), targets),
        line.parameters(),
        temperature=0.1,
        scale=0.3,
        rng=0,
    )
    assert smallest < 0.01


@pytest.mark.parametrize("second", [1.0, 2.0], ids=["better", "as good"])
def test_a_place_that_is_no_worse_is_always_taken(second: float) -> None:
    x = Value(1.0)
    loss, places = watched(x, 2.0, second, inf)
    anneal(loss, [x], steps=2, scale=1e-9, temperature=1e-300, rng=0)
    draw = Random(0)
    first = draw.gauss(1.0, 1e-9)
    draw.expovariate(1.0)
    assert places == [1.0, first, draw.gauss(first, 1e-9)]


def test_a_worse_place_is_taken_with_the_probability_of_its_rise_by_the_temperature() -> None:
    taken = 0
    for seed in range(2000):
        x = Value(0.0)
        loss, places = watched(x, 0.0, 2.0 * log(4.0), inf)  # exp(-rise / temperature) is 1 / 4
        anneal(loss, [x], steps=2, temperature=2.0, cooling=1.0, scale=1e-9, rng=seed)
        draw = Random(seed)
        first = draw.gauss(0.0, 1e-9)
        draw.expovariate(1.0)
        taken += places[2] == draw.gauss(first, 1e-9)
    assert taken / 2000 == pytest.approx(0.25, abs=0.04)


@pytest.mark.parametrize("worse", [inf, nan, 1e6])
def test_what_is_worse_leaves_the_very_numbers_of_before(worse: float) -> None:
    x, y = Value(0.1), Value(1e-300)
    assert anneal(losses(1.0, worse), [x, y], steps=1, scale=5.0, rng=0) == 1.0
    assert (x.data, y.data) == (0.1, 1e-300)


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
@pytest.mark.parametrize("call", [1, 2, 4])
def test_after_an_error_in_the_loss_the_best_place_so_far_is_kept(
    error: type[BaseException], call: int
) -> None:
    x, places = Value(0.5), []

    def loss() -> Value:
        places.append(x.data)
        if len(places) == call:
            raise error
        return x * x

    with pytest.raises(error):
        anneal(loss, [x], rng=0)
    assert x.data == min([0.5, *places[:-1]], key=abs)


def test_a_seed_fixes_every_number() -> None:
    ends = []
    for rng in (3, 3, Random(3), 4):
        x = Value(1.5)
        anneal(lambda x=x: double_well(x), [x], steps=50, rng=rng)  # type: ignore[misc]
        ends.append(x.data)
    assert ends[0] == ends[1] == ends[2] != ends[3]


def test_nothing_is_recorded_and_no_gradient_changes() -> None:
    x, seen = Value(1.5), []
    x.grad = 7.0

    def loss() -> Value:
        seen.append(out := double_well(x))
        return out

    anneal(loss, [x], steps=3, rng=0)
    assert [out.op for out in seen] == [None] * 4
    assert x.grad == 7.0


def test_it_ends_at_the_best_of_all_places_wherever_the_walk_has_gone() -> None:
    x, seen = Value(1.5), {}

    def loss() -> Value:
        out = double_well(x)
        seen[out.data] = x.data
        return out

    smallest = anneal(loss, [x], steps=100, temperature=100.0, cooling=1.0, scale=1.0, rng=0)
    assert (smallest, x.data) == (min(seen), seen[min(seen)])


@pytest.mark.parametrize(("numbers", "best"), [((1.0, 2.0), 0), ((2.0, 1.0), 1)])
def test_the_best_place_may_be_the_first_or_the_last(numbers: Any, best: int) -> None:
    x = Value(1.5)
    loss, places = watched(x, *numbers)
    assert anneal(loss, [x], steps=1, temperature=1e6, rng=0) == 1.0
    assert x.data == places[best]


def test_cooled_down_to_0_it_still_walks_over_a_plain() -> None:
    x = Value(1.0)
    loss, places = watched(x, 0.0, 1.0, 1.0, 0.0, 0.0)
    anneal(loss, [x], steps=4, temperature=1e-300, cooling=1e-300, rng=0)
    assert len(set(places)) == 5


def test_a_loss_of_nan_to_begin_with_is_refused() -> None:
    x = Value(1.0)
    with pytest.raises(ValueError, match="the loss is nan"):
        anneal(losses(nan, 1.0), [x])
    assert x.data == 1.0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"temperature": 0.0}, "temperature must be positive and finite, got 0.0"),
        ({"temperature": nan}, "temperature must be positive and finite, got nan"),
        ({"cooling": 0.0}, "cooling must be above 0 and at most 1, got 0.0"),
        ({"cooling": 1.1}, "cooling must be above 0 and at most 1, got 1.1"),
        ({"scale": -0.5}, "scale must be positive and finite, got -0.5"),
        ({"steps": 0}, "steps must be a whole number from 1 on, got int 0"),
    ],
    ids=str,
)
def test_a_setting_that_makes_no_sense_is_refused(settings: dict[str, Any], message: str) -> None:
    x = Value(1.0)
    with pytest.raises(ValueError, match=message):
        anneal(lambda: x * x, [x], **settings)
