"""The chain rule on a record, backwards and forwards: with numbers, or with Values.

`Value.backward` writes what it finds into `.grad`; the walks here touch nobody's. With numbers they
use the local derivatives of the record, and walk back as `backward` does. With Values they use
local derivatives computed anew through the rules, so that the result is itself recorded and can be
differentiated again.

A node that no term has reached has no adjoint and no tangent, and sends none on: that is not the
same as 0.0, for 0.0 times an infinite derivative is nan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from autograd.calculus.trees import flatten
from autograd.conditions import Masked, product, total
from autograd.core.graph import sort, topological, walk, walk_back
from autograd.core.record import Node, edges_of
from autograd.core.value import Value
from autograd.numbers.reals import describe, is_real

T = TypeVar("T")

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Number = Value | float
    Seed = Number | None  # None where nothing is sent from
    Edges = list[tuple[Any, Number]]  # operands, each with the local derivative of the node
    Linear = list[tuple[Value, Edges]]  # in topological order


def gradients(out: Value | float, wrt: T) -> T:
    """d out / d x for every Value x in `wrt`, as Values that can be differentiated again.

    `wrt` is a Value or a structure of them (lists, tuples, dicts ...); the result has the same
    structure. Nobody's `.grad` is touched.

    >>> from autograd import Value, gradients
    >>> x = Value(2.0)
    >>> dx = gradients(x**3, x)
    >>> dx.data, gradients(dx, x).data
    (12.0, 12.0)

    Derivatives are computed from the operands as they are now. Where these are no longer those of
    the record, because somebody set `.data` in between, the answer would be wrong: a ValueError.
    """
    targets, structure = flatten(wrt, "gradients: wrt")
    for target, path in zip(targets, structure.paths("wrt"), strict=True):
        if not isinstance(target, Value):
            raise TypeError(
                f"gradients: {path} must be a Value, got {describe(target)}; a plain number has no "
                f"record. grad(f)(x) takes derivatives with respect to plain numbers"
            )
    if isinstance(out, Value):
        adjoints = reverse(linearized(topological(out), targets), [out], [1.0], targets)
    else:
        if not is_real(out):
            raise TypeError(
                f"gradients: the result must be one Value, got {describe(out)}; for several there "
                f"is jacobian, or gradients of each"
            )
        adjoints = [0.0 for _ in targets]  # out is a constant
    found: T = structure.rebuild([x if isinstance(x, Value) else Value(x) for x in adjoints])
    return found


def between(variables: Sequence[Value], outs: Sequence[Number]) -> list[Value]:
    """The nodes that the outs were computed from, in topological order, not beyond the variables.

    The variables are not among them.
    """
    nodes = [out for out in outs if isinstance(out, Value)]
    with walk():
        stamp = object()
        for x in variables:
            x._mark = stamp
        return sort(tuple(nodes), stamp)


def seeded(nodes: Sequence[Number], seeds: Sequence[Seed]) -> list[tuple[Value, Any]]:
    """Each node with its seed: neither constants nor places without a seed send anything."""
    return [
        (node, seed)
        for node, seed in zip(nodes, seeds, strict=True)
        if isinstance(node, Value) and seed is not None
    ]


# With Values: the result is recorded --------------------------------------------------------------


def linearized(order: Sequence[Value], variables: Sequence[Value], *, anew: bool = True) -> Linear:
    """The nodes that depend on the variables, each with the edges that lead there.

    Local derivatives are computed anew, as Values, or else are the numbers of the record. `order`
    is a topological order, and so is the result.
    """
    dependent = {id(x) for x in variables}
    linear = []
    for node in order:
        operands: Sequence[Any]
        partials: Sequence[Any]
        operands, partials = edges_of(node)
        wanted = [id(x) in dependent for x in operands]
        if True in wanted:
            dependent.add(id(node))
            if anew:
                partials = recomputed(node, operands, wanted)
            edges = [
                (x, partial)
                for x, partial, want in zip(operands, partials, wanted, strict=True)
                if want and partial is not None
            ]
            linear.append((node, edges))
    return linear


def recomputed(node: Value, operands: Sequence[Any], wanted: Sequence[bool]) -> Sequence[Any]:
    """The local derivatives of a node, computed anew by its rules as Values.

    Refuses a node whose operands have other numbers now than when it was recorded.
    """
    op = node.op
    assert op is not None  # it has operands
    partials = op.partials(operands, node, wanted)
    numbers = [number(x) for x in operands]
    recorded = edges_of(node)[1]
    now = [number(p) if w else r for p, r, w in zip(partials, recorded, wanted, strict=True)]
    if not op.agrees(node, numbers, now):
        call = f"{op.name}({', '.join(map(repr, numbers[:8]))}{', ...' if numbers[8:] else ''})"
        raise ValueError(
            f"{call} was recorded as {node._data!r} with the derivatives {recorded[:8]}; now it is "
            f"{op.forward(*numbers)!r} with {tuple(now[:8])}: somebody set .data after the "
            f"computation. Compute the result again, then take its derivatives"
        )
    return partials


def reverse(
    linear: Linear, outs: Sequence[Number], seeds: Sequence[Seed], variables: Sequence[Value]
) -> list[Number]:
    """The adjoint of each variable: the sum of seed * d out / d variable over the outs."""
    return [*map(zero_if_absent, reached(linear, outs, seeds, variables))]


def reached(
    linear: Linear, outs: Sequence[Number], seeds: Sequence[Seed], variables: Sequence[Value]
) -> list[Any]:
    """As `reverse`; None where nothing reaches a variable, and Masked where that depends."""
    adjoints = gathering(outs, seeds)
    for node, edges in reversed(linear):
        if (adjoint := adjoints.get(id(node))) is not None:
            for x, partial in edges:
                if (term := times(adjoint, partial)) is not None:
                    add_to(adjoints, x, term)
    return [adjoints.get(id(x)) for x in variables]


def zero_if_absent(x: Any) -> Number:
    """What has been gathered, for the outside, where nothing is 0.0."""
    if x is None:
        return 0.0
    return x.filled(0.0) if type(x) is Masked else x  # type: ignore[no-any-return]


def forward(
    linear: Linear, variables: Sequence[Value], seeds: Sequence[Seed], outs: Sequence[Number]
) -> list[Number]:
    """The tangent of each out: the sum of seed * d out / d variable over the variables."""
    tangents = gathering(variables, seeds)
    for node, edges in linear:
        for x, partial in edges:
            tangent = tangents.get(id(x))
            term = None if tangent is None else times(tangent, partial)
            if term is not None:
                add_to(tangents, node, term)
    return [zero_if_absent(tangents.get(id(out))) for out in outs]


def gathering(nodes: Sequence[Number], seeds: Sequence[Seed]) -> dict[int, Any]:
    """What each node has gathered when a walk begins: its seed."""
    totals: dict[int, Any] = {}
    for node, seed in seeded(nodes, seeds):
        add_to(totals, node, seed)
    return totals


def add_to(totals: dict[int, Any], node: Value, term: Any) -> None:
    """Add a term to what a node has gathered so far."""
    before = totals.get(id(node))
    if before is None:
        totals[id(node)] = term
    elif type(term) is Masked or type(before) is Masked:
        totals[id(node)] = total(before, term)
    else:
        totals[id(node)] = before + term


def times(x: Any, y: Any) -> Any:
    """x * y, where a plain 1.0 leaves the other as it is: it would only make the record longer."""
    if type(x) is Masked or type(y) is Masked:
        return product(x, y, times)
    if type(y) is float and y == 1.0:
        return x
    if type(x) is float and x == 1.0:
        return y
    return x * y


def number(x: Any) -> Any:
    """The plain number of a Value, or what is plain already; None for what is absent."""
    if type(x) is Masked:
        return number(x.number) if x.on.outcome else None
    return x._data if isinstance(x, Node) else x


# With numbers: the derivatives of the record ------------------------------------------------------
# What the nodes gather stands in their marks: see graph.py.


def reverse_numbers(
    order: Sequence[Value],
    outs: Sequence[Number],
    seeds: Sequence[Seed],
    variables: Sequence[Value],
) -> list[float]:
    """As `reverse`, with the numbers recorded by the nodes between the variables and the outs."""
    with walk():
        for x in variables:
            x._mark = None
        walk_back(order, seeded(outs, seeds))
        return [gathered(x) for x in variables]


def forward_numbers(
    order: Sequence[Value],
    variables: Sequence[Value],
    seeds: Sequence[Seed],
    outs: Sequence[Number],
) -> list[float]:
    """As `forward`, with the numbers recorded by the nodes between the variables and the outs."""
    with walk():
        for node in (*order, *variables):
            node._mark = None
        walk_forward(order, seeded(variables, seeds))
        return [gathered(out) for out in outs]


def walk_forward(order: Sequence[Value], seeds: Iterable[tuple[Value, float]]) -> None:
    """Leave in the `_mark` of every node its tangent; None where nothing has reached it."""
    x: Any
    for x, seed in seeds:
        x._mark = seed
    for node in order:
        tangent = None
        for x, dx in zip(*edges_of(node), strict=True):
            if dx is not None and (sent := x._mark) is not None:
                tangent = sent * dx if tangent is None else tangent + sent * dx
        node._mark = tangent


def gathered(x: Number) -> float:
    """What a walk has left at x: 0 where it left nothing, or where x is a constant."""
    total: Any = x._mark if isinstance(x, Node) else None
    return 0.0 if total is None else total
