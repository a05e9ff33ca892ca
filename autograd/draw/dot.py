"""A picture as DOT text, for Graphviz: how boxes and arrows look.

Boxes have a light ground of their own and arrows are grey, so that a picture can be read on a white
page and on a dark one. What a colour says, a shape says too. The face is monospaced and the widths
of cells are set from the number of characters, for renderers disagree about those of letters.
"""

from __future__ import annotations

from collections import Counter
from itertools import count
from math import isfinite, sqrt
from typing import TYPE_CHECKING, NamedTuple

from autograd.draw.lettering import LONGEST, columns, markup, printable, short, span
from autograd.draw.model import Box, Lumped

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from graphviz import Digraph  # type: ignore[import-untyped]

    from autograd.draw.model import Arrow, Scene

SIZE = 11  # of letters, in points
ADVANCE = 0.61 * SIZE  # from one letter to the next, a little more than in any face it may meet
STEP = 34  # points from one column of boxes to the next: 0.47 inches
MOST_PLACES = 8  # operands that have each a place of its own to arrive at
WIDE = 1000  # points; what would be wider goes from top to bottom, if that is narrower

INK, SOFT, LINE = "#1f2328", "#59636e", "#7d8590"
ALARM, ALARM_GROUND = "#a40e26", "#ffd7d5"  # of nan and inf
UP, DOWN = (245, 166, 74), (111, 168, 232)  # of gradients: orange and blue, which all eyes tell


class Look(NamedTuple):
    """How the boxes of one kind look: the colours, and what tells them apart without."""

    ground: str
    frame: str
    style: str = ""
    border: int = 1
    padding: int = 2


LOOKS = {
    "leaf": Look("#e6f1ff", "#2f6fb3", "ROUNDED"),
    "parameter": Look("#fff3d6", "#9a6700", "ROUNDED", border=2),
    "constant": Look("#e4e8ec", "#e4e8ec", "ROUNDED"),
    "operation": Look("#f6f8fa", "#59636e"),
    "lumped": Look("#f3eefc", "#6f42c1", "DASHED"),
}

INSIDE = Look("", LINE, border=0)  # of a frame with round corners
AROUND = Look("", LINE)  # a result
TAB = Look("", LINE, border=0, padding=0)
LABEL = Look("#ffffff", "#ffffff", "ROUNDED", border=0)  # of an arrow


def dot_text(scene: Scene, *, partials: bool = False, colour: bool = False) -> str:
    """The scene as DOT text; its nodes and edges have the ids of the boxes and arrows.

    >>> from autograd import Value
    >>> from autograd.draw.model import pictured
    >>> from autograd.draw.names import named
    >>> text = dot_text(pictured([Value(3.0, label="x")], named(None)))
    >>> text.splitlines()[0], text.count("TABLE BORDER")
    ('digraph {', 3)
    """
    across = direction(scene) == "LR"
    graph = blank(across, scene.summary)
    sizes = [abs(g) for box in scene.boxes for g in gradients(box) if isfinite(g)]
    largest = max(sizes, default=0.0) if colour else 0.0
    operands = Counter([arrow.head for arrow in scene.arrows])
    places = {  # where the next operand arrives
        box.id: count()
        for box in scene.boxes
        if across and isinstance(box, Box) and 1 < operands[box.id] <= MOST_PLACES
    }
    frames = framed(graph, scene)
    for box in scene.boxes:
        if isinstance(box, Lumped):
            label = lumped_table(box, largest)
        else:
            label = box_table(box, largest, operands[box.id] if box.id in places else 1)
        frames[surroundings(box)].node(box.id, f"<{label}>", id=box.id, tooltip=tooltip(box))
    for parts in sorted(filter(None, frames), key=len, reverse=True):
        frames[parts[:-1]].subgraph(frames[parts])
    for arrow in scene.arrows:
        tail, head = arrow.tail, arrow.head
        if across:  # out at the right, in at the left
            place = f":p{next(places[head])}" if head in places else ""
            tail, head = f"{tail}:e", f"{head}{place}:w"
        graph.edge(tail, head, **arrow_look(arrow, partials))
    return str(graph.source)


def blank(across: bool, caption: str) -> Digraph:
    """An empty graph with what all pictures have in common."""
    graph = new_digraph()
    face = {"fontname": "Courier", "fontsize": str(SIZE)}
    graph.attr("graph", **face, fontcolor=LINE, color=LINE, bgcolor="transparent", pad="0.06")
    graph.attr(
        "graph", nodesep="0.12", ranksep=f"{STEP / 72:.2f}", rankdir="LR" if across else "TB"
    )
    graph.attr("graph", ordering="in")  # operands stand in the order in which they were given
    graph.attr("graph", newrank="true")  # a frame does not set what is in it back
    graph.attr("node", **face, fontcolor=INK, shape="plain")
    graph.attr("edge", **face, color=LINE, arrowsize="0.6")
    if caption:
        graph.attr("graph", label=escaped(caption.split(": "), "\\l") + "\\l", labeljust="l")
    return graph


