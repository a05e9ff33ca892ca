"""Hypothesis strategies for property tests: points for an operation, random expression graphs.

Everything is read off the operation itself - how many operands, which of them are static, the
domain, the kinks - so a user's own one is drawn for like those of the table. Needs hypothesis.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from autograd.check import gradcheck
from autograd.core import ops as table
from autograd.core.operation import INF, REALS, Op, Variadic, operand_names
from autograd.core.ops import SHIFTS
from autograd.numbers.reals import describe, is_real, whole

try:
    from hypothesis import currently_in_test_context, reject, strategies as st
except ImportError:
    raise ImportError("autograd.testing needs hypothesis: pip install 'pencilgrad[dev]'") from None

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hypothesis.strategies import SearchStrategy

    from autograd.core.operation import Interval

T = TypeVar("T")
Operand = int | float

TABLE: tuple[Op, ...] = tuple(entry for entry in vars(table).values() if isinstance(entry, Op))

# Operations without kinks of their own that jump or bend where two operands meet.
MEETING: tuple[Op, ...] = (table.maximum, table.minimum, table.clip, table.mod, table.floordiv)

# Smooth except where all operands are 0.
CONES = frozenset([table.atan2, table.hypot, table.cosine, table.norm])

SMALLEST = math.ulp(0.0)
SMALLEST_NORMAL = sys.float_info.min
LARGEST = sys.float_info.max
COMPOSED = {"where": "select", "dot": "dot_product"}  # functions, and the operations they record
GOLDEN = 0.6180339887498949

# Numbers in an expression stay 0 or between these, so that no derivative of a low order overflows.
FAINT, HUGE = 2.0**-30, 2.0**30


# Wrong calls --------------------------------------------------------------------------------------


def _refuse_no_operation(where: str, op: object) -> None:
    """Refuse what is no operation; `where` names the place in the message."""
    if isinstance(op, Op):
        return
    name = getattr(op, "__name__", "")
    advice = "any other function is checked by gradcheck"
    if isinstance(op, str) and isinstance(vars(table).get(op), Op):
        advice = f"write the operation itself, autograd.core.ops.{op}"
    elif name in COMPOSED and op is vars(table)[name]:
        advice = f"the operation that it records is autograd.core.ops.{COMPOSED[name]}"
    came = f"the function {name}" if name else describe(op)
    raise TypeError(
        f"{where}: expected an operation of the table or one made with op, got {came}; {advice}"
    )


def _refuse_misfit(where: str, op: Op, operands: object) -> None:
    """Refuse what are no operands of an operation: not a tuple, too few, too many, no numbers."""
    names = operand_names(op.forward)
    wanted = f"a tuple of the operands ({', '.join(names)})" if names else "a tuple of numbers"
    if not isinstance(operands, (list, tuple)):
        raise TypeError(f"{where}: {op.name} takes {wanted}; got {describe(operands)}")
    if names and len(operands) != len(names):
        raise TypeError(f"{where}: {op.name} takes {wanted}; got {len(operands)} of them")
    for x in operands:
        if not is_real(x):
            raise TypeError(f"{where}: {op.name} takes {wanted}; got {describe(x)} among them")


# Numbers -----------------------------------------------------------------------------------------


def numbers(
    interval: Interval = REALS, kinks: Sequence[float] = (), *, edges: bool = True
) -> SearchStrategy[float]:
    """Floats of an interval: simple ones, ones spread over the exponents, and its edges.

    With `edges` the exponents are all that a float has, and the ends of the interval, the kinks,
    their neighbours, both zeros and the extremes of floats come up often. Without, numbers are of
    moderate size, strictly inside and off the kinks. The simplest numbers are whole and small.

    >>> from hypothesis import find
    >>> find(numbers((1.0, INF), edges=False), lambda x: x > 2.5)
    3.0
    """
    low, high = interval
    if low == high:
        return st.just(low)
    off = frozenset() if edges else frozenset([low, high, *kinks])
    kinds = [_eighths(low, high, off), *_spread(low, high, edges)]
    if edges:
        kinds.append(st.sampled_from(_landmarks(low, high, kinks)))
    return st.one_of([kind for kind in kinds if not kind.is_empty]).filter(lambda x: x not in off)


def _eighths(low: float, high: float, off: frozenset[float]) -> SearchStrategy[float]:
    """Multiples of 1/8, which are easy to read and exact to add."""
    first = math.ceil(8.0 * max(low, min(-8.0, high - 8.0)))
    last = math.floor(8.0 * min(high, max(8.0, low + 8.0)))
    found = sorted((k / 8.0 for k in range(first, last + 1) if k / 8.0 not in off), key=_plainness)
    return st.sampled_from(found) if found else st.nothing()


def _plainness(x: float) -> tuple[bool, float, bool]:
    """A sorting key: whole numbers first, then small ones, then positive ones."""
    return x != math.floor(x), math.fabs(x), x < 0.0


def _spread(low: float, high: float, edges: bool) -> Iterator[SearchStrategy[float]]:
    """Numbers at distances spread over the exponents from 0 and from the interval's ends."""
    for anchor in sorted({max(low, min(0.0, high)), low, high}):
        if not math.isinf(anchor):
            for sign, room in ((1.0, high - anchor), (-1.0, anchor - low)):
                if room > 0.0:
                    yield _beside(anchor, sign, min(room, LARGEST), 1074 if edges else 10)


