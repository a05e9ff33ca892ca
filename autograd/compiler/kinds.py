"""The list of what can be watched: where a thing may stand, how it is read, and how looked at.

What is watched is compared by identity first, so the look of a kind is an expression of Python in
which `is` decides. What is not the same object may still be the same number, to the bit: `same`.
"""

from __future__ import annotations

import os
import re
from collections import deque
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial, partialmethod, singledispatchmethod
from operator import getitem, setitem
from struct import pack
from types import CodeType, MethodType
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd.compiler.names import place as place_of
from autograd.numbers.reals import is_array

if TYPE_CHECKING:
    from collections.abc import Callable

ATOMS = (float, int, bool, str, bytes, complex, type(None), type(...), type(NotImplemented))
GONE: Any = type("Gone", (), {"__repr__": lambda self: "gone"})()  # where nothing stands
LOST = (AttributeError, LookupError, TypeError, ValueError)  # what reading says where there is none


class Kind(NamedTuple):
    """One kind of place: what it is called, how it is read, looked at, and written to.

    `look` and `absent` are expressions of Python: {o} is the object that has the place, {k} the
    text of its key, {a} the key as a name, {v} what was there.
    """

    words: str
    now: Callable[[Any, Any], Any]
    look: str
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


KINDS = {
    "global": Kind("a global of {}", getitem, "{o}[{k}] is {v}", "{k} not in {o}", put=setitem),
    "builtin": Kind("a builtin", getitem, "{o}[{k}] is {v}", "{k} not in {o}"),
    "module": Kind("a module, imported in {}", getitem, "{o}[{k}] is {v}", "{k} not in {o}"),
    "closure": Kind(
        "a variable around {}",
        lambda cell, _: cell.cell_contents,
        "{o}.cell_contents is {v}",
        "now('closure', {o}, {k}) is GONE",
        put=set_cell,
    ),
    "attribute": Kind(
        "an attribute of {}", getattr, "{o}.{a} is {v}", "not hasattr({o}, {k})", put=setattr
    ),
    # Of a method, an object gives a new one each time; the function in it stays.
    "method": Kind(
        "a method of {}", lambda x, name: getattr(x, name).__func__, "{o}.{a}.__func__ is {v}"
    ),
    "own": Kind("an attribute of {}", own, "own({o}, {k}) is {v}", "{k} not in vars({o})"),
    "descriptor": Kind("an attribute of {}", raw, "raw({o}, {k}) is {v}"),
    "class": Kind("the class of {}", lambda x, _: type(x), "type({o}) is {v}"),
    # A class may get other names too; only then are they looked through.
    "special": Kind("the special methods of {}", special_names, "len({o}.__dict__) == {n}"),
    "names": Kind("the attributes of {}", names_in, "len({o}.__dict__) == {n}"),
    "code": Kind("the code of {}", getattr, "{o}.__code__ is {v}"),
    "defaults": Kind("the defaults of {}", getattr, "{o}.{a} is {v}"),
    "list": Kind("an element of {}", lambda x, _: tuple(x), "same_objects({o}, {v})"),
    "entry of a list": Kind("an element of {}", getitem, "{o}[{k}] is {v}", put=setitem),
    "entry": Kind("an entry of {}", entry, "{o}[{k}] is {v}", "{k} not in {o}", put=setitem),
    "element": Kind("an element of {}", lambda x, i: [*x][i], "[*{o}][{k}] is {v}"),
    "collection": Kind("an element of {}", lambda x, _: tuple(x), "same_objects([*{o}], {v})"),
    "dict": Kind(
        "an entry of {}", lambda x, _: (*x, *x.values()), "same_objects([*{o}, *{o}.values()], {v})"
    ),
    "array": Kind("an element of {}", contents, "contents({o}) == {v}"),
    "objects": Kind(
        "an element of {}",
        lambda x, _: (x.shape, *x.ravel().tolist()),
        "same_objects([*{o}.flat], {v}[1:]) and {o}.shape == {v}[0]",
    ),
}


@dataclass(slots=True, eq=False)
class Place:
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


# What is on none of these lists is refused -------------------------------------------------------