def new_digraph(name: str | None = None) -> Digraph:
    """An empty graph of the graphviz package."""
    try:
        from graphviz import Digraph
    except ImportError:
        raise ImportError("draw: the DOT text of a picture needs: pip install graphviz") from None
    return Digraph(name)


# Boxes ------------------------------------------------------------------------------------------


def box_table(box: Box, largest: float, places: int) -> str:
    """The label of one number: the operation in a dark tab; then name, data and grad."""
    look = LOOKS[box.kind]
    if box.kind == "constant":
        return table([f"<TR>{cell(short(box.data))}</TR>"], look)
    rows = []
    if box.name:
        rows.append(cell(inside(box.name, box.parts), bold=True, span=2))
    rows.append(cell("data", soft=True) + number_cell([box.data]))
    rows.append(cell("grad", soft=True) + number_cell([box.grad], gradient=largest))
    return bordered(rows, look, box.symbol, box.result, places)


def lumped_table(box: Lumped, largest: float) -> str:
    """The label of many nodes: what they are, how many, and in which range their numbers lie."""
    rows = [cell(inside(box.title, surroundings(box)), bold=True, span=2)]
    rows += [cell(line, soft=True, span=2) for line in wrapped(box.census)]
    rows.append(cell("data", soft=True) + number_cell(box.data))
    rows.append(cell("grad", soft=True) + number_cell(box.grad, gradient=largest))
    return bordered(rows, LOOKS["lumped"], box.symbol, box.result)


def wrapped(words: Iterable[str]) -> list[str]:
    """Lines of words with commas between them."""
    lines: list[str] = []
    for word in words:
        if lines and len(lines[-1]) + len(word) + 2 <= LONGEST:
            lines[-1] += f", {word}"
        else:
            lines.append(word)
    return lines


def inside(name: str, parts: Sequence[str]) -> str:
    """The name as it is within the smallest of these parts."""
    return name.removeprefix(f"{parts[-1]}.") if parts else name


def table(rows: Iterable[str], look: Look) -> str:
    """Rows in a frame."""
    style = f' STYLE="{look.style}"' if look.style else ""
    ground = f' BGCOLOR="{look.ground}"' if look.ground else ""
    return (
        f'<TABLE BORDER="{look.border}" CELLBORDER="0" CELLSPACING="0" '
        f'CELLPADDING="{look.padding}" COLOR="{look.frame}"{ground}{style}>{"".join(rows)}</TABLE>'
    )


def bordered(cells: list[str], look: Look, symbol: str, result: bool, places: int = 1) -> str:
    """Rows with the operation beside them; the frame is double around a result."""
    first = tab(symbol, places, len(cells), look) if symbol else ""
    rows = [f"<TR>{first}{cells[0]}</TR>", *[f"<TR>{row}</TR>" for row in cells[1:]]]
    inner = table(rows, look)
    if look.style == "ROUNDED":  # keep the corners clear
        inner = table([f"<TR><TD>{table(rows, INSIDE)}</TD></TR>"], look)
    return table([f"<TR><TD>{inner}</TD></TR>"], AROUND) if result else inner


def tab(symbol: str, places: int, rows: int, look: Look) -> str:
    """The operation, and places where operands arrive, the first on top."""
    wide = columns(symbol) * ADVANCE + 10
    high = rows * 1.6 * SIZE / places
    arrivals = [f'<TD PORT="p{k}" WIDTH="2" HEIGHT="{high:.0f}"></TD>' for k in range(places)]
    name = (
        f'<TD ROWSPAN="{places}" WIDTH="{wide:.0f}"><FONT COLOR="white">'
        f"<B>{markup(printable(symbol))}</B></FONT></TD>"
    )
    lines = [f"<TR>{arrivals[0]}{name}</TR>", *[f"<TR>{place}</TR>" for place in arrivals[1:]]]
    return f'<TD ROWSPAN="{rows}" CELLPADDING="0" BGCOLOR="{look.frame}">{table(lines, TAB)}</TD>'


def cell(
    text: str, *, bold: bool = False, soft: bool = False, span: int = 1, more: str = ""
) -> str:
    """A cell with a word in it, as wide as the word in any face."""
    text = printable(text, LONGEST)
    wide = columns(text) * ADVANCE + 8
    shown = markup(text)
    if bold:
        shown = f"<B>{shown}</B>"
    if soft:
        shown = f'<FONT COLOR="{SOFT}">{shown}</FONT>'
    across = f' COLSPAN="{span}"' if span > 1 else ""
    return f'<TD ALIGN="LEFT" WIDTH="{wide:.0f}"{across}>{shown}</TD>'


def number_cell(numbers: Sequence[float], gradient: float = 0.0) -> str:
    """A cell with a number, or with the range from one to another.

    `gradient` is the largest of the picture, for the ground to tell sign and size.
    """
    low, high = numbers[0], numbers[-1]
    text = span(low, high)
    wide = max(7, columns(text)) * ADVANCE + 6
    ground, ink = "", markup(text)
    if not (isfinite(low) and isfinite(high)):
        ground, ink = f' BGCOLOR="{ALARM_GROUND}"', f'<FONT COLOR="{ALARM}"><B>{ink}</B></FONT>'
    elif gradient:
        strongest = max(low, high, key=abs)
        ground = f' BGCOLOR="{shade(strongest / gradient)}"'
    return f'<TD ALIGN="RIGHT" WIDTH="{wide:.0f}"{ground}>{ink}</TD>'


