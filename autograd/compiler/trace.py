"""Tracing: a function runs once, and what it does with Values is written down as a program.

The inputs of the program are the numbers of the arguments, and every Value from outside that the
function uses. Whatever a program could not do again is refused, for else its answer would be stale.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from copy import copy
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple
from warnings import warn

from autograd.anomaly import users_line
from autograd.calculus.chain import between, linearized, reached
from autograd.compiler.program import (
    AND,
    EQ,
    INPUT,
    LE,
    LT,
    NOT,
    OR,
    SELECT,
    STOP,
    Builder,
    Logic,
    Output,
    Program,
    is_ours,
    undisturbed,
)
from autograd.conditions import Condition, Masked
from autograd.core import ops
from autograd.core.graph import topological
from autograd.core.operation import Op
from autograd.core.record import FLAG, PLAIN, Node, Observer, births, current, node_of
from autograd.core.value import Value
from autograd.modes import switched
from autograd.numbers.reals import describe, is_real, real, same_bits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from autograd.compiler.watching.watch import Watch

LONG = 200_000  # operations: tracing them takes some seconds

# x > y is y < x, also where one of them is nan.
COMPARISONS: dict[str, tuple[Logic, bool, bool]] = {  # the predicate, operands swapped, negated
    "<": (LT, False, False),
    ">": (LT, True, False),
    "<=": (LE, False, False),
    ">=": (LE, True, False),
    "==": (EQ, False, False),
    "!=": (EQ, False, True),
}


class TraceError(RuntimeError):
    """Something in a function that jit traces cannot be done again by a program."""


class Unresolved(Exception):  # noqa: N818 - a message from tracer to tracer, nobody's error
    """A branch of `where` cannot be computed in calls that do not take it."""


class Pin(NamedTuple):
    """What a run read past the program, such as a Value's number: constant as long as it stays."""

    owner: object
    attribute: str
    found: Any
    line: str  # of the user's function

    def is_stale(self) -> bool:
        """Whether something else stands there now."""
        now = getattr(self.owner, self.attribute)
        if type(now) is type(self.found) is float:
            return not same_bits(now, self.found)
        return bool(now != self.found)


class Choice(Op):
    """The operation of one `where` on a condition that is open: a where it holds, else b."""

    def __init__(self, condition: Condition) -> None:
        # What it shares with `select` is not set up again: there are as many as there are choices.
        self.__dict__.update(ops.select.__dict__)
        self.condition = condition
        self.forward = self._chosen

    def _chosen(self, a: float, b: float) -> float:
        return a if self.condition.outcome else b

    def partials(
        self, operands: Sequence[Any], out: Any, wanted: Sequence[bool]
    ) -> tuple[Any, ...]:
        """Each branch has derivative 1 where it is taken, and none where it is not."""
        first, second = wanted
        return (
            Masked(1.0, self.condition) if first else None,
            Masked(1.0, ~self.condition) if second else None,
        )


