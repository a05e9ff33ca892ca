"""BatchNorm, LayerNorm and RMSNorm: their formulas, gradients and running numbers."""

from __future__ import annotations

import json
from itertools import chain
from math import fsum, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograd import Value, dot, gradcheck, no_grad
from nn import Layer, Sequential
from nn.blocks import BatchNorm, LayerNorm, RMSNorm

TORCH = json.loads(
    (Path(__file__).parents[1] / "data" / "torch_blocks" / "blocks.json").read_text("utf-8")
)
ROWS = [[1.0, -4.0], [3.0, 0.5], [8.0, 5.0]]


def data(rows: list[list[Value]]) -> list[list[float]]:
    return [[y.data for y in row] for row in rows]


def close(ours: Any, theirs: Any) -> bool:
    """Whether numbers, or rows of them, agree within 1e-12."""
    return np.shape(ours) == np.shape(theirs) and np.allclose(ours, theirs, rtol=0.0, atol=1e-12)


def grads(rows: Any) -> Any:
    return [grads(row) for row in rows] if isinstance(rows, list) else rows.grad


def leaves(rows: list[list[float]]) -> list[list[Value]]:
    return [[Value(x) for x in row] for row in rows]


def filled(norm: Any, case: dict[str, Any]) -> Any:
    """The layer with the gains and biases of a case of PyTorch's."""
    norm.gain = [Value(g) for g in case["gain"]]
    if "bias" in case:
        norm.bias = [Value(b) for b in case["bias"]]
    return norm


def check(norm: Any, case: dict[str, Any]) -> None:
    """Hold outputs and gradients of a batch against PyTorch's."""
    norm.zero_grad()
    rows = leaves(case["rows"])
    outs = norm.batch(rows)
    dot(chain(*outs), chain(*case["weights"])).backward()
    assert close(data(outs), case["outs"])
    assert close(grads(rows), case["rows_grad"])
    assert close(grads(norm.gain), case["gain_grad"])
    if "bias_grad" in case:
        assert close(grads(norm.bias), case["bias_grad"])


# BatchNorm ----------------------------------------------------------------------------------------


def test_batch_norm_in_training_follows_its_formula() -> None:
    norm = BatchNorm(2, epsilon=0.5)
    norm.gain[1].data, norm.bias[1].data = 3.0, -1.0
    mean, variance = 0.5, (4.5**2 + 0.0**2 + 4.5**2) / 3  # of the second numbers of the rows
    expected = [3.0 * (x - mean) / sqrt(variance + 0.5) - 1.0 for x in (-4.0, 0.5, 5.0)]
    assert [row[1] for row in data(norm.batch(ROWS))] == expected


def test_batch_norm_makes_a_mean_of_0_and_a_variance_of_1() -> None:
    for column in zip(*data(BatchNorm(2, epsilon=1e-12).batch(ROWS)), strict=True):
        assert fsum(column) == pytest.approx(0.0, abs=1e-12)
        assert fsum(y * y for y in column) / 3 == pytest.approx(1.0, rel=1e-11)


def test_batch_norm_remembers_mean_and_unbiased_variance() -> None:
    norm = BatchNorm(2, momentum=0.25)
    norm.batch(ROWS)
    first = fsum((x - 4.0) ** 2 for x in (1.0, 3.0, 8.0)) / 2
    second = fsum((x - 0.5) ** 2 for x in (-4.0, 0.5, 5.0)) / 2
    assert norm.running_mean == [0.25 * 4.0, 0.25 * 0.5]
    assert norm.running_variance == pytest.approx([0.75 + 0.25 * first, 0.75 + 0.25 * second])


def test_batch_norm_with_momentum_1_remembers_the_last_batch_alone() -> None:
    norm = BatchNorm(2, momentum=1.0)
    norm.batch([[9.0, 9.0], [7.0, 1.0]])
    norm.batch([[1.0, -1.0], [5.0, 1.0]])
    assert (norm.running_mean, norm.running_variance) == ([3.0, 0.0], [8.0, 2.0])


