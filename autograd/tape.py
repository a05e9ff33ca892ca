"""A tape: the operations of a block, taken down as they happen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd.core.record import Node, Observer

if TYPE_CHECKING:
    from autograd.core.operation import Op


class Tape(Observer):
    """An observer that keeps every operation, in the order in which they happen.

    >>> from autograd import Value
    >>> from autograd.modes import switched
    >>> tape, x = Tape(), Value(2.0)
    >>> with switched(observers=(tape,)):
    ...     out = x * x + 1.0
    >>> tape.entries
    [Value(data=4.0, grad=0.0), Value(data=5.0, grad=0.0)]
    >>> [node.op for node in tape.entries]
    [<operation mul>, <operation add>]

    An operation that was recorded is kept as its node, which knows all of it; one that was not, as
    (operation, operands, node). The compiled core appends the first kind by itself, so a subclass
    does not override `operation`: it may say what else is taken down.
    """

    __slots__ = ("entries",)

    def __init__(self) -> None:
        self.entries: list[Node | tuple[Op, tuple[Any, ...], Node]] = []

    def operation(self, op: Op, operands: tuple[Any, ...], out: Node, recorded: bool) -> None:
        """Keep an operation."""
        self.entries.append(out if recorded else (op, operands, out))
