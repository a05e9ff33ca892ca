"""Training: what `fit` does and says, and that nothing leaves a model half changed."""

from __future__ import annotations

import io
import pickle
import sys
from contextlib import redirect_stderr, suppress
from math import inf, isfinite, nan
from random import Random
from types import ModuleType
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np
import pytest

from autograd import Value, log, sqrt
from nn import MLP, Data, Embedding, Layer, Module, Neuron, Sequential, accuracy, moons, r2
from nn.blocks import BatchNorm, Dropout
from nn.losses import binary_cross_entropy_from_logits, cross_entropy, mse
from nn.optim import SGD, Adam
from nn.optimizers import clip_grad_norm
from nn.train import TrainingError, fit
from nn.training.history import Epoch, History
from nn.training.progress import Line

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

LINE = ([0.0, 1.0, 2.0, 3.0], [1.0, 3.0, 5.0, 7.0])  # y = 2 x + 1
HELD_OUT = ([4.0, 5.0], [9.0, 11.0])


def neuron() -> Neuron:
    return Neuron(1, rng=0)


def sgd(model: Module, lr: float = 0.05) -> SGD:
    return SGD(model.parameters(), lr=lr, momentum=0.5)


def numbers(model: Module) -> list[float]:
    return [*model.state_dict().values()]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


# What is computed -------------------------------------------------------------------------------


def test_fit_is_the_loop_that_one_writes_by_hand() -> None:
    by_hand, fitted = neuron(), neuron()
    optimizer, losses = sgd(by_hand), []
    for _ in range(20):
        loss = mse([by_hand([x]) for x in LINE[0]], LINE[1])
        by_hand.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.data)
    assert fit(fitted, LINE, optimizer=sgd(fitted), epochs=20).losses == losses
    assert numbers(fitted) == numbers(by_hand)


def test_without_an_optimizer_it_is_adam() -> None:
    with_adam, without = neuron(), neuron()
    fit(with_adam, LINE, optimizer=Adam(with_adam.parameters(), lr=0.01), epochs=5)
    fit(without, LINE, epochs=5)
    assert numbers(with_adam) == numbers(without)


def test_moons_are_learnt() -> None:
    model = MLP(2, [8, 1], "tanh", rng=1)
    history = fit(
        model,
        moons(60, rng=0),
        loss=binary_cross_entropy_from_logits,
        optimizer=Adam(model.parameters(), lr=0.05),
        batch_size=20,
        epochs=150,
        metrics={"accuracy": accuracy},
        rng=0,
    )
    assert history.metrics["accuracy"][-1] == 1.0


def test_a_seed_fixes_every_number() -> None:
    def numbers_of(seed: int) -> list[float]:
        model = neuron()
        return fit(model, LINE, batch_size=1, epochs=3, rng=seed).losses + numbers(model)

    assert numbers_of(1) == numbers_of(1)
    assert numbers_of(1) != numbers_of(2)


def test_every_example_is_seen_once_an_epoch_in_a_new_order() -> None:
    seen: list[list[float]] = []

    def watched(predictions: Any, targets: Any) -> Value:
        seen.append(targets)
        return mse(predictions, targets)

    fit(neuron(), LINE, loss=watched, batch_size=3, epochs=8, rng=0)
    epochs = [seen[i] + seen[i + 1] for i in range(0, len(seen), 2)]
    assert [len(part) for part in seen] == [3, 1] * 8
    assert all(sorted(epoch) == LINE[1] for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) > 1


def test_the_loss_of_an_epoch_is_the_mean_over_its_examples() -> None:
    model = neuron()
    frozen = SGD(model.parameters(), lr=0.1)
    at_rest = mse([model([x]) for x in LINE[0]], LINE[1]).data
    history = fit(
        model, LINE, optimizer=frozen, batch_size=3, epochs=1, schedule=lambda step: 0.0, rng=0
    )
    assert history.losses == pytest.approx([at_rest])


