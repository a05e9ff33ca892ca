"""A program beside its derivatives, all of them compiled when they are first asked for.

Applied to Values it gives one node for each output, whose local derivatives a program has computed.
The rule of such a node is again a program: derivatives of every order are compiled nodes.
"""

from __future__ import annotations

from itertools import chain
from threading import RLock
from time import perf_counter
from typing import TYPE_CHECKING, Any

from autograd.compiler.machine import Each
from autograd.compiler.program import Program, pruned
from autograd.compiler.runners import Adder, Caller
from autograd.compiler.trace import differentiated, is_traced, outputs_of, replayed
from autograd.core.operation import Op
from autograd.core.record import Node, node_of
from autograd.core.value import Value
from autograd.numbers.reals import same

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from autograd.compiler.machine import Machine, Options
    from autograd.compiler.runners import Runner

# Derivatives of so many outputs by so many Values are compiled; where there are more, the rule of a
# node is replayed operation by operation, for then only those that are asked for are computed.
MOST_ENTRIES = 1000

LOCK = RLock()  # one program is derived at a time


class Unit:
    """A program, and what has been made of it so far."""

    def __init__(self, program: Program, name: str, options: Options) -> None:
        self.program = program
        self.name = name
        self.options = options
        self.code = Caller(program, name, options)
        self._each: Each | None = None
        self._derived: dict[tuple[bool, ...], list[Derived]] = {}

    def each(self, columns: int) -> Each:
        """The program for many rows, of which the first inputs are columns."""
        if self._each is None:
            self._each = Each(self.program, columns, self.options)
        return self._each

    def derive(self, inputs: Sequence[float], wanted: tuple[bool, ...]) -> Any:
        """The outputs with their derivatives: (Derived, numbers); or the number of a failed guard.

        A rule of a user's operation may decide something itself. Then there is more than one
        program of derivatives, and the first that fits counts.
        """
        alternatives = self._derived.setdefault(wanted, [])
        for derived in alternatives:
            numbers = derived.code(inputs)
            if type(numbers) is not int:
                return derived, numbers
            if numbers < len(self.program.guards):  # a decision of the function, not of a rule
                return numbers
        found = self._derive_anew(inputs, wanted)
        return found if type(found) is int else (found, found.code(inputs))

    def any_derived(self, inputs: Sequence[float], wanted: tuple[bool, ...]) -> Any:
        """A program of derivatives, which need not fit these inputs; or the number of a guard.

        If there is none yet it is made, which takes inputs that fit.
        """
        alternatives = self._derived.get(wanted)
        return alternatives[0] if alternatives else self._derive_anew(inputs, wanted)

    def _derive_anew(self, inputs: Sequence[float], wanted: tuple[bool, ...]) -> Any:
        failed = self.code(inputs) if self.program.guards else None
        if type(failed) is int:
            return failed
        with LOCK:
            derived = Derived(self, inputs, wanted)
            self._derived.setdefault(wanted, []).append(derived)
        return derived

    def nodes(
        self, operands: tuple[Value | float, ...], inputs: Sequence[float], wanted: tuple[bool, ...]
    ) -> Any:
        """A node for each output, or the number of a failed guard.

        An output that depends on no Value is a plain number; one that is not there is None.
        """
        found = self.derive(inputs, wanted)
        if type(found) is int:
            return found
        derived, numbers = found
        return derived.nodes(operands, numbers)

    @property
    def seconds(self) -> float:
        """How long deriving and compiling took."""
        seconds = sum(x.seconds for x in self._all_derived()) + self.code.seconds
        return seconds + (self._each.seconds if self._each is not None else 0.0)

    def sources(self) -> list[str]:
        """The Python source of the program, and of derivatives that were asked for."""
        sources = []
        for derived in self._all_derived():
            sources += derived.sources()
        return [self.code.python.source, *sources] if self.code.used or not sources else sources

    def runs_python(self) -> bool:
        """Whether there is Python code of it."""
        runners = [self.code, *[x for d in self._all_derived() for x in d.runners()]]
        return any(x.python_is_made for x in runners)

    def machines(self) -> Iterator[Machine]:
        """All that may have become machine code."""
        yield self.code.machine
        if self._each is not None:
            yield self._each
        for derived in self._all_derived():
            yield from derived.machines()

    def _all_derived(self) -> Iterator[Derived]:
        return chain.from_iterable(self._derived.values())


