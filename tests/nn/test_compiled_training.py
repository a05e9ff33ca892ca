"""Compiled training: when `fit` compiles, that nothing but the time changes, and what it says."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any, Literal

import pytest

import nn as losses
from autograd import Value, log, sqrt
from nn import MLP, Data, Embedding, Layer, Module, Neuron, Residual, Sequential, blobs, moons
from nn.blocks import BatchNorm, Dropout, LayerNorm
from nn.optim import Adam
from nn.train import TrainingError, fit
from nn.training.history import Epoch, History

if TYPE_CHECKING:
    from collections.abc import Callable

    Compile = bool | Literal["auto"]

LINE = ([0.0, 1.0, 2.0, 3.0], [1.0, 3.0, 5.0, 7.0])
TWO = Data([[0.0, 1.0], [1.0, 0.5], [-1.0, 2.0]], [[1.0, 0.0], [0.5, 0.25], [0.0, 1.0]])
LONG = 250  # epochs of LINE that are worth a program


def numbers(model: Module) -> list[float]:
    return [*model.state_dict().values()]


def trained(make: Callable[[], Module], data: Any, compile: Compile, **how: Any) -> Any:
    model = make()
    history = fit(model, data, compile=compile, rng=0, **how)
    return history, [*history.losses, *numbers(model)]


def assert_same_to_rounding(make: Callable[[], Module], data: Any, **how: Any) -> None:
    compiled, found = trained(make, data, True, **how)
    eager, expected = trained(make, data, False, **how)
    assert (compiled.computed, eager.computed) == ("compiled", "eager: compile=False")
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)


# The same numbers -------------------------------------------------------------------------------


def test_moons_give_the_same_history_and_model_to_rounding() -> None:
    assert_same_to_rounding(
        lambda: MLP(2, [8, 8, 1], rng=0),
        moons(100, rng=0),
        loss=losses.binary_cross_entropy_from_logits,
        batch_size=30,
        epochs=20,
        validation=moons(20, rng=1),
        clip=1.0,
    )


@pytest.mark.parametrize("loss", [losses.mse, losses.half_mse, losses.mae, losses.huber])
def test_losses_of_rows_of_targets_are_the_same(loss: Any) -> None:
    assert_same_to_rounding(lambda: MLP(2, [3, 2], "tanh", rng=0), TWO, loss=loss, epochs=10)


def test_hinge_is_the_same() -> None:
    points, labels = moons(20, rng=0)
    data = Data(points, [2.0 * label - 1.0 for label in labels])  # type: ignore[operator]
    assert_same_to_rounding(lambda: MLP(2, [3, 1], rng=0), data, loss=losses.hinge, epochs=10)


def test_binary_cross_entropy_is_the_same() -> None:
    assert_same_to_rounding(
        lambda: MLP(2, [3, 1], output="sigmoid", rng=0),
        moons(20, rng=0),
        loss=losses.binary_cross_entropy,
        epochs=10,
    )


def test_many_classes_are_the_same() -> None:
    assert_same_to_rounding(
        lambda: MLP(2, [4, 3], rng=0),
        blobs(30, centers=3, rng=0),
        loss=losses.cross_entropy,
        batch_size=10,
        epochs=10,
    )


def test_there_may_be_more_outputs_than_classes() -> None:
    assert_same_to_rounding(
        lambda: MLP(2, [5], rng=0), blobs(9, centers=2, rng=0), loss=losses.cross_entropy, epochs=5
    )


def test_a_layer_that_is_used_twice_is_the_same() -> None:
    def twice() -> Module:
        layer = Layer(2, 2, "tanh", rng=0)
        return Sequential(layer, Residual(layer), LayerNorm(2))

    assert_same_to_rounding(twice, TWO, epochs=10)


def test_a_chain_with_a_call_of_its_own_is_trained_by_its_batch_as_ever() -> None:
    class Doubled(Sequential):
        def __call__(self, row: Any) -> Any:
            return 2.0 * super().__call__(row)

    assert_same_to_rounding(lambda: Doubled(Neuron(1, rng=0)), LINE, epochs=10)


# What stays eager -------------------------------------------------------------------------------


class Noisy(Module):
    def __init__(self) -> None:
        self.w = Value(1.0)
        self.rng = Random(0)

    def __call__(self, row: Any) -> Any:
        return self.w * row[0] + self.rng.random()


def watch(history: History) -> None:
    pass


class Together(Module):
    def __init__(self) -> None:
        self.w = Value(1.0)

    def batch(self, rows: Any) -> list[Value]:
        return [self.w * row[0] / len(rows) for row in rows]


def test_a_long_training_is_compiled_by_itself_and_says_so() -> None:
    assert fit(Neuron(1, rng=0), LINE, epochs=LONG).computed == "compiled"


@pytest.mark.parametrize(
    ("make", "how", "reason"),
    [
        (lambda: Sequential(Dropout(0.5, rng=0), Neuron(1)), {}, "Dropout draws anew for every"),
        (lambda: Sequential(BatchNorm(1), Neuron(1)), {}, "BatchNorm has a batch of its own"),
        (Together, {}, "Together has a batch of its own"),
        (Noisy, {}, "TraceError: jit: traced twice, the function used "),
        (lambda: Sequential(Embedding(4, 1, rng=0)), {}, "ValueError: "),
        (lambda: Neuron(1), {"loss": lambda y, t: losses.mse(y, t)}, "the loss is none of those"),
        (lambda: Neuron(1), {"epochs": 5}, "20 rows in all epochs are too few"),
        (lambda: Neuron(1), {"callbacks": [watch]}, "callbacks could change what is fixed"),
    ],
    ids=["dropout", "norm", "batch", "noise", "numbers", "loss", "short", "callback"],
)
def test_what_cannot_be_compiled_or_need_not_be_is_eager_and_says_why(
    make: Callable[[], Module], how: dict[str, Any], reason: str
) -> None:
    data = ([0, 1, 2, 3], LINE[1])
    history = fit(make(), data, **{"epochs": LONG, **how})
    assert history.computed.startswith(f"eager: {reason}")


def test_a_row_that_cannot_be_traced_makes_the_rest_of_a_training_eager() -> None:
    class Stepwise(Module):
        def __init__(self) -> None:
            self.w = Value(1.0)

        def __call__(self, row: Any) -> Any:
            return self.w * (row[0] if self.w < 1.5 else float(row[0]))

    compiled = fit(model := Stepwise(), LINE, epochs=LONG)
    eager = fit(other := Stepwise(), LINE, epochs=LONG, compile=False)
    assert compiled.computed.startswith("compiled for ")
    assert " batches, then eager: TraceError: jit: float()" in compiled.computed
    assert compiled.losses == pytest.approx(eager.losses, rel=1e-9)
    assert numbers(model) == pytest.approx(numbers(other), rel=1e-9)


def test_rows_of_probabilities_stay_eager() -> None:
    data = ([[0.0], [1.0]], [[0.5, 0.5], [0.0, 1.0]])
    history = fit(Layer(1, 2, rng=0), data, loss=losses.cross_entropy, epochs=500)
    assert history.computed.startswith("eager: cross_entropy is compiled for the numbers of")


def test_what_a_callback_changes_counts_from_the_next_epoch_on() -> None:
    class Scaled(Module):
        def __init__(self) -> None:
            self.w = Value(1.0)
            self.factor = 1.0

        def __call__(self, row: Any) -> Any:
            return self.w * row[0] * self.factor

    def switch_off(history: History) -> None:
        model.factor = 0.0

    model = Scaled()
    history = fit(model, LINE, epochs=LONG, callbacks=[switch_off])
    assert history.losses[1:] == [21.0] * (LONG - 1)


def test_the_table_says_how_it_was_computed() -> None:
    history = History()
    history.epochs.append(Epoch(0.5, None, {}, 0.01, 1.5))
    history.stopped, history.computed = "done", "compiled"
    assert str(history).endswith("done, after 1 epoch and 1.5 seconds; compiled")


# Errors -----------------------------------------------------------------------------------------


def test_compile_true_where_it_is_not_possible_is_an_error_that_says_why() -> None:
    model = Sequential(Dropout(0.5, rng=0), Neuron(1))
    with pytest.raises(ValueError, match=r"compile=True is not possible here: Dropout draws anew"):
        fit(model, LINE, compile=True)


def test_compile_true_with_what_cannot_be_traced_is_an_error_and_nothing_has_changed() -> None:
    model = Noisy()
    with pytest.raises(ValueError, match="compile=True is not possible here: TraceError: jit: tr"):
        fit(model, LINE, compile=True)
    assert model.w.data == 1.0


@pytest.mark.parametrize("wrong", ["yes", None, 1], ids=repr)
def test_compile_is_one_of_three_things(wrong: Any) -> None:
    with pytest.raises(ValueError, match="compile must be True, False or 'auto', got"):
        fit(Neuron(1), LINE, compile=wrong)


class Root(Module):
    def __init__(self, w: float) -> None:
        self.w = Value(w)

    def __call__(self, row: Any) -> Any:
        return sqrt(self.w)


class Log(Root):
    def __call__(self, row: Any) -> Any:
        return log(self.w * row[0])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Root(-1.0), "the loss is nan, for sqrt(-1.0) is nan"),
        (lambda: Root(0.0), "the gradient of w is "),
        (lambda: Log(1.0), "the loss is inf, for log(0.0) is -inf"),
        (lambda: Log(1e-310), "the loss is inf, for log(0.0) is -inf"),
    ],
    ids=["root", "slope", "log", "small"],
)
def test_a_number_that_is_not_finite_is_explained_as_without_a_program(
    make: Callable[[], Root], message: str
) -> None:
    def error(compile: Compile) -> TrainingError:
        model = make()
        before, optimizer = model.w.data, Adam(model.parameters())
        with pytest.raises(TrainingError) as caught:
            fit(model, LINE, optimizer=optimizer, compile=compile)
        assert (model.w.data, optimizer.steps) == (before, 0)
        return caught.value

    assert f"epoch 1, step 1: {message}" in str(error(True))
    assert str(error(True)) == str(error(False))


@pytest.mark.parametrize(
    ("loss", "targets"),
    [
        (losses.hinge, [0, 1, 1, 1]),
        (losses.binary_cross_entropy_from_logits, [0, 1, 1, 2]),
        (losses.mse, [[1.0, 2.0]] * 4),
    ],
    ids=["hinge", "bce", "mse"],
)
def test_targets_that_do_not_fit_are_the_error_they_always_are(loss: Any, targets: Any) -> None:
    def error(compile: Compile) -> str:
        with pytest.raises(ValueError, match=r".") as caught:
            fit(Neuron(1, rng=0), (LINE[0], targets), loss=loss, compile=compile)
        return str(caught.value)

    assert error(True) == error(False)


def test_a_class_without_a_logit_is_the_error_it_always_is() -> None:
    with pytest.raises(ValueError, match="for 2 logits a label is a whole number from 0 to 1"):
        fit(Layer(1, 2), (LINE[0], [0, 1, 2, 0]), loss=losses.cross_entropy, compile=True)


def test_ctrl_c_leaves_the_model_as_it_was_after_the_last_whole_step() -> None:
    def stop(history: History) -> None:
        kept[:] = numbers(model)
        if len(history.epochs) == 3:
            raise KeyboardInterrupt

    kept: list[float] = []
    model = Neuron(1, rng=0)
    history = fit(model, LINE, callbacks=[stop], compile=True)
    assert (history.stopped, history.computed) == ("interrupted at epoch 3", "compiled")
    assert numbers(model) == kept
