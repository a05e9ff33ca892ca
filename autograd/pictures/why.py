"""Where a gradient comes from: the paths from a leaf to a result, each with its product.

The chain rule, multiplied out: d out / d leaf is the sum over all paths from the leaf to the result
of the product of the local derivatives along the path. `backward` gets the same number without
going through the paths one by one, of which there may be more than atoms.
"""

from __future__ import annotations

from math import fsum, inf, isclose, isfinite, isnan, nan
from typing import TYPE_CHECKING, NamedTuple

from autograd.calculus.chain import between, reverse_numbers
from autograd.core.graph import topological
from autograd.core.value import Value
from autograd.numbers.reals import describe, whole
from autograd.pictures.lettering import (
    LONGEST,
    abbreviated,
    counted,
    elided,
    markup,
    printable,
    shown,
)
from autograd.pictures.names import all_named, named

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    # The product along a way down to the leaf, the operand that it takes, and which of that
    # operand's own ways it goes on with.
    Way = tuple[float, int, int]

MOST = 11  # nodes of a path that have room in a line
GAP = "… {} more …"  # in the place of the others


class Path(NamedTuple):
    """One way from the leaf to the result: its nodes, the local derivatives, their product."""

    nodes: tuple[Value, ...]  # from the leaf to the result
    partials: tuple[float, ...]  # one between each two nodes
    product: float


class Why:
    """Where a gradient comes from: the paths that carry most of it. Prints as a table.

    >>> from autograd import Value, why
    >>> x = Value(3.0, label="x")
    >>> found = why(x * x + 2.0 * x, x)
    >>> found.gradient, found.count, [path.product for path in found.paths]
    (8.0, 3, [3.0, 3.0, 2.0])
    """

    def __init__(
        self,
        value: Value,
        leaf: Value,
        paths: Sequence[Path],
        count: int,
        gradient: float,
        rest: float,
        names: Mapping[int, str],
        numbered: Mapping[int, str],
        obstacles: Sequence[str],
    ) -> None:
        self.value = value
        self.leaf = leaf
        self.paths = list(paths)  # the largest products first
        self.count = count  # of all paths
        self.gradient = gradient  # d value / d leaf, as backward computes it
        self._rest = rest
        self._names = names  # the given ones
        self._numbered = numbered  # a name for every node, as play gives them
        self._obstacles = obstacles  # the operations that let nothing through, if no path gets by

    @property
    def sum(self) -> float:
        """What the paths in `paths` carry together.

        >>> from autograd import Value, why
        >>> x = Value(3.0)
        >>> why(x * x, x).sum
        6.0
        """
        return total([path.product for path in self.paths])

    @property
    def remainder(self) -> float:
        """What the other paths carry together; 0 if there are none, nan if it is not known.

        It is added up by itself, not as a difference: that would have the rounding of the sum.

        >>> from autograd import Value, why
        >>> x = Value(3.0)
        >>> why(x * x, x).remainder
        0.0
        """
        if self.count == len(self.paths):
            return 0.0
        return self._rest if isfinite(self.sum) and isfinite(self.gradient) else nan

    def __repr__(self) -> str:
        if not self.paths:
            return self._nothing()
        rows = [row[:3] for row in self._rows()]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            f"{way:{widths[0]}}  {factors:>{widths[1]}} = {product:>{widths[2]}}"
            for way, factors, product in rows
        ]
        return "\n".join([self._headline(), *lines])

    def _repr_html_(self) -> str:
        if not self.paths:
            return f"<p>{markup(self._nothing())}</p>"
        left, right = ' style="text-align:left"', ' style="text-align:right"'
        lines = [
            f"<tr><td{left}>{markup(way)}</td><td{right}>{factors}</td>"
            f'<td{right} title="{exact!r}">=&nbsp;{product}</td></tr>'  # on one line
            for way, factors, product, exact in self._rows()
        ]
        head = f"<tr><th{left}>path</th><th{right}>product of local derivatives</th><th></th></tr>"
        return (
            f"<table><caption{left}>{markup(self._headline())}</caption>"
            f"<thead>{head}</thead><tbody>{''.join(lines)}</tbody></table>"
        )

    def _headline(self) -> str:
        largest = ", the largest first" if self.count > 1 else ""
        ways = f"{counted(self.count, 'path')}{largest}"
        return f"{self._derivative()} = {shown(self.gradient)} along {ways}"

    def _derivative(self) -> str:
        out = self.value.label or self._names.get(id(self.value), "out")
        return f"d {abbreviated(printable(out), LONGEST)} / d {self._name(self.leaf)}"

    def _rows(self) -> list[tuple[str, str, str, float]]:
        """What is in the table: a way in words, its factors, its product as shown and exactly."""
        rows = [
            (
                way,
                " · ".join(elided([f"{partial:.4g}" for partial in path.partials], MOST, GAP))
                or "1",
                shown(path.product),
                path.product,
            )
            for way, path in zip(self._ways(), self.paths, strict=True)
        ]
        rest = self.count - len(self.paths)
        if rest or len(rows) > 1:
            rows.append(("", "together", shown(self.sum), self.sum))
        if rest:
            known = "not known" if isnan(self.remainder) else shown(self.remainder)
            rows.append(("", counted(rest, "more path"), known, self.remainder))
        computed = f"what backward computes{self._doubt()}"
        return [*rows, ("", computed, shown(self.gradient), self.gradient)]

    def _ways(self) -> list[str]:
        """The paths in words: operations for nodes without a name, or numbers to tell them apart.

        A path is a row of operations, until another path reads the same.
        """
        by_operation = [
            " → ".join(elided([self._name(node) for node in path.nodes], MOST, GAP))
            for path in self.paths
        ]
        if len(set(by_operation)) == len({tuple(map(id, path.nodes)) for path in self.paths}):
            return by_operation
        return [
            " → ".join(elided([self._numbered_name(node) for node in path.nodes], MOST, GAP))
            for path in self.paths
        ]

    def _name(self, node: Value) -> str:
        """The name of a node; of one without, its operation."""
        symbol = "leaf" if node.op is None else node.op.symbol
        name = node.label or self._names.get(id(node), symbol)
        return abbreviated(printable(name), LONGEST)

    def _numbered_name(self, node: Value) -> str:
        """The name of a node; of one without, its number as in play and its operation."""
        if node.op is None or node.label or id(node) in self._names:
            return abbreviated(self._numbered[id(node)], LONGEST)
        return f"{self._numbered[id(node)]} ({node.op.symbol})"

    def _doubt(self) -> str:
        """What there is to say if the table does not add up to what backward computes."""
        found = self.sum + self.remainder
        differs = isfinite(found) and not isclose(found, self.gradient, rel_tol=1e-6)
        return ", rounded at every step" if differs else ""

    def _nothing(self) -> str:
        leaf = self._name(self.leaf)
        if not self._obstacles:
            return (
                f"{self._derivative()} = 0: there is no path, for the result was not computed from "
                f"{leaf}. Is it the Value that went in, or a new one under the same name?"
            )
        return (
            f"{self._derivative()} = 0: there is no path along which something flows back. {leaf} "
            f"was used, but switched off at {', '.join(self._obstacles)}"
        )


