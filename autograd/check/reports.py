"""What a gradient check finds, and how it reads: entries, operations at fault, the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from autograd.check.differences import EPSILON, SAFETY
from autograd.numbers.reals import columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograd.core.operation import Op

BY_HAND = 1e-9  # how much of itself a derivative by hand may be off
SHOWN = 12  # lines of a table
WIDTH = 100  # of the sentences below it: notebooks break longer lines within a word


class Entry(NamedTuple):
    """One derivative: as recorded, by finite differences, and what to think of it.

    The verdict is "ok"; "wrong"; "kink", where left and right derivative differ and the recorded
    one lies between; "edge", where f exists on one side only; or "unseen", where the derivative is
    too small beside f for finite differences.
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


class Report:
    """What gradcheck found; true when nothing is wrong, and readable when shown.

    >>> from autograd import gradcheck, relu
    >>> report = gradcheck(relu, 0.0)
    >>> report
    gradcheck: 1 derivative at a kink
    At argument 0: a kink: left derivative 0, right derivative 1, recorded 0 (a sub-gradient)
    >>> report.ok, report.kinks[0].recorded
    (True, 0.0)
    """

    def __init__(self, order: int) -> None:
        self.order = order
        self.entries: list[Entry] = []
        self.objections: list[str] = []  # what makes it fail, besides wrong entries
        self.notes: list[str] = []  # what is worth knowing, and no failure
        self.faults: list[Fault] = []
        self.slope: float | None = None  # of the Taylor remainder, order + 1 where f is smooth

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.failures or self.objections or self.faults)

    def __bool__(self) -> bool:
        return self.ok

    @property
    def failures(self) -> list[Entry]:
        """The derivatives that are wrong.

        >>> from autograd import gradcheck
        >>> report = gradcheck(lambda x: x * x, 3.0, against=lambda x: x)
        >>> [(entry.recorded, entry.verdict) for entry in report.failures]
        [(6.0, 'wrong')]
        """
        return [entry for entry in self.entries if entry.verdict == "wrong"]

    @property
    def kinks(self) -> list[Entry]:
        """The derivatives at which f has a kink."""
        return [entry for entry in self.entries if entry.verdict == "kink"]

    def __repr__(self) -> str:
        lines = [f"gradcheck: {self._verdict()}"]
        if self.failures:
            lines += _table(self.failures)
        said = [*self.objections, *map(str, self.faults)]
        said += _cut([f"At {entry}" for entry in self.entries if entry.verdict in ("kink", "edge")])
        return "\n".join([*lines, *map(_wrapped, [*said, *self.notes])])

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
        said += [
            f"{_count(len(of[v]), kind)} {VERDICTS[v]}" for v in VERDICTS if v != "ok" and of[v]
        ]
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
    return [*columns(rows, left=(0, len(rows[0]) - 1)), *_more(len(entries) - SHOWN)]


def _wrapped(sentences: str) -> str:
    """Sentences in lines of readable width; the second line and what follows are indented."""
    from textwrap import fill

    return fill(
        sentences,
        WIDTH,
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _cut(lines: list[str]) -> list[str]:
    return [*lines[:SHOWN], *_more(len(lines) - SHOWN)]


def _more(count: int) -> list[str]:
    return [f"... and {count} more, see .entries"] if count > 0 else []
