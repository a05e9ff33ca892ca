"""Which nodes of a large graph stand in one box together, so that a picture stays readable.

First the parts of a model: a layer, a neuron. Then nodes that were computed alike, such as the
losses of all examples in a batch. As a last resort everything that is far from the result, by
operation. Nothing here recurses, and the time is proportional to the size of the graph.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from autograd.graph import topological
from autograd.reals import describe
from autograd.record import Node

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograd.draw.names import Names

MOST_ARROWS = 3  # for each box of the budget: more lines than that are a tangle
MOST_OPENED = 400  # nodes that `expand` shows one by one, whatever the budget
ARITHMETIC = frozenset(["add", "sub", "mul", "div", "neg", "pow", "square"])

Levels = tuple[str, ...]
Lot = tuple[str, str | int]  # ("part", "layers.0"), ("alike", 7) or ("operation", "mul")


class Graph(NamedTuple):
    """A recorded graph with its nodes numbered, operands before results."""

    nodes: list[Node]
    operands: list[tuple[int | float, ...]]  # the number of a node, or a constant (a float)
    results: list[int]


def numbered(results: Sequence[Node]) -> Graph:
    """The graph that the results were computed by.

    >>> from autograd import Value
    >>> numbered([2.0 * Value(3.0)]).operands
    [(), (2.0, 0)]
    """
    nodes = topological(*results)
    number = {id(node): i for i, node in enumerate(nodes)}
    operands: list[tuple[int | float, ...]] = [
        tuple([number[id(x)] if isinstance(x, Node) else x for x in node.operands])
        for node in nodes
    ]
    return Graph(nodes, operands, [number[id(result)] for result in results])


def inner(operands: Iterable[int | float]) -> list[int]:
    """The operands that are nodes."""
    return [x for x in operands if type(x) is int]


# Parts of a model -------------------------------------------------------------------------------


def levels(home: str) -> Levels:
    """The parts that contain a part, and itself; a list of parts is not one.

    >>> levels("layers.0.neurons.3")
    ('layers.0', 'layers.0.neurons.3')
    """
    words = home.split(".") if home else []
    return tuple(
        ".".join(words[:i])
        for i in range(1, len(words) + 1)
        if i == len(words) or not words[i].isdigit()
    )


def homes(graph: Graph, names: Names) -> list[Levels]:
    """For each node the parts of the model that it stands in, from the largest to the smallest.

    A node is where the parameters that it uses are; an activation is where its operand is, and so
    is the sum of terms that are all in one part.
    """
    if not names.homes:
        return [()] * len(graph.nodes)
    known: dict[str, Levels] = {}
    found: list[Levels] = []
    parameter: list[bool] = []
    for node, operands in zip(graph.nodes, graph.operands, strict=True):
        home = names.homes.get(id(node))
        parameter.append(home is not None)
        if home is not None:
            if home not in known:
                known[home] = levels(home)
            found.append(known[home])
            continue
        used = inner(operands)
        own = [found[x] for x in used if parameter[x]]
        alike = len(used) == 1 and node.op is not None and node.op.name not in ARITHMETIC
        if own:
            found.append(common(own))
        elif alike or (node.op is not None and node.op.name in ("add", "sum") and len(used) > 1):
            around = {found[x] for x in used}
            found.append(around.pop() if len(around) == 1 else ())
        else:
            found.append(())
    return found


def common(parts: Sequence[Levels]) -> Levels:
    """The smallest part that contains them all."""
    first = parts[0]
    for other in parts:
        if other is not first:
            same = [a == b for a, b in zip(first, other, strict=False)]
            first = first[: same.index(False) if False in same else len(same)]
    return first


# The choice -------------------------------------------------------------------------------------


def collapsed(
    graph: Graph,
    where: list[Levels],
    names: Names,
    weights: list[int],
    budget: int,
    opened: set[str],
) -> list[Lot | None]:
    """For each node the lot that it is drawn with, in one box; None if it has a box of its own.

    `weights` says how many boxes a node takes if it is drawn by itself: constants have their own.
    """
    if smallest(graph, weights) <= budget:
        return [None] * len(graph.nodes)
    wanted = {i for i, parts in enumerate(where) if parts and all(part in opened for part in parts)}
    if len(wanted) > MOST_OPENED:
        wanted.clear()
    depths = range(max(map(len, where)), 0, -1)
    if opened:  # what is opened on request is no part of the budget
        revealed = closed(where, 1, opened)
        budget += sum([weights[i] for i in wanted])
        budget += len(set(revealed)) - len(set(closed(where, 1, set())))
    for depth in depths:  # as many parts as the budget allows
        lots = closed(where, depth, opened)
        if fits(graph, lots, weights, budget):
            return lots
    single = wanted.union(graph.results if len(graph.results) <= budget else ())
    for depth in depths or (1,):
        lots = alike(graph, closed(where, depth, opened), names, single)
        if fits(graph, lots, weights, budget):
            return lots
    near = budget // 3
    while True:
        lots = by_operation(graph, lots, names, budget, near)
        if near == 0 or fits(graph, lots, weights, budget):
            return lots
        near //= 2


def closed(where: list[Levels], depth: int, opened: set[str]) -> list[Lot | None]:
    """Every part below this depth in one box, but for those that are to be opened."""
    lots: dict[Levels, Lot | None] = {(): None}
    for parts in set(where) - {()}:
        shut = [
            part
            for i, part in enumerate(parts, 1)
            if part not in opened and (i >= depth or i == len(parts))
        ]
        lots[parts] = ("part", shut[0]) if shut else None
    return [lots[parts] for parts in where]


def fits(graph: Graph, lots: list[Lot | None], weights: list[int], budget: int) -> bool:
    """Whether the boxes and the arrows between them are few enough."""
    alone = sum([weight for weight, lot in zip(weights, lots, strict=True) if lot is None])
    if alone + len(set(lots) - {None}) > budget:
        return False
    return arrows(graph, lots) <= MOST_ARROWS * budget


def smallest(graph: Graph, weights: list[int]) -> int:
    """The smallest budget within which every node has a box of its own."""
    return max(sum(weights), -(-arrows(graph, [None] * len(graph.nodes)) // MOST_ARROWS))


def arrows(graph: Graph, lots: list[Lot | None]) -> int:
    """How many pairs of boxes have an arrow between them."""
    return len(
        {
            (lots[x] or x, lot or i)
            for i, (lot, operands) in enumerate(zip(lots, graph.operands, strict=True))
            for x in operands
            if type(x) is int and (lot is None or lots[x] != lot)
        }
    )


# Alike ------------------------------------------------------------------------------------------


def alike(graph: Graph, lots: list[Lot | None], names: Names, single: set[int]) -> list[Lot | None]:
    """Nodes that came about in the same way, from operands that did, in one box."""
    numbers: dict[object, int] = {}
    shapes: dict[int, tuple[object, list[int]]] = {}  # of a kind: what was applied to which kinds
    kinds: list[int] = []
    for i, (node, operands) in enumerate(zip(graph.nodes, graph.operands, strict=True)):
        kind: object = lots[i] or ("single", i)
        if lots[i] is None and i not in single:
            name = stem(node.label or names.of.get(id(node), ""))
            applied = (node.op, id(node) in names.homes, name)
            shape = [kinds[x] if type(x) is int else -1 for x in operands]
            if (run := one_more(applied, shape, shapes)) is not None:
                kinds.append(run)
                continue
            kind = (applied, *shape)
            shapes.setdefault(numbers.get(kind, len(numbers)), (applied, shape))
        kinds.append(numbers.setdefault(kind, len(numbers)))
    # Leaves are told apart by what uses them: the weights of two layers are not alike.
    users: dict[int, set[tuple[int, int]]] = {
        i: set() for i, operands in enumerate(graph.operands) if not operands and lots[i] is None
    }
    for kind_of_user, operands in zip(kinds, graph.operands, strict=True):
        for x in operands:
            if type(x) is int and x in users:
                users[x].add((kind_of_user, kinds[x]))
    for i, uses in users.items():
        kinds[i] = numbers.setdefault(("used by", kinds[i], frozenset(uses)), len(numbers))
    many = {kind for kind, count in Counter(kinds).items() if count > 1}
    return [
        ("alike", kind) if lot is None and kind in many else lot
        for kind, lot in zip(kinds, lots, strict=True)
    ]


def one_more(
    applied: object, shape: list[int], shapes: dict[int, tuple[object, list[int]]]
) -> int | None:
    """The kind of the running total, or product, to which a node adds one more of the same."""
    for before, other in ((0, 1), (1, 0)) if len(shape) == 2 else ():
        applied_before, shape_before = shapes.get(shape[before], (None, []))
        if applied_before == applied and shape_before[other] == shape[other]:
            return shape[before]
    return None


def stem(name: str) -> str:
    """A name without the indices at its end.

    >>> stem("w[3]"), stem("x12"), stem("loss")
    ('w', 'x', 'loss')
    """
    return re.sub(r"(\[[^\]]*\]|[.\d])+$", "", name) if name else ""


# By operation -----------------------------------------------------------------------------------


def by_operation(
    graph: Graph, lots: list[Lot | None], names: Names, budget: int, near: int
) -> list[Lot | None]:
    """As many boxes near the result as they are, and all the rest in one box an operation."""
    items: list[Lot | int] = [lot or i for i, lot in enumerate(lots)]
    kept = {items[i] for i in graph.results[: max(1, budget // 3)]}
    parts = {lot for lot in lots if lot is not None and lot[0] == "part"}
    if len(parts) <= budget // 3:
        kept |= parts
    most = len(kept) + near
    queue, seen = deque(graph.results), set(graph.results)
    while queue and len(kept) < most:
        i = queue.popleft()
        kept.add(items[i])
        for x in graph.operands[i]:
            if type(x) is int and x not in seen:
                seen.add(x)
                queue.append(x)
    return [
        lot if item in kept else ("operation", operation(node, names))
        for node, lot, item in zip(graph.nodes, lots, items, strict=True)
    ]


def operation(node: Node, names: Names) -> str:
    """What made a node; parameters and other leaves are told apart."""
    if node.op is not None:
        return node.op.name
    return "parameter" if id(node) in names.homes else "leaf"


def without_singles(lots: list[Lot | None]) -> list[Lot | None]:
    """A node that would be alone in its lot is drawn by itself.

    >>> without_singles([("alike", 1), ("alike", 2), ("alike", 1)])
    [('alike', 1), None, ('alike', 1)]
    """
    sizes = Counter(lots)
    return [lot if sizes[lot] > 1 else None for lot in lots]


# What to open -----------------------------------------------------------------------------------


def opening(expand: str | Iterable[str], where: list[Levels]) -> set[str]:
    """The parts to open: those that `expand` names, and all that contain these."""
    if not isinstance(expand, Iterable):
        raise TypeError(
            f"draw: expand must be the name of a part, such as 'layers.0', or a list of names; "
            f"got {describe(expand)}"
        )
    paths = [expand] if isinstance(expand, str) else list(expand)
    known = {part: parts[: i + 1] for parts in set(where) for i, part in enumerate(parts)}
    opened: set[str] = set()
    for path in paths:
        if path not in known:
            raise ValueError(f"draw: expand={describe_path(path)}: {instead(list(known))}")
        opened.update(known[path])
    return opened


def describe_path(path: object) -> str:
    """The path as it was given, or what was given in its place."""
    return repr(path) if isinstance(path, str) else describe(path)


def instead(known: list[str]) -> str:
    """Which paths there are."""
    if not known:
        return (
            "this graph has no parts with names; say names=model, where model is a module whose "
            "parameters the graph uses"
        )
    known.sort(key=lambda path: (path.count("."), len(path), path))
    shown = ", ".join(known[:12])
    more = f" and {len(known) - 12} more" if len(known) > 12 else ""
    return f"there is no such part; there are {shown}{more}"
