"""Recorded derivatives beside finite differences: the function under check, and the verdicts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random
from typing import TYPE_CHECKING, Any

from autograd.calculus.chain import gradients, number
from autograd.calculus.transforms import jacobian, places, refuse_misuse
from autograd.calculus.trees import Structure, flatten
from autograd.check.differences import (
    EPSILON,
    ROUNDING,
    SAFETY,
    SEEN,
    Estimate,
    Slopes,
    remainder_slope,
    slopes,
)
from autograd.check.reports import Entry, Report
from autograd.core.graph import topological
from autograd.core.value import Value

if TYPE_CHECKING:
    from collections.abc import Callable

ROUGH = 1e-3  # a bar beyond this share of a derivative is too rough to judge it by
LEAST_SLOPE = {1: 1.9, 2: 2.8}  # of the remainder of a Taylor series of this order; in truth 2, 3


class Function:
    """f as a function of a flat list of numbers, with its results and derivatives as flat lists."""

    results_structure: Structure  # of the latest call
    cut: list[bool]  # for each number, whether no record leads from it to a result: see `sound`
    unrecorded: bool  # whether no result is a Value: see `sound`

    def __init__(
        self,
        f: Callable[..., Any],
        args: Sequence[Any],
        argnums: int | Sequence[int] | None = None,
        names: Sequence[str] | None = None,
    ) -> None:
        chosen: Any = range(len(args)) if argnums is None else argnums
        chosen = tuple(chosen) if isinstance(chosen, Sequence) else chosen
        refuse_misuse("gradcheck", f, chosen)
        if not args:
            raise TypeError("gradcheck: give f its arguments, as in gradcheck(f, 2.0, [1.0, 3.0])")
        self.f, self.args = f, args
        self.positions = places("gradcheck", chosen, len(args))
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
            raise ValueError("gradcheck: there is no number in the arguments to vary")

    def results(self, variables: Sequence[Any]) -> list[Any]:
        """The results as a list, of the variables as a list."""
        args = list(self.args)
        for i, start, structure in zip(self.positions, self.starts, self.structures, strict=True):
            args[i] = structure.rebuild(variables[start : start + structure.size])
        outs, self.results_structure = flatten(self.f(*args), "gradcheck: the result of f")
        return outs

    def record(self) -> tuple[list[Value], list[Value | float]]:
        """The variables and the results of a call."""
        variables = [Value(x) for x in self.numbers]
        return variables, self.results(variables)

    def plain_results(self, numbers: Sequence[float]) -> list[float]:
        """The results, as plain numbers."""
        return plain(self.results([Value(x) for x in numbers]))

    def gradient(self, numbers: Sequence[float]) -> list[float]:
        """The recorded derivatives of each result by each variable."""
        return plain(jacobian(self.results)(list(numbers)))

    def hessian(self, numbers: Sequence[float]) -> list[float]:
        """The recorded derivatives of each entry of the gradient by each variable."""
        return plain(jacobian(jacobian(self.results))(list(numbers)))

    def derivatives(self, order: int) -> list[float]:
        """The recorded derivatives of this order at the arguments."""
        return self.gradient(self.numbers) if order == 1 else self.hessian(self.numbers)

    def rounding(self, order: int) -> list[float]:
        """What each of `derivatives` may have lost to rounding, where large terms cancel in it."""
        variables, outs = self.record()
        if order == 2:
            outs = [first for out in outs for first in gradients(out, variables)]
        return [lost for out in outs for lost in _rounding(out, variables)]

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
            return self.plain_results(numbers) if order == 1 else self.gradient(numbers)
        except (ValueError, ArithmeticError):  # as math.log(-1.0)
            count = len(self.results_structure.paths())
            return [math.nan] * (count if order == 1 else count * len(self.numbers))

    def sound(self, report: Report) -> bool:
        """Whether f is a function whose derivatives can be compared at all; says why not."""
        variables, outs = self.record()
        if not outs:
            raise TypeError("gradcheck: f returned no number")
        for x, path in zip(self.numbers, self.paths, strict=True):
            if not math.isfinite(x):
                report.objections.append(f"{path} is {x}: no difference can be taken there.")
        first, second = plain(outs), self.plain_results(self.numbers)
        if len(first) != len(second) or any(
            x != y and x == x for x, y in zip(first, second, strict=True)
        ):
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
        self.unrecorded = not any(isinstance(out, Value) for out in outs)
        return not report.objections


def plain(tree: Any) -> list[float]:
    """The numbers of a structure, as floats."""
    return [float(number(x)) for x in flatten(tree)[0]]


def _rounding(out: Value | float, variables: Sequence[Value]) -> list[float]:
    """The chain rule with absolute values: how large the terms of each derivative are."""
    sizes = {id(out): 1.0}
    for node in reversed(topological(out)) if isinstance(out, Value) else ():
        for x, partial in zip(node.operands, node.partials, strict=True):
            if partial is not None and id(node) in sizes:
                sizes[id(x)] = sizes.get(id(x), 0.0) + sizes[id(node)] * abs(partial)
    found = [ROUNDING * sizes.get(id(x), 0.0) for x in variables]
    return [lost if math.isfinite(lost) else 0.0 for lost in found]


def _brief(numbers: Sequence[float]) -> str:
    return repr(numbers[0]) if len(numbers) == 1 else repr(list(numbers))


# Verdicts -----------------------------------------------------------------------------------------


def compared(function: Function, order: int) -> list[Entry]:
    """Every recorded derivative of this order, beside finite differences."""
    recorded, labels, n = function.derivatives(order), function.labels(order), len(function.numbers)
    rounding = function.rounding(order)
    entries: list[Any] = [None] * len(recorded)
    for i, x in enumerate(function.numbers):
        for row, found in enumerate(slopes(function.along(order, i), x)):
            k = row * n + i
            entries[k] = judged(labels[k], order, recorded[k], found, rounding[k])
    return entries


def judged(path: str, order: int, recorded: float, found: Slopes, rounding: float = 0.0) -> Entry:
    """What to think of a recorded derivative, given what finite differences found."""
    left, right, seen = found.left, found.right, found.central
    if left.known != right.known:
        seen = left if left.known else right
    seen = Estimate(seen.value, seen.error + rounding / SAFETY)
    verdict, note = _verdict(recorded, found, seen)
    if verdict == "wrong" and not note:
        note = mistake(recorded, seen.value)
    return Entry(path, order, recorded, seen.value, seen.error, verdict, note)


def _verdict(recorded: float, found: Slopes, seen: Estimate) -> tuple[str, str]:
    """The verdict, and a note on the place."""
    agrees = seen.agrees(recorded)
    if recorded != recorded:
        return "wrong", ""
    if found.left.known != found.right.known:
        place = (
            f"the edge of the domain: the derivative from inside is {seen.value:.6g}, recorded "
            f"{recorded:.6g}"
        )
        return ("edge" if agrees else "wrong"), place
    if found.jump and math.isfinite(recorded):
        return "kink", f"a jump of f; recorded {recorded:.6g}"
    if found.kink:
        sides = (
            f"a kink: left derivative {found.left.value:.6g}, right derivative "
            f"{found.right.value:.6g}, recorded {recorded:.6g}"
        )
        if found.between(recorded):
            return "kink", f"{sides} (a sub-gradient)"
        return "wrong", f"{sides}, which is not between them"
    if not seen.known or (agrees and _too_rough(recorded, seen)):
        return "unseen", "too small beside f"
    if agrees:
        return "ok", ""
    if any(view.agrees(recorded) for view in found.views):
        place = f"a fine staircase: slope {seen.value:.6g} or {recorded:.6g}, as far as one looks"
        return "kink", f"{place}; recorded {recorded:.6g}"
    return "wrong", ""


def _too_rough(recorded: float, seen: Estimate) -> bool:
    """Whether finite differences agree only because they would agree with much else."""
    if recorded == 0.0 and math.fabs(seen.value) <= seen.error:
        return False  # as near to 0 as can be told
    return seen.bar > ROUGH * math.fabs(recorded)


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


# The Taylor remainder -----------------------------------------------------------------------------


def judge_remainder(function: Function, report: Report) -> None:
    """The second verdict: how fast f departs from its recorded Taylor series."""
    if any(entry.verdict in ("kink", "edge") for entry in report.entries):
        return  # no Taylor series here
    rng = Random(0)
    directions = [
        [rng.gauss(0.0, 1.0) * (abs(x) or 1.0) for x in function.numbers] for _ in range(3)
    ]
    series = [function.plain_results(function.numbers), function.gradient(function.numbers)]
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
    verdicts = {verdict for v in directions for verdict in verdicts_along(function, v, series[1])}
    if "wrong" not in verdicts:
        place = "here, along some directions" if "kink" in verdicts else "close by"
        report.notes.append(f"f has a kink {place}: its Taylor remainder is that of both sides.")
    else:
        report.objections.append(
            "Each derivative agrees, and yet f departs from its Taylor series as "
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


def verdicts_along(function: Function, v: Sequence[float], gradient: Sequence[float]) -> set[str]:
    """What finite differences along v say of the gradients of all results."""
    n = len(v)

    def line(t: float) -> list[float]:
        return function.guarded([x + t * dx for x, dx in zip(function.numbers, v, strict=True)])

    return {
        judged("", 1, slope_along(gradient[k * n :], v), found).verdict
        for k, found in enumerate(slopes(line, 0.0))
    }


def slope_along(gradient: Sequence[float], v: Sequence[float]) -> float:
    """The derivative in the direction of v."""
    return math.fsum(g * dx for g, dx in zip(gradient, v, strict=False))