@pytest.mark.parametrize("size", [None, 4, 100], ids=["none", "all", "more"])
def test_a_batch_size_from_the_number_of_examples_on_takes_the_whole_set(size: int | None) -> None:
    model, whole = neuron(), neuron()
    fit(whole, LINE, epochs=3)
    fit(model, LINE, batch_size=size, epochs=3)
    assert numbers(model) == numbers(whole)


@pytest.mark.parametrize(
    "data",
    [
        (tuple(LINE[0]), tuple(LINE[1])),
        ([[x] for x in LINE[0]], [[y] for y in LINE[1]]),
        (np.array(LINE[0]), np.array(LINE[1])),
        (np.array(LINE[0]).reshape(-1, 1), LINE[1]),
        Data([[x] for x in LINE[0]], [*LINE[1]]),
    ],
    ids=["tuples", "rows", "arrays", "an array of rows", "Data"],
)
def test_data_come_in_any_form(data: Any) -> None:
    model, plain = neuron(), neuron()
    assert fit(model, data, epochs=3).losses == fit(plain, LINE, epochs=3).losses


def test_a_schedule_counts_steps_and_the_history_has_the_rate_of_an_epochs_last_one() -> None:
    model = neuron()
    history = fit(
        model, LINE, batch_size=2, epochs=3, schedule=lambda step: 0.1 / (1 + step), rng=0
    )
    assert history.learning_rates == [0.1 / 2, 0.1 / 4, 0.1 / 6]


def test_clip_is_a_length_or_a_function() -> None:
    by_length, by_function, free = neuron(), neuron(), neuron()
    fit(by_length, LINE, optimizer=sgd(by_length), clip=0.1, epochs=3)
    fit(
        by_function,
        LINE,
        optimizer=sgd(by_function),
        clip=lambda parameters: clip_grad_norm(parameters, 0.1),
        epochs=3,
    )
    fit(free, LINE, optimizer=sgd(free), epochs=3)
    assert numbers(by_length) == numbers(by_function)
    assert numbers(by_length) != numbers(free)


def test_an_optimizer_may_leave_a_part_of_the_model_alone() -> None:
    model = MLP(1, [2, 1], rng=0)
    first, last = model.layers
    before = numbers(first)
    fit(model, LINE, optimizer=sgd(last), epochs=2)
    assert numbers(first) == before


# In training and in use -------------------------------------------------------------------------


class Modes(Neuron):
    """Remembers in which mode it was called, and whether it was recorded."""

    def __init__(self) -> None:
        super().__init__(1, rng=0)
        self.calls: list[tuple[bool, bool]] = []

    def __call__(self, row: Any) -> Value:
        out = super().__call__(row)
        self.calls.append((self.training, out.op is not None))
        return out


def test_steps_are_taken_in_training_and_recorded_and_measured_is_in_use_and_not() -> None:
    model = Modes()
    fit(model, ([1.0], [2.0]), validation=([3.0], [4.0]), metrics={"r": lambda y, t: 0}, epochs=2)
    assert model.calls == [(True, True), (False, False)] * 2


def test_callbacks_find_the_model_in_training() -> None:
    model, seen = neuron().eval(), []
    fit(model, LINE, validation=LINE, epochs=1, callbacks=[lambda _: seen.append(model.training)])
    assert seen == [True]


@pytest.mark.parametrize("failing", [False, True], ids=["well", "in an error"])
def test_every_part_of_a_model_has_its_former_mode_afterwards(failing: bool) -> None:
    model = Sequential(Dropout(0.5, rng=0), Layer(1, 1, rng=0))
    model.layers[0].eval()

    def loss(predictions: Any, targets: Any) -> Value:
        if failing:
            raise LookupError
        return mse(predictions, targets)

    with suppress(LookupError):
        fit(model, LINE, loss=loss, validation=HELD_OUT, epochs=2)
    assert [module.training for _, module in model.named_modules()] == [True, False, True, True]


