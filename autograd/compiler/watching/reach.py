"""What a traced function reaches by name: a walk from the function to all its answer may rest on.

The walk knows what ran (`ran.py`) and the names in that code (`names.py`). From the function it
goes to the globals, cells and defaults that the code names; from every object it meets, to the
attributes that are named anywhere in the code that ran (`attributes.py`); into every container, to
all it holds. Each place on the way is a `Place`, to be watched. What it cannot follow is refused.

Constants to it are: what is inside the standard library and NumPy; what lru_cache remembers;
attributes of metaclasses, and what is registered with an abstract class; methods put on an object
of a container class in place of those in C; and the code of a function that reaches nothing else.
"""

from __future__ import annotations

import builtins
import os
import sys
from array import array
from collections import deque
from operator import attrgetter, methodcaller
from types import (
    BuiltinFunctionType,
    CellType,
    CodeType,
    FunctionType,
    MappingProxyType,
    MethodType,
    MethodWrapperType,
    ModuleType,
)
from typing import TYPE_CHECKING, Any
from weakref import ReferenceType

from autograd.compiler.trace import TraceError
from autograd.compiler.watching.attributes import (
    a_class,
    an_instance,
    attributes,
    codes_of,
    is_plain_name,
    is_users,
    weakly,
)
from autograd.compiler.watching.kinds import ATOMS, GONE, Place, now, same, with_article
from autograd.compiler.watching.known import BASES, ELEMENTS, MOST_BYTES, PARTS, type_name
from autograd.compiler.watching.names import imported, names_of, place
from autograd.compiler.watching.origin import origin_of_class
from autograd.core.record import Node
from autograd.numbers.reals import is_array

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from autograd.compiler.watching.ran import Ran

MOST_PLACES = 200_000
IGNORED = frozenset([*ATOMS, CodeType])
# What is followed out of a closure of the standard library, of NumPy or of this package.
CARRIERS = (FunctionType, type, list, tuple, dict, MappingProxyType, *PARTS)


def reach(f: Callable[..., Any], ran: Ran, given: Iterable[object] = ()) -> list[Place]:
    """All places outside f that its answer may depend on, as what ran of it names them.

    `given` are the objects among its arguments, whose attributes count as well.

    >>> from autograd.compiler.watching.ran import Ran
    >>> train = {"cfg": {"rate": 0.1}}
    >>> exec(compile("def f(x): return x * cfg['rate']", "train.py", "exec"), train)
    >>> with Ran() as ran:
    ...     out = train["f"](3.0)
    >>> for place in reach(train["f"], ran):
    ...     print(place.label, "-", place.whose)
    f.__code__ - the code of a function
    cfg - a global of train.py
    cfg - a dict
    """
    walk = Walk(ran)
    walk.forced.update(map(id, codes_of(f)))
    line = next((place(code, code.co_firstlineno) for code in codes_of(f)), "")
    if isinstance(f, MethodType):
        walk.weak.add(id(f.__self__))
        walk.todo.append((f.__self__, "self", line))
    walk.todo.append((f, getattr(f, "__name__", "the function"), line))
    for x in given:
        walk.weak.add(id(x))
        walk.then(x, "an argument", line)
    walk.run()
    return walk.places()


