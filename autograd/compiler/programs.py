"""All programs of one function, or of a method of one object, by the form of the arguments."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from autograd.compiler.arguments import weakly
from autograd.compiler.paths import TIME, Paths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from autograd.compiler.arguments import Given
    from autograd.compiler.machine import Options
    from autograd.compiler.paths import Path
    from autograd.compiler.table import Table
    from autograd.core.value import Value

MOST_FORMS = 200


class Known(Exception):  # noqa: N818 - a message to the caller, no error of anybody's
    """A Value that was passed is one that the function knows otherwise too."""


class Programs:
    """Forms of arguments, each with its programs. The form that was used longest ago goes first."""

    def __init__(self, name: str, options: Options) -> None:
        self.name = name
        self.options = options
        self.forms: dict[Any, Paths] = {}
        self.tables: dict[Any, Paths] = {}  # the same, by the form of tables of arguments
        self.direct: dict[int, Callable[..., Any]] = {}  # by the number of arguments: see direct.py
        self.ways: dict[Callable[..., Any], tuple[Paths, Path]] = {}  # of each of them
        self.last: Paths | Callable[..., Any] | None = None  # what the last call went through
        self.seconds = 0.0
        self.known: dict[int, Value] = {}  # Values that the function knows otherwise too

    def pattern(self, given: Given) -> tuple[tuple[int, int], ...]:
        """Where a Value was passed that the function knows otherwise too: by capture, say."""
        if not self.known:
            return ()
        return tuple(
            [
                (i, id(x))
                for i, x in enumerate(given.numbers)
                if type(x) is not float and id(x) in self.known
            ]
        )

    def know(self, given: Given, values: Sequence[Value]) -> None:
        """Take note of what a program knows; if some of it was passed just now, tell."""
        before = self.pattern(given)
        kept = [x for path in self.all() for x in path.knows]  # and of programs that went, nothing
        self.known = {id(x): x for x in (*kept, *values)}
        if self.pattern(given) != before:
            raise Known

    def of(self, given: Given) -> Paths:
        """The programs for arguments of this form."""
        pattern = self.pattern(given)
        key = (given.key, pattern) if pattern else given.key
        paths = self.forms.get(key)
        if paths is None:
            if len(self.forms) >= MOST_FORMS:
                self.drop(min(self.forms, key=lambda key: self.forms[key].used))
            paths = self.forms.setdefault(key, Paths(self.name, given.forms, self.options))
            told = [*given.objects, *[given.numbers[i] for i, _ in pattern]]
            paths.kept = [weakly(x, lambda _, key=key: self.drop(key)) for x in told]  # type: ignore[misc]
        paths.used = next(TIME)
        return paths

    def of_table(self, table: Table, first: Callable[[], Given]) -> Paths:
        """The programs for the rows of a table, the first of which is at hand."""
        paths = self.tables.get(table.form) if table.form else None
        if paths is None:
            paths = self.of(first())
            if table.form:
                self.tables[table.form] = paths
        paths.used = next(TIME)
        return paths

    def drop(self, key: Any) -> None:
        """Let the programs for one form go, as when an object is gone that was an argument."""
        paths = self.forms.pop(key, None)
        if paths is None:
            return
        self.tables = {form: x for form, x in self.tables.items() if x is not paths}
        self.known = {id(x): x for path in self.all() for x in path.knows}
        self.ways = {way: x for way, x in self.ways.items() if x[0] is not paths}
        self.direct = {count: way for count, way in self.direct.items() if way in self.ways}
        if self.last is paths or not (isinstance(self.last, Paths) or self.last in self.ways):
            self.last = None

    def all(self) -> Iterable[Path]:
        """Every program."""
        return chain.from_iterable([paths.all for paths in self.forms.values()])

    def shorten(self, count: int, way: Callable[..., Any], paths: Paths, path: Path) -> None:
        """From now on go this way where there are so many arguments."""
        self.direct[count] = way
        self.ways[way] = paths, path
        for old in [*self.ways]:
            if old is not self.last and old not in self.direct.values():
                del self.ways[old]

    def of_last_call(self) -> tuple[Paths, Path] | None:
        """The programs that the last call could choose from, and its own; None before the first."""
        if self.last is None:
            return None
        if not isinstance(self.last, Paths):
            return self.ways[self.last]
        return None if self.last.recent is None else (self.last, self.last.recent)
