"""Planted mistakes: every wrong derivative is caught by the checks that hold the right one.

What is planted, and which checks look for it, is in tests/proof/planted.py.
"""

from __future__ import annotations

import itertools
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from autograd import Op, Value, gradients
from autograd.core import compiled
from autograd.core.operation import Variadic
from autograd.modes import switched
from tests.proof import planted
from tests.proof.accuracy import operations
from tests.proof.planted import OF_RULES, SAME_FUNCTION, Mistake

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

every_name = pytest.mark.parametrize("name", operations())
plants = pytest.mark.slow(reason="plants some 800 mistakes, and runs every check for each")
every_check = pytest.mark.parametrize("check", OF_RULES.values(), ids=OF_RULES)


def missed(chosen: Iterable[Mistake]) -> list[str]:
    """Those that no check caught, and that are not known to be the same function."""
    found = [str(m) for m in chosen if next(planted.caught_by(m), None) is None]
    return [change for change in found if change not in SAME_FUNCTION]


# Caught ------------------------------------------------------------------------------------------


@plants
@every_name
def test_every_mistake_in_the_rules_of_an_operation_is_caught(name: str) -> None:
    assert missed(planted.in_rules(name)) == []


@plants
def test_every_mistake_in_what_rules_share_is_caught() -> None:
    assert missed(planted.in_parts()) == []


@plants
def test_every_mistake_in_an_operator_is_caught() -> None:
    assert missed(planted.in_operators()) == []


@plants
@every_check
@every_name
def test_a_check_finds_nothing_where_nothing_is_planted(name: str, check: Any) -> None:
    assert not check(name)


def test_the_check_of_the_operators_finds_nothing_where_nothing_is_planted() -> None:
    assert not planted.departs(planted.OPERATOR)


# Planted -----------------------------------------------------------------------------------------


@every_name
def test_every_derivative_is_negated_doubled_and_dropped(name: str) -> None:
    planted_in: dict[str, set[str]] = {}
    for mistake in planted.in_rules(name):
        planted_in.setdefault(mistake.place, set()).add(mistake.kind)
    for operand, rule in rules(name):
        expected = {"added"} if rule in planted.ABSENT else {"sign", "factor", "dropped"}
        assert expected <= planted_in[f"{name} by {operand}" if operand else name]


def rules(name: str) -> Iterator[tuple[str, Any]]:
    """The rules of an operation, each with the name of its operand."""
    op = operations()[name]
    operands = [""] if isinstance(op, Variadic) else planted.names(op)
    return ((x, rule) for x, rule in zip(operands, op.rules, strict=True) if rule is not None)


@pytest.mark.parametrize("name", [n for n in operations() if len([*rules(n)]) > 1])
def test_the_operands_of_every_operation_of_several_are_swapped(name: str) -> None:
    kinds = {mistake.kind for mistake in planted.in_rules(name)}
    assert "swapped" in kinds or all(rule in planted.ABSENT for _, rule in rules(name))


@cache
def in_operators() -> list[Mistake]:
    return [*planted.in_operators()]


BINARY = ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow"]
OPERATORS = ["neg", *BINARY, *["r" + name for name in BINARY]]


@pytest.mark.skipif(compiled, reason="Value's operators are in C, where nothing is planted")
@pytest.mark.parametrize("name", OPERATORS)
def test_every_operator_has_mistakes_of_every_kind_that_it_can_have(name: str) -> None:
    kinds = {m.kind for m in in_operators() if m.place == f"Value.__{name}__"}
    expected = {"swapped"} if name != "neg" else set()
    if "node" in vars(Value)[f"__{name}__"].__code__.co_names:  # written out
        expected |= {"sign", "factor", "dropped"}
    assert kinds >= expected


def test_each_term_of_a_sum_is_dropped_once_and_changes_its_sign_once() -> None:
    changes = {(m.kind, m.change) for m in planted.in_rules("tan")}
    assert {("dropped", "1.0"), ("dropped", "out * out"), ("sign", "1.0 - out * out")} <= changes


def test_a_planted_mistake_is_gone_after_the_block() -> None:
    tan = operations()["tan"]
    before = tan.rules
    for mistake in planted.in_rules("tan"):
        with mistake.planted():
            assert tan.rules is not before
        assert tan.rules is before


# The same function -------------------------------------------------------------------------------


@cache
def listed() -> dict[str, Mistake]:
    return {
        str(mistake): mistake for mistake in planted.mistakes() if str(mistake) in SAME_FUNCTION
    }


@plants
def test_no_mutant_is_listed_in_vain() -> None:
    assert listed().keys() == SAME_FUNCTION


@plants
@pytest.mark.parametrize("change", sorted(SAME_FUNCTION))
def test_a_mutant_that_counts_as_the_same_function_gives_the_same_numbers(change: str) -> None:
    mistake = listed()[change]
    before = [numbers(mistake, subject) for subject in mistake.subjects]
    with mistake.planted():
        assert [numbers(mistake, subject) for subject in mistake.subjects] == before


def numbers(mistake: Mistake, subject: str) -> list[str]:
    """Values, first and second derivatives at everything special, to the last digit."""
    if subject == planted.OPERATOR:
        return [*of_operators(mistake.place.rpartition(".")[2])]
    op = operations()[subject]
    return [repr(answers(op, xs)) for xs in planted.loaded("test_ops").special_operands(op)]


def answers(op: Op, xs: tuple[float, ...]) -> list[Any]:
    tests = planted.loaded("test_ops")
    operands = tests.as_values(op, xs)
    variables = [x for x in operands if isinstance(x, Value)]
    out = tests.called(op, operands)
    first = gradients(out, variables)
    second = [d for dx in first for d in gradients(dx, variables)]
    return [signless(x.data) for x in (out, *first, *second)]


def signless(x: float) -> float:
    """The number itself; nan and 0 without their signs, for these are no other numbers."""
    return abs(x) if x != x else x + 0.0


def of_operators(method: str) -> Iterator[str]:
    """The same in the mode in which operators leave all to the table."""
    for x, y in itertools.product(planted.FLOATS, repeat=2):
        with switched(recording=True, observers=()):
            a = Value(x)
            b: Any = y if method.startswith("__r") else Value(y)
            out = getattr(a, method)(b)
            first = gradients(out, [a, *([b] if isinstance(b, Value) else [])])
        yield repr([signless(out.data), *[signless(dx.data) for dx in first]])