class Derived:
    """A program of a unit's outputs, and of their derivatives with respect to wanted inputs."""

    def __init__(self, unit: Unit, inputs: Sequence[float], wanted: tuple[bool, ...]) -> None:
        self.unit = unit
        self.wanted = wanted
        began = perf_counter()
        self.program = differentiated(unit.program, inputs, wanted)
        self._seconds = perf_counter() - began
        self.code = Caller(self.program, f"{unit.name}_with_derivatives", unit.options)
        self.places = [i for i, want in enumerate(wanted) if want]
        self.depends = dependent(unit.program, wanted)
        self.ops = [Call(self, j) for j in range(len(unit.program.outputs))]
        self._rows: dict[tuple[int, tuple[int, ...]], Unit] = {}
        self._sums: Adder | None = None

    def over_rows(self, columns: int) -> Adder:
        """The program for sums over rows, of which the first inputs are columns."""
        if self._sums is None:
            self._sums = Adder(self.program, columns, self.unit.name, self.unit.options)
        return self._sums

    @property
    def seconds(self) -> float:
        """How long deriving and compiling took."""
        seconds = self._seconds + self.code.seconds
        return seconds + (self._sums.seconds if self._sums is not None else 0.0)

    def sources(self) -> list[str]:
        """The Python source of what has been asked for."""
        sources = [self.code.python.source] if self.code.used else []
        return sources + ([self._sums.python.source] if self._sums is not None else [])

    def runners(self) -> list[Runner[Any, Any]]:
        """What runs it, as far as there is any."""
        return [self.code] if self._sums is None else [self.code, self._sums]

    def machines(self) -> Iterator[Machine]:
        """All that may have become machine code."""
        yield self.code.machine
        if self._sums is not None:
            yield self._sums.machine

    def nodes(
        self, operands: tuple[Value | float, ...], numbers: Sequence[Any]
    ) -> list[Value | float | None]:
        """The outputs as Values, given the numbers that the program computed."""
        m, n = len(self.ops), len(self.places)
        nodes: list[Value | float | None] = []
        for j, op in enumerate(self.ops):
            data = numbers[j]
            if data is None or not self.depends[j]:
                nodes.append(data)
                continue
            row = numbers[m + j * n : m + (j + 1) * n]
            if n == len(operands):
                partials = tuple(row)
            else:
                spread: list[float | None] = [None] * len(operands)
                for i, partial in zip(self.places, row, strict=True):
                    spread[i] = partial
                partials = tuple(spread)
            if self.unit.options.fastmath:
                op = FastCall(self, j, [x._data if isinstance(x, Node) else x for x in operands])
            nodes.append(node_of(Value, op, data, operands, partials))
        return nodes

    def row(self, output: int, chosen: tuple[int, ...]) -> Unit:
        """The program of some derivatives of one output."""
        key = output, chosen
        if key not in self._rows:
            begin = len(self.ops) + output * len(self.places)
            p = self.program
            outputs = [p.outputs[begin + self.places.index(i)] for i in chosen]
            program = pruned(p.instructions, p.inputs, outputs, p.guards)
            name, options = f"{self.unit.name}_derivatives", self.unit.options
            self._rows[key] = Unit(program, name, options)
        return self._rows[key]


class Call(Op):
    """The operation of a compiled node: one output of a program."""

    def __init__(self, derived: Derived, output: int) -> None:
        self.derived = derived
        self.output = output
        self.name = self.symbol = f"jit({derived.unit.name})"
        self.rules = ()
        self.domain = ()
        self.kinks = ()
        self.forward = self._computed
        self.__name__ = self.__qualname__ = self.name
        self.__doc__ = f"One result of the compiled function {derived.unit.name}."

    def __reduce__(self) -> str:
        raise TypeError(
            f"{self.name}: the record of a compiled function cannot be pickled or written down; "
            f"pickle its plain number, or compute it without jit"
        )

    def _computed(self, *inputs: float) -> float:
        numbers = self.derived.unit.code(inputs)
        if type(numbers) is int:
            raise ValueError(
                f"{self.name} would take another way through the function now: somebody set .data "
                f"after the computation. Compute the result again, then take its derivatives"
            )
        return numbers[self.output]  # type: ignore[no-any-return]

    def partials(
        self, operands: Sequence[Any], out: Any, wanted: Sequence[bool]
    ) -> tuple[Any, ...]:
        """The derivatives of the output: numbers of numbers, and nodes of Values."""
        chosen = tuple([i for i, want in enumerate(wanted) if want])
        unit = self.derived.row(self.output, chosen)
        inputs = [x._data if isinstance(x, Node) else x for x in operands]
        values = tuple([isinstance(x, Node) for x in operands])
        tracing = is_traced()
        found: Any
        if not any(values):
            found = unit.code(inputs)
        elif tracing or len(chosen) * sum(values) > MOST_ENTRIES:
            found = outputs_of(unit.program, replayed(unit.program, operands))
        else:
            found = unit.nodes(tuple(operands), inputs, values)
        if type(found) is int:  # a decision that only this rule takes came out otherwise
            found = outputs_of(unit.program, replayed(unit.program, operands))
        given = iter(found)
        return tuple([next(given) if want else None for want in wanted])

    def replay(self, operands: Sequence[Any]) -> Any:
        """The output, computed operation by operation: the record that the node stands for."""
        program = self.derived.unit.program
        return outputs_of(program, replayed(program, operands))[self.output]


class FastCall(Call):
    """A compiled node with fast arithmetic, whose roundings are others in each program."""

    def __init__(self, derived: Derived, output: int, inputs: Sequence[float]) -> None:
        super().__init__(derived, output)
        self.inputs = inputs

    def agrees(
        self, node: Node, numbers: Sequence[float], partials: Sequence[float | None]
    ) -> bool:
        """Whether the operands are what they were."""
        return all(map(same, numbers, self.inputs))


def dependent(program: Program, wanted: Sequence[bool]) -> list[bool]:
    """Whether each output depends on any of the wanted inputs."""
    inputs = iter(wanted)
    found: list[bool] = []
    for _, operands in program.instructions:
        if operands:
            found.append(any(found[x] for x in operands if type(x) is int))
        else:
            found.append(next(inputs))
    return [
        output is not None and type(output.ref) is int and found[output.ref]
        for output in program.outputs
    ]
