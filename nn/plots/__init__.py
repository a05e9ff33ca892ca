"""Plots by matplotlib: decision regions and loss curves, each on Axes of yours or on new ones."""

from nn.plots.curves import COLOURS as COLOURS, loss_curve as loss_curve
from nn.plots.regions import decision_boundary as decision_boundary

__all__ = ["decision_boundary", "loss_curve"]
