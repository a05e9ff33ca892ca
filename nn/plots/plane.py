"""What pictures of data and of losses have in common, by matplotlib and by characters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nn.data.examples import examples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nn.data.examples import Data

    Range = tuple[float, float]


def in_the_plane(data: tuple[object, object], where: str) -> tuple[Data, Range, Range]:
    """Examples of two inputs, and the range of each input that a picture of them shows."""
    checked = examples(data, where)
    if len(checked.inputs[0]) != 2:
        raise ValueError(
            f"{where}: a picture is of 2 inputs, but a row here has {len(checked.inputs[0])}"
        )
    xs, ys = zip(*checked.inputs, strict=True)
    return checked, limits(xs), limits(ys)


def limits(xs: Sequence[float]) -> Range:
    """The range of numbers with a margin around it.

    >>> limits([0.0, 10.0])
    (-0.8, 10.8)
    """
    low, high = min(xs), max(xs)
    margin = 0.08 * (high - low) or max(1.0, 0.08 * abs(low))
    return low - margin, high + margin


def logarithmic(low: float, high: float) -> bool:
    """Whether equal steps of an axis are to be equal factors: else small losses look like 0."""
    return low > 0.0 and high / low > 100.0
