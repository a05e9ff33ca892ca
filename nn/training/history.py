"""What happened in a training: an entry for every epoch, and why it ended."""

from __future__ import annotations

from math import inf, isnan
from typing import TYPE_CHECKING, NamedTuple

from autograd.numbers.reals import counted
from nn.printing import Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHOWN = 6  # epochs at either end of a long table


class Epoch(NamedTuple):
    """One pass over all examples.

    The loss is the mean over them as it was just before each step; the rest is from the end of the
    epoch, and the learning rate that of its last step.

    >>> Epoch(0.5, 0.75, {"accuracy": 0.9}, 0.01, 1.5)
    loss 0.5, validation loss 0.75, accuracy 0.9
    """

    loss: float
    validation_loss: float | None
    metrics: dict[str, float]
    learning_rate: float
    seconds: float

    def results(self) -> list[tuple[str, float]]:
        """How well it went: each number with what it is called."""
        results = [("loss", self.loss)]
        if self.validation_loss is not None:
            results.append(("validation loss", self.validation_loss))
        return [*results, *self.metrics.items()]

    def __repr__(self) -> str:
        return ", ".join(f"{name} {number:.4g}" for name, number in self.results())


class History:
    """The epochs of a training, and in `stopped` why it ended; prints as a table.

    `computed` says how the losses were: "compiled", or "eager: " and why.

    >>> history = History()
    >>> history.epochs.append(Epoch(0.5, None, {"accuracy": 0.9}, 0.01, 1.5))
    >>> history.epochs.append(Epoch(0.25, None, {"accuracy": 0.95}, 0.01, 1.25))
    >>> history.stopped = "done"
    >>> history.losses, history.metrics
    ([0.5, 0.25], {'accuracy': [0.9, 0.95]})
    >>> history
    epoch  loss  accuracy  learning rate  seconds
        1   0.5       0.9           0.01      1.5
        2  0.25      0.95           0.01     1.25
    done, after 2 epochs and 2.75 seconds
    """

    def __init__(self) -> None:
        self.epochs: list[Epoch] = []
        self.stopped = "still running"
        self.computed = ""

    @property
    def losses(self) -> list[float]:
        """The mean loss of every epoch."""
        return [epoch.loss for epoch in self.epochs]

    @property
    def validation_losses(self) -> list[float]:
        """The loss on the validation data after every epoch; empty if there were none.

        >>> history = History()
        >>> history.epochs.append(Epoch(0.5, 0.75, {}, 0.01, 1.5))
        >>> history.validation_losses
        [0.75]
        """
        return [e.validation_loss for e in self.epochs if e.validation_loss is not None]

    @property
    def metrics(self) -> dict[str, list[float]]:
        """Each metric under its name, as it was after every epoch."""
        names = self.epochs[0].metrics if self.epochs else {}
        return {name: [epoch.metrics[name] for epoch in self.epochs] for name in names}

    @property
    def learning_rates(self) -> list[float]:
        """The learning rate of the last step of every epoch.

        >>> history = History()
        >>> history.epochs.append(Epoch(0.5, None, {}, 0.01, 1.5))
        >>> history.learning_rates
        [0.01]
        """
        return [epoch.learning_rate for epoch in self.epochs]

    @property
    def seconds(self) -> list[float]:
        """How long every epoch took, with validation and metrics.

        >>> history = History()
        >>> history.epochs.append(Epoch(0.5, None, {}, 0.01, 1.5))
        >>> history.seconds
        [1.5]
        """
        return [epoch.seconds for epoch in self.epochs]

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended it.

        >>> history = History()
        >>> history.stopped = "interrupted at epoch 7"
        >>> history.interrupted
        True
        """
        return self.stopped.startswith("interrupted")

    @property
    def score(self) -> float:
        """One number for the whole, smaller is better: for comparing trainings.

        It is the lowest validation loss, or where there are none the last loss; inf if there is
        nothing at all.

        >>> history = History()
        >>> history.epochs.append(Epoch(0.5, 0.75, {}, 0.01, 1.5))
        >>> history.score
        0.75
        """
        losses = self.validation_losses or self.losses[-1:]
        return min((loss for loss in losses if not isnan(loss)), default=inf)

    def plot(self, ax: Axes | None = None) -> Axes:
        """The losses as curves over the epochs, drawn by matplotlib; see `nn.plots.loss_curve`.

        >>> from matplotlib.figure import Figure
        >>> history = History()
        >>> history.epochs.append(Epoch(0.5, None, {}, 0.01, 1.5))
        >>> history.plot(Figure().add_subplot()).get_xlabel()
        'epoch'
        """
        from nn.plots import loss_curve

        return loss_curve(self, ax)

    def __repr__(self) -> str:
        n = len(self.epochs)
        summary = f"{self.stopped}, after {counted(n, 'epoch')}"
        if not self.epochs:
            return summary
        names = [name for name, _ in self.epochs[0].results()]
        rows = [
            (i, *[x for _, x in e.results()], e.learning_rate, float(f"{e.seconds:.3g}"))
            for i, e in enumerate(self.epochs, 1)
        ]
        table = Table(("epoch", *names, "learning rate", "seconds"), rows)
        lines = str(table).splitlines()
        if n > 2 * SHOWN + 1:  # a line that says "1 epoch not shown" would save nothing
            lines[1 + SHOWN : -SHOWN] = [f"... {n - 2 * SHOWN} epochs not shown ..."]
        how = f"; {self.computed}" if self.computed else ""
        return "\n".join([*lines, f"{summary} and {sum(self.seconds):.3g} seconds{how}"])
