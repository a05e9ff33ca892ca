"""Copies and pickles of Values, with all that they were computed from, at any depth.

Python's own ways go into operands recursively, which a deep graph would not survive. Here both go
along a topological order. (Attributes that users hang on Values are copied in Python's own ways.)
Importing this file teaches Value to be copied.
"""

from __future__ import annotations

from contextlib import nullcontext
from copy import deepcopy
from typing import TYPE_CHECKING, Any
from weakref import ref

from autograd.core.graph import sort, topological, walk
from autograd.core.record import FLAG, N, Node, edges_of, leaf, node_of, write
from autograd.core.value import Value
from autograd.modes import switched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AbstractContextManager

    from autograd.core.operation import Op


def record_of(node: Node) -> tuple[Any, ...]:
    """All that a node is, but what its user has hung on it."""
    return node._data, node._grad, node.label, node.op, *edges_of(node)


def rebuild(
    kind: type[N],
    data: float,
    grad: float,
    label: str,
    op: Op | None,
    operands: tuple[Node | float, ...],
    partials: tuple[float | None, ...],
) -> N:
    """A node with this record."""
    out = leaf(kind, data) if op is None else node_of(kind, op, data, operands, partials)
    out._grad = grad
    if label:
        out.label = label
    return out


def shallow_copy(node: Value) -> Value:
    """Another node with the same record: the same operands, a gradient of its own."""
    write(node, "copying a Value")
    with unobserved():
        twin = rebuild(Value, *record_of(node))
    if own := attributes_of(node):
        vars(twin).update(own)
    return twin


def deep_copy(root: Value, memo: dict[int, Any]) -> Value:
    """A copy of the root and of all that it was computed from, as `copy.deepcopy` wants it."""
    write(root, "copying a Value")
    # One stamp for all roots of one deepcopy: what an earlier one copied is not walked over again.
    stamp = memo.setdefault(id(topological), object())
    order = [node for node in topological(root, stamp=stamp) if id(node) not in memo]
    with unobserved():
        for node in order:
            data, grad, label, op, operands, partials = record_of(node)
            copied = tuple([memo[id(x)] if isinstance(x, Node) else x for x in operands])
            memo[id(node)] = rebuild(Value, data, grad, label, op, copied, partials)
    for node in order:  # these may refer to any of the nodes
        if own := attributes_of(node):
            vars(memo[id(node)]).update(deepcopy(own, memo))
    twin: Value = memo[id(root)]
    return twin


def reduce(node: Value) -> tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any] | None]:
    """How to pickle a node: what it was computed from, operands first, then its own record.

    The first thing in the pickle of a node is the list of all that it was computed from; when the
    pickler comes to an element of that list it has already seen its operands, and goes no deeper.
    """
    write(node, "pickling a Value")
    ancestors = None
    with walk():
        owner = owner_of(node)
        if owner is not None and id(node) in owner.expected:
            owner.expected.remove(id(node))
        else:  # no pickle in progress has it, or only that of another pickler
            ancestors = Ancestors(node, anew=owner is not None)
    return unpickle, (ancestors, Value, *record_of(node)), attributes_of(node)


def unpickle(ancestors: None, kind: type[N], *record: Any) -> N:
    """The node of a pickle; its ancestors have been there before it, in what surrounds it."""
    with unobserved():
        return rebuild(kind, *record)


def unobserved() -> AbstractContextManager[object]:
    """A block for making anew what was recorded: within `no_grad` too, and nobody is told."""
    return switched(recording=True, observers=()) if FLAG.watched else nullcontext()


def attributes_of(node: Value) -> dict[str, Any] | None:
    """What its user has hung on a node; `vars` would make a dictionary where there is none."""
    state: Any = object.__getstate__(node)
    return state[0] if type(state) is tuple else state  # type: ignore[no-any-return]  # of slots


class Ancestors:
    """The nodes to pickle before a node, each marked as being taken care of.

    The mark is a weak reference to such an object, its owner. A pickler keeps every object that it
    pickles alive until it is done, and so the marks die with it, also when it fails half-way.
    Another root in the same pickle finds the marks, and adds only what is new. A pickler asks for a
    node only once; a second asking comes from another pickler, which begins anew.
    """

    __slots__ = ("__weakref__", "expected", "nodes")

    def __init__(self, node: Node, anew: bool) -> None:
        parents = [] if anew else [x for x in edges_of(node)[0] if isinstance(x, Node)]
        owners = [o for x in parents if (o := owner_of(x)) is not None]
        owner = owners[0] if owners else self
        if owner is self:
            self.expected: set[int] = set()
        # weakref.ref gives the same reference for the same object: the mark, found again.
        self.nodes = sort((node,), stamp=ref(owner))[:-1]
        owner.expected.update(map(id, self.nodes))

    def __reduce__(self) -> tuple[type, tuple[()], None, Iterable[Node]]:
        return list, (), None, iter(self.nodes)


def owner_of(node: Node) -> Ancestors | None:
    """Who takes care of pickling this node at present."""
    mark = node._mark
    return mark() if type(mark) is ref else None


setattr(Value, "__copy__", shallow_copy)  # noqa: B010 - type checkers need not know
setattr(Value, "__deepcopy__", deep_copy)  # noqa: B010
setattr(Value, "__reduce__", reduce)  # noqa: B010
