"""The forward and the backward pass of a record as plain data: what happens, step by step.

The numbers are those that `backward` computes, bit for bit, in a walk of their own that touches
nobody's `.grad`. The walk can also be done in a wrong order, to see what comes of it.
"""

from __future__ import annotations

from collections import deque
from math import isnan
from typing import TYPE_CHECKING, NamedTuple

from autograd.core.graph import topological
from autograd.core.ops import dot_product, neg, square
from autograd.core.value import Value
from autograd.numbers.reals import describe
from autograd.pictures.lettering import elided, shown
from autograd.pictures.names import all_named, named

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ORDERS = ("topological", "naive")
INFIX = frozenset(["+", "-", "*", "/", "**", "//", "%"])
WRITTEN = 8  # operands of a function that are written out


class Operand(NamedTuple):
    """What an operation was applied to: a node, by its index, or a constant."""

    node: int | None
    name: str
    data: float
    partial: float | None  # d out / d operand; None where nothing flows back


class Forward(NamedTuple):
    """A step of the forward pass: a node is computed from its operands. A leaf has none."""

    node: int
    operands: tuple[Operand, ...]
    data: float
    stale: bool = False  # the operands' numbers are no longer those it was computed from

    @property
    def sends(self) -> bool:
        """Whether something flows back from here to an operand."""
        return any(x.partial is not None for x in self.operands)


class Contribution(NamedTuple):
    """What a node sends to one of its operands, and the operand's sum before and after."""

    position: int  # among the operands of the node
    node: int  # that receives it
    partial: float
    product: float  # adjoint * partial
    before: float
    after: float
    late: bool  # the receiver has been visited already, and has passed on its sum without this


class Backward(NamedTuple):
    """A step of the backward pass: a node takes its sum as its adjoint and sends it on.

    The adjoint is None where nothing has arrived: then nothing is sent on either.
    """

    node: int
    adjoint: float | None
    complete: bool  # nothing arrives later
    contributions: tuple[Contribution, ...]


class Steps:
    """Forward and backward pass of a record, one step a node. Made by `steps`."""

    def __init__(self, nodes: Sequence[Value], names: Mapping[int, str], visits: Sequence[int]):
        self.nodes = tuple(nodes)  # in topological order; steps tell nodes by their index here
        self.names = tuple([names[id(node)] for node in nodes])
        index = {id(node): i for i, node in enumerate(nodes)}
        self.forward = [
            Forward(i, tuple(self._operands(node, index)), node.data, stale(node))
            for i, node in enumerate(nodes)
        ]
        self.right, _ = self._backward(range(len(nodes) - 1, -1, -1))
        self.sums, self.backward = self._backward(visits)

    def _operands(self, node: Value, index: Mapping[int, int]) -> Iterable[Operand]:
        for x, partial in zip(node.operands, node.partials, strict=True):
            if isinstance(x, Value):
                yield Operand(index[id(x)], self.names[index[id(x)]], x.data, partial)
            else:
                yield Operand(None, shown(x), x, None)

    def _backward(self, visits: Sequence[int]) -> tuple[list[float], list[Backward]]:
        """The sum of each node in the end, and the steps that lead there."""
        sums = [0.0 for _ in self.nodes]
        sums[-1] = 1.0
        reached, visited = {len(sums) - 1}, set[int]()
        late: set[int] = set()
        walked = []
        for i in visits:
            visited.add(i)
            sent = []
            if i in reached:
                for position, x in enumerate(self.forward[i].operands):
                    if x.node is None or x.partial is None:
                        continue
                    before, product = sums[x.node], sums[i] * x.partial
                    sums[x.node] = after = before + product
                    reached.add(x.node)
                    if x.node in visited:
                        late.add(x.node)
                    missed = x.node in visited and self.forward[x.node].sends
                    sent.append(
                        Contribution(position, x.node, x.partial, product, before, after, missed)
                    )
            walked.append((i, sums[i] if i in reached else None, tuple(sent)))
        return sums, [Backward(i, adjoint, i not in late, sent) for i, adjoint, sent in walked]

    @property
    def wrong(self) -> list[int]:
        """The nodes whose sum is not their gradient in the end, from the result down.

        A node that passed on an incomplete or wrong sum spoils its operands. What differs by
        rounding alone, because the sum was added up in another order, is not wrong.
        """
        spoiling = {step.node for step in self.backward if not step.complete}
        spoilt: set[int] = set()
        for step in reversed(self.forward):
            if step.node in spoiling or step.node in spoilt:
                spoilt.update(
                    x.node for x in step.operands if x.node is not None and x.partial is not None
                )
        return [i for i in sorted(spoilt, reverse=True) if self.sums[i] != self.right[i]]

    # In words -----------------------------------------------------------------------------------

    def expression(self, step: Forward) -> str:
        """What a node is computed by: "a * b"; nothing for a leaf."""
        names = [x.name for x in step.operands]
        return applied(self.nodes[step.node], names) if names else ""

    def formula(self, step: Forward) -> str:
        """A forward step with the names and with the numbers: "y = a * b = 2 * 3 = 6".

        Where the numbers are no longer those that y was computed from, they are left out.
        """
        sides = [self.names[step.node], shown(step.data)]
        if step.operands:
            sides.insert(1, self.expression(step))
        if step.operands and not step.stale:
            numbers = [shown(x.data) for x in step.operands]
            sides.insert(2, applied(self.nodes[step.node], numbers))
        return " = ".join(sides)

    def names_that_can_change(self, step: Forward) -> list[str]:
        """The operands whose number somebody may have set: leaves, if there is one among them."""
        nodes = [x.node for x in step.operands if x.node is not None]
        leaves = [i for i in nodes if not self.forward[i].operands]
        return [self.names[i] for i in leaves or nodes]

    def chain_rule(self, step: Backward, sent: Contribution) -> str:
        """A contribution written out: "∂out/∂y · ∂y/∂a = 1 · 3 = 3"."""
        assert step.adjoint is not None  # it has sent something
        y, x = self.names[step.node], self.names[sent.node]
        return (
            f"∂{self.names[-1]}/∂{y} · ∂{y}/∂{x} = "
            f"{factor(shown(step.adjoint))} · {factor(shown(sent.partial))} = {shown(sent.product)}"
        )

    def addition(self, sent: Contribution) -> str:
        """How the sum of the receiver grows: "∂out/∂a = 0 + 3 = 3"."""
        return (
            f"∂{self.names[-1]}/∂{self.names[sent.node]} = "
            f"{shown(sent.before)} + {factor(shown(sent.product))} = {shown(sent.after)}"
        )