# Types of the standard library whose objects are what they are, or whose changes no answer shows.
HARMLESS = {
    *("builtins.range", "builtins.slice", "builtins.builtin_function_or_method", "builtins.code"),
    *("builtins.wrapper_descriptor", "builtins.method-wrapper", "builtins.method_descriptor"),
    *("builtins.classmethod_descriptor", "builtins.getset_descriptor", "builtins.object"),
    *("builtins.member_descriptor", "builtins.super", "types.GenericAlias", "types.UnionType"),
    *(
        "_collections._tuplegetter",
        "collections._tuplegetter",
        "operator.itemgetter",
        "builtins.cell",
    ),
    *("logging.Logger", "logging.RootLogger", "logging.LoggerAdapter"),
    *("_thread.lock", "_thread.RLock", "threading.Event", "threading.Condition"),
    *("pathlib.PosixPath", "pathlib.WindowsPath", "pathlib.PurePosixPath"),
    *("pathlib._local.PosixPath", "pathlib._local.WindowsPath", "pathlib.PureWindowsPath"),
    *("decimal.Decimal", "fractions.Fraction", "re.Pattern", "uuid.UUID", "_struct.Struct"),
    *("datetime.date", "datetime.datetime", "datetime.time", "datetime.timedelta"),
    *("datetime.timezone", "zoneinfo.ZoneInfo", "enum.auto", "string.Template"),
    *("typing.TypeVar", "typing.ParamSpec", "typing._GenericAlias", "typing._SpecialForm"),
    *("typing._UnionGenericAlias", "typing._LiteralGenericAlias", "typing.NewType"),
    *("typing._CallableType", "typing._CallableGenericAlias", "typing._AnyMeta"),
    *("dataclasses._DataclassParams", "dataclasses.Field", "abc._abc_data", "_abc._abc_data"),
    *("dataclasses._FIELD_BASE", "dataclasses._KW_ONLY_TYPE", "dataclasses._MISSING_TYPE"),
    *("dataclasses._HAS_DEFAULT_FACTORY_CLASS", "weakref.WeakSet", "functools._lru_list_elem"),
    *("numpy.ufunc", "numpy._ArrayFunctionDispatcher", "enum.property", "enum.member"),
    *("enum.nonmember", "types.DynamicClassAttribute"),
}

# Classes of the standard library that an object may derive from, with what they keep themselves.
BASES: dict[str, tuple[str, ...]] = {
    **{f"builtins.{name}": () for name in ("object", "list", "tuple", "dict", "set", "frozenset")},
    **{f"builtins.{name}": () for name in ("float", "int", "str", "bytes", "complex")},
    **{f"enum.{name}": () for name in ("Enum", "IntEnum", "StrEnum", "Flag", "IntFlag")},
    "enum.ReprEnum": (),
    "abc.ABC": (),
    "typing.Generic": (),
    "typing.Protocol": (),
    "types.SimpleNamespace": (),
    "argparse.Namespace": (),
    "argparse._AttributeHolder": (),
    "collections.OrderedDict": (),
    "collections.Counter": (),
    "collections.deque": (),
    "collections.defaultdict": ("default_factory",),
    "collections.UserDict": ("data",),
    "collections.UserList": ("data",),
    "collections.ChainMap": ("maps",),
    "builtins.Exception": ("args",),
    **dict.fromkeys(("builtins.BaseException", "builtins.module"), ()),
    "contextlib.ContextDecorator": (),
    "contextlib.AbstractContextManager": (),
}

# Descriptors and the like: what they keep, and act by.
PARTS: dict[type, tuple[str, ...]] = {
    MethodType: ("__func__", "__self__"),
    partial: ("func", "args", "keywords"),
    partialmethod: ("func", "args", "keywords"),
    property: ("fget", "fset"),
    classmethod: ("__func__",),
    staticmethod: ("__func__",),
    cached_property: ("func",),
    singledispatchmethod: ("func", "dispatcher"),
    type(lru_cache(len)): ("__wrapped__",),
}
ELEMENTS = (set, frozenset, deque, bytearray)
ENVIRONMENT = os.environ
MOST_BYTES = 1 << 20  # of an array that is compared in every call


def type_name(kind: type) -> str:
    """The full name of a type, as in the lists here.

    >>> type_name(deque)
    'collections.deque'
    """
    return f"{kind.__module__}.{kind.__qualname__}"


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