def test_layers_that_need_a_batch_get_one() -> None:
    model = Sequential(Layer(1, 3, rng=0), BatchNorm(3), Layer(3, 1, rng=1))
    history = fit(model, LINE, validation=HELD_OUT, batch_size=2, epochs=30, rng=0)
    assert history.losses[-1] < history.losses[0]


# Measuring --------------------------------------------------------------------------------------


def test_the_validation_loss_is_that_of_the_model_after_the_epoch() -> None:
    model = neuron()
    history = fit(model, LINE, validation=HELD_OUT, epochs=3)
    now = mse([model([x]) for x in HELD_OUT[0]], HELD_OUT[1]).data
    assert history.validation_losses[-1] == now
    assert len(history.validation_losses) == 3


def test_metrics_are_of_the_validation_data_and_without_them_of_the_data() -> None:
    def targets_seen(predictions: Any, targets: Any) -> float:
        return float(sum(targets))

    metrics = {"sum": targets_seen, "r2": r2}
    with_validation = fit(neuron(), LINE, validation=HELD_OUT, metrics=metrics, epochs=2)
    without = fit(neuron(), LINE, metrics=metrics, epochs=2)
    assert with_validation.metrics["sum"] == [20.0, 20.0]
    assert without.metrics["sum"] == [16.0, 16.0]
    assert without.validation_losses == []


def test_a_validation_loss_may_be_nan() -> None:
    def loss(predictions: Any, targets: Any) -> Value:
        return mse(predictions, targets) * (nan if targets == HELD_OUT[1] else 1.0)

    model = neuron()
    history = fit(model, LINE, loss=loss, validation=HELD_OUT, early_stopping=3, epochs=9)
    assert len(history.losses) == 3
    assert history.stopped == "early stopping at epoch 3: no validation loss was finite"
    assert history.score == inf


# Ending -----------------------------------------------------------------------------------------


class Rigged:
    """A loss whose values on validation data are given in advance."""

    def __init__(self, *validation_losses: float) -> None:
        self.coming = iter(validation_losses)

    def __call__(self, predictions: Any, targets: Any) -> Value:
        out = mse(predictions, targets)
        return out * 0.0 + next(self.coming) if targets == HELD_OUT[1] else out


def test_early_stopping_puts_back_the_numbers_of_the_best_epoch() -> None:
    model = Sequential(Layer(1, 2, rng=0), BatchNorm(2), Layer(2, 1, rng=1))
    states: list[list[float]] = []
    history = fit(
        model,
        LINE,
        loss=Rigged(5.0, 3.0, 4.0, 3.0, 9.0, 1.0),
        validation=HELD_OUT,
        early_stopping=3,
        callbacks=[lambda _: states.append(numbers(model))],
    )
    assert history.stopped == "early stopping at epoch 5: best validation loss 3 at epoch 2"
    assert history.validation_losses == [5.0, 3.0, 4.0, 3.0, 9.0]
    assert numbers(model) == states[1] != states[4]


def test_with_early_stopping_the_best_epoch_counts_also_where_the_epochs_ran_out() -> None:
    model, states = neuron(), []
    history = fit(
        model,
        LINE,
        loss=Rigged(5.0, 3.0, 4.0),
        validation=HELD_OUT,
        early_stopping=2,
        epochs=3,
        callbacks=[lambda _: states.append(numbers(model))],
    )
    assert history.stopped == "done: best validation loss 3 at epoch 2"
    assert numbers(model) == states[1]


def test_a_callback_ends_the_training_with_true_and_sees_the_history_so_far() -> None:
    lengths: list[int] = []

    def enough(history: History) -> bool:
        return len(history.losses) == 3

    history = fit(
        neuron(), LINE, callbacks=[enough, lambda history: lengths.append(len(history.epochs))]
    )
    assert history.stopped == "stopped by a callback at epoch 3"
    assert lengths == [1, 2, 3]


def test_what_a_callback_gives_else_is_not_true() -> None:
    assert len(fit(neuron(), LINE, epochs=2, callbacks=[lambda history: "plotted"]).losses) == 2


# Ctrl-C -----------------------------------------------------------------------------------------


