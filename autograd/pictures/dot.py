"""A picture as DOT text, for Graphviz: how boxes and arrows look.

Boxes have a light ground of their own and arrows are grey, so that a picture can be read on a white
page and on a dark one. What a colour says, a shape says too. The face is monospaced and the widths
of cells are set from the number of characters, for renderers disagree about those of letters.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import count
from math import isfinite, sqrt
from typing import TYPE_CHECKING, NamedTuple

from autograd.pictures.lettering import LONGEST, along, columns, markup, printable, short, span
from autograd.pictures.model import Box, Lumped

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from autograd.pictures.collapse import Levels
    from autograd.pictures.model import Arrow, Scene

    Frames = dict[Levels, list[str]]  # of parts of a model, with the lines of what is in each

SIZE = 11  # of letters, in points
ADVANCE = 0.61 * SIZE  # from one letter to the next, a little more than in any face it may meet
STEP = 34  # points from one column of boxes to the next: 0.47 inches
MOST_PLACES = 8  # operands that have each a place of its own to arrive at
MANY_ARROWS = 200  # more of them are laid out in haste
HASTY = {"splines": "line", "nslimit": "1", "nslimit1": "1", "mclimit": "0.1"}
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
    >>> from autograd.pictures.model import pictured
    >>> from autograd.pictures.names import named
    >>> text = dot_text(pictured([Value(3.0, label="x")], named(None)))
    >>> text.splitlines()[0], text.count("TABLE BORDER")
    ('digraph {', 3)
    """
    across = direction(scene) == "LR"
    sizes = [abs(g) for box in scene.boxes for g in gradients(box) if isfinite(g)]
    largest = max(sizes, default=0.0) if colour else 0.0
    operands = Counter([arrow.head for arrow in scene.arrows])
    places = {  # where the next operand arrives
        box.id: count()
        for box in scene.boxes
        if across and isinstance(box, Box) and 1 < operands[box.id] <= MOST_PLACES
    }
    frames: Frames = {(): []}
    for box in scene.boxes:
        if isinstance(box, Lumped):
            label = lumped_table(box, largest)
        else:
            label = box_table(box, largest, operands[box.id] if box.id in places else 1)
        look = {"label": f"<{label}>", "id": box.id, "tooltip": tooltip(box)}
        frame(frames, surroundings(box)).append(f"{name(box.id)} {attributes(look)}")
    lines = [*general(scene, across), *nested(frames), *in_order(scene, across)]
    for arrow in scene.arrows:
        tail, head = name(arrow.tail), name(arrow.head)
        if across:  # out at the right, in at the left
            place = f":p{next(places[arrow.head])}" if arrow.head in places else ""
            tail, head = f"{tail}:e", f"{head}{place}:w"
        lines.append(f"{tail} -> {head} {attributes(arrow_look(arrow, partials))}")
    return "\n".join(["digraph {", *[f"\t{line}" for line in lines], "}", ""])


def general(scene: Scene, across: bool) -> list[str]:
    """What holds for the picture as a whole."""
    face = {"fontname": "Courier", "fontsize": str(SIZE)}
    page = {**face, "fontcolor": LINE, "color": LINE, "bgcolor": "transparent", "pad": "0.06"}
    layout = {
        "rankdir": "LR" if across else "TB",
        "nodesep": "0.12",
        "ranksep": f"{STEP / 72:.2f}",
        "newrank": "true",  # a frame does not set what is in it back
    }
    if not any(map(surroundings, scene.boxes)):  # with frames, it can end the process
        layout["ordering"] = "in"  # operands stand in the order in which they were given
    if len(scene.arrows) > MANY_ARROWS:
        layout |= HASTY
    if scene.summary:
        page["label"] = "".join([f"{escaped(line)}\\l" for line in scene.summary.split(": ")])
        page["labeljust"] = "l"
    return [
        f"graph {attributes(page)}",
        f"graph {attributes(layout)}",
        f"node {attributes({**face, 'fontcolor': INK, 'shape': 'plain'})}",
        f"edge {attributes({**face, 'color': LINE, 'arrowsize': '0.6'})}",
    ]