def test_batch_norm_in_use_follows_its_formula_with_the_running_numbers() -> None:
    norm = BatchNorm(2, epsilon=0.5).eval()
    norm.running_mean[:], norm.running_variance[:] = [1.0, 2.0], [3.5, 8.5]
    norm.gain[1].data, norm.bias[1].data = 3.0, -1.0
    assert [y.data for y in norm([5.0, 4.0])] == [2.0, 1.0]


def test_batch_norm_in_use_gives_a_row_the_same_in_any_batch() -> None:
    norm = BatchNorm(2)
    norm.batch(ROWS)
    norm.eval()
    assert data(norm.batch(ROWS)) == data([norm(row) for row in ROWS])


def test_batch_norm_in_use_measures_nothing() -> None:
    norm = BatchNorm(2).eval()
    norm.batch(ROWS)
    assert (norm.running_mean, norm.running_variance) == ([0.0, 0.0], [1.0, 1.0])


def test_batch_norm_permutes_its_outputs_with_its_rows() -> None:
    rows = [[1.0, -4.0], [3.0, 0.5], [8.0, 5.0], [0.0, 1.5]]
    order = [2, 0, 3, 1]
    outs = data(BatchNorm(2).batch(rows))
    shuffled = data(BatchNorm(2).batch([rows[i] for i in order]))
    assert close(shuffled, [outs[i] for i in order])


def test_the_running_numbers_are_plain_floats_also_after_recorded_inputs() -> None:
    norm = BatchNorm(2)
    norm.batch(leaves(ROWS))
    assert {type(x) for x in norm.running_mean + norm.running_variance} == {float}


def test_batch_norm_measures_without_recording_too() -> None:
    norm, recording = BatchNorm(2), BatchNorm(2)
    with no_grad():
        norm.batch(ROWS)
    recording.batch(ROWS)
    assert norm.state_dict() == recording.state_dict()


@pytest.mark.parametrize("batch", range(3))
def test_batch_norm_in_training_agrees_with_pytorch(batch: int) -> None:
    case = TORCH["batch_norm"]
    norm = filled(BatchNorm(3, case["momentum"], case["epsilon"]), case)
    for earlier in case["training"][:batch]:
        norm.batch(earlier["rows"])
    check(norm, case["training"][batch])
    assert close(norm.running_mean, case["training"][batch]["running_mean"])
    assert close(norm.running_variance, case["training"][batch]["running_variance"])


def test_batch_norm_in_use_agrees_with_pytorch() -> None:
    case = TORCH["batch_norm"]
    norm = filled(BatchNorm(3, case["momentum"], case["epsilon"]), case)
    for batch in case["training"]:
        norm.batch(batch["rows"])
    check(norm.eval(), case["use"])


def test_gradients_flow_through_the_mean_and_the_variance_of_a_batch() -> None:
    # A shift of the whole batch, or a stretch, changes no output: all that is left is epsilon.
    xs = leaves([[1.0], [3.0], [8.0]])
    dot((y for (y,) in BatchNorm(1, epsilon=1e-12).batch(xs)), [1.0, -2.0, 5.0]).backward()
    shift = sum(x.grad for (x,) in xs)
    stretch = sum(x.grad * (x.data - 4.0) for (x,) in xs)
    assert (shift, stretch) == pytest.approx((0.0, 0.0), abs=1e-10)


@pytest.mark.parametrize("training", [True, False], ids=["training", "use"])
def test_the_gradients_of_batch_norm_are_right(training: bool) -> None:
    norm = BatchNorm(2, epsilon=0.1).train(training)

    def outputs(rows: Any, gain: Any, bias: Any) -> Any:
        norm.gain, norm.bias = gain, bias
        return norm.batch(rows)

    assert gradcheck(outputs, ROWS, [1.5, -0.5], [0.25, 2.0], order=2)


def test_batch_norm_in_training_needs_a_batch() -> None:
    norm = BatchNorm(2)
    with pytest.raises(ValueError, match=r"BatchNorm\(2\) in training .* call model.batch\(rows\)"):
        norm([1.0, 2.0])