class Interrupted(SGD):
    """Ctrl-C while the third step writes its second parameter."""

    def step(self) -> None:
        self.steps = getattr(self, "steps", 0) + 1
        if self.steps == 3:
            self.parameters[0].data += 1.0
            self.velocities[0] = 7.0
            raise KeyboardInterrupt
        super().step()


def test_ctrl_c_in_the_midst_of_a_step_leaves_the_step_before() -> None:
    model, reference = neuron(), neuron()
    optimizer = Interrupted(model.parameters(), lr=0.05, momentum=0.5)
    expected = sgd(reference)
    history = fit(model, LINE, optimizer=optimizer, epochs=9)
    fit(reference, LINE, optimizer=expected, epochs=2)
    assert numbers(model) == numbers(reference)
    assert optimizer.velocities == expected.velocities
    assert history.stopped == "interrupted at epoch 3"
    assert history.interrupted
    assert len(history.losses) == 2


def test_ctrl_c_undoes_what_a_batch_has_measured() -> None:
    model = Sequential(Layer(1, 2, rng=0), BatchNorm(2), Layer(2, 1, rng=1))
    before = numbers(model)

    def loss(predictions: Any, targets: Any) -> Value:
        raise KeyboardInterrupt

    fit(model, LINE, loss=loss)
    assert numbers(model) == before


def test_ctrl_c_in_a_callback_keeps_the_epoch() -> None:
    def impatient(history: History) -> None:
        raise KeyboardInterrupt

    history = fit(neuron(), LINE, callbacks=[impatient])
    assert history.stopped == "interrupted at epoch 1"
    assert len(history.losses) == 1


def test_ctrl_c_at_any_line_leaves_a_model_as_it_is_after_some_whole_step() -> None:
    whole: list[list[float]] = []

    def training() -> tuple[Neuron, Callable[[], History]]:
        model = neuron()
        return model, lambda: fit(
            model,
            LINE,
            loss=Rigged(3.0, 4.0, 5.0),
            optimizer=sgd(model),
            batch_size=2,
            validation=HELD_OUT,
            early_stopping=2,
            clip=100.0,
            schedule=lambda step: whole.append(numbers(model)) or 0.01,  # type: ignore[func-returns-value]
            callbacks=[lambda history: whole.append(numbers(model))],
            rng=0,
        )

    def press_at_line(k: int, run: Callable[[], History]) -> int:
        """Run with Ctrl-C at the k-th line; gives how many lines there were until then."""
        lines = 0

        def trace(frame: FrameType, event: str, _: Any) -> Any:
            nonlocal lines
            if "/nn/" not in frame.f_code.co_filename.replace("\\", "/"):
                return None
            if event == "line":
                lines += 1
                if lines == k:
                    raise KeyboardInterrupt
            return trace

        outer = sys.gettrace()
        sys.settrace(trace)
        try:
            run()
        finally:
            sys.settrace(outer)
        return lines

    model, run = training()
    lines = press_at_line(-1, run)
    allowed = [*whole]
    assert lines > 1000
    assert len({tuple(state) for state in allowed}) == 7  # before and after each of six steps
    assert numbers(model) == allowed[2]  # the best of three epochs was the first
    for k in Random(0).sample(range(1, lines + 1), 300):
        model, run = training()
        with suppress(KeyboardInterrupt):  # before and after the training it is not caught
            press_at_line(k, run)
        assert numbers(model) in allowed, k


# Numbers that run away --------------------------------------------------------------------------


class Root(Module):
    """sqrt of its one parameter: below 0 the loss is nan, and at 0 only the gradient is inf."""

    def __init__(self, start: float) -> None:
        self.w = Value(start)

    def __call__(self, row: Any) -> Value:
        return sqrt(self.w)


def first(predictions: Any, targets: Any) -> Value:
    out: Value = predictions[0]
    return out


ONE = ([0.0], [0.0])


