"""Faults: what is left in memory, threads, operands of every wrong kind, and great depth."""

from __future__ import annotations

import copy
import gc
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
    detect_anomaly,
    dot,
    exp,
    explain_nan,
    grad,
    gradients,
    hessian,
    hvp,
    jacobian,
    jvp,
    log,
    no_grad,
    op,
    ops,
    sin,
    tanh,
    vjp,
    where,
)
from autograd.graph import topological
from autograd.operation import Variadic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TABLE = [entry for entry in vars(ops).values() if isinstance(entry, Op)]
DEEP = 100_000
GRAPHS = 1_000
PASSES = 10_000  # backward passes a thread
THREADS = 8
# 100,000 under the profile `thorough`.
OPERANDS = 100_000 if settings.default.max_examples > 100 else 5_000


def bits(x: float) -> bytes:
    return b"nan" if x != x else struct.pack("d", x)


# Memory ------------------------------------------------------------------------------------------


def values_alive() -> int:
    return sum(type(thing) is Value for thing in gc.get_objects())


def one_operation(rng: Random) -> None:
    entry = rng.choice(TABLE)
    rules = entry.rules * 3 if isinstance(entry, Variadic) else entry.rules
    operands = [0.5 if rule is None else Value(rng.random(), label="x") for rule in rules]
    out = entry.record(tuple(operands))
    out.label = entry.name
    out.backward()


def neuron(rng: Random) -> None:
    w, x = ([Value(rng.gauss(0.0, 1.0)) for _ in range(5)] for _ in range(2))
    out = tanh(dot(w, x, start=Value(0.5)))
    out.backward(grad=2.0)
    copy.copy(copy.deepcopy(out))
    pickle.loads(pickle.dumps(out))


def higher(rng: Random) -> None:
    x, y = Value(rng.random()), Value(rng.random())
    dx = gradients(exp(x * y) / (x + 2.0), [x, y])
    gradients(dx[0] * dx[1], {"x": x})["x"].backward()


def transformed(rng: Random) -> None:
    def f(v: Any) -> Any:
        return v[0] ** 2 * exp(v[1]) + sin(v[0] * v[1])

    point = [rng.random(), rng.random()]
    jacobian(lambda v: [f(v), v[1]])(point)
    hvp(f, point, [1.0, 0.0])
    jvp(lambda x: grad(lambda y: x * y * y)(x), (2.0,), (1.0,))
    _, pull_back = vjp(f, point)
    pull_back(1.0)
    hessian(f)(point)


def refused(rng: Random) -> None:
    x = Value(rng.random())
    y = x * x
    with pytest.raises(TypeError):
        y + "1"
    with pytest.raises(ZeroDivisionError):
        grad(lambda z: exp(z * y) * (1 / 0))(1.0)
    with pytest.raises(ArithmeticError), detect_anomaly():
        log(x - 5.0)


@op(lambda x, out: interrupted())
def fragile(x: float) -> float:
    return x


def interrupted() -> float:
    raise KeyboardInterrupt


def broken_off(rng: Random) -> None:
    x = Value(rng.random())
    with pytest.raises(KeyboardInterrupt):
        fragile(x * x)


def looked_at(rng: Random) -> None:
    x = Value(rng.random(), label="x")
    with no_grad():
        repr(x * 2.0)
    explain_nan(log(x - 5.0) + 1.0)
    f"{x:.3f} {topological(x * x)}"


ACTIONS = (one_operation, neuron, higher, transformed, refused, broken_off, looked_at)


def left_alive(graphs: int) -> int:
    """How many Values there are more after so many graphs, without the garbage collector."""
    rng = Random(0)
    for action in ACTIONS:  # what is made once and kept, such as caches of NumPy and pytest
        action(rng)
    gc.collect()
    gc.disable()
    try:
        before = values_alive()
        for i in range(graphs):
            ACTIONS[i % len(ACTIONS)](rng)
        return values_alive() - before
    finally:
        gc.enable()


def test_nothing_is_alive_after_a_thousand_graphs_without_the_garbage_collector() -> None:
    assert left_alive(GRAPHS) == 0


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


def test_explaining_something_else_than_a_value_is_refused() -> None:
    with pytest.raises(TypeError, match=r"explain_nan: expected a Value, got float 1\.0"):
        explain_nan(1.0)  # type: ignore[arg-type]


def test_a_date_is_refused_with_the_way_to_a_number() -> None:
    with pytest.raises(TypeError, match="convert dates and durations to numbers of some unit"):
        Value(np.timedelta64(3, "D"))  # type: ignore[arg-type]