@pytest.mark.parametrize("rows", [[], [[1.0, 2.0]]], ids=["no row", "one row"])
def test_batch_norm_in_training_needs_two_rows(rows: list[list[float]]) -> None:
    with pytest.raises(ValueError, match=f"a batch of at least 2 rows, .* got {len(rows)}"):
        BatchNorm(2).batch(rows)


def test_a_row_of_another_length_is_an_error_and_nothing_is_measured() -> None:
    norm = BatchNorm(2)
    with pytest.raises(ValueError, match=r"BatchNorm\(2\) has 2 inputs, and got 3 numbers"):
        norm.batch([[1.0, 2.0], [1.0, 2.0, 3.0]])
    assert (norm.running_mean, norm.running_variance) == ([0.0, 0.0], [1.0, 1.0])


@pytest.mark.parametrize("momentum", [-0.1, 1.5])
def test_momentum_is_from_0_to_1(momentum: float) -> None:
    with pytest.raises(ValueError, match=f"momentum must be from 0 to 1, got {momentum}"):
        BatchNorm(2, momentum)


# LayerNorm and RMSNorm ----------------------------------------------------------------------------


def test_layer_norm_follows_its_formula() -> None:
    norm = LayerNorm(3, epsilon=0.5)
    for i in range(3):
        norm.gain[i].data, norm.bias[i].data = [2.0, -1.0, 0.5][i], [0.0, 1.0, 3.0][i]
    root = sqrt((3.0**2 + 1.0**2 + 4.0**2) / 3 + 0.5)  # the mean of 1, 3, 8 is 4
    assert [y.data for y in norm([1.0, 3.0, 8.0])] == pytest.approx(
        [2.0 * -3.0 / root, -1.0 * -1.0 / root + 1.0, 0.5 * 4.0 / root + 3.0], rel=1e-15
    )


def test_rms_norm_follows_its_formula() -> None:
    norm = RMSNorm(3, epsilon=0.5)
    for i in range(3):
        norm.gain[i].data = [2.0, -1.0, 0.5][i]
    root = sqrt((1.0**2 + 3.0**2 + 8.0**2) / 3 + 0.5)
    assert [y.data for y in norm([1.0, 3.0, 8.0])] == pytest.approx(
        [2.0 * 1.0 / root, -1.0 * 3.0 / root, 0.5 * 8.0 / root], rel=1e-15
    )


def test_rms_norm_without_a_scale_is_that_with_gains_of_1_and_learns_nothing() -> None:
    row = [Value(1.0), Value(3.0), Value(8.0)]
    assert data([RMSNorm(3, scale=False)(row)]) == data([RMSNorm(3)(row)])
    assert RMSNorm(3, scale=False).parameters() == []


def test_layer_norm_agrees_with_pytorch() -> None:
    case = TORCH["layer_norm"]
    check(filled(LayerNorm(5, case["epsilon"]), case), case)


def test_rms_norm_agrees_with_pytorch() -> None:
    case = TORCH["rms_norm"]
    check(filled(RMSNorm(5, case["epsilon"]), case), case)


@pytest.mark.parametrize("kind", [LayerNorm, RMSNorm])
def test_a_norm_of_a_row_is_the_same_in_training_in_use_and_in_a_batch(kind: type[Any]) -> None:
    norm = kind(2)
    trained = data(norm.batch(ROWS))
    assert trained == data([norm(row) for row in ROWS]) == data(norm.eval().batch(ROWS))


def test_the_gradients_of_layer_norm_are_right() -> None:
    norm = LayerNorm(3)

    def outputs(row: Any, gain: Any, bias: Any) -> Any:
        norm.gain, norm.bias = gain, bias
        return norm(row)

    assert gradcheck(outputs, [1.0, -3.0, 0.5], [1.5, -0.5, 1.0], [0.25, 2.0, 0.0], order=2)


def test_the_gradients_of_rms_norm_are_right() -> None:
    norm = RMSNorm(3)

    def outputs(row: Any, gain: Any) -> Any:
        norm.gain = gain
        return norm(row)

    assert gradcheck(outputs, [1.0, -3.0, 0.5], [1.5, -0.5, 1.0], order=2)


# All of them --------------------------------------------------------------------------------------

