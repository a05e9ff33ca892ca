"""The engine's functions as syntax trees, and what the names in them stand for."""

from __future__ import annotations

import ast
import builtins
import sys
from types import FunctionType
from typing import Any


class Opaque(Exception):  # noqa: N818 - a message within the compiler, no error of anybody's
    """Something that cannot be read: not of the engine, or not of the Python that is known here."""


class Source:
    """The functions in the text of a module as syntax trees, and the methods of its classes."""

    def __init__(self, text: str) -> None:
        tree = ast.parse(text)
        self.functions = {x.name: x for x in tree.body if isinstance(x, ast.FunctionDef)}
        for kind in [x for x in tree.body if isinstance(x, ast.ClassDef)]:
            methods = [x for x in kind.body if isinstance(x, ast.FunctionDef)]
            self.functions |= {f"{kind.name}.{x.name}": x for x in methods}


SOURCES: dict[str, Source] = {}  # those of the engine as they are asked for; others are put here


def source_of(function: Any) -> ast.FunctionDef:
    """The syntax tree of a function of the engine, or of a module that was put into SOURCES."""
    if isinstance(function, FunctionType):
        name = function.__module__
        if name not in SOURCES and name.startswith("autograd."):
            loader: Any = sys.modules[name].__loader__
            SOURCES[name] = Source(loader.get_source(name))
        tree = SOURCES[name].functions.get(function.__qualname__) if name in SOURCES else None
        if tree is not None:
            return tree
    raise Opaque(f"{function!r} is no function of the engine")


def resolved(expression: ast.expr, function: Any) -> Any:
    """What a name, or a chain of attributes, stands for outside a function."""
    if isinstance(expression, ast.Attribute):
        return getattr(resolved(expression.value, function), expression.attr)
    if not isinstance(expression, ast.Name):
        raise Opaque(f"{ast.unparse(expression)} is no name")
    for known in (function.__globals__, vars(builtins)):
        if expression.id in known:
            return known[expression.id]
    raise Opaque(f"{expression.id} is not known outside {function.__name__}")


def is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
