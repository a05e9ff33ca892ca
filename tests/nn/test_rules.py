"""Rules of optimisers: one text in Python, and the bits of it in C."""

from __future__ import annotations

import math
import pickle
import random
import struct
from array import array
from importlib import import_module
from typing import Any

import pytest

from autograd import TraceError, Value, jit, no_grad
from autograd.core import compiled
from nn import optim, optimizers, rules
from nn.optim import SGD, Adam, Optimizer
from nn.optimizers import Adagrad, AdamW, RMSProp
from nn.rules_in_c import FILE, text
from tests.compiler.same import same
from tests.test_cores import run, where_built

try:
    in_c = import_module("nn._rules").apply  # whichever core runs
except ImportError:
    in_c = None
WHERE_BUILT = pytest.mark.skipif(in_c is None, reason="THE RULES IN C WERE NOT TESTED: not built")

KINDS: tuple[type[Optimizer], ...] = (SGD, Adam, Adagrad, RMSProp, AdamW)
SPECIAL = (0.0, 1.0, 5e-324, 1e-310, 1e-160, 1e160, 1.7976931348623157e308, math.inf)
NUMBERS = (*SPECIAL, *[-x for x in SPECIAL], math.nan)


def drawn(dice: random.Random) -> float:
    """A number as in trainings, sometimes a special one, sometimes any bits."""
    kind = dice.random()
    if kind < 0.15:
        return dice.choice(NUMBERS)
    if kind < 0.2:
        return float(struct.unpack("d", dice.randbytes(8))[0])
    return dice.gauss(0.0, 10.0 ** dice.uniform(-3.0, 3.0))


def made(kind: type[Optimizer], dice: random.Random, n: int) -> Any:
    """An optimiser with settings at random."""
    settings: dict[str, Any] = {"lr": dice.choice((0.1, 1e-3, 1e300, 5e-324))}
    settings["weight_decay"] = dice.choice((0.0, 0.01, 1e200))
    if kind in (SGD, RMSProp):
        settings["momentum"] = dice.choice((0.0, 0.9))
    if kind is SGD:
        settings["nesterov"] = bool(settings["momentum"]) and dice.random() < 0.5
    else:
        settings["epsilon"] = dice.choice((1e-8, 5e-324, 1.0))
    if kind is RMSProp:
        settings["centered"] = dice.random() < 0.5
    if kind in (Adam, AdamW):
        settings["betas"] = dice.choice(((0.9, 0.999), (0.0, 0.0), (0.5, 1.0 - 2.0**-53)))
    return kind([Value(0.0) for _ in range(n)], **settings)


def by_python(optimizer: Any, rows: list[array[float]]) -> list[tuple[float, ...]] | None:
    """What the rule gives for each parameter; None if it raises an error somewhere."""
    try:
        return [*map(optimizer.rule, *rows)]
    except (ZeroDivisionError, ValueError):
        return None


# The same bits ----------------------------------------------------------------------------------


def test_the_rules_in_c_are_those_of_the_optimisers() -> None:
    assert FILE.read_text(encoding="utf-8") == text(), "run: python -m nn.rules_in_c"


def test_every_optimiser_has_its_rule_in_c() -> None:
    of_nn = [x for module in (optim, optimizers) for x in vars(module).values()]
    kinds = {x for x in of_nn if isinstance(x, type) and issubclass(x, Optimizer)} - {Optimizer}
    assert kinds == set(KINDS)
    assert {kind.rule: kind.__name__ for kind in KINDS} == rules.RULES


@WHERE_BUILT
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_rule_in_c_gives_pythons_bits_or_leaves_it_to_python(kind: type[Optimizer]) -> None:
    dice, left, done = random.Random(kind.__name__), 0, 0
    for _ in range(300):
        n = dice.choice((1, 2, 3, 4, 5, 17))
        optimizer = made(kind, dice, n)
        rows = [array("d", [drawn(dice) for _ in range(n)]) for _ in (0, 1, *optimizer.remembers)]
        if "squares" in optimizer.remembers and dice.random() < 0.9:  # as they are
            rows[2 + optimizer.remembers.index("squares")] = array("d", [abs(x) for x in rows[0]])
        if dice.random() < 0.1:
            optimizer.epsilon = 0.0
        if isinstance(optimizer, Adam):
            t = dice.choice((1, 2, 1000))
            optimizer.begun1, optimizer.begun2 = 1.0 - optimizer.beta1**t, 1.0 - optimizer.beta2**t
        expected, given = by_python(optimizer, rows), [row[:] for row in rows]
        assert in_c(kind.__name__, optimizer, given) is (expected is not None)
        if expected is None:
            left += 1
            continue
        done += 1
        for got, wanted in zip(zip(given[0], *given[2:], strict=True), expected, strict=True):
            assert all(map(same, got, wanted)), (vars(optimizer), rows, got, wanted)
    assert done > 50
    assert left > 0 or kind is SGD  # which divides by nothing


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_training_is_the_same_with_either(
    kind: type[Optimizer], monkeypatch: pytest.MonkeyPatch
) -> None:
    def trained() -> list[float]:
        x, y = Value(1.0), Value(-2.0)
        optimizer: Any = kind([x, y], lr=0.05)
        for _ in range(20):
            optimizer.minimize(lambda: x**2 + 3.0 * (y - x) ** 2)
        state = [getattr(optimizer, name) for name in optimizer.remembers]
        return [x.data, y.data, *[number for row in state for number in row]]

    first = trained()
    monkeypatch.setattr(rules, "IN_C", None)
    assert trained() == first


