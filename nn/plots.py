"""Plots by matplotlib: decision regions and loss curves, each on Axes of yours or on new ones."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeVar

from autograd import sigmoid
from autograd.numbers.reals import counted, describe
from nn.data import in_the_plane
from nn.metrics import largest, scores_of, true_classes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Protocol

    from matplotlib.axes import Axes

    from nn.metrics import Model

    class Losses(Protocol):
        """What a `nn.history.History` has, among other things."""

        @property
        def losses(self) -> list[float]: ...

        @property
        def validation_losses(self) -> list[float]: ...


__all__ = ["decision_boundary", "loss_curve"]

T = TypeVar("T")

# Of Okabe and Ito, which the colour-blind can tell apart; points have a marker for each class too.
COLOURS = ("#E69F00", "#0072B2", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#999999")
MARKERS = "o^sDvP*X"
GRID = 80  # places in either direction where the model is asked


def decision_boundary(model: Model, data: tuple[object, object], ax: Axes | None = None) -> Axes:
    """Which class a model of two inputs names where, with the points of the data on it.

    The model gives the logit of class 1, or a score for each class. A region has the colour of its
    class, the fuller the surer the model: sigmoid(the lead of the best score over the second). The
    line is where two classes are even: for a logit, where it is 0.

    >>> import matplotlib
    >>> matplotlib.use("Agg")  # needs no screen
    >>> from nn.data import moons
    >>> ax = decision_boundary(lambda row: 0.5 - row[1], moons(100, rng=0))
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['class 0', 'class 1']
    """
    (rows, targets), (left, right), (low, high) = in_the_plane(data, "decision_boundary")
    xs, ys = (
        [a + (b - a) * i / (GRID - 1) for i in range(GRID)] for a, b in ((left, right), (low, high))
    )
    grid = [[x, y] for y in ys for x in xs]
    answers = scores_of("decision_boundary", model, grid, most=len(COLOURS))
    count = len(answers[0])
    labels = true_classes("decision_boundary", targets, count)
    ax = axes(ax)
    ax.imshow(
        in_lines([shade(answer) for answer in answers]),
        extent=(left, right, low, high),
        origin="lower",
        interpolation="bilinear",
    )
    for label in range(count if count > 2 else 1):  # of two classes, both have the same line
        leads = [lead(answer, label) for answer in answers]
        if min(leads) < 0.0 < max(leads):
            ax.contour(xs, ys, in_lines(leads), levels=[0.0], colors="black", linewidths=1.0)
    for label in range(count):
        points = [row for row, own in zip(rows, labels, strict=True) if own == label]
        ax.scatter(
            [x for x, _ in points],
            [y for _, y in points],
            c=COLOURS[label],
            marker=MARKERS[label],
            edgecolors="black",
            linewidths=0.7,
            label=f"class {label}",
        )
    ratio = (high - low) / (right - left)
    ax.set_aspect("equal" if 0.25 < ratio < 4.0 else "auto")
    ax.set(xlabel="input 0", ylabel="input 1")
    ax.legend()
    return ax


def loss_curve(history: Losses, ax: Axes | None = None) -> Axes:
    """The losses of all epochs as a curve, and those on the validation data if there are any.

    The axis is logarithmic if the largest loss is more than 100 times the smallest.

    >>> import matplotlib
    >>> matplotlib.use("Agg")  # needs no screen
    >>> from types import SimpleNamespace
    >>> ax = loss_curve(SimpleNamespace(losses=[1.0, 0.5, 0.25], validation_losses=[]))
    >>> [line.get_ydata().tolist() for line in ax.lines]
    [[1.0, 0.5, 0.25]]
    """
    if not (hasattr(history, "losses") and hasattr(history, "validation_losses")):
        raise TypeError(
            f"loss_curve: expected the History that fit gives, got {describe(history)}; "
            f"nn.terminal.chart draws a plain list of numbers"
        )
    curves = {"training": history.losses, "validation": history.validation_losses}
    finite = [loss for losses in curves.values() for loss in losses if math.isfinite(loss)]
    if not finite:
        raise ValueError(
            f"loss_curve: {counted(len(history.losses), 'epoch')}, and none has a finite loss"
        )
    ax = axes(ax)
    from matplotlib.ticker import MaxNLocator

    for (name, losses), colour, style in zip(
        curves.items(), (COLOURS[1], COLOURS[5]), ("-", "--"), strict=True
    ):
        if losses:
            marker = "o" if len(losses) == 1 else ""
            ax.plot(
                range(1, len(losses) + 1), losses, style, color=colour, marker=marker, label=name
            )
    if logarithmic(min(finite), max(finite)):
        ax.set_yscale("log")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set(xlabel="epoch", ylabel="loss")
    ax.grid(alpha=0.3)
    ax.legend()
    return ax


def logarithmic(low: float, high: float) -> bool:
    """Whether equal steps of an axis are to be equal factors: else small losses look like 0."""
    return low > 0.0 and high / low > 100.0


def axes(ax: Axes | None) -> Axes:
    """The Axes themselves, or new ones if there are none."""
    if ax is not None:
        return ax
    try:
        from matplotlib import pyplot
    except ImportError:
        raise ImportError("plots need matplotlib: pip install 'pencilgrad[viz]'") from None
    return pyplot.subplots(layout="constrained")[1]


def shade(answer: list[float]) -> tuple[float, ...]:
    """Red, green and blue of a place where the model says that: paler where it is not sure."""
    label = largest(answer)
    strength = 0.15 + 0.8 * (sigmoid(lead(answer, label)) - 0.5)
    parts = (int(COLOURS[label][i : i + 2], 16) / 255.0 for i in (1, 3, 5))
    return tuple(1.0 - strength * (1.0 - part) for part in parts)


def lead(answer: list[float], label: int) -> float:
    """How far the score of a class is above the best of the others, as far as it can be drawn."""
    others = max(score for i, score in enumerate(answer) if i != label)
    return min(max(answer[label] - others, -1e9), 1e9)


def in_lines(xs: Sequence[T]) -> list[Sequence[T]]:
    """What belongs to the places of the grid, line by line."""
    return [xs[i : i + GRID] for i in range(0, len(xs), GRID)]
