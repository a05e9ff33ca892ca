"""What the command lines here have in common: counts, names of subjects, packages they need."""

from __future__ import annotations

import sys
from argparse import ArgumentTypeError
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Collection, Iterator


def count(text: str) -> int:
    """How many, at least one: a type of argument."""
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"expected a whole number, at least 1, got {text!r}")
    return int(text)


def must_be_known(
    parser: ArgumentParser, what: str, names: Collection[str], known: Collection[str]
) -> None:
    """End the program in words where something is named that is not there."""
    if unknown := [name for name in names if name not in known]:
        parser.error(f"unknown {what} {', '.join(unknown)}: choose from {', '.join(known)}")


@contextmanager
def needed(module: str) -> Iterator[None]:
    """Imports from outside, in a file that can do nothing without them: in words if one is missing.

    A file that is run as a program ends there; `module` is its `__name__`.
    """
    try:
        yield
    except ImportError as error:
        message = str(error)  # our own imports say in words what they need
        if isinstance(error, ModuleNotFoundError):
            message = f"{error.name} is not installed: pip install -e '.[dev]'"
        if module == "__main__":
            sys.exit(message)
        raise type(error)(message, name=error.name) from error