# The language -----------------------------------------------------------------------------------


def name(id: str) -> str:
    """A box as DOT refers to it.

    >>> name("n0"), name("c1.0")
    ('n0', '"c1.0"')
    """
    return id if id.isidentifier() else f'"{id}"'


def attributes(look: Mapping[str, str]) -> str:
    """Attributes in brackets; a label in HTML is in <> instead of quotes.

    >>> attributes({"style": "dashed", "label": "<<B>x</B>>"})
    '[style="dashed" label=<<B>x</B>>]'
    """
    words = [
        f"{key}={value}" if value.startswith("<") else f'{key}="{value}"'
        for key, value in look.items()
    ]
    return f"[{' '.join(words)}]"


def escaped(text: str) -> str:
    """The text as it stands between quotes, where Graphviz reads entities, and \\N as an id.

    >>> print(escaped("a\\\\N & b"))
    a\\\\N &amp; b
    """
    return markup(printable(text)).replace("\\", r"\\")


def hinted(text: str) -> str:
    """The text as it stands in a tooltip: Graphviz goes through these twice.

    >>> print(hinted("a\\\\N"))
    a\\\\\\\\N
    """
    return escaped(text).replace("\\", r"\\")


def worded(text: str) -> str:
    """The text as it stands in HTML, where nothing but a tag keeps \\N and \\G apart.

    >>> print(worded("a\\\\N"))
    a\\<FONT>N</FONT>
    """
    return re.sub(r"\\([GN])", r"\\<FONT>\1</FONT>", markup(printable(text)))


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
    middle = (
        f'<TD ROWSPAN="{places}" WIDTH="{wide:.0f}"><FONT COLOR="white">'
        f"<B>{worded(symbol)}</B></FONT></TD>"
    )
    lines = [f"<TR>{arrivals[0]}{middle}</TR>", *[f"<TR>{place}</TR>" for place in arrivals[1:]]]
    return f'<TD ROWSPAN="{rows}" CELLPADDING="0" BGCOLOR="{look.frame}">{table(lines, TAB)}</TD>'


def cell(
    text: str, *, bold: bool = False, soft: bool = False, span: int = 1, more: str = ""
) -> str:
    """A cell with a word in it, as wide as the word in any face."""
    text = printable(text, LONGEST)
    wide = columns(text) * ADVANCE + 8
    shown = worded(text)
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


def surroundings(box: Box | Lumped) -> Levels:
    """The parts of the model that a box stands in."""
    return box.parts[:-1] if isinstance(box, Lumped) and box.path else box.parts


def frame(frames: Frames, parts: Levels) -> list[str]:
    """The lines in the frame of a part, which is begun if it is new, as are those around it."""
    for i in range(1, len(parts) + 1):
        if parts[:i] not in frames:
            look = {
                "label": escaped(inside(parts[i - 1], parts[: i - 1])),
                "id": f"part-{escaped(parts[i - 1])}",
                "tooltip": hinted(parts[i - 1]),
                "style": "rounded",
                "margin": "6",
            }
            frames[parts[:i]] = [f"graph {attributes(look)}"]
    return frames[parts]


def nested(frames: Frames) -> list[str]:
    """The lines of all frames, each within the one around it."""
    for parts in sorted(filter(None, frames), key=len, reverse=True):
        frames[parts[:-1]] += [
            f'subgraph "cluster_{escaped(parts[-1])}" {{',
            *[f"\t{line}" for line in frames[parts]],
            "}",
        ]
    return frames[()]


