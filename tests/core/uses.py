"""Every way into the core in C, as functions that may be called again and again.

Each use is a name and a function without arguments. It gives what can be compared: the same each
time, whether the core is in C or in Python. What it raises counts as given.

    AUTOGRAD_CORE=python python -m tests.core.uses    tells what all of them give
"""

from __future__ import annotations

import copy
import operator
import pickle
from array import array
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any

from autograd import (
    Value,
    detect_anomaly,
    dot,
    exp,
    gradients,
    hessian,
    hvp,
    jacobian,
    jvp,
    no_grad,
    op,
    vjp,
    where,
)
from autograd.core import ops, record
from autograd.core.graph import topological
from autograd.core.operation import Variadic
from autograd.many import add_to_grads, gather, same_objects, scatter
from autograd.modes import switched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Use = Callable[[], Any]


class World:
    """The Values that all uses share, and what must not change in them where a use fails."""

    def __init__(self) -> None:
        self.x, self.y, self.zero = Value(0.5, label="x"), Value(2, "y"), Value(0.0)
        self.wide = [Value(float(i)) for i in range(70)]
        inner = self.x * self.y + exp(self.x)
        self.leaf = Value(3.0)
        self.graph = dot([inner, self.leaf], [inner, 2.0], ops.sum([inner, self.y, 1.0])) - inner
        self.leaf.grad = 4.0
        self.leaf.own = "hung on it"  # type: ignore[attr-defined]

    def state(self) -> str:
        """All of them as text: numbers, gradients, labels, records."""
        nodes = topological(self.graph, self.zero, *self.wide)
        return "\n".join(
            f"{id(x)} {x!r} {x.op} {[*map(id, x.parents)]} {x.partials}" for x in nodes
        )

    def reset(self) -> None:
        """The gradients as they were made."""
        for x in topological(self.graph, self.zero, *self.wide):
            x._grad = 0.0
        self.leaf._grad = 4.0


def uses(world: World) -> dict[str, Use]:
    """All of them by name."""
    found: dict[str, Use] = {}
    for part in (constructions, operators, operations, attributes, walks, records, rows, watched):
        for name, use in part(world):
            assert name not in found, name
            found[name] = use
    return found


def is_private(name: str) -> bool:
    """Whether a use looks where the cores may differ: at slots, and messages of Python itself."""
    return "._" in name or name in ("Value.__new__", "pow of three", "topological of numbers")


def outcome(use: Use) -> str:
    """What a use gives or raises, as text."""
    try:
        return told(use())
    except MemoryError:
        raise
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def told(given: Any) -> str:
    """What was given, with all that it was computed from."""
    if isinstance(given, Value):
        return f"{given!r} {given.op} {given.operands} {given.partials}"
    if isinstance(given, (array, memoryview)):
        return str(given.tolist())
    if isinstance(given, (list, tuple)):
        return f"{type(given).__name__}{[*map(told, given)]}"
    return repr(given)


# What can be done --------------------------------------------------------------------------------

BIG = 10**400
OTHERS: dict[str, Any] = {
    "float": 2.0,
    "int": 3,
    "bool": True,
    "long": 2**60,
    "big": BIG,
    "fraction": Fraction(1, 3),
    "zero": 0.0,
    "text": "1",
    "none": None,
    "list": [1.0],
    "complex": 1j,
}


def constructions(world: World) -> Iterator[tuple[str, Use]]:
    """Value(...), right and wrong."""
    for name, other in OTHERS.items():
        yield f"Value({name})", partial(Value, other)
    yield "Value(float, label)", partial(Value, 1.0, "a label")
    yield "Value(float, label=)", partial(Value, 1.0, label="a label")
    yield "Value(data=)", partial(Value, data=1.0)
    yield "Value()", partial(Value)  # type: ignore[call-arg]
    yield "Value(float, int)", partial(Value, 1.0, 5)  # type: ignore[arg-type]
    yield "Value(many)", partial(Value, *[1.0] * 9)  # type: ignore[arg-type, call-arg]
    yield "Value(unknown=)", partial(Value, 1.0, name="x")  # type: ignore[call-arg]
    yield "Value.__new__", partial(Value.__new__, Value)
    yield "Value.__init__", lambda: Value.__init__(world.x * 2.0, 5.0)


INFIX = "add sub mul truediv floordiv mod pow lt le eq ne gt ge"


