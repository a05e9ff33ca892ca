"""A rule for the numbers of one parameter, applied to those of all: by Python, or by C.

A rule is a method f(self, x, g, *state). From the number of a parameter, its gradient, and what is
remembered of it, it gives the number and what is remembered anew. Those of nn stand in C too, in
_rules.h, which a program writes from their Python: see nn/rules_in_c.py.
"""

from __future__ import annotations

from collections.abc import Callable, MutableSequence, Sequence
from importlib import import_module
from typing import Any, TypeVar

from autograd import Value, many
from autograd.core import compiled
from autograd.many import grads_of, row_of, scatter, update

Row = MutableSequence[float]  # one number for each parameter
Rule = Callable[..., tuple[float, ...]]
R = TypeVar("R", bound=Rule)

RULES: dict[Any, str] = {}  # those that stand in C, with their names there


def in_c(rule: R) -> R:
    """Say of a rule in nn that it stands in C too."""
    RULES[rule] = rule.__qualname__.partition(".")[0]
    return rule


def compiled_rules() -> Any:
    """What applies a rule in C, where that was built and the core in C runs."""
    try:
        return import_module("nn._rules").apply if compiled else None
    except ImportError:
        return None


IN_C = compiled_rules()


def zeros(n: int) -> Row:
    """So many zeros: an array where C goes along it, and a list, which Python is faster with."""
    return [0.0] * n if IN_C is None else many.zeros(n)


def apply(rule: Rule, parameters: Sequence[Value], state: Sequence[Row]) -> None:
    """Change parameters, and in rows what is remembered of each, by a rule.

    >>> class Descent:
    ...     def rule(self, x, g):
    ...         return (x - 0.5 * g,)
    >>> x = Value(1.0)
    >>> (x * x).backward()
    >>> apply(Descent().rule, [x], [])
    >>> x.data
    0.0
    """
    name = RULES.get(getattr(rule, "__func__", None))
    if IN_C is not None and name is not None and parameters:
        x, g, before = row_of(parameters), grads_of(parameters), [row[:] for row in state]
        # C that was built of other rules, or computes otherwise, is found out by the first numbers.
        first = rule(x[0], g[0], *[row[0] for row in state])
        done = IN_C(name, getattr(rule, "__self__", None), [x, g, *state])
        if done and first == (x[0], *[row[0] for row in state]):
            scatter(parameters, x)
            return
        for row, numbers in zip(state, before, strict=True):
            row[:] = numbers
    update(parameters, rule, state)
