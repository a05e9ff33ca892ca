"""The engine's functions as syntax trees, and what the names in them stand for."""

from __future__ import annotations

import ast
import builtins
import sys
from types import FunctionType, ModuleType
from typing import Any


class Opaque(Exception):  # noqa: N818 - a message within the compiler, no error of anybody's
    """Something that cannot be read: not of the engine, or not of the Python that is known here."""


class Source:
    """The functions of one module of the engine, as syntax trees."""

    def __init__(self, module: ModuleType) -> None:
        loader: Any = module.__loader__
        tree = ast.parse(loader.get_source(module.__name__))
        self.functions = {x.name: x for x in tree.body if isinstance(x, ast.FunctionDef)}


SOURCES: dict[str, Source] = {}


def source_of(function: Any) -> ast.FunctionDef:
    """The syntax tree of a function of the engine."""
    if isinstance(function, FunctionType) and function.__module__.startswith("autograd."):
        name = function.__module__
        if name not in SOURCES:
            SOURCES[name] = Source(sys.modules[name])
        tree = SOURCES[name].functions.get(function.__name__)
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