class Tracer(Observer):
    """Takes down what happens to Values: see `Observer` and `conditions.Decider`."""

    recomputes = True

    def __init__(self) -> None:
        self.builder = Builder(merging=False)
        self.began = next(births)
        self.registers: dict[Node, int | float] = {}
        self.captured: dict[Node, None] = {}  # Values from outside, in order
        self.passed: set[Node] = set()  # Values among the arguments, themselves
        self.pins: dict[tuple[int, str], Pin] = {}  # by what was read
        self.branches = 0  # how many branches of `where` we are in
        self.error: Exception | None = None

    def argument(self, given: Value | float, *, itself: bool = False) -> Value:
        """A Value that stands for a number of the arguments: a new one, or the Value itself."""
        if itself and isinstance(given, Value):
            self.passed.add(given)
            x = given
        else:
            x = Value(given._data if isinstance(given, Value) else given)
        self.registers[x] = self.builder.input()
        return x

    def forget(self) -> None:
        """Let go of the nodes: conditions in them refer to the tracer, and it to them."""
        self.registers.clear()
        self.passed.clear()

    def ref(self, x: Any) -> Any:
        """The register of a node, or the constant that x is."""
        if not isinstance(x, Node):
            return x
        register = self.registers.get(x)
        if register is None:
            if x.op is None and x._birth > self.began:  # made from a plain number, on the way
                register = x._data
            else:
                register = self.builder.input()
                self.captured[x] = None
            self.registers[x] = register
        return register

    # What operations and Values tell ------------------------------------------------------------

    def operation(self, op: Op, operands: tuple[Any, ...], out: Node, recorded: bool) -> None:
        """Take down an operation."""
        if isinstance(op, Choice):  # it has been
            return
        if len(current().observers) > 1:
            raise self.refused("detect_anomaly", "put it around the call of the compiled function")
        if self.branches and not is_ours(op):
            raise self.undecided()
        register = self.builder.emit(op, tuple([self.ref(x) for x in operands]))
        if register == LONG:
            self.warn_of_length()
        if not recorded:
            register = self.builder.emit(STOP, (register,))
        self.registers[out] = register

    def warn_of_length(self) -> None:
        """Say once that a program grows long, where it does, and what to compile instead."""
        warn(
            f"jit: {LONG:,} operations so far at {users_line()}: a loop is written out step by "
            f"step, so the program grows with its length. Compile the step, not the loop",
            RuntimeWarning,
            stacklevel=2,
        )

    def comparison(self, relation: str, x: Node, y: Node | float, outcome: bool) -> Any:
        """The condition that a comparison is; a bool where it is the same in every call."""
        logic, swapped, negated = COMPARISONS[relation]
        operands = (self.ref(y), self.ref(x)) if swapped else (self.ref(x), self.ref(y))
        predicate = self.builder.emit(logic, operands)
        if negated:
            predicate = self.builder.emit(NOT, (predicate,))
        return self._condition(predicate, outcome)

    def _condition(self, predicate: Any, outcome: bool) -> Any:
        return predicate if type(predicate) is bool else Condition(self, predicate, outcome)

    def read(self, owner: object, what: str) -> None:
        """Refuse to give out a plain number, unless it is that of a Value from outside.

        Such a number is a constant of the program, which is used only as long as it is the same.
        """
        if not isinstance(owner, Node):
            self.relies_on(owner, what)
            return
        ref = self.registers.get(owner)
        if type(ref) is float or (ref is None and owner.op is None and owner._birth > self.began):
            return
        if ref is None or owner in self.captured:
            if what == ".data":
                self.relies_on(owner, "_data")
                return
            raise self.refused(
                f"reading the {what} of a Value from outside", "pass it as an argument of its own"
            )
        raise self.refused(
            f"{what} of a number that depends on the arguments",
            "compute with the Value itself (autograd.sqrt(x), not math.sqrt(x)), choose with "
            "where(x > 0, a, b), or pass what you need as an argument of its own: text, None and "
            "bools are not traced",
        )

    def relies_on(self, owner: object, attribute: str) -> None:
        """Keep what an attribute is, for a program that is right only as long as it is that."""
        key = id(owner), attribute
        if key not in self.pins:
            self.pins[key] = Pin(owner, attribute, copy(getattr(owner, attribute)), users_line())

    def write(self, owner: object, what: str) -> None:
        """Refuse what a program would not do again."""
        raise self.refused(what)

    def refused(
        self, what: str, advice: str = "leave it out of the compiled function"
    ) -> Exception:
        """The error for something that no program could do again."""
        self.error = TraceError(
            f"jit: {what} at {users_line()}: the program would do that once, and its answer would "
            f"be stale in later calls; {advice}"
        )
        return self.error

    # What conditions ask for --------------------------------------------------------------------

    def decide(self, condition: Condition) -> bool:
        """The truth value of a condition; the program is for calls with the same one."""
        if self.branches and condition.predicate not in self.builder.decided:
            raise self.undecided()
        return self.builder.guard(condition.predicate, condition.outcome, users_line())

    def undecided(self) -> Exception:
        """What says that a branch cannot be computed, also to those who swallow exceptions."""
        self.error = Unresolved()
        return self.error

    def joined(self, word: str, *conditions: Any) -> Any:
        """Conditions joined by "and" or "or", or one turned around by "not"."""
        if not all(isinstance(x, (bool, Condition)) for x in conditions):
            return NotImplemented
        logic = {"and": AND, "or": OR, "not": NOT}[word]
        refs = [x.predicate if isinstance(x, Condition) else x for x in conditions]
        outcomes = [x.outcome if isinstance(x, Condition) else x for x in conditions]
        return self._condition(
            self.builder.emit(logic, tuple(refs)), bool(logic.compute(*outcomes))
        )

    def choose(self, condition: Condition, a: Any, b: Any) -> Any:
        """a where the condition holds, else b: both are computed, and one is selected.

        A branch that decides something itself, or fails, cannot be computed in every call. Then
        the condition is decided here.
        """
        if condition.predicate not in self.builder.decided:
            first, second = self._both(a, b)
            if is_number(first) and is_number(second):
                return self._selected(condition, first, second)
        return ops.where(self.decide(condition), a, b)

    def _both(self, a: Any, b: Any) -> tuple[Any, Any]:
        """What the two branches give; None and None where one of them cannot be computed."""
        error = self.error
        self.branches += 1
        try:
            first, second = [floated(x() if callable(x) else x) for x in (a, b)]
            return (first, second) if self.error is error else (None, None)
        except Exception:  # of a branch that may not be the one taken
            return None, None
        finally:
            self.branches -= 1
            self.error = error

    def _selected(self, condition: Condition, a: Any, b: Any) -> Any:
        refs = (condition.predicate, self.ref(a), self.ref(b))
        register = self.builder.emit(SELECT, refs)
        if type(register) is float:
            return register
        numbers = [x._data if isinstance(x, Node) else x for x in (a, b)]
        operands = (a, b)
        on = (condition.outcome, not condition.outcome)
        partials = tuple(
            [
                1.0 if isinstance(x, Node) and is_on else None
                for x, is_on in zip(operands, on, strict=True)
            ]
        )
        out = node_of(Value, Choice(condition), numbers[not condition.outcome], operands, partials)
        if not current().recording:
            register = self.builder.emit(STOP, (register,))
        self.registers[out] = register
        return out


