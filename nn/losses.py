"""How wrong predictions are, as one number that is to become small.

A loss takes the prediction and the target of one example, or a list of each for a batch, and gives
the mean. A prediction is a number, or a row of numbers where the model has several outputs.
"""

from __future__ import annotations

from math import fsum
from typing import TYPE_CHECKING, Any

from autograd import (
    Value,
    abs as absolute,
    dot,
    log,
    log1p,
    log_softmax,
    mean,
    relu,
    softplus,
    square,
    sum as total,
    where,
)
from autograd.numbers.reals import counted, describe
from nn.checks import beside, is_number, listed, not_negative, parameter_list, plain, positive

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from nn.module import Number, Row

    Numbers = Number | Collection["Numbers"]  # one number, a row of them, or a batch of rows
    Label = int | Row  # the number of a class, or a probability for each
    Surprise = Callable[[Value], Value]  # of a probability or a logit

# Regression ---------------------------------------------------------------------------------------


def mse(predictions: Numbers, targets: Numbers) -> Value:
    """The mean squared error: the mean of (y - t)**2.

    >>> mse([1.0, 4.0], [1.0, 2.0])
    2.0
    """
    return mean([square(y - t) for y, t in pairs("mse", predictions, targets)])


def half_mse(predictions: Numbers, targets: Numbers) -> Value:
    """The sum of (y - t)**2 over all outputs, divided by twice the number m of examples.

    With the half the derivative is just (y - t) / m. Examples are what the lists consist of.

    >>> half_mse([1.0, 4.0], [1.0, 2.0]), half_mse([[1.0, 4.0]], [[1.0, 2.0]])
    (1.0, 2.0)
    """
    squares = [square(y - t) for y, t in pairs("half_mse", predictions, targets)]
    examples = listed(predictions)
    return total(squares) / (2.0 * (1 if examples is None else len(examples)))


def mae(predictions: Numbers, targets: Numbers) -> Value:
    """The mean absolute error: the mean of |y - t|.

    >>> mae([1.0, 4.0], [1.0, 2.0])
    1.0
    """
    return mean([absolute(y - t) for y, t in pairs("mae", predictions, targets)])


def huber(predictions: Numbers, targets: Numbers, delta: float = 1.0) -> Value:
    """Half the squared error up to an error of delta, and from there on a straight line.

    delta * (|y - t| - delta / 2) beyond delta: a wild point pulls no harder than one at delta.

    >>> huber(1.5, 1.0), huber(5.0, 1.0)
    (0.125, 3.5)
    """
    delta = positive("huber: delta", delta)
    errors = [absolute(y - t) for y, t in pairs("huber", predictions, targets)]
    return mean([where(e <= delta, 0.5 * square(e), delta * (e - 0.5 * delta)) for e in errors])


# Two classes --------------------------------------------------------------------------------------


def hinge(scores: Numbers, labels: Numbers) -> Value:
    """The mean of max(0, 1 - label * score), for labels -1 and 1: a margin of 1 is enough.

    >>> hinge([3.0, 0.5], [1, -1])
    0.75
    """
    checked = pairs("hinge", scores, labels)
    for _, label in checked:
        if label not in (-1, 1):
            raise ValueError(
                f"hinge: a label must be -1 or 1, got {describe(label)}; for labels 0 and 1 write "
                f"2 * label - 1"
            )
    return mean([relu(1.0 - label * score) for score, label in checked])


def binary_cross_entropy(probabilities: Numbers, labels: Numbers) -> Value:
    """The mean of -log(p) where the label is 1 and -log(1 - p) where it is 0.

    A label in between weighs the two. A wrong answer that is certain costs inf: to train, leave
    the logits as they are and use `binary_cross_entropy_from_logits`.

    >>> binary_cross_entropy([0.5, 0.5], [0, 1])
    0.6931471805599453
    """
    checked = pairs("binary_cross_entropy", probabilities, labels)
    for p, _ in checked:
        if p < 0.0 or p > 1.0:
            raise ValueError(
                f"binary_cross_entropy: a probability is from 0 to 1, got {describe(p)}; if it is "
                f"a logit, use binary_cross_entropy_from_logits"
            )
    return mean(
        [weighed(label, p, lambda p: -log(p), lambda p: -log1p(-p)) for p, label in checked]
    )


def binary_cross_entropy_from_logits(logits: Numbers, labels: Numbers) -> Value:
    """The same for p = sigmoid(logit): the mean of log(1 + exp(-z)) or log(1 + exp(z)).

    >>> binary_cross_entropy_from_logits([0.0, 1000.0], [1, 0])
    500.34657359027995
    """
    checked = pairs("binary_cross_entropy_from_logits", logits, labels)
    return mean([weighed(label, z, lambda z: softplus(-z), softplus) for z, label in checked])


def weighed(label: float, x: Value, one: Surprise, zero: Surprise) -> Value:
    """label * one(x) + (1 - label) * zero(x); what has no weight is not computed: it may be inf."""
    if label == 1:
        return one(x)
    if label == 0:
        return zero(x)
    if 0.0 < label < 1.0:
        return label * one(x) + (1.0 - label) * zero(x)
    raise ValueError(
        f"binary cross entropy: a label is from 0 to 1, got {describe(label)}; for labels -1 and 1 "
        f"write (label + 1) / 2, and for more than two classes use cross_entropy"
    )


