"""The numbers of many rows: as tuples for Python code, as columns in memory for machine code."""

from __future__ import annotations

import sys
from array import array
from functools import cached_property
from itertools import chain
from struct import pack
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd.calculus.trees import is_ndarray

if TYPE_CHECKING:
    from collections.abc import Sequence

# How machine code goes through rows.
WIDTH = 8  # rows at once, on every machine: so sums are the same on every machine
CHUNK = 1024  # rows that are added up before sums of chunks are: whatever the number of threads

PLAIN = frozenset([float, int])

Row = tuple[float, ...]


class Columns:
    """Columns in memory: where each begins, and how far its numbers are from each other."""

    def __init__(self, owners: list[Any], addresses: list[int], strides: list[int]) -> None:
        self.owners = owners  # so that nobody frees them
        self.addresses = pack(f"{len(addresses)}q", *addresses)
        self.strides = pack(f"{len(strides)}q", *strides)


class Outputs(NamedTuple):
    """What a program gave, in a row; some of it may be absent, for nothing flows there."""

    numbers: array[float]
    absent: list[int]  # places, whose numbers mean nothing

    def listed(self) -> list[float | None]:
        """The numbers, and None for each that is absent."""
        found: list[float | None] = [*self.numbers]
        for i in self.absent:
            found[i] = None
        return found


class Packed:
    """Rows of numbers in memory of our own, one after the other."""

    __slots__ = ("numbers", "width")

    def __init__(self, numbers: array[float], width: int) -> None:
        self.numbers = numbers
        self.width = width

    def rows(self) -> list[Row]:
        """The rows as tuples."""
        numbers = iter(self.numbers)
        return list(zip(*[numbers] * self.width, strict=True))


class Table:
    """Rows of one form; each part of it holds some of the columns."""

    def __init__(self, parts: Sequence[Any], count: int, width: int, form: Any = None) -> None:
        self.parts = parts  # Packed numbers, two-dimensional arrays, and lists of rows
        self.count = count
        self.width = width  # numbers of a row
        self.form = form  # tables of one form have rows of one form

    @classmethod
    def of(cls, columns: Sequence[Any], *, copied: bool) -> Table | None:
        """The table of some columns; None where they hold something else than numbers alike.

        `copied` numbers stay what they are when somebody changes an array later.
        """
        parts, form, width = [], [], 0
        for column in columns:
            if is_ndarray(column):
                part, wide, kind = array_part(column, copied), 1, column.shape[1:]
                for length in kind:
                    wide *= length
            else:
                part, kind = list_part(column), type(column[0])
                wide = len(part[0]) if part else 0
            if part is None or wide == 0:
                return None
            parts.append(part)
            form.append((kind, wide))
            width += wide
        return cls(parts, len(columns[0]), width, tuple(form))

    @cached_property
    def first(self) -> Row:
        """The numbers of the first row."""
        found: list[float] = []
        for part in self.parts:
            if isinstance(part, Packed):
                found += part.numbers[: part.width]
            else:
                found += part[0].tolist() if is_ndarray(part) else part[0]
        return tuple(found)

    @cached_property
    def rows(self) -> list[Row]:
        """The rows as tuples."""
        listed: list[Any] = []
        for part in self.parts:
            if isinstance(part, Packed):
                listed.append(part.rows())
            else:
                listed.append([*map(tuple, part.tolist())] if is_ndarray(part) else part)
        if len(listed) == 1:
            return listed[0]  # type: ignore[no-any-return]
        return [tuple(chain(*parts)) for parts in zip(*listed, strict=True)]

    @cached_property
    def memory(self) -> Columns:
        """The columns in memory."""
        owners: list[Any] = []
        addresses: list[int] = []
        strides: list[int] = []
        for part in self.parts:
            if isinstance(part, (list, Packed)):
                packed = part if isinstance(part, Packed) else in_memory(part)
                owner, width = packed.numbers, packed.width
                start, step, apart = owner.buffer_info()[0], 8 * width, 8
            else:
                owner, start = part, part.__array_interface__["data"][0]
                (step, apart), width = part.strides, part.shape[1]
            owners.append(owner)
            if width == 1:
                addresses.append(start)
                strides.append(step)
            else:
                addresses += [start + i * apart for i in range(width)]
                strides += [step] * width
        return Columns(owners, addresses, strides)

    def chosen(self, places: Sequence[int]) -> Table:
        """Some of the rows."""
        return Table([[self.rows[i] for i in places]], len(places), self.width)


def in_memory(rows: Sequence[Row]) -> Packed:
    """Rows in memory."""
    return Packed(array("d", chain.from_iterable(rows)), len(rows[0]))


def array_part(column: Any, copied: bool) -> Any:
    """An array as rows of float64; None if it does not hold real numbers."""
    if column.dtype.kind not in "iuf" or type(column) is not sys.modules["numpy"].ndarray:
        return None  # masked arrays and the like have rules of their own
    numbers = column.astype(float, copy=False)
    if copied:
        return Packed(array("d", numbers.tobytes()), numbers.size // len(numbers))
    if numbers.ndim == 1:
        return numbers[:, None]
    return numbers if numbers.ndim == 2 else numbers.reshape(len(numbers), -1)


def list_part(column: Sequence[Any]) -> Any:
    """The numbers of each entry of a list, if the entries are alike and hold numbers alone."""
    try:
        return floats(column)
    except OverflowError:  # a whole number that is no float: an error with its row will say so
        return None


def floats(column: Sequence[Any]) -> Any:
    kinds = set(map(type, column))
    if kinds <= PLAIN:
        return [(float(x),) for x in column]
    if len(kinds) > 1 or not kinds <= {list, tuple} or len(set(map(len, column))) > 1:
        return None
    kinds = set(map(type, chain.from_iterable(column)))
    if kinds == {float}:
        return [*map(tuple, column)]
    return [tuple(map(float, row)) for row in column] if kinds <= PLAIN else None