NORMS = pytest.mark.parametrize("kind", [BatchNorm, LayerNorm, RMSNorm])


@NORMS
def test_epsilon_keeps_numbers_that_are_all_0_at_0(kind: type[Any]) -> None:
    assert data(kind(2).batch([[0.0, 0.0], [0.0, 0.0]])) == [[0.0, 0.0], [0.0, 0.0]]


@NORMS
def test_rows_may_be_an_array(kind: type[Any]) -> None:
    assert data(kind(2).batch(np.array(ROWS))) == data(kind(2).batch(ROWS))


@NORMS
def test_a_row_must_have_n_numbers(kind: type[Any]) -> None:
    with pytest.raises(ValueError, match=r"Norm\(2\) has 2 inputs, and got 3 numbers"):
        kind(2).eval()([1.0, 2.0, 3.0])


@NORMS
@pytest.mark.parametrize("n", [0, 2.5, True])
def test_n_must_be_a_whole_number_from_1_on(kind: type[Any], n: Any) -> None:
    with pytest.raises(ValueError, match=f"{kind.__name__}: n must be a whole number from 1 on"):
        kind(n)


@NORMS
@pytest.mark.parametrize("epsilon", [0.0, -1.0])
def test_epsilon_must_be_positive(kind: type[Any], epsilon: float) -> None:
    with pytest.raises(ValueError, match=f"{kind.__name__}: epsilon must be positive"):
        kind(2, epsilon=epsilon)


@NORMS
def test_a_norm_prints_as_it_is_written(kind: type[Any]) -> None:
    assert repr(kind(2)) == f"{kind.__name__}(2)"
    assert repr(kind(2, epsilon=0.5)) == f"{kind.__name__}(2, epsilon=0.5)"


def test_momentum_and_scale_are_printed_where_they_are_not_the_usual_ones() -> None:
    assert repr(BatchNorm(2, momentum=0.5)) == "BatchNorm(2, momentum=0.5)"
    assert repr(RMSNorm(2, scale=False)) == "RMSNorm(2, scale=False)"


# In a model ---------------------------------------------------------------------------------------


def test_the_state_of_batch_norm_includes_its_running_numbers() -> None:
    norm = BatchNorm(1, momentum=1.0)
    norm.batch([[1.0], [5.0]])
    assert norm.state_dict() == {
        "gain.0": 1.0,
        "bias.0": 0.0,
        "running_mean.0": 3.0,
        "running_variance.0": 8.0,
    }


def test_a_loaded_model_gives_the_numbers_of_the_saved_one() -> None:
    def model(rng: int) -> Sequential:
        return Sequential(Layer(2, 3, rng=rng), BatchNorm(3), LayerNorm(3), RMSNorm(3))

    trained, loaded = model(0), model(1)
    trained.batch(ROWS)
    loaded.load_state_dict(trained.state_dict())
    assert data(loaded.eval().batch(ROWS)) == data(trained.eval().batch(ROWS))


def test_a_chain_in_training_sends_the_whole_batch_through_batch_norm() -> None:
    layer = Layer(2, 3, rng=0)
    expected = BatchNorm(3).batch(layer.batch(ROWS))
    assert data(Sequential(layer, BatchNorm(3)).batch(ROWS)) == data(expected)


def test_train_and_eval_reach_batch_norm_in_a_chain() -> None:
    model = Sequential(Layer(2, 3, rng=0), BatchNorm(3))
    assert len(model.eval()([1.0, 2.0])) == 3
    with pytest.raises(ValueError, match="in training takes the mean over the rows of a batch"):
        model.train()([1.0, 2.0])


def test_each_norm_is_a_line_of_the_summary() -> None:
    model = Sequential(BatchNorm(3), LayerNorm(3), RMSNorm(3), RMSNorm(3, scale=False))
    assert repr(model.summary()).splitlines() == [
        "layer     kind       shape   parameters",
        "layers.0  BatchNorm  3 -> 3           6",
        "layers.1  LayerNorm  3 -> 3           6",
        "layers.2  RMSNorm    3 -> 3           3",
        "layers.3  RMSNorm    3 -> 3           0",
        "total                                15",
    ]
