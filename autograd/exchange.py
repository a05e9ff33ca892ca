"""Which core runs: the one in Python, or the compiled one, which this file puts in its place.

The environment variable AUTOGRAD_CORE chooses: `python`; `c`, which must be there then; `auto`, the
default, the compiled one where it was built. Both give the same bits. The Python files know nothing
of it. Nobody but the package `autograd.core` imports this, before any other file of the core.
"""

from __future__ import annotations

import os
import sys
import warnings
from contextlib import suppress
from functools import wraps
from importlib import import_module
from math import inf, isnan
from typing import TYPE_CHECKING, Any
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

DEFAULT = "auto"
CHOICES = ("auto", "c", "python")
OF_EACH_CLASS = {"__doc__", "__firstlineno__"}  # and not of the class that it is made from
ONLY_PYTHON_HAS = {"__dict__", "__doc__", "__slots__", "__weakref__"}


class SelfCheckError(ImportError):
    """The compiled core gives other numbers than the Python one."""


def chosen() -> bool:
    """Put the compiled core in its place, if it is wanted and works; whether it is there now."""
    choice = os.environ.get("AUTOGRAD_CORE") or DEFAULT
    if choice not in CHOICES:
        raise ImportError(f"AUTOGRAD_CORE must be one of {', '.join(CHOICES)}; it is {choice!r}")
    if choice == "python":
        return False
    try:
        exchange(loaded())
    except Exception as error:  # whatever it is, the core in Python knows nothing of it
        put_back()
        if choice == "c":
            raise ImportError(
                f"AUTOGRAD_CORE is 'c', and there is no compiled core to run: {error}"
            ) from error
        if not isinstance(error, ModuleNotFoundError):
            warnings.warn(f"the core in Python runs, for {error}", RuntimeWarning, stacklevel=2)
        return False
    return True


def loaded() -> ModuleType:
    """The compiled core. In a checkout, where sources change, it must be built from those there."""
    core = import_module("autograd.core._core")
    with suppress(FileNotFoundError):  # a wheel has none
        if core.SOURCES not in (0, sources()):  # 0: it was built by hand
            raise ImportError("the compiled core was built from other sources; install it again")
    return core


def sources() -> int:
    """The check sum of the sources in C that hatch_build.py writes into what it builds."""
    total = 0
    for name in ("_core.c", "_table.h"):
        with open(os.path.join(os.path.dirname(__file__), "core", name), "rb") as file:
            total = crc32(file.read(), total)
    return total >> 1  # an int of C


def put_back() -> None:
    """Forget the files of the core, so that they are loaded anew as they stand."""
    for name in ("record", "graph", "operation", "ops", "value"):
        sys.modules.pop(f"autograd.core.{name}", None)
        sys.modules["autograd.core"].__dict__.pop(name, None)


def exchange(core: Any) -> None:
    """Load the Python core file by file, each with its fast parts taken from the compiled one.

    The order counts: a file takes its names from the files before it when it is loaded.
    """
    record = module("record")
    observed = record.observed
    record.FLAG = core.FLAG
    record.Node = taught(core.Node, record.Node)
    record.births = iter(core.birth, None)
    for name in ("node", "leaf", "make_leaf", "edges_of"):
        setattr(record, name, getattr(core, name))

    graph = module("graph")
    graph._LOCK = core.Lock()
    for name in ("sort", "walk_back"):
        setattr(graph, name, getattr(core, name))

    operation = module("operation")
    operation.Op = with_base(operation.Op, core.Callable)
    operation.Method = with_base(operation.Method, operation.Op)
    for name in ("Unary", "Binary", "Fixed"):
        setattr(operation, name, with_base(getattr(operation, name), operation.Method))
        core.empower(getattr(operation, name), True)
    operation.Variadic = with_base(operation.Variadic, operation.Op)
    core.empower(operation.Variadic, False)

    ops = module("ops")
    ops.dot = ops.PUBLIC["dot"] = dot(core.dot, ops.dot)
    for name, op in ops.TABLE.items():
        core.encode(op, name, sum(1 << i for i, rule in enumerate(op.rules) if rule is not None))

    value = module("value")
    slow = value.Value
    value.Value = taught(core.Value, slow)
    value.Value.backward = backward(core.backward, slow.backward)
    relations = ("lt", "le", "eq", "ne", "gt", "ge")
    core.adopt(
        {
            "MODE": record.MODE,
            "Mode": record.Mode,
            "Tape": import_module("autograd.tape").Tape,
            "observed": observed,
            "operand": value.operand,
            "init": slow.__init__,
            "data": slow.data,
            "grad": slow.grad,
            "truth": slow.__bool__,
            **{name: getattr(slow, f"__{name}__") for name in relations},
            **{name: ops.TABLE[name] for name in ("add", "sub", "mul", "div", "neg", "pow")},
            "dot_product": ops.dot_product,
        }
    )

    check(ops.TABLE, value.Value)

    many = import_module("autograd.many")
    rows = ("gather", "gather_grads", "scatter", "scatter_grads", "add_to_grads")
    same = ("same_objects", "same_lists", "same_types", "same_methods")
    for name in (*rows, "node_on", "first_lost", *same):
        setattr(many, name, or_else(getattr(core, name), getattr(many, name)))


