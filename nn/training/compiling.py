"""Compiled training: the loss of a batch as one node, for models that go row by row.

`fit` asks here whether a model and a loss can be compiled by `autograd.jit`, and whether it pays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

from autograd import Value, dot, jit, log_softmax
from autograd.numbers.reals import describe
from nn.blocks import Dropout, Residual
from nn.data.examples import Data
from nn.layers import Sequential
from nn.losses import cross_entropy
from nn.module import Module
from nn.training.history import History

Loss = Callable[[Any, Any], Value]  # of predictions and targets

# A program for a row takes as long to make as it saves on 50 to 300 rows, on 800 for a model with
# thousands of parameters: the time to make it and the time saved both grow with the operations.
WORTH = 1000
MOST_CLASSES = 100
ROW_BY_ROW = (Module.batch, Sequential.batch, Residual.batch)  # the last two only pass rows on
MEANS = ("nn.losses", "nn.objectives.losses")  # where that of a batch is the mean of those of rows


class LossOfBatches:
    """The loss of one batch after another: compiled where that is wanted, possible and worth it.

    It is eager from the first batch on that cannot be. What it is, `history.computed` says.
    """

    def __init__(
        self,
        model: Module,
        loss: Loss,
        data: Data,
        epochs: int,
        callbacks: Sequence[object],
        compile: bool | Literal["auto"],
        history: History,
    ) -> None:
        if not (isinstance(compile, bool) or compile == "auto"):
            raise ValueError(f"fit: compile must be True, False or 'auto', got {describe(compile)}")
        obstacle = obstacle_to(model, loss, data) if compile else "compile=False"
        rows = len(data.inputs) * epochs
        if compile is True and obstacle:
            raise impossible(obstacle)
        if compile == "auto" and not obstacle and callbacks:
            obstacle = "callbacks could change what is fixed in a program"
        elif compile == "auto" and not obstacle and rows < WORTH:
            obstacle = f"{rows} rows in all epochs are too few to compile for"
        self.model, self.loss, self.history = model, loss, history
        self.must, self.compiled = compile is True, not obstacle
        self.times = 0  # computed by the program
        history.computed = f"eager: {obstacle}" if obstacle else "compiled"
        classes = count_classes(data.targets) if loss is cross_entropy else 0
        # A row for each class, 1 at its place and else 0: a number would be a part of the program.
        self.one_hot = [[float(i == k) for i in range(classes)] for k in range(classes)]
        self.of_row = jit(loss_of_class(model) if classes else loss_of_target(model, loss))

    def __call__(self, batch: Data) -> Value:
        """The loss of a batch; a batch that cannot be compiled is eager, and all after it."""
        if not self.compiled:
            return self.eager(batch)
        targets = [self.one_hot[y] for y in batch.targets] if self.one_hot else batch.targets
        try:
            out: Value = self.of_row.mean(batch.inputs, targets)
        except Exception as error:
            eager = self.eager(batch)  # an error of the model's own comes again here
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            if self.must:
                raise impossible(reason) from error
            self.compiled = False
            before = f"compiled for {self.times} batches, then " if self.times else ""
            self.history.computed = f"{before}eager: {reason}"
            return eager
        self.times += 1
        return out

    def eager(self, batch: Data) -> Value:
        """The loss of a batch with every operation recorded."""
        return self.loss(self.model.batch(batch.inputs), batch.targets)


def loss_of_target(model: Module, loss: Loss) -> Loss:
    """The loss of a row, whose target is a number or a row of them."""

    def of_target(row: Any, target: Any) -> Value:
        return loss(model.batch([row]), [target])

    return of_target


def loss_of_class(model: Module) -> Loss:
    """The cross-entropy of a row, whose class stands as a 1 among zeros."""

    def of_class(row: Any, one_hot: Any) -> Value:
        (logits,) = model.batch([row])
        if len(logits) < len(one_hot):
            raise ValueError(f"there are labels up to {len(one_hot) - 1} for {len(logits)} logits")
        chosen: Value = dot(one_hot, log_softmax(logits)[: len(one_hot)])
        return -chosen

    return of_class


def obstacle_to(model: Module, loss: Loss, data: Data) -> str:
    """Why rows cannot be computed one by one by a program; nothing if they can."""
    for _, module in model.named_modules():
        if isinstance(module, Dropout):
            return f"{type(module).__name__} draws anew for every row"
        if type(module).batch not in ROW_BY_ROW or "batch" in vars(module):
            return f"{type(module).__name__} has a batch of its own"
    if getattr(loss, "__module__", "") not in MEANS:
        return "the loss is none of those of nn"
    if loss is cross_entropy and not count_classes(data.targets):
        return f"cross_entropy is compiled for the numbers of at most {MOST_CLASSES} classes only"
    return ""


def count_classes(targets: Sequence[Any]) -> int:
    """How many classes there are, if the targets are their numbers and these not many; else 0.

    >>> count_classes([0, 2, 1]), count_classes([0.5]), count_classes([10**9])
    (3, 0, 0)
    """
    numbers = all(type(y) is int and 0 <= y < MOST_CLASSES for y in targets)
    return max(targets) + 1 if numbers else 0


def impossible(reason: str) -> ValueError:
    """The error where compiling was asked for, and cannot be."""
    return ValueError(f"fit: compile=True is not possible here: {reason}. Try compile='auto'")