def _beside(anchor: float, sign: float, room: float, reach: int) -> SearchStrategy[float]:
    """anchor + sign * m * 2**e for m from 1 to 2: less than `room` away, and never the anchor."""
    most = min(math.frexp(room)[1] - 2, reach)
    finest = math.frexp(anchor)[1] - 53 if anchor else -1074
    least = max(finest, min(-reach, most - 20))
    if least > most:
        return st.nothing()
    # Multiples of the golden ratio, without what is before the point, are spread evenly, use all
    # the digits of a float, and begin with 0.
    mantissas = st.integers(0, 2**20).map(lambda k: 1.0 + k * GOLDEN % 1.0)
    # Exponents are drawn by their distance from the one that is closest to 1.
    start = max(least, min(0, most))
    exponents = st.integers(least - start, most - start)
    return st.builds(lambda m, e: anchor + sign * math.ldexp(m, start + e), mantissas, exponents)


def _landmarks(low: float, high: float, kinks: Sequence[float]) -> list[float]:
    """The numbers of an interval at which something may happen."""
    corners = [x for x in (0.0, low, high, *kinks) if math.isfinite(x)]
    near = [y for x in corners for y in (x, math.nextafter(x, INF), math.nextafter(x, -INF))]
    sizes = [1.0, SMALLEST_NORMAL, SMALLEST_NORMAL - SMALLEST, SMALLEST, LARGEST]
    both = [-0.0, *sizes, *[-x for x in sizes]]
    return [x for x in dict.fromkeys([*near, *both]) if low <= x <= high] + (
        [-0.0] if low <= 0.0 <= high else []  # equal to 0.0, and so lost as a key
    )


def whole_numbers(interval: Interval) -> SearchStrategy[float]:
    """Whole floats of an interval, few of them where it is unbounded: for static operands.

    >>> from hypothesis import find
    >>> find(whole_numbers((0.5, 4.0)), lambda n: True)
    1.0
    """
    low, high = interval
    first = math.ceil(low) if low > -INF else min(-3, math.floor(min(high, 3.0)) - 6)
    last = math.floor(high) if high < INF else max(3, first + 6)
    return st.integers(first, last).map(float)


# Points for an operation --------------------------------------------------------------------------