def test_a_loss_that_becomes_nan_is_an_error_that_says_when_and_why() -> None:
    model = Root(1.0)
    with pytest.raises(TrainingError) as caught:
        fit(model, ONE, loss=first, optimizer=SGD(model.parameters(), lr=3.0))
    assert str(caught.value) == "epoch 2, step 2: the loss is nan, for sqrt(-0.5) is nan"
    assert "A smaller learning rate may help" in caught.value.__notes__[0]
    assert model.w.data == -0.5  # as the first step left it
    assert caught.value.history.losses == [1.0]
    assert caught.value.history.stopped == "an error at epoch 2"


def test_a_step_beyond_all_floats_names_the_parameter_as_the_model_does() -> None:
    model = neuron()
    before = numbers(model)
    with pytest.raises(TrainingError, match=r"^epoch 1, step 1: the step makes w\.0 -?inf"):
        fit(model, ([1e100], [1e150]), optimizer=SGD(model.parameters(), lr=1e300))
    assert numbers(model) == before


def test_a_loss_that_becomes_inf_is_the_same_error() -> None:
    model = neuron()
    with pytest.raises(TrainingError, match=r"the loss is inf, for .* is inf"):
        fit(model, LINE, optimizer=sgd(model, lr=1e10))
    assert all(map(isfinite, numbers(model)))


@pytest.mark.parametrize("clip", [None, 1.0], ids=["free", "clipped"])
def test_a_gradient_that_is_inf_is_an_error_though_the_loss_is_not(clip: float | None) -> None:
    model = Root(0.0)
    optimizer = Adam(model.parameters())
    with pytest.raises(TrainingError) as caught:
        fit(model, ONE, loss=first, optimizer=optimizer, clip=clip)
    assert "step 1: the gradient of w is inf, for the derivative of sqrt(0.0) with" in str(
        caught.value
    )
    assert (model.w.data, [*optimizer.means], optimizer.steps) == (0.0, [0.0], 0)


def test_a_step_beyond_the_largest_float_is_an_error() -> None:
    model = Root(1e-300)
    with pytest.raises(TrainingError, match=r"step 1: the step makes w -inf"):
        fit(model, ONE, loss=first, optimizer=SGD(model.parameters(), lr=1e300))
    assert model.w.data == 1e-300


def test_gradients_that_are_too_long_together_are_an_error_where_they_are_clipped() -> None:
    model = Layer(2, 1, init="zeros")
    with pytest.raises(ValueError, match="the gradients together are longer than the"):
        fit(model, ([[1.6e308, 1.6e308]], [0.0]), loss=lambda y, t: y[0][0], clip=1.0)


def test_a_training_error_survives_pickling() -> None:
    error = TrainingError("epoch 1, step 1: the loss is nan", History())
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error)
    assert again.history.losses == []


def test_an_error_of_the_program_itself_comes_through_and_undoes_the_step() -> None:
    model = Sequential(Layer(1, 2, rng=0), BatchNorm(2), Layer(2, 1, rng=1))
    before = numbers(model)

    def loss(predictions: Any, targets: Any) -> Value:
        raise LookupError("a mistake in a loss")

    with pytest.raises(LookupError, match="a mistake in a loss"):
        fit(model, LINE, loss=loss)
    assert numbers(model) == before


# What is refused --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"batch_size": 0}, "batch_size must be a whole number from 1 on, got int 0"),
        ({"epochs": 0}, "epochs must be a whole number from 1 on, got int 0"),
        (
            {"early_stopping": 0, "validation": LINE},
            "early_stopping must be a whole number from 1 on, got int 0",
        ),
        ({"early_stopping": 5}, r"early_stopping=5 watches the loss on validation data, and there"),
        ({"validation": ([1.0], [])}, "fit: validation: targets: there are none"),
        ({"clip": -1.0}, "clip must be positive and finite, got -1.0"),
        ({"schedule": lambda step: -0.5}, r"schedule\(0\) must be at least 0 .*, got -0.5"),
        ({"schedule": lambda step: nan}, r"schedule\(0\) must be at least 0 .*, got nan"),
    ],
    ids=lambda x: x if isinstance(x, str) else "",
)
def test_settings_that_make_no_sense_are_refused_and_nothing_is_changed(
    settings: Any, message: str
) -> None:
    model = neuron()
    before = numbers(model)
    with pytest.raises(ValueError, match=message):
        fit(model, LINE, **settings)
    assert numbers(model) == before