class Abroad(Observer):
    """Sees what happens in other threads while a function is traced, and guards its Values there.

    A tracer sees one thread. What another one made of these Values, or read, would be a constant.
    """

    def __init__(self, tracer: Tracer) -> None:
        self.tracer = tracer

    def operation(self, op: Op, operands: tuple[Any, ...], out: Node, recorded: bool) -> None:
        """Refuse an operation on what is being traced."""
        self._guard(*operands)

    def comparison(self, relation: str, x: Node, y: Node | float, outcome: bool) -> Any:
        """Refuse a comparison."""
        self._guard(x, y)
        return outcome

    def read(self, owner: object, what: str) -> None:
        """Refuse to give out a number."""
        self._guard(owner)

    def write(self, owner: object, what: str) -> None:
        """Refuse a change."""
        self._guard(owner)

    def _guard(self, *xs: object) -> None:
        if any(isinstance(x, Node) and x in self.tracer.registers for x in xs):
            raise self.tracer.refused(
                "work in another thread on a Value of the function",
                "compute in the function's own thread",
            )


@contextmanager
def guarded(tracer: Tracer) -> Iterator[None]:
    """A block during which other threads keep away from what a tracer sees."""
    abroad = Abroad(tracer)
    with _PLAIN_LOCK:
        PLAIN.observers = (*PLAIN.observers, abroad)
    try:
        yield
    finally:
        with _PLAIN_LOCK:
            PLAIN.observers = tuple([x for x in PLAIN.observers if x is not abroad])


_PLAIN_LOCK = Lock()  # several threads may be tracing


def is_watched() -> bool:
    """Whether somebody looks at each operation in this thread."""
    return FLAG.watched > 0 and not all(isinstance(x, Abroad) for x in current().observers)


