"""`jit`: a function that is traced when it is called in a new way, and a program from then on."""

from __future__ import annotations

import builtins
import re
import sys
from collections.abc import Iterable
from functools import lru_cache, partial
from inspect import signature
from keyword import iskeyword
from time import perf_counter
from types import MethodType
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, overload

from autograd.compiler import checking
from autograd.compiler.arguments import Given, Made, Rows, weakly
from autograd.compiler.batch import Batch
from autograd.compiler.changes import line_of_change
from autograd.compiler.direct import direct
from autograd.compiler.machine import Options
from autograd.compiler.programs import Known, Programs
from autograd.compiler.python import EDGES, NAMESPACE, imports
from autograd.compiler.reports import Report
from autograd.compiler.results import Results, results_of, stacked
from autograd.compiler.table import Table
from autograd.compiler.trace import (
    Trace,
    TraceError,
    is_watched,
    once,
    outputs_of,
    replayed,
    traced,
)
from autograd.compiler.watching.world import World
from autograd.core.ops import div, sum as total
from autograd.core.record import FLAG, current
from autograd.core.value import Value
from autograd.numbers.reals import describe

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Self

    from autograd.calculus.trees import Structure
    from autograd.compiler.arguments import Forms
    from autograd.compiler.paths import Path, Paths

P = ParamSpec("P")
R = TypeVar("R")


@overload
def jit(
    f: Callable[P, R],
    *,
    static: str | Iterable[str] = ...,
    backend: str = ...,
    threads: int | None = ...,
    fastmath: bool = ...,
) -> Compiled[P, R]: ...
@overload
def jit(
    *,
    static: str | Iterable[str] = ...,
    backend: str = ...,
    threads: int | None = ...,
    fastmath: bool = ...,
) -> Callable[[Callable[P, R]], Compiled[P, R]]: ...
def jit(
    f: Any = None,
    *,
    static: str | Iterable[str] = (),
    backend: str = "auto",
    threads: int | None = None,
    fastmath: bool = False,
) -> Any:
    """The function f, compiled: it runs once while it is recorded, and from then on as a program.

    >>> from autograd import grad, jit
    >>> @jit
    ... def f(x, y):
    ...     return x * x * y
    >>> f(3.0, 2.0), jit(grad(f))(3.0, 2.0)
    (18.0, 12.0)

    Plain numbers give plain numbers. With Values among the arguments, or used from outside as a
    model's parameters are, each number of the result is one Value, with compiled derivatives.
    `f.map`, `f.mean` and `f.sum` run over many rows; `f.source` is the program as Python, and
    `f.report()` says what it consists of.

    static      the names of arguments that are a part of the program, such as a length or an index:
                another number there makes another program
    backend     "auto": machine code where llvmlite is installed and it pays, else Python source;
                or "python" or "llvm" alone
    threads     how many threads share the rows of a large batch: None for one a processor
    fastmath    machine code may contract a * b + c, and use faster exp, log, tanh and erf

    >>> slope = jit(threads=1)(grad(lambda x: x**3))
    >>> slope(2.0)
    12.0
    >>> power = jit(lambda x, n: product([x] * n), static="n")
    >>> from autograd import prod as product
    >>> power(2.0, 3), power(2.0, 10)
    (8.0, 1024.0)
    """
    options = chosen(backend, threads, fastmath)
    if not isinstance(static, Iterable):
        raise TypeError(f"jit: static must be the name of an argument, or names; got {static!r}")
    names = (static,) if isinstance(static, str) else tuple(static)
    if f is None:
        return partial(jit, static=names, backend=backend, threads=threads, fastmath=fastmath)
    if not callable(f):
        raise TypeError(f"jit: expected a function, got {describe(f)}")
    if isinstance(f, Compiled):
        if options == AUTO and not names:
            return f
        return Compiled(f.function, f.options.with_more(options), (*f.static, *names))
    return Compiled(f, options, names)


def chosen(backend: object, threads: object, fastmath: object) -> Options:
    """What the user chose, if that makes sense."""
    if backend not in ("auto", "python", "llvm"):
        raise ValueError(f"jit: backend must be 'auto', 'python' or 'llvm', got {backend!r}")
    if threads is not None and (type(threads) is not int or threads < 1):
        raise ValueError(f"jit: threads must be a whole number from 1, or None, got {threads!r}")
    if type(fastmath) is not bool:
        raise TypeError(f"jit: fastmath must be True or False, got {describe(fastmath)}")
    if backend == "llvm":
        from autograd.compiler.engine import trouble  # which imports llvmlite: slow

        if (reason := trouble()) is not None:
            raise ImportError(f"jit: backend='llvm' cannot be had: {reason}")
    return Options(str(backend), threads or 0, fastmath)


AUTO = Options()


