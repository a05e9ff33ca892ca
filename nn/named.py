"""Functions that may be given by name: activations and initialisers."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from autograd.numbers.reals import describe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

F = TypeVar("F", bound="Callable[..., Any]")


def named(what: str, choice: str | F, known: Mapping[str, F]) -> F:
    """The function of that name among the known ones, or the function itself.

    >>> named("activation", "absolute", {"absolute": abs})(-2.0)
    2.0
    """
    if isinstance(choice, str):
        if choice in known:
            return known[choice]
    elif callable(choice):
        return choice
    raise ValueError(
        f"{what}: expected a function or one of {', '.join(known)}, got {describe(choice)}"
    )
