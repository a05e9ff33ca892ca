"""AUTOGRAD_JIT: `check` runs functions both ways and compares, `off` runs the functions themselves.

For whoever doubts a compiled function, and for our own tests. Both are slower than eager code.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from autograd.compiler.arguments import Made
from autograd.compiler.batch import Over
from autograd.compiler.results import results_of
from autograd.core.graph import sort, walk, walk_back
from autograd.core.record import Node, edges_of
from autograd.core.value import Value
from autograd.modes import switched
from autograd.numbers.reals import same, same_bits

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from autograd.compiler.arguments import Given

CHOICES = ("on", "check", "off")


class JitMismatchError(AssertionError):
    """A compiled function gave something else than the function itself."""


def chosen() -> str:
    """What the environment variable says."""
    choice = os.environ.get("AUTOGRAD_JIT") or "on"
    if choice not in CHOICES:
        raise ValueError(f"AUTOGRAD_JIT must be one of {', '.join(CHOICES)}; it is {choice!r}")
    return choice


WISH = chosen()


def compare(name: str, function: Callable[..., Any], given: Given, found: Sequence[Any]) -> None:
    """Raise where the results of a program are not those of its function, to the last bit."""
    values = [x if isinstance(x, Node) else Value(x) for x in given.numbers]
    made = Made(given.forms, values)
    with switched(recording=True, observers=()):
        outs, _ = results_of(function(*made.args, **made.named), "AUTOGRAD_JIT=check")
    if len(outs) != len(found):
        raise JitMismatchError(f"jit({name}): {len(found)} numbers, and eagerly {len(outs)}")
    for i, (mine, theirs) in enumerate(zip(found, outs, strict=True)):
        ours, eager = [x._data if isinstance(x, Node) else x for x in (mine, theirs)]
        if not same_bits(ours, eager):
            raise JitMismatchError(f"jit({name}): number {i} is {ours!r}, and eagerly {eager!r}")
        if isinstance(mine, Node) and mine.op is not None and isinstance(theirs, Node):
            compare_partials(name, i, mine, theirs)


def compare_partials(name: str, i: int, mine: Node, theirs: Node) -> None:
    """Raise where a compiled node has other derivatives than its record; the sign of 0 is open."""
    operands, partials = edges_of(mine)
    if any(isinstance(x, Node) and x.op is not None for x in operands):
        return  # what lies behind such an operand would count twice
    with walk():
        order = sort((theirs,), stamp=object())
        if any(isinstance(x.op, Over) for x in order):
            return  # added up in another order: right to rounding
        known = {*order}
        walk_back(order, [(theirs, 1.0)])
        eager = [x._mark if x in known else None for x in operands]
    for x, ours, other in zip(operands, partials, eager, strict=True):
        if isinstance(x, Node) and not (ours == other or same(ours, other)):
            raise JitMismatchError(
                f"jit({name}): the derivative of number {i} by {x!r} is {ours!r}, and eagerly "
                f"{other!r}"
            )
