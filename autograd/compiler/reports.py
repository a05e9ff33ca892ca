"""What a compiled function consists of by now, in words."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from autograd.numbers.reals import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from autograd.compiler.paths import Paths

SHOWN = 8  # of a list


class Report:
    """The programs of a compiled function; prints as text."""

    def __init__(self, name: str, forms: Sequence[Paths], seconds: float) -> None:
        self.name = name
        self.paths = [path for paths in forms for path in paths.all]
        self.reasons = [reason for paths in forms for reason in paths.reasons]
        self.given_up = any(paths.given_up for paths in forms)
        self.forms = len(forms)
        self.seconds = seconds + sum(path.unit.seconds for path in self.paths)

    @property
    def operations(self) -> int:
        """How many operations all programs have, without their derivatives."""
        return sum(path.unit.program.operations() for path in self.paths)

    @property
    def constants(self) -> list[float]:
        """The numbers that stand in the programs: they never change."""
        found = {repr(x): x for path in self.paths for x in path.unit.program.constants()}
        return list(found.values())

    @property
    def guards(self) -> list[str]:
        """Each decision of the function: the line, and how it came out."""
        found = [
            f"{guard.outcome} at {guard.line}"
            for path in self.paths
            for guard in path.unit.program.guards
        ]
        return list(dict.fromkeys(found))

    @property
    def called_back(self) -> list[str]:
        """Operations of the user's that programs call, for they are not of the engine's table."""
        found = {op.name: None for path in self.paths for op in path.unit.program.called_back()}
        return list(found)

    @property
    def backend(self) -> str:
        """What runs the programs."""
        machines = [x for path in self.paths for x in path.unit.machines()]
        found = dict.fromkeys([x.progress for x in machines if x.progress])
        python = any(path.direct or path.unit.runs_python() for path in self.paths)
        return "; ".join(["Python source"] * (python or not found) + [*found])

    def __repr__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield (
            f"jit({self.name}): {counted(len(self.paths), 'program')} for "
            f"{counted(self.forms, 'form')} of arguments, {counted(self.operations, 'operation')}, "
            f"traced and compiled in {1e3 * self.seconds:.1f} ms; back end: {self.backend}"
        )
        if captured := {id(x) for path in self.paths for x in path.captured}:
            yield f"Values from outside, read afresh at every call: {len(captured)}"
        yield from listed("constants of the trace", map(repr, self.constants))
        yield from listed(
            "read past the program, and traced again when it changes",
            [
                f"{pin.attribute.lstrip('_')} = {pin.found!r} at {pin.line}"
                for path in self.paths
                for pin in path.pins
            ],
        )
        yield from listed("guards", self.guards)
        changes = [f"{count} times {what}" for what, count in Counter(self.reasons).items()]
        yield from listed("traced again for", changes)
        if self.given_up:
            yield "calls run eagerly for now, as hardly one found its program"
        yield from listed("called back, for they have no lowering", self.called_back)


def listed(what: str, items: Sequence[str] | Iterator[str]) -> Iterator[str]:
    """A line for a list, if there is anything in it."""
    texts = list(items)
    if texts:
        more = f", and {len(texts) - SHOWN} more" if len(texts) > SHOWN else ""
        yield f"{what}: {', '.join(texts[:SHOWN])}{more}"