def module(name: str) -> Any:
    """A file of the core, as a thing whose names may be set."""
    return import_module(f"autograd.core.{name}")


# What is exchanged --------------------------------------------------------------------------------


def taught(fast: Any, slow: type) -> Any:
    """The compiled class, with all that it does not do itself taken over from the one in Python."""
    own = {name for kind in fast.__mro__[:-1] for name in vars(kind)}
    for name, what in vars(slow).items():
        if name in OF_EACH_CLASS or name not in own | ONLY_PYTHON_HAS:
            setattr(fast, name, what)
    return fast


def with_base(kind: type, base: type) -> type:
    """The same class on another base."""
    names = {name: what for name, what in vars(kind).items() if name not in ONLY_PYTHON_HAS}
    return type(kind)(kind.__name__, (base,), names | {"__doc__": kind.__doc__})


def or_else(fast: Callable[..., Any], slow: Callable[..., Any]) -> Any:
    """A function that leaves to Python what the compiled one does not know."""

    @wraps(slow)
    def either(*args: Any, **named: Any) -> Any:
        out = NotImplemented if named else fast(*args)
        return slow(*args, **named) if out is NotImplemented else out

    return either


def dot(fast: Callable[..., Any], slow: Callable[..., Any]) -> Any:
    """ops.dot: the compiled one where the operands are Values and floats."""

    @wraps(slow)
    def dot(xs: Any, ys: Any, start: Any = 0.0) -> Any:
        out = fast(xs, ys, start)
        return slow(xs, ys, start) if out is NotImplemented else out

    return dot


def backward(fast: Callable[..., bool], slow: Callable[..., None]) -> Any:
    """Value.backward: the compiled one unless somebody watches."""

    @wraps(slow)
    def backward(self: Any, grad: float = 1.0) -> None:
        if not fast(self, grad):
            slow(self, grad)

    return backward


# Whether it works ---------------------------------------------------------------------------------


def check(table: dict[str, Any], kind: Any) -> None:
    """Compare what the compiled core records of each operation with what its entry says.

    A machine may compute otherwise than the one on which the core was built and tested.
    """
    for op in table.values():
        points = [*zip(*[points_of(*interval) for interval in op.domain], strict=True)]
        for point in points:
            xs = [x if rule is None else kind(x) for x, rule in zip(point, op.rules, strict=False)]
            many = type(op).__name__ == "Variadic"
            fast = op([*xs, kind(0.5), 2.0]) if many else op(*xs)
            slow = op.apply((*xs, kind(0.5), 2.0) if many else tuple(xs))
            if shown(fast) != shown(slow):
                raise SelfCheckError(
                    f"the compiled core has {shown(fast)} for {op.name} at {point}, and Python "
                    f"{shown(slow)}"
                )
    x, y = kind(0.75), kind(-1.5)
    out = (x * y - 2.0 / x) + -(y / 3.0) * (x**3.0 - 1.0)
    out.backward()
    if (out.data, x.grad, y.grad) != EXPECTED:
        raise SelfCheckError(f"the compiled core has {(out.data, x.grad, y.grad)} for a formula")


def points_of(low: float, high: float) -> tuple[float, float]:
    """Two points of an interval."""
    low = max(low, -2.0 if high == inf else high - 3.0)
    high = min(high, low + 3.0)
    return low + 0.3125 * (high - low), low + 0.875 * (high - low)


def shown(out: Any) -> str:
    """A record as text, to the last bit; any nan is like any other."""
    numbers = [out.data, *out.partials]
    return " ".join("nan" if x is not None and isnan(x) else repr(x) for x in numbers)


EXPECTED = (-4.080729166666666, 2.8993055555555554, 0.9427083333333333)

compiled = chosen()
