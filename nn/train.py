"""Training: step after step downhill, until the examples are learnt.

`fit` is the loop that everybody writes by hand at first (zero the gradients, compute the loss,
backward, step), with what such loops need sooner or later.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import fsum, hypot, inf, isfinite
from time import perf_counter
from typing import TYPE_CHECKING, Any, Literal

from autograd import Value, explain_nan, no_grad
from autograd.numbers.reals import counted, describe
from nn.checks import by_name, not_negative, positive, whole
from nn.clipping import clip_grad_norm
from nn.compiling import LossOfBatches, loss_of_batches
from nn.data import Data, examples, shuffled
from nn.history import Epoch, History
from nn.losses import mse
from nn.metrics import single
from nn.module import Module, mode
from nn.optim import Adam, Optimizer, Snapshot, StepError
from nn.progress import progress_of
from nn.rng import generator
from nn.schedules import a_schedule

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random
    from typing import Self

    from nn.compiling import Loss
    from nn.optim import Clip

    Metric = Callable[[Any, Any], float]  # of predictions and targets, like Loss
    Callback = Callable[[History], object]


class TrainingError(ArithmeticError):
    """A loss, a gradient or a parameter became nan or inf; `history` is what happened before.

    The parameters are those of before the step.
    """

    def __init__(self, message: str, history: History) -> None:
        super().__init__(message, history)
        self.history = history

    def __str__(self) -> str:
        return str(self.args[0])


@by_name("the data are one pair, fit(model, (inputs, targets)), and all else goes by name")
def fit(
    model: Module,
    data: tuple[object, object],
    *,
    loss: Loss = mse,
    optimizer: Optimizer | None = None,
    epochs: int = 100,
    batch_size: int | None = None,
    validation: tuple[object, object] | None = None,
    early_stopping: int | None = None,
    schedule: Callable[[int], float] | None = None,
    clip: float | Clip | None = None,
    metrics: Mapping[str, Metric] | None = None,
    callbacks: Sequence[Callback] = (),
    rng: Random | int | None = None,
    progress: bool | None = None,
    compile: bool | Literal["auto"] = "auto",
) -> History:
    """Train a model on examples; gives the history of its losses.

    In every epoch all examples are seen once, `batch_size` of them a step, in an order drawn from
    `rng`; without a batch size (or with one above their number) all of them in one step. Ctrl-C
    ends the training, not the program: the model is then as it was after the last whole step.

    >>> from nn import Neuron
    >>> line = Neuron(1, rng=0)
    >>> history = fit(line, ([0, 1, 2, 3], [1, 3, 5, 7]), optimizer=Adam(line.parameters(), lr=0.1))
    >>> round(line.w[0].data, 1), round(line.b.data, 1)
    (2.0, 1.0)

    data            inputs and targets: two lists, tuples or NumPy arrays
    loss            of the predictions and the targets of a batch
    optimizer       Adam(model.parameters(), lr=0.01) if there is none
    validation      examples to measure the loss with after each epoch, not to learn from
    early_stopping  end when the validation loss has not improved for so many epochs; with it the
                    parameters of the best epoch are put back at the end
    schedule        from the number of the step, 0, 1, 2, ..., to its learning rate
    clip            the greatest length of the gradients together, or a function that shortens those
                    of a list of parameters
    metrics         {"accuracy": accuracy}: measured after each epoch with the validation data, or
                    where there are none with the data
    callbacks       functions of the history so far, called after each epoch; one that returns True
                    ends the training
    progress        a line on the terminal: True, False or None, which is True for a terminal
    compile         whether `jit` makes a program of the loss of a row: True, False or "auto", which
                    is True where it is possible and saves time; `history.computed` says which it
                    was, and why. The numbers are the same to rounding

    A loss, a gradient or a parameter that becomes nan or inf raises a TrainingError, which says
    where it came from. (A validation loss may be either; it is then no improvement.)
    """
    train_data = examples(data, "fit")
    unseen = None if validation is None else examples(validation, "fit: validation")
    optimizer = suitable(optimizer, model)
    size = len(train_data.inputs) if batch_size is None else whole("batch_size", batch_size)
    patience = inf if early_stopping is None else whole("early_stopping", early_stopping)
    if patience < inf and unseen is None:
        raise ValueError(
            f"early_stopping={patience} watches the loss on validation data, and there are none: "
            f"nn.split(data) holds some examples out, to be given as validation=..."
        )
    refuse_what_is_no_function(loss, schedule, metrics, callbacks)
    epoch, last, draw = 0, whole("epochs", epochs), generator(rng)
    history, best = History(), Best(model)
    computed = loss_of_batches(model, loss, train_data, last, callbacks, compile, history)
    steps = Steps(model, computed, optimizer, schedule, clipping(clip), history)
    measures = Measures(model, loss, metrics or {}, train_data, unseen)

    with mode(measures.modules, training=True), progress_of(last, progress) as line:
        try:
            for epoch in range(1, last + 1):
                history.epochs.append(one_epoch(steps, measures, train_data, size, draw))
                line.show(epoch, repr(history.epochs[-1]))
                answers = [callback(history) for callback in callbacks]
                if patience < inf and epoch - best.of(history).epoch >= patience:
                    history.stopped = f"early stopping at epoch {epoch}"
                    break
                if any(answer is True for answer in answers):
                    history.stopped = f"stopped by a callback at epoch {epoch}"
                    break
            else:
                history.stopped = "done"
            if patience < inf:
                with steps.undone_on_error():
                    history.stopped += f": {best.put_back()}"
        except KeyboardInterrupt:
            history.stopped = f"interrupted at epoch {epoch}"
    return history


def one_epoch(steps: Steps, measures: Measures, data: Data, size: int, draw: Random) -> Epoch:
    """Every example once, and then what has become of it."""
    start, n = perf_counter(), len(data.inputs)
    parts = [data] if size >= n else shuffled(data, size, draw)
    loss = fsum([steps.take(part) * len(part.inputs) for part in parts]) / n
    validation_loss, metrics = measures.now()
    return Epoch(loss, validation_loss, metrics, steps.optimizer.lr, perf_counter() - start)


class Steps:
    """The steps of a training, each of them whole: an error or Ctrl-C in one undoes it."""

    def __init__(
        self,
        model: Module,
        loss: LossOfBatches,
        optimizer: Optimizer,
        schedule: Callable[[int], float] | None,
        clip: Clip | None,
        history: History,
    ) -> None:
        self.loss = loss
        self.optimizer = optimizer
        self.schedule = schedule
        self.clip = clip
        self.history = history
        # This training undoes a step by itself: doing that twice would take a tenth of its time.
        watched = getattr(optimizer.minimize, "__func__", None) is Optimizer.minimize
        self.minimize = optimizer._descend if watched else optimizer.minimize
        self.taken = 0
        self.names = {id(p): name for name, p in model.named_parameters()}
        every = {id(p): p for p in [*model.parameters(), *optimizer.parameters]}
        self.parameters = [*every.values()]
        self.buffers: list[list[float]] = [
            getattr(module, name) for _, module in model.named_modules() for name in module.buffers
        ]

    def take(self, batch: Data) -> float:
        """Take one step; gives the loss of the batch as it was before."""
        try:
            return self.attempt(batch, self.loss)
        except TrainingError:
            if not self.loss.compiled:
                raise
        # One node does not tell which operation it was; the same step with all of them does.
        return self.attempt(batch, self.loss.eager)

    def attempt(self, batch: Data, loss_of: Callable[[Data], Value]) -> float:
        """A step with the loss computed in this way."""
        made: list[Value] = []

        def loss() -> Value:
            out = loss_of(batch)
            # What is not recorded belongs to an optimiser without gradients, which may well cope.
            # But it has nothing to begin with if the first one is lost already.
            lost = isinstance(out, Value) and not isfinite(out.data)
            if lost and (out.op is not None or not made):
                raise self.error(f"the loss is {out.data}", out)
            made[:] = [out]
            return out

        def clip(parameters: Sequence[Value]) -> None:
            if (trouble := self.trouble_with_gradients()) is not None:
                raise self.error(trouble, made[0])
            if self.clip is not None:
                self.clip(parameters)

        with self.undone_on_error() as before:
            if self.schedule is not None:
                lr = self.schedule(self.taken)
                self.optimizer.lr = not_negative(f"the learning rate schedule({self.taken})", lr)
            try:
                out = self.minimize(loss, None if self.clip is None else clip)
            except StepError as lost:
                raise self.error(lost.named(self.name), made[0]) from None
            if (trouble := self.trouble_with_parameters()) is not None:
                before.put_back()  # so that the error is explained by the numbers that led to it
                raise self.error(trouble, out)
        self.taken += 1
        return out.data

    def undone_on_error(self) -> Snapshot:
        """A block after which, if it ends in an error or Ctrl-C, all numbers are as before it."""
        return Snapshot(self.optimizer, self.parameters, self.buffers)

    def trouble_with_parameters(self) -> str | None:
        """What is wrong after a step; a gradient that is not finite is told by what it did."""
        numbers = [p.data for p in self.parameters]
        if isfinite(sum(numbers)):  # nearly always, and quick; a nan or inf never gets lost in it
            return None
        for p, number in zip(self.parameters, numbers, strict=True):
            if not isfinite(number):
                return self.trouble_with_gradients() or f"the step makes {self.name(p)} {number}"
        return None

    def trouble_with_gradients(self) -> str | None:
        """What is wrong after `backward`."""
        if isfinite(norm := hypot(*[p.grad for p in self.optimizer.parameters])):
            return None
        for p in self.optimizer.parameters:
            if not isfinite(p.grad):
                return f"the gradient of {self.name(p)} is {p.grad}"
        return f"the length of all gradients together is {norm}"

    def name(self, p: Value) -> str:
        """A parameter as the model calls it."""
        return self.names.get(id(p), "a parameter outside the model")

    def error(self, trouble: str, out: Value) -> TrainingError:
        """The end of this training, with its cause if the record of the loss tells it."""
        epoch = len(self.history.epochs) + 1
        self.history.stopped = f"an error at epoch {epoch}"
        cause = explain_nan(out)
        reason = "" if cause is None else f", for {cause}"
        where = f"epoch {epoch}, step {self.taken + 1}"
        error = TrainingError(f"{where}: {trouble}{reason}", self.history)
        error.add_note(
            "The parameters are those of before this step, and what happened until then is in the "
            "history of this error. A smaller learning rate may help, or clip=1.0."
        )
        return error


class Measures:
    """What is measured after every epoch, with the model in use and not in training."""

    def __init__(
        self,
        model: Module,
        loss: Loss,
        metrics: Mapping[str, Metric],
        data: Data,
        unseen: Data | None,
    ) -> None:
        self.model = model
        self.loss = loss
        self.modules = [module for _, module in model.named_modules()]
        self.metrics = metrics
        self.data = data
        self.unseen = unseen

    def now(self) -> tuple[float | None, dict[str, float]]:
        """The loss on the validation data, if there are any, and the metrics."""
        if self.unseen is None and not self.metrics:
            return None, {}
        rows, targets = self.unseen or self.data
        with mode(self.modules, training=False), no_grad():
            predictions = self.model.batch(rows)
            metrics = {
                name: single(metric(predictions, targets), f"the metric {name!r}")
                for name, metric in self.metrics.items()
            }
            if self.unseen is None:
                return None, metrics
            return single(self.loss(predictions, targets), "the validation loss"), metrics


class Best:
    """The epoch with the lowest validation loss, and the numbers of the model after it."""

    def __init__(self, model: Module) -> None:
        self.model = model
        self.epoch = 0
        self.loss = inf
        self.state: dict[str, float] = {}

    def of(self, history: History) -> Self:
        """The best one after one epoch more."""
        loss = history.epochs[-1].validation_loss
        if loss is not None and loss < self.loss:
            self.epoch, self.loss = len(history.epochs), loss
            self.state = self.model.state_dict()
        return self

    def put_back(self) -> str:
        """Give the model these numbers again; says so in words."""
        if self.epoch == 0:
            return "no validation loss was finite"
        self.model.load_state_dict(self.state)
        return f"best validation loss {self.loss:.4g} at epoch {self.epoch}"


# What makes sense -------------------------------------------------------------------------------


def suitable(optimizer: Optimizer | None, model: Module) -> Optimizer:
    """The optimiser, if it changes any part of the model; Adam if there is none."""
    if not isinstance(model, Module):
        raise TypeError(f"fit: the model must be a Module, such as MLP, got {describe(model)}")
    if optimizer is None:
        return Adam(model.parameters(), lr=0.01)
    if not isinstance(optimizer, Optimizer):
        raise TypeError(
            f"fit: optimizer must be one that knows its parameters, such as "
            f"SGD(model.parameters(), lr=0.1), got {describe(optimizer)}"
        )
    own = {id(p) for p in model.parameters()}
    if not any(id(p) in own for p in optimizer.parameters):
        raise ValueError(
            f"fit: the optimizer changes {counted(len(optimizer.parameters), 'parameter')}, none "
            f"of which is one of the {len(own)} of {model!r}: was it made for another model? "
            f"Write {type(optimizer).__name__}(model.parameters(), ...)"
        )
    return optimizer


def refuse_what_is_no_function(
    loss: object, schedule: Any, metrics: object, callbacks: object
) -> None:
    """An error where something that training calls is nothing to be called."""
    if not callable(loss):
        raise TypeError(
            f"fit: loss must be a function of predictions and targets, such as nn.losses.mse, got "
            f"{describe(loss)}"
        )
    if schedule is not None:
        a_schedule("fit: schedule", schedule)
    if metrics is not None and not (
        isinstance(metrics, Mapping) and all(map(callable, metrics.values()))
    ):
        raise TypeError(
            f"fit: metrics must be a dict of functions of predictions and targets, such as "
            f"{{'accuracy': accuracy}}, got {describe(metrics)}"
        )
    if not (isinstance(callbacks, (list, tuple)) and all(map(callable, callbacks))):
        raise TypeError(
            f"fit: callbacks must be a list of functions of the history, got {describe(callbacks)}"
        )


def clipping(clip: float | Clip | None) -> Clip | None:
    """What is done to gradients between `backward` and `step`."""
    if clip is None or callable(clip):
        return clip
    most = positive("clip", clip)
    return lambda parameters: clip_grad_norm(parameters, most)
