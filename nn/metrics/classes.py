"""From models to predictions, and from predictions to the classes that they name."""

from __future__ import annotations

from contextlib import contextmanager
from math import isnan
from typing import TYPE_CHECKING

from autograd import no_grad
from autograd.numbers.reals import real
from nn.checks import as_list, as_lists, plain
from nn.module import Module

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from typing import Any

    from nn.checks import Number, Row

    Prediction = Number | Row
    Target = float | Collection[float]
    Model = Callable[[list[float]], Prediction]  # a Module is one


@contextmanager
def mode(modules: Iterable[Module], *, training: bool) -> Iterator[None]:
    """A block in which all parts of a model are in training, or all in use; then as before."""
    before = [(module, module.training) for module in modules]
    try:
        for module, _ in before:
            module.training = training
        yield
    finally:
        for module, was in before:
            module.training = was


def predictions(model: Model, rows: Sequence[list[float]]) -> list[float | list[float]]:
    """What a model makes of rows, as plain numbers: in use, not in training, and not recorded.

    The model is then as it was before. It may also be a plain function of a row.

    >>> from nn import MLP
    >>> predictions(MLP(2, [1], init="zeros"), [[1.0, 2.0], [3.0, 4.0]])
    [0.0, 0.0]
    """
    module = model if isinstance(model, Module) else None
    modules = [] if module is None else [part for _, part in module.named_modules()]
    with mode(modules, training=False), no_grad():
        found = [model(row) for row in rows] if module is None else module.batch(rows)
    return [
        numbers(prediction, f"the prediction for {row}")
        for prediction, row in zip(found, rows, strict=True)
    ]


def classes_of(
    where: str, predictions: Any, targets: Any, threshold: float
) -> tuple[list[int], list[int], int]:
    """The classes that the predictions name, the true ones, and how many classes there are."""
    ys, ts = as_lists(where, predictions, targets)
    level = real(threshold, f"{where}: threshold")
    rows = [scores(y, f"{where}: prediction {i}", level) for i, y in enumerate(ys)]
    count = len(rows[0])
    for i, row in enumerate(rows):
        if len(row) != count:
            raise ValueError(
                f"{where}: prediction {i} is for {len(row)} classes, prediction 0 for {count}"
            )
    return [largest(row) for row in rows], true_classes(where, ts, count), count


def scores_of(where: str, model: Model, rows: list[list[float]], most: int) -> list[list[float]]:
    """A score for each class at each row, of a model with no more than so many classes."""
    found = [
        scores(prediction, f"{where}: a prediction") for prediction in predictions(model, rows)
    ]
    if (count := len(found[0])) > most:
        raise ValueError(
            f"{where}: a picture shows {most} classes at most, and the model has {count}"
        )
    return found


def scores(prediction: Prediction, where: str, threshold: float = 0.0) -> list[float]:
    """A number for each class, of which the largest is in the class that the prediction names.

    A logit z is a score of z for class 1 and 0 for class 0: softmax of these gives sigmoid(z).

    >>> scores(2.5, "here")
    [0.0, 2.5]
    """
    found = numbers(prediction, where)
    row = found if isinstance(found, list) else [threshold, found]
    if any(map(isnan, row)):
        raise ValueError(
            f"{where} is {found}: nan is in no class; autograd.explain_nan says whence"
        )
    return row


def largest(row: Sequence[float]) -> int:
    """The place of the largest number, the first one if there are several."""
    return max(range(len(row)), key=row.__getitem__)


def true_classes(where: str, targets: Sequence[Target], count: int) -> list[int]:
    """The class that each target stands for."""
    return [true_class(target, count, f"{where}: target {i}") for i, target in enumerate(targets)]


def true_class(target: Target, count: int, where: str) -> int:
    """The class that a target stands for: a label, or the largest number of a row."""
    label = numbers(target, where)
    if isinstance(label, list):
        if len(label) != count:
            raise ValueError(f"{where} has {len(label)} numbers, and there are {count} classes")
        return largest(label)
    if label == -1.0 and count == 2:
        return 0
    if label not in range(count):
        raise ValueError(f"{where} is {label:g}, but the classes are 0 to {count - 1}")
    return int(label)


def numbers(x: object, where: str) -> float | list[float]:
    """A prediction or a target as a float, or as floats if it is a row of more than one number."""
    if (row := as_list(x)) is None:
        return single(x, where)
    if not row:
        raise ValueError(f"{where} is empty: expected a number, or one for each class")
    found = [single(number, where) for number in row]
    return found if len(found) > 1 else found[0]


def single(x: object, where: str) -> float:
    """The plain float of a number, recorded or not; a row of one number is that number."""
    row = as_list(x)
    return plain(where, row[0] if row is not None and len(row) == 1 else x)
