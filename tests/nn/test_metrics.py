"""Metrics: what counts as right, and what is refused."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from autograd import Value
from nn import MLP, accuracy, confusion_matrix, predictions, r2

if TYPE_CHECKING:
    from collections.abc import Callable

# Accuracy ---------------------------------------------------------------------------------------


def test_a_logit_above_zero_names_class_one_and_zero_itself_class_zero() -> None:
    assert accuracy([0.1, 0.0, -0.1], [1, 0, 0]) == 1.0


def test_a_probability_names_class_one_above_a_threshold_of_a_half() -> None:
    assert accuracy([0.9, 0.5, 0.1], [1, 0, 0], threshold=0.5) == 1.0


def test_a_row_names_the_class_of_its_largest_number_and_at_a_tie_the_first() -> None:
    assert accuracy([[1.0, 3.0, 2.0], [0.0, 5.0, 5.0]], [1, 1]) == 1.0


@pytest.mark.parametrize(
    "outputs",
    [
        [Value(2.0), Value(-1.0)],
        [[2.0], [-1.0]],
        np.array([2.0, -1.0]),
        [[Value(-2.0), Value(2.0)], [Value(1.0), Value(-1.0)]],
        [np.array([0.0, 1.0]), np.array([1.0, 0.0])],
    ],
    ids=["Values", "rows of one", "array", "rows of Values", "rows that are arrays"],
)
def test_predictions_may_be_values_floats_and_arrays(outputs: Any) -> None:
    assert accuracy(outputs, [1, 0]) == 1.0
    assert accuracy(outputs, [0, 0]) == 0.5


@pytest.mark.parametrize(
    "targets",
    [[1, 0], [1.0, 0.0], [1, -1], [True, False], [[0, 1], [1, 0]], np.array([1, 0])],
    ids=["ints", "floats", "signs", "bools", "one-hot", "array"],
)
def test_targets_of_two_classes_may_be_labels_signs_or_one_hot(targets: Any) -> None:
    assert accuracy([2.0, -1.0], targets) == 1.0
    assert accuracy([[0.0, 2.0], [2.0, 0.0]], targets) == 1.0


@pytest.mark.parametrize("metric", [accuracy, confusion_matrix, r2])
def test_as_many_predictions_as_targets_are_needed(metric: Callable[..., object]) -> None:
    with pytest.raises(ValueError, match=f"{metric.__name__}: got 3 predictions and 2 targets"):
        metric([1.0, 2.0, 3.0], [1, 0])
    with pytest.raises(ValueError, match=f"{metric.__name__}: got 0 predictions and 0 targets"):
        metric([], [])


@pytest.mark.parametrize(
    ("outputs", "targets", "message"),
    [
        ([1.0, 2.0], [1, 2], "target 1 is 2, of classes 0 to 1"),
        ([[1.0, 2.0, 3.0]], [-1], "target 0 is -1, of classes 0 to 2"),
        ([1.0], [0.5], "target 0 is 0.5, of classes 0 to 1"),
        ([[1.0, 2.0, 3.0]], [[0, 1]], "target 0 has 2 numbers for 3 classes"),
        (
            [[1.0, 2.0], [1.0, 2.0, 3.0]],
            [0, 1],
            "prediction 1 is for 3 classes, not 2",
        ),
        ([1.0, math.nan], [0, 1], "prediction 1 is nan, which is in no class"),
        ([[]], [0], "prediction 0 is empty"),
    ],
    ids=range(7),
)
def test_what_has_no_class_is_refused_with_its_numbers(
    outputs: Any, targets: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        accuracy(outputs, targets)


def test_a_prediction_that_is_no_number_is_refused() -> None:
    with pytest.raises(
        TypeError, match="accuracy: prediction 1: expected a real number, got str 'a'"
    ):
        accuracy([1.0, "a"], [1, 0])  # type: ignore[list-item]  # that is the point


@pytest.mark.parametrize("wrong", [None, 1.0, "text"], ids=str)
@pytest.mark.parametrize("metric", [accuracy, confusion_matrix, r2])
def test_what_is_no_list_of_predictions_is_refused(
    metric: Callable[..., object], wrong: object
) -> None:
    with pytest.raises(TypeError, match="expected a list of predictions and one of targets, got"):
        metric(wrong, [1])


# Confusion --------------------------------------------------------------------------------------


def test_rows_are_true_classes_and_columns_what_the_model_said() -> None:
    outputs = [[9, 0, 0], [0, 9, 0], [0, 9, 0], [0, 0, 9]]
    matrix = confusion_matrix(outputs, [0, 0, 1, 2])
    assert matrix == ((1, 1, 0), (0, 1, 0), (0, 0, 1))
    assert matrix[0][1] == 1


def test_a_class_that_does_not_occur_has_its_row_all_the_same() -> None:
    assert confusion_matrix([1.0, 2.0], [1, 1]) == ((0, 0), (0, 2))


def test_the_columns_of_a_printed_matrix_are_aligned() -> None:
    matrix = confusion_matrix([1.0] * 120 + [-1.0] * 3, [1] * 115 + [0] * 8)
    assert repr(matrix) == "said        0    1\ntrue   0    3    5\ntrue   1    0  115"


# r2 ---------------------------------------------------------------------------------------------


def test_r2_is_one_for_perfect_predictions_and_zero_for_the_mean() -> None:
    assert r2([Value(1.0), 2.0, 3.0], [1.0, 2.0, 3.0]) == 1.0
    assert r2([2.0, 2.0, 2.0], [1, 2, 3]) == 0.0


def test_r2_is_negative_for_what_is_worse_than_the_mean() -> None:
    assert r2([3.0, 2.0, 1.0], [1.0, 2.0, 3.0]) == -3.0


def test_r2_of_targets_that_are_all_the_same_is_refused() -> None:
    with pytest.raises(ValueError, match=r"all of the 3 targets are 0\.1, .* spread"):
        r2([1.0, 2.0, 3.0], [0.1, 0.1, 0.1])


def test_r2_of_predictions_without_bounds_is_minus_infinity() -> None:
    assert r2([1e200, 2.0], [1.0, 2.0]) == -math.inf


@pytest.mark.parametrize("size", [1e200, 1e-200])
def test_r2_of_targets_whose_squares_are_no_floats_is_refused_and_the_way_out_is_named(
    size: float,
) -> None:
    with pytest.raises(ValueError, match=r"the spread of the targets is .*: multiply all"):
        r2([1.0 * size, 2.0 * size], [2.0 * size, 3.0 * size])
    assert r2([1.0, 2.0], [2.0, 3.0]) == -3.0


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_r2_names_a_target_that_is_not_finite(bad: float) -> None:
    with pytest.raises(ValueError, match=f"r2: target 1 must be finite, got {bad}"):
        r2([1.0, 2.0], [1.0, bad])


def test_r2_takes_one_number_an_example() -> None:
    with pytest.raises(
        TypeError, match="r2: prediction 0: expected a real number, got a list of 2"
    ):
        r2([[1.0, 2.0]], [1.0])


# Predictions ------------------------------------------------------------------------------------


def test_predictions_are_plain_numbers() -> None:
    (one,) = predictions(MLP(2, [3, 1], rng=0), [[1.0, 2.0]])
    (row,) = predictions(MLP(2, [3, 2], rng=0), [[1.0, 2.0]])
    assert type(one) is float
    assert isinstance(row, list)
    assert [type(x) for x in row] == [float, float]


def test_predictions_are_made_in_use_without_record_and_the_mode_is_restored() -> None:
    seen = []

    class Spy(MLP):
        def batch(self, rows: Any) -> list[Any]:
            out = super().batch(rows)
            seen.append((self.training, out[0].parents))
            return out

    model = Spy(2, [1], rng=0)
    model.layers[0].training = False  # type: ignore[union-attr]  # frozen by its owner
    predictions(model, [[1.0, 2.0]])
    assert seen == [(False, ())]
    assert [part.training for _, part in model.named_modules()] == [True, False, True]


def test_the_mode_is_restored_after_an_error_too() -> None:
    model = MLP(2, [1], rng=0)
    with pytest.raises(ValueError, match="2 inputs"):
        predictions(model, [[1.0]])
    assert model.training


def test_a_plain_function_is_a_model_too() -> None:
    assert predictions(lambda row: row[0] + row[1], [[1.0, 2.0]]) == [3.0]
