"""What a program's answer depends on by name, remembered as it was, and looked at in every call.

The look is a Python function of straight-line source, made once: a chain of `x is y`, at some
nanoseconds each. What is not the same object is compared by its bits. What has changed is then said
in words, place by place, by `changes`.
"""

from __future__ import annotations

from itertools import chain
from keyword import iskeyword
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd import many
from autograd.compiler.watching.kinds import (
    ATOMS,
    GONE,
    KINDS,
    Place,
    contents,
    in_words,
    is_number_of_numpy,
    now,
    own,
    raw,
    same,
)
from autograd.core import compiled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


class Change(NamedTuple):
    """What is something else than it was.

    `number` is the place of a plain float that has become another one: it can be made an input.
    """

    text: str
    number: Place | None

    def __str__(self) -> str:
        return self.text


class Watch:
    """The places that an answer depends on, each with what stood there.

    >>> rates = {"rate": 0.1}
    >>> watch = Watch([Place("global", rates, "rate", 0.1, "rate", "a global of train.py", "")])
    >>> watch.holds()
    True
    >>> rates["rate"] = 0.2
    >>> watch.holds()
    False
    >>> print(*watch.changes())
    rate was 0.1 and is 0.2 (a global of train.py)

    A watch without places is false, and its `holds` need not be called.
    """

    def __init__(self, places: Iterable[Place]) -> None:
        self.places = tuple(places)
        self.holds: Callable[[], bool] = Source(self.places).look()

    def __bool__(self) -> bool:
        return bool(self.places)

    def __repr__(self) -> str:
        return f"<watch of {len(self.places)} places>"

    def changes(self) -> list[Change]:
        """What is something else now, in words.

        >>> xs = [1.0, 2.0]
        >>> watch = Watch([Place("list", xs, None, (1.0, 2.0), "xs", "a list", "")])
        >>> xs[1] = 3.0
        >>> watch.changes()[0].text
        'xs[1] was 2.0 and is 3.0 (a list)'
        """
        found: list[Change] = []
        for place in self.places:
            is_now = place.now()
            if not same(is_now, place.was):
                found.append(change(place, is_now))
        return found

    def numbers(self) -> list[Place]:
        """The places where a plain float stood, each with a way to read it now, and to set it.

        >>> Watch([Place("global", {"n": 3}, "n", 3, "n", "a global", "")]).numbers()
        []
        """
        return [inner for place in self.places for inner in parts(place) if inner.is_number]

    def without(self, numbers: Iterable[Place]) -> Watch:
        """A watch of all places but those of some numbers, which have become inputs.

        >>> xs = [1.0, 2.0]
        >>> watch = Watch([Place("list", xs, None, (1.0, 2.0), "xs", "a list", "")])
        >>> rest = watch.without([watch.numbers()[1]])
        >>> xs[1] = 3.0
        >>> watch.holds(), rest.holds()
        (False, True)
        """
        inputs = {number.identity for number in numbers}
        found: list[Place] = []
        for place in self.places:
            inner = [x for x in parts(place) if x.identity not in inputs]
            if len(inner) == len(parts(place)):
                found.append(place)
            elif place.kind in ("list", "dict"):
                rest = place._replace(kind="size" if place.kind == "list" else "keys")
                found += [rest._replace(was=rest.now()), *inner]
        return Watch(found)


def reader(numbers: Sequence[Place]) -> Callable[[], list[float]]:
    """A function that reads numbers where they stand: inputs of a program, in each call of it.

    >>> cfg = {"rate": 0.1}
    >>> rates = reader([Place("global", cfg, "rate", 0.1, "rate", "a global", "")])
    >>> cfg["rate"] = 0.2
    >>> rates()
    [0.2]
    """
    source = Source([])
    terms = [source.read(place) for place in numbers]
    return source.function("[" + ", ".join(terms) + "]", "raise")


def change(place: Place, is_now: Any) -> Change:
    """What has become of a place that is not as it was."""
    was = place.was
    if place.kind in ("names", "special") and is_now is not GONE:
        more, less = ([x for x in a if x not in b] for a, b in ((is_now, was), (was, is_now)))
        name, what = (more[0], "is new") if more else (less[0] if less else "*", "is gone")
        return Change(f"{place.label}.{name} {what} ({place.whose})", None)
    if place.kind in HOLDERS and is_now is not GONE:
        if len(was) != len(is_now):
            half = 2 if place.kind == "dict" else 1
            counts = f"had {len(was) // half} {HOLDERS[place.kind]} and has"
            return Change(f"{place.label} {counts} {len(is_now) // half} ({place.whose})", None)
        for part in parts(place):
            x = part.now()
            if not same(part.was, x):
                return change(part, x)
        return Change(f"{place.label} has other keys, or in another order ({place.whose})", None)
    if place.kind == "array":
        return Change(f"{place.label} holds other numbers ({place.whose})", None)
    before, after = in_words(was, is_now)
    number = place if place.is_number and type(is_now) is float else None
    return Change(f"{place.label} was {before} and is {after} ({place.whose})", number)


# Kinds that hold many things, and what to call these.
HOLDERS = {**dict.fromkeys(("list", "collection", "objects"), "elements"), "dict": "entries"}


