"""Nested structures of numbers: taken apart into a list, and put together again.

A structure is a number, or a list, tuple, named tuple, dict, dataclass or NumPy array of
structures. An array is taken apart into its elements and put together as an array.
"""

from __future__ import annotations

import sys
from copy import copy
from math import prod
from typing import TYPE_CHECKING, Any

from autograd.reals import describe, is_real
from autograd.record import Node

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


class Structure:
    """The shape of a structure without its numbers: how many they are, and how to put them back."""

    __slots__ = ("children", "names", "shape", "size", "together")

    def __init__(
        self,
        children: Sequence[Structure] = (),
        names: Sequence[str] = (),
        together: Callable[[list[Any]], Any] | None = None,
        shape: tuple[int, ...] | None = None,
    ) -> None:
        self.children = children  # of a container
        self.names = names  # how each child is reached from it: "[0]", ".width", "['a']"
        self.together = together  # makes the container from its rebuilt children
        self.shape = shape  # of an array
        if together is not None:
            self.size = sum(child.size for child in children)
        else:
            self.size = prod(shape or ())

    def paths(self, start: str = "") -> list[str]:
        """How each number is reached: "['a'][0]" for the first number in the list under 'a'."""
        if self.together is not None:
            return [
                path
                for child, name in zip(self.children, self.names, strict=True)
                for path in child.paths(start + name)
            ]
        indices = [""]
        for length in self.shape or ():
            indices = [f"{index}[{i}]" for index in indices for i in range(length)]
        return [start + index for index in indices]

    def blocks(self) -> list[Structure]:
        """The numbers and arrays in it, from left to right."""
        if self.together is None:
            return [self]
        return [block for child in self.children for block in child.blocks()]

    def rebuild(self, numbers: Sequence[Any]) -> Any:
        """The structure with these numbers in it."""
        blocks, start = [], 0
        for block in self.blocks():
            part = numbers[start : start + block.size]
            blocks.append(part[0] if block.shape is None else array(part, block.shape))
            start += block.size
        return self.fill(blocks)

    def fill(self, blocks: Sequence[Any]) -> Any:
        """The structure with these things in place of its numbers and arrays."""
        return self._filled(iter(blocks))

    def _filled(self, blocks: Iterator[Any]) -> Any:
        if self.together is None:
            return next(blocks)
        return self.together([child._filled(blocks) for child in self.children])


def flatten(tree: Any, where: str = "") -> tuple[list[Any], Structure]:
    """The numbers of a structure from left to right, and the structure without them.

    >>> numbers, structure = flatten({"w": [1.0, 2.0], "b": 3.0})
    >>> numbers, structure.rebuild([x * 10 for x in numbers])
    ([1.0, 2.0, 3.0], {'w': [10.0, 20.0], 'b': 30.0})
    """
    if isinstance(tree, Node) or is_real(tree):
        return [tree], Structure()
    if (np := sys.modules.get("numpy")) is not None and isinstance(tree, np.ndarray):
        numbers = tree.ravel().tolist()
        for i, number in enumerate(numbers):
            if not (isinstance(number, Node) or is_real(number)):
                raise TypeError(f"{where}[{i}]: expected a real number, got {describe(number)}")
        return numbers, Structure(shape=tree.shape)
    names, parts, together = _opened(tree, where)
    numbers, children = [], []
    for name, part in zip(names, parts, strict=True):
        inside, child = flatten(part, where + name)
        numbers += inside
        children.append(child)
    return numbers, Structure(children, names, together)


def _opened(tree: Any, where: str) -> tuple[list[str], list[Any], Callable[[list[Any]], Any]]:
    """The parts of a container, how each is reached from it, and how to make it from others."""
    kind = type(tree)
    if isinstance(tree, dict):

        def refilled(parts: list[Any]) -> Any:
            new = copy(tree)  # keeps what a subclass adds, such as a default
            new.update(zip(tree, parts, strict=True))
            return new

        return [f"[{key!r}]" for key in tree], list(tree.values()), refilled
    if isinstance(tree, tuple) and hasattr(kind, "_fields"):
        return [f".{name}" for name in kind._fields], list(tree), lambda parts: kind(*parts)
    if isinstance(tree, (list, tuple)):
        return [f"[{i}]" for i in range(len(tree))], list(tree), kind
    if hasattr(kind, "__dataclass_fields__"):
        fields = [field.name for field in sys.modules["dataclasses"].fields(tree)]

        def remade(parts: list[Any]) -> Any:
            new = copy(tree)
            for name, part in zip(fields, parts, strict=True):
                object.__setattr__(new, name, part)  # frozen ones too
            return new

        return [f".{name}" for name in fields], [getattr(tree, name) for name in fields], remade
    raise TypeError(
        f"{where or 'the argument'}: expected a number, or lists, tuples, dicts, dataclasses or "
        f"NumPy arrays of numbers; got {describe(tree)}"
    )


def array(numbers: Sequence[Any], shape: tuple[int, ...]) -> Any:
    """A NumPy array of floats, or of objects where Values are among them."""
    np = sys.modules["numpy"]  # it made the array that asks for this one
    if any(isinstance(number, Node) for number in numbers):
        out = np.empty(len(numbers), dtype=object)
        out[:] = numbers
        return out.reshape(shape)
    return np.array(numbers, dtype=float).reshape(shape)


def replaced(tree: Any, change: Callable[[Node], Any]) -> Any:
    """The structure with every Value in it changed, and everything else as it is."""
    if isinstance(tree, Node):
        return change(tree)
    try:
        _, parts, together = _opened(tree, "")
    except TypeError:  # text, None, an object of the user's: not a container that we know
        return tree
    return together([replaced(part, change) for part in parts])