def points(op: Op, edges: bool = True) -> SearchStrategy[tuple[float, ...]]:
    """Operands for an operation, a tuple, from the intervals of its domain.

    With `edges`, often at the ends of the domain and at kinks, beside them, at zeros, at the
    extremes of floats, and with operands that are equal, opposite or neighbours. Without, of
    moderate size, strictly inside, off the kinks and without ties. Static operands (the order of
    `polygamma`) are whole numbers.

    >>> from autograd import atanh
    >>> from hypothesis import find
    >>> find(points(atanh, edges=False), lambda xs: xs[0] > 0.1)
    (0.125,)
    """
    _refuse_no_operation("points", op)
    if isinstance(op, Variadic):
        drawn = st.lists(numbers(op.domain[0], op.kinks, edges=edges), max_size=5).map(tuple)
        free = [0, 1]
    else:
        drawn = st.tuples(*[_slot(op, i, edges=edges) for i in range(len(op.rules))])
        free = _free(op)[:2]
    if len(free) < 2:
        return drawn
    i, j = free
    if not edges:
        return drawn.filter(lambda xs: len(xs) <= j or xs[i] != xs[j])
    low, high = op.domain[0 if isinstance(op, Variadic) else j]

    def tied(xs: tuple[float, ...], relation: Callable[[float], float]) -> tuple[float, ...]:
        if len(xs) <= j or not low <= relation(xs[i]) <= high:
            return xs
        return (*xs[:j], relation(xs[i]), *xs[j + 1 :])

    return st.one_of(drawn, st.builds(tied, drawn, st.sampled_from(RELATIONS)))


# What the second operand may be to the first.
RELATIONS: tuple[Callable[[float], float], ...] = (
    lambda x: x,
    lambda x: -x,
    lambda x: math.nextafter(x, INF),
    lambda x: math.nextafter(x, -INF),
)


def _free(op: Op) -> list[int]:
    """Which operands have a derivative, and are not static."""
    return [i for i, rule in enumerate(op.rules) if rule is not None]


def _slot(op: Op, i: int, *, edges: bool) -> SearchStrategy[float]:
    """Numbers for one operand of an operation; its kinks are those of the first free one."""
    if op.rules[i] is None:
        return whole_numbers(op.domain[i])
    return numbers(op.domain[i], op.kinks if i == _free(op)[0] else (), edges=edges)


# Expressions --------------------------------------------------------------------------------------


class Step(NamedTuple):
    """One operation of an expression: an int stands for an earlier number, a float for itself."""

    op: Op
    operands: tuple[Operand, ...]


@dataclass(frozen=True)
class Expression:
    """A random function, as a straight-line program, and a point at which to compute it.

    The numbers of the program are the variables first, then the results of the operations in
    order; an operand that is an int counts in these. The last number is the result. The `repr` is
    Python source that defines the same function `f` and its `point`.

    >>> from autograd import exp, mul
    >>> f = Expression((0.5,), (Step(exp, (0,)), Step(mul, (1, 0)), Step(mul, (2, 3.0))))
    >>> f
    from autograd.core.ops import exp
    <BLANKLINE>
    def f(x0):
        v0 = exp(x0)
        v1 = v0 * x0
        v2 = v1 * 3.0
        return v2
    <BLANKLINE>
    point = (0.5,)
    >>> f(*f.point)
    2.4730819060501923
    """

    point: tuple[float, ...]
    operations: tuple[Step, ...]

    def __post_init__(self) -> None:
        count = len(self.point)
        for i, (op, operands) in enumerate(self.operations):
            where = f"Expression: operation {i}"
            _refuse_no_operation(where, op)
            _refuse_misfit(where, op, operands)
            for x in operands:
                if type(x) is int and not 0 <= x < count + i:
                    raise ValueError(
                        f"{where}: {op.name} takes number {x}, but there are only {count + i} "
                        f"before it: the variables, then the results, counted from 0. A constant "
                        f"is a float"
                    )
        if not count:
            raise ValueError("Expression: the point has no number; give one for each variable")

    def __call__(self, *xs: Any) -> Any:
        """The result at xs: a float of floats, a Value of Values."""
        return self.replay(xs, apply)[-1]

    def replay(self, xs: Sequence[T], operate: Callable[[Op, tuple[Any, ...]], T]) -> list[T]:
        """All numbers of the program in some arithmetic: `operate(op, operands)` is one operation.

        >>> from autograd import exp
        >>> Expression((0.5,), (Step(exp, (0,)),)).replay(["x"], lambda op, xs: f"{op.name}{xs}")
        ['x', "exp('x',)"]
        """
        if len(xs) != len(self.point):
            raise TypeError(f"this expression has {len(self.point)} variables, got {len(xs)}")
        found = list(xs)
        for op, operands in self.operations:
            found.append(operate(op, tuple([found[x] if type(x) is int else x for x in operands])))
        return found

    @property
    def source(self) -> str:
        """Python source of a function `f` that computes the same, bit for bit.

        >>> from autograd import square
        >>> print(Expression((0.5,), (Step(square, (0,)),)).source)
        from autograd.core.ops import square
        <BLANKLINE>
        def f(x0):
            v0 = square(x0)
            return v0
        """
        names = [f"x{i}" for i in range(len(self.point))]
        lines = [f"def f({', '.join(names)}):"]
        for i, (op, operands) in enumerate(self.operations):
            written = [names[x] if type(x) is int else _literal(x) for x in operands]
            lines.append(f"    v{i} = {_call(op, written)}")
            names.append(f"v{i}")
        lines.append(f"    return {names[-1]}")
        return "\n".join([*self._imports(), "", *lines] if self._imports() else lines)

    def _imports(self) -> list[str]:
        modules: dict[str, set[str]] = {}
        for op, _ in self.operations:
            if op not in INFIX:
                modules.setdefault(op.__module__, set()).add(op.name)
        return [f"from {module} import {', '.join(sorted(modules[module]))}" for module in modules]

    def __repr__(self) -> str:
        point = ", ".join(map(_literal, self.point)) + "," * (len(self.point) == 1)
        return f"{self.source}\n\npoint = ({point})"


