"""The gradient checker: recorded derivatives against finite differences, or against yours.

Knows how to compare, and how to say what is wrong. How to take a difference quotient well is the
business of `differences.py`.
"""

from __future__ import annotations

import math
from contextlib import nullcontext
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd import modes, ops
from autograd.chain import gradients, number
from autograd.differences import EPSILON, SAFETY, SEEN, Slopes, remainder_slope, slopes
from autograd.graph import topological
from autograd.reals import describe
from autograd.transforms import jacobian
from autograd.trees import Structure, flatten
from autograd.value import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from autograd.record import Op

ROUGH = 1e-3  # a bar beyond this share of a derivative is too rough to judge it by
BY_HAND = 1e-9  # how much of itself a derivative by hand may be off
MOST_CHECKS = 1000  # how many operations are checked one by one in the search for a mistake
LEAST_SLOPE = {1: 1.9, 2: 2.8}  # of the remainder of a Taylor series of this order; in truth 2, 3
DELIBERATELY_CUT = (ops.shifted, ops.largest)  # shifts that cancel: no derivative is right, too
SHOWN = 12  # lines of a table
ENGINE_WRONG = "the recorded one disagrees with finite differences"


def gradcheck(
    f: Callable[..., Any],
    *args: Any,
    order: int = 1,
    against: Any = None,
    argnums: int | Sequence[int] | None = None,
) -> Report:
    """Whether the derivatives of f that the engine records are right at these arguments.

    >>> from autograd import sin
    >>> gradcheck(lambda x, y: x * sin(y), 2.0, 3.0)
    gradcheck: 2 derivatives of order 1 agree to ...

    The arguments are numbers, or structures of them (lists, dicts, dataclasses, NumPy arrays), as
    for `grad`; `argnums` says which ones to differentiate by, otherwise all. Recorded derivatives
    are compared with finite differences, to within the error that these estimate for themselves.
    With order=2, the second derivatives are compared too, with differences of the first.

    `against` holds a gradient that you worked out by hand against the recorded one, entry by entry:
    a function of the same arguments, or numbers in their structure.

    >>> gradcheck(lambda x: x[0] * x[1], [2.0, 3.0], against=lambda x: [x[0], x[1]])
    gradcheck: 2 of 2 derivatives by hand are wrong
                   by hand  recorded  finite differences
    argument 0[0]        2         3           3 ± ...
    argument 0[1]        3         2           2 ± ...
    [0] and [1] of argument 0 are exchanged.

    The report is true when all is right: `assert gradcheck(f, x)`.
    """
    if order not in (1, 2):
        raise ValueError(f"gradcheck: order must be 1 or 2, got {describe(order)}")
    if against is not None and order == 2:
        raise ValueError("gradcheck: `against` is a gradient, of order 1; leave out order=2")
    recording = modes.current().recording
    with nullcontext() if recording else modes.switched(modes.PLAIN):
        function = Function(f, args, argnums)
        report = Report(order)
        if function.sound(report):
            for k in range(1, order + 1):
                report.entries += compared(function, k)
            if against is not None:
                compare_by_hand(function, against, report)
            judge_remainder(function, report)
            explain(function, report)
    return report


