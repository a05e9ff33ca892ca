"""What the Values in a picture are called, and which module a parameter belongs to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

from autograd.calculus.trees import is_ndarray
from autograd.core.record import Node
from autograd.numbers.reals import describe
from autograd.pictures.lettering import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from autograd.core.value import Value


@runtime_checkable
class Model(Protocol):
    """Something that knows its parameters by name, as a module of nn does."""

    def named_parameters(self) -> Iterable[tuple[str, Value]]:
        """Each parameter with the way to it, such as "layers.0.w.3"."""


class Names(NamedTuple):
    """Names of Values, by identity."""

    of: dict[int, str]
    homes: dict[int, str]  # of parameters: the way to the module that each is part of


def named(names: object) -> Names:
    """The names in a mapping such as `locals()`, in a module, or in a list of both.

    >>> from autograd import Value
    >>> a, w = Value(1.0), [Value(2.0), Value(3.0)]
    >>> list(named({"a": a, "w": w}).of.values())
    ['a', 'w[0]', 'w[1]']
    """
    found = Names({}, {})
    for source in names if isinstance(names, (list, tuple)) else [names]:
        if isinstance(source, Mapping):
            name_entries(source, found)
        elif isinstance(source, Model):
            name_parameters("", source, found)
        elif source is not None:
            raise TypeError(
                f"names must be a mapping of names to Values, such as locals(), or a module "
                f"with named_parameters(), or a list of these; got {describe(source)}"
            )
    return found


def name_entries(names: Mapping[Any, Any], found: Names) -> None:
    """Name what stands in a mapping: Values first, for theirs are the plainest names."""
    for name in names:
        if not isinstance(name, str):
            raise TypeError(
                f"names must map names to Values, {{'x': x}}; a key is {describe(name)}"
            )
    entries = {  # IPython keeps every result under names like _7, and in Out
        name: thing
        for name, thing in names.items()
        if not name.startswith("_") and name not in ("In", "Out")
    }
    for name, thing in entries.items():
        if isinstance(thing, Node):
            found.of.setdefault(id(thing), name)
    for name, thing in entries.items():
        if isinstance(thing, Model) and not isinstance(thing, type):
            name_parameters(f"{name}.", thing, found)
    for name, thing in entries.items():
        for path, value in elements(name, thing):
            found.of.setdefault(id(value), path)


def name_parameters(prefix: str, model: Model, found: Names) -> None:
    """Name the parameters of a module, and say in which part of it each is."""
    for name, parameter in model.named_parameters():
        found.of.setdefault(id(parameter), prefix + name)
        found.homes.setdefault(id(parameter), home(prefix + name))


def home(name: str) -> str:
    """The module that holds a parameter: its name without the last word and the indices behind it.

    >>> home("layers.0.neurons.3.w.12"), home("layers.0.neurons.3.b"), home("slope")
    ('layers.0.neurons.3', 'layers.0.neurons.3', '')
    """
    return re.sub(r"(^|\.)[^.]*(\.\d+)*$", "", name)


def elements(name: str, thing: object) -> Iterator[tuple[str, Node]]:
    """The Values in a container, each with the way to it: "w[0]", "p['a'][1]"."""
    rest = [(name, thing)]
    seen: set[int] = set()
    while rest:
        path, thing = rest.pop()
        if isinstance(thing, Node):
            yield path, thing
            continue
        if is_ndarray(thing) and thing.dtype == object:  # type: ignore[attr-defined]
            thing = thing.tolist()  # type: ignore[attr-defined]
        if not isinstance(thing, (list, tuple, dict)) or id(thing) in seen:
            continue
        seen.add(id(thing))
        keyed = thing.items() if isinstance(thing, dict) else enumerate(thing)
        inner = [
            (key, x)
            for key, x in keyed
            if isinstance(x, (Node, list, tuple, dict)) or is_ndarray(x)
        ]
        rest += [(f"{path}[{key!r}]", x) for key, x in reversed(inner)]


def all_named(nodes: Sequence[Value], given: Mapping[int, str]) -> dict[int, str]:
    """A name for every node: its label, the given one, `out` for the result, else v1, v2 ..."""
    known = {id(x): name for x in nodes if (name := x.label or given.get(id(x)))}
    taken = set(known.values())
    fresh = (name for i in range(1, 2 * len(nodes) + 2) if (name := f"v{i}") not in taken)
    if id(nodes[-1]) not in known and "out" not in taken:
        known[id(nodes[-1])] = "out"
    return {id(x): printable(known.get(id(x)) or next(fresh)) for x in nodes}
