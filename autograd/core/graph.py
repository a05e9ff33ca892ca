"""Walks over recorded computations: the topological sort, copies and pickles.

None of them recurses, so no graph is too deep.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import ref

from autograd.core.record import N, Node, leaf, recorded, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from autograd.core.operation import Op


def topological(*roots: N, stamp: object = None) -> list[N]:
    """All nodes that the roots were computed from, and the roots: operands before results.

    Depth first: go down along first operands as long as they lead somewhere new, then come back up
    and try each node's other operands; a node goes into the list when all of its operands have.
    Nodes that bear the stamp already are left out. Without one the walk makes its own, for what an
    interrupted walk left behind must mean nothing.

    >>> from autograd import Value
    >>> x = Value(3.0)
    >>> [node.data for node in topological((x + 1.0) * x)]
    [3.0, 4.0, 12.0]
    """
    with walk():
        return sort(roots, object() if stamp is None else stamp)


def sort(roots: tuple[N, ...], stamp: object) -> list[N]:
    """What `topological` gives, for a walk that has begun already."""
    order: list[N] = []
    emit = order.append
    path: list[N] = []  # nodes on the way from a root to here that have more operands to try
    push, pop = path.append, path.pop
    rests: list[Iterator[Any]] = []  # what is left of the operands of nodes with more than two
    for root in roots:
        if root._stamp is stamp:
            continue
        kind = type(root)
        node = root
        while True:
            node._stamp = stamp  # here for the first time
            x = node._x
            if type(x) is kind:
                if x._stamp is not stamp:
                    push(node)
                    node = x
                    continue
            elif type(node._y) is tuple:
                rests.append(iter(node._y))
            while True:  # its first operand is done
                y = node._y
                if type(y) is kind:
                    if y._stamp is not stamp:
                        push(node)
                        node = y
                        break
                elif type(y) is tuple:
                    for x in rests[-1]:
                        if type(x) is kind and x._stamp is not stamp:
                            push(node)
                            node = x
                            break
                    if node._stamp is not stamp:
                        break
                    rests.pop()
                emit(node)
                if not path:
                    break
                node = pop()
            if node._stamp is stamp:
                break  # back at the root, and done with it
    return order


def deep_copy(root: N, memo: dict[int, Any]) -> N:
    """A copy of the root and of all that it was computed from, as `copy.deepcopy` wants it."""
    # One stamp for all roots of one deepcopy: what an earlier one copied is not walked over again.
    stamp = memo.setdefault(id(topological), object())
    for node in topological(root, stamp=stamp):
        if id(node) in memo:
            continue
        memo[id(node)] = _rebuilt(
            type(node),
            node._data,
            node._grad,
            node.label,
            node.op,
            tuple(memo[id(x)] if isinstance(x, Node) else x for x in node.operands),
            node.partials,
        )
    copied: N = memo[id(root)]
    return copied


def shallow_copy(node: N) -> N:
    """Another node with the same record: the same operands, a gradient of its own."""
    return _rebuilt(
        type(node), node._data, node._grad, node.label, node.op, node.operands, node.partials
    )


def _rebuilt(
    kind: type[N],
    data: float,
    grad: float,
    label: str,
    op: Op | None,
    operands: tuple[Node | float, ...],
    partials: tuple[float | None, ...],
) -> N:
    if op is None:
        out = leaf(kind, data, label)
    else:
        out = recorded(kind, op, data, operands, partials)
        if label:
            out.label = label
    out._grad = grad
    return out


def reduced(node: Node) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """How to pickle a node: what it was computed from, operands first, then its own record.

    The pickler goes into operands recursively, which a deep graph would not survive. So the first
    thing in the pickle of a node is the list of all that it was computed from; when the pickler
    comes to an element of that list it has already seen its operands, and goes no deeper.
    """
    ancestors = None
    with walk():
        owner = _owner(node)
        if owner is not None and id(node) in owner.expected:
            owner.expected.remove(id(node))
        else:  # no pickle in progress has it, or only that of another pickler
            ancestors = _Ancestors(node, anew=owner is not None)
    record = (node._data, node._grad, node.label, node.op, node.operands, node.partials)
    return _unpickled, (ancestors, type(node), *record)


def _unpickled(ancestors: None, kind: type[N], *record: Any) -> N:
    return _rebuilt(kind, *record)


class _Ancestors:
    """The nodes to pickle before a node, each marked as being taken care of.

    The mark is a weak reference to such an object, its owner. A pickler keeps every object that it
    pickles alive until it is done, and so the marks die with it, also when it fails half-way.
    Another root in the same pickle finds the marks, and adds only what is new. A pickler asks for a
    node only once; a second asking comes from another pickler, which begins anew.
    """

    __slots__ = ("__weakref__", "expected", "nodes")

    def __init__(self, node: Node, anew: bool) -> None:
        owners = [] if anew else [o for x in node.parents if (o := _owner(x)) is not None]
        owner = owners[0] if owners else self
        if owner is self:
            self.expected: set[int] = set()
        # weakref.ref gives the same reference for the same object: the mark, found again.
        self.nodes = sort((node,), stamp=ref(owner))[:-1]
        owner.expected.update(map(id, self.nodes))

    def __reduce__(self) -> tuple[type, tuple[()], None, Iterable[Node]]:
        return list, (), None, iter(self.nodes)


def _owner(node: Node) -> _Ancestors | None:
    """Who takes care of pickling this node at present."""
    mark = node._stamp
    return mark() if type(mark) is ref else None
