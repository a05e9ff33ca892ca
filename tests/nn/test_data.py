"""Data sets: where the points lie, how many of each class, what comes in and what is refused."""

from __future__ import annotations

import math
from collections import Counter
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from nn import Data, batches, blobs, circles, curve, moons, spirals, split, xor
from nn.data.examples import examples
from nn.data.plane import limits

if TYPE_CHECKING:
    from collections.abc import Callable

Makers = dict[str, "Callable[..., Data]"]

CLASSIFIED: Makers = {
    "moons": moons,
    "circles": circles,
    "spirals": spirals,
    "blobs": blobs,
    "xor": xor,
}
ALL: Makers = {**CLASSIFIED, "curve": curve}


def by_class(data: Data, label: int) -> list[list[float]]:
    return [row for row, own in zip(*data, strict=True) if own == label]


# The data sets ----------------------------------------------------------------------------------


@pytest.mark.parametrize("make", ALL.values(), ids=ALL)
def test_a_seed_fixes_every_number(make: Callable[..., Data]) -> None:
    assert make(n=50, rng=3) == make(n=50, rng=3) == make(n=50, rng=Random(3))
    assert make(n=50, rng=3) != make(n=50, rng=4)


@pytest.mark.parametrize("make", CLASSIFIED.values(), ids=CLASSIFIED)
@pytest.mark.parametrize("n", [3, 7, 50, 101])
def test_classes_are_as_equal_in_number_as_possible(make: Callable[..., Data], n: int) -> None:
    x, y = make(n=n, rng=0)
    counts = Counter(y)
    assert len(x) == len(y) == n
    assert max(counts.values()) - min(counts.values()) <= 1


@pytest.mark.parametrize("make", CLASSIFIED.values(), ids=CLASSIFIED)
def test_points_come_in_random_order(make: Callable[..., Data]) -> None:
    labels = make(n=100, rng=0).targets
    assert labels != sorted(labels)
    assert all(type(label) is int for label in labels)


@pytest.mark.parametrize("make", CLASSIFIED.values(), ids=CLASSIFIED)
def test_rows_are_lists_of_two_floats(make: Callable[..., Data]) -> None:
    for row in make(n=20, rng=0).inputs:
        assert [type(x) for x in row] == [float, float]


def test_moons_without_noise_are_half_circles() -> None:
    data = moons(60, noise=0.0, rng=0)
    for x, y in by_class(data, 0):
        assert math.hypot(x, y) == pytest.approx(1.0)
        assert y > -1e-9
    for x, y in by_class(data, 1):
        assert math.hypot(x - 1.0, y - 0.5) == pytest.approx(1.0)
        assert y < 0.5 + 1e-9


def test_circles_without_noise_are_circles() -> None:
    data = circles(60, noise=0.0, factor=0.25, rng=0)
    assert [math.hypot(*row) for row in by_class(data, 0)] == pytest.approx([1.0] * 30)
    assert [math.hypot(*row) for row in by_class(data, 1)] == pytest.approx([0.25] * 30)


def test_no_point_of_a_circle_comes_twice() -> None:
    rows = circles(60, noise=0.0, rng=0).inputs
    assert len({(round(x, 9), round(y, 9)) for x, y in rows}) == 60


def test_an_arm_of_a_spiral_is_the_first_one_turned() -> None:
    data = spirals(90, noise=0.0, turns=1.5, classes=3, rng=0)
    arms = [sorted(by_class(data, label), key=lambda row: math.hypot(*row)) for label in range(3)]
    for label, arm in enumerate(arms):
        for row, first in zip(arm, arms[0], strict=True):
            turned = complex(*first) * complex(math.cos(a := math.tau * label / 3), math.sin(a))
            assert complex(*row) == pytest.approx(turned)


def test_the_angle_of_a_spiral_grows_by_turns_from_the_middle_to_radius_one() -> None:
    x, _ = spirals(10, noise=0.0, turns=0.5, classes=1, rng=0)
    for a, b in x:
        assert math.atan2(b, a) % math.tau == pytest.approx(math.pi * math.hypot(a, b))
    assert max(math.hypot(*row) for row in x) == pytest.approx(1.0)


def test_blobs_lie_around_points_of_the_unit_circle() -> None:
    data = blobs(400, centers=4, spread=0.01, rng=0)
    middles = [[sum(xs) / 100 for xs in zip(*by_class(data, k), strict=True)] for k in range(4)]
    expected = [[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]]
    assert np.array(middles) == pytest.approx(np.array(expected), abs=0.01)


