"""Plots by matplotlib: decision regions and loss curves, each on Axes of yours or on new ones."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from autograd import sigmoid
from nn.data.examples import Examples
from nn.data.metrics import Model, largest
from nn.data.plane import Plane

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nn.training.history import History

__all__ = ["decision_boundary", "loss_curve"]

# Of Okabe and Ito, which the colour-blind can tell apart.
COLOURS = ("#E69F00", "#0072B2", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#999999")
MARKERS = "o^sDvP*X"  # for each class, beside its colour
GRID = 80  # places in either direction where the model is asked


def decision_boundary(model: Model, data: Examples, ax: Axes | None = None) -> Axes:
    """Which class a model of two inputs names where, with the points of the data on it.

    The model gives the logit of class 1, or a score for each class. A region has the colour of its
    class, the fuller the surer the model: sigmoid(the lead of the best score over the second). The
    line is where two classes are even: for a logit, where it is 0.

    >>> import matplotlib
    >>> matplotlib.use("Agg")  # needs no screen
    >>> from nn import moons
    >>> ax = decision_boundary(lambda row: 0.5 - row[1], moons(100, rng=0))
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['class 0', 'class 1']
    """
    plane = Plane("decision_boundary", data)
    (left, right), (low, high) = plane.limits
    xs, ys, answers = plane.ask(model, GRID, GRID, most=len(COLOURS))
    count = len(answers[0][0])
    labels = plane.classes(count)
    ax = axes_or_new(ax)
    ax.imshow(
        [[shade(answer) for answer in line] for line in answers],
        extent=(left, right, low, high),
        origin="lower",
        interpolation="bilinear",
    )
    for label in range(count if count > 2 else 1):  # of two classes, both have the same line
        leads = [[lead(answer, label) for answer in line] for line in answers]
        if min(map(min, leads)) < 0.0 < max(map(max, leads)):
            ax.contour(xs, ys, leads, levels=[0.0], colors="black", linewidths=1.0)
    for label in range(count):
        points = [row for row, own in zip(plane.rows, labels, strict=True) if own == label]
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


def loss_curve(history: History, ax: Axes | None = None) -> Axes:
    """The losses of all epochs as a curve, and those on the validation data if there are any.

    The axis is logarithmic if the largest loss is more than 100 times the smallest.

    >>> import matplotlib
    >>> matplotlib.use("Agg")  # needs no screen
    >>> from types import SimpleNamespace
    >>> ax = loss_curve(SimpleNamespace(losses=[1.0, 0.5, 0.25], validation_losses=[]))
    >>> [line.get_ydata().tolist() for line in ax.lines]
    [[1.0, 0.5, 0.25]]
    """
    curves = {"training": history.losses, "validation": history.validation_losses}
    finite = [loss for losses in curves.values() for loss in losses if isfinite(loss)]
    if not finite:
        raise ValueError(f"loss_curve: of {len(history.losses)} epochs none has a finite loss")
    ax = axes_or_new(ax)
    from matplotlib.ticker import MaxNLocator

    looks = (("-", COLOURS[1]), ("--", COLOURS[5]))
    for (name, losses), (style, colour) in zip(curves.items(), looks, strict=True):
        if losses:
            epochs, marker = range(1, len(losses) + 1), "o" if len(losses) == 1 else ""
            ax.plot(epochs, losses, style, color=colour, marker=marker, label=name)
    if logarithmic(min(finite), max(finite)):
        ax.set_yscale("log")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set(xlabel="epoch", ylabel="loss")
    ax.grid(alpha=0.3)
    ax.legend()
    return ax


def axes_or_new(ax: Axes | None) -> Axes:
    """The Axes themselves, or new ones if there are none."""
    if ax is not None:
        return ax
    try:
        from matplotlib import pyplot
    except ImportError:
        raise ImportError("plots need matplotlib: pip install 'pencilgrad[viz]'") from None
    return pyplot.subplots(layout="constrained")[1]


def logarithmic(low: float, high: float) -> bool:
    """Whether equal steps of an axis are to be equal factors: else small losses look like 0."""
    return low > 0.0 and high / low > 100.0
