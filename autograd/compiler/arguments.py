"""Arguments of a compiled function: their numbers, and what of them belongs to the program.

Numbers are inputs of a program. Where they stand, which objects are the same one, and everything
that is no number - text, None, bools, objects - is a part of the program itself: other ones make
another program. Text and bools are compared by type and value, objects by identity.
"""

from __future__ import annotations

import sys
from collections import OrderedDict, defaultdict
from functools import cache, partial
from operator import is_
from struct import pack
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import ref

from autograd.calculus.trees import is_ndarray, taken
from autograd.compiler.table import Table
from autograd.core.record import Node
from autograd.numbers.reals import describe, is_real, real

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

PLAIN = frozenset([str, bytes, bool, int, type(None), type(...), type(NotImplemented)])
# Objects of these are equal, in all that one can ask of them, where their texts are.
TOLD_BY_TEXT = {("decimal", "Decimal"), ("datetime", "date"), ("datetime", "timedelta")}


class Given:
    """The arguments of one call, taken apart; `static` ones, by place or name, are held fixed."""

    def __init__(
        self,
        name: str,
        args: tuple[Any, ...],
        named: Mapping[str, Any],
        static: Collection[int | str] = (),
    ) -> None:
        self.numbers: list[Any] = []  # floats, and each Value once
        self.objects: list[Any] = []  # those that are told by identity
        self._known: dict[int, tuple[Form, Any]] = {}  # by identity: its form, and how keys say so
        where = f"jit({name}): argument"
        key: list[Any] = [len(args), *named]
        try:
            forms = [
                self._fixed(x, key) if word in static else self._form(x, f"{where} {word}", key)
                for word, x in (*enumerate(args), *named.items())
            ]
        except RecursionError:
            raise ValueError(
                f"jit({name}): an argument is nested too deeply, or contains itself"
            ) from None
        self.key = tuple(key)  # equal for two calls that can share programs
        self.forms = Forms(forms[: len(args)], dict(zip(named, forms[len(args) :], strict=True)))

    def first(self) -> Given:
        """Itself: of many rows it would be the first one."""
        return self

    def _form(self, x: Any, where: str, key: list[Any]) -> Form:
        """The form of an argument, or of a part of one; what it is like goes into the key."""
        if type(x) is float:
            return self._number(x, key)
        if id(x) in self._known:  # the same Value, list ... again
            form, again = self._known[id(x)]
            key.append(again)
            return form
        if isinstance(x, Node):
            form = self._number(x, key)
            self._known[id(x)] = form, ("number", form.place)
            return form
        if type(x) is not bool and is_real(x):
            return self._number(real(x, where), key)
        if is_ndarray(x):
            return self._block(x, where, key)
        opened = container(x, where)
        if opened is None:
            return self._fixed(x, key, where)
        place = len(self._known)
        key.append((opened.kind, tuple([self._exactly(k) for k in opened.keys])))
        parts = [
            self._form(part, where + opened.step.format(name), key)
            for part, name in zip(opened.contents, opened.keys, strict=True)
        ]
        form = Container(where, opened, parts)
        self._known[id(x)] = form, ("container", place)
        return form

    def _number(self, x: Any, key: list[Any]) -> Number:
        self.numbers.append(x)
        key.append(float)
        return numbered(len(self.numbers) - 1)

    def _block(self, x: Any, where: str, key: list[Any]) -> Form:
        if type(x).__module__ != "numpy" or type(x).__name__ != "ndarray":
            raise TypeError(
                f"{where}: expected a plain NumPy array, got a {type(x).__name__}, which has rules "
                f"of its own; pass numpy.asarray(x) if the plain numbers are what you mean"
            )
        key.append(("array", x.shape))
        elements = (x.astype(float) if x.dtype.kind in "biuf" else x).ravel().tolist()
        form = Block(where, x.shape, [self._form(element, where, key) for element in elements])
        self._known[id(x)] = form, ("array", len(self._known))
        return form

    def _fixed(self, x: Any, key: list[Any], where: str = "") -> Form:
        if where and type(x).__hash__ is None:
            raise TypeError(
                f"{where}: expected numbers, containers of numbers, or something fixed that can be "
                f"hashed (text, None, a bool, an object); got {describe(x)}"
            )
        key.append(self._exactly(x))
        return Fixed(x)

    def _exactly(self, x: Any) -> Any:
        """Something to be found again in a dictionary, by type and bits or by identity."""
        kind = type(x)
        if kind in PLAIN:
            return kind, x
        if kind is float:
            return kind, pack("d", x)
        if kind is complex:
            return kind, pack("2d", x.real, x.imag)
        if kind is tuple:
            return kind, *map(self._exactly, x)
        if kind in (range, slice):
            return kind, *map(self._exactly, (x.start, x.stop, x.step))
        if (kind.__module__, kind.__name__) in TOLD_BY_TEXT:
            return kind, str(x)
        self.objects.append(x)
        return "object", id(x)


