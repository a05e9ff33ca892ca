"""Arguments of a compiled function: their numbers, and what of them belongs to the program.

Numbers are inputs of a program. Where they stand, and everything that is not a number - text, None,
bools, objects - is part of the program itself: other ones make another program.
"""

from __future__ import annotations

from typing import Any

from autograd.calculus.trees import NUMBER, Structure, container, flatten, is_ndarray
from autograd.compiler.table import Table
from autograd.core.record import Node
from autograd.numbers.reals import describe, is_real, real


class Given:
    """The arguments of one call, taken apart."""

    __slots__ = ("key", "numbers", "structure")

    def __init__(self, name: str, args: tuple[Any, ...], named: dict[str, Any]) -> None:
        self.numbers: list[Any] = []  # Values and floats
        key: list[Any] = [len(args), *named]
        where = f"jit({name}): argument"
        try:
            in_order = [self._opened(x, f"{where} {i}", key) for i, x in enumerate(args)]
            by_name = [self._opened(x, f"{where} {word}", key) for word, x in named.items()]
        except RecursionError:
            raise ValueError(
                f"jit({name}): an argument is nested too deeply, or contains itself"
            ) from None
        self.key = tuple(key)  # equal for two calls that can share programs
        words = [*named]
        both = (
            Structure(tuple, in_order, range(len(args)), "[{!r}]"),
            Structure(lambda parts: dict(zip(words, parts, strict=True)), by_name, words, "[{!r}]"),
        )
        self.structure = Structure(tuple, both, range(2), "[{!r}]")

    def _opened(self, x: Any, where: str, key: list[Any]) -> Structure:
        if type(x) is float or isinstance(x, Node):
            self.numbers.append(x)
            key.append(float)
            return NUMBER
        if type(x) is not bool and is_real(x):
            self.numbers.append(real(x, where))
            key.append(float)
            return NUMBER
        if is_ndarray(x):
            numbers, block = flatten(x, where)
            self.numbers += numbers
            key.append((type(x), block.shape))
            return block
        opened = container(x)
        if opened is None:
            return self._static(x, where, key)
        together, contents, keys, step = opened
        key.append((type(x), tuple(keys)))
        parts = [
            self._opened(part, where + step.format(name), key)
            for part, name in zip(contents, keys, strict=True)
        ]
        return Structure(together, parts, keys, step)

    def _static(self, x: Any, where: str, key: list[Any]) -> Structure:
        try:
            hash(x)
        except TypeError:
            raise TypeError(
                f"{where}: expected numbers, containers of numbers, or something fixed that can be "
                f"hashed (text, None, a bool, an object); got {describe(x)}"
            ) from None
        key.append((type(x), x))
        return Structure(lambda parts: x)


# Rows ---------------------------------------------------------------------------------------------


class Rows:
    """The arguments of a call for each of many rows: columns, as long as each other."""

    def __init__(self, name: str, columns: tuple[Any, ...]) -> None:
        self.name = name
        if not columns:
            raise TypeError(f"{name}: expected rows, as many lists or arrays as f has arguments")
        self.columns = [column_of(name, i, column) for i, column in enumerate(columns)]
        lengths = [len(column) for column in columns]
        if len(set(lengths)) > 1:
            raise ValueError(f"{name}: the arguments must be of one length, got {lengths}")
        self.count = lengths[0]
        if not self.count:
            raise ValueError(f"{name}: there are no rows; got empty arguments")

    @property
    def arrays(self) -> bool:
        """Whether there are arrays among the columns."""
        return any(map(is_ndarray, self.columns))

    def arguments(self) -> list[tuple[Any, ...]]:
        """The arguments of each row."""
        return list(zip(*self.columns, strict=True))

    def first(self) -> Given:
        """The arguments of the first row, taken apart."""
        return Given(self.name, tuple([column[0] for column in self.columns]), {})

    def given(self) -> list[Given]:
        """The arguments of each row, taken apart."""
        return [Given(self.name, args, {}) for args in self.arguments()]

    def table(self, *, copied: bool) -> Table | None:
        """The numbers of the rows where all are of the form of the first; None if not."""
        return Table.of(self.columns, copied=copied)


def column_of(name: str, i: int, column: Any) -> Any:
    """An argument for each row."""
    if isinstance(column, (list, tuple)) or (is_ndarray(column) and column.ndim):
        return column
    raise TypeError(
        f"{name}: argument {i} must be a list or an array with one entry for each row, got "
        f"{describe(column)}"
    )