def shade(share: float) -> str:
    """The colour of a gradient that is this share of the largest: blue below 0, orange above.

    >>> shade(0.0), shade(1.0), shade(-1.0)
    ('#ffffff', '#f5a64a', '#6fa8e8')
    """
    full = UP if share > 0 else DOWN
    strength = sqrt(min(1.0, abs(share)))  # the root, for small ones to be told from 0
    return "#" + "".join(f"{round(255 + (c - 255) * strength):02x}" for c in full)


def gradients(box: Box | Lumped) -> tuple[float, ...]:
    """The gradients that a box shows."""
    return box.grad if isinstance(box, Lumped) else (box.grad,)


# Frames around parts of a model -----------------------------------------------------------------


def surroundings(box: Box | Lumped) -> tuple[str, ...]:
    """The parts of the model that a box stands in."""
    return box.parts[:-1] if isinstance(box, Lumped) and box.path else box.parts


def framed(graph: Digraph, scene: Scene) -> dict[tuple[str, ...], Digraph]:
    """For each part of the model in which there is a box, a graph of its own, with a frame."""
    frames: dict[tuple[str, ...], Digraph] = {(): graph}
    for box in scene.boxes:
        parts = surroundings(box)
        for i, part in enumerate(parts, 1):
            if parts[:i] not in frames:
                frames[parts[:i]] = new_digraph(name=f"cluster_{part}")
                frames[parts[:i]].attr(
                    label=printable(inside(part, parts[: i - 1])),
                    id=f"part-{part}",
                    tooltip=part,
                    style="rounded",
                    margin="6",
                )
    return frames


def direction(scene: Scene) -> str:
    """From left to right, as formulas are read; from top to bottom where that were too wide."""
    rank: dict[str, int] = {}
    tails: dict[str, list[str]] = {}
    for arrow in scene.arrows:
        tails.setdefault(arrow.head, []).append(arrow.tail)
    widths: list[list[float]] = []
    for box in scene.boxes:
        rank[box.id] = max([rank.get(tail, -1) + 1 for tail in tails.get(box.id, ())], default=0)
        if rank[box.id] == len(widths):
            widths.append([])
        widths[rank[box.id]].append(width(box))
    across = sum([max(column) + STEP for column in widths])
    down = max([sum(row) for row in widths], default=0.0)
    return "TB" if across > WIDE and down < across else "LR"


def width(box: Box | Lumped) -> float:
    """About how wide a box is, in points."""
    if isinstance(box, Lumped):
        return 20 * ADVANCE
    name = inside(box.name, box.parts)
    return ADVANCE * (columns(box.symbol) + max(min(LONGEST, columns(name)), 13))


# Arrows -----------------------------------------------------------------------------------------


def arrow_look(arrow: Arrow, partials: bool) -> dict[str, str]:
    """The attributes of an arrow: dashed if it is switched off, thick if it stands for many."""
    look = {"id": arrow.id}
    if arrow.off:
        look |= {"style": "dashed", "tooltip": "switched off: nothing flows back"}
    elif arrow.times > 1:
        look |= {"penwidth": "1.8", "tooltip": f"{arrow.times:,} times"}
    elif arrow.partial is not None:
        look["tooltip"] = f"local derivative {arrow.partial!r}"
    else:
        look["tooltip"] = "a constant"
    if partials and (arrow.off or arrow.partial is not None):
        text = short(arrow.partial) if arrow.partial is not None else "off"
        label = table([f"<TR>{cell(text, soft=True)}</TR>"], LABEL)
        look["label"] = f"<{label}>"
    return look


# Words ------------------------------------------------------------------------------------------


def tooltip(box: Box | Lumped) -> str:
    """All that there is to say about a box, with every digit."""
    if isinstance(box, Lumped):
        lines = [f"{box.symbol} {box.title}".strip(), ", ".join(box.census)]
        for word, (low, high) in ("data", box.data), ("grad", box.grad):
            lines.append(f"{word} {low!r}" if low == high else f"{word} from {low!r} to {high!r}")
        if box.path:
            lines.append(f"expand={box.path!r} opens it")
    elif box.kind == "constant":
        lines = [f"constant {box.data!r}"]
    else:
        made = f"made by {box.symbol}" if box.symbol else box.kind
        lines = [box.name, made, f"data {box.data!r}", f"grad {box.grad!r}"]
    return escaped([line for line in lines if line])


def escaped(lines: Iterable[str], ending: str = "\\n") -> str:
    """Lines as Graphviz wants them in an attribute."""
    from graphviz import escape as escaped_line

    return ending.join([escaped_line(printable(line)) for line in lines])
