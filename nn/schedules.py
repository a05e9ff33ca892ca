"""Schedules: learning rates that change while training goes on.

A schedule is a function from the number of the step, 0, 1, 2, ..., to a learning rate: before each
step, set `optimizer.lr = schedule(t)`. Any function will do. Those in this file are small classes
with names in small letters, for they are used like functions, and can be printed and compared too.
"""
# ruff: noqa: N801  (the names in small letters)

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, pi
from typing import Any

from autograd import pow as power  # which is inf where it overflows, and no error
from autograd.numbers.reals import not_negative, positive, whole


@dataclass(frozen=True)
class Schedule:
    """What all schedules share: their numbers are checked when they are made."""

    def __post_init__(self) -> None:
        for name in CHECKS.keys() & vars(self).keys():
            number = CHECKS[name](f"{type(self).__name__}: {name}", getattr(self, name))
            object.__setattr__(self, name, number)  # frozen for everybody else

    def __call__(self, t: int) -> float:
        """The learning rate of step t."""
        raise NotImplementedError(f"{type(self).__name__} must say in __call__ what lr step t has")


@dataclass(frozen=True)
class constant(Schedule):
    """The same learning rate at every step.

    >>> schedule = constant(0.1)
    >>> [schedule(t) for t in (0, 1, 1000)]
    [0.1, 0.1, 0.1]
    """

    lr: float

    def __call__(self, t: int) -> float:
        return self.lr


@dataclass(frozen=True)
class step(Schedule):
    """Every so many steps the learning rate is multiplied by a factor.

    >>> schedule = step(8.0, every=2, factor=0.5)
    >>> [schedule(t) for t in range(6)]
    [8.0, 8.0, 4.0, 4.0, 2.0, 2.0]
    """

    lr: float
    every: int
    factor: float = 0.1

    def __call__(self, t: int) -> float:
        return self.lr * power(self.factor, t // self.every)


@dataclass(frozen=True)
class exponential(Schedule):
    """At each step the learning rate is multiplied by a factor; lr(t) = lr * factor**t.

    >>> schedule = exponential(8.0, 0.5)
    >>> [schedule(t) for t in range(4)]
    [8.0, 4.0, 2.0, 1.0]
    """

    lr: float
    factor: float

    def __call__(self, t: int) -> float:
        return self.lr * power(self.factor, t)


@dataclass(frozen=True)
class cosine(Schedule):
    """Down to `end` within so many steps, along half a wave of the cosine; then it stays there.

    lr(t) = end + (lr - end) * (1 + cos(pi * t / steps)) / 2 (Loshchilov and Hutter 2017).

    >>> schedule = cosine(1.0, steps=4)
    >>> [round(schedule(t), 3) for t in range(7)]
    [1.0, 0.854, 0.5, 0.146, 0.0, 0.0, 0.0]
    """

    lr: float
    steps: int
    end: float = 0.0

    def __call__(self, t: int) -> float:
        return between(self.lr, self.end, (1.0 - cos(pi * min(t / self.steps, 1.0))) / 2.0)


@dataclass(frozen=True)
class linear(Schedule):
    """Down to `end` within so many steps, along a straight line; then it stays there.

    >>> schedule = linear(1.0, steps=4)
    >>> [schedule(t) for t in range(7)]
    [1.0, 0.75, 0.5, 0.25, 0.0, 0.0, 0.0]
    """

    lr: float
    steps: int
    end: float = 0.0

    def __call__(self, t: int) -> float:
        return between(self.lr, self.end, min(t / self.steps, 1.0))


@dataclass(frozen=True)
class warm_up(Schedule):
    """Up from `start` within so many steps, then another schedule from its beginning.

    >>> schedule = warm_up(4, then=exponential(1.0, 0.5))
    >>> [schedule(t) for t in range(7)]
    [0.0, 0.25, 0.5, 0.75, 1.0, 0.5, 0.25]
    >>> schedule
    warm_up(steps=4, then=exponential(lr=1.0, factor=0.5), start=0.0)
    """

    steps: int
    then: Callable[[int], float]
    start: float = 0.0

    def __call__(self, t: int) -> float:
        if t < self.steps:
            return between(self.start, self.then(0), t / self.steps)
        return self.then(t - self.steps)


def between(begin: float, end: float, way: float) -> float:
    """The number so far on the way from `begin` (0) to `end` (1); at both ends exactly that.

    >>> between(0.1, 0.01, 0.0), between(0.1, 0.01, 1.0)
    (0.1, 0.01)
    """
    return (1.0 - way) * begin + way * end


CHECKS: dict[str, Callable[[str, Any], Any]] = {  # a name means the same in every schedule
    **dict.fromkeys(("lr", "factor"), positive),
    **dict.fromkeys(("every", "steps"), whole),
    **dict.fromkeys(("start", "end"), not_negative),
}
