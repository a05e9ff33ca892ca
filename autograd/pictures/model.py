"""What a picture of a recorded graph shows, as plain data: boxes, arrows, and what was left out.

Nothing here knows how that is drawn. The node at place i of the topological order is the box "n{i}"
(its constants are "c{i}.{k}"), and the arrow from its operand k is "e{i}.{k}": scripts rely on it.
"""

from __future__ import annotations

from collections import Counter
from math import isnan, nan
from typing import TYPE_CHECKING, NamedTuple

from autograd.pictures.collapse import (
    calls_to_open,
    collapsed,
    common,
    framed,
    homes,
    inner,
    listed,
    numbered,
    opening,
    smallest,
    stem,
    with_calls_opened,
    without_singles,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from autograd.core.record import Node
    from autograd.pictures.collapse import Graph, Levels, Lot
    from autograd.pictures.names import Names

CONSTANTS = "constants"
LEAVES = ("parameters", "leaves")
ONE = {"parameters": "1 parameter", "leaves": "1 leaf", CONSTANTS: "1 constant"}
MOST_BOXES = 1000  # that a renderer can lay out in a few seconds
MOST_ALIKE = 8  # arrows from one box to another; more are drawn as one
DOT = "dot_product"  # the operation that can be written out: see `ops.dot`


class Box(NamedTuple):
    """One number: a leaf, a parameter, a constant, or the result of an operation."""

    id: str
    kind: str  # "leaf", "parameter", "constant" or "operation"
    name: str
    symbol: str  # of the operation; else empty
    data: float
    grad: float  # a constant has none: 0
    parts: tuple[str, ...] = ()  # of the model that it stands in, largest first
    result: bool = False
    path: str = ""  # of a compiled node: what to give to `expand` to open it


class Lumped(NamedTuple):
    """Many nodes in one box."""

    id: str
    name: str  # "layers.0" for a part of a model, else what the nodes have in common
    counts: tuple[tuple[str, int], ...]  # how many of what: (("parameters", 48), ("dot", 16))
    data: tuple[float, float]  # the smallest and the largest of the numbers that others use
    grad: tuple[float, float]
    parts: tuple[str, ...] = ()  # that it stands in, and itself if it is one
    path: str = ""  # what to give to `expand` to open it
    result: bool = False

    @property
    def symbol(self) -> str:
        """Of the operation, if the nodes were all made by one; else empty."""
        kind = self.counts[0][0]
        return "" if self.path or kind in LEAVES else kind

    @property
    def title(self) -> str:
        """What they are in a word, or how many."""
        kind, count = self.counts[0]
        if self.symbol:
            return f"{count:,} times"
        if self.path:
            return self.name
        return f"{self.name}[…]" if self.name else f"{count:,} {kind}"

    @property
    def census(self) -> list[str]:
        """How many there are of each kind, where the title does not say it.

        >>> Lumped("g0", "layers.0", (("parameters", 6), ("dot", 1)), (0, 1), (0, 0)).census
        ['6 parameters', '1 dot']
        >>> Lumped("g0", "", (("-", 100), ("constants", 1)), (0, 1), (0, 0)).census
        ['1 constant']
        """
        said = bool(self.symbol) or not (self.path or self.name)
        return [
            ONE.get(kind, f"1 {kind}") if count == 1 else f"{count:,} {kind}"
            for kind, count in self.counts[said:]
        ]


class Arrow(NamedTuple):
    """From an operand to the result, or from one lot of nodes to another."""

    id: str
    tail: str
    head: str
    partial: float | None  # the local derivative; None for a constant, and for many
    off: bool = False  # switched off: nothing flows back along it
    times: int = 1  # how many operands it stands for


class Scene(NamedTuple):
    """All that is in the picture, operands before results."""

    boxes: list[Box | Lumped]
    arrows: list[Arrow]
    nodes: int  # in the graph
    needed: int  # the smallest budget that shows each node by itself

    @property
    def summary(self) -> str:
        """What was drawn together, and how to see more; empty if every node has its own box."""
        lumped = [box for box in self.boxes if isinstance(box, Lumped)]
        if not lumped:
            return ""
        inside = sum([count for box in lumped for kind, count in box.counts if kind != CONSTANTS])
        boxes = "1 box stands" if len(lumped) == 1 else f"{len(lumped)} boxes stand"
        parts = [box.path for box in lumped if box.path]
        hints = [f"expand={parts[0]!r} opens one"] if parts else []
        if self.needed <= MOST_BOXES:
            hints.append(f"budget={self.needed} shows all")
        said = f"{boxes} for {inside:,} of {self.nodes:,} values"
        return f"{said}: {'; '.join(hints)}" if hints else said


def pictured(
    results: Sequence[Node],
    names: Names,
    *,
    budget: int = 100,
    expand: str | Iterable[str] = (),
    fused: bool = True,
    grads: Mapping[int, float] | None = None,
    inside: bool = False,
) -> Scene:
    """The picture of how the results were computed.

    `grads` are gradients by the identity of the node, to be shown instead of the nodes' own. With
    `inside`, results that a compiled function gave are shown as the operations in it.

    >>> from autograd import Value
    >>> from autograd.pictures.names import named
    >>> scene = pictured([2.0 * Value(3.0, label="x")], named(None))
    >>> [(box.id, box.symbol or box.name or box.data) for box in scene.boxes]
    [('n0', 'x'), ('c1.0', 2.0), ('n1', '*')]
    >>> [(arrow.tail, arrow.head, arrow.partial) for arrow in scene.arrows]
    [('c1.0', 'n1', None), ('n0', 'n1', 2.0)]
    """
    recorded, paths = numbered(results), listed(expand)
    grads_of = [node._grad if grads is None else grads[id(node)] for node in recorded.nodes]
    asked = calls_to_open(paths, recorded)
    chosen = asked.union([recorded.calls.get(i, "") for i in recorded.results] if inside else ())
    graph, shown, within = with_calls_opened(recorded, grads_of, chosen, names)
    where = framed(homes(graph, names), within, asked)
    opened = opening(paths, where, recorded)
    weights = [
        1 + len(operands) - len(inner(operands)) + (0 if fused else products(node))
        for node, operands in zip(graph.nodes, graph.operands, strict=True)
    ]
    lots = without_singles(collapsed(graph, where, names, weights, budget, opened))
    painter = Painter(graph, where, names, lots, fused, shown)
    painter.paint()
    needed = smallest(graph, weights)
    return Scene(painter.boxes, painter.arrows, len(graph.nodes), needed)


def products(node: Node) -> int:
    """How many products are summed in a node."""
    return len(node.operands) // 2 if node.op is not None and node.op.name == DOT else 0


class Painter:
    """Boxes and arrows of a graph, once it is settled which nodes are drawn together."""

    def __init__(
        self,
        graph: Graph,
        where: list[Levels],
        names: Names,
        lots: list[Lot | None],
        fused: bool,
        grads: list[float],
    ) -> None:
        self.graph, self.where, self.names, self.fused = graph, where, names, fused
        self.grads = grads
        self.lots = lots
        self.members: dict[Lot, list[int]] = {}
        for i, lot in enumerate(lots):
            if lot is not None:
                self.members.setdefault(lot, []).append(i)
        self.ids = {lot: f"g{k}" for k, lot in enumerate(self.members)}
        self.results = set(graph.results)
        self.exits = self.results | {
            x
            for lot, operands in zip(lots, graph.operands, strict=True)
            for x in operands
            if type(x) is int and lots[x] != lot
        }
        self.boxes: list[Box | Lumped] = []
        self.arrows: list[Arrow] = []
        self.counts: dict[str, int] = {}  # how many operands an arrow stands for, by its id

    def paint(self) -> None:
        """Go through the nodes in order; a lot stands where its first member would."""
        met: set[Lot] = set()
        for i, (node, lot) in enumerate(zip(self.graph.nodes, self.lots, strict=True)):
            if lot is None:
                self.paint_operands(i, node)
                self.boxes.append(self.box(i, node))
            else:
                if lot not in met:
                    met.add(lot)
                    self.boxes.append(self.lumped(lot))
                for x in inner(self.graph.operands[i]):
                    if self.lots[x] != lot:
                        self.paint_one_more(self.id(x), self.ids[lot])
        self.arrows = [arrow._replace(times=self.counts.get(arrow.id, 1)) for arrow in self.arrows]

    def id(self, i: int) -> str:
        """The box that a node is in."""
        lot = self.lots[i]
        return f"n{i}" if lot is None else self.ids[lot]

    def box(self, i: int, node: Node) -> Box:
        """The box of one node."""
        op = node.op
        kind = "operation" if op else "parameter" if id(node) in self.names.homes else "leaf"
        symbol = op.symbol if op else ""
        if op and op.name == DOT and not self.fused:
            symbol = "Σ"
        name = node.label or self.names.of.get(id(node), "")
        return Box(
            f"n{i}",
            kind,
            name,
            symbol,
            node._data,
            self.grads[i],
            self.where[i],
            i in self.results,
            self.graph.calls.get(i, ""),
        )

    def paint_operands(self, i: int, node: Node) -> None:
        """The constants among the operands of a node, and the arrows that lead to it."""
        n = 0 if self.fused else products(node)
        for k in range(n):
            self.paint_product(i, k, n, node)
        uses = Counter(inner(self.graph.operands[i][2 * n :]))
        for k in range(2 * n, len(node.operands)):
            x = self.graph.operands[i][k]
            if type(x) is int and (self.lots[x] is not None or uses[x] > MOST_ALIKE):
                self.paint_one_more(self.id(x), f"n{i}")
            else:
                self.paint_operand(i, k, node.partials[k], f"n{i}")

    def paint_operand(self, i: int, k: int, partial: float | None, head: str) -> None:
        """The arrow from one operand, and the box of a constant."""
        x = self.graph.operands[i][k]
        if type(x) is int:
            tail = self.id(x)
            self.arrows.append(Arrow(f"e{i}.{k}", tail, head, partial, off=partial is None))
        else:
            tail = f"c{i}.{k}"
            self.boxes.append(Box(tail, "constant", "", "", x, 0.0, self.where[i]))
            self.arrows.append(Arrow(f"e{i}.{k}", tail, head, None))

    def paint_one_more(self, tail: str, head: str) -> None:
        """The arrow from or to a lot of nodes: one, however many there are."""
        name = f"{tail}-{head}"
        if name not in self.counts:
            self.counts[name] = 0
            self.arrows.append(Arrow(name, tail, head, None))
        self.counts[name] += 1

    def paint_product(self, i: int, k: int, n: int, node: Node) -> None:
        """One of the products in a dot product that is written out."""
        x, y = node.operands[k], node.operands[n + k]
        a, b = (z if isinstance(z, float) else z._data for z in (x, y))
        head = f"n{i}.{k}"
        self.paint_operand(i, k, node.partials[k], head)
        self.paint_operand(i, n + k, node.partials[n + k], head)
        self.boxes.append(Box(head, "operation", "", "*", a * b, self.grads[i], self.where[i]))
        self.arrows.append(Arrow(f"{head}-n{i}", head, f"n{i}", 1.0))

    def lumped(self, lot: Lot) -> Lumped:
        """The box of many nodes."""
        members = self.members[lot]
        nodes = [self.graph.nodes[i] for i in members]
        kinds = Counter([self.kind(node) for node in nodes])
        constants = [x for i in members for x in self.graph.operands[i] if type(x) is float]
        counts = [(kind, kinds.pop(kind)) for kind in LEAVES if kind in kinds]
        counts += kinds.most_common()
        if constants:
            counts.append((CONSTANTS, len(constants)))
        around = common([self.where[i] for i in members])
        part = str(lot[1]) if lot[0] == "part" else ""
        if part:
            around = around[: around.index(part) + 1]
        stems = {stem(node.label or self.names.of.get(id(node), "")) for node in nodes}
        return Lumped(
            self.ids[lot],
            part or (stems.pop() if len(stems) == 1 else ""),
            tuple(counts),
            extremes([self.graph.nodes[i]._data for i in members if i in self.exits]),
            extremes([self.grads[i] for i in members if i in self.exits]),
            around,
            part,
            not self.results.isdisjoint(members),
        )

    def kind(self, node: Node) -> str:
        """What a node counts as."""
        if node.op is not None:
            return node.op.symbol
        return "parameters" if id(node) in self.names.homes else "leaves"


def extremes(numbers: Sequence[float]) -> tuple[float, float]:
    """The smallest and the largest; twice nan if there is one among them.

    >>> extremes([2.0, -1.0, 3.0])
    (-1.0, 3.0)
    """
    if any(map(isnan, numbers)):
        return nan, nan
    return min(numbers), max(numbers)
