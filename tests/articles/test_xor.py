"""A logistic unit on XOR: two mistakes that a gradient check finds, and a task that it cannot do.

One unit with three inputs, the third always 1, a mean squared error, 1000 steps of 0.01, written in
NumPy. Its program runs to the end without a complaint. What it computes is wrong in two ways, and
were it right, one unit could still not represent XOR; two layers can.
"""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pytest

from autograd import Value, dot, gradcheck, mul, sigmoid
from autograd.core.graph import topological
from nn import (
    MLP,
    accuracy,
    batches,
    binary_cross_entropy,
    binary_cross_entropy_from_logits,
    mse,
    predictions,
    xor,
)
from nn.optim import SGD
from nn.train import fit

Array = np.ndarray[Any, Any]

X = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 1.0]])
FLAT = np.array([0.0, 1.0, 1.0, 0.0])
COLUMN = FLAT.reshape(4, 1)


def unit(w: Array) -> Array:
    """The unit's answers to all rows. It runs on floats and on Values alike."""
    return 1.0 / (1.0 + np.exp(-(X @ w)))


def start(seed: int) -> Array:
    return np.random.default_rng(seed).normal(size=(3, 1))


def mean_squared_error(w: Array) -> Any:
    return ((unit(w) - COLUMN) ** 2).mean()


def gradient(w: Array) -> Array:
    """Its gradient, as it should be."""
    a = unit(w)
    return X.T @ ((a - COLUMN) * a * (1.0 - a)) * (2.0 / 4.0)


# The first mistake: the derivative of the sigmoid is left out -------------------------------------


def without_the_derivative(w: Array) -> Array:
    return X.T @ (unit(w) - COLUMN) * (2.0 / 4.0)


def test_the_gradient_check_finds_every_entry_wrong_where_the_derivative_is_left_out() -> None:
    report = gradcheck(mean_squared_error, start(0), against=without_the_derivative)
    assert [entry.path for entry in report.failures] == [f"argument 0[{i}][0]" for i in range(3)]


def test_the_gradient_check_says_that_a_factor_is_missing() -> None:
    report = gradcheck(mean_squared_error, start(0), against=without_the_derivative)
    assert "have the right sign, and are 4.24 to 4.64 times the right ones" in str(report)
    assert "a factor that differs from case to case may be missing" in report.notes[0]


def test_with_the_factor_a_times_1_minus_a_the_gradient_is_right() -> None:
    assert gradcheck(mean_squared_error, start(0), against=gradient)


def test_the_gradient_without_it_belongs_to_another_loss_the_cross_entropy() -> None:
    def cross_entropy(w: Array) -> Value:
        return 2.0 * binary_cross_entropy(unit(w).tolist(), COLUMN.tolist())

    assert gradcheck(cross_entropy, start(0), against=without_the_derivative)


# The second mistake: targets of shape (4,) beside answers of shape (4, 1) -------------------------


def broadcast(w: Array) -> Array:
    """The change of the weights where the targets are a flat array; both mistakes at once."""
    return X.T @ (unit(w) - FLAT)


def test_numpy_stretches_four_errors_to_sixteen_and_three_weights_to_twelve() -> None:
    w = start(0)
    assert (unit(w) - FLAT).shape == (4, 4)
    assert (w - 0.01 * broadcast(w)).shape == (3, 4)


def test_the_program_then_reports_a_loss_that_no_unit_can_reach() -> None:
    w = start(0)
    for _ in range(1000):
        w = w - 0.01 * broadcast(w)
    assert w.shape == (3, 4)
    assert ((unit(w) - FLAT) ** 2).mean() < 0.001
    # Each of the four columns has learnt the target of one row, and gives it for every row.
    assert unit(w).round().tolist() == [FLAT.tolist()] * 4


def test_the_gradient_check_refuses_a_gradient_of_another_shape_and_tells_both() -> None:
    report = gradcheck(mean_squared_error, start(0), against=broadcast)
    assert not report
    assert report.objections == [
        "The gradient by hand for argument 0 has shape (3, 4), the argument has (3, 1). Did arrays "
        "of different shapes meet on the way? An (n,) beside an (n, 1) broadcasts to (n, n); give "
        "both the same shape."
    ]


@pytest.mark.parametrize("loss", [mse, binary_cross_entropy])
def test_our_losses_stretch_nothing_and_refuse_a_row_beside_a_number(loss: Any) -> None:
    with pytest.raises(ValueError, match="got a list of 1 and for it float"):
        loss(unit(start(0)).tolist(), FLAT.tolist())


# One unit cannot represent XOR --------------------------------------------------------------------


def test_the_outer_two_answers_and_the_inner_two_have_the_same_sum_whatever_the_weights() -> None:
    rng = Random(0)
    for _ in range(1000):  # whole numbers: exactly
        z = X @ np.array([rng.randint(-99, 99) for _ in range(3)])
        assert z[0] + z[3] == z[1] + z[2]
        # So z cannot be below 0 at the outer two and above at the inner two.
        assert ((z > 0.0) == FLAT).sum() <= 3