def operators(world: World) -> Iterator[tuple[str, Use]]:
    """x + y and its like, with each kind of operand on each side."""
    for name in INFIX.split():
        f = getattr(operator, name)
        yield f"x {name} y", partial(f, world.x, world.y)
        yield f"x {name} x", partial(f, world.x, world.x)
        yield f"x {name} Value(0)", partial(f, world.x, world.zero)
        for kind, other in OTHERS.items():
            yield f"x {name} {kind}", partial(f, world.x, other)
            yield f"{kind} {name} x", partial(f, other, world.x)
    for f in (operator.neg, operator.pos, abs, bool, hash, float, int, round, repr, format):
        if f is not hash:
            yield f.__name__, partial(f, world.x)  # type: ignore[arg-type]
    yield "hash", lambda: hash(world.x) == hash(world.x)
    yield "divmod", partial(divmod, world.x, world.y)
    yield "pow of three", partial(pow, world.x, 2, 3)
    yield "+=", partial(operator.iadd, world.x, 1.0)
    yield "a chain", lambda: sum([world.x * 2.0 - world.y / 3.0 for _ in range(20)], Value(0.0))


def operations(world: World) -> Iterator[tuple[str, Use]]:
    """Each operation of the table, called in each way; and those of users."""
    x, y = world.x, world.y
    for name, entry in ops.TABLE.items():
        call: Any = entry
        if isinstance(entry, Variadic):
            for kind, xs in {
                "list": [x, y, 2.0],
                "tuple": (x, 1.0),
                "one": [y],
                "wide": world.wide,
                "ints": [x, 1],
                "floats": [1.0, 2.0],
                "none": [],
                "text": [x, "1"],
                "number": x,
            }.items():
                yield f"{name}({kind})", partial(call, xs)
            yield f"{name}(generator)", lambda call=call: call(z for z in (x, y))  # type: ignore[misc]
            yield f"{name}()", partial(call)
            yield f"{name}(two)", partial(call, [x], [y])
            continue
        full = [0.5 if rule is None else x for rule in entry.rules]
        names = entry.forward.__code__.co_varnames[: len(full)]
        yield f"{name}(Values)", partial(call, *full)
        yield f"{name}(floats)", partial(call, *[0.5] * len(full))
        yield f"{name}(ints)", partial(call, *[1] * len(full))
        yield f"{name}(static)", partial(call, *[x] * len(full))
        yield f"{name}(text)", partial(call, "1", *full[1:])
        yield f"{name}(big)", partial(call, *full[:-1], BIG)
        yield f"{name}()", partial(call)
        yield f"{name}(too many)", partial(call, *full, *[x] * 9)
        yield f"{name}(by name)", partial(call, **dict(zip(names, full, strict=True)))
        yield f"{name}(unknown=)", partial(call, *full, unknown=1.0)
        if len(full) > 1:
            yield f"{name}(mixed)", partial(call, *[*full[:-1], 0.25])
            yield f"{name}(mixed too)", partial(call, 0.25, *full[1:])
    for kind, xs, ys, *start in (
        ("lists", [x, y], [y, 2.0]),
        ("tuples", (x, 1.0), (x, x), y),
        ("start", [x], [y], 2.0),
        ("int start", [x], [y], 2),
        ("ints", [x], [2]),
        ("floats", [1.0], [2.0]),
        ("wide", world.wide, world.wide, x),
        ("lengths", [x], [x, y]),
        ("text", [x, y], [x, "1"]),
        ("no start", [x], [x], None),
        ("numbers", x, x),
        ("empty", [], []),
    ):
        yield f"dot({kind})", partial(dot, xs, ys, *start)
    yield "dot(generators)", lambda: dot((z for z in [x, y]), (z for z in [x, 1.0]))
    yield "x.exp()", lambda: x.exp()
    yield "x.exp(1)", lambda: x.exp(1.0)
    yield "where", partial(where, True, x, y)
    for name, call in users_operations().items():
        yield f"a user's {name}", partial(call, x)
        yield f"a user's {name} of a float", partial(call, 1.0)


def users_operations() -> dict[str, Any]:
    """Operations of users: one that works, and some that fail."""

    @op(lambda x, out: 3.0)
    def right(x: float) -> float:
        return 3.0 * x

    @op(lambda x, out: 3)
    def of_ints(x: float) -> int:
        return 3

    @op(lambda x, out: 1.0)
    def failing(x: float) -> float:
        raise ZeroDivisionError("in the function")

    @op(lambda x, out: 1.0 / (x - x))
    def with_a_failing_rule(x: float) -> float:
        return x

    @op(lambda x, out: "1")
    def with_a_rule_of_text(x: float) -> float:
        return x

    @op(lambda x, out: 1.0)
    def of_text(x: float) -> float:
        return "1"  # type: ignore[return-value]

    made = (right, of_ints, failing, with_a_failing_rule, with_a_rule_of_text, of_text)
    return {f.name: f for f in made}  # type: ignore[attr-defined]


