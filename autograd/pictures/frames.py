"""The picture of a graph at one moment of a pass, as small SVG drawings that share one layout.

Where boxes stand and how lines run comes from Graphviz, once. Each frame is drawn anew: with the
numbers that are known at that moment, and with marks on what is happening. The colours are named,
and have light ones to fall back on: a page that takes a frame in may set its own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from autograd.pictures.lettering import abbreviated, columns, markup, short
from autograd.pictures.render import FACES, rendered

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from autograd.pictures.steps import Contribution, Operand, Steps

Point = tuple[float, float]

SIZE = 12  # of letters
ADVANCE = 0.62 * SIZE  # from one letter to the next
LINE = 16  # from one line of a box to the next
MARGIN = 8
CLEAR = 3  # between a note and the line that it stands at
NARROWEST = 7  # letters for which a box has room at least
SVG = "{http://www.w3.org/2000/svg}"

# Each rule is about boxes, lines or notes alone: a page that takes a frame in has other drawings.
STYLE = (
    ".paper{fill:var(--paper,#fff)}"
    f".box text,.note text{{font:{SIZE}px {FACES};text-anchor:middle;fill:var(--ink,#1f2733)}}"
    ".box rect{fill:var(--paper,#fff);stroke:var(--muted,#66707d)}"
    ".box tspan{font-weight:700}"
    ".line path{fill:none;stroke:var(--faint,#a9b1bc)}"
    ".line polygon{fill:var(--faint,#a9b1bc)}"
    ".line.off path{stroke-dasharray:2 4}"
    ".box.constant rect{stroke:none;fill:var(--line,#e3e6eb)}"
    ".box.out rect{stroke-width:2.5}"
    ".box.todo{opacity:.45}"
    ".box.now rect{fill:var(--now,#fdf0d0);stroke:var(--edge,#b7791f);stroke-width:2.5}"
    ".box.fed rect{fill:var(--wash,#e8f0fc);stroke:var(--flow,#1d5fbf);stroke-width:2}"
    ".box.lost rect{fill:var(--blush,#fbe9e7);stroke:var(--lost,#b3261e);stroke-width:2;"
    "stroke-dasharray:5 3}"
    ".box.lost .sum{fill:var(--lost,#b3261e)}"
    ".line.on path{stroke:var(--flow,#1d5fbf);stroke-width:2.5}"
    ".line.on polygon{fill:var(--flow,#1d5fbf)}"
    ".line.late path{stroke:var(--lost,#b3261e);stroke-width:2.5;stroke-dasharray:5 3}"
    ".line.late polygon{fill:var(--lost,#b3261e)}"
    ".note rect{fill:var(--paper,#fff)}"
    ".note text{font-weight:700;fill:var(--flow,#1d5fbf)}"
    ".note.late text{fill:var(--lost,#b3261e)}"
)


class Frame(NamedTuple):
    """What a drawing shows: the numbers that are known, and marks on boxes and lines by their id.

    A box may be "now", "fed", "todo" or "lost"; a line "on" or "late".
    """

    data: frozenset[int]  # the nodes that have been computed
    sums: Mapping[int, float]  # the gradients of nodes so far
    marks: Mapping[str, str]
    notes: Mapping[str, str]  # what is written on a line


class Place(NamedTuple):
    """Where a box stands: its left upper corner and its size."""

    x: float
    y: float
    width: float
    height: float


class Line(NamedTuple):
    """How a line runs: the `d` of a path, the points of its head, and the place of its note."""

    path: str
    head: str
    note: Place | None  # nothing is ever written on the line of a constant


class Pictures:
    """The layout of a graph, of which a frame can be drawn for every moment of some passes."""

    def __init__(self, passes: Steps, others: Iterable[Steps]) -> None:
        self.passes = passes
        walks = [passes, *others]
        widest = {
            i: max([f"∂ {short(x)}" for x in sums_of(i, walks)], key=len)
            for i in range(len(passes.nodes))
        }
        source = layout_source(passes, widest, longest_notes(walks))
        self.places, self.lines, self.size = arranged(rendered(source, "svg"))

    def draw(self, frame: Frame) -> str:
        """The SVG of a frame."""
        width, height = self.size
        lines = "".join([self._line(name, frame) for name in self.lines])
        boxes = "".join([self._box(name, frame) for name in self.places])
        notes = "".join([self._note(name, text, frame) for name, text in frame.notes.items()])
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
            f'viewBox="0 0 {width:.0f} {height:.0f}"><style>{STYLE}</style>'
            f'<rect class="paper" width="100%" height="100%"/>{lines}{boxes}{notes}</svg>'
        )

    def _line(self, name: str, frame: Frame) -> str:
        line = self.lines[name]
        i, k = map(int, name[1:].split("."))
        operand = self.passes.forward[i].operands[k]
        off = "off" if operand.node is not None and operand.partial is None else ""
        mark = frame.marks.get(name, off)
        return (
            f'<g data-id="{name}" class="line{spaced(mark)}"><path d="{line.path}"/>'
            f'<polygon points="{line.head}"/></g>'
        )

    def _note(self, name: str, text: str, frame: Frame) -> str:
        place = self.lines[name].note
        assert place is not None  # only what comes from a node has something to say
        late = "late" if frame.marks.get(name) == "late" else ""
        middle = place.x + place.width / 2
        return (
            f'<g data-id="note {name}" class="note{spaced(late)}"><rect x="{place.x:.0f}" '
            f'y="{place.y:.0f}" width="{place.width:.0f}" height="{place.height:.0f}"/>'
            f'<text x="{middle:.0f}" y="{place.y + LINE - 4:.0f}">{markup(text)}</text></g>'
        )

    def _box(self, name: str, frame: Frame) -> str:
        place = self.places[name]
        texts = self._texts(name, frame)
        middle = place.x + place.width / 2
        written = "".join(
            [
                f'<text class="{kind}" x="{middle:.0f}" y="{place.y + LINE * (n + 1) - 1:.0f}">'
                f"{text}</text>"
                for n, (kind, text) in enumerate(texts)
                if text
            ]
        )
        kinds = [self._kind(name), frame.marks.get(name, "")]
        round = 4 if kinds[0].startswith("op") else 14
        return (
            f'<g data-id="{name}" class="box{spaced(*kinds)}"><rect x="{place.x:.0f}" '
            f'y="{place.y:.0f}" width="{place.width:.0f}" height="{place.height:.0f}" '
            f'rx="{round:.0f}"/>{written}</g>'
        )

    def _kind(self, name: str) -> str:
        if name[0] == "c":
            return "constant"
        i = int(name[1:])
        if i == len(self.passes.nodes) - 1:
            return "op out"
        return "op" if self.passes.forward[i].operands else "leaf"

    def _texts(self, name: str, frame: Frame) -> list[tuple[str, str]]:
        """The lines of a box: a kind for its style, and the text."""
        if name[0] == "c":
            i, k = map(int, name[1:].split("."))
            return [("data", short(self.passes.forward[i].operands[k].data))]
        i = int(name[1:])
        data = short(self.passes.forward[i].data) if i in frame.data else ""
        total = f"∂ {short(frame.sums[i])}" if i in frame.sums else ""
        title, symbol = heading(self.passes, i)
        return [
            ("name", f"<tspan>{markup(title)}</tspan>{markup(symbol)}"),
            ("data", data),
            ("sum", total),
        ]


def spaced(*classes: str) -> str:
    """Classes as they stand behind others."""
    return "".join([f" {name}" for name in classes if name])


def heading(passes: Steps, i: int) -> tuple[str, str]:
    """The first line in the box of a node: its name, and the operation that made it."""
    op = passes.nodes[i].op
    return abbreviated(passes.names[i]), f" = {op.symbol}" if op is not None else ""


def going_forward(x: Operand) -> str:
    """What the line of an operand says when its node is computed: the local derivative."""
    return "off" if x.partial is None else f"·{short(x.partial)}"


def going_backward(sent: Contribution) -> str:
    """What a line says when something is sent along it: what is added to the sum."""
    return f"{sent.product:+.4g}"


def longest_notes(walks: Iterable[Steps]) -> dict[str, str]:
    """The longest text that each line ever bears; nothing for those of constants."""
    found: dict[str, str] = {}
    for passes in walks:
        written = [
            (f"e{step.node}.{k}", going_forward(x))
            for step in passes.forward
            for k, x in enumerate(step.operands)
            if x.node is not None
        ] + [
            (f"e{step.node}.{sent.position}", going_backward(sent))
            for step in passes.backward
            for sent in step.contributions
        ]
        for line, text in written:
            found[line] = max(found.get(line, ""), text, key=len)
    return found


def sums_of(i: int, walks: Iterable[Steps]) -> list[float]:
    """All that the sum of a node ever is in these passes."""
    found = [0.0, 1.0]
    for passes in walks:
        found += [s.after for step in passes.backward for s in step.contributions if s.node == i]
    return found


# The layout -------------------------------------------------------------------------------------


def layout_source(passes: Steps, widest: Mapping[int, str], notes: Mapping[str, str]) -> str:
    """The graph as DOT text: boxes and notes of the size that their text needs, but no text."""
    lines = [  # with `ordering=in`, operands stand in the order in which they were given
        'digraph { graph [rankdir=LR, ordering=in, nodesep="0.25", ranksep="0.4"]',
        'node [shape=box, fixedsize=true, label=""] edge [arrowsize=0.6]',
    ]
    for i, step in enumerate(passes.forward):
        texts = ["".join(heading(passes, i)), short(step.data), widest[i]]
        lines.append(box_source(f"n{i}", texts))
        for k, x in enumerate(step.operands):
            if x.node is None:
                lines.append(box_source(f"c{i}.{k}", [short(x.data)]))
            tail = f"c{i}.{k}" if x.node is None else f"n{x.node}"
            note = note_source(notes[f"e{i}.{k}"]) if x.node is not None else ""
            lines.append(f'"{tail}" -> "n{i}" [id="e{i}.{k}"{note}]')
    return "\n".join([*lines, "}"])


def box_source(name: str, texts: list[str]) -> str:
    width = max(NARROWEST if len(texts) > 1 else 1, *map(columns, texts)) * ADVANCE + 2 * MARGIN
    height = LINE * len(texts) + MARGIN
    return f'"{name}" [id="{name}", width="{width / 72:.3f}", height="{height / 72:.3f}"]'


def note_source(text: str) -> str:
    """An empty label as large as the note: Graphviz keeps its place clear of boxes and lines."""
    width, height = columns(text) * ADVANCE + 2 * CLEAR, LINE + 2 * CLEAR
    room = f'FIXEDSIZE="TRUE" WIDTH="{width:.0f}" HEIGHT="{height}"'
    return (
        f', label=<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0" '
        f'BGCOLOR="white" {room}><TR><TD {room}></TD></TR></TABLE>>'
    )


def arranged(svg: str) -> tuple[dict[str, Place], dict[str, Line], Point]:
    """Where Graphviz has put boxes and lines, by their ids, and the size of the whole."""
    from xml.etree import ElementTree

    root = ElementTree.fromstring(svg)
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    graph = root.find(f"{SVG}g")
    assert graph is not None  # Graphviz draws everything in one group
    moved = re.search(r"translate\(([-\d.]+)[ ,]([-\d.]+)\)", graph.attrib["transform"])
    assert moved is not None
    dx, dy = float(moved[1]), float(moved[2])
    places: dict[str, Place] = {}
    lines: dict[str, Line] = {}
    for group in graph.iter(f"{SVG}g"):
        corners = [points(x.attrib["points"], dx, dy) for x in group.iter(f"{SVG}polygon")]
        if group.get("class") == "node":
            places[group.attrib["id"]] = bounds(corners[0])
        elif group.get("class") == "edge":
            (path,) = group.iter(f"{SVG}path")
            curve = points(path.attrib["d"], dx, dy)
            head = " ".join([f"{x:.0f},{y:.0f}" for x, y in corners[0]])
            note = within(bounds(corners[1])) if len(corners) > 1 else None
            lines[group.attrib["id"]] = Line(drawn(curve), head, note)
    return places, lines, (width, height)


def points(text: str, dx: float, dy: float) -> list[Point]:
    """All points that are named in a path or polygon."""
    numbers = [float(x) for x in re.findall(r"-?[\d.]+", text)]
    return [(x + dx, y + dy) for x, y in zip(numbers[::2], numbers[1::2], strict=True)]


def drawn(curve: list[Point]) -> str:
    """A chain of Bézier curves as the `d` of a path."""
    texts = [f"{x:.0f} {y:.0f}" for x, y in curve]
    return f"M{texts[0]}C{' '.join(texts[1:])}"


def bounds(corners: list[Point]) -> Place:
    """The rectangle around these corners."""
    xs, ys = zip(*corners, strict=True)
    low, top = min(xs), min(ys)
    return Place(low, top, max(xs) - low, max(ys) - top)


def within(place: Place) -> Place:
    """What is left of it for a note that keeps clear of lines above and below."""
    x, y, width, height = place
    return Place(x, y + CLEAR, width, height - 2 * CLEAR)


def as_uri(svg: str) -> str:
    """An SVG as an address that an <img> can show."""
    from base64 import b64encode

    return "data:image/svg+xml;base64," + b64encode(svg.encode()).decode()
