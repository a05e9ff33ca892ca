"""The attributes of objects, classes and modules that a walk watches: see `reach.py`.

No code of a user runs for it: what a property or a `__getattr__` does is in its own code, which is
walked, and not in what it gives. An object's `__dict__` is looked at where nothing else will do: it
makes later reads of its attributes slower.
"""

from __future__ import annotations

import os
import sys
from functools import cached_property
from types import (
    ClassMethodDescriptorType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodDescriptorType,
    MethodType,
    ModuleType,
    WrapperDescriptorType,
)
from typing import TYPE_CHECKING, Any
from weakref import ref

from autograd.compiler.watching.kinds import ATOMS, GONE, is_number_of_numpy, raw, with_article
from autograd.compiler.watching.known import BASES, HARMLESS, PARTS, type_name
from autograd.compiler.watching.origin import origin_of_class, origin_of_code, origin_of_module

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType

    from autograd.compiler.watching.reach import Walk

DATA = (GetSetDescriptorType, MemberDescriptorType)
IN_C = (ClassMethodDescriptorType, MethodDescriptorType, WrapperDescriptorType)
UNREAD = ("__dict__", "__class__", "__code__")  # of a function: these are seen to elsewhere
PLAIN = (*ATOMS, list, tuple, dict, set, FunctionType)


def attributes(walk: Walk, x: Any, label: str, line: str) -> None:
    """Watch those attributes of x that are named in the code that ran."""
    look_up: Callable[[Walk, Any, str, str, str], None]
    if issubclass(type(x), ModuleType):
        look_up = of_module
        names = vars(x) if walk.opened_by_user and origin_of_module(vars(x)) == "user" else {}
        more = [name for name in names if type(names[name]) in PLAIN]
    elif issubclass(type(x), type):
        look_up = of_class
        more = [*vars(x)] if walk.is_open else []
        if walk.is_open and "__dataclass_fields__" in more:  # what `fields` and `asdict` read
            of_class(walk, x, "__dataclass_fields__", label, line)
    else:
        look_up = of_instance
        more = fields(x) if walk.is_open else []
        if isinstance(x, FunctionType) and not is_users(x):
            more = []
        elif origin_of_class(type(x)) == "nn":  # whose attributes are not all of use to a user
            more = [name for name in more if not is_opaque(own_value(x, name))]
        if more and walk.opened_by_user and type(x).__dictoffset__:
            walk.watch("names", x, None, label, a(x), line)
    for name in dict.fromkeys([*walk.attributes, *filter(is_plain_name, more)]):
        look_up(walk, x, name, label, walk.attributes.get(name) or line)


def is_users(f: FunctionType) -> bool:
    """Whether a function is a user's own."""
    return origin_of_code(f.__code__.co_filename, f.__globals__) == "user"


def is_opaque(x: object) -> bool:
    """Whether something is of a type that the walk would refuse, perhaps."""
    return origin_of_class(type(x)) == "library" and not issubclass(type(x), PLAIN)


def is_plain_name(name: object) -> bool:
    """Whether a name is not one that Python gives."""
    return isinstance(name, str) and not (name.startswith("__") and name.endswith("__"))


def a(x: object) -> str:
    """The type of an object with its article, for a message."""
    return with_article(type(x).__name__)


def fields(x: Any) -> list[str]:
    """All attributes that an object has itself."""
    slots = [
        name
        for base in type(x).__mro__
        for name, member in vars(base).items()
        if isinstance(member, MemberDescriptorType)
    ]
    return [*getattr(x, "__dict__", ()), *slots]


# Modules and classes ------------------------------------------------------------------------------