SLOTS = ("_origin", "_data", "_grad", "_x", "_dx", "_y", "_dy", "_mark", "_label")
NAMES = ("op", "data", "grad", "label", "operands", "partials", "parents", "_op", "own", "no")


def attributes(world: World) -> Iterator[tuple[str, Use]]:
    """What a Value has, read, set and deleted."""
    kinds = {"leaf": world.leaf, "of two": world.x * world.y, "of one": exp(world.x)}
    kinds |= {"of many": world.graph.parents[0], "of none": ops.sum([Value(1.0)])}
    for kind, node in kinds.items():
        for name in SLOTS + NAMES:
            if name == "_mark" and kind != "of one":
                continue  # it is what some walk left
            yield f"{kind}.{name}", partial(getattr, node, name)
    for name in (
        "data",
        "grad",
        "_data",
        "_grad",
        "label",
        "operands",
        "_origin",
        "_x",
        "__dict__",
    ):
        for given, other in OTHERS.items():

            def set_it(name: str = name, other: Any = other) -> Any:
                x = Value(1.0)
                setattr(x, name, other)
                return getattr(x, name)

            if not (name.startswith("_") and given in ("bool", "long", "fraction", "text", "none")):
                yield f".{name} = {given}", set_it

        def delete_it(name: str = name) -> None:
            delattr(Value(1.0), name)

        if name not in ("_data", "_grad", "_origin", "_x", "__dict__"):
            yield f"del .{name}", delete_it

    def own() -> Any:
        x = Value(1.0)
        x.own = [x.data, "text"]  # type: ignore[attr-defined]
        x.other = world.x  # type: ignore[attr-defined]
        return vars(x)

    def mark() -> Any:
        x = Value(1.0)
        x._mark = world.x * 2.0
        x._mark = (x._mark, 1.0)
        return x._mark

    yield "own attributes", own
    yield "marks", mark


def walks(world: World) -> Iterator[tuple[str, Use]]:
    """All that walks over a graph."""
    graph, x, y = world.graph, world.x, world.y

    def f(a: Any, b: Any) -> Any:
        return exp(a * b) / (a + 2.0) - dot([a, b], [b, a])

    def marked() -> Any:
        out = f(Value(0.5), Value(2.0))
        for node in topological(out):
            node._mark = object()
        out.backward()
        return [(z.grad, z._mark) for z in topological(out)]

    yield "topological", partial(topological, graph, x, *world.wide)
    yield "topological with a stamp", lambda: len(topological(graph, stamp=object()))
    yield "topological of numbers", partial(topological, 1.0)
    for kind, seed in OTHERS.items():
        yield f"backward({kind})", partial(graph.backward, seed)
    yield "backward()", partial(graph.backward)
    yield "backward() of a leaf", partial(world.leaf.backward)
    yield "backward() of a new graph", lambda: f(Value(0.5), Value(2.0)).backward()
    yield "backward(two)", lambda: graph.backward(1.0, 2.0)  # type: ignore[call-arg]
    yield "backward() over marks", lambda: len(told(marked())) > 0
    yield "gradients", partial(gradients, graph, [x, y, world.leaf])
    yield "gradients of gradients", lambda: gradients(gradients(graph, x), [x, y])
    yield "vjp", lambda: vjp(f, 0.5, 2.0)[1](1.5)
    yield "jvp", lambda: jvp(f, (0.5, 2.0), (1.0, -1.0))
    yield "jacobian", lambda: jacobian(lambda v: [f(v[0], v[1]), v[0]])([0.5, 2.0])
    yield "hessian", lambda: hessian(lambda v: f(v[0], v[1]))([0.5, 2.0])
    yield "hvp", lambda: hvp(lambda v: f(v[0], v[1]), [0.5, 2.0], [1.0, 0.0])
    yield "copy", lambda: copy.copy(graph)
    yield "deepcopy", lambda: copy.deepcopy([graph, world.leaf])
    yield "pickle", lambda: pickle.loads(pickle.dumps([graph, world.leaf]))
    yield "detach", lambda: graph.detach()
    yield "_backward", lambda: (Value(1.0) * 2.0)._backward()