def test_noise_is_the_standard_deviation_of_each_coordinate() -> None:
    rows = np.array(blobs(4000, centers=1, spread=0.3, rng=0).inputs)
    assert rows.std(axis=0) == pytest.approx([0.3, 0.3], rel=0.05)
    still, noisy = moons(4000, 0.0, rng=0), moons(4000, 0.2, rng=0)
    radii = np.array([math.hypot(*row) for row in by_class(noisy, 0)])
    assert len(by_class(still, 0)) == len(radii)
    assert radii.std() == pytest.approx(0.2, rel=0.1)


def test_xor_of_n_points_is_one_near_the_corners_whose_inputs_differ() -> None:
    x, y = xor(40, noise=0.01, rng=0)
    assert [int(round(a) != round(b)) for a, b in x] == y
    assert set(Counter((round(a), round(b)) for a, b in x).values()) == {10}


def test_the_targets_of_a_curve_are_its_values_with_noise() -> None:
    x, y = map(np.array, curve(math.exp, n=2000, low=0.0, high=1.0, noise=0.1, rng=0))
    errors = y - np.exp(x[:, 0])
    assert errors.mean() == pytest.approx(0.0, abs=0.02)
    assert errors.std() == pytest.approx(0.1, rel=0.1)
    assert (x.min(), x.max()) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: moons(1), "moons: n must be a whole number from 2 on, got int 1"),
        (lambda: spirals(2, classes=3), "spirals: n must be a whole number from 3 on, got int 2"),
        (lambda: moons(noise=-0.1), "moons: noise must be at least 0 and finite, got -0.1"),
        (lambda: xor(8, noise=math.nan), "xor: noise must be at least 0 and finite, got nan"),
        (lambda: circles(factor=1.0), "the inner circle has a factor between 0 and 1, got 1.0"),
        (lambda: curve(low=1.0, high=1.0), "low is 1.0 and high is 1.0: low must be below high"),
        (lambda: curve(lambda x: math.inf), "must be finite, got inf"),
        (lambda: curve(low=math.nan), "curve: low must be finite, got nan"),
        (lambda: spirals(turns=math.inf), "spirals: turns must be finite, got inf"),
    ],
    ids=range(9),
)
def test_data_that_cannot_be_made_are_refused(make: Callable[[], Data], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_a_number_of_points_is_whole() -> None:
    with pytest.raises(ValueError, match=r"moons: n must be a whole number .*, got float 10\.0"):
        moons(10.0)  # type: ignore[arg-type]  # that is the point


# Any data in one form ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "inputs",
    [
        [[1.0, 2.0], [3.0, 4.0]],
        ((1.0, 2.0), (3.0, 4.0)),
        np.array([[1.0, 2.0], [3.0, 4.0]]),
        [np.array([1.0, 2.0]), (np.float64(3.0), 4.0)],
    ],
    ids=["lists", "tuples", "array", "mixed"],
)
def test_rows_become_lists_of_plain_numbers(inputs: Any) -> None:
    rows, _ = examples((inputs, [0, 1]), "here")
    assert rows == [[1.0, 2.0], [3.0, 4.0]]
    assert {type(x) for row in rows for x in row} == {float}
    assert {type(row) for row in rows} == {list}


@pytest.mark.parametrize("inputs", [[1.5, 2.5], np.array([1.5, 2.5]), [[1.5], [2.5]]], ids=range(3))
def test_a_row_of_one_number_may_be_written_as_the_number(inputs: Any) -> None:
    assert examples((inputs, [0, 1]), "here").inputs == [[1.5], [2.5]]


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        ([0, 1], [0, 1]),
        (np.array([0, 1]), [0, 1]),
        ([np.int64(0), True], [0, 1]),
        ([0.0, 1.0], [0.0, 1.0]),
        ([0, 0.5], [0.0, 0.5]),
        (np.array([[2.0], [4.0]]), [2.0, 4.0]),
        ([[0, 1], (1, 0)], [[0, 1], [1, 0]]),
    ],
    ids=range(7),
)
def test_labels_stay_ints_and_other_targets_floats_or_rows(targets: Any, expected: Any) -> None:
    found = examples(([[1.0], [2.0]], targets), "here").targets
    assert found == expected
    assert [type(x) for x in found] == [type(x) for x in expected]


