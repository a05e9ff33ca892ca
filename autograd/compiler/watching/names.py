"""The names that a code object reads, with their lines: globals, attributes, imports.

This is all that is known of code before it runs. An attribute's name says nothing of whose it is:
`reach.py` looks it up on every object that it meets.
"""

from __future__ import annotations

import dis
import os
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from types import CodeType

_GLOBAL = {"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"}
_ATTRIBUTE = {"LOAD_ATTR", "LOAD_METHOD", "IMPORT_FROM", "LOAD_SUPER_ATTR"}
# Whoever uses one of these may read any attribute of an object, under a name that is computed.
_OPEN = {
    *("getattr", "vars", "dir", "attrgetter", "methodcaller", "format", "format_map"),
    *("__dict__", "__getattribute__", "__getattr__", "__getstate__", "__reduce_ex__"),
}
_ASKING = {
    "getattr",
    "hasattr",
    "attrgetter",
    "methodcaller",
    "AttributeError",
    "NameError",
}  # what does if there is none


class Names(NamedTuple):
    """What a code object reads by name; each name with its first line."""

    globals: dict[str, int]
    attributes: dict[str, int]
    imports: dict[tuple[str, int], int]  # of a module, with the number of leading dots
    asked: dict[str, int]  # attributes whose absence counts
    is_open: bool  # whether any attribute may be read


@lru_cache(maxsize=4096)
def names_of(code: CodeType) -> Names:
    """The names that a code object reads, without the functions inside it.

    >>> names_of((lambda x: x * cfg.rate + offset).__code__).globals.keys()
    dict_keys(['cfg', 'offset'])
    >>> [*names_of((lambda x: x * cfg.rate + offset).__code__).attributes]
    ['rate']
    """
    found = Names({}, {}, {}, {}, False)
    line, level, is_open = code.co_firstlineno, 0, False
    for instruction in dis.get_instructions(code):
        if instruction.positions is not None and instruction.positions.lineno is not None:
            line = instruction.positions.lineno
        name = instruction.argval
        if instruction.opname in _GLOBAL:
            found.globals.setdefault(name, line)
        elif instruction.opname in _ATTRIBUTE:
            found.attributes.setdefault(name, line)
        elif instruction.opname == "IMPORT_NAME":
            found.imports.setdefault((name, level), line)
        elif instruction.opname == "MATCH_CLASS":
            found.attributes.setdefault("__match_args__", line)
            is_open = True
        elif instruction.opname in ("LOAD_CONST", "LOAD_SMALL_INT") and type(name) is int:
            level = name  # of the import that follows
    used = found.globals.keys() | found.attributes.keys()
    if used & _ASKING:
        texts = [x for x in code.co_consts if type(x) is str and x.isidentifier()]
        for name in (*texts, *found.attributes):
            found.asked.setdefault(name, found.attributes.get(name, code.co_firstlineno))
    if used & _ASKING:
        for name in found.asked:
            found.attributes.setdefault(name, code.co_firstlineno)
    return found._replace(is_open=is_open or bool(used & _OPEN))


def place(code: CodeType, line: int) -> str:
    """A line of a function, in the words of an error: "train.py:12, in loss"."""
    where = os.path.basename(code.co_filename)
    if f"{os.sep}ipykernel_" in code.co_filename:
        return f"line {line} of the cell, in {code.co_name}"
    return f"{where}:{line}, in {code.co_name}"


def imported(name: str, level: int, package: object) -> list[str]:
    """The modules that an import statement names, from the outermost in.

    >>> imported("a.b", 0, None), imported("b", 1, "a"), imported("", 2, "a.b")
    (['a', 'a.b'], ['a', 'a.b'], ['a'])
    """
    parts = name.split(".") if name else []
    if level and isinstance(package, str):
        around = package.split(".")
        parts = [*around[: len(around) - level + 1], *parts]
    return [".".join(parts[: i + 1]) for i in range(len(parts))]
