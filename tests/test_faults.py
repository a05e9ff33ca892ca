"""Faults: threads that meet, operands of every wrong kind, and great depth."""

from __future__ import annotations

import copy
import math
import operator
import os.path
import pickle
import struct
import sys
import threading
import traceback
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest
from hypothesis import settings

import autograd
from autograd import (
    Op,
    Value,
    dot,
    exp,
    explain_nan,
    grad,
    gradients,
    hvp,
    jacobian,
    jvp,
    vjp,
    where,
)
from autograd.core import ops
from autograd.core.graph import topological
from autograd.core.operation import Variadic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TABLE = [entry for entry in vars(ops).values() if isinstance(entry, Op)]
DEEP = 100_000
PASSES = 10_000  # backward passes a thread
THREADS = 8
OPERANDS = 50 * settings.default.max_examples  # 5,000 in the slow suite


def bits(x: float) -> bytes:
    return b"nan" if x != x else struct.pack("d", x)


# Threads -----------------------------------------------------------------------------------------


@pytest.fixture
def restless() -> Iterator[None]:
    """Threads take turns as often as Python can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def in_threads(run: Callable[[int], object]) -> list[Any]:
    """What `run` gives in each of some threads that begin together."""
    results: list[Any] = [None] * THREADS
    start = threading.Barrier(THREADS)

    def body(i: int) -> None:
        start.wait()
        results[i] = run(i)

    threads = [threading.Thread(target=body, args=(i,)) for i in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def graph(seed: int) -> tuple[list[Value], Value]:
    """Two leaves, and a small graph with a shared node, an edge switched off and a sum."""
    x, y = Value(0.1 + seed), Value(1.7 - seed / 3.0)
    shared = x * y
    return [x, y], ops.sum([shared / 3.0, exp(-shared * shared), ops.relu(-x), y])


def passes(seed: int) -> list[bytes]:
    leaves, out = graph(seed)
    for _ in range(PASSES):
        out.backward()
    return [bits(x.grad) for x in leaves]


@pytest.mark.usefixtures("restless")
def test_eight_threads_give_the_bits_of_one_in_ten_thousand_backward_passes_each() -> None:
    assert in_threads(passes) == [passes(seed) for seed in range(THREADS)]


def passes_together() -> list[bytes]:
    """What all threads leave at the leaves of one graph that they share."""
    leaves, out = graph(0)
    in_threads(lambda _: [out.backward() for _ in range(PASSES)] and None)
    return [bits(x.grad) for x in leaves]


def passes_alone() -> list[bytes]:
    """What one thread leaves there, in as many passes."""
    leaves, out = graph(0)
    for _ in range(THREADS * PASSES):
        out.backward()
    return [bits(x.grad) for x in leaves]


@pytest.mark.usefixtures("restless")
def test_eight_threads_that_share_a_graph_give_the_bits_of_one() -> None:
    assert passes_together() == passes_alone()


@pytest.mark.usefixtures("restless")
def test_threads_may_share_a_leaf() -> None:
    x = Value(2.0)
    in_threads(lambda i: [(x * float(i)).backward() for _ in range(100)] and None)
    assert x.grad == 100.0 * sum(range(THREADS))


@pytest.mark.usefixtures("restless")
def test_gradients_copies_and_pickles_of_a_shared_graph_do_not_disturb_each_other() -> None:
    leaves, out = graph(0)

    def run(i: int) -> set[tuple[bytes, ...]]:
        found = set()
        for _ in range(50):
            walked = [out, copy.deepcopy(out), pickle.loads(pickle.dumps(out))][i % 3]
            mine = [node for node in topological(walked) if node.op is None]
            found.add(tuple(sorted(bits(dx.data) for dx in gradients(walked, mine))))
        return found

    expected = tuple(sorted(bits(dx.data) for dx in gradients(out, leaves)))
    assert in_threads(run) == [{expected}] * THREADS


# Bad operands ------------------------------------------------------------------------------------
# A thing is a number, which counts as float(thing); an array, over which NumPy spreads an operator;
# or neither. What is neither is refused, and the message says what it was.

PACKAGE = os.path.dirname(autograd.__file__)
DTYPES = "?bhilqBHILQefdgFDGSUOMmV"  # every kind of NumPy's


class Plain:
    """A thing of which nobody knows anything."""

    def __repr__(self) -> str:
        return "Plain()"


def array(rng: Random) -> Any:
    """An array of any dtype, of 0 to 2 dimensions, perhaps empty."""
    shape = rng.choice([(), (0,), (1,), (3,), (2, 2)])
    code = rng.choice(DTYPES)
    if code == "V":
        return np.zeros(shape, dtype=[("a", float)])
    if code == "O":
        out = np.empty(shape, dtype=object)
        out[...] = rng.choice([None, "a", 1.5, 1j, Plain(), 10**400])
        return out
    if code in "Mm":
        return np.full(shape, rng.randint(1, 99)).astype(f"{code}8[D]")
    return np.full(shape, rng.randint(0, 99)).astype(code)


def numpy_scalar(rng: Random) -> Any:
    """A NumPy scalar that is a number."""
    return np.array(rng.randint(0, 120)).astype(rng.choice("?bhilqBHILQefdg"))[()]


NUMBERS: list[Callable[[Random], Any]] = [
    lambda rng: rng.choice((True, False)),
    lambda rng: rng.randint(-9, 9),
    lambda rng: rng.choice((0.0, -0.0, 1.5, -2.5, math.inf, -math.inf, math.nan, 5e-324, 1e308)),
    lambda rng: Fraction(rng.randint(-99, 99), rng.randint(1, 99)),
    lambda rng: rng.choice((1, -1)) * 2 ** rng.randint(50, 1023),
    numpy_scalar,
]

ALIEN: list[Callable[[Random], Any]] = [
    lambda rng: Decimal(rng.randint(-99, 99)) / 8,
    lambda rng: complex(rng.randint(-9, 9), rng.randint(-9, 9)),
    lambda rng: rng.choice(("", "1", "nan", "x" * 10_000, "\N{SNOWMAN}")),
    lambda rng: rng.choice((b"", b"1", bytearray(b"1"), memoryview(b"1"))),
    lambda rng: None,
    lambda rng: rng.choice(([], [1.0], (), (1.0, 2.0), {}, {"a": 1.0}, set(), {1.0}, range(3))),
    lambda rng: rng.choice(([1.0, [2.0, None]], {"a": ["1"]}, (1j,), [Decimal(1)], [object()])),
    lambda rng: (x for x in (1.0, 2.0)),
    lambda rng: rng.choice((int, Plain, Value, math.sin, len, sorted, exp, math, Plain())),
    lambda rng: rng.choice((..., NotImplemented, slice(3), ValueError("no"))),
    lambda rng: rng.choice((date(2000, 1, 1), timedelta(days=1))),
    lambda rng: rng.choice((np.datetime64("2000-01-01"), np.timedelta64(3, "D"))),
    lambda rng: np.array(rng.randint(0, 99)).astype(rng.choice("FDGSU"))[()],
    lambda rng: np.zeros(1, dtype=[("a", float)])[0],
    lambda rng: rng.choice((1, -1)) * 10 ** rng.randint(400, 2000),
    lambda rng: Fraction(10 ** rng.randint(400, 900), 3),
    array,
    array,
    array,
]

ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
    "divmod": divmod,
}
COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


class Trial(NamedTuple):
    """Something to do with a thing, and the same with the float that it should count as."""

    place: str
    act: Callable[[Any], Any]
    whose: str = "ours"  # who may refuse: "others" where Python or NumPy is asked first


def in_operators(rng: Random, thing: Any) -> Trial:
    x = Value(rng.choice((2.0, -0.5, 0.0)))
    symbol = rng.choice(list(ARITHMETIC))
    kind = type(thing)
    if symbol == "**" and kind is Fraction and abs(thing) > sys.float_info.max:
        symbol = "*"  # Fraction's own power makes a float of itself first, and so an OverflowError
    f = ARITHMETIC[symbol]
    if rng.random() < 0.5:
        familiar = kind.__module__ in ("builtins", "decimal", "numpy") and kind is not np.ndarray
        return Trial(f"Value {symbol}", lambda t: f(x, t), "ours" if familiar else "others")
    formats = isinstance(thing, (str, bytes, bytearray)) and symbol == "%"
    familiar = kind.__module__ in ("builtins", "decimal") and not formats
    return Trial(f"{symbol} Value", lambda t: f(t, x), "ours" if familiar else "others")


def in_comparisons(rng: Random, thing: Any) -> Trial:
    x = Value(2.0)
    symbol = rng.choice(list(COMPARISONS))
    f = COMPARISONS[symbol]
    if rng.random() < 0.5:
        return Trial(f"Value {symbol}", lambda t: f(x, t), "others")
    return Trial(f"{symbol} Value", lambda t: f(t, x), "others")


def in_functions(rng: Random, thing: Any) -> Trial:
    entry = rng.choice(TABLE)
    count = 3 if isinstance(entry, Variadic) else len(entry.rules)
    rules = entry.rules * 3 if isinstance(entry, Variadic) else entry.rules
    i = rng.randrange(count)
    others = [0.5 if rule is None or rng.random() < 0.5 else Value(0.5) for rule in rules]

    def act(t: Any) -> Any:
        operands = [t if k == i else other for k, other in enumerate(others)]
        return entry(operands) if isinstance(entry, Variadic) else entry(*operands)  # type: ignore[operator]

    return Trial(f"{entry.name} at {i}", act)


def into_values(rng: Random, thing: Any) -> Trial:
    def assigned(name: str, t: Any) -> float:
        x = Value(1.0)
        setattr(x, name, t)
        return getattr(x, name)  # type: ignore[no-any-return]

    def backward(t: Any) -> float:
        x = Value(1.0)
        x.backward(grad=t)
        return x.grad

    return rng.choice(
        [
            Trial("Value()", lambda t: Value(t).data),
            Trial("Value.data", lambda t: assigned("data", t)),
            Trial("Value.grad", lambda t: assigned("grad", t)),
            Trial("backward", backward),
        ]
    )


def into_transforms(rng: Random, thing: Any) -> Trial:
    """Functions of one number: a container of numbers is something else than a number."""
    x = Value(3.0)
    numbers: list[Trial] = [
        Trial("tangent", lambda t: jvp(lambda y: y * y, (3.0,), (t,))[1]),
        Trial("cotangent", lambda t: vjp(lambda y: y * y, 3.0)[1](t)[0]),
        Trial("hvp", lambda t: hvp(lambda y: y**3, 3.0, t)),
        Trial("gradients of", lambda t: gradients(t, x).data),
        Trial("grad of a result", lambda t: grad(lambda y: t)(1.0)),
        Trial("value and grad", lambda t: autograd.value_and_grad(lambda y: t)(1.0)),
    ]
    return rng.choice(numbers)


WRONG_PLACES: dict[str, Callable[[Any], Any]] = {
    "gradients by": lambda t: gradients(Value(1.0), [t]),
    "grad of": lambda t: grad(t),
    "argnums": lambda t: grad(lambda x: x, t)(1.0),
    "primals": lambda t: jvp(lambda *xs: Value(1.0), t, t),
    "argument": lambda t: grad(lambda x: Value(1.0))(t),
    "arguments": lambda t: jacobian(lambda x: [Value(1.0)])([t, t]),
    "where": lambda t: where(t, Value(1.0), 2.0),
    "softmax": autograd.softmax,
    "log_softmax": autograd.log_softmax,
    "sum": autograd.sum,
    "mean": autograd.mean,
    "dot": lambda t: dot(t, [1.0]),
    "round": lambda t: round(Value(1.0), t),
    "label": lambda t: Value(1.0, label=t),
    "explain_nan": explain_nan,
}


def elsewhere(rng: Random, thing: Any) -> Trial:
    name = rng.choice(list(WRONG_PLACES))
    return Trial(name, WRONG_PLACES[name], "others" if name == "round" else "ours")


def failing(trial: Trial, thing: Any, number: float | None) -> str:
    """What is wrong with what a trial does to a thing; empty if it ends as it should."""
    try:
        result = trial.act(thing)
    except (TypeError, ValueError) as error:
        if number is not None:
            return f"refused: {error}"
        return unhelpful(error, thing, trial.whose)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    if number is not None:
        return differing(result, trial.act(number))
    return ""


def unhelpful(error: Exception, thing: Any, whose: str) -> str:
    """What is wrong with a refusal: not raised by us, or it does not say what came."""
    if whose == "others" and isinstance(error, TypeError):
        return ""
    *_, (innermost, _) = traceback.walk_tb(error.__traceback__)
    message = str(error)
    if not innermost.f_code.co_filename.startswith(PACKAGE):
        return f"not ours: {message}"
    if len(message) > 500:
        return f"long: {message[:100]}"
    told = any(type(x).__name__ in message or repr(x)[:20] in message for x in parts(thing))
    counted = any(words in message for words in ("the structure of", "of one length", "empty"))
    return "" if told or counted else f"does not say what came: {message}"


def parts(thing: Any) -> Iterator[Any]:
    """A thing, what it is without NumPy, and what is in it."""
    yield thing
    if isinstance(thing, (np.ndarray, np.generic)):
        yield from [thing.item()] if isinstance(thing, np.generic) else thing.ravel().tolist()
        yield 1.0  # what its numbers are by the time that somebody refuses them
    elif isinstance(thing, (list, tuple, set, dict)):
        for x in thing.values() if isinstance(thing, dict) else thing:
            yield from parts(x)
        yield from thing


def differing(got: Any, expected: Any) -> str:
    """How two results differ: numbers to the last bit."""
    if isinstance(expected, (tuple, list)):
        pairs = zip(got, expected, strict=True)
        return next((text for pair in pairs if (text := differing(*pair))), "")
    a, b = (x.data if isinstance(x, Value) else x for x in (got, expected))
    if isinstance(got, Value) is isinstance(expected, Value) and bits(a) == bits(b):
        return ""
    return f"got {got!r}, and {expected!r} for its float"


ACCEPTING = (in_operators, in_comparisons, in_functions, into_values, into_transforms)


def failures(count: int) -> list[str]:
    """What went wrong in so many trials, the same ones every time."""
    rng = Random(0)
    found = []
    with np.errstate(all="ignore"):
        for _ in range(count):
            if rng.random() < 0.2:
                thing = rng.choice(NUMBERS)(rng)
                trial = rng.choice(ACCEPTING)(rng, thing)
                text = failing(trial, thing, float(thing))
            else:
                thing = rng.choice(ALIEN)(rng)
                trial = rng.choice((*ACCEPTING, elsewhere))(rng, thing)
                text = failing(trial, thing, None)
            if text:
                found.append(f"{trial.place} with {type(thing).__name__} {thing!r:.60}: {text}")
    return found


def test_a_bad_operand_ends_in_a_right_result_or_in_a_message_of_ours() -> None:
    assert failures(OPERANDS) == []


def test_the_trials_notice_a_refusal_that_does_not_say_what_came() -> None:
    def act(thing: Any) -> float:
        return Value([1.0]).data  # type: ignore[arg-type]

    assert failing(Trial("here", act), "1", None).startswith("does not say what came")


def test_the_trials_notice_an_error_that_is_not_ours() -> None:
    assert failing(Trial("here", lambda t: math.sin(t)), "1", None).startswith("not ours")
    assert failing(Trial("here", lambda t: 1 / 0), "1", None).startswith("ZeroDivisionError")


def test_the_trials_notice_a_number_that_is_refused_and_one_that_is_changed() -> None:
    assert failing(Trial("here", lambda t: Value("1")), 1, 1.0).startswith("refused")  # type: ignore[arg-type]
    assert failing(Trial("here", lambda t: t), Fraction(1, 3), 0.25).startswith("got")


# Depth -------------------------------------------------------------------------------------------


def chain(depth: int) -> Value:
    """So many operations along first and second operands, one of them labelled."""
    y = Value(0.5, label="x")
    for i in range(depth // 2):
        y = 1.0 - y * 0.5
        if i == depth // 4:
            y.label = "middle"
    return y


@pytest.fixture(
    scope="module",
    params=[10_000, pytest.param(DEEP, marks=pytest.mark.slow(reason="ten times as deep"))],
)
def deep(request: pytest.FixtureRequest) -> Value:
    return chain(request.param)


RETURNED: dict[str, Callable[[Value], Value]] = {
    "deepcopy": copy.deepcopy,
    "deepcopy of a list": lambda y: copy.deepcopy([y, y])[1],
    "pickle": lambda y: pickle.loads(pickle.dumps(y)),
    "pickle of a dict": lambda y: pickle.loads(pickle.dumps({"y": (y, y)}))["y"][1],
    "pickle of protocol 0": lambda y: pickle.loads(pickle.dumps(y, protocol=0)),
}


def same_record(one: Value, other: Value) -> bool:
    """Whether two graphs have the same numbers, operations and labels, node by node."""
    before, after = topological(one), topological(other)
    return [(x.data, x.label, x.op, x.partials) for x in before] == [
        (x.data, x.label, x.op, x.partials) for x in after
    ]


@pytest.mark.parametrize("returned", RETURNED.values(), ids=RETURNED)
def test_a_deep_graph_comes_back_number_by_number(
    deep: Value, returned: Callable[[Value], Value]
) -> None:
    assert same_record(deep, returned(deep))
