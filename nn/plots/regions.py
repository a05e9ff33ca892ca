"""Which class a model of two inputs names where, drawn by matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from autograd import sigmoid
from nn.data.examples import in_the_plane
from nn.data.metrics import largest, scores_of, true_classes
from nn.plots.curves import COLOURS, axes_or_new

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from nn.data.metrics import Model

T = TypeVar("T")

MARKERS = "o^sDvP*X"  # for each class, beside its colour
GRID = 80  # places in either direction where the model is asked


def decision_boundary(model: Model, data: tuple[object, object], ax: Axes | None = None) -> Axes:
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
    (rows, targets), (left, right), (low, high) = in_the_plane(data, "decision_boundary")
    xs, ys = (
        [a + (b - a) * i / (GRID - 1) for i in range(GRID)] for a, b in ((left, right), (low, high))
    )
    grid = [[x, y] for y in ys for x in xs]
    answers = scores_of("decision_boundary", model, grid, most=len(COLOURS))
    count = len(answers[0])
    labels = true_classes("decision_boundary", targets, count)
    ax = axes_or_new(ax)
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
