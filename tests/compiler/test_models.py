"""Whole models: networks, losses and training give with jit what they give without."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

import nn
from autograd import TraceError, Value, jit, no_grad
from nn import binary_cross_entropy_from_logits, cross_entropy, hinge, huber, l2, mse
from tests.compiler.same import assert_alike, same

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS = [[random.Random(i).uniform(-2.0, 2.0), random.Random(-i).gauss(0.0, 1.0)] for i in range(12)]
LABELS = [1.0 if x > y else -1.0 for x, y in ROWS]


def gradients_of(model: nn.Module, loss: Value) -> list[float]:
    model.zero_grad()
    loss.backward()
    return [p.grad for p in model.parameters()]


@pytest.mark.parametrize(
    "activation", ["relu", "tanh", "leaky_relu", "elu", "gelu", "silu", "softplus"]
)
@pytest.mark.parametrize("fused", [True, False])
def test_a_network_has_the_same_bits(activation: str, fused: bool) -> None:
    model = nn.MLP(2, [5, 4, 1], activation=activation, fused=fused, rng=1)
    compiled = jit(model)
    for row in ROWS:
        out, expected = compiled(row), model(row)
        assert same(out.data, expected.data)
        assert_alike(gradients_of(model, out), gradients_of(model, expected))


def test_a_network_of_several_outputs_gives_a_node_for_each() -> None:
    model = nn.MLP(2, [4, 3], rng=0)
    outs, expected = jit(model)(ROWS[0]), model(ROWS[0])
    assert [out.data for out in outs] == [out.data for out in expected]
    for out, other in zip(outs, expected, strict=True):
        assert_alike(gradients_of(model, out), gradients_of(model, other))


LOSSES: dict[str, Callable[[Any, Any], Any]] = {
    "mse": mse,
    "huber": huber,
    "hinge": hinge,
    "binary": lambda z, y: binary_cross_entropy_from_logits(z, (y + 1.0) * 0.5),
}


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_over_rows_is_the_mean_of_the_eager_losses(name: str) -> None:
    model = nn.MLP(2, [6, 1], activation="tanh", rng=3)
    loss = jit(lambda row, y: LOSSES[name](model(row), y))
    found = loss.mean(ROWS, LABELS)
    losses = [LOSSES[name](model(row), y) for row, y in zip(ROWS, LABELS, strict=True)]
    expected = sum(losses, Value(0.0)) / float(len(losses))
    assert found.data == pytest.approx(expected.data, rel=1e-14)
    assert gradients_of(model, found) == pytest.approx(
        gradients_of(model, expected), rel=1e-11, abs=1e-15
    )


def test_a_class_is_chosen_by_decisions() -> None:
    model = nn.MLP(2, [4, 3], rng=0)

    @jit
    def loss(row: Any, label: Any) -> Any:
        for k in range(3):
            if label == k:
                return cross_entropy(model(row), k)
        raise ValueError("no such class")

    for i, row in enumerate(ROWS):
        assert same(loss(row, i % 3).data, cross_entropy(model(row), i % 3).data)
    assert len(loss.report().paths) == 3


def test_training_takes_the_same_course() -> None:
    models = [nn.MLP(2, [8, 8, 1], rng=5) for _ in range(2)]
    losses = []
    for model, mean in zip(models, (eager_mean, compiled_mean(models[1])), strict=True):
        course = []
        for _ in range(15):
            loss = mean(model) + l2(model.parameters(), 1e-3)
            model.zero_grad()
            loss.backward()
            for p in model.parameters():
                p.data -= 0.05 * p.grad
            course.append(loss.data)
        losses.append(course)
    assert losses[1] == pytest.approx(losses[0], rel=1e-9)
    assert losses[0][-1] < losses[0][0]


def eager_mean(model: nn.Module) -> Any:
    return hinge([model(row) for row in ROWS], LABELS)


def compiled_mean(model: nn.Module) -> Callable[[nn.Module], Any]:
    loss = jit(lambda row, label: hinge(model(row), label))
    return lambda _: loss.mean(ROWS, LABELS)


def test_the_loss_of_a_whole_batch_compiles_too() -> None:
    model = nn.MLP(2, [4, 1], rng=2)
    loss = jit(lambda: hinge([model(row) for row in ROWS], LABELS))
    for scale in 1.0, -0.5, 2.0:
        for p in model.parameters():
            p.data *= scale
        found, expected = loss(), hinge([model(row) for row in ROWS], LABELS)
        assert same(found.data, expected.data)
        assert_alike(gradients_of(model, found), gradients_of(model, expected))


def test_predictions_over_rows() -> None:
    model = nn.MLP(2, [4, 1], rng=2)
    with no_grad():
        found = jit(model).map(ROWS)
    assert [x.data for x in found] == [model(row).data for row in ROWS]


def test_a_model_that_is_trained_again_is_no_longer_the_program_of_its_use() -> None:
    model = nn.Sequential(nn.Layer(2, 3, rng=0), nn.Dropout(0.5, rng=0), nn.Layer(3, 1, rng=1))
    in_use = jit(model.eval())
    assert same(in_use(ROWS[0]).data, model(ROWS[0]).data)
    model.train()
    with pytest.raises(TraceError, match=r"the random numbers of Dropout\(0\.5\) at "):
        in_use(ROWS[0])
    model.eval()
    assert same(in_use(ROWS[0]).data, model(ROWS[0]).data)
    assert "training = False at " in repr(in_use.report())


def test_the_running_numbers_of_a_compiled_model_may_move() -> None:
    model = nn.Sequential(nn.Layer(2, 3, rng=0), nn.BatchNorm(3))
    in_use = jit(model.eval())
    before = [x.data for x in in_use(ROWS[0])]
    model.train().batch(ROWS)
    model.eval()
    after = [x.data for x in in_use(ROWS[0])]
    assert after == [x.data for x in model(ROWS[0])]
    assert after != before