def is_traced() -> bool:
    """Whether a program is being written down of what happens here."""
    return any(isinstance(observer, Tracer) for observer in current().observers)


def is_number(x: object) -> bool:
    """Whether x is one number, plain or recorded."""
    return isinstance(x, Value) or is_real(x)


def floated(x: Any) -> Any:
    """A plain number as a float, for in a program an int is a register; anything else as it is."""
    return real(x, "where") if is_real(x) else x


# Programs of functions ----------------------------------------------------------------------------


class Trace(NamedTuple):
    """What one run of a function gave: a program, and what it needs besides the arguments."""

    program: Program
    captured: tuple[Value, ...]  # their numbers are the last inputs of the program
    outcomes: tuple[bool, ...]  # of the guards
    returned: Any  # what surrounds the results
    pins: tuple[Pin, ...]
    matters: tuple[Value, ...]  # of those that were passed: the program is for these very ones
    watch: Watch | None = None  # what the function reaches by name


def traced(
    run: Callable[[list[Value]], tuple[list[Any], Any]], given: Sequence[Value | float]
) -> Trace:
    """The program of a function at these numbers.

    `run` calls the function on Values, and gives the numbers of its result and whatever the caller
    needs to put them together.

    It runs twice: what differs is random, or counts calls, and no program of it would be right.
    Once it runs on the very Values that were passed, and once on others: what differs then comes
    from `x is w`, or from a Value that was passed and is used from outside too.
    """
    dice = state_of_random()
    with undisturbed():
        first, second = once(run, given, themselves=True), once(run, given)
        program = first.program()
        repeated = first.is_repeated_by(second)
        passed = [x for x in given if isinstance(x, Value)]
        matters: list[Value] = []
        if not repeated and passed:
            matters = [x for x in passed if x in {*second.captured}] or passed
            repeated = first.is_repeated_by(once(run, given, themselves=True))
        if dice != state_of_random() or not repeated:
            raise TraceError(
                f"jit: {difference(program, second.program())}. The function draws random numbers, "
                f"or changes something outside or an argument (as reading a generator does); draw, "
                f"count or read before the call, and pass the numbers as arguments"
            )
    return Trace(
        program,
        tuple(first.captured),
        tuple([guard.outcome for guard in program.guards]),
        first.returned,
        tuple(first.pins),
        tuple(matters),
    )


def state_of_random() -> object:
    """The state of Python's shared random numbers; None if nobody has imported them."""
    random = sys.modules.get("random")
    return None if random is None else random.getstate()


def difference(one: Program, other: Program) -> str:
    """In which way two programs of one function differ."""
    numbers = [[*map(repr, program.constants())] for program in (one, other)]
    apart = [sorted(set(a) - set(b)) for a, b in (numbers, numbers[::-1])]
    if apart[0] and apart[1]:
        return f"traced twice, the function used {apart[0][0]}, then {apart[1][0]}"
    return "traced twice, the function did not do the same, or drew random numbers"


class Run(NamedTuple):
    """What a tracer has taken down of one run of a function."""

    builder: Builder
    outputs: list[Output]
    captured: list[Any]  # Values
    pins: list[Pin]
    returned: Any

    def program(self) -> Program:
        """What the run computes, without what its result does not need."""
        return self.builder.program(self.outputs)

    def is_repeated_by(self, other: Run) -> bool:
        """Whether another run did the same, in all that its program needs."""
        if len(self.captured) != len(other.captured):
            return False
        if not all(x is y for x, y in zip(self.captured, other.captured, strict=True)):
            return False
        # Nearly always the runs are the same to the last bit, which is seen at once.
        exact = [run.builder.exactly(run.outputs) for run in (self, other)]
        return exact[0] == exact[1] or self.program().written() == other.program().written()