class Forms(NamedTuple):
    """How the arguments of a call are made of its numbers."""

    in_order: list[Form]
    by_name: dict[str, Form]


class Made:
    """Arguments made anew, with these in place of their numbers."""

    def __init__(self, forms: Forms, values: Sequence[Any]) -> None:
        self.values = values
        self.known: dict[Form, tuple[Any, list[Any]]] = {}  # what was made, and of which parts
        self.args = tuple([form.made(self) for form in forms.in_order])
        self.named = {word: form.made(self) for word, form in forms.by_name.items()}

    def changed(self) -> str:
        """Which of the containers is no longer what it was; nothing if all are."""
        for form, (now, parts) in self.known.items():
            if not form.holds(now, parts):
                return form.where
        return ""


class Form:
    """How an argument is made: of numbers, which differ from call to call, and of fixed things."""

    where = ""  # how messages call it

    def made(self, run: Made) -> Any:
        """The argument with the numbers of a run."""
        raise NotImplementedError

    def holds(self, x: Any, parts: list[Any]) -> bool:
        """Whether what was made of these parts still consists of them."""
        raise NotImplementedError


class Number(Form):
    """A number of the arguments."""

    def __init__(self, place: int) -> None:
        self.place = place

    def made(self, run: Made) -> Any:
        return run.values[self.place]


@cache
def numbered(place: int) -> Number:
    """The number at a place: one for all calls, for there are so many."""
    return Number(place)


class Fixed(Form):
    """What is no number. An object is not kept alive by the programs that were made for it."""

    def __init__(self, x: Any) -> None:
        self._found = weakly(x)

    def made(self, run: Made) -> Any:
        return self._found()


class Container(Form):
    """A list, a tuple, a dict, or a dataclass."""

    def __init__(self, where: str, opened: Opened, parts: Sequence[Form]) -> None:
        self.where = where
        self.kind = opened.kind
        self.keys = opened.keys
        self.parts = parts
        self._together = opened.together

    def made(self, run: Made) -> Any:
        if self not in run.known:  # else it is the same object again
            parts = [part.made(run) for part in self.parts]
            run.known[self] = self._together(parts), parts
        return run.known[self][0]

    def holds(self, x: Any, parts: list[Any]) -> bool:
        opened = container(x, self.where)
        return (
            opened is not None
            and [*opened.keys] == [*self.keys]
            and all(map(is_, opened.contents, parts))
        )


class Block(Form):
    """A NumPy array."""

    def __init__(self, where: str, shape: tuple[int, ...], parts: Sequence[Form]) -> None:
        self.where = where
        self.shape = shape
        self.parts = parts

    def made(self, run: Made) -> Any:
        if self not in run.known:
            parts = [part.made(run) for part in self.parts]
            run.known[self] = taken(iter(parts), self.shape), parts
        return run.known[self][0]

    def holds(self, x: Any, parts: list[Any]) -> bool:
        return x.shape == self.shape and all(
            a is b or (type(a) is float and pack("d", a) == pack("d", b))
            for a, b in zip(x.ravel().tolist(), parts, strict=True)
        )


def weakly(x: Any, gone: Callable[[Any], object] | None = None) -> Callable[[], Any]:
    """A way to something that lets it go, if that is possible; `gone` is called when it is gone.

    >>> weakly("text")()
    'text'
    """
    try:
        return ref(x, gone)
    except TypeError:
        return lambda: x


class Opened(NamedTuple):
    """A container, seen from inside."""

    kind: Any  # a part of the key
    together: Callable[[list[Any]], Any]  # makes one like it of other parts
    contents: Sequence[Any]
    keys: Sequence[Any]
    step: str  # how a key is written


