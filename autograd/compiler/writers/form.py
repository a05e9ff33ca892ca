"""What functions of floats are made of, in no language: the form between Python and its writers.

A function has parameters, statements and results. A writer has a line or two for each kind of node
below, and needs to know nothing else: names are resolved, calls lead to functions that were read
before, branches that Python takes as functions are conditional expressions, and every expression
has a kind. An expression has no effects, so a writer may compute it early, twice or never.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Kind(Enum):
    """What an expression gives."""

    NUMBER = "number"  # a float
    TRUTH = "truth"
    INDEX = "index"  # a small whole number, which counts the elements of a list
    LIST = "list"  # of numbers


# Expressions ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Constant:
    """A float, a bool, or an int that is an index."""

    value: float | bool | int

    @property
    def kind(self) -> Kind:
        return {float: Kind.NUMBER, bool: Kind.TRUTH, int: Kind.INDEX}[type(self.value)]


@dataclass(frozen=True)
class Name:
    """A parameter or a local variable."""

    name: str
    kind: Kind


@dataclass(frozen=True)
class Arithmetic:
    """x + y, x - y, x * y, x / y on numbers as IEEE 754 has them; + - * // on indices."""

    sign: str
    x: Expression
    y: Expression

    @property
    def kind(self) -> Kind:
        return self.x.kind


@dataclass(frozen=True)
class Negative:
    """-x"""

    x: Expression
    kind = Kind.NUMBER


@dataclass(frozen=True)
class Relation:
    """x < y, and <=, >, >=, ==, != between numbers, between indices, or between truth values."""

    sign: str
    x: Expression
    y: Expression
    kind = Kind.TRUTH


@dataclass(frozen=True)
class Logic:
    """Whether all (`and`) or some (`or`) of the parts hold."""

    word: str
    parts: tuple[Expression, ...]
    kind = Kind.TRUTH


@dataclass(frozen=True)
class Not:
    """Whether x does not hold."""

    x: Expression
    kind = Kind.TRUTH


@dataclass(frozen=True)
class Choice:
    """a where the test holds, else b."""

    test: Expression
    a: Expression
    b: Expression

    @property
    def kind(self) -> Kind:
        return self.a.kind


@dataclass(frozen=True)
class Call:
    """What a function gives; one that gives several numbers is called by Unpack and Return only."""

    function: Function | Primitive
    arguments: tuple[Expression, ...]

    @property
    def kind(self) -> Kind:
        return self.function.results[0]


@dataclass(frozen=True)
class Element:
    """The element of a list at an index, which is never negative."""

    list: Name
    index: Expression
    kind = Kind.NUMBER


@dataclass(frozen=True)
class Length:
    """How many elements a list has."""

    list: Name
    kind = Kind.INDEX


@dataclass(frozen=True)
class View:
    """So many elements of a list, from one on."""

    list: Name
    start: Expression
    length: Expression
    kind = Kind.LIST


Expression = (
    Constant
    | Name
    | Arithmetic
    | Negative
    | Relation
    | Logic
    | Not
    | Choice
    | Call
    | Element
    | Length
    | View
)


# Statements -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Assign:
    """name = value"""

    name: Name
    value: Expression


@dataclass(frozen=True)
class Unpack:
    """a, b = f(...): the numbers that a function gives; None where one is not needed."""

    names: tuple[Name | None, ...]
    call: Call


@dataclass(frozen=True)
class If:
    """One branch or the other."""

    test: Expression
    body: tuple[Statement, ...]
    orelse: tuple[Statement, ...]


@dataclass(frozen=True)
class While:
    """As long as the test holds."""

    test: Expression
    body: tuple[Statement, ...]


@dataclass(frozen=True)
class Count:
    """index = 0, 1, ... below the limit, which the body leaves as it is and may be negative."""

    index: Name
    limit: Expression
    body: tuple[Statement, ...]


@dataclass(frozen=True)
class Rows:
    """Once for each row of constants, each of which gets a name; None where it is not needed."""

    names: tuple[Name | None, ...]
    rows: tuple[tuple[float, ...], ...]
    body: tuple[Statement, ...]


@dataclass(frozen=True)
class NewList:
    """An empty list, in the rule of a variadic operation, outside branches and loops.

    It never gets more elements than the operation has operands, and one.
    """

    list: Name


@dataclass(frozen=True)
class Append:
    """One more element at the end of a list; None, in RESULT alone, for an edge that is absent."""

    list: Name
    value: Expression | None


@dataclass(frozen=True)
class Return:
    """The results: as many expressions, or one call of a function that gives as many."""

    values: tuple[Expression, ...]


Statement = Assign | Unpack | If | While | Count | Rows | NewList | Append | Return

RESULT = Name("result", Kind.LIST)  # the list of what the rule of a variadic operation gives


# Functions --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Primitive:
    """A function that every language brings, or that a writer brings for it.

    Those of the C library by their names there; `round` as Python rounds to digits after the point,
    but inf where Python raises; `binade`, the power of two at or below a positive number; and what
    fast.py, which the table does not call, asks of the bits of a float.
    """

    name: str
    results: tuple[Kind, ...] = (Kind.NUMBER,)


@dataclass(frozen=True, eq=False)
class Function:
    """A function that was read. `module` and `name` together are like no other's."""

    module: str
    name: str
    parameters: tuple[Name, ...]
    body: tuple[Statement, ...]
    results: tuple[Kind, ...]


@dataclass(frozen=True)
class Partial:
    """The derivative with respect to one operand: absent where `off` holds, or for no `value`.

    In both, the operands have their names in the forward function, and the result is `out`.
    """

    off: Expression | None = None
    value: Expression | None = None


@dataclass(frozen=True, eq=False)
class Fixed:
    """An operation of a fixed number of operands."""

    name: str
    forward: Function
    partials: tuple[Partial, ...]


@dataclass(frozen=True, eq=False)
class Variadic:
    """An operation of any number of operands: its rule is statements that append to RESULT.

    In them, the operands are the list of the forward function, and the result is `out`.
    """

    name: str
    forward: Function
    rule: tuple[Statement, ...] = field(default=())


# Small questions --------------------------------------------------------------------------------


def assigned(statement: Statement) -> Iterator[Name]:
    """The names that a statement assigns, in order."""
    match statement:
        case Assign(to, _):
            yield to
        case Unpack(names, _):
            yield from filter(None, names)
        case Rows(names, _, body):
            yield from filter(None, names)
            yield from each_assigned(body)
        case If(_, body, orelse):
            yield from each_assigned((*body, *orelse))
        case While(_, body) | Count(_, _, body):
            yield from each_assigned(body)


def each_assigned(body: Iterable[Statement]) -> Iterator[Name]:
    for statement in body:
        yield from assigned(statement)


def returns(body: Iterable[Statement]) -> bool:
    """Whether there is a return somewhere in some statements."""
    for statement in body:
        match statement:
            case Return():
                return True
            case If(_, body, orelse) if returns((*body, *orelse)):
                return True
            case While(_, body) | Count(_, _, body) | Rows(_, _, body) if returns(body):
                return True
    return False