class Walk:
    """The state of one walk: what was met, and what is still to be looked at."""

    def __init__(self, ran: Ran) -> None:
        self.ran = ran
        # The object whose method is traced, and arguments: a watch does not keep them alive.
        self.weak = set[int]()
        self.todo: deque[tuple[Any, str, str]] = deque()  # objects, how they are reached, the line
        self.walked: dict[int, Any] = {}  # kept, so that no other object gets its identity
        self.objects: list[tuple[Any, str, str]] = []  # those that have attributes
        self.found: dict[tuple[str, int, object], Place] = {}
        self.codes: set[tuple[int, int]] = set()  # of functions that were met, with their globals
        self.forced: set[int] = set()  # code that counts as having run
        self.attributes: dict[str, str] = {}  # names read anywhere, with the line
        self.asked: dict[str, str] = {}  # those whose absence counts
        self.is_open = False  # whether any attribute of an object may be read
        self.opened_by_user = False  # whether any of a module may, too
        for key, code in ran.codes.items():
            if ran.origins[key] != "autograd":
                self._read(code, ran.origins[key] == "user")

    def _read(self, code: CodeType, is_users: bool) -> None:
        """Take the attributes that a code object names."""
        names = names_of(code)
        for name, line in names.attributes.items():
            if is_users or (is_plain_name(name) and name not in self.attributes):
                self.attributes[name] = place(code, line) if is_users else ""
        if is_users:
            self.asked |= {name: place(code, line) for name, line in names.asked.items()}
        self.is_open = self.is_open or names.is_open
        self.opened_by_user = self.opened_by_user or (names.is_open and is_users)

    def run(self) -> None:
        """Walk until nothing new is met."""
        looked_up, known = 0, None
        while self.todo or known != (names := (len(self.attributes), self.is_open)):
            while self.todo:
                self._visit(*self.todo.popleft())
            if known != (names := (len(self.attributes), self.is_open)):
                looked_up, known = 0, names  # an attrgetter was met: all objects have more names
            for x, label, line in self.objects[looked_up:]:
                attributes(self, x, label, line)
                looked_up += 1
        met = {key for key, _ in self.codes}
        for key, code in self.ran.codes.items():
            if self.ran.origins[key] == "user" and key not in met and is_called(code):
                raise self.refusal(
                    f"{code.co_qualname} ran, and", "no name leads to it that could be followed",
                    place(code, code.co_firstlineno),
                )  # fmt: skip

    def places(self) -> list[Place]:
        """What is to be watched; nothing if that is the code of one function alone."""
        found = [*self.found.values()]
        for x in found:
            if not same(x.now(), x.was):
                raise self.refusal(x.label, "is another object each time it is read", x.line)
        return found if len(found) > 1 or any(x.kind != "code" for x in found) else []

    # Places -------------------------------------------------------------------------------------

    def watch(self, kind: str, owner: Any, key: Any, label: str, whose: str, line: str) -> Any:
        """Watch a place; what stands there now."""
        was = now(kind, owner, key)
        if (kind, id(owner), key) not in self.found:
            if len(self.found) >= MOST_PLACES:
                raise self.refusal(label, f"and {MOST_PLACES} more places are reached", line)
            weak = weakly(owner) if id(owner) in self.weak else None
            self.found[kind, id(owner), key] = Place(
                kind, weak or owner, key, was, label, whose, line, weak is not None
            )
        return was

    def follow(self, kind: str, owner: Any, key: Any, label: str, whose: str, line: str) -> None:
        """Watch a place, and go on from what stands there."""
        self.then(self.watch(kind, owner, key, label, whose, line), label, line)

    def then(self, x: Any, label: str, line: str) -> None:
        """Go on from here."""
        if type(x) not in IGNORED and x is not GONE:
            self.todo.append((x, label, line))

    def then_quietly(self, x: Any, label: str, line: str) -> None:
        """Go on from what a library keeps, if that may be a user's."""
        kind = type(x)
        is_carrier = issubclass(kind, CARRIERS) or type_name(kind) in BASES
        if is_carrier or origin_of_class(kind) != "library":
            self.then(x, label, line)

    def refusal(self, label: str, what: str, line: str) -> TraceError:
        """The error for what cannot be watched."""
        return TraceError(
            f"jit: {label} {what}, at {line or 'a line that is not known'}: its changes would not "
            f"be seen, and answers might be stale. Take the numbers that you need out of it before "
            f"the call, and pass them as arguments"
        )

    def has_run(self, x: Any) -> bool:
        """Whether a function ran, or one inside a property or a decorated function."""
        return any(id(code) in self.ran.codes for code in codes_of(x))

    # What is met --------------------------------------------------------------------------------

    def _visit(self, x: Any, label: str, line: str) -> None:
        if id(x) in self.walked:
            return
        self.walked[id(x)] = x
        for kinds, how in WAYS:
            if issubclass(type(x), kinds):  # isinstance would ask the object
                how(self, x, label, line)
                return
        if is_array(x) and hasattr(x, "tobytes"):
            self._array(x, label, line)
            return
        an_instance(self, x, label, line)

    def _parts(self, x: Any, label: str, line: str) -> None:
        names = next(names for kind, names in PARTS.items() if isinstance(x, kind))
        for name in names:
            said = f"{label}.{name}" if name in ("__self__", "args", "keywords") else label
            self.then(getattr(x, name, None), said, line)
        if type(x).__dictoffset__:
            self.objects.append((x, label, line))
        if type(x) not in PARTS:  # a class of a user's own has more to it
            an_instance(self, x, label, line)

    def _named(self, x: Any, label: str, line: str) -> None:
        """An `attrgetter` or a `methodcaller`: the names it holds are read."""
        for text in x.__reduce__()[1]:
            if isinstance(text, str):
                for name in text.split("."):
                    self.attributes.setdefault(name, line)

    def _referred(self, x: Any, label: str, line: str) -> None:
        """A weak reference: what it leads to."""
        self.then(x(), label, line)

    def _builtin(self, x: Any, label: str, line: str) -> None:
        """A function in C: the object whose method it is."""
        if not isinstance(x.__self__, (ModuleType, type)):
            self.then(x.__self__, label, line)

    def _sequence(self, x: Any, label: str, line: str) -> None:
        if not isinstance(x, (tuple, frozenset)):
            kind = "list" if type(x) is list else "collection"
            self.watch(kind, x, None, label, with_article(type(x).__name__), line)
        for i, y in enumerate(x):
            if type(y) not in IGNORED and not isinstance(y, Node):
                self.then(y, f"{label}[{i}]", line)
        if type(x) not in (list, tuple, *ELEMENTS):
            an_instance(self, x, label, line)

    def _dict(self, x: Any, label: str, line: str) -> None:
        self.watch("dict", x, None, label, with_article(type(x).__name__), line)
        for key, y in x.items():
            self.then(key, f"a key of {label}", line)
            self.then(y, f"{label}[{key!r}]" if type(key) in ATOMS else f"{label}[...]", line)
        if type(x) not in (dict, MappingProxyType):
            an_instance(self, x, label, line)

    def _cell(self, x: Any, label: str, line: str) -> None:
        """A cell of a closure that the function itself looks into."""
        self.follow("closure", x, None, label, "a variable of a closure", line)

    def _array(self, x: Any, label: str, line: str) -> None:
        if origin_of_class(type(x)) == "user":
            an_instance(self, x, label, line)
        if x.dtype.kind == "O":
            self.watch("objects", x, None, label, "an array", line)
            self.watch("shape", x, None, f"{label}.shape", "an array", line)
            for y in x.ravel().tolist():
                self.then(y, f"{label}[...]", line)
        elif x.dtype.hasobject:
            raise self.refusal(label, "is an array with objects in its fields", line)
        else:
            self._numbers(x, label, line, x.nbytes)

    def _numbers(self, x: Any, label: str, line: str, size: int | None = None) -> None:
        if (len(x) * x.itemsize if size is None else size) > MOST_BYTES:
            raise self.refusal(label, f"is an array of more than {MOST_BYTES} bytes", line)
        self.watch("array", x, None, label, "an array", line)

    def _environment(self, x: Any, label: str, line: str) -> None:
        self.watch("dict", x._data, None, label, "the environment", line)

    def _node(self, x: Any, label: str, line: str) -> None:
        """A Value: its number is an input of the program."""

    def _module(self, x: Any, label: str, line: str) -> None:
        if type(x) is not ModuleType:
            an_instance(self, x, label, line)
        self.objects.append((x, label, line))

    # Functions ----------------------------------------------------------------------------------

    def _function(self, f: FunctionType, label: str, line: str) -> None:
        code = f.__code__
        self.objects.append((f, label, line))
        if not is_users(f):
            for cell in f.__closure__ or ():
                self.then_quietly(now("closure", cell, None), label, line)
            if str(f.__globals__.get("__name__")).startswith("namedtuple_"):
                self.watch("defaults", f, "__defaults__", f"{label}.__defaults__", "defaults", line)
            for x in (*(f.__defaults__ or ()), getattr(f, "__wrapped__", None)):
                self.then_quietly(x, label, line)
            return
        if id(code) not in self.ran.codes and id(code) not in self.forced:
            return  # it had no part in the answer
        name = f.__qualname__.replace("<locals>.", "")
        self.watch("code", f, "__code__", f"{name}.__code__", "the code of a function", line)
        if f.__defaults__ is not None:
            self.follow("defaults", f, "__defaults__", f"{name}.__defaults__", "defaults", line)
        if f.__kwdefaults__ is not None:
            key = "__kwdefaults__"
            self.follow("defaults", f, key, f"{name}.{key}", "defaults of keywords", line)
        for variable, cell in zip(code.co_freevars, f.__closure__ or (), strict=True):
            self.follow("closure", cell, variable, variable, f"a variable around {name}", line)
            self._force(code, now("closure", cell, None))
        self._code(code, f.__globals__)

    def _force(self, code: CodeType, x: Any) -> None:
        """What a function calls that counts as having run, counts as well."""
        if id(code) in self.forced and id(code) not in self.ran.codes:
            self.forced.update(map(id, codes_of(x)))

    def _code(self, code: CodeType, scope: dict[str, Any]) -> None:
        """Code that ran, and the functions in it that did."""
        if (id(code), id(scope)) in self.codes:
            return
        self.codes.add((id(code), id(scope)))
        if id(code) not in self.ran.codes:
            self._read(code, is_users=True)
        names, file = names_of(code), os.path.basename(code.co_filename)
        if f"{os.sep}ipykernel_" in code.co_filename:  # a file that is gone by now
            file = "the notebook"
        for name, number in names.globals.items():
            line = place(code, number)
            self._force(code, scope.get(name))
            self.follow("global", scope, name, name, f"a global of {file}", line)
            if name not in scope:
                self.follow("builtin", vars(builtins), name, name, "a builtin", line)
        for (name, level), number in names.imports.items():
            for whole in imported(name, level, scope.get("__package__")):
                if whole in sys.modules:
                    line = place(code, number)
                    self.follow("module", sys.modules, whole, whole, "a module", line)
        for inner in code.co_consts:
            if isinstance(inner, CodeType):
                if id(code) in self.forced and id(code) not in self.ran.codes:
                    self.forced.add(id(inner))
                if id(inner) in self.ran.codes or id(inner) in self.forced:
                    self._code(inner, scope)


def is_called(code: CodeType) -> bool:
    """Whether code runs because it was called: not because of an import, or of an object's end."""
    return code.co_name not in ("<module>", "__del__")


# How the walk goes on from what it meets: the first that fits. What fits none is an object, whose
# class must be a user's or be on one of the lists in known.py.
WAYS: tuple[tuple[Any, Callable[[Walk, Any, str, str], None]], ...] = (
    (Node, Walk._node),
    (FunctionType, Walk._function),
    ((BuiltinFunctionType, MethodWrapperType), Walk._builtin),
    ((attrgetter, methodcaller), Walk._named),
    (tuple(PARTS), Walk._parts),
    (ReferenceType, Walk._referred),
    (type, a_class),
    (ModuleType, Walk._module),
    ((list, tuple, *ELEMENTS), Walk._sequence),
    ((dict, MappingProxyType), Walk._dict),
    (type(os.environ), Walk._environment),
    (array, Walk._numbers),
    (CellType, Walk._cell),
)
