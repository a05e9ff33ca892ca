"""Nested structures of numbers: taken apart into a list, and put together again.

A structure is a number, or a list, tuple, named tuple, dict, dataclass or NumPy array of
structures. An array is taken apart into its elements and put together as an array. Of a dataclass
only the fields count: a new one has these and nothing else, and `__post_init__` does not run.
"""

from __future__ import annotations

import sys
from copy import copy
from functools import partial
from itertools import islice
from math import prod
from typing import TYPE_CHECKING, Any

from autograd.core.record import Node
from autograd.numbers.reals import advice, describe, is_real, real

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    # How to make a container from parts, its parts, their keys, how a key is written.
    Opened = tuple[Callable[[list[Any]], Any], Sequence[Any], Sequence[Any], str]


class Structure:
    """A structure without its numbers: how many they are, where they stand, how to put them back.

    Either a container, with a Structure for each part, or a block: one number, or one array.
    """

    __slots__ = ("keys", "parts", "shape", "size", "step", "together")

    def __init__(
        self,
        together: Callable[[list[Any]], Any] | None = None,
        parts: Sequence[Structure] = (),
        keys: Iterable[Any] = (),
        step: str = "",
        shape: tuple[int, ...] | None = None,
    ) -> None:
        self.together = together  # makes the container from its parts; None for a block
        self.parts = parts
        self.keys = keys  # the key, index or name of each part ...
        self.step = step  # ... and how that is written behind the container: "[{!r}]" or ".{}"
        self.shape = shape  # of an array; None for a number
        self.size: int = prod(shape or ()) if together is None else sum(x.size for x in parts)

    def paths(self, start: str = "") -> list[str]:
        """How each number is reached: "['a'][0]" for the first number in the list under 'a'."""
        if self.together is not None:
            return [
                path
                for part, key in zip(self.parts, self.keys, strict=True)
                for path in part.paths(start + self.step.format(key))
            ]
        paths = [start]
        for length in self.shape or ():
            paths = [f"{path}[{i}]" for path in paths for i in range(length)]
        return paths

    def filled(self, content: Callable[[Structure], Any]) -> Any:
        """The structure with content(block) in place of each block, from left to right."""
        if self.together is None:
            return content(self)
        return self.together(
            [content(x) if x is NUMBER else x.filled(content) for x in self.parts]  # saves a call
        )

    def rebuild(self, numbers: Iterable[Any]) -> Any:
        """The structure with these numbers in it."""
        rest = iter(numbers)
        return self.filled(lambda block: taken(rest, block.shape))

    def numbers_of(self, tree: Any, where: str, model: str) -> list[Any]:
        """The numbers of a tree that must have one wherever this structure has one.

        Lists, tuples and arrays may stand for each other, and keys may come in another order.
        """
        numbers, found = flatten(tree, where)
        if found is NUMBER and self is NUMBER:
            return numbers
        here, there = self.paths(), found.paths()
        if here == there:
            return numbers
        at = dict(zip(there, numbers, strict=True))
        for path in here:
            if path not in at:
                raise ValueError(
                    f"{where} must have the structure of {model}, {len(here)} numbers; it has "
                    f"{len(there)}, and none at {path or 'the top: it is a container'}"
                )
        surplus = set(there) - set(here)
        for path in there:
            if path in surplus:
                raise ValueError(
                    f"{where} must have the structure of {model}, {len(here)} numbers; it has "
                    f"{len(there)}, one of them at {path or 'the top: it is a number'}"
                )
        return [at[path] for path in here]


NUMBER = Structure()


def flatten(tree: Any, where: str = "the structure") -> tuple[list[Any], Structure]:
    """The numbers of a structure, Values or floats, from left to right; and the structure.

    `where` says in messages whose structure it is.

    >>> numbers, structure = flatten({"w": [1.0, 2.0], "b": 3.0})
    >>> numbers, structure.rebuild([x * 10 for x in numbers])
    ([1.0, 2.0, 3.0], {'w': [10.0, 20.0], 'b': 30.0})
    """
    numbers: list[Any] = []
    try:
        return numbers, _taken_apart(tree, where, numbers)
    except RecursionError:
        raise too_deep(where) from None


