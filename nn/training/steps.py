"""Steps of a training, each of them whole: an error or Ctrl-C in one undoes it."""

from __future__ import annotations

from autograd import Value
from nn.checks import first_lost, trouble_in
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
        self.numbers = [p.data for p in self.parameters]
        self.measured = [buffer[:] for buffer in self.buffers]
        self.state = {
            name: x.copy() if isinstance(x, (list, dict)) else x
            for name, x in vars(self.optimizer).items()
        }

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
        if (i := first_lost([p.data for p in self.parameters])) is not None:
            p = self.parameters[i]
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
