"""The list of what can be watched: where a thing may stand, how it is read, and how looked at.

What is watched is compared by identity first, so the look of a kind is an expression of Python in
which `is` decides. What is not the same object may still be the same number, to the bit: `same`.
"""

from __future__ import annotations

import re
from operator import getitem, setitem
from struct import pack
from types import CodeType
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd.compiler.watching.names import place as place_of
from autograd.numbers.reals import is_array

if TYPE_CHECKING:
    from collections.abc import Callable

ATOMS = (float, int, bool, str, bytes, complex, type(None), type(...), type(NotImplemented))
GONE: Any = type("Gone", (), {"__repr__": lambda self: "gone"})()  # where nothing stands
LOST = (AttributeError, LookupError, TypeError, ValueError)  # what reading says where there is none


class Kind(NamedTuple):
    """One kind of place: how it is read, looked at, and written to.

    `read`, `look` and `absent` are expressions of Python: what stands there now, whether it is what
    it was, and whether nothing is. In them {o} is the object that has the place, {k} its key, {a}
    the key as a name, {v} what was there, {names} the names that the object has.
    """

    now: Callable[[Any, Any], Any]
    read: str
    look: str = "{read} is {v}"
    absent: str = "False"
    put: Callable[[Any, Any, Any], None] | None = None


def contents(array: Any, _: object = None) -> tuple[object, ...]:
    """What an array of numbers holds, and how: equal for two arrays with the same bits.

    >>> from array import array
    >>> contents(array("d", [1.0])) == contents(array("d", [1.0]))
    True
    """
    return getattr(array, "shape", len(array)), described(array), array.tobytes()


def described(array: Any) -> str:
    """The type of an array's elements."""
    return getattr(array, "typecode", None) or str(array.dtype)


def special_names(owner: Any, _: object = None) -> tuple[str, ...]:
    """The special methods of a class, such as `__bool__`: one more changes what its objects do.

    >>> class Line:
    ...     def __len__(self): return 2
    >>> "__len__" in special_names(Line)
    True
    """
    return tuple([name for name in vars(owner) if name.startswith("__") and name.endswith("__")])


def names_in(owner: Any, _: object = None) -> tuple[str, ...]:
    """The names of an object's own attributes."""
    return tuple(vars(owner))


def entry(owner: Any, key: Any) -> Any:
    """What a dict has under a key, without making it up as a defaultdict does.

    >>> from collections import defaultdict
    >>> now("entry", defaultdict(float), "rate")
    gone
    """
    if key in owner:
        return owner[key]
    raise KeyError(key)


def raw(owner: Any, name: str) -> Any:
    """What a class or its bases have under a name, before any descriptor acts.

    >>> raw(bool, "real") is vars(int)["real"]
    True
    """
    for base in owner.__mro__:
        if name in vars(base):
            return vars(base)[name]
    raise AttributeError(name)


def own(owner: Any, name: str) -> Any:
    """What an object itself has under a name, whatever its class says."""
    return vars(owner)[name]


def set_cell(cell: Any, _: object, x: Any) -> None:
    """Put something into a closure's cell."""
    cell.cell_contents = x


LISTED = "same_objects({read}, {v})"  # the look of what holds many things
KINDS = {
    # Names: of a module, hidden or not by one of Python's own; imported in a function.
    "global": Kind(getitem, "{o}[{k}]", absent="{k} not in {o}", put=setitem),
    "builtin": Kind(getitem, "{o}[{k}]", absent="{k} not in {o}"),
    "module": Kind(getitem, "{o}[{k}]", absent="{k} not in {o}"),
    # Functions: variables around them, their code, their defaults.
    "closure": Kind(
        lambda cell, _: cell.cell_contents,
        "{o}.cell_contents",
        absent="now('closure', {o}, None) is GONE",
        put=set_cell,
    ),
    "code": Kind(getattr, "{o}.__code__"),
    "defaults": Kind(getattr, "{o}.{a}"),
    # Attributes of objects, classes and modules. Of a method, an object gives a new one each time,
    # and the function in it stays. "own" is an attribute that only the object's class gives now.
    "attribute": Kind(getattr, "{o}.{a}", absent="not hasattr({o}, {k})", put=setattr),
    "method": Kind(lambda x, name: getattr(x, name).__func__, "{o}.{a}.__func__"),
    "own": Kind(own, "own({o}, {k})", absent="{k} not in vars({o})"),
    "descriptor": Kind(raw, "raw({o}, {k})"),
    # What an object is, and which names there are. A class may get other names than special ones;
    # only then are they looked through.
    "class": Kind(lambda x, _: type(x), "type({o})"),
    "special": Kind(special_names, "[*{o}.__dict__]", "{read} == {names}"),
    "names": Kind(names_in, "[*{o}.__dict__]", "{read} == {names}"),
    # Containers, all that is in them; and their places, where one is told from another.
    "list": Kind(lambda x, _: tuple(x), "{o}", LISTED),
    "collection": Kind(lambda x, _: tuple(x), "[*{o}]", LISTED),
    "dict": Kind(lambda x, _: (*x, *x.values()), "[*{o}, *{o}.values()]", LISTED),
    "keys": Kind(lambda x, _: tuple(x), "[*{o}]", LISTED),
    "size": Kind(lambda x, _: len(x), "len({o})"),
    "entry of a list": Kind(getitem, "{o}[{k}]", put=setitem),
    "entry": Kind(entry, "{o}[{k}]", absent="{k} not in {o}", put=setitem),
    "element": Kind(lambda x, i: [*x][i], "[*{o}][{k}]"),
    # Arrays of numbers, by their bits; those of objects, one by one.
    "array": Kind(contents, "contents({o})", "{read} == {v}"),
    "objects": Kind(lambda x, _: tuple(x.ravel().tolist()), "[*{o}.flat]", LISTED),
    "shape": Kind(lambda x, _: x.shape, "{o}.shape", "{read} == {v}"),
}


