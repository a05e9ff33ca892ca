"""Dropout: numbers left out at random while a network is trained.

    in training   y = x / (1 - p) with probability 1 - p, else 0
    in use        y = x

No neuron can rely on another one being there, so each has to be of use by itself (Srivastava,
Hinton and others 2014). What is left is made larger, so that y is x on the average: nothing has to
be made up for when the network is used.
"""

from __future__ import annotations

from typing import Any

from autograd import Value
from autograd.core.record import write
from autograd.numbers.reals import describe
from nn.checks import Rng, as_list, generator, is_number, not_negative
from nn.module import Module


class Dropout(Module):
    """Each number of a row, or of a sequence of rows, dropped with probability p in training.

    >>> dropout = Dropout(0.5, rng=0)
    >>> dropout([1.0, 2.0, 3.0, 4.0])
    [2.0, 4.0, 0.0, 0.0]
    >>> dropout.eval()([1.0, 2.0, 3.0, 4.0])
    [1.0, 2.0, 3.0, 4.0]

    In place of a Value that is dropped stands a new leaf, 0, so nothing flows back to it. Were it
    multiplied by 0, an infinite one would become nan, and its gradient, too. Were it replaced by a
    plain 0.0, a loss might by chance be made of nothing else, and have no `backward`.
    """

    def __init__(self, p: float, rng: Rng = None) -> None:
        self.p = not_negative("Dropout: p", p, below=1.0)
        self.rng = generator(rng)

    def __call__(self, row: Any) -> Any:
        if not self.training or not self.p:
            return row
        write(
            self, f"drawing the random numbers of {self!r}"
        )  # in a function that is being compiled
        if not is_number(row):
            if (numbers := as_list(row)) is None:
                raise TypeError(f"{self!r} takes numbers and lists of them, got {describe(row)}")
            return [self(x) for x in numbers]
        if self.rng.random() >= self.p:
            return row / (1.0 - self.p)
        return Value(0.0) if isinstance(row, Value) else 0.0