# What a check finds -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """One derivative: as recorded, by finite differences, and what to think of it.

    The verdict is "ok"; "wrong"; "kink", where left and right derivative differ and the recorded one
    lies between; "edge", where f exists on one side only; or "unseen", where the derivative is too
    small beside f for finite differences.
    """

    path: str
    order: int
    recorded: float
    numeric: float
    error: float
    verdict: str
    note: str = ""
    by_hand: float | None = None

    def __str__(self) -> str:
        return f"{self.path}: {self.note}"


class Fault(NamedTuple):
    """An operation whose own rule is wrong, at an example: op(operands), by which operand."""

    op: Op
    operands: tuple[float, ...]
    entry: Entry

    def __str__(self) -> str:
        call = f"{self.op.name}({', '.join(f'{x:.6g}' for x in self.operands)})"
        kind = "derivative" if self.entry.order == 1 else "second derivative"
        return (
            f"The operation {self.op.name} has a wrong rule: the {kind} of {call} by "
            f"{self.entry.path} is recorded as {self.entry.recorded:.10g}, finite differences give "
            f"{self.entry.numeric:.10g}{': ' if self.entry.note else ''}{self.entry.note}."
        )


@dataclass
class Report:
    """What gradcheck found; true when nothing is wrong, and readable when shown."""

    order: int
    entries: list[Entry] = field(default_factory=list)
    objections: list[str] = field(default_factory=list)  # what makes it fail, besides wrong entries
    notes: list[str] = field(default_factory=list)  # what is worth knowing, and no failure
    faults: list[Fault] = field(default_factory=list)
    slope: float | None = None  # of the Taylor remainder, order + 1 where f is smooth

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.failures or self.objections or self.faults)

    def __bool__(self) -> bool:
        return self.ok

    @property
    def failures(self) -> list[Entry]:
        """The derivatives that are wrong."""
        return [entry for entry in self.entries if entry.verdict == "wrong"]

    @property
    def kinks(self) -> list[Entry]:
        """The derivatives at which f has a kink."""
        return [entry for entry in self.entries if entry.verdict == "kink"]

    def __repr__(self) -> str:
        lines = [f"gradcheck: {self._verdict()}"]
        if self.failures:
            lines += _table(self.failures)
        lines += [*self.objections, *map(str, self.faults)]
        lines += _cut([f"At {entry}" for entry in self.entries if entry.verdict in ("kink", "edge")])
        return "\n".join([*lines, *self.notes])

    def _verdict(self) -> str:
        by_hand = any(entry.by_hand is not None for entry in self.entries)
        kind = "derivative by hand" if by_hand else "derivative"
        if self.failures:
            count = len(self.failures)
            return f"{count} of {_count(len(self.entries), kind)} {_are(count)} wrong"
        if not self.entries:
            return "nothing could be compared"
        of = {verdict: [e for e in self.entries if e.verdict == verdict] for verdict in VERDICTS}
        said = []
        if fine := of["ok"]:
            orders = "order 1" if self.order == 1 else "orders 1 and 2"
            off, bar = max(map(_off, fine)), max(map(_bar, fine))
            remainder = "" if self.slope is None else f"; remainder h^{self.slope:.2f}"
            agree = "agree" if len(fine) > 1 else "agrees"
            said.append(
                f"{_count(len(fine), kind)} of {orders} {agree} to {max(off, EPSILON):.0e} "
                f"(bar {bar:.0e}{remainder})"
            )
        said += [f"{_count(len(of[v]), kind)} {VERDICTS[v]}" for v in VERDICTS if v != "ok" and of[v]]
        return ("" if self.ok else "failed; ") + ", ".join(said)


VERDICTS = {
    "ok": "",
    "kink": "at a kink",
    "edge": "at the edge of the domain",
    "unseen": "too small to be seen",
}


def _count(n: int, what: str) -> str:
    first, _, rest = what.partition(" ")
    return f"{n} {first}{'' if n == 1 else 's'}{' ' if rest else ''}{rest}"


def _are(n: int) -> str:
    return "is" if n == 1 else "are"


def _off(entry: Entry) -> float:
    """By how much two derivatives differ, as a share of them where they are not zero."""
    other = entry.numeric if entry.by_hand is None else entry.by_hand
    if entry.recorded == other:
        return 0.0
    return abs(entry.recorded - other) / (abs(entry.recorded) or 1.0)


def _bar(entry: Entry) -> float:
    """By how much they may differ."""
    if entry.by_hand is not None:
        return BY_HAND
    return SAFETY * entry.error / (abs(entry.recorded) or 1.0)


def _table(entries: Sequence[Entry]) -> list[str]:
    """The wrong derivatives, aligned."""
    by_hand = any(entry.by_hand is not None for entry in entries)
    rows = [["", *(["by hand"] if by_hand else []), "recorded", "finite differences", ""]]
    for entry in entries[:SHOWN]:
        numeric = f"{entry.numeric:.10g} ± {entry.error:.0e}"
        mine = [f"{entry.by_hand:.10g}"] if entry.by_hand is not None else []
        rows.append([entry.path, *mine, f"{entry.recorded:.10g}", numeric, entry.note])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for path, *cells, note in rows:
        aligned = [c.rjust(width) for c, width in zip(cells, widths[1:], strict=False)]
        lines.append("  ".join([path.ljust(widths[0]), *aligned, note]).rstrip())
    return [*lines, *_more(len(entries) - SHOWN)]


def _cut(lines: list[str]) -> list[str]:
    return [*lines[:SHOWN], *_more(len(lines) - SHOWN)]


def _more(count: int) -> list[str]:
    return [f"... and {count} more, see .entries"] if count > 0 else []


# The function under check -------------------------------------------------------------------------


class Function:
    """f as a function of a flat list of numbers, with its results and derivatives as flat lists."""

    def __init__(
        self,
        f: Callable[..., Any],
        args: Sequence[Any],
        argnums: int | Sequence[int] | None = None,
        names: Sequence[str] | None = None,
    ) -> None:
        if not callable(f):
            raise TypeError(f"gradcheck: expected a function, got {describe(f)}")
        if not args:
            raise TypeError("gradcheck: give f its arguments, as in gradcheck(f, 2.0, [1.0, 3.0])")
        self.f, self.args = f, args
        self.single = isinstance(argnums, int)
        chosen = range(len(args)) if argnums is None else (argnums,) if self.single else argnums
        self.positions = [position(i, len(args)) for i in chosen]  # type: ignore[union-attr]
        self.starts, self.structures = [], list[Structure]()
        self.numbers, self.paths = list[float](), list[str]()
        for i in self.positions:
            name = names[i] if names else f"argument {i}"
            found, structure = flatten(args[i], f"gradcheck: {name}")
            self.starts.append(len(self.numbers))
            self.structures.append(structure)
            self.numbers += plain(found)
            self.paths += structure.paths(name)
        if not self.numbers:
            raise ValueError("gradcheck: there is no number in the arguments to differentiate by")

    def listed(self, variables: Sequence[Any]) -> list[Any]:
        """The results as a list, of the variables as a list."""
        args = list(self.args)
        for i, start, structure in zip(self.positions, self.starts, self.structures, strict=True):
            args[i] = structure.rebuild(variables[start : start + structure.size])
        outs, self.results_structure = flatten(self.f(*args), "gradcheck: the result of f")
        return outs

    def record(self) -> tuple[list[Value], list[Value | float]]:
        """The variables and the results of a call."""
        variables = [Value(x) for x in self.numbers]
        return variables, self.listed(variables)

    def values(self, numbers: Sequence[float]) -> list[float]:
        """The results, as plain numbers."""
        return plain(self.listed([Value(x) for x in numbers]))

    def gradient(self, numbers: Sequence[float]) -> list[float]:
        """The recorded derivatives of each result by each variable."""
        return plain(jacobian(self.listed)(list(numbers)))

    def hessian(self, numbers: Sequence[float]) -> list[float]:
        """The recorded derivatives of each entry of the gradient by each variable."""
        return plain(jacobian(jacobian(self.listed))(list(numbers)))

    def derivatives(self, order: int) -> list[float]:
        """The recorded derivatives of this order at the arguments."""
        return self.gradient(self.numbers) if order == 1 else self.hessian(self.numbers)

    def labels(self, order: int) -> list[str]:
        """A name for each of `derivatives`."""
        names = self.paths
        if order == 2:
            names = [f"{first}, then {second}" for first in names for second in names]
        outs = self.results_structure.paths("result")
        return names if len(outs) == 1 else [f"{out} by {name}" for out in outs for name in names]

    def along(self, order: int, i: int) -> Callable[[float], list[float]]:
        """What is differentiated to get this order, as a function of the number at i alone."""
        def curve(x: float) -> list[float]:
            return self.guarded([*self.numbers[:i], x, *self.numbers[i + 1 :]], order)

        return curve

    def guarded(self, numbers: Sequence[float], order: int = 1) -> list[float]:
        """What is differentiated to get this order; nan outside the domain of f."""
        try:
            return self.values(numbers) if order == 1 else self.gradient(numbers)
        except (ValueError, ArithmeticError):  # as math.log(-1.0)
            count = len(self.results_structure.paths())
            return [math.nan] * (count if order == 1 else count * len(self.numbers))

    def sound(self, report: Report) -> bool:
        """Whether f is a function whose derivatives can be compared at all; says why not."""
        variables, outs = self.record()
        if not outs:
            raise TypeError("gradcheck: f returned no number")
        first, second = plain(outs), self.values(self.numbers)
        if len(first) != len(second) or any(x != y and x == x for x, y in zip(first, second)):
            report.objections.append(
                f"f is not deterministic: two calls with the same arguments gave {_brief(first)} "
                f"and {_brief(second)}. Draw random numbers outside, or from a seed set inside f."
            )
        elif not all(map(math.isfinite, first)):
            report.objections.append(
                f"f is {_brief(first)} at these arguments: no difference can be taken. "
                f"explain_nan finds the operation that made it."
            )
        reached = {id(x) for x in topological(*[out for out in outs if isinstance(out, Value)])}
        self.cut = [id(variable) not in reached for variable in variables]
        self.plain = not any(isinstance(out, Value) for out in outs)
        return not report.objections


def plain(tree: Any) -> list[float]:
    """The numbers of a structure, as floats."""
    return [float(number(x)) for x in flatten(tree)[0]]


def position(i: object, count: int) -> int:
    """The argument that argnums means by i."""
    if not isinstance(i, int) or not -count <= i < count:
        raise TypeError(
            f"gradcheck: argnums names positional arguments, counted from 0; f got {count}, and "
            f"argnums says {describe(i)}"
        )
    return i % count


def _brief(numbers: Sequence[float]) -> str:
    return repr(numbers[0]) if len(numbers) == 1 else repr(list(numbers))


# Verdicts -----------------------------------------------------------------------------------------


def compared(function: Function, order: int) -> list[Entry]:
    """Every recorded derivative of this order, beside finite differences."""
    recorded, labels, n = function.derivatives(order), function.labels(order), len(function.numbers)
    entries: list[Any] = [None] * len(recorded)
    for i, x in enumerate(function.numbers):
        for row, found in enumerate(slopes(function.along(order, i), x)):
            entries[row * n + i] = judged(labels[row * n + i], order, recorded[row * n + i], found)
    return entries


def judged(path: str, order: int, recorded: float, found: Slopes) -> Entry:
    """What to think of a recorded derivative, given what finite differences found."""
    left, right, seen = found.left, found.right, found.central
    if left.known != right.known:
        seen = left if left.known else right
        verdict = "edge" if seen.agrees(recorded) else "wrong"
        note = f"the edge of the domain: the derivative from inside is {seen.value:.6g}"
    elif found.kink and not found.between(recorded):
        verdict, note = "wrong", (
            f"a kink: left derivative {left.value:.6g}, right derivative {right.value:.6g}, and "
            f"this is not between them"
        )
    elif found.jump and math.isfinite(recorded):
        verdict, note = "kink", f"a jump of f; recorded {recorded:.6g}"
    elif found.kink:
        verdict, note = "kink", (
            f"a kink: left derivative {left.value:.6g}, right derivative {right.value:.6g}, "
            f"recorded {recorded:.6g} (a sub-gradient)"
        )
    elif not seen.known or (
        seen.agrees(recorded) and recorded != 0.0 and ROUGH * abs(recorded) < seen.bar
    ):
        verdict, note = "unseen", "too small beside f"
    elif seen.agrees(recorded):
        verdict, note = "ok", ""
    elif any(view.agrees(recorded) for view in found.views):
        verdict, note = "kink", (
            f"a fine staircase: slope {seen.value:.6g} or {recorded:.6g}, depending on the distance "
            f"that one looks from; recorded {recorded:.6g}"
        )
    else:
        verdict, note = "wrong", mistake(recorded, seen.value)
    return Entry(path, order, recorded, seen.value, seen.error, verdict, note)


def mistake(found: float, right: float) -> str:
    """The classic mistake that turns the right number into the one found, if it is one."""
    if found != found:
        return "not a number: was 0 multiplied by inf on the way?"
    if found == 0.0:
        return "nothing arrives: a term is missing"
    if right == 0.0 or math.isinf(found) or math.isinf(right):
        return ""
    ratio = found / right
    if close(ratio, -1.0):
        return "the sign"
    for part, form in ((ratio, "{} times the right one"), (1.0 / ratio, "the right one / {}")):
        if 1.5 < abs(part) < 100.5 and close(part, round(part)):
            return form.format(round(part))
    return ""


def close(x: float, y: float) -> bool:
    """Whether two numbers are the same but for the error of a difference quotient."""
    return math.isclose(x, y, rel_tol=1e-6)


# By hand ------------------------------------------------------------------------------------------


def compare_by_hand(function: Function, against: Any, report: Report) -> None:
    """Put a gradient that somebody worked out beside the recorded one."""
    if len(function.results_structure.paths()) != 1:
        raise TypeError("gradcheck: with `against`, f must return one number, as gradients are of one")
    given = against(*function.args) if callable(against) else against
    parts = [given] if len(function.positions) == 1 else given
    if not isinstance(parts, (list, tuple)) or len(parts) != len(function.positions):
        raise TypeError(
            f"gradcheck: the gradient by hand needs a tuple of {len(function.positions)} parts, one "
            f"for each argument; got {describe(given)}"
        )
    entries, report.entries = report.entries, []
    largest = max((abs(entry.recorded) for entry in entries), default=0.0)
    pieces = zip(function.positions, function.starts, function.structures, parts, strict=True)
    for i, start, structure, part in pieces:
        if len(function.positions) == 1 and isinstance(part, tuple) and len(part) == 1:
            (part,) = part
        numbers, found = flatten(part, f"gradcheck: the gradient by hand for argument {i}")
        mine = entries[start : start + structure.size]
        if found.paths() != structure.paths():
            report.objections.append(_misfit(i, part, function.args[i]))
            report.entries += [entry for entry in mine if entry.verdict == "wrong"]
            continue
        checked = [
            beside(entry, float(number(x)), largest) for entry, x in zip(mine, numbers, strict=True)
        ]
        report.entries += checked
        report.notes += patterns(f"argument {i}", checked, shape(function.args[i]))


def beside(entry: Entry, x: float, largest: float) -> Entry:
    """The entry with the number by hand, which is judged by the recorded one."""
    off = abs(x - entry.recorded)
    right = x == entry.recorded or off <= BY_HAND * abs(entry.recorded) + 1e-12 * largest
    if entry.verdict == "wrong":
        verdict, note = "wrong", ENGINE_WRONG
    elif right:
        verdict, note = entry.verdict, entry.note
    else:
        verdict, note = "wrong", mistake(x, entry.recorded)
    return Entry(
        entry.path, 1, entry.recorded, entry.numeric, entry.error, verdict, note, by_hand=x
    )


def patterns(name: str, entries: Sequence[Entry], of: tuple[int, ...]) -> Iterator[str]:
    """What the wrong ones of an argument have in common."""
    wrong = {i: entry for i, entry in enumerate(entries) if entry.verdict == "wrong"}
    pairs = [(e.by_hand, e.recorded) for e in wrong.values() if e.by_hand is not None]
    if len(wrong) < 2 or len(pairs) < len(wrong):
        return
    swaps = exchanged({i: (e.by_hand or 0.0, e.recorded) for i, e in wrong.items()})
    if len(of) == 2 and of[0] == of[1] and swaps and 2 * len(swaps) == len(wrong):
        n = of[0]
        if all(divmod(i, n) == divmod(j, n)[::-1] for i, j in swaps):
            yield f"The matrix for {name} is transposed."
            return
    for i, j in swaps[:SHOWN]:
        first, second = (entries[k].path.removeprefix(name) for k in (i, j))
        yield f"{first} and {second} of {name} are exchanged."
    if swaps or any(right == 0.0 for _, right in pairs):
        return
    ratios = [mine / right for mine, right in pairs]
    low, high = min(ratios), max(ratios)
    if close(low, high):
        yield f"All of {name} that are wrong are {low:.6g} times the right ones: a factor."
    elif low > 0.0:
        yield (
            f"All of {name} that are wrong have the right sign, and are {low:.3g} to {high:.3g} "
            f"times the right ones: a factor that differs from case to case may be missing, or its "
            f"argument be wrong."
        )


def exchanged(pairs: dict[int, tuple[float, float]]) -> list[tuple[int, int]]:
    """Which two (found, right) have each other's number."""
    return [
        (i, j)
        for i, (mine, right) in pairs.items()
        for j, (other, wanted) in pairs.items()
        if i < j and close(mine, wanted) and close(other, right)
    ]


