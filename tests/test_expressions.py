"""Random expressions against mpmath, orders 0 to 3, in units of their own condition number.

Along a line t -> x + t d every number of an expression has a Taylor series, and so has its adjoint,
d result / d number. Both follow, at 90 digits, from the derivatives of the single operations, and
these from the formulas that tests/proof/accuracy.py holds the table against.

The condition number of coefficient k of the result says how much it changes, to first order, if
every operation of the graph gets its Taylor coefficients slightly wrong. With u for the numbers,
p(x) for the local derivative by operand x, and u_j for the coefficient of t**j:

    condition_k = sum over the numbers u, sum over i + j = k, of |adjoint of u|_i * |u|_j

where |u|_j adds up the absolute values of the terms that make u_j (by the chain rule, from the
series of the operands), and |adjoint of u|_i those that make the i-th coefficient of
sum(adjoint of out * p(u)) over the users out of u. For k = 0 that is the classic running error
bound, the sum of |adjoint * value|. Constants are exact, and count only where operations use them.
"""

from __future__ import annotations

import math
from itertools import combinations, combinations_with_replacement, pairwise
from typing import TYPE_CHECKING, Any

import mpmath
from hypothesis import given, reject, settings, strategies as st
from mpmath import mp, mpc, mpf

from autograd import grad
from autograd.core import ops
from autograd.core.operation import Variadic
from autograd.core.ops import SHIFTS
from autograd.testing import FAINT, TABLE, Expression, Step, apply, expressions
from tests.proof.accuracy import ORACLES, Sum, add

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from autograd import Op

Exact = Any  # an mpf
Series = list[Any]  # coefficients of t**0, t**1 ... up to ORDER
Slots = tuple[int, ...]  # which operands to differentiate by, in ascending order

EPSILON = 2.0**-52
ORDER = 3
DIGITS = 70
STEP = mpf(2) ** -60
GRAPHS = 10 * settings.default.max_examples  # 1,000 in the slow suite
UNDERFLOW = 2.0**-950  # below that a double has lost digits that the condition knows nothing of

DRAWN = [op for op in TABLE if op not in SHIFTS]
directions = st.lists(st.sampled_from((1.0, -1.0, 0.0, 0.5)), min_size=3, max_size=3)


# The single operation -----------------------------------------------------------------------------


