"""Training: step after step downhill, until the examples are learnt.

`fit` is the loop that everybody writes by hand at first (zero the gradients, compute the loss,
backward, step), with what such loops need sooner or later.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from functools import partial
from math import fsum, inf
from time import perf_counter
from typing import Any, Literal

from autograd import Value, no_grad
from autograd.many import row_of, scatter
from autograd.numbers.reals import counted, not_negative, positive, whole
from nn.checks import Rng, generator, trouble_after_step, trouble_in
from nn.data.examples import Data, Examples, cut, examples, shuffled
from nn.data.metrics import mode, single
from nn.losses import mse
from nn.module import Module
from nn.optim import Adam, Clip, Optimizer
from nn.optimizers import clip_grad_norm
from nn.training.compiling import Loss, LossOfBatches
from nn.training.history import Epoch, History
from nn.training.progress import progress_of

Metric = Callable[[Any, Any], float]  # of predictions and targets, like Loss
Callback = Callable[[History], object]


def fit(
    model: Module,
    data: Examples,
    *,
    loss: Loss = mse,
    optimizer: Optimizer | None = None,
    epochs: int = 100,
    batch_size: int | None = None,
    validation: Examples | None = None,
    early_stopping: int | None = None,
    schedule: Callable[[int], float] | None = None,
    clip: float | Clip | None = None,
    metrics: Mapping[str, Metric] | None = None,
    callbacks: Sequence[Callback] = (),
    rng: Rng = None,
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
    seen = examples(data, "fit")
    unseen = None if validation is None else examples(validation, "fit: validation")
    optimizer = Adam(model.parameters(), lr=0.01) if optimizer is None else optimizer
    refuse_stranger(optimizer, model)
    n = len(seen.inputs)
    size = n if batch_size is None else whole("batch_size", batch_size)
    patience = inf if early_stopping is None else whole("early_stopping", early_stopping)
    if patience < inf and unseen is None:
        raise ValueError(
            f"early_stopping={patience} watches the loss on validation data, and there are none: "
            f"nn.split(data) holds some examples out, to be given as validation=..."
        )
    if not (clip is None or callable(clip)):
        clip = partial(clip_grad_norm, most=positive("clip", clip))
    epoch, epochs, rng = 0, whole("epochs", epochs), generator(rng)
    history, best, least, state = History(), 0, inf, model.state_dict()
    loss_of = LossOfBatches(model, loss, seen, epochs, callbacks, compile, history)
    steps = Steps(model, optimizer, loss_of, history)
    modules = [module for _, module in model.named_modules()]

    with mode(modules, training=True), progress_of(epochs, progress) as line:
        try:
            for epoch in range(1, epochs + 1):
                start, losses = perf_counter(), []
                for batch in [seen] if size >= n else cut(seen, size, shuffled(n, rng)):
                    with steps:
                        if schedule is not None:
                            lr = schedule(steps.taken)
                            optimizer.lr = not_negative(f"schedule({steps.taken})", lr)
                        optimizer.zero_grad()
                        out = loss_of(batch)
                        out.backward()
                        steps.refuse_lost_gradients(out, batch)
                        if clip is not None:
                            clip(optimizer.parameters)
                        optimizer.step()
                        steps.refuse_lost_parameters()
                    steps.taken += 1
                    losses.append(out.data * len(batch.inputs))
                with mode(modules, training=False), no_grad():
                    measured = measure(model, loss, metrics or {}, seen, unseen)
                mean = fsum(losses) / n
                seconds = perf_counter() - start
                history.epochs.append(Epoch(mean, *measured, optimizer.lr, seconds))
                line.show(epoch, repr(history.epochs[-1]))
                answers = [callback(history) for callback in callbacks]
                if patience < inf and (latest := history.validation_losses[-1]) < least:
                    best, least, state = epoch, latest, model.state_dict()
                if epoch - best >= patience:
                    history.stopped = f"early stopping at epoch {epoch}"
                    break
                if any(answer is True for answer in answers):
                    history.stopped = f"stopped by a callback at epoch {epoch}"
                    break
            else:
                history.stopped = "done"
            if best:
                with steps:
                    model.load_state_dict(state)
                    history.stopped += f": best validation loss {least:.4g} at epoch {best}"
            elif patience < inf:
                history.stopped += ": no validation loss was finite"
        except KeyboardInterrupt:
            history.stopped = f"interrupted at epoch {epoch}"
    return history


def measure(
    model: Module, loss: Loss, metrics: Mapping[str, Metric], seen: Data, unseen: Data | None
) -> tuple[float | None, dict[str, float]]:
    """The loss on the validation data, if there are any, and the metrics; each in use."""
    if unseen is None and not metrics:
        return None, {}
    rows, targets = unseen or seen
    predictions = model.batch(rows)
    numbers = {
        name: single(metric(predictions, targets), f"the metric {name!r}")
        for name, metric in metrics.items()
    }
    lost = single(loss(predictions, targets), "the validation loss") if unseen else None
    return lost, numbers


def refuse_stranger(optimizer: Optimizer, model: Module) -> None:
    """An error if the optimiser changes no part of the model: nothing would be learnt."""
    own = {id(p) for p in model.parameters()}
    if not any(id(p) in own for p in optimizer.parameters):
        raise ValueError(
            f"fit: the optimizer changes {counted(len(optimizer.parameters), 'parameter')}, none "
            f"of which is one of the {len(own)} of {model!r}: was it made for another model? "
            f"Write {optimizer.name}(model.parameters(), ...)"
        )


class TrainingError(ArithmeticError):
    """A loss, a gradient or a parameter became nan or inf; `history` is what happened before.

    The parameters are those of before the step.
    """

    def __init__(self, message: str, history: History) -> None:
        super().__init__(message, history)
        self.history = history

    def __str__(self) -> str:
        return str(self.args[0])


class Steps:
    """What a step of `fit` needs beside the loop: it can be undone, and nan is an error.

    A block `with steps:` that ends in an error or Ctrl-C leaves all numbers as they were before it.
    No `contextmanager`: Ctrl-C in its own code would leave a generator that is closed much later,
    and would put old numbers back then.
    """

    def __init__(
        self, model: Module, optimizer: Optimizer, loss_of: LossOfBatches, history: History
    ) -> None:
        self.optimizer, self.loss_of, self.history = optimizer, loss_of, history
        self.names = {id(p): name for name, p in model.named_parameters()}
        every = {id(p): p for p in [*model.parameters(), *optimizer.parameters]}
        self.parameters = [*every.values()]
        self.buffers: list[list[float]] = [
            getattr(module, name) for _, module in model.named_modules() for name in module.buffers
        ]
        self.taken = 0

    def __enter__(self) -> None:
        self.numbers = row_of(self.parameters)
        self.measured = [buffer[:] for buffer in self.buffers]
        self.state = {
            name: copy(x) if isinstance(x, (list, dict, array)) else x
            for name, x in vars(self.optimizer).items()
        }

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            return
        scatter(self.parameters, self.numbers)
        for buffer, measured in zip(self.buffers, self.measured, strict=True):
            buffer[:] = measured
        self.optimizer.__dict__ = self.state

    def refuse_lost_gradients(self, loss: Value, batch: Data) -> None:
        """An error if the loss or a gradient is nan or inf, with the operation that made it so."""
        parameters = self.optimizer.parameters
        if trouble_in(loss, parameters) and self.loss_of.compiled:
            # One node does not tell which operation it was; the same loss with all of them does.
            self.optimizer.zero_grad()
            loss = self.loss_of.eager(batch)
            loss.backward()
        if trouble := trouble_in(loss, parameters, self.name_of):
            raise self.error(trouble)

    def refuse_lost_parameters(self) -> None:
        """An error if a step went beyond all floats."""
        if trouble := trouble_after_step(self.parameters, self.name_of):
            raise self.error(trouble)

    def name_of(self, i: int, p: Value) -> str:
        """A parameter as the model calls it."""
        return self.names.get(id(p), "a parameter outside the model")

    def error(self, trouble: str) -> TrainingError:
        """The end of this training, and why."""
        epoch = len(self.history.epochs) + 1
        self.history.stopped = f"an error at epoch {epoch}"
        error = TrainingError(f"epoch {epoch}, step {self.taken + 1}: {trouble}", self.history)
        error.add_note(
            "The parameters are those of before this step, and what happened until then is in the "
            "history of this error. A smaller learning rate may help, or clip=1.0."
        )
        return error
