"""The losses of a training over its epochs, drawn by matplotlib."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Protocol

    from matplotlib.axes import Axes

    class Losses(Protocol):
        """What a History of `fit` has, among other things."""

        @property
        def losses(self) -> list[float]: ...

        @property
        def validation_losses(self) -> list[float]: ...


# Of Okabe and Ito, which the colour-blind can tell apart.
COLOURS = ("#E69F00", "#0072B2", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#999999")


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
