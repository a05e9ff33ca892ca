"""Tables of results that print in aligned columns."""

from __future__ import annotations

from collections.abc import Sequence

Cell = str | int | float | None


class Table:
    """Headings and rows; words stand to the left of a column, numbers to the right.

    >>> Table(("lr", "accuracy"), [(0.1, 0.98), (0.01, 0.5)])
      lr  accuracy
     0.1      0.98
    0.01       0.5
    """

    def __init__(self, headings: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
        self.headings = tuple(headings)
        self.rows = [tuple(row) for row in rows]
        for i, row in enumerate(self.rows):
            if len(row) != len(self.headings):
                raise ValueError(f"Table: row {i} has {len(row)} cells of {len(self.headings)}")

    def __repr__(self) -> str:
        columns = [
            aligned(heading, cells)
            for heading, *cells in zip(self.headings, *self.rows, strict=True)
        ]
        return "\n".join("  ".join(line).rstrip() for line in zip(*columns, strict=True))


def aligned(heading: str, cells: Sequence[Cell]) -> list[str]:
    """A column of a table, heading first, every cell of the same width."""
    texts = [heading, *map(text_of, cells)]
    width = max(map(len, texts))
    if any(isinstance(cell, (int, float)) for cell in cells):
        return [text.rjust(width) for text in texts]
    return [text.ljust(width) for text in texts]


def text_of(cell: Cell) -> str:
    """A cell as text: floats to six digits, nothing for None."""
    if cell is None:
        return ""
    return f"{cell:.6g}" if isinstance(cell, float) else str(cell)
