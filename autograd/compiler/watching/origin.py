"""Where code comes from: a user, this package, or the standard library and NumPy.

The promise of `jit` is about users' code. What stands inside the standard library and NumPy is a
constant to it, and this package knows its own. Everything else is a user's, also what is installed
in site-packages: a library of theirs holds numbers as their own files do.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

Origin = Literal["user", "nn", "autograd", "library", "binary"]

_OURS = str(Path(__file__).resolve().parents[2])
_STANDARD = tuple({sysconfig.get_path(name) + os.sep for name in ("stdlib", "platstdlib")})
_INSTALLED = ("site-packages", "dist-packages")
# What looks on while others' code runs, or takes what it prints: a debugger, a measurer of
# coverage, a runner of tests, a notebook.
_ONLOOKERS = {"pydevd", "_pydevd_bundle", "_pydevd_sys_monitoring", "debugpy", "coverage"} | {
    "_pytest", "pluggy", "line_profiler", "hypothesis", "sybil",
    "IPython", "ipykernel", "traitlets", "zmq", "tornado", "jupyter_client", "dateutil",
}  # fmt: skip


@lru_cache(maxsize=4096)
def origin_of_file(filename: str) -> Origin:
    """Whose code a file holds.

    >>> import random
    >>> origin_of_file(random.__file__), origin_of_file("/home/ada/train.py")
    ('library', 'user')
    """
    if filename.startswith("<frozen"):
        return "library"
    path = os.path.abspath(filename)
    if path.startswith(_OURS + os.sep):
        return "autograd"
    if path.startswith(os.path.join(os.path.dirname(_OURS), "nn") + os.sep):
        return "nn"
    parts = path.split(os.sep)
    for i, part in enumerate(parts):
        if part in _INSTALLED:
            package = parts[i + 1] if i + 1 < len(parts) else ""
            if package == "numpy" or package in _ONLOOKERS:
                return "library"
            return "user" if path.endswith(".py") else "binary"
    if path.startswith(_STANDARD):
        return "library"
    return "binary" if path.endswith((".so", ".pyd")) else "user"


def origin_of_code(filename: str, names: dict[str, Any]) -> Origin:
    """Whose a function is, by its file and its globals.

    What a decorator writes as text (the methods of a dataclass) has no file; it belongs to the
    module in whose names it runs. The text of `namedtuple` has names of its own.

    >>> origin_of_code("<string>", {"__name__": "__main__"})
    'user'
    """
    if filename.startswith(("<jit ", "<watch>")):  # what this package has written itself
        return "autograd"
    if filename.startswith("<") and not filename.startswith("<frozen"):
        if str(names.get("__name__")).startswith("namedtuple_"):
            return "library"
        return origin_of_module(names)
    return origin_of_file(filename)


def origin_of_module(names: dict[str, Any]) -> Origin:
    """Whose a module is, by its names. One without a file is built in, or was typed at a prompt.

    >>> import math
    >>> origin_of_module(vars(math)), origin_of_module({"__name__": "__main__"})
    ('library', 'user')
    """
    name, file = names.get("__name__"), names.get("__file__")
    if isinstance(file, str):  # a user's own module may be called queue, or code
        return origin_of_file(file)
    top = name.partition(".")[0] if isinstance(name, str) else ""
    return "library" if top in sys.stdlib_module_names and top != "__main__" else "user"


def origin_of_class(kind: type) -> Origin:
    """Whose a class is.

    >>> from collections import Counter
    >>> from autograd import Value
    >>> origin_of_class(Counter), origin_of_class(Value)
    ('library', 'autograd')
    """
    name = kind.__module__
    module = sys.modules.get(name) if isinstance(name, str) else None
    return origin_of_module(vars(module) if module is not None else {"__name__": name})
