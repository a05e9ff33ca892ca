"""Walks over a recorded computation: the topological sort, and the one walk back.

The chain rule says that the derivative of a result with respect to a node, its adjoint, is the sum
over everything that used the node of (the user's adjoint) * (the user's local derivative). So the
walk back comes to a node when all its users have sent what they owe: results before operands.

A walk leaves a mark on each node, in the slot `_mark`: the sort a stamp, to know a node where it
has been; the walk back the adjoint that has arrived so far (and the walk forward, in
`calculus.chain`, the tangent). That is 1.7 times as fast as sets and dicts of nodes. The next walk
over a node writes its own mark over it. Nothing here recurses, so no graph is too deep.
"""

from __future__ import annotations

import sys
from threading import RLock, local
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from autograd.core.record import N, Node

_LOCK, _HERE = RLock(), local()  # for one walk at a time, and in which call this thread began it


def topological(*roots: N, stamp: object = None) -> list[N]:
    """All nodes that the roots were computed from, and the roots: operands before results.

    Nodes that bear the stamp already are left out. Without one the walk makes its own, for what an
    interrupted walk left behind must mean nothing.

    >>> from autograd import Value
    >>> x = Value(3.0)
    >>> [node.data for node in topological((x + 1.0) * x)]
    [3.0, 4.0, 12.0]
    """
    with walk():
        return sort(roots, object() if stamp is None else stamp)


def sort(roots: Iterable[N], stamp: object) -> list[N]:
    """What `topological` gives, for a walk that has begun already.

    Depth first: go down along first operands as long as they lead somewhere new, then come back up
    and try each node's other operands; a node goes into the list when all of its operands have.
    """
    order: list[N] = []
    emit = order.append
    path: list[N] = []  # nodes on the way from a root to here that have more operands to try
    push, pop = path.append, path.pop
    rests: list[Iterator[Any]] = []  # what is left of the operands of nodes with more than two
    for root in roots:
        if root._mark is stamp:
            continue
        kind = type(root)
        node = root
        while True:
            node._mark = stamp  # here for the first time
            x = node._x
            if type(x) is kind:
                if x._mark is not stamp:
                    push(node)
                    node = x
                    continue
            elif type(node._y) is tuple:
                rests.append(iter(node._y))
            while True:  # its first operand is done
                y = node._y
                if type(y) is kind:
                    if y._mark is not stamp:
                        push(node)
                        node = y
                        break
                elif type(y) is tuple:
                    for x in rests[-1]:
                        if type(x) is kind and x._mark is not stamp:
                            if x._origin is None:  # a leaf: nothing below it
                                x._mark = stamp
                                emit(x)
                                continue
                            push(node)
                            node = x
                            break
                    if node._mark is not stamp:  # the one that was found just now
                        break
                    rests.pop()
                emit(node)
                if not path:
                    break
                node = pop()
            if node._mark is stamp:
                break  # back at the root, and done with it
    return order


def walk_back(order: Sequence[Node], seeds: Iterable[tuple[Node, float]]) -> None:
    """Leave in the `_mark` of every node its adjoint; None where nothing has reached it.

    `order` is a topological order. An operand that is not in it gathers its adjoint too, if its
    mark was None before. A node that was not reached sends nothing on: it is behind an edge that is
    switched off, or belongs to another result, and 0 times its partials might well be nan.
    """
    for node in order:
        node._mark = None
    for node, seed in seeds:
        node._mark = seed if node._mark is None else node._mark + seed
    for node in reversed(order):
        adjoint = node._mark
        if adjoint is None:
            continue
        dx = node._dx
        if dx is not None:
            x = node._x
            arrived = x._mark
            x._mark = adjoint * dx if arrived is None else arrived + adjoint * dx
        dy = node._dy
        if dy is None:
            continue
        if type(dy) is float:
            y = node._y
            arrived = y._mark
            y._mark = adjoint * dy if arrived is None else arrived + adjoint * dy
        else:
            for x, dx in zip(node._y, dy):  # noqa: B905 - of one length
                if dx is not None:
                    arrived = x._mark
                    x._mark = adjoint * dx if arrived is None else arrived + adjoint * dx


def walk() -> AbstractContextManager[Any]:
    """A block for one walk at a time: each needs its marks on the nodes as they are.

    Other threads wait. A signal handler or a destructor, which may run in the midst of a walk of
    its own thread, cannot wait for that; it is refused. (A bare lock, for an interruption between
    the lines of a generator would leave it locked.)
    """
    frame = sys._getframe(1)
    if _LOCK._is_owned():  # type: ignore[attr-defined]
        above = frame.f_back
        while above is not None and (id(above), above.f_code) != _HERE.holder:
            above = above.f_back
        if above is not None:
            raise RuntimeError(
                "a walk over a graph (backward, gradients, a copy, a pickle) was started inside "
                "another one, by a signal handler or a destructor; start it after that has ended"
            )
        # In CPython 3.14 Ctrl-C may come between the lock and its block, which then never ends.
        _LOCK.__exit__(None, None, None)
    _HERE.holder = id(frame), frame.f_code
    return _LOCK