def zeros(n: int) -> list[Exact]:
    return [mpf(0)] * (n * (n + 1) // 2)


def prod_formulas(*xs: Exact) -> Any:
    def without(*left_out: int) -> Exact:
        return mpmath.fprod(x for i, x in enumerate(xs) if i not in left_out)

    n = range(len(xs))
    bends = [mpf(0) if i == j else without(i, j) for i in n for j in range(i, len(xs))]
    return without(), [without(i) for i in n], bends


def dot_formulas(*operands: Exact) -> Any:
    n = len(operands) // 2
    xs, ys, start = operands[:n], operands[n : 2 * n], operands[2 * n :]
    count = range(len(operands))
    bends = [mpf(i < n and j == i + n) for i in count for j in count[i:]]
    return add(*start, *map(mp.fmul, xs, ys)), [*ys, *xs, *map(mpf, [1] * len(start))], bends


# Where the formulas there are for a fixed number of operands.
VARIADIC: dict[str, Callable[..., Any]] = {
    "sum": lambda *xs: (add(*xs), [mpf(1)] * len(xs), zeros(len(xs))),
    "prod": prod_formulas,
    "dot_product": dot_formulas,
}


def formulas(op: Op, operands: Sequence[Exact]) -> tuple[Exact, list[Exact], list[Exact]]:
    """The value, the gradient, and the second derivatives, an upper triangle."""
    value, slopes, bends = VARIADIC.get(op.name, ORACLES[op.name].formulas)(*operands)
    return value, *(x if isinstance(x, list) else [x] for x in (slopes, bends))


def size(x: Exact) -> float:
    return math.fsum(abs(float(term)) for term in (x if isinstance(x, Sum) else (x,)))


def plain(x: Exact) -> Exact:
    return mpmath.fsum(x) if isinstance(x, Sum) else x


def second_derivatives(op: Op, operands: Sequence[Exact], slots: Slots) -> dict[Slots, Exact]:
    """By each pair of the operands in `slots`, counted within these."""
    free = range(len(operands)) if isinstance(op, Variadic) else free_operands(op)
    pairs = combinations_with_replacement(free, 2)
    found = dict(zip(pairs, formulas(op, operands)[2], strict=True))
    n = range(len(slots))
    return {(i, j): found[slots[i], slots[j]] for i in n for j in n[i:]}


def free_operands(op: Op) -> list[int]:
    return [i for i, rule in enumerate(op.rules) if rule is not None]


def derivatives(op: Op, operands: Sequence[Exact], slots: Slots) -> dict[Slots, Exact]:
    """The value and all derivatives up to the fourth by the operands in `slots`, zeros left out.

    The third and fourth are differences of the second ones, over steps so small that 25 digits of
    them are right at least.
    """
    value, slopes, _ = formulas(op, operands)
    free = list(range(len(operands)) if isinstance(op, Variadic) else free_operands(op))
    found = {(): value, **{(i,): slopes[free.index(slot)] for i, slot in enumerate(slots)}}
    here = second_derivatives(op, operands, slots)
    found.update(here)
    steps = [STEP * max(abs(operands[slot]), FAINT) for slot in slots]

    def moved(*shifts: tuple[int, int]) -> dict[Slots, Exact]:
        there = list(operands)
        for i, sign in shifts:
            there[slots[i]] += sign * steps[i]
        return {pair: plain(x) for pair, x in second_derivatives(op, there, slots).items()}

    for k, h in enumerate(steps):
        ahead, behind = moved((k, 1)), moved((k, -1))
        for (i, j), x in here.items():
            found[tuple(sorted((i, j, k)))] = (ahead[i, j] - behind[i, j]) / (2 * h)
            found[tuple(sorted((i, j, k, k)))] = (ahead[i, j] - 2 * plain(x) + behind[i, j]) / h**2
    for i, j, k, m in combinations(range(len(slots)), 4):
        around = [a * b * moved((k, a), (m, b))[i, j] for a in (1, -1) for b in (1, -1)]
        found[i, j, k, m] = mpmath.fsum(around) / (4 * steps[k] * steps[m])
    return {i: x for i, x in found.items() if x != 0}


def norm_sizes(xs: Sequence[Exact], slots: Slots) -> dict[Slots, float]:
    """The derivatives of a norm by x, x, y, of which the largest term is y / norm**3, and so on."""
    length = float(mpmath.norm(xs))
    cosines = [abs(float(xs[slot])) / length for slot in slots]
    return {
        chosen: math.prod(cosines[i] for i in set(chosen) if chosen.count(i) % 2) * length**-order
        for order in range(1, ORDER + 1)
        for chosen in combinations_with_replacement(range(len(slots)), order + 1)
    }


def logsumexp_sizes(xs: Sequence[Exact], slots: Slots) -> dict[Slots, float]:
    """Joint cumulants of a draw from the softmax: sums of products of probabilities."""
    chances = [float(mpmath.exp(xs[slot] - max(xs))) for slot in slots]
    return {
        chosen: math.prod(chances[i] for i in set(chosen))
        for order in range(1, ORDER + 1)
        for chosen in combinations_with_replacement(range(len(slots)), order + 1)
    }


# Operations of many operands have no entries for their derivatives. What these are sums of may
# cancel, as in 1 / norm - x**2 / norm**3: here are the sizes of the terms.
CANCELLING: dict[Op, Callable[[Sequence[Exact], Slots], dict[Slots, float]]] = {
    ops.norm: norm_sizes,
    ops.logsumexp: logsumexp_sizes,
}


# Series -------------------------------------------------------------------------------------------


def times(xs: Series, ys: Series) -> Series:
    total = [0] * (ORDER + 1)
    for i, x in enumerate(xs):
        for j, y in enumerate(ys[: ORDER + 1 - i]):
            if x and y:
                total[i + j] += x * y
    return total


def plus(xs: Series, ys: Series) -> Series:
    return [x + y for x, y in zip(xs, ys, strict=True)]


class Products(dict[Slots, Series]):
    """The products of what some series add to their first terms: of 0 and 0 and 1, for example."""

    def __init__(self, factors: Sequence[Series]) -> None:
        self[()] = [1] + [0] * ORDER
        self.factors = [[0, *xs[1:]] for xs in factors]

    def __missing__(self, slots: Slots) -> Series:
        self[slots] = times(self[slots[:-1]], self.factors[slots[-1]])
        return self[slots]


def composed(known: dict[Slots, Any], by: Slots, products: Products) -> Series:
    """The Taylor series of an operation (or of its derivative `by` a slot) along its operands."""
    total = [0] * (ORDER + 1)
    for slots, x in known.items():
        rest = list(slots)
        if not all(i in slots for i in by):
            continue
        for i in by:
            rest.remove(i)
        if len(rest) <= ORDER:
            weight = math.prod(math.factorial(rest.count(i)) for i in set(rest))
            total = plus(total, times([x / weight], products[tuple(rest)]))
    return total


# Kinks --------------------------------------------------------------------------------------------
# At a kink, and where rounding may decide on which side of it a number lies, there is nothing to
# compare. For each operation with kinks: on which piece it is, and numbers that are 0 at its kinks.

Piece = tuple[Any, list[Any]]


def steps_at(x: Any) -> Piece:
    return mpmath.floor(x), [x - mpmath.nint(x)]


def signs(*xs: Any) -> Piece:
    return [x > 0 for x in xs], [*xs]


PIECES: dict[Op, Callable[..., Piece]] = {
    ops.relu: signs,
    ops.leaky_relu: lambda x, _: signs(x),
    ops.elu: lambda x, _: signs(x),
    ops.abs: signs,
    ops.sign: signs,
    ops.maximum: lambda x, y: signs(x - y),
    ops.minimum: lambda x, y: signs(x - y),
    ops.clip: lambda x, low, high: signs(x - low, x - high, low - high),
    ops.floor: steps_at,
    ops.ceil: steps_at,
    ops.trunc: steps_at,
    ops.round: lambda x, digits: steps_at(x * mpf(10) ** digits + mpf(0.5)),
    ops.floordiv: lambda x, y: steps_at(x / y),
    ops.mod: lambda x, y: steps_at(x / y),
    ops.atan2: lambda y, x: (y > 0 or x > 0, [y if x < 0 else mpmath.hypot(x, y)]),
    ops.turn: lambda x, y: (0, [mpmath.hypot(x, y)]),
    ops.hypot: lambda x, y: (0, [mpmath.hypot(x, y)]),
    ops.cosine: lambda x, y: (0, [mpmath.hypot(x, y)]),
    ops.norm: lambda *xs: (0, [mpmath.norm(xs)]),
}


def off_kinks(op: Op, floats: Sequence[float], exact: Sequence[Exact]) -> bool:
    """Whether floats and exact operands are on the same piece, and not at its end."""
    if op not in PIECES:
        return True
    (here, gaps), (there, others) = (PIECES[op](*map(mpf, xs)) for xs in (floats, exact))
    return here == there and min(abs(x) for x in (*gaps, *others)) > 2.0**-40


# An expression ------------------------------------------------------------------------------------


class Line:
    """An expression along the line x + t d: its coefficients, and their condition numbers."""

    def __init__(self, f: Expression, direction: Sequence[float]) -> None:
        tail = [mpf(0)] * (ORDER - 1)
        self.exact = [[mpf(x), mpf(d), *tail] for x, d in zip(f.point, direction, strict=False)]
        self.sizes = [[abs(float(c)) for c in xs] for xs in self.exact]
        self.floats = f.replay(f.point, apply)
        self.edges: list[list[tuple[int, Series, Series]]] = [[] for _ in self.exact]
        for op, operands in f.operations:
            self._follow(op, operands)
        self.coefficients = self.exact[-1]
        self.conditions = self._conditions()

    def _follow(self, op: Op, operands: Sequence[int | float]) -> None:
        """One more number: its series, and those of its local derivatives."""
        slots = tuple(i for i, x in enumerate(operands) if type(x) is int)
        at = [self.exact[x][0] if type(x) is int else mpf(x) for x in operands]
        floats = [self.floats[x] if type(x) is int else x for x in operands]
        if not off_kinks(op, floats, at):
            reject()
        known = derivatives(op, at, slots)
        exact = {i: plain(x) for i, x in known.items()}
        sizes = {i: size(x) for i, x in known.items()}
        if op in CANCELLING:
            sizes |= CANCELLING[op](at, slots)
        moving = [self.exact[operands[i]] for i in slots]
        products = Products(moving)
        product_sizes = Products([[abs(float(c)) for c in xs] for xs in moving])
        self.edges.append(
            [
                (x, composed(exact, (i,), products), composed(sizes, (i,), product_sizes))
                for i, x in enumerate(operands[slot] for slot in slots)
            ]
        )
        self.exact.append(composed(exact, (), products))
        self.sizes.append(composed(sizes, (), product_sizes))

    def _conditions(self) -> list[float]:
        one = [1] + [0] * ORDER
        adjoints = [[mpf(0)] * (ORDER + 1) for _ in self.exact]
        sizes = [[0.0] * (ORDER + 1) for _ in self.exact]
        adjoints[-1], sizes[-1] = one, one
        total = [0.0] * (ORDER + 1)
        for i in reversed(range(len(self.exact))):
            total = [a + b for a, b in zip(total, times(sizes[i], self.sizes[i]), strict=True)]
            known = [abs(float(x)) for x in adjoints[i]]
            for x, partial, partial_size in self.edges[i]:
                adjoints[x] = plus(adjoints[x], times(adjoints[i], partial))
                sizes[x] = plus(sizes[x], times(known, partial_size))
        return total


# The facts ----------------------------------------------------------------------------------------


def derivatives_of(f: Expression, direction: Sequence[float]) -> list[float]:
    """The derivatives of orders 0 to 3 along the line, by the engine."""

    def along(t: Any) -> Any:
        return f(*[t * d + x for x, d in zip(f.point, direction, strict=False)])

    found = [along]
    for _ in range(ORDER):
        found.append(grad(found[-1]))
    return [derivative(0.0) for derivative in found]


def errors(f: Expression, direction: Sequence[float]) -> list[float]:
    """The error of each derivative, in units of epsilon times the condition number."""
    with mp.workdps(DIGITS):
        line = Line(f, direction)
        return [
            float(abs(got / math.factorial(k) - exact)) / (EPSILON * condition + UNDERFLOW)
            for k, (got, exact, condition) in enumerate(
                zip(derivatives_of(f, direction), line.coefficients, line.conditions, strict=True)
            )
        ]


@settings(max_examples=GRAPHS)
@given(expressions(ops=DRAWN), directions)
def test_derivatives_of_orders_0_to_3_are_within_16_epsilon_times_the_condition_number(
    f, direction
):
    assert max(errors(f, direction)) <= 16.0


def remainder(
    f: Expression, direction: Sequence[float], factor: float = 1.0
) -> Callable[[float], float]:
    """The exact f(x + h d) - f(x), less h times the engine's derivative; 0 if lost in rounding."""
    slope = factor * derivatives_of(f, direction)[1]
    with mp.workdps(DIGITS):
        line = Line(f, direction)

    def left(h: float) -> float:
        with mp.workdps(DIGITS):
            moved = [x + mpf(h) * d for x, d in zip(f.point, direction, strict=False)]
            try:
                seen = f.replay(moved, value)[-1] - line.coefficients[0] - mpf(h) * slope
            except (ValueError, ZeroDivisionError):
                return math.nan
        lost = 100.0 * EPSILON * line.conditions[1] * h + 10.0 ** (10 - DIGITS) * line.conditions[0]
        return float(seen) if abs(seen) > lost else 0.0

    return left


def value(op: Op, operands: Sequence[Exact]) -> Exact:
    """An operation on exact numbers; ValueError outside its domain."""
    out = plain(formulas(op, [*map(mpf, operands)])[0])
    if isinstance(out, mpc):
        raise ValueError(f"{op.name} is complex here")
    return out


def slope_of(remainder: Callable[[float], float]) -> float | None:
    """The power of h with which a remainder shrinks, for the smallest h that show it.

    None where it is lost in rounding before h is so small that one power rules.
    """
    sizes = [abs(remainder(4.0**-k)) for k in range(1, 23)]
    seen = [x for x in sizes if math.isfinite(x) and x > 0.0][-4:]
    slopes = [math.log(x / y, 4.0) for x, y in pairwise(seen)]
    if len(slopes) < 3 or max(slopes) - min(slopes) > 0.05:
        return None
    return math.fsum(slopes) / len(slopes)


@settings(max_examples=GRAPHS // 10)
@given(expressions(ops=DRAWN, smooth_only=True), directions)
def test_smooth_expressions_depart_from_their_tangent_at_least_as_the_square_of_the_step(
    f, direction
):
    slope = slope_of(remainder(f, direction))
    assert slope is None or slope >= 1.9


def test_a_smooth_expression_departs_from_a_wrong_tangent_as_the_step_itself():
    f = Expression((0.5, 2.0), (Step(ops.sin, (0,)), Step(ops.exp, (2,)), Step(ops.mul, (3, 1))))
    assert slope_of(remainder(f, (1.0, 0.5))) > 1.9
    assert slope_of(remainder(f, (1.0, 0.5), factor=1.001)) < 1.1