def why(value: Value, leaf: Value, *, paths: int = 10, names: object = None) -> Why:
    """The paths from `leaf` to `value` that d value / d leaf is the sum of, the largest first.

    Along each path the local derivatives are multiplied; the products of all paths add up to the
    gradient. That is the chain rule, multiplied out:

    >>> from autograd import Value, tanh, why
    >>> a, b = Value(2.0, label="a"), Value(-0.5, label="b")
    >>> why(tanh(a * b + a), a)
    d out / d a = 0.209987 along 2 paths, the largest first
    a → + → tanh                    1 · 0.42 =  0.419974
    a → * → + → tanh         -0.5 · 1 · 0.42 = -0.209987
                                    together =  0.209987
                      what backward computes =  0.209987

    Of many paths the `paths` with the largest products are shown, and what the others add up to:

    >>> x = out = Value(1.0, label="x")
    >>> for _ in range(20):
    ...     out = 0.25 * out + 0.75 * out
    >>> found = why(out, x, paths=1)
    >>> found.count, round(found.sum, 6), round(found.remainder, 6)
    (1048576, 0.003171, 0.996829)

    The derivatives are those of the record, and nobody's `.grad` is touched. An edge that is
    switched off (relu below zero) is no path. `leaf` may be any Value that `value` was computed
    from. `names` gives names to Values that have no label: `locals()`, a
    module of nn.
    """
    for given, role in ((value, "the result"), (leaf, "the leaf")):
        if not isinstance(given, Value):
            raise TypeError(
                f"why: {role} must be a Value, got {describe(given)}; a plain number has no record"
            )
    paths = whole("why: paths", paths)
    order = topological(value)
    given_names = named(names).of
    ways, rests = largest_ways(order, leaf, paths)
    found = [path(value, leaf, ways, rank) for rank in range(len(ways.get(id(value), ())))]
    (gradient,) = reverse_numbers(between([leaf], [value]), [value], [1.0], [leaf])
    return Why(
        value,
        leaf,
        sorted(found, key=lambda path: size(path.product), reverse=True),
        number_of_paths(order, leaf, ways),
        gradient,
        rests.get(id(value), 0.0),
        given_names,
        all_named(order, given_names),
        () if id(value) in ways else obstacles(order, leaf, ways),
    )


