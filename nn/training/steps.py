"""Steps of a training, each of them whole: an error or Ctrl-C in one undoes it."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Self

from autograd import Value
from nn.checks import trouble_in
from nn.data.examples import Data
from nn.module import Module
from nn.optim import Optimizer
from nn.training.compiling import LossOfBatches
from nn.training.history import History


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
    """What a step of `fit` needs beside the loop: it can be undone, and nan is an error."""

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

    def undone_on_error(self) -> Undo:
        """A block after which, if it ends in an error or Ctrl-C, all numbers are as before it."""
        return Undo(self.optimizer, self.parameters, self.buffers)

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
        if isfinite(sum([p.data for p in self.parameters])):  # nearly always, and quick
            return
        for i, p in enumerate(self.parameters):
            if not isfinite(p.data):
                raise self.error(f"the step makes {self.name_of(i, p)} {p.data}")

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


class Undo:
    """All numbers that a step changes, as they were; a block that ends in an error ends with them.

    No `contextmanager`: Ctrl-C in its own code would leave a generator that is closed much later,
    and would put old numbers back then.
    """

    def __init__(
        self, optimizer: Optimizer, parameters: Sequence[Value], buffers: Sequence[list[float]]
    ) -> None:
        self.optimizer, self.parameters, self.buffers = optimizer, parameters, buffers
        self.numbers = [p.data for p in parameters]
        self.measured = [buffer[:] for buffer in buffers]
        self.state = {
            name: x.copy() if isinstance(x, (list, dict)) else x
            for name, x in vars(optimizer).items()
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            return
        for p, number in zip(self.parameters, self.numbers, strict=True):
            p.data = number
        for buffer, measured in zip(self.buffers, self.measured, strict=True):
            buffer[:] = measured
        state = vars(self.optimizer)
        for name in state.keys() - self.state.keys():  # what the step has made
            del state[name]
        state.update(self.state)
