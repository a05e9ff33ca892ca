"""What makes sense for an argument: each check gives it back in plain form, or raises an error.

The checks stand where a wrong answer would be silent; elsewhere Python's own errors speak. An error
names the argument and says what came and what was expected.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from math import isfinite
from operator import index
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar
from warnings import warn

from autograd import Value, explain_nan
from autograd.core.graph import topological
from autograd.many import first_lost, grads_of, row_of
from autograd.numbers.reals import counted, describe, is_real, real

if TYPE_CHECKING:
    from random import Random  # as slow to import as all of nn's heart

Number = Value | float
Row = Collection[Number]  # a list, a tuple or a NumPy array
Rng: TypeAlias = "Random | int | None"  # a generator, a seed, or numbers that nobody can foresee
F = TypeVar("F", bound="Callable[..., Any]")

# Numbers ----------------------------------------------------------------------------------------


def is_number(x: object) -> bool:
    """Whether x is a single number, plain or recorded, rather than a row of them.

    >>> is_number(Value(1.0)), is_number(2), is_number([2])
    (True, True, False)
    """
    return isinstance(x, Value) or is_real(x)


def plain(name: str, x: object) -> float:
    """The plain float of a number, recorded or not.

    >>> plain("x", Value(1.0)), plain("x", 2)
    (1.0, 2.0)
    """
    return x.data if isinstance(x, Value) else real(x, name)


# Lists ------------------------------------------------------------------------------------------


def as_list(xs: Any) -> Sequence[Any] | None:
    """The elements of a list, a tuple, a range or an array; None for anything else.

    >>> as_list((1, 2)), as_list(1), as_list("ab")
    ((1, 2), None, None)
    """
    if isinstance(xs, (list, tuple, range)):
        return xs
    if hasattr(xs, "tolist") and getattr(xs, "shape", None) != ():
        elements: list[Any] = xs.tolist()
        return elements
    return None


def rows_of(rows: Any, module: object) -> Sequence[Any]:
    """The rows of a batch, which are in a list: a set has no order, an iterator ends.

    >>> rows_of([[1.0], [2.0]], "a model")
    [[1.0], [2.0]]
    """
    if (found := as_list(rows)) is None:
        raise TypeError(f"{module!r}: expected a list of rows, got {describe(rows)}")
    return found


def as_lists(where: str, predictions: Any, targets: Any) -> tuple[Sequence[Any], Sequence[Any]]:
    """The predictions and the targets in lists, if there is one target for each, and any at all.

    >>> as_lists("here", [0.5], (1,))
    ([0.5], (1,))
    """
    ys, ts = as_list(predictions), as_list(targets)
    if ys is None or ts is None:
        came = describe(predictions if ys is None else targets)
        raise TypeError(f"{where}: expected a list of predictions and one of targets, got {came}")
    if len(ys) != len(ts) or not ys:
        raise ValueError(f"{where}: got {len(ys)} predictions and {len(ts)} targets")
    return ys, ts


def pairs(loss: str, predictions: Any, targets: Any) -> list[tuple[Value, float]]:
    """Each predicted number with its target.

    Nothing is stretched to fit: a row against a number is a mistake, which an array library would
    silently turn into a table of all differences.
    """
    ys, ts = as_list(predictions), as_list(targets)
    if ys is None and ts is None:
        return [(predictions, targets)]
    if ys is None or ts is None or len(ys) != len(ts) or not ys:
        raise ValueError(
            f"{loss}: each prediction needs a target of its own kind; got {describe(predictions)} "
            f"and for it {describe(targets)}"
        )
    found = []
    for y, t in zip(ys, ts, strict=True):
        if type(y) is Value and type(t) in (float, int):  # nearly always
            found.append((y, t))
        else:
            found += pairs(loss, y, t)
    return found


class HasInputs(Protocol):
    """A module that takes a row of `nin` numbers."""

    nin: int


def numbers_of(row: Any, module: HasInputs) -> list[Number]:
    """The numbers of a row, as many as there are inputs; one number may stand for a row of one.

    >>> from nn import Neuron
    >>> numbers_of(3.0, Neuron(1))
    [3.0]
    """
    if type(row) is list and len(row) == module.nin:  # nearly always
        return row
    x = row.tolist() if hasattr(row, "tolist") else row  # of NumPy: plain numbers
    numbers = [x] if is_number(x) else as_list(x)
    if numbers is None or len(numbers) != module.nin:
        came = describe(row) if numbers is None else counted(len(numbers), "number")
        raise ValueError(
            f"{module!r} has {counted(module.nin, 'input')}, and got {came}; one row is "
            f"model(row), a batch model.batch(rows)"
        )
    return list(numbers)


# Parameters -------------------------------------------------------------------------------------


def leaves(where: str, parameters: Iterable[Value]) -> list[Value]:
    """The parameters in a list, if there are any, all are leaves, and each comes once."""
    found = list(parameters)
    if not found:
        raise ValueError(f"{where}: there are no parameters to change, the list of them is empty")
    seen = set[int]()
    for i, p in enumerate(found):
        if p.op is not None:
            raise ValueError(
                f"{where}: {name_of(i, p)} is the result of {p.op.name}: only a leaf can be "
                f"changed. Make it one where it is defined, with .detach(), or give those it is "
                f"computed from"
            )
        if id(p) in seen:
            raise ValueError(f"{where}: {name_of(i, p)} stands in the list twice: give it once")
        seen.add(id(p))
    return found


def name_of(i: int, p: Value) -> str:
    """A parameter in an error message: its place in the list, and its label if it has one.

    >>> name_of(3, Value(0.5, label="bias"))
    "parameter 3, 'bias',"
    """
    return f"parameter {i}, {p.label!r}," if p.label else f"parameter {i}"


def trouble_in(
    loss: Value, parameters: Sequence[Value], name: Callable[[int, Value], str] = name_of
) -> str:
    """Which of a loss and its gradients is nan or inf, and for which operation; else nothing.

    >>> from autograd import sqrt
    >>> loss = sqrt(x := Value(0.0))
    >>> loss.backward()
    >>> trouble_in(loss, [x])
    'the gradient of parameter 0 is inf, for the derivative of sqrt(0.0) with respect to ...'
    """
    number, what = loss.data, "the loss"
    if isfinite(number):
        gradients = grads_of(parameters)
        if (i := first_lost(gradients)) is None:
            return ""
        number, what = gradients[i], f"the gradient of {name(i, parameters[i])}"
    cause = explain_nan(loss)
    return f"{what} is {number}" + ("" if cause is None else f", for {cause}")


def trouble_after_step(
    parameters: Sequence[Value], name: Callable[[int, Value], str] = name_of
) -> str:
    """Which parameter a step has brought beyond all floats; else nothing.

    >>> trouble_after_step([Value(1.0), Value(float("inf"))])
    'the step makes parameter 1 inf'
    """
    i = first_lost(row_of(parameters))
    return "" if i is None else f"the step makes {name(i, parameters[i])} {parameters[i].data}"


def warn_of_results(module: str, values: list[tuple[str, Value]]) -> None:
    """Warn of results that may be meant as parameters: of a leaf that is none, as in 0.1 * Value().

    Notes of what was computed, such as self.last = out, come from a parameter.
    """
    own = {id(value) for _, value in values if value.op is None}
    for name, value in values:
        if value.op and not any(id(x) in own for x in topological(value)):
            warn(
                f"{module}.{name} holds the result of {value.op.name}, not a leaf, and training "
                f"will not change it: write Value(...) for the number, or add .detach(). If it is "
                f"a note of what was computed, and no parameter, keep the plain number, .data",
                stacklevel=4,
            )


# Choices ----------------------------------------------------------------------------------------


def look_up(what: str, choice: str | F, known: Mapping[str, F]) -> F:
    """The function of that name among the known ones, or the function itself.

    >>> look_up("activation", "absolute", {"absolute": abs})(-2.0)
    2.0
    """
    found = known.get(choice) if isinstance(choice, str) else choice
    if callable(found):
        return found
    raise ValueError(
        f"{what}: expected a function or one of {', '.join(known)}, got {describe(choice)}"
    )


def generator(rng: Rng) -> Random:
    """The generator itself, one that starts from a seed, or for None one that nobody can foresee.

    Whoever draws many numbers asks once and hands the generator on: a seed handed on twice would
    give the same numbers twice.

    >>> generator(7).random() == generator(7).random()
    True
    """
    from random import Random

    if isinstance(rng, Random):
        return rng
    if rng is None or (hasattr(rng, "__index__") and not isinstance(rng, bool)):
        return Random(None if rng is None else index(rng))
    raise TypeError(f"rng: expected a random.Random, an int as a seed or None, got {describe(rng)}")
