"""What the walk knows of types of the standard library: which to pass by, and which to look into.

What is on none of these lists, and no class of a user's, is refused.
"""

from __future__ import annotations

from collections import deque
from functools import cached_property, lru_cache, partial, partialmethod, singledispatchmethod
from types import MethodType

# Types of the standard library whose objects are what they are, or whose changes no answer shows.
HARMLESS = {
    *("builtins.range", "builtins.slice", "builtins.wrapper_descriptor", "builtins.object"),
    *("builtins.method_descriptor", "builtins.classmethod_descriptor", "builtins.super"),
    *("builtins.getset_descriptor", "builtins.member_descriptor", "operator.itemgetter"),
    *("_collections._tuplegetter", "collections._tuplegetter", "_abc._abc_data"),
    *("types.GenericAlias", "types.UnionType", "types.DynamicClassAttribute"),
    *("logging.Logger", "logging.RootLogger", "_thread.lock", "_thread.RLock"),
    *("pathlib.PosixPath", "pathlib.WindowsPath", "pathlib.PurePosixPath"),
    *("pathlib._local.PosixPath", "pathlib._local.WindowsPath", "pathlib._local.PurePosixPath"),
    *("decimal.Decimal", "fractions.Fraction", "re.Pattern", "uuid.UUID", "_struct.Struct"),
    *("datetime.date", "datetime.datetime", "datetime.time", "datetime.timedelta"),
    *("datetime.timezone", "zoneinfo.ZoneInfo"),
    *("enum.auto", "enum.property", "enum.member", "enum.nonmember"),
    *("typing.TypeVar", "typing.ParamSpec", "typing.NewType", "typing._SpecialForm"),
    *("typing._GenericAlias", "typing._UnionGenericAlias", "typing._LiteralGenericAlias"),
    *("typing._CallableType", "typing._CallableGenericAlias"),
    *("dataclasses._DataclassParams", "dataclasses._FIELD_BASE", "dataclasses._MISSING_TYPE"),
    *("dataclasses._KW_ONLY_TYPE", "dataclasses._HAS_DEFAULT_FACTORY_CLASS"),
    *("numpy.ufunc", "numpy._ArrayFunctionDispatcher"),
}

# Classes of the standard library that an object may derive from, with what they keep themselves.
BASES: dict[str, tuple[str, ...]] = {
    **{f"builtins.{name}": () for name in ("object", "list", "tuple", "dict", "set", "frozenset")},
    **{f"builtins.{name}": () for name in ("float", "int", "str", "bytes", "complex", "module")},
    **{
        f"enum.{name}": () for name in ("Enum", "ReprEnum", "IntEnum", "StrEnum", "Flag", "IntFlag")
    },
    **{f"collections.{name}": () for name in ("OrderedDict", "Counter", "deque")},
    **{f"argparse.{name}": () for name in ("Namespace", "_AttributeHolder")},
    **{f"contextlib.{name}": () for name in ("ContextDecorator", "AbstractContextManager")},
    **{f"typing.{name}": () for name in ("Generic", "Protocol")},
    "abc.ABC": (),
    "types.SimpleNamespace": (),
    "dataclasses.Field": (),
    "builtins.function": (),
    "collections.defaultdict": ("default_factory",),
    "collections.UserDict": ("data",),
    "collections.UserList": ("data",),
    "collections.ChainMap": ("maps",),
    "builtins.Exception": ("args",),
    "builtins.BaseException": (),
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
MOST_BYTES = 1 << 20  # of an array that is compared in every call


def type_name(kind: type) -> str:
    """The full name of a type, as in the lists here.

    >>> type_name(deque)
    'collections.deque'
    """
    return f"{kind.__module__}.{kind.__qualname__}"
