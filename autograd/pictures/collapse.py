"""Which nodes of a large graph stand in one box together, so that a picture stays readable.

First the parts of a model: a layer, a neuron. Then nodes that were computed alike, such as the
losses of all examples in a batch. As a last resort everything that is far from the result, by
operation. Nothing here recurses, and the time is proportional to the size of the graph.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterable
from math import isclose, isnan
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeGuard

from autograd.calculus.chain import reverse_numbers
from autograd.core.graph import topological
from autograd.core.record import Node
from autograd.core.value import Value
from autograd.modes import switched
from autograd.numbers.reals import describe

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from autograd.pictures.names import Names

MOST_ARROWS = 3  # for each box of the budget: more lines than that are a tangle
MOST_OPENED = 400  # nodes that `expand` shows one by one, whatever the budget
ROWS = " over rows"  # how the operation of a compiled function's sum is called
ARITHMETIC = frozenset(["add", "sub", "mul", "div", "neg", "pow", "square"])

Levels = tuple[str, ...]
Lot = tuple[str, str | int]  # ("part", "layers.0"), ("alike", 7) or ("operation", "mul")


class Graph(NamedTuple):
    """A recorded graph with its nodes numbered, operands before results."""

    nodes: list[Node]
    operands: list[tuple[int | float, ...]]  # the number of a node, or a constant (a float)
    results: list[int]
    calls: dict[int, str]  # the nodes that a compiled function gave: what `expand` calls them


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
    calls = named_calls(nodes, operands)
    return Graph(nodes, operands, [number[id(result)] for result in results], calls)


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


# Compiled functions -----------------------------------------------------------------------------


class Call(Protocol):
    """The operation of a node that a compiled function gave: see `jit.unit`."""

    symbol: str
    derived: object  # one and the same for all results of a program

    def replay(self, operands: Sequence[Value | float]) -> Value:
        """The result, with a record of what the function computes."""


def is_call(op: object) -> TypeGuard[Call]:
    """Whether a compiled function gave the nodes with this operation."""
    return hasattr(op, "replay")


def named_calls(
    nodes: Sequence[Node], operands: Sequence[tuple[int | float, ...]]
) -> dict[int, str]:
    """The nodes that compiled functions gave, each with a name for the call that it came from.

    That is "jit(f)", or "jit(f).0", "jit(f).1" ... if f was called several times.
    """
    calls: dict[tuple[str, int, object], list[int]] = {}  # one call may give several results
    for i, node in enumerate(nodes):
        if is_call(op := node.op):
            calls.setdefault((op.symbol, id(op.derived), operands[i]), []).append(i)
    times = Counter([symbol for symbol, _, _ in calls])
    met: Counter[str] = Counter()
    found: dict[int, str] = {}
    for (symbol, _, _), results in calls.items():
        name = f"{symbol}.{met[symbol]}" if times[symbol] > 1 else symbol
        found |= dict.fromkeys(results, name)
        met[symbol] += 1
    return found


class Opened:
    """A graph that is built anew, with operations in place of the nodes that calls gave."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.operands: list[tuple[int | float, ...]] = []
        self.grads: list[float] = []
        self.within: dict[int, str] = {}  # the call that a new node is part of
        self._known: dict[object, int] = {}  # the results of one call share their operations

    def add(self, node: Node, operands: tuple[int | float, ...], grad: float) -> int:
        """Add a node; gives its number."""
        self.nodes.append(node)
        self.operands.append(operands)
        self.grads.append(grad)
        return len(self.nodes) - 1

    def add_steps(
        self, node: Node, operands: tuple[int | float, ...], grad: float, call: str, name: str
    ) -> int:
        """Add what a node of a compiled function stands for; gives the number of the last step."""
        variables, steps, sent = replayed(node, grad, call)
        place = {id(x): i for x, i in zip(variables, operands, strict=True) if type(i) is int}
        for step, arrived in zip(steps, sent, strict=True):
            if id(step) in place:
                continue
            used = tuple([place[id(x)] if isinstance(x, Node) else x for x in step.operands])
            key = call, step.op or id(step), used, step._data
            if key not in self._known:
                self._known[key] = self.add(step, used, 0.0)
                self.within[self._known[key]] = call
            place[id(step)] = self._known[key]
            self.grads[self._known[key]] += arrived
        last = place[id(steps[-1])]
        if name and last in self.within:  # else it is one of the operands
            self.nodes[last].label = name
        return last