def of_module(walk: Walk, x: ModuleType, name: str, label: str, line: str) -> None:
    """An attribute of a module."""
    whose, names = f"an attribute of the module {x.__name__}", vars(x)
    path = f"{label}.{name}"
    if name in names:
        was = walk.watch("attribute", x, name, path, whose, line)
        if origin_of_module(names) == "library":
            walk.then_quietly(was, path, line)
        else:
            walk.then(was, path, line)
    elif name in walk.asked and "__getattr__" not in names:
        walk.watch("attribute", x, name, path, whose, line)
    if x is os and name in ("environ", "getenv"):
        walk.then(os.environ, "os.environ", line)
    if x is sys and name == "stdin":
        raise walk.refusal(path, "is read", line)
    if "__getattr__" in names:
        walk.follow("global", names, "__getattr__", f"{label}.__getattr__", whose, line)


def of_class(walk: Walk, x: type, name: str, label: str, line: str) -> None:
    """An attribute of a class, its own or of a base."""
    if origin_of_class(x) not in ("user", "nn"):
        return
    if name in ("__name__", "__qualname__"):
        walk.watch("attribute", x, name, f"{label}.{name}", f"a name of {label}", line)
    for base in x.__mro__:
        if name in vars(base):
            if origin_of_class(base) in ("user", "nn"):
                class_attribute(walk, x, name, label, line)
            return
    if name in walk.asked:
        walk.watch("attribute", x, name, f"{label}.{name}", f"an attribute of {label}", line)


def class_attribute(walk: Walk, x: type, name: str, label: str, line: str) -> None:
    """Watch what a class has under a name, before a descriptor acts."""
    found = raw(x, name)
    if isinstance(found, DATA):
        return
    is_itself = isinstance(found, (FunctionType, property)) or not acts(found)
    kind = "attribute" if is_itself else "descriptor"
    walk.follow(kind, x, name, f"{label}.{name}", f"an attribute of the class {label}", line)


def a_class(walk: Walk, x: type, label: str, line: str) -> None:
    """A class: the functions in it that ran, under whatever names; and its bases."""
    origin, label = origin_of_class(x), x.__qualname__.replace("<locals>.", "")
    if origin not in ("user", "nn"):
        return
    walk.objects.append((x, label, line))
    if origin == "user":
        walk.watch("special", x, None, label, "a class", line)
        walk.watch("attribute", x, "__mro__", f"{label}.__mro__", "the bases of a class", line)
    for base in x.__mro__:
        if origin_of_class(base) not in ("user", "nn"):
            continue
        walk.then(base, base.__qualname__, line)
        if "__getattribute__" in vars(base):
            raise walk.refusal(label, "has a __getattribute__ of its own", line)
        for name, found in vars(base).items():
            is_special = not is_plain_name(name) and is_action(found)
            if raw(x, name) is found and (is_special or walk.has_run(found)):
                class_attribute(walk, x, name, label, line)


def is_action(found: object) -> bool:
    """Whether a class acts by something that is no function: an object, a cached function."""
    return callable(found) and not isinstance(found, (FunctionType, type, *IN_C))


def codes_of(x: Any, depth: int = 8) -> list[CodeType]:
    """The code of a function, and of those inside a property, a partial, a decorated function.

    >>> [code.co_name for code in codes_of(property(lambda self: 1.0))]
    ['<lambda>']
    """
    if isinstance(x, FunctionType):
        inner = [x.__code__]
        return [*inner, *codes_of(x.__wrapped__, depth - 1)] if hasattr(x, "__wrapped__") else inner
    names = next((names for kind, names in PARTS.items() if isinstance(x, kind)), ())
    if not names and type(x).__module__.startswith("autograd."):
        names = ("function", "forward")
    if not depth:
        return []
    return [code for name in names for code in codes_of(getattr(x, name, None), depth - 1)]


# Objects ------------------------------------------------------------------------------------------


def an_instance(walk: Walk, x: Any, label: str, line: str) -> None:
    """An object that is no container, or more than one: its class, and what it may hold.

    What is of a class that no list knows is refused.
    """
    kind = type(x)
    name, origin = type_name(kind), origin_of_class(kind)
    if origin == "library" and (
        name in HARMLESS or kind.__module__ == "numpy.dtypes" or is_number_of_numpy(x)
    ):
        return
    if origin == "autograd":
        held_by_us(walk, x, label, line)
        return
    for base in kind.__mro__:
        whose = origin_of_class(base)
        if whose == "binary" or (whose == "library" and not is_known(base)):
            raise walk.refusal(label, f"is a {name}, which jit cannot look into", line)
        for part in BASES.get(type_name(base), ()):
            walk.follow("attribute", x, part, f"{label}.{part}", f"a part of {label}", line)
    walk.objects.append((x, label, line))
    if origin != "library":
        walk.watch("class", x, None, f"type({label})", "the class of an object", line)
        walk.then(kind, kind.__qualname__, line)