# The operators that give floats of floats, whatever these are: x / 0.0 would raise.
INFIX: dict[Op, Callable[..., Any]] = {
    table.add: lambda x, y: x + y,
    table.sub: lambda x, y: x - y,
    table.mul: lambda x, y: x * y,
    table.neg: lambda x: -x,
}


def apply(op: Op, operands: tuple[Any, ...]) -> Any:
    """An operation on floats and Values, as the source of an expression writes it.

    >>> from autograd import Value, add, prod
    >>> apply(add, (1.0, 2.0)), apply(prod, (2.0, Value(3.0), 4.0)).data
    (3.0, 24.0)
    """
    if op in INFIX:
        return INFIX[op](*operands)
    return op([*operands]) if isinstance(op, Variadic) else op(*operands)  # type: ignore[operator]


def _call(op: Op, operands: Sequence[str]) -> str:
    if op is table.neg:
        return f"-{operands[0]}"
    if op in INFIX:
        return f"{operands[0]} {op.symbol} {operands[1]}"
    listed = ", ".join(operands)
    return f"{op.name}([{listed}])" if isinstance(op, Variadic) else f"{op.name}({listed})"


def _literal(x: float) -> str:
    return repr(x) if math.isfinite(x) else f'float("{x}")'


def expressions(
    *,
    variables: int = 3,
    max_operations: int = 16,
    ops: Sequence[Op] = TABLE,
    smooth_only: bool = False,
    domain: bool = True,
) -> SearchStrategy[Expression]:
    """Random expressions with shared nodes and constants, over the whole table or some `ops`.

    With `domain`, each operation gets numbers of its domain, strictly inside, and all numbers and
    local derivatives at the point are finite and of moderate size. Without, anything goes: nan,
    infinities, kinks, edges. `smooth_only` leaves out the operations that have kinks or jumps, and
    the shifts of softmax, through which nothing flows back.
    There are at most `variables` variables and `max_operations` operations.

    >>> from autograd import exp, tanh
    >>> from hypothesis import find
    >>> find(expressions(ops=[exp, tanh]), lambda f: tanh in [op for op, _ in f.operations])
    from autograd.core.ops import tanh
    <BLANKLINE>
    def f(x0):
        v0 = tanh(x0)
        return v0
    <BLANKLINE>
    point = (0.0,)
    """
    whole("expressions: variables", variables, 1)
    whole("expressions: max_operations", max_operations, 0)
    for op in ops:
        _refuse_no_operation("expressions", op)
    if smooth_only:
        ops = [op for op in ops if not op.kinks and op not in SHIFTS + MEETING]
    if not ops:
        raise ValueError("expressions: there is no operation to draw from")
    number = numbers(edges=False) if domain else st.one_of(numbers(edges=False), st.floats())
    point = st.lists(number, min_size=1, max_size=variables)
    # Operations of several operands come up more often: they are what joins the branches.
    joins = [op for op in ops if isinstance(op, Variadic) or len(_free(op)) > 1]
    choice = st.one_of([_choices(op, domain) for op in [*ops, *joins, *joins]])
    # A drawn list is 5 long on average, however long it may be; short ones are half full.
    sizes = [min(8, max_operations - i) for i in range(0, max_operations, 8)]
    choices = st.tuples(*[st.lists(choice, max_size=size) for size in sizes])

    def grown(xs: Sequence[float], parts: Sequence[Sequence[Choice]]) -> Expression:
        draft = Draft(xs, domain=domain, smooth=smooth_only)
        for part in parts:
            for op, picks in part:
                draft.grow(op, picks)
        return draft.expression()

    return st.builds(grown, point, choices)


