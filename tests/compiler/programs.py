"""Random small programs of Python's object model, and random changes to them between two calls.

A `Shape` is a way to hold numbers: how one is made, how a number is read out of it, and what may be
done to it. They stand in shapes.txt, and hold one another. A program has some in its globals and
reads them in `f`. What a change does to the answer is found by calling `f`, before and after.
"""

from __future__ import annotations

import re
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

PRELUDE = """
import functools, types, sys, weakref
from array import array
from collections import ChainMap, OrderedDict, UserDict, deque, namedtuple
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial, singledispatch, wraps
from operator import attrgetter, itemgetter, methodcaller
from types import SimpleNamespace
import numpy as np
from autograd import Value
"""

# How f comes to what a global G holds: definitions, the term that f adds, and more changes. MAKE is
# a new one of what it holds, h a name of its own.
USES = [
    ("", "READ(G)", []),
    (
        "def h(): return READ(G)",
        "h()",
        ["h = lambda: NUMBER", "h.__code__ = (lambda: NUMBER).__code__"],
    ),
    ("def h(o=G): return READ(o)", "h()", ["h.__defaults__ = (NEW,)", "h = lambda: NUMBER"]),
    (
        "def make_h(o):\n    def inner(): return READ(o)\n    def put(z):\n        nonlocal o\n"
        "        o = z\n    return inner, put\nh, put_h = make_h(G)",
        "h()",
        ["put_h(NEW)", "put_h(G)"],
    ),
    (
        "h = {'one': lambda: READ(G), 'two': [lambda: 2.0]}",
        "h['one']()",
        ["h['one'] = h['two'][0]", "h['two'][0] = abs", "h['three'] = 1.0"],
    ),
    ("def h():\n    here = G\n    return [READ(here) for _ in range(1)][0]", "h()", []),
    (
        "sys.modules['h_'] = h_ = types.ModuleType('h_')\nh_.o = G\n"
        "def h():\n    from h_ import o\n    return READ(o)",
        "h()",
        ["h_.o = NEW", "sys.modules['h_'] = SimpleNamespace(o=NEW)"],
    ),
]


class Shape(NamedTuple):
    """A way to hold numbers, in the text of a program."""

    definitions: str  # what must stand above
    made: Callable[[], str]  # an expression for a new one, with other numbers each time
    read: Callable[[str], str]  # a number out of the one that an expression gives
    changed: Callable[[str], list[str]]  # statements that change it, or what it holds


class Template:
    """A shape as shapes.txt has it."""

    def __init__(self, text: str, shared: Template | None) -> None:
        self.name, *lines = text.splitlines()
        self.definitions = "\n".join(line for line in lines if not line.startswith(WORDS))
        self.lines = {
            word: [line.removeprefix(word) for line in lines if line.startswith(word)]
            for word in WORDS
        }
        self.group = self.name if shared is None else shared.name
        if shared is not None:
            self.lines = {word: [*shared.lines[word], *self.lines[word]] for word in WORDS}


WORDS = ("made ", "read ", "change ", "inside ")


def replaced(text: str, read: Callable[[str], str]) -> str:
    """A text with all of its READ(e)."""
    while (start := text.find("READ(")) >= 0:
        end, depth = start + len("READ("), 1
        while depth:
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        text = text[:start] + read(text[start + len("READ(") : end - 1]) + text[end:]
    return text


def templates() -> list[Template]:
    """The shapes of shapes.txt."""
    text = (Path(__file__).parent / "shapes.txt").read_text(encoding="utf-8")
    found: list[Template] = []
    shared = None
    for section in text.split("\n## ")[1:]:
        if section.startswith("any "):
            shared = Template(section, None)
        else:
            found.append(Template(section, shared))
    return found


TEMPLATES = templates()
GROUPS = [[x for x in TEMPLATES if x.group == name] for name in ("any function", "any object")]
GROUPS.append([x for x in TEMPLATES if x.group not in ("any function", "any object")])


class Writer:
    """Draws programs."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.numbers = count(1)
        self.names = count()

    def number(self) -> str:
        """A number, another one each time but for now and then."""
        x = next(self.numbers)
        return self.random.choice([f"{x}.5", f"{x}.25", f"{x}", "0.0", "-0.0", "True", "1.0"])

    def written(self, text: str, inner: Shape) -> str:
        """A text with all that it leaves open."""
        text = replaced(text, inner.read)
        text = re.sub(r"\bNEW\b", lambda _: inner.made(), text)
        return re.sub(r"\bNUMBER\b", lambda _: self.number(), text)

    def shape(self, depth: int) -> Shape:
        """A shape with shapes inside."""
        if depth == 0 or self.random.random() < 0.2:
            return Shape("", self.number, lambda e: e, lambda e: [])
        inner = self.shape(depth - 1)
        template = self.random.choice(self.random.choice(GROUPS))
        own = f"C{next(self.names)}"
        definitions = re.sub(r"\bKind", own, template.definitions)
        made, read = (self.random.choice(template.lines[word]) for word in ("made ", "read "))

        def at(e: str, text: str) -> str:
            return re.sub(r"\bKind", own, re.sub(r"\bE\b", e.replace("\\", r"\\"), text))

        return Shape(
            f"{inner.definitions}\n{self.written(definitions, inner)}",
            lambda: self.written(at("", made), inner),
            lambda e: self.written(at(e, read), inner),
            lambda e: [
                *(self.written(at(e, line), inner) for line in template.lines["change "]),
                *(x for line in template.lines["inside "] for x in inner.changed(at(e, line))),
            ],
        )

    def program(self) -> tuple[str, list[str]]:
        """A module with a function f of one number, and statements that may change its answer."""
        text, terms = [PRELUDE], []
        changes = ["f.__defaults__ = (2.0,)", "other = 3.0", "len = max", "sum = lambda xs: 5.0"]
        for _ in range(self.random.randint(1, 3)):
            shape, g = self.shape(self.random.randint(0, 3)), f"g{next(self.names)}"
            text.append(f"{shape.definitions}\n{g} = {shape.made()}")
            more, term, others = self.random.choice(USES)

            def used(text: str, g: str = g, shape: Shape = shape) -> str:
                text = re.sub(r"\bG\b", g, re.sub(r"\b(make_|put_)?h(_?)\b", rf"\1h{g}\2", text))
                return self.written(text, shape)

            text.append(used(more))
            terms.append(used(term))
            changes += [f"{g} = {shape.made()}", f"{g} = {g}", *map(used, others)]
            changes += shape.changed(g)
        text.append(f"def f(x):\n    return x * 1.0 + {' + '.join(f'({t}) * 1.0' for t in terms)}")
        return "\n".join(text) + "\n", changes


def draw(random: Random) -> tuple[str, list[str]]:
    """A program, and changes to it in a random order; not all of them are possible."""
    text, changes = Writer(random).program()
    random.shuffle(changes)
    return text, changes


def change(names: dict[str, Any], changes: list[str], most: int) -> list[str]:
    """Do so many of the changes that are possible; which ones were done."""
    done: list[str] = []
    for statement in changes:
        with suppress(Exception):
            exec(statement, names)
            done.append(statement)
        if len(done) == most:
            break
    return done


def answer(f: Callable[..., Any]) -> str:
    """What a call gives, to the bit, or the error it raises."""
    try:
        return repr(f(3.0))
    except Exception as error:
        return type(error).__name__