def largest_ways(
    order: Sequence[Value], leaf: Value, most: int
) -> tuple[dict[int, list[Way]], dict[int, float]]:
    """For each node from which paths lead down to the leaf, the largest of these, at most `most`.

    And what all its other paths carry together, for each node that has more. The largest ways of a
    node are among those that go on with one of the largest ways of an operand. So they are found
    from the leaf upwards, and no path is looked at twice.
    """
    ways: dict[int, list[Way]] = {id(leaf): [(1.0, -1, 0)]}
    rests: dict[int, float] = {}
    for node in order:
        if node is leaf:
            continue
        edges = [
            (i, x, partial)
            for i, (x, partial) in enumerate(zip(node.operands, node.partials, strict=True))
            if partial is not None and id(x) in ways
        ]
        found = [
            (partial * way[0], i, rank)
            for i, x, partial in edges
            for rank, way in enumerate(ways[id(x)])
        ]
        found.sort(key=lambda way: size(way[0]), reverse=True)
        if found:
            ways[id(node)] = found[:most]
        left_out = [way[0] for way in found[most:]]
        left_out += [partial * rests[id(x)] for _, x, partial in edges if id(x) in rests]
        if left_out:
            rests[id(node)] = total(left_out)
    return ways, rests


def total(products: Sequence[float]) -> float:
    """The exact sum, rounded once; of what is too large for that, the sum from left to right."""
    try:
        return fsum(products)
    except (OverflowError, ValueError):  # ValueError: inf and -inf
        return sum(products, 0.0)


def size(product: float) -> float:
    """How large a product is; a nan, which spoils the sum, comes first."""
    return inf if isnan(product) else abs(product)


def path(value: Value, leaf: Value, ways: Mapping[int, Sequence[Way]], rank: int) -> Path:
    """The path of this rank among the largest ones."""
    nodes, partials, product = [value], [], 1.0
    while nodes[-1] is not leaf:
        node = nodes[-1]
        _, i, rank = ways[id(node)][rank]
        partial, x = node.partials[i], node.operands[i]
        assert partial is not None  # ways are made of edges
        assert isinstance(x, Value)  # and edges lead to Values
        product *= partial  # from the result down, as backward multiplies
        partials.append(partial)
        nodes.append(x)
    return Path(tuple(reversed(nodes)), tuple(reversed(partials)), product)


def number_of_paths(order: Sequence[Value], leaf: Value, ways: Mapping[int, object]) -> int:
    """How many paths there are: each node is reached in as many ways as all its users together."""
    if id(order[-1]) not in ways:
        return 0
    counts = {id(order[-1]): 1}
    for node in reversed(order):
        # A count may have thousands of digits: it is kept only as long as somebody asks for it.
        count = counts.pop(id(node), 0)
        if node is leaf:
            return count
        if count:
            for x, partial in zip(node.operands, node.partials, strict=True):
                if partial is not None and id(x) in ways:
                    counts[id(x)] = counts.get(id(x), 0) + count
    raise AssertionError("a way down to the leaf did not come to it")


def obstacles(order: Sequence[Value], leaf: Value, ways: Mapping[int, object]) -> list[str]:
    """The operations that use what depends on the leaf, and let nothing flow back to it.

    None if the leaf is not in the record at all.
    """
    found = dict.fromkeys(
        f"{node.op.name}({', '.join([shown(plain(x)) for x in node.operands])})"
        for node in order
        if node.op is not None and node is not leaf and id(node) not in ways
        if any(id(x) in ways for x in node.operands)
    )
    return list(found)


def plain(x: Value | float) -> float:
    """The number of a Value, or what is plain already."""
    return x.data if isinstance(x, Value) else x