def shape(tree: Any) -> tuple[int, ...]:
    """The shape of an array, or of a list of lists; () for a number and what has no shape."""
    if (found := getattr(tree, "shape", None)) is not None:
        return tuple(found)
    if isinstance(tree, (list, tuple)) and tree:
        inner = {shape(part) for part in tree}
        return (len(tree), *inner.pop()) if len(inner) == 1 else (len(tree),)
    return ()


def _misfit(i: int, part: Any, arg: Any) -> str:
    """What to say of a gradient that has not the structure of its argument."""
    mine, right = shape(part), shape(arg)
    if not mine and not right:
        return (
            f"The gradient by hand for argument {i} is {describe(part)}, the argument is "
            f"{describe(arg)}: they must have the same structure."
        )
    text = f"The gradient by hand for argument {i} has shape {mine}, the argument has {right}."
    if mine == right[::-1]:
        return text + " It is transposed."
    if len(mine) > len(right) or math.prod(mine) > math.prod(right):
        text += (
            " Did arrays of different shapes meet on the way? An (n,) beside an (n, 1) broadcasts "
            "to (n, n); give both the same shape."
        )
    return text


# The Taylor remainder -----------------------------------------------------------------------------


def judge_remainder(function: Function, report: Report) -> None:
    """The second verdict: how fast f departs from its recorded Taylor series, in some directions."""
    if any(entry.verdict in ("kink", "edge") for entry in report.entries):
        return  # no Taylor series here
    rng = Random(0)
    directions = [
        [rng.gauss(0.0, 1.0) * (abs(x) or 1.0) for x in function.numbers] for _ in range(3)
    ]
    series = [function.values(function.numbers), function.gradient(function.numbers)]
    if report.order == 2:
        series.append(function.hessian(function.numbers))
    found = []
    for row in range(len(series[0])):
        parts = [part[row * len(part) // len(series[0]) :] for part in series]
        measured = [remainder_slope(remainder(function, v, parts, row)) for v in directions]
        if known := sorted(slope for slope in measured if slope is not None):
            found.append(known[len(known) // 2])
    report.slope = min(found, default=None)
    if report.slope is None or report.slope >= LEAST_SLOPE[report.order] or report.failures:
        return
    if all(smooth_along(function, v, series[1]) for v in directions):
        report.notes.append("f has a kink close by: the remainder is one of both its sides.")
    else:
        report.objections.append(
            f"Each derivative agrees, and yet f departs from its Taylor series as "
            f"h^{report.slope:.2f}: f is not differentiable here, or not along every direction."
        )


def remainder(
    function: Function, direction: Sequence[float], series: Sequence[Sequence[float]], row: int
) -> Callable[[float], float]:
    """f(x + h v) minus its Taylor series at x, for one result, as a function of h."""
    here, gradient, *hessian = series
    n = len(direction)

    def at(h: float) -> float:
        moved = [x + h * v for x, v in zip(function.numbers, direction, strict=True)]
        d = [y - x for x, y in zip(function.numbers, moved, strict=True)]
        terms = [function.guarded(moved)[row], -here[0]]
        terms += [-g * dx for g, dx in zip(gradient, d, strict=False)]
        for second in hessian:
            terms += [-0.5 * second[i * n + j] * d[i] * d[j] for i in range(n) for j in range(n)]
        if not all(map(math.isfinite, terms)):
            return math.nan
        left = math.fsum(terms)
        return left if abs(left) > SEEN * EPSILON * max(map(abs, terms)) else 0.0

    return at


def smooth_along(function: Function, v: Sequence[float], gradient: Sequence[float]) -> bool:
    """Whether finite differences along v agree with the gradient of each result."""
    n = len(v)

    def line(t: float) -> list[float]:
        return function.guarded([x + t * dx for x, dx in zip(function.numbers, v, strict=True)])

    return all(
        judged("", 1, slope_along(gradient[k * n :], v), found).verdict != "wrong"
        for k, found in enumerate(slopes(line, 0.0))
    )


def slope_along(gradient: Sequence[float], v: Sequence[float]) -> float:
    """The derivative in the direction of v."""
    return math.fsum(g * dx for g, dx in zip(gradient, v, strict=False))


# Whose fault it is --------------------------------------------------------------------------------


def explain(function: Function, report: Report) -> None:
    """Say what can be said about where the record goes wrong."""
    wrong = [e for e in report.failures if e.by_hand is None or e.note == ENGINE_WRONG]
    unseen = [entry for entry in report.entries if entry.verdict == "unseen"]
    if function.plain and wrong:
        report.objections.append(
            "The result of f is a plain float: it does not depend on the arguments by a record. "
            "Did f use math.* or .data? Use the functions of autograd instead."
        )
        return
    idle_arguments(function, report)
    if not wrong and not unseen:
        return
    order = min((entry.order for entry in wrong or unseen))
    report.faults, complete = faults(function, order)
    scope = "each operation was checked" if complete else f"{MOST_CHECKS} operations were checked"
    if unseen:
        report.notes.append(
            f"Too small beside f for finite differences: {_names(unseen)}; {scope} by itself."
        )
    for i, j in exchanged(dict(enumerate((e.recorded, e.numeric) for _, _, e in report.faults))):
        first, second = report.faults[i], report.faults[j]
        if first.op is second.op:
            names = f"{first.entry.path} and {second.entry.path}"
            report.notes.append(f"The rules of {first.op.name} for {names} are exchanged.")
    cut = [path for path, cut in zip(function.paths, function.cut, strict=True) if cut]
    if lost := [entry for entry in wrong if entry.path in cut]:
        report.notes.append(
            f"The record does not lead from {_names(lost)} to the result, though f depends on it. "
            f"Look for .data, .detach() or math.* on the way."
        )
    elif not report.faults and any(math.isfinite(entry.recorded) for entry in wrong):
        report.notes.append(
            f"No operation is at fault ({scope} by itself): the record must leave out a way from "
            f"the arguments to the result. Look for .data, .detach() or math.* on the way."
        )


def idle_arguments(function: Function, report: Report) -> None:
    """Name the arguments that the result does not depend on."""
    for i, start, structure in zip(
        function.positions, function.starts, function.structures, strict=True
    ):
        part = slice(start, start + structure.size)
        paths = set(function.paths[part])
        zero = all(e.verdict == "ok" and e.numeric == 0.0 for e in report.entries if e.path in paths)
        if structure.size and all(function.cut[part]) and zero:
            report.notes.append(f"The result does not depend on argument {i}.")


def _names(entries: Sequence[Entry]) -> str:
    names = ", ".join(entry.path for entry in entries[:3])
    return names if len(entries) <= 3 else f"{names} and {len(entries) - 3} more"


def faults(function: Function, order: int) -> tuple[list[Fault], bool]:
    """The operations in the record of f whose rules are wrong; and whether all were checked."""
    variables, outs = function.record()
    recorded = topological(*[out for out in outs if isinstance(out, Value)])
    if order == 1:
        return faulty(recorded, 1)
    firsts = [first for out in outs for first in gradients(out, variables)]
    found, complete = faulty(topological(*firsts), 1)  # a rule may use an operation that is wrong
    return (found, complete) if found else faulty(recorded, 2)


def faulty(nodes: Iterable[Value], order: int) -> tuple[list[Fault], bool]:
    """Check each operation as a function of its own, at each set of operands once."""
    seen: set[Any] = set()
    found: dict[tuple[Op, str], Fault] = {}
    for node in nodes:
        numbers = tuple([number(x) for x in node.operands])
        key = (node.op, numbers)
        if node.op is None or node.op in DELIBERATELY_CUT or key in seen:
            continue
        if len(seen) == MOST_CHECKS:
            return list(found.values()), False
        seen.add(key)
        wanted = [i for i, x in enumerate(node.operands) if isinstance(x, Value)]
        for entry in compared(alone(node.op, numbers, wanted), order):
            if entry.verdict == "wrong":
                found.setdefault((node.op, entry.path), Fault(node.op, numbers, entry))
    return list(found.values()), True


def alone(op: Op, numbers: tuple[float, ...], wanted: Sequence[int]) -> Function:
    """An operation as the function under check."""
    code = op.forward.__code__
    names = code.co_varnames[: code.co_argcount] or [f"operand {i}" for i in range(len(numbers))]

    def f(*operands: Any) -> Any:
        return op.record(operands)

    return Function(f, numbers, wanted, names)
