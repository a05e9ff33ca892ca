"""The short way into a program: a function of the very arguments, where these are plain.

Floats, and lists and tuples of floats, are checked and unpacked by lines of source in front of the
program, and the result is written as it is to be returned: nothing is taken apart and put together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd.calculus.trees import NUMBER, Structure
from autograd.compiler.arguments import Container, Form, Number
from autograd.compiler.python import PIECE, Code, Writer, defined, flat, function

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from autograd.compiler.watching.watch import Watch

MOST_NUMBERS = 100  # with more the checks are not what takes the time
DEEPEST = 50  # levels of a result: CPython reads no more than 200, those of expressions included
MISS = -1  # what the function returns where the arguments are of another form


def direct(
    code: Code, arguments: Sequence[Form], returned: Structure, watch: Watch | None
) -> Callable[..., Any] | None:
    """A function of these arguments, and of others of the same form; None where it would not pay.

    Where a guard fails, or the form is another, it returns an int.
    """
    writer = Writer(code.program)
    count = len(writer.program.inputs)
    if not 0 < count <= MOST_NUMBERS or len(writer.statements) > PIECE:
        return None
    inputs = [f"x{i}" for i in range(count)]
    rest = iter(inputs)
    checks: list[str] = []
    containers: dict[Form, str] = {}
    names = [unpacked(x, rest, checks, containers) for x in arguments]
    shaped = template(returned, iter(writer.outputs), DEEPEST)
    if None in names or shaped is None:
        return None
    kinds = " is ".join([f"{x}.__class__" for x in inputs])
    checks += [f"if not ({kinds} is float):", f"    return {MISS}"]
    if len(containers) > 1:  # no two of them are one
        ids = ", ".join([f"id({name})" for name in containers.values()])
        checks += [f"if len({{{ids}}}) != {len(containers)}:", f"    return {MISS}"]
    if watch:
        checks[:0] = ["if not is_as_it_was():", f"    return {MISS}"]
    lines = [*checks, *flat(writer.statements), f"return {shaped}"]
    source = function(code.name, [*map(str, names)], lines)
    return defined(source, writer, code.name, is_as_it_was=watch.holds if watch else None)


def unpacked(
    form: Form, inputs: Iterator[str], checks: list[str], containers: dict[Form, str]
) -> str | None:
    """The name of an argument, after the lines that take it apart; None if they are not known."""
    if isinstance(form, Number):
        return next(inputs)
    if not isinstance(form, Container) or form.kind not in (list, tuple) or form in containers:
        return None
    if not form.parts:
        return None
    name = containers[form] = f"a{len(checks)}"
    kind = "list" if form.kind is list else "tuple"
    at = len(checks)
    checks += ["", ""]
    names = [unpacked(x, inputs, checks, containers) for x in form.parts]
    if None in names:
        return None
    checks[at] = f"if {name}.__class__ is not {kind} or len({name}) != {len(names)}: return {MISS}"
    checks[at + 1] = f"{', '.join(map(str, names))}, = {name}"
    return name


def template(form: Structure, numbers: Iterator[str], depth: int) -> str | None:
    """The expression of a structure with these numbers in it; None where only code can make it."""
    if form is NUMBER:
        return next(numbers)
    if form.together not in (list, tuple) or not depth:
        return None
    parts = [template(x, numbers, depth - 1) for x in form.parts]
    if None in parts:
        return None
    listed = "".join([f"{part}, " for part in parts])
    return f"[{listed}]" if form.together is list else f"({listed})"
