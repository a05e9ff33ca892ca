"""Small data sets that are made on the spot, from a seed."""

from __future__ import annotations

import math
from collections.abc import Callable

from autograd.numbers.reals import finite, not_negative, real, whole
from nn.checks import Rng, generator
from nn.data.examples import Data

Point = tuple[float, float]
Place = Callable[[int, float], Point]  # of a label, and of a number from 0 to 1
CORNERS = ((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0))

# Data sets of two inputs and a label ------------------------------------------------------------


def moons(n: int = 100, noise: float = 0.1, rng: Rng = None) -> Data:
    """Two half circles that reach into each other, in random order.

    Class 0 is (cos t, sin t), class 1 is (1 - cos t, 0.5 - sin t), for t evenly from 0 to pi. Both
    coordinates get Gaussian noise with this standard deviation. (As `make_moons` of scikit-learn.)

    >>> moons(100, rng=0)
    Data(100 rows of 2 numbers, labels from 0 to 1)
    >>> x, y = moons(2, noise=0.0, rng=0)
    >>> sorted(zip(y, x))
    [(0, [1.0, 0.0]), (1, [0.0, 0.5])]
    """

    def place(label: int, t: float) -> Point:
        x, y = math.cos(math.pi * t), math.sin(math.pi * t)
        return (x, y) if label == 0 else (1.0 - x, 0.5 - y)

    return scatter("moons", n, 2, noise, rng, place)


def circles(n: int = 100, noise: float = 0.05, factor: float = 0.5, rng: Rng = None) -> Data:
    """A circle of radius 1 (class 0) around one of radius `factor` (class 1), in random order.

    Points are (r cos t, r sin t), for t evenly all the way round. Both coordinates get Gaussian
    noise with this standard deviation. (As `make_circles` of scikit-learn.)

    >>> x, y = circles(4, noise=0.0, rng=0)
    >>> sorted((label, round(math.hypot(*row), 9)) for row, label in zip(x, y))
    [(0, 1.0), (0, 1.0), (1, 0.5), (1, 0.5)]
    """
    if not 0.0 < (inner := real(factor, "circles: factor")) < 1.0:
        raise ValueError(f"circles: the inner circle has a factor between 0 and 1, got {factor}")

    def place(label: int, t: float) -> Point:
        return on_circle(inner if label == 1 else 1.0, t)

    return scatter("circles", n, 2, noise, rng, place, ends=False)


def spirals(
    n: int = 100, noise: float = 0.02, turns: float = 1.0, classes: int = 2, rng: Rng = None
) -> Data:
    """Spiral arms around the origin, one for each class, in random order.

    Arm k of c is (r cos a, r sin a) with the angle a = 2 pi (turns * r + k / c), for the radius r
    evenly from 0.1 to 1. Both coordinates get Gaussian noise with this standard deviation.

    >>> spirals(90, classes=3, rng=0)
    Data(90 rows of 2 numbers, labels from 0 to 2)
    """
    arms = whole("spirals: classes", classes)
    winding = finite("spirals: turns", turns)

    def place(label: int, t: float) -> Point:
        radius = 0.1 + 0.9 * t
        return on_circle(radius, winding * radius + label / arms)

    return scatter("spirals", n, arms, noise, rng, place)


def blobs(n: int = 100, centers: int = 3, spread: float = 0.25, rng: Rng = None) -> Data:
    """Round clouds of points, one for each class, in random order.

    Center k of c is (cos a, sin a) with the angle a = 2 pi k / c. Both coordinates get Gaussian
    noise with the standard deviation `spread`.

    >>> blobs(90, centers=3, rng=0)
    Data(90 rows of 2 numbers, labels from 0 to 2)
    """
    classes = whole("blobs: centers", centers)

    def place(label: int, _: float) -> Point:
        return on_circle(1.0, label / classes)

    return scatter("blobs", n, classes, spread, rng, place)


def xor(n: int | None = None, noise: float = 0.2, rng: Rng = None) -> Data:
    """The four corners of a square, 1 where one input is 1 and the other 0; or n points near them.

    The four come exactly and in order; n points come in random order, as many as possible around
    each corner, and both coordinates get Gaussian noise with this standard deviation.

    >>> x, y = xor()
    >>> list(zip(x, y))
    [([0.0, 0.0], 0), ([0.0, 1.0], 1), ([1.0, 0.0], 1), ([1.0, 1.0], 0)]
    >>> xor(80, rng=0)
    Data(80 rows of 2 numbers, labels from 0 to 1)
    """
    if n is None:
        return Data([[*corner] for corner in CORNERS], [int(a != b) for a, b in CORNERS])
    corners, draw = [CORNERS[i % 4] for i in range(whole("xor: n", n, 2))], generator(rng)
    draw.shuffle(corners)
    rows = [[draw.gauss(x, not_negative("xor: noise", noise)) for x in xy] for xy in corners]
    return Data(rows, [int(a != b) for a, b in corners])


# A curve to fit ---------------------------------------------------------------------------------


def curve(
    f: Callable[[float], float] = math.sin,
    n: int = 100,
    low: float = -math.pi,
    high: float = math.pi,
    noise: float = 0.1,
    rng: Rng = None,
) -> Data:
    """Points (x, f(x)) for x evenly from low to high, in random order.

    f(x) gets Gaussian noise with this standard deviation.

    >>> x, y = curve(lambda x: x**2, n=3, low=0.0, high=2.0, noise=0.0, rng=0)
    >>> sorted(zip(x, y))
    [([0.0], 0.0), ([1.0], 1.0), ([2.0], 4.0)]
    """
    start, end = finite("curve: low", low), finite("curve: high", high)
    if not start < end:
        raise ValueError(f"curve: low is {low} and high is {high}: low must be below high")
    deviation, draw = not_negative("curve: noise", noise), generator(rng)
    xs = [start + (end - start) * t for t in evenly(whole("curve: n", n), ends=True)]
    draw.shuffle(xs)
    ys = [finite(f"curve: f({x})", f(x)) for x in xs]
    return Data([[x] for x in xs], [y + draw.gauss(0.0, deviation) for y in ys])


# What the data sets are made with ---------------------------------------------------------------


def scatter(
    name: str, n: int, classes: int, noise: float, rng: Rng, place: Place, ends: bool = True
) -> Data:
    """n points, class by class at place(label, t) for t evenly from 0 to 1, with noise, shuffled.

    Of the classes the first ones have one point more if they cannot all have as many.
    """
    count, draw = whole(f"{name}: n", n, classes), generator(rng)
    deviation = not_negative(f"{name}: noise", noise)
    points = [
        ([draw.gauss(x, deviation) for x in place(label, t)], label)
        for label in range(classes)
        for t in evenly(len(range(label, count, classes)), ends)
    ]
    draw.shuffle(points)
    return Data([row for row, _ in points], [label for _, label in points])


def evenly(n: int, ends: bool) -> list[float]:
    """n numbers from 0 to 1, both included; without `ends`, 1 is left out, for it is 0 again."""
    steps = max(n - 1, 1) if ends else n
    return [i / steps for i in range(n)]


def on_circle(radius: float, turn: float) -> Point:
    """The point at this radius after so many turns around the origin."""
    return radius * math.cos(2.0 * math.pi * turn), radius * math.sin(2.0 * math.pi * turn)