def is_known(base: type) -> bool:
    """Whether a class of the standard library is one that an object may derive from."""
    return type_name(base) in BASES or base.__module__ in ("collections.abc", "numbers", "typing")


def held_by_us(walk: Walk, x: Any, label: str, line: str) -> None:
    """An object of this package: the functions of users that it holds, as an operation does.

    Rules of an operation may run later, when a derivative is compiled: they count as having run.
    """
    for name, y in getattr(x, "__dict__", {}).items():
        if callable(y) or isinstance(y, tuple):
            for inner in (y, *(y if isinstance(y, tuple) else ())):
                walk.forced.update(map(id, codes_of(inner)))
            walk.then_quietly(y, f"{label}.{name}", line)


def of_instance(walk: Walk, x: Any, name: str, label: str, line: str) -> None:
    """An attribute of an object: its own, that of its class, or none."""
    kind = type(x)
    path, whose = f"{label}.{name}", f"an attribute of {a(x)}"
    found = next((vars(base)[name] for base in kind.__mro__ if name in vars(base)), GONE)
    if isinstance(found, FunctionType):
        method(walk, x, name, found, path, line)
    elif isinstance(x, FunctionType) and isinstance(found, DATA) and name not in UNREAD:
        walk.follow("attribute", x, name, path, whose, line)  # such as __defaults__
    elif isinstance(found, (property, GetSetDescriptorType)):
        return  # what it gives is in its code, which belongs to the class
    elif found is GONE or isinstance(found, MemberDescriptorType) or not acts(found):
        if origin_of_slot(found) == "autograd":
            return
        if own_value(x, name) is not GONE:
            walk.follow("attribute", x, name, path, whose, line)
        elif name in walk.asked and origin_of_class(kind) in ("user", "nn"):
            if not any("__getattr__" in vars(base) for base in kind.__mro__):
                walk.watch("attribute", x, name, path, whose, line)
            elif kind.__dictoffset__:  # else the slots are all that it can have
                walk.watch("own", x, name, path, whose, line)
    elif not hasattr(type(found), "__set__") and kind.__dictoffset__:
        if name in vars(x):
            walk.follow("attribute", x, name, path, whose, line)
        elif not isinstance(found, (*IN_C, cached_property)) or walk.has_run(found):
            walk.watch("own", x, name, path, whose, line)


def acts(found: object) -> bool:
    """Whether something in a class is a descriptor."""
    return hasattr(type(found), "__get__")


def origin_of_slot(found: object) -> str | None:
    """Whose a slot is."""
    if isinstance(found, MemberDescriptorType):
        return origin_of_class(found.__objclass__)
    return None


def own_value(x: Any, name: str) -> Any:
    """An attribute without what `__getattr__` would make up; GONE if there is none."""
    try:
        return object.__getattribute__(x, name)
    except AttributeError:
        return GONE


def method(walk: Walk, x: Any, name: str, found: FunctionType, path: str, line: str) -> None:
    """A method that ran, which an attribute of the object may hide later on, or hides now."""
    whose = f"a method of {a(x)}"
    mine = own_value(x, name)
    if not (isinstance(mine, MethodType) and mine.__func__ is found and mine.__self__ is x):
        walk.follow("attribute", x, name, path, whose, line)
    elif walk.has_run(found) and type(x).__dictoffset__:
        walk.watch("method", x, name, path, whose, line)


def weakly(x: Any) -> ref[Any] | None:
    """A weak reference, where x can have one."""
    try:
        return ref(x)
    except TypeError:
        return None
