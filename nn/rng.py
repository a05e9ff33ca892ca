"""Where random numbers come from: the generator that the caller hands in, or a seed for one."""

from __future__ import annotations

from operator import index
from random import Random

from autograd.numbers.reals import describe


def generator(rng: Random | int | None) -> Random:
    """The generator itself, one that starts from a seed, or for None one that nobody can foresee.

    Whoever draws many numbers asks once and hands the generator on: a seed handed on twice would
    give the same numbers twice.

    >>> generator(7).random() == generator(7).random()
    True
    """
    if isinstance(rng, Random):
        return rng
    if rng is None:
        return Random()
    if hasattr(rng, "__index__") and not isinstance(rng, bool):
        return Random(index(rng))
    raise TypeError(
        f"rng: expected a random.Random, a whole number as a seed or None, got {describe(rng)}"
    )