class Place(NamedTuple):
    """One place outside a function that its answer may depend on, and what stood there.

    `owner` is a weak reference where `is_weak` says so: a method's own object lives on its own.
    """

    kind: str
    owner: Any
    key: Any
    was: Any
    label: str  # how the function comes to it: "model.layers[0].rate"
    whose: str  # the rest of its words: "a global of train.py"
    line: str  # of the user's function that names it
    is_weak: bool = False

    def now(self) -> Any:
        """What stands there now, GONE if nothing does.

        >>> rates = {"rate": 0.1}
        >>> Place("global", rates, "rate", 0.1, "rate", "a global", "").now()
        0.1
        """
        owner = self.owner() if self.is_weak else self.owner
        return GONE if owner is None else now(self.kind, owner, self.key)

    @property
    def identity(self) -> tuple[int, object]:
        """What tells a place from all others."""
        return id(self.owner), self.key

    def put(self, x: Any) -> None:
        """Put something else there: tracing does that with a number that becomes an input."""
        write = KINDS[self.kind].put
        if write is None:
            raise TypeError(f"nothing else can be put in place of {self.label}, {self.whose}")
        write(self.owner() if self.is_weak else self.owner, self.key, x)

    @property
    def is_number(self) -> bool:
        """Whether a plain float stands here that can be made an input of a program."""
        return type(self.was) is float and KINDS[self.kind].put is not None


def now(kind: str, owner: Any, key: Any) -> Any:
    """What stands at a place of a kind; GONE if nothing does.

    >>> now("dict", {"a": 1.0}, None), now("attribute", 1.0, "rate")
    (('a', 1.0), gone)
    """
    try:
        return KINDS[kind].now(owner, key)
    except LOST:
        return GONE


def same(x: Any, y: Any) -> bool:
    """Whether two things are one, or numbers or text of the same type and bits, or tuples of such.

    >>> same(0.1, float("0.1")), same(0.0, -0.0), same(1, True), same([], [])
    (True, False, False, False)
    """
    if x is y:
        return True
    if type(x) is not type(y):
        return False
    if type(x) is float:
        return pack("d", x) == pack("d", y)
    if type(x) is complex:
        return pack("dd", x.real, x.imag) == pack("dd", y.real, y.imag)
    if type(x) in ATOMS:
        return bool(x == y)
    if type(x) is tuple:
        return len(x) == len(y) and all(map(same, x, y))
    if is_number_of_numpy(x):
        return bool(x.dtype == y.dtype and x.tobytes() == y.tobytes())
    return False


def is_number_of_numpy(x: object) -> bool:
    """Whether x is a number of NumPy, which never changes."""
    return type(x).__module__ == "numpy" and hasattr(x, "tobytes") and not is_array(x)


# Words -------------------------------------------------------------------------------------------


def in_words(was: Any, is_now: Any) -> tuple[str, str]:
    """What was there and what is, in words that tell them apart.

    >>> in_words(0.1, 0.2), in_words([], [])
    (('0.1', '0.2'), ('a list', 'another list'))
    """
    both = shown(was), shown(is_now)
    if both[0] != both[1]:
        return both
    return both[0], re.sub("^(an?|the) ", "another ", both[1])


def shown(x: Any) -> str:
    """A thing in few words: numbers and short text as they are, a function by its name."""
    if x is GONE:
        return "missing"
    if type(x) in ATOMS:
        text = repr(x)
        return text if len(text) <= 40 else f"{text[:40]}..."
    if isinstance(x, CodeType):
        return f"the code at {place_of(x, x.co_firstlineno)}"
    name = getattr(x, "__qualname__", None)
    if isinstance(x, type):
        return f"the class {name}"
    if isinstance(name, str):
        return f"the function {name}"
    return with_article(type(x).__name__)


def with_article(noun: str) -> str:
    """A noun with "a" or "an".

    >>> with_article("list"), with_article("OrderedDict")
    ('a list', 'an OrderedDict')
    """
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"