def test_the_data_of_the_caller_are_not_changed_and_not_shared() -> None:
    rows, labels = [[1.0, 2.0]], [0]
    found = examples((rows, labels), "here")
    found.inputs[0][0] = 5.0
    found.targets[0] = 1
    assert (rows, labels) == ([[1.0, 2.0]], [0])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (([[1.0]] * 100, [0] * 99), "here: 100 rows and 99 targets: each row needs one target"),
        (([], []), "here: inputs: there are none"),
        (([[1, 2], [3, 4], [5]], [0] * 3), "here: inputs: row 2 has 1 number, but row 0 has 2"),
        (([[], []], [0, 1]), "here: inputs: row 0 has 0 numbers, but each row needs at least one"),
        (([[1.0], [2.0]], [0, [1, 2]]), "here: targets: row 1 has 2 numbers, but row 0 has 1"),
        (([[1.0], [math.nan]], [0, 1]), "here: inputs: row 1 must be finite, got nan"),
        (([[1.0], [2.0]], [0.0, -math.inf]), "here: targets: row 1 must be finite, got -inf"),
    ],
    ids=range(7),
)
def test_unfit_data_are_refused_with_their_numbers(data: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        examples(data, "here")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (([["1"]], [0]), "here: inputs: row 0: expected a real number, got str '1'"),
        ((5, [0]), "here: inputs: expected a list, a tuple or an array, got int 5"),
        ([([1.0], 0)] * 3, r"here: expected a pair \(inputs, targets\), got a list of 3; .*zip"),
        (None, "here: expected a pair .*, got None"),
        ((np.zeros((2, 8, 8)), [0, 1]), "here: inputs: row 0 holds lists, .* optimizer.minimize"),
        ((3.0, [0]), "here: inputs: expected a list, a tuple or an array, got float 3.0"),
        (0.25, r"here: expected a pair \(inputs, targets\), got float 0.25"),
    ],
    ids=range(7),
)
def test_what_is_no_data_is_refused(data: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        examples(data, "here")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (Data([[1.0, 2.0]] * 3, [0, 2, 1]), "Data(3 rows of 2 numbers, labels from 0 to 2)"),
        (Data([[1.0]], [0.25]), "Data(1 row of 1 number, targets from 0.25 to 0.25)"),
        (Data([[1.0]], [[0.0, 1.0]]), "Data(1 row of 1 number, targets of 2 numbers)"),
    ],
    ids=["labels", "numbers", "rows"],
)
def test_data_print_briefly(data: Data, text: str) -> None:
    assert repr(data) == text


# Parts ------------------------------------------------------------------------------------------


def test_batches_hold_every_example_once_with_its_target() -> None:
    data = [*range(10)], [10 * x for x in range(10)]
    found = list(batches(data, 4, rng=0))
    assert [len(x) for x, _ in found] == [4, 4, 2]
    pairs = [(row[0], target) for x, y in found for row, target in zip(x, y, strict=True)]
    assert pairs != sorted(pairs)
    assert sorted(pairs) == [(x, 10 * x) for x in range(10)]


def test_one_generator_shuffles_the_batches_of_each_epoch_anew() -> None:
    rng, data = Random(0), moons(50, rng=0)
    assert list(batches(data, 10, rng=rng)) != list(batches(data, 10, rng=rng))


def test_one_batch_holds_all_if_its_size_is_more_than_there_are() -> None:
    assert list(batches(([1, 2], [0, 1]), 32, shuffle=False)) == [([[1], [2]], [0, 1])]


def test_a_batch_of_none_is_refused_at_once() -> None:
    with pytest.raises(
        ValueError, match="batches: size must be a whole number from 1 on, got int 0"
    ):
        batches(moons(10), 0)


@pytest.mark.parametrize(("part", "count"), [(0.25, 25), (0.019, 2), (30, 30)], ids=range(3))
def test_a_split_holds_out_a_fraction_or_a_number(part: float, count: int) -> None:
    data = moons(100, rng=0)
    train, validation = split(data, part, rng=1)
    assert len(validation.inputs) == count
    assert sorted(train.inputs + validation.inputs) == sorted(data.inputs)
    own = {tuple(row): target for row, target in zip(*data, strict=True)}
    for x, y in (train, validation):
        assert [own[tuple(row)] for row in x] == y


@pytest.mark.parametrize("part", [0.0, 0.001, 1.0, 0, 100, -5, 2.5], ids=str)
def test_a_split_that_leaves_one_side_empty_is_refused(part: float) -> None:
    with pytest.raises(ValueError, match=r"split: validation=.* of 100 examples leaves .* to"):
        split(moons(100, rng=0), part)


@pytest.mark.parametrize("part", [math.nan, math.inf], ids=str)
def test_a_part_to_hold_out_is_finite(part: float) -> None:
    with pytest.raises(ValueError, match=f"split: validation must be finite, got {part}"):
        split(moons(100, rng=0), part)


def test_the_range_of_a_single_number_is_wider_than_nothing() -> None:
    low, high = limits([3.0, 3.0])
    assert low < 3.0 < high
