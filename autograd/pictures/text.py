"""A picture as a tree of text, for terminals and for ears: the result on top, operands below."""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING, NamedTuple

from autograd.pictures.lettering import LONGEST, along, columns, printable, short, span
from autograd.pictures.model import Box, Lumped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograd.pictures.model import Arrow, Scene

DEEPEST = 12  # levels of a tree; what is below becomes a tree of its own


class Line(NamedTuple):
    """A line of the tree, before the columns are aligned."""

    tree: str
    data: str = ""
    grad: str = ""
    partial: str = ""


def tree_text(scene: Scene, *, partials: bool = False) -> str:
    """The scene as a tree in text, with the numbers in columns.

    >>> from autograd import Value
    >>> from autograd.pictures.model import pictured
    >>> from autograd.pictures.names import named
    >>> x = Value(3.0, label="x")
    >>> out = x * x + 2.0
    >>> out.backward()
    >>> print(tree_text(pictured([out], named(None))))
                     data  grad
    +                  11     1
    ├─ *                9     1
    │  ├─ x             3     6
    │  └─ x (above)
    └─ constant         2
    """
    lines = [Line("", "data", "grad", "partial" if partials else ""), *Walk(scene).lines()]
    if not partials:
        lines = [line._replace(partial="") for line in lines]
    tail = ["", *scene.summary.split(": ")] if scene.summary else []
    return "\n".join([*aligned(lines), *tail])


def aligned(lines: Sequence[Line]) -> list[str]:
    """The lines with the tree at the left and the numbers at the right of their columns."""
    widths = [max(map(columns, column)) for column in zip(*lines, strict=True)]
    texts = []
    for tree, *numbers in lines:
        text = tree + " " * (widths[0] - columns(tree))
        for number, width in zip(numbers, widths[1:], strict=True):
            text += "  " + " " * (width - columns(number)) + number
        texts.append(text.rstrip())
    return texts


class Walk:
    """From the results to the leaves: each box is shown once, and referred to afterwards."""

    def __init__(self, scene: Scene) -> None:
        self.boxes = {box.id: box for box in scene.boxes}
        self.operands: dict[str, list[Arrow]] = {box.id: [] for box in scene.boxes}
        for arrow in scene.arrows:
            self.operands[arrow.head].append(arrow)
        self.uses = Counter([arrow.tail for arrow in scene.arrows])
        self.numbers: dict[str, str] = {}  # of boxes that are referred to and have no name
        self.shown: set[str] = set()
        self.run: tuple[str, list[str], int] = ("", [], -1)  # the last such line: see `refer`

    def lines(self) -> list[Line]:
        """The tree of each result, and then of what was too deep to be shown in one of these."""
        found: list[Line] = []
        roots = deque([box.id for box in self.boxes.values() if box.result])
        while roots:
            if (root := roots.popleft()) not in self.shown:
                roots += self.tree(root, found)
        return found

    def tree(self, root: str, found: list[Line]) -> list[str]:
        """Add the lines of one tree; gives the boxes at which it was cut off."""
        cut: list[str] = []
        rest: list[tuple[str, Arrow | None, str, str]] = [(root, None, "", "")]
        while rest:
            box, arrow, branch, prefix = rest.pop()
            operands = self.operands[box]
            partial = "" if arrow is None else along(arrow.partial, arrow.off)
            if box in self.shown:
                self.refer(box, branch, partial, found)
            elif operands and len(prefix) >= 3 * DEEPEST:
                found.append(Line(f"{branch}{self.reference(box)} (below)", partial=partial))
                cut.append(box)
            else:
                self.shown.add(box)
                off = " (switched off)" if arrow is not None and arrow.off else ""
                data, grad = self.figures(box)
                found.append(Line(branch + self.title(box) + off, data, grad, partial))
                for arrow in reversed(operands):
                    last = arrow is operands[-1]
                    child = prefix + ("   " if last else "│  ")
                    rest.append((arrow.tail, arrow, prefix + ("└─ " if last else "├─ "), child))
        return cut

    def refer(self, id: str, branch: str, partial: str, found: list[Line]) -> None:
        """Add the line of a box that was shown before; with others beside it, one line for all."""
        siblings, names, place = self.run
        if siblings == branch[:-3] and place == len(found) and not partial:
            found.pop()
        else:
            names = []
        names.append(self.reference(id))
        several = f"{names[0]} … {names[-1]}, {len(names)} boxes"
        text = ", ".join(names) if len(names) <= 3 else several
        found.append(Line(f"{branch}{text} (above)", partial=partial))
        self.run = (branch[:-3], names, len(found))

    def title(self, id: str) -> str:
        """What stands in the tree where the box is shown: "c = *"."""
        box = self.boxes[id]
        if isinstance(box, Lumped):
            said = box.title if box.path else printable(box.title, LONGEST)
            what = f"{box.symbol} {said}".strip()
            if box.census:
                what += f" ({', '.join(box.census)})"
            name = ""
        else:
            what = box.symbol or ("" if box.name else box.kind)
            name = printable(box.name, LONGEST)
        nameless = not name and not (isinstance(box, Lumped) and box.path)
        if nameless and (id in self.numbers or self.uses[id] > 1):
            name = self.reference(id)
        return " = ".join(filter(None, [name, what]))

    def reference(self, id: str) -> str:
        """How the box is referred to: by its name, or by a number that it is given."""
        box = self.boxes[id]
        if isinstance(box, Box) and box.name:
            return printable(box.name, LONGEST)
        if isinstance(box, Lumped) and box.path:
            return box.path
        return self.numbers.setdefault(id, f"#{len(self.numbers) + 1}")

    def figures(self, id: str) -> tuple[str, str]:
        """Its data and its gradient, as they are written."""
        box = self.boxes[id]
        if isinstance(box, Lumped):
            return span(*box.data), span(*box.grad)
        return short(box.data), "" if box.kind == "constant" else short(box.grad)