def test_data_without_examples_are_refused() -> None:
    with pytest.raises(ValueError, match="fit: inputs: there are none"):
        fit(neuron(), ([], []))


def test_the_optimizer_of_another_model_is_refused() -> None:
    with pytest.raises(ValueError, match="changes 2 parameters, none of which is one of the 2 of"):
        fit(neuron(), LINE, optimizer=sgd(neuron()))


def test_a_metric_that_gives_no_number_is_named() -> None:
    with pytest.raises(TypeError, match="the metric 'shape'"):
        fit(neuron(), LINE, metrics={"shape": lambda y, t: "wide"})  # type: ignore[dict-item,return-value]


# The history ------------------------------------------------------------------------------------


def history_of(n: int) -> History:
    history = History()
    history.epochs += [Epoch(1.0 / i, 2.0 / i, {"r2": 0.5}, 0.1, 0.25) for i in range(1, n + 1)]
    history.stopped = "done"
    return history


def test_a_history_prints_as_a_table() -> None:
    assert repr(history_of(2)) == (
        "epoch  loss  validation loss   r2  learning rate  seconds\n"
        "    1     1                2  0.5            0.1     0.25\n"
        "    2   0.5                1  0.5            0.1     0.25\n"
        "done, after 2 epochs and 0.5 seconds"
    )


def test_a_history_of_nothing_prints() -> None:
    assert repr(History()) == "still running, after 0 epochs"


def test_a_long_history_is_shortened_in_the_middle_and_says_so() -> None:
    lines = repr(history_of(100)).splitlines()
    assert [line.split()[0] for line in lines[1:7]] == ["1", "2", "3", "4", "5", "6"]
    assert lines[7] == "... 88 epochs not shown ..."
    assert [line.split()[0] for line in lines[8:14]] == ["95", "96", "97", "98", "99", "100"]
    assert len(lines) == 15


def test_a_history_that_would_be_no_shorter_is_shown_whole() -> None:
    assert len(repr(history_of(13)).splitlines()) == 15


def test_every_epoch_takes_time() -> None:
    seconds = fit(neuron(), LINE, epochs=3).seconds
    assert len(seconds) == 3
    assert all(s > 0.0 for s in seconds)


def test_a_history_counts_by_its_lowest_validation_loss_or_its_last_loss() -> None:
    history = History()
    assert history.score == inf
    history.epochs = [Epoch(x, None, {}, 0.1, 0.1) for x in (1.0, 3.0)]
    assert history.score == 3.0
    history.epochs = [Epoch(9.0, x, {}, 0.1, 0.1) for x in (3.0, nan, 2.0, 4.0)]
    assert history.score == 2.0


def test_a_history_draws_its_losses() -> None:
    pytest.importorskip("matplotlib").use("agg")
    ax = history_of(3).plot()
    assert [len(line.get_xdata()) for line in ax.get_lines()][:2] == [3, 3]


# Progress ---------------------------------------------------------------------------------------


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    stream = Terminal()
    monkeypatch.setitem(sys.modules, "tqdm", None)
    monkeypatch.setenv("COLUMNS", "80")
    return stream


def on(stream: TextIO, **settings: Any) -> History:
    with redirect_stderr(stream):
        return fit(neuron(), LINE, epochs=3, **settings)


def test_a_terminal_shows_the_last_epoch_on_a_line_of_its_own(terminal: Terminal) -> None:
    history = on(terminal, metrics={"r2": r2})
    last = f"epoch 3 of 3: loss {history.losses[-1]:.4g}, r2 {history.metrics['r2'][-1]:.4g}"
    assert terminal.getvalue().split("\r")[-1].rstrip(" \n") == last
    assert terminal.getvalue().endswith("\n")


