"""The numbers that weights begin with.

An initialiser is a function `(rng, nin, nout)` that draws one weight of a layer with that many
inputs and outputs. Weights that were all alike would stay alike, for their gradients would be, too.
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

Initialiser = Callable[["Random", int, int], float]
Init = str | Initialiser  # by its name, or a function


def uniform(rng: Random, nin: int, nout: int) -> float:
    """Any number from -1 to 1 alike.

    >>> from random import Random
    >>> -1.0 <= uniform(Random(0), 2, 16) <= 1.0
    True
    """
    return rng.uniform(-1.0, 1.0)


def normal(rng: Random, nin: int, nout: int) -> float:
    """From the normal distribution with mean 0 and standard deviation 1.

    >>> from random import Random
    >>> round(normal(Random(0), 2, 16), 3)
    0.942
    """
    return rng.gauss(0.0, 1.0)


def glorot(rng: Random, nin: int, nout: int) -> float:
    """Uniform within sqrt(6 / (nin + nout)): a tanh layer keeps the size of what goes through it.

    Forwards that asks for a variance of 1 / nin, backwards for 1 / nout; this is between (Glorot
    and Bengio 2010).

    >>> from random import Random
    >>> abs(glorot(Random(0), 2, 4)) <= 1.0
    True
    """
    limit = sqrt(6.0 / (nin + nout))
    return rng.uniform(-limit, limit)


def he(rng: Random, nin: int, nout: int) -> float:
    """Normal with variance 2 / nin: twice as much, for relu lets half of it through (He 2015).

    >>> from random import Random
    >>> round(he(Random(0), 2, 16), 3)
    0.942
    """
    return rng.gauss(0.0, sqrt(2.0 / nin))


def zeros(rng: Random, nin: int, nout: int) -> float:
    """Zero: for biases, or to show that a network whose weights are alike does not learn.

    >>> from random import Random
    >>> zeros(Random(0), 2, 16)
    0.0
    """
    return 0.0


KNOWN: tuple[Initialiser, ...] = (uniform, normal, glorot, he, zeros)
INITIALISERS = {initialiser.__name__: initialiser for initialiser in KNOWN}