# Many classes -------------------------------------------------------------------------------------


def cross_entropy(logits: Row | Collection[Row], labels: Label | Collection[Label]) -> Value:
    """The mean of -log(softmax(logits)[label]).

    A label is the number of the right class, or a row with a probability for each class (one-hot,
    or softer).

    >>> round(cross_entropy([2.0, 0.0, 0.0], 0), 6)
    0.239545
    >>> cross_entropy([[0.0, 0.0], [-1000.0, 0.0]], [1, 0])
    500.34657359027995
    """
    numbers = listed(logits)
    one = numbers and is_number(numbers[0])
    rows, targets = ([numbers], [labels]) if one else beside("cross_entropy", logits, labels)
    return mean([surprise(row, target) for row, target in zip(rows, targets, strict=True)])


def surprise(logits: Any, label: Any) -> Value:
    """-log of the probability that the logits of one example give to its label."""
    row, chances = listed(logits), listed(label)
    if not row:
        raise TypeError(f"cross_entropy: expected the logits of an example, got {describe(logits)}")
    logs: list[Value] = log_softmax(row)
    if chances is not None:
        return -expectation(chances, logs)
    if label not in range(len(logs)):
        raise ValueError(
            f"cross_entropy: a label must be a whole number from 0 to {len(logs) - 1}, for there "
            f"{'is' if len(logs) == 1 else 'are'} {counted(len(logs), 'logit')}; got "
            f"{describe(label)}"
        )
    return -logs[int(label)]


def expectation(chances: Sequence[float], logs: list[Value]) -> Value:
    """The sum of chance * log, one for each class, of a row of probabilities."""
    if len(chances) != len(logs):
        raise ValueError(
            f"cross_entropy: a label is the number of a class or a probability for each; got "
            f"{counted(len(logs), 'logit')} and a row of {counted(len(chances), 'number')}"
        )
    if min(chances) < 0.0 or abs(fsum(chances) - 1.0) > 1e-6:
        raise ValueError(
            f"cross_entropy: a label is the number of a class or a row of probabilities, which "
            f"are not negative and add up to 1; got {list(chances)}. A model with one output "
            f"has binary_cross_entropy_from_logits"
        )
    # Without those of probability 0: 0 * -inf, of a class that is ruled out, would be nan.
    possible = [(p, log) for p, log in zip(chances, logs, strict=True) if p != 0.0]
    return dot([p for p, _ in possible], [log for _, log in possible])


# Penalties ----------------------------------------------------------------------------------------


def l2(parameters: Iterable[Value], strength: float) -> Value:
    """strength * (the sum of p**2): added to a loss, it keeps parameters small.

    >>> l2([Value(3.0), Value(-4.0)], 0.1).data
    2.5
    """
    ps = penalised("l2", parameters, strength)
    return strength * dot(ps, ps)


def l1(parameters: Iterable[Value], strength: float) -> Value:
    """strength * (the sum of |p|): added to a loss, it pulls what is not needed to zero.

    >>> l1([Value(3.0), Value(-4.0)], 0.5).data
    3.5
    """
    return strength * total([absolute(p) for p in penalised("l1", parameters, strength)])


def penalised(penalty: str, parameters: Iterable[Value], strength: float) -> list[Value]:
    """The parameters in a list, if the strength is one that keeps them small."""
    not_negative(f"{penalty}: strength", plain(f"{penalty}: strength", strength))
    found = parameter_list(penalty, parameters)
    for i, p in enumerate(found):
        if not is_number(p):
            raise TypeError(f"{penalty}: parameter {i} must be a number, got {describe(p)}")
    return found


# Predictions beside targets -----------------------------------------------------------------------


def pairs(loss: str, predictions: Any, targets: Any) -> list[tuple[Value, float]]:
    """Each predicted number with its target.

    Nothing is stretched to fit: a row against a number is a mistake, which an array library would
    silently turn into a table of all differences.
    """
    ys, ts = listed(predictions), listed(targets)
    for x, xs in ((predictions, ys), (targets, ts)):
        if xs is None and not is_number(x):
            raise TypeError(f"{loss}: expected a number or a list of them, got {describe(x)}")
    if ys is None and ts is None:
        return [(predictions, targets)]
    if ys is None or ts is None:
        raise ValueError(
            f"{loss}: the prediction is {in_words(ys)}, and its target {in_words(ts)}; an MLP or a "
            f"Sequential gives the one number that its last layer consists of"
        )
    beside(loss, ys, ts)
    found = []
    for prediction, target in zip(ys, ts, strict=True):
        if type(prediction) is Value and type(target) in (float, int):  # nearly always
            found.append((prediction, target))
        else:
            found += pairs(loss, prediction, target)
    return found


def in_words(xs: Sequence[Any] | None) -> str:
    """A prediction or a target in a few words: a row, or None for a number."""
    return "one number" if xs is None else f"a row of {len(xs)}"