def _taken_apart(tree: Any, where: str, numbers: list[Any]) -> Structure:
    if isinstance(tree, Node):
        numbers.append(tree)
        return NUMBER
    if is_real(tree):
        numbers.append(real(tree, where))
        return NUMBER
    if is_ndarray(tree):
        if hasattr(type(tree), "mask"):
            raise TypeError(
                f"{where}: masked arrays are not supported, got one of shape {tree.shape}; pass "
                f"the numbers that count, x.compressed(), or a plain array, x.filled(0.0)"
            )
        block = Structure(shape=tree.shape)
        elements = (tree.astype(float) if tree.dtype.kind in "biuf" else tree).ravel().tolist()
        if not all(type(x) is float or isinstance(x, Node) for x in elements):
            elements = [
                x if isinstance(x, Node) else real(x, path)
                for x, path in zip(elements, block.paths(where), strict=False)
            ]
        numbers += elements
        return block
    opened = container(tree)
    if opened is None:
        raise TypeError(
            f"{where}: expected a number, or a list, tuple, dict, dataclass or NumPy array of "
            f"numbers; got {describe(tree)}; {advice(tree)}"
        )
    together, contents, keys, step = opened
    parts = []
    for x, key in zip(contents, keys, strict=True):
        if type(x) is float:  # so frequent that the detours below would be felt
            numbers.append(x)
            parts.append(NUMBER)
        else:
            parts.append(_taken_apart(x, where + step.format(key), numbers))
    return Structure(together, parts, keys, step)


def container(tree: Any) -> Opened | None:
    """What a container consists of; None for what is no container that we know."""
    kind = type(tree)
    if isinstance(tree, dict):
        return partial(_refilled, copy(tree)), list(tree.values()), list(tree), "[{!r}]"
    if isinstance(tree, tuple) and hasattr(kind, "_fields"):
        return kind._make, tree, kind._fields, ".{}"
    if isinstance(tree, (list, tuple)):
        return kind, tree, range(len(tree)), "[{!r}]"
    if hasattr(kind, "__dataclass_fields__"):
        # Whoever made a dataclass has imported the module, which is slow to import.
        names = [field.name for field in sys.modules["dataclasses"].fields(tree)]
        return partial(_remade, kind, names), [getattr(tree, name) for name in names], names, ".{}"
    return None


def _refilled(model: dict[Any, Any], parts: list[Any]) -> dict[Any, Any]:
    """A dict with the keys of another; it keeps what a subclass adds, such as a default."""
    new = copy(model)
    for key, part in zip(model, parts, strict=True):
        new[key] = part
    return new


def _remade(kind: type, names: list[str], parts: list[Any]) -> Any:
    """A dataclass with these fields, and none of the results that another one may have cached."""
    new: Any = object.__new__(kind)
    for name, part in zip(names, parts, strict=True):
        object.__setattr__(new, name, part)  # frozen ones too
    return new


def taken(numbers: Iterator[Any], shape: tuple[int, ...] | None) -> Any:
    """The next number, or the array of this shape made of the next ones.

    An array is one of floats, or of objects where Values are among them.
    """
    if shape is None:
        return next(numbers)
    np = sys.modules["numpy"]  # it made the array that asks for this one
    elements = list(islice(numbers, prod(shape)))
    if any(isinstance(x, Node) for x in elements):
        out = np.empty(len(elements), dtype=object)
        out[:] = elements
        return out.reshape(shape)
    return np.array(elements, dtype=float).reshape(shape)


def replaced(tree: Any, change: Callable[[Any], Any], where: str = "the structure") -> Any:
    """A tree of anything, with every Value in it changed; itself where there is none.

    >>> replaced(["text", 2.0, None], abs)
    ['text', 2.0, None]
    """
    try:
        return _replaced(tree, change)
    except RecursionError:
        raise too_deep(where) from None


def _replaced(tree: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(tree, Node):
        return change(tree)
    if is_ndarray(tree):
        elements = tree.ravel().tolist()
        if not any(isinstance(x, Node) for x in elements):
            return tree
        if all(isinstance(x, Node) or is_real(x) for x in elements):
            return taken(map(partial(_replaced, change=change), elements), tree.shape)
        new = tree.copy()
        new.flat = [_replaced(x, change) for x in elements]
        return new
    opened = container(tree)
    if opened is None:  # text, None, an object of the user's
        return tree
    together, contents, *_ = opened
    parts = [_replaced(x, change) for x in contents]
    same = all(new is old for new, old in zip(parts, contents, strict=True))
    return tree if same else together(parts)


def values(tree: Any, where: str = "the structure") -> list[Any]:
    """Every Value in a tree of anything."""
    found: list[Any] = []
    try:
        _gather(tree, found)
    except RecursionError:
        raise too_deep(where) from None
    return found


def _gather(tree: Any, found: list[Any]) -> None:
    if isinstance(tree, Node):
        found.append(tree)
    elif is_ndarray(tree):
        found += [x for x in tree.ravel().tolist() if isinstance(x, Node)]
    elif (opened := container(tree)) is not None:
        for part in opened[1]:
            _gather(part, found)


def too_deep(where: str) -> ValueError:
    """The error for a structure in which no end is found."""
    return ValueError(f"{where}: it is nested too deeply, or contains itself")


def is_ndarray(x: Any) -> bool:
    """Whether x is a NumPy array; asked without importing NumPy, which arrays have imported."""
    np = sys.modules.get("numpy")
    return np is not None and isinstance(x, np.ndarray)