def test_no_weights_make_the_mean_squared_error_smaller_than_a_quarter() -> None:
    rng = np.random.default_rng(0)
    for size in (0.1, 1.0, 10.0, 100.0):
        losses = [mean_squared_error(rng.normal(size=(3, 1)) * size) for _ in range(500)]
        assert min(losses) >= 0.25
    assert mean_squared_error(np.zeros((3, 1))) == 0.25


def trained_unit(seed: int, steps: int, lr: float) -> tuple[float, list[float]]:
    """The loss that the unit ends with when its gradient is right, and its four answers."""
    w = [Value(x) for x in start(seed).ravel()]

    def answers() -> list[Value]:
        return [sigmoid(dot(w, x)) for x in X]

    optimizer = SGD(w, lr)
    for _ in range(steps):
        optimizer.minimize(lambda: mse(answers(), FLAT))
    return mse(answers(), FLAT).data, [a.data for a in answers()]


@pytest.mark.parametrize("seed", range(5))
def test_with_the_right_gradient_the_unit_does_not_learn_xor_either(seed: int) -> None:
    loss, answers = trained_unit(seed, steps=1000, lr=0.01)
    assert 0.25 <= loss < 0.3
    assert accuracy(answers, FLAT.tolist(), threshold=0.5) <= 0.75


def test_trained_for_longer_the_unit_answers_one_half_to_everything() -> None:
    loss, answers = trained_unit(seed=0, steps=1000, lr=2.0)
    assert loss == pytest.approx(0.25, abs=1e-12)
    assert answers == pytest.approx([0.5, 0.5, 0.5, 0.5], abs=1e-9)


# Two layers can ----------------------------------------------------------------------------------

CORNERS = xor()


def trained(model: MLP, lr: float, steps: int) -> float:
    """The loss after so many steps, each with all four rows."""
    optimizer = SGD(model.parameters(), lr)
    for _ in range(steps):
        optimizer.minimize(lambda: mse(model.batch(CORNERS.inputs), CORNERS.targets))
    return mse(model.batch(CORNERS.inputs), CORNERS.targets).data


@pytest.mark.parametrize("seed", range(5))
def test_a_perceptron_with_four_hidden_neurons_answers_all_four_right(seed: int) -> None:
    model = MLP(2, [4, 1], "tanh", output="sigmoid", rng=seed)
    assert trained(model, lr=1.0, steps=1000) < 0.01
    assert accuracy(predictions(model, CORNERS.inputs), CORNERS.targets, threshold=0.5) == 1.0


def test_the_best_of_all_weights_are_not_always_found() -> None:
    assert trained(MLP(2, [2, 1], "sigmoid", output="sigmoid", rng=0), lr=2.0, steps=3000) < 0.002
    model = MLP(2, [2, 1], "sigmoid", output="sigmoid", rng=9)
    assert trained(model, lr=2.0, steps=3000) > 0.125
    assert predictions(model, CORNERS.inputs) == pytest.approx([0.0, 1.0, 0.5, 0.5], abs=0.03)


# Mini-batches, and what a step costs --------------------------------------------------------------


def test_the_gradients_of_the_mini_batches_of_an_epoch_have_the_whole_gradient_as_their_mean() -> (
    None
):
    model, data = MLP(2, [4, 1], rng=0), xor(80, rng=0)

    def gradient_of(rows: Any, targets: Any) -> Array:
        model.zero_grad()
        binary_cross_entropy_from_logits(model.batch(rows), targets).backward()
        return np.array([p.grad for p in model.parameters()])

    parts = [gradient_of(x, y) for x, y in batches(data, 8, rng=0)]
    np.testing.assert_allclose(np.mean(parts, axis=0), gradient_of(*data), rtol=1e-12, atol=1e-15)
    assert max(np.abs(part - gradient_of(*data)).max() for part in parts) > 0.05  # each is off


def test_mini_batches_take_ten_steps_an_epoch_and_so_learn_in_fewer_epochs() -> None:
    def trained(batch_size: int | None) -> tuple[MLP, float]:
        model = MLP(2, [8, 1], "tanh", rng=0)
        history = fit(
            model,
            xor(80, rng=0),
            loss=binary_cross_entropy_from_logits,
            optimizer=SGD(model.parameters(), lr=0.5),
            epochs=40,
            batch_size=batch_size,
            rng=0,
        )
        return model, history.losses[-1]

    _, whole = trained(batch_size=None)
    model, mini = trained(batch_size=8)
    assert whole > 0.5
    assert mini < 0.1
    held_out = xor(200, rng=1)
    assert accuracy(predictions(model, held_out.inputs), held_out.targets) > 0.93


@pytest.mark.parametrize("examples", [1, 4, 80])
@pytest.mark.parametrize("hidden", [2, 16])
def test_a_step_costs_as_many_products_as_there_are_examples_times_weights(
    examples: int, hidden: int
) -> None:
    model, data = MLP(2, [hidden, 1], "tanh", fused=False, rng=0), xor(80, rng=0)
    out = mse(model.batch(data.inputs[:examples]), data.targets[:examples])
    weights = 2 * hidden + hidden
    assert sum(node.op is mul for node in topological(out)) == examples * weights