def once(
    run: Callable[[list[Value]], tuple[list[Any], Any]],
    given: Sequence[Value | float],
    *,
    themselves: bool = False,
) -> Run:
    """What one run of a function gives, on the Values that were passed or on others."""
    tracer = Tracer()
    arguments = [tracer.argument(x, itself=themselves) for x in given]
    with guarded(tracer), switched(recording=True, observers=(tracer,)):
        results, returned = run(arguments)
        if tracer.error is not None:  # somebody has swallowed it
            raise tracer.error
        outputs = [Output(tracer.ref(x)) for x in results]
    refuse_unseen(tracer)
    tracer.forget()
    return Run(tracer.builder, outputs, [*tracer.captured], [*tracer.pins.values()], returned)


def refuse_unseen(tracer: Tracer) -> None:
    """Refuse Values that came from the arguments on a way that was not watched."""
    captured = [x for x in tracer.captured if x.op is not None]
    for node in topological(*captured):
        known = node in tracer.registers and node not in tracer.captured
        if (known and node not in tracer.passed) or (
            node.op is None and node._birth > tracer.began
        ):
            raise TraceError(
                f"jit: a Value that the function made, {describe(node)}, was computed where "
                f"tracing does not reach: in another thread, or kept from an earlier call; compute "
                f"it in the function itself"
            )


# Programs of derivatives --------------------------------------------------------------------------


def replayed(program: Program, inputs: Sequence[Any]) -> list[Any]:
    """All numbers of a program, computed operation by operation as the engine does it.

    With Values among the inputs the operations are recorded. Places of predicates hold truth
    values, or conditions while somebody traces.
    """
    given = iter(inputs)
    found: list[Any] = []
    for op, operands in program.instructions:
        xs: tuple[Any, ...] = tuple([found[x] if type(x) is int else x for x in operands])
        if op is INPUT:
            found.append(next(given))
        elif isinstance(op, Op):
            found.append(op.apply(xs))
        elif op is SELECT:
            found.append(ops.where(*xs))
        elif op is STOP:
            found.append(xs[0].detach() if isinstance(xs[0], Value) else xs[0])
        elif op is NOT:
            found.append(~xs[0] if isinstance(xs[0], Condition) else not xs[0])
        elif op is AND:
            found.append(xs[0] & xs[1])
        elif op is OR:
            found.append(xs[0] | xs[1])
        else:
            found.append(op.compute(*xs))
    return found


def outputs_of(program: Program, found: Sequence[Any]) -> list[Any]:
    """The outputs among all numbers of a program; None where one is not there."""
    outputs: list[Any] = []
    for output in program.outputs:
        if output is None or (output.present is not None and not found[output.present]):
            outputs.append(None)
        else:
            ref = output.ref
            outputs.append(found[ref] if type(ref) is int else ref)
    return outputs


@undisturbed()
def differentiated(program: Program, numbers: Sequence[float], wanted: Sequence[bool]) -> Program:
    """A program of the outputs of another one and then of their derivatives, output by output.

    For each output there are as many derivatives as there are `wanted` inputs. The engine's own
    chain rule computes them, and that is traced as everything else is.
    """
    tracer = Tracer()
    variables = [tracer.argument(x) for x in numbers]
    chosen = [x for x, want in zip(variables, wanted, strict=True) if want]
    with switched(recording=True, observers=(tracer,)):
        found = replayed(program, variables)
        for guard in program.guards:
            condition = found[guard.predicate]
            tracer.builder.guard(condition.predicate, guard.outcome, guard.line, guard.number)
        outputs: list[Output | None] = []
        derivatives: list[Output | None] = []
        for output in program.outputs:
            if output is None:
                outputs.append(None)
                derivatives += [None] * len(chosen)
                continue
            out = found[output.ref] if type(output.ref) is int else output.ref
            present = output.present
            there = None if present is None else found[present].predicate
            outputs.append(Output(tracer.ref(out), there))
            linear = linearized(between(chosen, [out]), chosen)
            for x in reached(linear, [out], [1.0], chosen):
                derivatives.append(derivative(tracer, x))
    tracer.forget()
    return tracer.builder.program([*outputs, *derivatives])


def derivative(tracer: Tracer, x: Any) -> Output | None:
    """A derivative as an output."""
    if x is None:
        return None
    if isinstance(x, Masked):
        return Output(tracer.ref(x.number), x.on.predicate)
    return Output(tracer.ref(x))