def records(world: World) -> Iterator[tuple[str, Use]]:
    """The functions of record.py, given what no operation would."""
    x, mul = world.x, ops.mul
    yield "node", partial(record.node, Value, mul, 1.0, x, 2.0, x, None)
    yield "node of one", partial(record.node, Value, mul, 1.0, x, None)
    yield (
        "node of many",
        partial(record.node, Value, mul, 1.0, None, None, (x, 1.0, x), (1.0, None, None)),
    )
    yield "leaf", partial(record.leaf, Value, 1.0)
    yield "make_leaf", lambda: record.make_leaf(x * 2.0)
    yield "make_leaf of many", lambda: record.make_leaf(ops.sum([x, x, x]))
    yield "edges_of", partial(record.edges_of, world.graph)
    yield "birth", lambda: Value(1.0)._birth < Value(1.0)._birth


def rows(world: World) -> Iterator[tuple[str, Use]]:
    """Between many Values and a buffer."""
    values = [Value(float(i)) for i in range(5)]
    five, floats = array("d", [1.0, 2.0, 3.0, 4.0, 5.0]), array("f", [1.0] * 5)
    for kind, row in {
        "array": five,
        "floats": floats,
        "list": [1.0] * 5,
        "short": array("d", [1.0]),
        "bytes": b"12345",
        "memory": memoryview(five),
        "none": None,
    }.items():

        def all_three(row: Any = row) -> Any:
            scatter(values, row)
            add_to_grads(values, row, 0.5)
            gather(values, row)
            return [x.data for x in values], row

        yield f"scatter({kind})", all_three
        yield f"gather({kind})", partial(gather, (world.x, world.y, *values[:3]), row)
    yield "gather(wrong)", partial(gather, [world.x, "1"], array("d", [1.0, 2.0]))
    yield "scatter(factor)", partial(add_to_grads, values, five, factor=0.0)
    yield "same_objects", lambda: same_objects(values, values[:]) and not same_objects(values, [])
    yield "same_objects(empty)", lambda: same_objects([], ())
    yield "same_objects(generators)", partial(same_objects, (), iter(()))  # type: ignore[arg-type]


class Within:
    """A use inside a `with` block."""

    def __init__(self, block: Callable[[], Any], use: Use) -> None:
        self.block, self.use = block, use

    def __call__(self) -> Any:
        with self.block():
            return self.use()


class Refusing(record.Observer):
    """An observer that forbids everything."""

    def operation(self, op: Any, operands: Any, out: Any, recorded: bool) -> None:
        raise PermissionError("an operation")

    def comparison(self, relation: str, x: Any, y: Any, outcome: bool) -> Any:
        raise PermissionError("a comparison")

    def read(self, owner: object, what: str) -> None:
        raise PermissionError("reading")

    def write(self, owner: object, what: str) -> None:
        raise PermissionError("writing")


def watched(world: World) -> Iterator[tuple[str, Use]]:
    """The same while somebody watches, forbids, or where nothing is recorded."""
    x, y = world.x, world.y
    few: dict[str, Use] = {
        "x + y": lambda: x + y,
        "x * 2.0": lambda: x * 2.0,
        "2.0 / x": lambda: 2.0 / x,
        "-x": lambda: -x,
        "x**2": lambda: x**2,
        "exp": lambda: exp(x),
        "clip": lambda: ops.clip(x, 0.0, y),
        "sum": lambda: ops.sum([x, y, 1.0]),
        "dot": lambda: dot([x], [y]),
        "<": lambda: x < y,
        "< 1": lambda: x < 1,
        "bool": lambda: bool(x),
        ".data": lambda: x.data,
        ".data =": lambda: setattr(Value(1.0), "data", 2.0),
        ".grad": lambda: x.grad,
        ".grad =": lambda: setattr(Value(1.0), "grad", 2.0),
        "backward": lambda: Value(1.0).backward(),
        "operands": lambda: world.graph.operands,
        "gather": lambda: gather([x], array("d", [0.0])),
        "detach": lambda: x.detach(),
        "Value": lambda: Value(1.0),
        "wrong": lambda: x + "1",  # type: ignore[operator]
    }
    modes: dict[str, Callable[[], Any]] = {
        "no_grad": no_grad,
        "detect_anomaly": detect_anomaly,
        "an observer": partial(switched, recording=True, observers=(record.Observer(),)),
        "one that refuses": partial(switched, recording=True, observers=(Refusing(),)),
    }
    for mode, block in modes.items():
        for name, use in few.items():
            yield f"{name} within {mode}", Within(block, use)


if __name__ == "__main__":
    shared = World()
    for name, use in uses(shared).items():
        if not is_private(name):
            print(name, outcome(use), [x.grad for x in topological(shared.graph)])
            shared.reset()