def container(x: Any, where: str) -> Opened | None:
    """What a container consists of; None for what is none.

    A class of the user's that is a kind of list, say, is refused: nobody knows what else is in it.
    """
    kind = type(x)
    if kind is list or kind is tuple:
        return Opened(kind, kind, x, range(len(x)), "[{!r}]")
    if kind is dict or kind is OrderedDict:
        keys = list(x)
        return Opened(kind, partial(filled, kind, keys), list(x.values()), keys, "[{!r}]")
    if kind is defaultdict:
        keys, factory = list(x), x.default_factory
        make: Any = partial(defaultdict, factory)
        kept = kind, id(factory)
        return Opened(kept, partial(filled, make, keys), list(x.values()), keys, "[{!r}]")
    if issubclass(kind, tuple) and hasattr(kind, "_fields") and not kind.__dictoffset__:
        return Opened(kind, kind._make, x, kind._fields, ".{}")  # type: ignore[attr-defined]
    if isinstance(x, (list, tuple, dict)):
        base = next(base for base in (list, tuple, dict) if isinstance(x, base))
        raise TypeError(
            f"{where} is a {kind.__name__}, and jit takes apart plain lists, tuples and dicts, "
            f"named tuples and dataclasses: what else is in another kind of {base.__name__} "
            f"nobody knows. Pass {base.__name__}(x)"
        )
    if hasattr(kind, "__dataclass_fields__"):
        # All that stands on it: what `__post_init__` or somebody else has put there, too. Whoever
        # made a dataclass has imported the module, which is slow to import.
        fields = [field.name for field in sys.modules["dataclasses"].fields(x)]
        names = [*dict.fromkeys([*fields, *getattr(x, "__dict__", ())])]
        contents = [getattr(x, name) for name in names]
        return Opened(kind, partial(remade, kind, names), contents, names, ".{}")
    return None


def filled(make: Callable[[Any], Any], keys: Sequence[Any], parts: list[Any]) -> Any:
    """A dict of a kind with these keys."""
    return make(zip(keys, parts, strict=True))


def remade(kind: type, names: Sequence[str], parts: list[Any]) -> Any:
    """A dataclass with these attributes, and without a call of its `__init__`."""
    new: Any = object.__new__(kind)
    for name, part in zip(names, parts, strict=True):
        object.__setattr__(new, name, part)  # frozen ones too
    return new


# Rows ---------------------------------------------------------------------------------------------


class Rows:
    """The arguments of a call for each of many rows: columns, as long as each other."""

    def __init__(
        self, name: str, columns: tuple[Any, ...], static: Collection[int | str] = ()
    ) -> None:
        self.name = name
        self.static = static
        if not columns:
            raise TypeError(f"{name}: expected rows, as many lists or arrays as f has arguments")
        self.columns = [column_of(name, i, column) for i, column in enumerate(columns)]
        lengths = [len(column) for column in columns]
        if len(set(lengths)) > 1:
            raise ValueError(f"{name}: the arguments must be of one length, got {lengths}")
        self.count = lengths[0]
        if not self.count:
            raise ValueError(f"{name}: there are no rows; got empty arguments")

    @property
    def arrays(self) -> bool:
        """Whether there are arrays among the columns."""
        return any(map(is_ndarray, self.columns))

    def arguments(self) -> list[tuple[Any, ...]]:
        """The arguments of each row."""
        return list(zip(*self.columns, strict=True))

    def first(self) -> Given:
        """The arguments of the first row, taken apart."""
        return Given(self.name, tuple([column[0] for column in self.columns]), {}, self.static)

    def given(self) -> list[Given]:
        """The arguments of each row, taken apart."""
        return [Given(self.name, args, {}, self.static) for args in self.arguments()]

    def table(self, *, copied: bool) -> Table | None:
        """The numbers of the rows where all are of the form of the first; None if not."""
        kinds = (list, tuple)
        lists = [x for x in self.columns if isinstance(x, kinds) and isinstance(x[0], kinds)]
        twice = len(lists) > 1 and any(
            len({*map(id, row)}) < len(lists) for row in zip(*lists, strict=True)
        )
        return None if twice or self.static else Table.of(self.columns, copied=copied)


def column_of(name: str, i: int, column: Any) -> Any:
    """An argument for each row."""
    if isinstance(column, (list, tuple)) or (is_ndarray(column) and column.ndim):
        return column
    raise TypeError(
        f"{name}: argument {i} must be a list or an array with one entry for each row, got "
        f"{describe(column)}"
    )