def steps(value: Value, *, order: str = "topological", names: object = None) -> Steps:
    """The forward and the backward pass that lead to `value` and back, one step a node.

    >>> from autograd import Value
    >>> from autograd.pictures.steps import steps
    >>> a, b = Value(2.0, label="a"), Value(3.0, label="b")
    >>> passes = steps(a * b + a)
    >>> for step in passes.forward:
    ...     print(passes.formula(step))
    a = 2
    b = 3
    v1 = a * b = 2 * 3 = 6
    out = v1 + a = 6 + 2 = 8
    >>> for step in passes.backward:
    ...     for sent in step.contributions:
    ...         print(passes.chain_rule(step, sent), "  ", passes.addition(sent))
    ∂out/∂out · ∂out/∂v1 = 1 · 1 = 1    ∂out/∂v1 = 0 + 1 = 1
    ∂out/∂out · ∂out/∂a = 1 · 1 = 1    ∂out/∂a = 0 + 1 = 1
    ∂out/∂v1 · ∂v1/∂a = 1 · 3 = 3    ∂out/∂a = 1 + 3 = 4
    ∂out/∂v1 · ∂v1/∂b = 1 · 2 = 2    ∂out/∂b = 0 + 2 = 2

    The order "naive" visits the nodes as they are discovered, level by level from the result. There
    a node that is used on two levels passes its sum on before all of it has arrived:

    >>> h = a + 1.0
    >>> h.label = "h"
    >>> passes = steps(h + h * h, order="naive")
    >>> [(passes.names[i], passes.sums[i], passes.right[i]) for i in passes.wrong]
    [('a', 1.0, 7.0)]
    """
    if not isinstance(value, Value):
        raise TypeError(
            f"expected a Value, the result of the computation to step through; got "
            f"{describe(value)}, which has no record"
        )
    if order not in ORDERS:
        raise ValueError(f"order must be 'topological' or 'naive', got {describe(order)}")
    nodes = topological(value)
    visits = discovered(nodes) if order == "naive" else range(len(nodes) - 1, -1, -1)
    return Steps(nodes, all_named(nodes, named(names).of), visits)


def stale(node: Value) -> bool:
    """Whether the operation would give another number now: somebody has set `.data` since."""
    if node.op is None:
        return False
    try:
        now = node.op.forward(*[x.data if isinstance(x, Value) else x for x in node.operands])
    except (ArithmeticError, ValueError):
        return True  # of these numbers it could not have been computed
    return now != node.data and not (isnan(now) and isnan(node.data))


def discovered(nodes: Sequence[Value]) -> list[int]:
    """The nodes in the order of a search from the result, level by level: the naive order."""
    index = {id(node): i for i, node in enumerate(nodes)}
    found = [len(nodes) - 1]
    seen, queue = set(found), deque(found)
    while queue:
        for x in nodes[queue.popleft()].parents:
            if (i := index[id(x)]) not in seen:
                seen.add(i)
                found.append(i)
                queue.append(i)
    return found


def applied(node: Value, operands: Sequence[str]) -> str:
    """The operation of a node written with these operands, names or numbers."""
    op = node.op
    assert op is not None  # leaves have no operands
    if op.symbol in INFIX and len(operands) == 2:
        return f"{factor(operands[0]) if op.symbol == '**' else operands[0]} {op.symbol} " + factor(
            operands[1]
        )
    if op is neg:
        return f"-{factor(operands[0])}"
    if op is square:
        return f"{factor(operands[0])}²"
    if op is dot_product:
        n = len(operands) // 2
        pairs = zip(operands[:n], operands[n : 2 * n], strict=True)
        terms = [f"{factor(x)}·{factor(y)}" for x, y in pairs]
        return " + ".join(elided([*terms, *map(factor, operands[2 * n :])], WRITTEN))
    return f"{op.name}({', '.join(elided(operands, WRITTEN))})"


def factor(number: str) -> str:
    """A number as it stands behind an operator: a negative one in parentheses."""
    return f"({number})" if number.startswith("-") else number
