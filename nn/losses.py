"""How wrong predictions are, as one number that is to become small.

A loss takes the prediction and the target of one example, or a list of each for a batch, and gives
the mean. A prediction is a number, or a row of numbers where the model has several outputs. More
losses are in nn/objectives.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from math import fsum
from typing import Any

from autograd import Value, dot, log_softmax, mean, relu, softplus, square
from autograd.numbers.reals import counted, describe
from nn.checks import Number, Row, as_list, as_lists, is_number, pairs

Numbers = Number | Collection["Numbers"]  # one number, a row of them, or a batch of rows
Label = int | Row  # the number of a class, or a probability for each
Surprise = Callable[[Value], Value]  # of a probability or a logit


def mse(predictions: Numbers, targets: Numbers) -> Value:
    """The mean squared error: the mean of (y - t)**2.

    >>> mse([1.0, 4.0], [1.0, 2.0])
    2.0
    """
    return mean([square(y - t) for y, t in pairs("mse", predictions, targets)])


def hinge(scores: Numbers, labels: Numbers) -> Value:
    """The mean of max(0, 1 - label * score), for labels -1 and 1: a margin of 1 is enough.

    >>> hinge([3.0, 0.5], [1, -1])
    0.75
    """
    checked = pairs("hinge", scores, labels)
    if wrong := [label for _, label in checked if label not in (-1, 1)]:
        raise ValueError(f"hinge: labels are -1 and 1, for 0 write 2 * label - 1; got {wrong[0]}")
    return mean([relu(1.0 - label * score) for score, label in checked])


def binary_cross_entropy_from_logits(logits: Numbers, labels: Numbers) -> Value:
    """The mean of -log(p) where the label is 1 and -log(1 - p) where it is 0, p = sigmoid(logit).

    That is log(1 + exp(-z)) or log(1 + exp(z)) of a logit z; a label in between weighs the two.

    >>> binary_cross_entropy_from_logits([0.0, 1000.0], [1, 0])
    500.34657359027995
    """
    checked = pairs("binary_cross_entropy_from_logits", logits, labels)
    return mean([weigh(label, z, lambda z: softplus(-z), softplus) for z, label in checked])


def weigh(label: float, x: Value, one: Surprise, zero: Surprise) -> Value:
    """label * one(x) + (1 - label) * zero(x); what has no weight is not computed: it may be inf."""
    if label in (0, 1):
        return one(x) if label else zero(x)
    if not 0.0 < label < 1.0:
        raise ValueError(
            f"binary cross entropy: a label is from 0 to 1, got {describe(label)}; for labels -1 "
            f"and 1 write (label + 1) / 2, and for more than two classes use cross_entropy"
        )
    return label * one(x) + (1.0 - label) * zero(x)


def cross_entropy(logits: Row | Collection[Row], labels: Label | Collection[Label]) -> Value:
    """The mean of -log(softmax(logits)[label]).

    A label is the number of the right class, or a row with a probability for each class (one-hot,
    or softer).

    >>> round(cross_entropy([2.0, 0.0, 0.0], 0), 6)
    0.239545
    >>> cross_entropy([[0.0, 0.0], [-1000.0, 0.0]], [1, 0])
    500.34657359027995
    """
    rows = as_list(logits)
    if rows and is_number(rows[0]):  # the logits of one example
        return surprise(rows, labels)
    both = zip(*as_lists("cross_entropy", logits, labels), strict=True)
    return mean([surprise(row, label) for row, label in both])


def surprise(logits: Any, label: Any) -> Value:
    """-log of the probability that the logits of one example give to its label."""
    logs: list[Value] = log_softmax(logits)
    chances: Sequence[float] = as_list(label) or []
    if not chances and label in range(len(logs)):
        return -logs[int(label)]
    if len(chances) != len(logs) or min(chances) < 0 or abs(fsum(chances) - 1) > 1e-6:
        raise ValueError(
            f"cross_entropy: for {counted(len(logs), 'logit')} a label is a whole number from 0 to "
            f"{len(logs) - 1}, or as many probabilities that add up to 1; got {label!r}. A model "
            f"with one output has binary_cross_entropy_from_logits"
        )
    # Without those of probability 0: 0 * -inf, of a class that is ruled out, would be nan.
    possible = [i for i, p in enumerate(chances) if p != 0.0]
    return -dot([chances[i] for i in possible], [logs[i] for i in possible])