# Which of both ----------------------------------------------------------------------------------


def test_the_core_in_python_has_its_rules_in_python() -> None:
    assert (rules.IN_C is None) is (not compiled or in_c is None)


@where_built
def test_where_the_rules_were_not_built_python_applies_them() -> None:
    program = "import sys; sys.modules['nn._rules'] = None; from nn import rules; print(rules.IN_C)"
    done = run("c", program)
    assert (done.stdout.strip(), done.stderr) == ("None", "")


def test_a_rule_of_ones_own_counts() -> None:
    class Halved(Adam):
        def rule(self, x: float, g: float, m: float, s: float) -> tuple[float, float, float]:
            x, m, s = super().rule(x, g / 2.0, m, s)
            return x, 2.0 * m, s

    x = Value(1.0)
    x.grad = 4.0
    optimizer = Halved([x], lr=0.5, betas=(0.5, 0.5), epsilon=1e-300)
    optimizer.step()
    assert (x.data, [*optimizer.means]) == (0.5, [2.0])


def test_a_rule_of_one_object_counts() -> None:
    x = Value(1.0)
    optimizer: Any = SGD([x], lr=0.5)
    optimizer.rule = lambda x, g, v: (x + 1.0, v)
    optimizer.step()
    assert x.data == 2.0


def test_a_rule_without_a_state_gives_a_tuple_of_one() -> None:
    class Descent(Optimizer):
        def rule(self, x: float, g: float) -> tuple[float, ...]:
            return (x - self.lr * g,)

    xs = [Value(float(i)) for i in range(2000)]  # more than Python takes at a time
    for x in xs:
        x.grad = 1.0
    Descent(xs, lr=1.0).step()
    assert [x.data for x in xs] == [float(i - 1) for i in range(2000)]


def test_a_rule_that_forgets_its_state_is_named() -> None:
    class Forgetful(SGD):
        def rule(self, x: float, g: float, v: float) -> Any:
            return (x,)

    with pytest.raises(ValueError, match=r"Forgetful.rule must give a tuple of 2 numbers"):
        Forgetful([Value(1.0)], lr=0.1).step()


def test_c_that_was_built_of_other_rules_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    def other(name: str, optimizer: object, rows: list[Any]) -> bool:
        for row in rows:
            row[:] = array("d", [7.0])
        return True

    monkeypatch.setattr(rules, "IN_C", other)
    x = Value(1.0)
    x.grad = 1.0
    optimizer = SGD([x], lr=0.5, momentum=0.5)
    optimizer.step()
    assert (x.data, [*optimizer.velocities]) == (0.5, [1.0])


# Errors and odd places --------------------------------------------------------------------------


def test_a_division_by_zero_is_the_error_that_it_is_in_python() -> None:
    x = Value(1.0)
    optimizer = Adam([x])
    optimizer.epsilon = 0.0
    with pytest.raises(ZeroDivisionError):
        optimizer.step()
    assert (x.data, [*optimizer.squares]) == (1.0, [0.0])


def test_a_root_of_a_negative_number_is_the_error_that_it_is_in_python() -> None:
    optimizer = Adagrad([Value(1.0)])
    optimizer.squares[0] = -1.0
    with pytest.raises(ValueError, match=r"domain|nonnegative"):
        optimizer.step()


@pytest.mark.parametrize("lr", [1, True, 0.5])
def test_a_setting_may_be_any_number(lr: float) -> None:
    x = Value(1.0)
    x.grad = 1.0
    optimizer = SGD([x], lr=0.5)
    optimizer.lr = lr
    optimizer.step()
    assert x.data == 1.0 - lr


def test_a_step_is_taken_within_no_grad_too() -> None:
    x = Value(1.0)
    x.grad = 1.0
    with no_grad():
        SGD([x], lr=0.5).step()
    assert x.data == 0.5


def test_a_step_in_a_function_that_is_compiled_is_refused() -> None:
    x = Value(1.0)
    optimizer = SGD([x], lr=0.5)

    def f(y: Value) -> Value:
        optimizer.step()
        return x * y

    with pytest.raises(TraceError, match=r"reading the \.grad of a Value from outside"):
        jit(f)(1.0)
    assert x.data == 1.0


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_optimiser_can_be_pickled_and_goes_on(kind: type[Optimizer]) -> None:
    optimizer: Any = kind([Value(1.0)], lr=0.5)
    again = pickle.loads(pickle.dumps(optimizer))
    for one in (optimizer, again):
        one.minimize(lambda one=one: one.parameters[0] ** 2)
    assert again.parameters[0].data == optimizer.parameters[0].data != 1.0


NEW = "a = Adam([Value(1.0)])"
LOADED = "a = pickle.loads(bytes.fromhex('{}'))"
STEP = """
import pickle
from autograd import Value
from nn import Adam
{}
a.minimize(lambda: a.parameters[0] ** 2)
print(pickle.dumps(a).hex(), a.parameters[0].data, [*a.means])
"""


@where_built
@pytest.mark.parametrize(("one", "other"), [("c", "python"), ("python", "c")])
def test_a_pickle_of_one_core_goes_on_in_the_other(one: str, other: str) -> None:
    saved, *_ = run(one, STEP.format(NEW)).stdout.split()
    stays, goes = [run(core, STEP.format(LOADED.format(saved))).stdout for core in (one, other)]
    assert stays.split()[1:] == goes.split()[1:] != []