def test_what_is_no_terminal_shows_nothing_unless_it_is_asked_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", None)
    stream = io.StringIO()
    on(stream)
    assert stream.getvalue() == ""
    on(stream, progress=True)
    assert stream.getvalue().startswith("\repoch 1 of 3: loss ")


def test_a_terminal_shows_nothing_to_who_does_not_want_it(terminal: Terminal) -> None:
    on(terminal, progress=False)
    assert terminal.getvalue() == ""


def test_a_line_that_is_shorter_than_the_one_before_covers_it(terminal: Terminal) -> None:
    with Line(2, terminal) as line:
        line.show(1, "loss 0.123456")
        line.show(2, "loss 1")
    assert terminal.getvalue() == "\repoch 1 of 2: loss 0.123456\repoch 2 of 2: loss 1       \n"


def test_a_line_never_wraps(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    with Line(1, terminal) as line:
        line.show(1, "loss 0.123456, validation loss 0.123456")
    assert terminal.getvalue() == "\repoch 1 of 1: loss \n"


@pytest.mark.parametrize("progress", [None, True])
def test_a_terminal_that_is_closed_disturbs_nobody(
    terminal: Terminal, progress: bool | None
) -> None:
    def hang_up(history: History) -> None:
        terminal.close()

    assert on(terminal, callbacks=[hang_up], progress=progress).stopped == "done"
    assert on(terminal, progress=progress).stopped == "done"


def test_a_program_without_a_terminal_trains(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    assert fit(neuron(), LINE, epochs=1, progress=True).stopped == "done"


class FakeBar:
    """What `fit` asks of tqdm's bar, and a record of it."""

    made: list[FakeBar] = []  # noqa: RUF012

    def __init__(self, total: int, file: Any, **_: Any) -> None:
        self.total, self.file, self.n = total, file, 0
        self.postfix, self.closed = "", False
        self.made.append(self)

    def set_postfix_str(self, text: str, refresh: bool) -> None:
        self.postfix = text

    def update(self, n: int) -> None:
        self.n += n

    def refresh(self) -> None:
        self.file.write(self.postfix)

    def close(self) -> None:
        self.closed = True


def test_where_tqdm_is_installed_there_is_a_bar(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    tqdm = ModuleType("tqdm")
    tqdm.tqdm = FakeBar  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tqdm", tqdm)
    history = on(terminal)
    (bar,) = FakeBar.made
    assert (bar.total, bar.n, bar.closed) == (3, 3, True)
    assert terminal.getvalue() == f"loss {history.losses[-1]:.4g}"


def test_the_bar_of_tqdm_itself_shows_the_last_epoch(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "tqdm")
    pytest.importorskip("tqdm")
    history = on(terminal)
    assert "3/3 [" in terminal.getvalue()
    assert f"loss {history.losses[-1]:.4g}" in terminal.getvalue()


def test_the_loss_may_be_anything_that_is_computed_from_predictions_and_targets() -> None:
    model = neuron()

    def likelihood(predictions: Any, targets: Any) -> Value:
        return -log(sum(y * t for y, t in zip(predictions, targets, strict=True)) + 100.0)

    assert fit(model, LINE, loss=likelihood, epochs=5).losses[-1] < 0.0


def test_rows_may_be_the_numbers_of_letters() -> None:
    class Word(Module):
        def __init__(self) -> None:
            self.letters = Embedding(3, 2, rng=0)
            self.judge = Layer(4, 2, rng=1)

        def __call__(self, row: list[int]) -> list[Value]:
            first, second = (self.letters(letter) for letter in row)
            return self.judge(first + second)

    words = [[i, j] for i in range(3) for j in range(3)]
    starts_with_the_last = [int(i == 2) for i, _ in words]
    history = fit(Word(), (words, starts_with_the_last), loss=cross_entropy, epochs=100)
    assert history.losses[-1] < 0.5 * history.losses[0]