def in_order(scene: Scene, across: bool) -> list[str]:
    """Lines that hold the neurons of a layer in their order, which `ordering` does not in a frame.

    Only boxes in one frame: some versions of Graphviz end the process over lines across frames.
    """
    rank = ranks(scene)
    abreast: dict[tuple[Levels, int], list[str]] = {}
    for box in scene.boxes:
        if isinstance(box, Lumped) and box.path and surroundings(box):
            abreast.setdefault((surroundings(box), rank[box.id]), []).append(box.id)
    chains = [boxes for boxes in abreast.values() if len(boxes) > 1]
    if across:  # which is a picture from top to bottom, turned to the left
        chains = [boxes[::-1] for boxes in chains]
    lines = [f'{{ rank="same" {" -> ".join(boxes)} [style="invis"] }}' for boxes in chains]
    if chains:  # the second search for fewer crossings, of graphs with frames, goes past these
        lines.append('graph [remincross="false"]')
    return lines + frames_in_order(scene, rank)


def frames_in_order(scene: Scene, rank: dict[str, int]) -> list[str]:
    """Lines that hold frames beside one another in their order: each has a point to lead to."""
    last = {box.parts: box.id for box in scene.boxes if isinstance(box, Box)}
    abreast: dict[tuple[Levels, int], list[str]] = {}
    for parts, id in last.items():
        if len(parts) > 1:
            abreast.setdefault((parts[:-1], rank[id]), []).append(id)
    lines = []
    for boxes in abreast.values():
        if len(boxes) > 1:
            points = [name(f"after {id}") for id in boxes]
            chain = " -> ".join(points)
            lines.append(f'node [shape="point" style="invis" width="0.01"] {"; ".join(points)}')
            lines.append(f'{{ rank="same" {chain} [style="invis"] }}')
            for id, point in zip(boxes, points, strict=True):
                lines.append(f'{name(id)} -> {point} [style="invis"]')
    return lines


def ranks(scene: Scene) -> dict[str, int]:
    """How many arrows lead to each box, one behind the other; a circle of lots is cut open."""
    heads: dict[str, list[str]] = {box.id: [] for box in scene.boxes}
    for arrow in scene.arrows:
        heads[arrow.tail].append(arrow.head)
    missing = Counter([arrow.head for arrow in scene.arrows])
    rank = dict.fromkeys(heads, 0)
    rest = dict.fromkeys(heads)
    ready = [id for id in heads if not missing[id]]
    while rest:
        id = ready.pop() if ready else next(iter(rest))
        del rest[id]
        for head in heads[id]:
            missing[head] -= 1
            if head in rest:
                rank[head] = max(rank[head], rank[id] + 1)
                if not missing[head]:
                    ready.append(head)
    return rank


def direction(scene: Scene) -> str:
    """From left to right, as formulas are read; from top to bottom where that were too wide."""
    rank = ranks(scene)
    widths: list[list[float]] = [[] for _ in range(max(rank.values(), default=-1) + 1)]
    for box in scene.boxes:
        widths[rank[box.id]].append(width(box))
    across = sum([max(column) + STEP for column in widths])
    down = max([sum(row) for row in widths], default=0.0)
    return "TB" if across > WIDE and down < across else "LR"


def width(box: Box | Lumped) -> float:
    """About how wide a box is, in points."""
    if isinstance(box, Lumped):
        return 20 * ADVANCE
    wide = max(min(LONGEST, columns(inside(box.name, box.parts))), 13)
    return ADVANCE * (columns(box.symbol) + wide)


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
    elif arrow.tail.startswith("c"):
        look["tooltip"] = "a constant"
    if partials and (text := along(arrow.partial, arrow.off)):
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
    elif box.kind == "constant":
        lines = [f"constant {box.data!r}"]
    else:
        made = f"made by {box.symbol}" if box.symbol else box.kind
        lines = [box.name, made, f"data {box.data!r}", f"grad {box.grad!r}"]
    if box.path:
        lines.append(f"expand={box.path!r} opens it")
    return "\\n".join([hinted(line) for line in lines if line])
