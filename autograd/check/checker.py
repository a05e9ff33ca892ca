"""The gradient checker: recorded derivatives against finite differences, or against yours.

How the two are compared is in `comparison.py`, how the result reads in `reports.py`. Here is what
people call, and how the place of a mistake is found.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from autograd.calculus.chain import gradients, number
from autograd.calculus.trees import flatten
from autograd.check.comparison import Function, close, compared, judge_remainder, mistake
from autograd.check.reports import BY_HAND, SHOWN, Entry, Fault, Report
from autograd.core.graph import topological
from autograd.core.operation import operand_names
from autograd.core.ops import SHIFTS
from autograd.core.value import Value
from autograd.modes import switched
from autograd.numbers.reals import describe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from autograd.core.operation import Op

MOST_CHECKS = 1000  # how many operations are checked one by one in the search for a mistake
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
    for `grad`; `argnums` says with respect to which ones, otherwise to all. Recorded derivatives
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
    with switched(recording=True):
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


# By hand ------------------------------------------------------------------------------------------


def compare_by_hand(function: Function, against: Any, report: Report) -> None:
    """Put a gradient that somebody worked out beside the recorded one."""
    if len(function.results_structure.paths()) != 1:
        raise TypeError(
            "gradcheck: with `against`, f must return one number, as gradients are of one"
        )
    given = against(*function.args) if callable(against) else against
    parts = [given] if len(function.positions) == 1 else given
    if not isinstance(parts, (list, tuple)) or len(parts) != len(function.positions):
        raise TypeError(
            f"gradcheck: the gradient by hand needs a tuple of {len(function.positions)} parts, "
            f"one for each argument; got {describe(given)}"
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
    elif entry.verdict == "kink":
        verdict, note = "wrong", f"another choice at {entry.note}"
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


def exchanged(pairs: dict[int, tuple[float, float]]) -> list[tuple[int, int]]:
    """Which two (found, right) have each other's number."""
    return [
        (i, j)
        for i, (found_i, right_i) in pairs.items()
        for j, (found_j, right_j) in pairs.items()
        if i < j and close(found_i, right_j) and close(found_j, right_i)
    ]


# Whose fault it is --------------------------------------------------------------------------------


def explain(function: Function, report: Report) -> None:
    """Say what can be said about where the record goes wrong."""
    wrong = [e for e in report.failures if e.by_hand is None or e.note == ENGINE_WRONG]
    unseen = [entry for entry in report.entries if entry.verdict == "unseen"]
    if function.unrecorded and wrong:
        report.objections.append(
            "The result of f is a plain float: it does not depend on the arguments by a record. "
            "Did f use math.* or .data? Use the functions of autograd instead."
        )
        return
    idle_arguments(function, report)
    if not wrong and not unseen:
        return
    order = min(entry.order for entry in wrong or unseen)
    report.faults, complete = faults(function, order)
    scope = "each operation was checked" if complete else f"{MOST_CHECKS} operations were checked"
    if not complete and report.faults:
        report.notes.append(f"The search ended after {MOST_CHECKS} operations.")
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
    pieces = zip(function.positions, function.starts, function.structures, strict=True)
    for i, start, structure in pieces:
        part = slice(start, start + structure.size)
        paths = set(function.paths[part])
        zero = all(
            e.verdict == "ok" and e.numeric == 0.0 for e in report.entries if e.path in paths
        )
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
        if node.op is None or node.op in SHIFTS or key in seen:
            continue
        if len(seen) == MOST_CHECKS:
            return list(found.values()), False
        seen.add(key)
        positions = [i for i, x in enumerate(node.operands) if isinstance(x, Value)]
        for entry in compared(alone(node.op, numbers, positions), order):
            if entry.verdict == "wrong":
                found.setdefault((node.op, entry.path), Fault(node.op, numbers, entry))
    return list(found.values()), True


def alone(op: Op, numbers: tuple[float, ...], positions: Sequence[int]) -> Function:
    """An operation as the function under check, of its operands at these positions."""
    names = operand_names(op.forward) or [f"operand {i}" for i in range(len(numbers))]

    def f(*operands: Any) -> Any:
        return op.apply(operands)

    return Function(f, numbers, positions, names)
