"""What pictures show of a model of two inputs: its examples, and what it says all around them."""

from __future__ import annotations

from collections.abc import Sequence

from nn.data.examples import Examples, examples
from nn.data.metrics import Model, predictions, scores, true_classes

Range = tuple[float, float]


class Plane:
    """Examples of two inputs, and the range of each input that a picture of them shows.

    >>> Plane("here", ([[0.0, 5.0], [10.0, 5.0]], [0, 1])).limits
    [(-0.8, 10.8), (4.0, 6.0)]
    """

    def __init__(self, where: str, data: Examples) -> None:
        self.where = where
        self.rows, self.targets = examples(data, where)
        if len(self.rows[0]) != 2:
            raise ValueError(f"{where}: a picture is of 2 inputs, not {len(self.rows[0])}")
        self.limits = [limits(column) for column in zip(*self.rows, strict=True)]

    def ask(
        self, model: Model, columns: int, lines: int, most: int
    ) -> tuple[list[float], list[float], list[list[list[float]]]]:
        """The middles of cells in both directions, and line by line what the model says there."""
        xs, ys = (
            [low + (high - low) * (i + 0.5) / count for i in range(count)]
            for (low, high), count in zip(self.limits, (columns, lines), strict=True)
        )
        found = predictions(model, [[x, y] for y in ys for x in xs])
        rows = [scores(y, f"{self.where}: a prediction") for y in found]
        if (count := len(rows[0])) > most:
            raise ValueError(
                f"{self.where}: a picture shows {most} classes, and the model has {count}"
            )
        return xs, ys, [rows[i : i + columns] for i in range(0, len(rows), columns)]

    def classes(self, count: int) -> list[int]:
        """The class of each example, of so many."""
        return true_classes(self.where, self.targets, count)


def limits(xs: Sequence[float]) -> Range:
    """The range of numbers with a margin around it.

    >>> limits([0.0, 10.0])
    (-0.8, 10.8)
    """
    low, high = min(xs), max(xs)
    margin = 0.08 * (high - low) or max(1.0, 0.08 * abs(low))
    return low - margin, high + margin