def with_calls_opened(
    graph: Graph, grads: list[float], chosen: Collection[str], names: Names
) -> tuple[Graph, list[float], dict[int, str]]:
    """The graph with the operations of some calls in place of the nodes that these gave.

    Beside it the gradient of each node, and for the new nodes the call that they are part of.
    """
    if not chosen:
        return graph, grads, {}
    opened = Opened()
    place: list[int] = []  # where the nodes of the old graph are in the new one
    for i, (node, grad) in enumerate(zip(graph.nodes, grads, strict=True)):
        operands = tuple([place[x] if type(x) is int else x for x in graph.operands[i]])
        call = graph.calls.get(i)
        if call is not None and call in chosen:
            name = node.label or names.of.get(id(node), "")
            place.append(opened.add_steps(node, operands, grad, call, name))
        else:
            place.append(opened.add(node, operands, grad))
    closed = {place[i]: call for i, call in graph.calls.items() if call not in chosen}
    results = [place[i] for i in graph.results]
    return Graph(opened.nodes, opened.operands, results, closed), opened.grads, opened.within


def replayed(
    node: Node, grad: float, call: str
) -> tuple[list[Value | float], list[Value], list[float]]:
    """What a compiled node stands for, recorded: the variables, the nodes, and their gradients.

    The variables stand in for the operands, so that nothing before them is walked through.
    """
    assert is_call(node.op)
    variables = [Value(x._data) if isinstance(x, Node) else x for x in node.operands]
    with switched(recording=True, observers=()):
        out = node.op.replay(variables)
    was, now = node._data, out._data
    close = isclose(was, now, rel_tol=1e-6, abs_tol=1e-12)  # fastmath leaves the last places open
    if not (close or (isnan(was) and isnan(now))):
        raise ValueError(
            f"draw: {call} gave {was!r}, and would give {now!r} with the numbers of now: somebody "
            f"has set .data since. Compute the result again, then draw it"
        )
    steps = topological(out)
    # Before any backward pass nothing has arrived: not even 0 · inf, which is nan.
    sent = reverse_numbers(steps, [out], [grad], steps) if grad else [0.0] * len(steps)
    return variables, steps, sent


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


def listed(expand: str | Iterable[str]) -> list[str]:
    """What `expand` names, as a list."""
    if not isinstance(expand, Iterable):
        raise TypeError(
            f"draw: expand must be the name of a part, such as 'layers.0', or a list of names; "
            f"got {describe(expand)}"
        )
    return [expand] if isinstance(expand, str) else list(expand)


def calls_to_open(paths: Sequence[str], graph: Graph) -> set[str]:
    """The calls of compiled functions that are named, each by itself or all of a function."""
    return {
        call
        for call in set(graph.calls.values())
        if call in paths or re.sub(r"\.\d+$", "", call) in paths
    }


def framed(where: list[Levels], within: dict[int, str], calls: Collection[str]) -> list[Levels]:
    """The parts that nodes stand in, where some calls are parts too.

    Not if the function goes through parts of a model: these are its frames then.
    """
    modelled = {call for i, call in within.items() if where[i]}
    return [
        (within[i],) if within.get(i) in calls and within[i] not in modelled else parts
        for i, parts in enumerate(where)
    ]


def opening(paths: Sequence[str], where: list[Levels], graph: Graph) -> set[str]:
    """The parts to open: those that are named, and all that contain these.

    `graph` is the one in which no call has been opened.
    """
    known = {part: parts[: i + 1] for parts in set(where) for i, part in enumerate(parts)}
    opened: set[str] = set()
    for path in paths:
        calls = calls_to_open([path], graph)
        if path not in known and not calls:
            there = [*known, *set(graph.calls.values())]
            raise ValueError(
                f"draw: expand={describe_path(path)}: {over_rows(path, graph) or instead(there)}"
            )
        opened.update(known.get(path, ()), calls)
    return opened


def describe_path(path: object) -> str:
    """The path as it was given, or what was given in its place."""
    return repr(path) if isinstance(path, str) else describe(path)


def over_rows(path: str, graph: Graph) -> str:
    """Why a sum over rows is not opened, if that is what the path names; else empty."""
    ops = {node.op for node in graph.nodes if node.op is not None and ROWS in node.op.name}
    if not any(path in (op.name, op.symbol, op.name.removesuffix(ROWS)) for op in ops):
        return ""
    return (
        "a sum over rows is one box, and holds the function once for every row; draw(f, ...) "
        "shows f at the numbers of one row"
    )


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