@pytest.mark.parametrize("symbol", ARITHMETIC)
def test_a_stranger_may_know_itself_what_to_do_with_a_value(symbol: str) -> None:
    class Matrix:
        def answer(self, other: object) -> str:
            return "mine"

        __add__ = __sub__ = __mul__ = __truediv__ = __floordiv__ = __mod__ = __pow__ = answer
        __radd__ = __rsub__ = __rmul__ = __rtruediv__ = __rfloordiv__ = __rmod__ = answer
        __rpow__ = __divmod__ = __rdivmod__ = answer

    infix = ARITHMETIC[symbol]
    assert infix(Matrix(), Value(1.0)) == "mine"
    if symbol != "divmod":  # which is the pair of // and %
        assert infix(Value(1.0), Matrix()) == "mine"
    else:
        assert divmod(Value(1.0), Matrix()) == ("mine", "mine")


@pytest.mark.parametrize("symbol", ["+", "-", "*", "/", "//", "%", "**"])
def test_python_names_both_where_neither_knows_the_other(symbol: str) -> None:
    for x, y in ((Value(1.0), Plain()), (Plain(), Value(1.0))):
        with pytest.raises(TypeError, match=f"unsupported operand.*'{type(x).__name__}' and '"):
            ARITHMETIC[symbol](x, y)


@pytest.mark.parametrize("symbol", ["<", "<=", ">", ">="])
def test_python_names_both_where_a_value_cannot_be_compared(symbol: str) -> None:
    with pytest.raises(TypeError, match=r"not supported between instances of 'Value' and 'str'"):
        COMPARISONS[symbol](Value(1.0), "1")


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(lambda: round(Value(1.0), 10**400), id="digits"),
        pytest.param(lambda: grad(lambda x: x, 10**2000)(1.0), id="argnums"),
    ],
)
def test_an_int_beyond_the_floats_is_named_by_its_size(act: Callable[[], object]) -> None:
    with pytest.raises((TypeError, ValueError), match=r"an int of \d+ bits"):
        act()


@pytest.mark.parametrize("label", [np.array(["a", "b"]), np.array([]), 0, b""], ids=repr)
def test_a_label_that_is_no_text_is_refused(label: Any) -> None:
    with pytest.raises(TypeError, match=r"Value.label: expected text, got"):
        Value(1.0, label=label)


# Operations of users -----------------------------------------------------------------------------


def test_a_rule_may_give_any_real_number() -> None:
    @op(lambda x, y, z, out: 1, lambda x, y, z, out: Fraction(1, 2), lambda x, y, z, out: True)
    def lazy(x: float, y: float, z: float) -> float:
        return x + y / 2.0 + z

    partials = lazy(Value(1.0), Value(2.0), Value(3.0)).partials
    assert [(type(p), p) for p in partials] == [(float, 1.0), (float, 0.5), (float, 1.0)]


@pytest.mark.parametrize("partial", ["1", 1j, [1.0], Decimal(1)], ids=repr)
def test_a_rule_that_gives_no_number_is_named(partial: Any) -> None:
    @op(lambda x, out: partial)
    def odd(x: float) -> float:
        return x

    with pytest.raises(TypeError, match="the result of odd: expected a real number"):
        odd(Value(1.0))


def test_a_rule_that_gives_too_few_derivatives_is_named() -> None:
    @op(lambda *xs_out: [1.0])
    def total(*xs: float) -> float:
        return math.fsum(xs)

    with pytest.raises(TypeError, match="one derivative for each of 2 operands, and gave 1"):
        total([Value(1.0), Value(2.0)])


def test_an_operation_of_any_number_of_operands_has_one_rule() -> None:
    with pytest.raises(TypeError, match=r"total\(\*xs\) needs one rule, got 2"):

        @op(lambda *xs_out: [], lambda *xs_out: [])
        def total(*xs: float) -> float:
            return math.fsum(xs)


# Depth -------------------------------------------------------------------------------------------


def chain(depth: int) -> Value:
    """So many operations along first and second operands, one of them labelled."""
    y = Value(0.5, label="x")
    for i in range(depth // 2):
        y = 1.0 - y * 0.5
        if i == depth // 4:
            y.label = "middle"
    return y


@pytest.fixture(scope="module")
def deep() -> Value:
    return chain(DEEP)


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
def test_a_graph_100_000_operations_deep_comes_back_number_by_number(
    deep: Value, returned: Callable[[Value], Value]
) -> None:
    assert len(topological(deep)) == DEEP + 1
    assert same_record(deep, returned(deep))


def test_the_repr_of_a_deep_result_is_one_line(deep: Value) -> None:
    assert repr(deep) == f"Value(data={deep.data!r}, grad={deep.grad!r})"
    assert f"{deep} {deep:.1f}" == f"{deep!r} {deep.data:.1f}"