class Compiled(Generic[P, R]):
    """A function compiled by `jit`: called like the function, or for many rows.

    >>> from autograd import jit
    >>> f = jit(lambda x, y: x * y)
    >>> f(2.0, 3.0), f.map([1.0, 2.0], [10.0, 100.0]), f.sum([1.0, 2.0], [10.0, 100.0])
    (6.0, [10.0, 200.0], 210.0)
    """

    def __init__(
        self, function: Callable[P, R], options: Options = AUTO, static: tuple[str, ...] = ()
    ) -> None:
        self.function = function
        self.options = options
        self.static = static
        self.name = name_of(function)
        self.__name__ = getattr(function, "__name__", self.name)
        self.__qualname__ = getattr(function, "__qualname__", self.name)
        self.__module__ = getattr(function, "__module__", __name__)
        self.__doc__ = function.__doc__
        self.__wrapped__ = function
        self._fixed = places(function, static) if static else frozenset[int | str]()
        self._have(Programs(self.name, options))
        self._objects: dict[int, tuple[Any, Programs]] = {}  # of a method, by the object it is of

    def _have(self, programs: Programs) -> None:
        self.programs = programs
        self._direct = programs.direct  # the same dictionary: a call looks there first

    def __call__(self, *args: P.args, **named: P.kwargs) -> R:
        if not FLAG.watched and not named:
            call = self._direct.get(len(args))
            if call is not None:
                try:
                    result = call(*args)
                except EDGES:
                    pass
                else:
                    if type(result) is not int:  # else the arguments or a guard do not fit
                        self.programs.last = call
                        return result  # type: ignore[no-any-return]
        return self._called(args, named)  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        return f"<jit({self.name})>"

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type) -> Any: ...
    def __get__(self, instance: Any, owner: type) -> Any:
        """As a method: each object has programs of its own, which go when it goes."""
        return self if instance is None else Method(self, instance)

    def _of_object(self, instance: Any) -> Programs:
        """The programs of an object's method."""
        key = id(instance)
        found = self._objects.get(key)
        if found is None:
            gone = weakly(instance, lambda _: self._objects.pop(key, None))
            found = self._objects[key] = gone, Programs(self.name, self.options)
        return found[1]

    def __reduce__(self) -> Any:
        # By its name where it is found under that, as functions are; else a copy with programs of
        # its own.
        found: Any = sys.modules.get(self.__module__)
        for name in self.__qualname__.split("."):
            found = getattr(found, name, None)
        if found is self:
            return self.__qualname__
        return Compiled, (self.function, self.options, self.static)

    def _called(self, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """A call with any arguments, in any mode."""
        if is_watched() or checking.WISH == "off":
            return self.function(*args, **named)  # somebody wants to see each operation
        recording = not FLAG.watched or current().recording
        given = Given(self.name, args, named, self._fixed)
        numbers = [x if type(x) is float else x.data for x in given.numbers]
        passed = any(type(x) is not float for x in given.numbers)

        def attempt(path: Path) -> Any:
            if recording and (passed or path.captured):
                return path.nodes(given.numbers, numbers)
            return path.numbers(numbers)

        paths = self.programs.of(given)
        if paths.given_up:
            paths.do_without()
            return self._eager(given, plain=not (passed or paths.all[-1].captured))
        try:
            path, results = paths.find(given.numbers, attempt, partial(self._traced, given))
        except Known:  # a Value that was passed is known to the function: look again
            return self._called(args, named)
        self.programs.last = paths
        if checking.WISH == "check" and not self.options.fastmath:
            checking.compare(self.name, self.function, given, results)
        if not recording and (passed or path.captured):
            if not hasattr(self.function, "derivative_of"):  # derivatives are plain within no_grad
                results = [Value(x) for x in results]
        elif not (passed or path.captured or path.pins or named or checking.WISH == "check"):
            self._shorten(paths, path, len(args), given.forms)
        return path.returned.rebuild(results)

    def _eager(self, given: Given, *, plain: bool) -> Any:
        """The result of the function itself, on Values as for a program."""
        values = [Value(x) if type(x) is float else x for x in given.numbers]
        made = Made(given.forms, values)
        result = self.function(*made.args, **made.named)
        numbers, structure = results_of(result, f"jit({self.name}): the result")
        if plain:
            numbers = [x.data if isinstance(x, Value) else x for x in numbers]
        return structure.rebuild(numbers)

    def _traced(self, like: Given | Rows, numbers: Sequence[Value | float]) -> Trace:
        """What the function does at arguments of a form, with these numbers in them."""
        given = like.first()
        latest: list[Made] = []
        world = World(self.function, given.objects)

        def run(values: list[Value]) -> tuple[list[Any], Structure]:
            latest[:] = [Made(given.forms, values)]
            try:
                result = world.run(*latest[0].args, **latest[0].named)
            except TypeError as error:
                if "integer" in str(error):  # what Python says where it wants a length or an index
                    error.add_note(
                        f"jit({self.name}) was tracing: there the numbers of the arguments are "
                        f"Values, and none can be a length or an index. Name it in "
                        f"jit(f, static=...), or take it from outside the function"
                    )
                raise
            return results_of(result, f"jit({self.name}): the result")

        def checked(values: list[Value]) -> tuple[list[Any], Structure]:
            flat = run(values)
            if changed := latest[0].changed():
                latest.clear()
                line = line_of_change(lambda: run(values), lambda: latest and latest[0].changed())
                raise TraceError(
                    f"{changed} is changed{f' at {line}' if line else ''}: the program would do "
                    f"that once, and not in later calls; change a copy, or return what is new"
                )
            return flat

        began = perf_counter()
        try:
            trace = traced(checked, numbers)
            watch = world.watch(lambda: once(checked, numbers))
        finally:
            self.programs.seconds += perf_counter() - began
        self.programs.know(given, (*trace.captured, *trace.matters))
        return trace._replace(watch=watch)

    def _shorten(self, paths: Paths, path: Path, count: int, forms: Forms) -> None:
        """From the second call on, have a function that takes the arguments as they are."""
        if self.options.backend == "llvm" or self.options.fastmath:
            return
        path.calls += 1
        if path.calls == 2 and not forms.by_name:
            path.direct = direct(path.unit.code.python, forms.in_order, path.returned, path.watch)
        if path.direct is not None:
            self.programs.shorten(count, path.direct, paths, path)

    # Rows -----------------------------------------------------------------------------------------

    def sum(self, *columns: Any) -> Any:
        """The sum of f over rows: of f(x0, y0), f(x1, y1) ... for the columns xs and ys.

        >>> from autograd import jit
        >>> jit(lambda x, y: x * y).sum([1.0, 2.0], [10.0, 100.0])
        210.0

        It is one node if f depends on Values from outside. Rows that take the same way through the
        function run together.
        """
        return self._over("sum", columns)

    def mean(self, *columns: Any) -> Any:
        """The mean of f over rows: `sum`, divided by their number.

        >>> from autograd import Value, jit
        >>> w = Value(3.0)
        >>> loss = jit(lambda x: (w * x - 1.0) ** 2).mean([1.0, 2.0])
        >>> loss.backward()
        >>> loss.data, w.grad
        (14.5, 12.0)
        """
        return self._over("mean", columns)

    def map(self, *columns: Any) -> Any:
        """The results of f for all rows: a list of numbers, or an array if an array was given.

        Where f gives a structure of numbers, it is that structure of lists or arrays.

        >>> from autograd import jit
        >>> jit(lambda x: {"twice": 2.0 * x, "square": x * x}).map([1.0, 2.0, 3.0])
        {'twice': [2.0, 4.0, 6.0], 'square': [1.0, 4.0, 9.0]}
        """
        rows = Rows(f"jit({self.name}).map", columns, self._fixed)
        recording = not FLAG.watched or current().recording
        alone = is_watched() or checking.WISH != "on"
        table = None if alone else rows.table(copied=False)
        if table is not None:
            paths = self.programs.of_table(table, rows.first)
            trace = partial(self._traced, rows)
            path = paths.recent or paths.new(table.first, trace)
            self.programs.last = paths
            results = Results(self.name, path.returned, table, rows.arrays)
            if results.fill(paths, trace, plain=not recording):
                return results.structure()
        found: list[Any] = [self(*args) for args in rows.arguments()]  # type: ignore[call-arg]
        return stacked(self.name, found, rows)

    def _over(self, how: str, columns: tuple[Any, ...]) -> Any:
        rows = Rows(f"jit({self.name}).{how}", columns, self._fixed)
        recording = not FLAG.watched or current().recording
        count = float(rows.count) if how == "mean" else 1.0
        alone = is_watched() or checking.WISH == "off"
        groups = None if alone else self._groups(rows)
        if groups is None:  # somebody looks at each operation, or there are Values in the rows
            results: list[Any] = [self(*args) for args in rows.arguments()]  # type: ignore[call-arg]
            return div(total(results), count) if how == "mean" else total(results)
        batch = Batch(self.name, recording)
        for given, table in groups:
            paths = self.programs.of_table(table, given.first)
            batch.add(paths, table, partial(self._traced, given))
            self.programs.last = paths
        return batch.node(count)

    def _groups(self, rows: Rows) -> list[tuple[Rows | Given, Table]] | None:
        """The numbers of the rows, by the form of the row; None where there are Values in them."""
        table = rows.table(copied=True)  # the record outlives the call
        if table is not None:
            return [(rows, table)]
        groups: dict[Any, tuple[Given, list[tuple[float, ...]]]] = {}
        for given in rows.given():
            if any(type(x) is not float for x in given.numbers):
                return None
            groups.setdefault(given.key, (given, []))[1].append(tuple(given.numbers))
        return [(given, Table([some], len(some), len(some[0]))) for given, some in groups.values()]

    # What it has become ---------------------------------------------------------------------------

    @property
    def source(self) -> str:
        """The program of the last call as Python source, which runs by hand.

        >>> from autograd import exp, jit
        >>> f = jit(lambda x: exp(x) * 2.0)
        >>> f(0.0)
        2.0
        >>> print(f.source)
        from math import exp
        <BLANKLINE>
        def f(x0):
            return (exp(x0) * 2.0,)
        <BLANKLINE>
        """
        last = self.programs.of_last_call()
        if last is None:
            raise ValueError(f"jit({self.name}): there is no source before the first call")
        _, path = last
        text = "\n".join(path.unit.sources())
        return imports(text) + text

    def last_arguments(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Arguments that go the way of the last call: those that its program was traced with.

        In order, and by name. `draw(f)` shows f with them.

        >>> from autograd import exp, jit
        >>> f = jit(lambda x: exp(x) * 2.0)
        >>> f(0.0)
        2.0
        >>> f.last_arguments()
        ((0.0,), {})
        """
        last = self.programs.of_last_call()
        if last is None:
            raise ValueError(
                f"jit({self.name}): there are no arguments before the first call; call it, or draw "
                f"it with arguments of your own"
            )
        paths, path = last
        made = Made(paths.forms, path.example)
        return made.args, made.named

    def graph(self, *args: P.args, **named: P.kwargs) -> Any:
        """The result at these arguments with a record of all that its program computes.

        The arguments are leaves x0, x1 ... as in `source`; Values from outside are themselves.

        >>> from autograd import exp, jit
        >>> f = jit(lambda x: 2.0 * exp(x))
        >>> [operand.op.symbol for operand in f.graph(0.0).parents]
        ['exp']
        """
        given = Given(self.name, args, named, self._fixed)
        numbers = [x if type(x) is float else x._data for x in given.numbers]
        path, _ = self.programs.of(given).find(
            numbers, lambda path: path.numbers(numbers), lambda _: self._traced(given, numbers)
        )
        leaves = [Value(x, f"x{i}") for i, x in enumerate(numbers)]
        program = path.unit.program
        found = outputs_of(program, replayed(program, [*leaves, *path.captured]))
        return path.returned.rebuild(found)

    def report(self) -> Report:
        """What has been traced and compiled so far, in words.

        >>> from autograd import jit
        >>> f = jit(lambda x: x * 3.0 + 1.0)
        >>> f(2.0)
        7.0
        >>> f.report()
        jit(f): 1 program for 1 form of arguments, ...
        """
        return Report(self.name, [*self.programs.forms.values()], self.programs.seconds)


class Method(Compiled[P, R]):
    """A compiled method of one object, as `object.method` gives it."""

    def __init__(self, of: Compiled[P, R], instance: Any) -> None:
        self.__self__ = instance
        self.__func__ = of
        self.function = MethodType(of.function, instance)
        self.options = of.options
        self.static = of.static
        self.name = of.name
        self._have(of._of_object(instance))

    @property
    def _fixed(self) -> frozenset[int | str]:  # type: ignore[override]
        return places(self.function, self.static) if self.static else frozenset()

    @property
    def __wrapped__(self) -> Any:  # type: ignore[override]
        return self.function

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__func__, name)  # the name of the function, and the like

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Method):
            return NotImplemented
        return self.__self__ is other.__self__ and self.__func__ is other.__func__

    def __hash__(self) -> int:
        return hash((id(self.__self__), id(self.__func__)))

    def __reduce__(self) -> Any:
        return Method, (self.__func__, self.__self__)


@lru_cache(maxsize=1000)
def places(function: Any, static: tuple[str, ...]) -> frozenset[int | str]:
    """The names of static arguments, and their places among those that are passed in order."""
    names = [*signature(function).parameters]
    if unknown := [name for name in static if name not in names]:
        raise ValueError(
            f"jit: static names the argument {unknown[0]!r}, and {name_of(function)} takes "
            f"({', '.join(names)})"
        )
    return frozenset([*static, *map(names.index, static)])


def name_of(function: Any) -> str:
    """A name for the programs of a function: `grad(loss)` is grad_loss, a lambda is f."""
    name = getattr(function, "__name__", type(function).__name__)
    words = [word for word in re.findall(r"\w+", name) if word != "lambda"]
    name = "_".join(words)
    taken = iskeyword(name) or name in NAMESPACE or hasattr(builtins, name)
    return name if name.isidentifier() and not taken else "f"