class Pick(NamedTuple):
    """An operand yet to be found: which of the numbers that fit, counted from the freshest."""

    rank: int


Choice = tuple[Op, list[Pick | float]]


def _choices(op: Op, domain: bool) -> SearchStrategy[Choice]:
    """An operation, and for each operand a pick or a constant."""
    if isinstance(op, Variadic):
        operand = _operand(op, 0, domain)
        return st.tuples(st.just(op), st.lists(operand, min_size=1, max_size=5))
    slots: list[SearchStrategy[Pick | float]] = [
        whole_numbers(op.domain[i]) if rule is None else _operand(op, i, domain)
        for i, rule in enumerate(op.rules)
    ]
    if len(_free(op)) == 1:
        slots[_free(op)[0]] = PICKS
    return st.tuples(st.just(op), st.tuples(*slots).map(list))


# Low ranks are frequent: chains with side branches, in which most numbers lead to the result.
RANKS = (0, 0, 0, 1, 0, 0, 2, 0, 3)
PICKS = st.sampled_from(RANKS).map(Pick)


def _operand(op: Op, i: int, domain: bool) -> SearchStrategy[Pick | float]:
    """A pick, or one time in four a constant."""
    # A pick is a single draw, and an operation of two of them has few enough draws in all that
    # hypothesis deletes it at a stroke when it shrinks an expression.
    picks: list[SearchStrategy[Pick | float]] = [st.just(Pick(rank)) for rank in RANKS]
    constants = [_constant(op, i, domain)] * (len(RANKS) // 3)
    return st.sampled_from([*picks, *constants]).flatmap(lambda kind: kind)


def _constant(op: Op, i: int, domain: bool) -> SearchStrategy[float]:
    calm = numbers(op.domain[i], edges=False)
    return calm if domain else st.one_of(calm, numbers(REALS, op.kinks), st.floats())


class Draft:
    """An expression in the making. Choices that are impossible at its point are left out."""

    def __init__(self, point: Sequence[float], *, domain: bool, smooth: bool) -> None:
        self.point = tuple(point)
        self.domain = domain
        self.smooth = smooth
        self.steps: list[Step] = []
        self.numbers = list(point)
        self.alive = [True for _ in point]  # whether something flows back to the variables
        self.queue = [*range(len(point))]  # whose turn it is to be an operand: the last one's
        self.ancestry = [1 << i for i in self.queue]  # what each number depends on, as bits

    def grow(self, op: Op, picks: Sequence[Pick | float]) -> None:
        """Add an operation, if there are operands for it and it comes out well."""
        if not any(isinstance(pick, Pick) for pick in picks):  # of constants only
            first = 0 if isinstance(op, Variadic) else _free(op)[0]
            picks = [Pick(0) if i == first else pick for i, pick in enumerate(picks)]
        operands = self._placed(op, picks)
        if operands is None:
            return
        at = [self.numbers[x] if type(x) is int else x for x in operands]
        out = apply(op, tuple(at))
        partials = op.partials(at, out, _derivable(op, len(at)))
        if self.domain and not self._well(op, at, out, partials):
            return
        taken = [x for x in operands if type(x) is int]
        alive = any(
            self.alive[x] and partial not in (None, 0.0)
            for x, partial in zip(operands, partials, strict=True)
            if type(x) is int
        )
        self.queue = [*taken, *[i for i in self.queue if i not in taken]]
        # A number through which nothing flows has to wait for an operation of two operands.
        self.queue.insert(len(self.queue) - (not alive), len(self.numbers))
        ancestry = 1 << len(self.numbers)
        for x in taken:
            ancestry |= self.ancestry[x]
        self.ancestry.append(ancestry)
        self.numbers.append(out)
        self.alive.append(alive)
        self.steps.append(Step(op, operands))

    def _placed(self, op: Op, picks: Sequence[Pick | float]) -> tuple[Operand, ...] | None:
        """The operands that were picked, each number once as long as there are others."""
        operands: list[Operand] = []
        queue = self.queue
        for i, pick in enumerate(picks):
            if not isinstance(pick, Pick):
                operands.append(pick)
                continue
            low, high = op.domain[0 if isinstance(op, Variadic) else i]
            fit = [k for k in reversed(queue) if not self.domain or low < self.numbers[k] < high]
            if not fit:
                return None
            chosen = fit[pick.rank % len(fit)]
            operands.append(chosen)
            queue = [chosen, *[k for k in queue if k != chosen]]
        return tuple(operands)

    def _well(
        self, op: Op, operands: Sequence[float], out: float, partials: Sequence[float | None]
    ) -> bool:
        """Whether the result and the local derivatives are fit for further use."""
        return (
            (out == 0.0 or FAINT <= math.fabs(out) <= HUGE)
            and all(partial is None or math.fabs(partial) <= HUGE for partial in partials)
            and not (self.smooth and op in CONES and not any(operands))
        )

    def expression(self) -> Expression:
        """The number that depends on a variable and on the most operations; nothing beside it."""
        count = len(self.point)
        sizes = [
            alive and bits.bit_count()
            for alive, bits in zip(self.alive, self.ancestry, strict=True)
        ]
        needed = self.ancestry[sizes.index(max(sizes))]
        kept = [i for i in range(len(self.numbers)) if needed >> i & 1]
        place = {old: new for new, old in enumerate(kept)}
        steps = [self.steps[i - count] for i in kept if i >= count]
        return Expression(
            tuple([self.point[i] for i in kept if i < count]),
            tuple(
                [
                    Step(op, tuple([place[x] if type(x) is int else x for x in operands]))
                    for op, operands in steps
                ]
            ),
        )


def _derivable(op: Op, count: int) -> list[bool]:
    if isinstance(op, Variadic):
        return [True] * count
    return [rule is not None for rule in op.rules]


# The check ----------------------------------------------------------------------------------------


def assert_partials(op: Op, operands: Sequence[float]) -> None:
    """Hold the rules of an operation, orders 1 and 2, against finite differences at a point.

    >>> from autograd import tanh
    >>> assert_partials(tanh, (0.5,))

    A wrong derivative raises AssertionError with the whole report of `gradcheck`. At a kink any
    sub-gradient is right. Where an operand or the result is not finite, nothing can be compared:
    that fails too, but in a test of Hypothesis it has another point drawn.
    """
    _refuse_no_operation("assert_partials", op)
    _refuse_misfit("assert_partials", op, operands)
    free = [i for i, want in enumerate(_derivable(op, len(operands))) if want]
    if not free:
        return  # as of a product of no factors
    if currently_in_test_context() and not all(
        map(math.isfinite, [*operands, op.forward(*operands)])
    ):
        reject()
    report = gradcheck(lambda *xs: op.apply(xs), *operands, order=2, argnums=free)
    if not report:
        raise AssertionError(f"{op.name} at {tuple(operands)}\n{report!r}")
