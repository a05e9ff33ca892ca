"""The chain rule on a record, backwards and forwards: with numbers, or with Values.

`Value.backward` is the same walk, done in place on the `.grad` of the nodes. The sweeps here touch
nobody's `.grad`. With numbers they use the local derivatives of the record. With Values they
compute them anew through the rules, so that the result is itself recorded and can be differentiated
again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd.graph import topological
from autograd.reals import describe
from autograd.record import Node
from autograd.trees import flatten
from autograd.value import Value

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    Number = Value | float


def gradients(out: Value | float, wrt: Any) -> Any:
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
    targets, structure = flatten(wrt)
    for target in targets:
        if not isinstance(target, Value):
            raise TypeError(
                f"gradients: differentiate with respect to Values, got {describe(target)}; a plain "
                f"number has no record. grad(f)(x) takes derivatives by plain numbers"
            )
    if isinstance(out, Value):
        adjoints = reverse(topological(out), [(out, 1.0)], targets)
    else:
        adjoints = [0.0 for _ in targets]  # a constant
    return structure.rebuild([x if isinstance(x, Value) else Value(x) for x in adjoints])


# With Values: the result is recorded ---------------------------------------------------------------


def reverse(
    order: Sequence[Value], seeds: Sequence[tuple[Value, Number]], targets: Sequence[Value]
) -> list[Number]:
    """The adjoint of each target: the sum of seed * d out / d target over the seeded results.

    One walk backwards along `order`, the topological order of the results.
    """
    needed = {id(target) for target in targets}
    for node in order:  # the paths that lead to a target, and nothing beside them
        if any(id(x) in needed for x in node.parents):
            needed.add(id(node))
    adjoints: dict[int, Number] = {}
    for out, seed in seeds:
        add_to(adjoints, out, seed)
    for node in reversed(order):
        if id(node) in adjoints:
            for x, partial in recomputed(node, needed):
                add_to(adjoints, x, times(adjoints[id(node)], partial))
    return [adjoints.get(id(target), 0.0) for target in targets]


def forward(
    order: Sequence[Value], seeds: Sequence[tuple[Value, Number]], targets: Sequence[Number]
) -> list[Number]:
    """The tangent of each target: the sum of seed * d target / d x over the seeded variables x.

    One walk forwards along `order`, the topological order of the targets.
    """
    tangents: dict[int, Number] = {}
    for variable, seed in seeds:
        add_to(tangents, variable, seed)
    for node in order:
        for x, partial in recomputed(node, tangents):
            add_to(tangents, node, times(tangents[id(x)], partial))
    return [tangents.get(id(target), 0.0) for target in targets]


def add_to(totals: dict[int, Any], node: Value, term: Number) -> None:
    """Add a term to what a node has gathered so far."""
    before = totals.get(id(node))
    totals[id(node)] = term if before is None else before + term


def recomputed(node: Value, needed: Container[int]) -> Iterator[tuple[Value, Number]]:
    """Each needed operand with its local derivative, computed anew by the rule, as a Value."""
    operands = node.operands
    wanted = [isinstance(x, Node) and id(x) in needed for x in operands]
    if not any(wanted):
        return
    assert node.op is not None
    partials = node.op.partials(operands, node, wanted)
    check_record(node, partials, wanted)
    for x, partial in zip(operands, partials, strict=True):
        if partial is not None:
            yield x, partial


def check_record(node: Value, partials: Sequence[Number | None], wanted: Sequence[bool]) -> None:
    """Refuse a node whose operands have other numbers now than when it was recorded."""
    op = node.op
    assert op is not None
    numbers = [number(x) for x in node.operands]
    data = op.forward(*numbers)
    if not same(data, node._data) or not all(
        same(number(anew), recorded)
        for anew, recorded, want in zip(partials, node.partials, wanted, strict=True)
        if want
    ):
        raise ValueError(
            f"gradients: {op.name}({', '.join(map(repr, numbers))}) is {data!r}, but was recorded "
            f"as {node._data!r}, with other derivatives: somebody set .data after the computation. "
            f"Compute the result again, then take its gradients"
        )


def times(x: Number, y: Number) -> Number:
    """x * y, where a plain 1.0 leaves the other as it is: it would only make the record longer."""
    if type(y) is float and y == 1.0:
        return x
    if type(x) is float and x == 1.0:
        return y
    return x * y


def number(x: Any) -> Any:
    """The plain number of a Value, or what is plain already."""
    return x._data if isinstance(x, Node) else x


def same(x: float | None, y: float | None) -> bool:
    """Whether two recorded numbers agree; nan agrees with nan."""
    return x == y or (x != x and y != y)


# With numbers: the derivatives of the record ------------------------------------------------------


def reverse_numbers(
    order: Sequence[Value], seeds: Sequence[tuple[Value, Number]], targets: Sequence[Value]
) -> list[Number]:
    """As `reverse`, with the numbers of the record in place of recomputed Values."""
    adjoints: dict[int, Number] = {}
    for out, seed in seeds:
        add_to(adjoints, out, seed)
    get = adjoints.get
    for node in reversed(order):
        adjoint = get(id(node))
        if adjoint is None:
            continue
        dx, dy = node._dx, node._dy
        if dx is not None:
            key = id(node._x)
            adjoints[key] = get(key, 0.0) + adjoint * dx
        if type(dy) is tuple:
            for x, dx in zip(node._y, dy, strict=True):  # type: ignore[arg-type]  # tuples, both
                if dx is not None:
                    adjoints[id(x)] = get(id(x), 0.0) + adjoint * dx
        elif dy is not None:
            key = id(node._y)
            adjoints[key] = get(key, 0.0) + adjoint * dy
    return [get(id(target), 0.0) for target in targets]


def forward_numbers(
    order: Sequence[Value], seeds: Sequence[tuple[Value, Number]], targets: Sequence[Number]
) -> list[Number]:
    """As `forward`, with the numbers of the record in place of recomputed Values."""
    tangents: dict[int, Number] = {}
    for variable, seed in seeds:
        add_to(tangents, variable, seed)
    get = tangents.get
    for node in order:
        for x, partial in zip(node.operands, node.partials, strict=True):
            if partial is not None and (tangent := get(id(x))) is not None:
                add_to(tangents, node, tangent * partial)
    return [get(id(target), 0.0) for target in targets]
