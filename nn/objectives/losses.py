"""More losses, for errors that are not squared and for probabilities; and penalties to add to them.

They take predictions and targets as those of `nn/losses.py` do.
"""

from __future__ import annotations

from collections.abc import Iterable

from autograd import Value, abs as absolute, dot, log, log1p, mean, square, sum as total, where
from autograd.numbers.reals import not_negative, positive
from nn.checks import as_list, pairs, plain
from nn.losses import Numbers, weigh


def half_mse(predictions: Numbers, targets: Numbers) -> Value:
    """The sum of (y - t)**2 over all outputs, divided by twice the number m of examples.

    With the half the derivative is just (y - t) / m. Examples are what the lists consist of.

    >>> half_mse([1.0, 4.0], [1.0, 2.0]), half_mse([[1.0, 4.0]], [[1.0, 2.0]])
    (1.0, 2.0)
    """
    squares = [square(y - t) for y, t in pairs("half_mse", predictions, targets)]
    return total(squares) / (2.0 * len(as_list(predictions) or [predictions]))


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


def binary_cross_entropy(probabilities: Numbers, labels: Numbers) -> Value:
    """The mean of -log(p) where the label is 1 and -log(1 - p) where it is 0.

    A label in between weighs the two. A wrong answer that is certain costs inf: to train, leave
    the logits as they are and use `binary_cross_entropy_from_logits`.

    >>> binary_cross_entropy([0.5, 0.5], [0, 1])
    0.6931471805599453
    """
    checked = pairs("binary_cross_entropy", probabilities, labels)
    if wrong := [p for p, _ in checked if p < 0.0 or p > 1.0]:
        raise ValueError(
            f"binary_cross_entropy: a probability is from 0 to 1, got {wrong[0]}; if it is a "
            f"logit, use binary_cross_entropy_from_logits"
        )
    return mean([weigh(label, p, lambda p: -log(p), lambda p: -log1p(-p)) for p, label in checked])


# Penalties --------------------------------------------------------------------------------------


def l2(parameters: Iterable[Value], strength: float) -> Value:
    """strength * (the sum of p**2): added to a loss, it keeps parameters small.

    >>> from autograd import Value
    >>> l2([Value(3.0), Value(-4.0)], 0.1).data
    2.5
    """
    not_negative("l2: strength", plain("l2: strength", strength))
    ps = list(parameters)
    return strength * dot(ps, ps)


def l1(parameters: Iterable[Value], strength: float) -> Value:
    """strength * (the sum of |p|): added to a loss, it pulls what is not needed to zero.

    >>> from autograd import Value
    >>> l1([Value(3.0), Value(-4.0)], 0.5).data
    3.5
    """
    not_negative("l1: strength", plain("l1: strength", strength))
    return strength * total([absolute(p) for p in parameters])