def parts(place: Place) -> Sequence[Place]:
    """The elements of a container as places of their own; of anything else, itself."""
    kind, was = "element", place.was
    keys: Iterable[Any] = range(len(was)) if place.kind in HOLDERS else ()
    if place.kind == "list":
        kind = "entry of a list"
    elif place.kind == "dict":
        half = len(was) // 2
        keys, kind, was = was[:half], "entry", was[half:]
    elif place.kind not in ("collection", "objects"):
        return (place,)
    return [
        place._replace(kind=kind, key=key, was=x, label=f"{place.label}[{key!r}]")
        for key, x in zip(keys, was, strict=True)
    ]


class Source:
    """The source of a look, as it is put together, and the objects that it names."""

    def __init__(self, places: Sequence[Place]) -> None:
        self.names: dict[str, Any] = {
            "same": same, "same_objects": many.same_objects, "same_lists": many.same_lists,
            "same_types": many.same_types, "same_methods": many.same_methods,
            "same_items": same_items, "contents": contents, "own": own, "raw": raw, "now": now,
            "GONE": GONE,
        }  # fmt: skip
        self.numbers: dict[int, str] = {}  # by identity: the names of objects
        self.before: list[str] = []  # lines that call weak references
        self.terms: list[str] = []
        for place in places:
            if place.is_weak or place.kind not in TOGETHER:
                self.terms.append(self.term(place))
        for kind, look in TOGETHER.items():
            alike = [x for x in places if x.kind == kind and not x.is_weak]
            if alike:
                known: dict[str, Iterable[Any]] = {
                    "o": [x.owner for x in alike],
                    "k": [x.key for x in alike],
                    "v": [x.was for x in alike],
                }
                if kind == "list":
                    known["sizes"] = map(len, known["v"])
                    known["items"] = chain.from_iterable(known["v"])
                names = {letter: self.name(tuple(some), "all_") for letter, some in known.items()}
                self.terms.append(look.format(**names))

    def name(self, x: Any, letter: str) -> str:
        """The name of an object in the source."""
        name = self.numbers.get(id(x))
        if name is None:
            name = self.numbers[id(x)] = f"{letter}{len(self.numbers)}"
            self.names[name] = x
        return name

    def owner(self, place: Place) -> str:
        """The name of the object that has a place."""
        if not place.is_weak:
            return self.name(place.owner, "o")
        name = self.name(place.owner, "w")
        lines = f"        if ({name}_ := {name}()) is None:\n            raise ReferenceError\n"
        if lines not in self.before:
            self.before.append(lines)
        return f"{name}_"

    def known(self, place: Place) -> dict[str, str]:
        """What stands for the parts of a place in the expressions of its kind."""
        key = place.key
        text = repr(key) if type(key) in (str, int, type(None)) else self.name(key, "k")
        return {"o": self.owner(place), "k": text, "a": key, "v": self.name(place.was, "v")}

    def read(self, place: Place) -> str:
        """What stands at a place now, as an expression of Python."""
        kind, known = KINDS[place.kind], self.known(place)
        key = place.key
        if "{a}" in kind.read and not (key.isidentifier() and not iskeyword(key)):
            return f"now({place.kind!r}, {known['o']}, {known['k']})"
        return kind.read.format(**known)

    def term(self, place: Place) -> str:
        """Whether a place is as it was, as an expression of Python."""
        kind, was, known = KINDS[place.kind], place.was, self.known(place)
        if was is GONE:
            return kind.absent.format(**known)
        names = self.name([*vars(place.owner)], "n") if "{names}" in kind.look else ""
        look = kind.look.format(**known, read=self.read(place), names=names)
        if place.kind in EXACT or not (type(was) in BITS or is_number_of_numpy(was)):
            return look
        return f"({look} or same(now({place.kind!r}, {known['o']}, {known['k']}), {known['v']}))"

    def function(self, value: str, otherwise: str) -> Callable[[], Any]:
        """A function that gives the value of an expression, and does something else on an error."""
        text = (
            f"def made():\n    try:\n{''.join(self.before)}        return {value}\n"
            f"    except Exception:\n        {otherwise}\n"
        )
        exec(compile(text, "<watch>", "exec"), self.names)
        made: Callable[[], Any] = self.names.pop("made")  # else it would keep itself alive
        return made

    def look(self) -> Callable[[], bool]:
        """The look itself. Whatever cannot be read has changed."""
        terms = "\n        and ".join(self.terms) or "True"
        return self.function(f"bool({terms})", "return False")


EXACT = {"array", "shape", "names"}  # kinds whose look is not by identity
BITS = {*ATOMS, tuple} - {type(None)}  # types that are compared by their bits, if not by identity
# Kinds of which all places are looked at at once.
TOGETHER = {"list": "(same_lists({o}, {sizes}, {items}) or same_items({o}, {v}))"}
if compiled:  # in Python, the chain of expressions is faster
    TOGETHER |= {"class": "same_types({o}, {v})", "method": "same_methods({o}, {k}, {v})"}


def same_items(lists: Sequence[Sequence[Any]], items: Sequence[tuple[Any, ...]]) -> bool:
    """Whether lists hold what they held, numbers compared by their bits.

    >>> same_items([[0.1]], [(float("0.1"),)])
    True
    """
    return all(same(tuple(xs), ys) for xs, ys in zip(lists, items, strict=True))
