"""Examples to learn from: small data sets that are made on the spot, and any others in one form.

That form is `Data`: a list of rows and a list of targets, one for each row, all plain numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd.numbers.reals import counted, describe, is_real, real
from nn.checks import by_name, finite, listed, not_negative, whole
from nn.rng import generator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from random import Random

    Point = tuple[float, float]
    Range = tuple[float, float]

CORNERS = ((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0))


class Data(NamedTuple):
    """Rows of inputs and a target for each: a label, a number or a row of numbers.

    >>> Data([[0.0, 1.0], [2.0, 3.0]], [0, 1])
    Data(2 rows of 2 numbers, labels from 0 to 1)
    >>> x, y = Data([[0.0, 1.0], [2.0, 3.0]], [0.5, -0.5])
    >>> y
    [0.5, -0.5]
    """

    inputs: list[list[float]]
    targets: list[Any]  # ints, floats or rows; `Any` spares a typed program a cast for each of them

    def __repr__(self) -> str:
        rows = f"{counted(len(self.inputs), 'row')} of {counted(len(self.inputs[0]), 'number')}"
        if isinstance(self.targets[0], list):
            return f"Data({rows}, targets of {counted(len(self.targets[0]), 'number')})"
        kind = "labels" if isinstance(self.targets[0], int) else "targets"
        low, high = min(self.targets), max(self.targets)
        return f"Data({rows}, {kind} from {low:g} to {high:g})"


# Data sets of two inputs and a label ------------------------------------------------------------


def moons(n: int = 100, noise: float = 0.1, rng: Random | int | None = None) -> Data:
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

    return scattered("moons", n, 2, noise, rng, place)


def circles(
    n: int = 100, noise: float = 0.05, factor: float = 0.5, rng: Random | int | None = None
) -> Data:
    """A circle of radius 1 (class 0) around one of radius `factor` (class 1), in random order.

    Points are (r cos t, r sin t), for t evenly all the way round. Both coordinates get Gaussian
    noise with this standard deviation. (As `make_circles` of scikit-learn.)

    >>> x, y = circles(4, noise=0.0, rng=0)
    >>> sorted((label, round(math.hypot(*row), 9)) for row, label in zip(x, y))
    [(0, 1.0), (0, 1.0), (1, 0.5), (1, 0.5)]
    """
    if not 0.0 < (inner := real(factor, "circles: factor")) < 1.0:
        raise ValueError(
            f"circles: factor is {factor}, but the inner circle has a radius between 0 and 1"
        )

    def place(label: int, t: float) -> Point:
        return on_circle(inner if label == 1 else 1.0, t)

    return scattered("circles", n, 2, noise, rng, place, ends=False)


def spirals(
    n: int = 100,
    noise: float = 0.02,
    turns: float = 1.0,
    classes: int = 2,
    rng: Random | int | None = None,
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

    return scattered("spirals", n, arms, noise, rng, place)


def blobs(
    n: int = 100, centers: int = 3, spread: float = 0.25, rng: Random | int | None = None
) -> Data:
    """Round clouds of points, one for each class, in random order.

    Center k of c is (cos a, sin a) with the angle a = 2 pi k / c. Both coordinates get Gaussian
    noise with the standard deviation `spread`.

    >>> blobs(90, centers=3, rng=0)
    Data(90 rows of 2 numbers, labels from 0 to 2)
    """
    classes = whole("blobs: centers", centers)

    def place(label: int, _: float) -> Point:
        return on_circle(1.0, label / classes)

    return scattered("blobs", n, classes, spread, rng, place)


def xor(n: int | None = None, noise: float = 0.2, rng: Random | int | None = None) -> Data:
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
    count, deviation, draw = (
        whole("xor: n", n, 2),
        not_negative("xor: noise", noise),
        generator(rng),
    )
    corners = [CORNERS[i % 4] for i in range(count)]
    draw.shuffle(corners)
    return Data(
        [[draw.gauss(x, deviation) for x in corner] for corner in corners],
        [int(a != b) for a, b in corners],
    )


# A curve to fit ---------------------------------------------------------------------------------


def curve(
    f: Callable[[float], float] = math.sin,
    n: int = 100,
    low: float = -math.pi,
    high: float = math.pi,
    noise: float = 0.1,
    rng: Random | int | None = None,
) -> Data:
    """Points (x, f(x)) for x evenly from low to high, in random order.

    f(x) gets Gaussian noise with this standard deviation.

    >>> x, y = curve(lambda x: x**2, n=3, low=0.0, high=2.0, noise=0.0, rng=0)
    >>> sorted(zip(x, y))
    [([0.0], 0.0), ([1.0], 1.0), ([2.0], 4.0)]
    """
    if not callable(f):
        raise TypeError(f"curve: f must be a function, such as math.sin, got {describe(f)}")
    start, end = finite("curve: low", low), finite("curve: high", high)
    if not start < end:
        raise ValueError(f"curve: low is {low} and high is {high}: low must be below high")
    count, deviation, draw = (
        whole("curve: n", n),
        not_negative("curve: noise", noise),
        generator(rng),
    )
    xs = [start + (end - start) * t for t in evenly(count, ends=True)]
    draw.shuffle(xs)
    ys = [float(number(f(x), f"curve: f({x})")) for x in xs]
    return Data([[x] for x in xs], [y + draw.gauss(0.0, deviation) for y in ys])


# Any data in one form ---------------------------------------------------------------------------


def examples(data: object, where: str) -> Data:
    """Any pair of inputs and targets as plain numbers; `where` names the place in a refusal.

    Inputs and targets are lists, tuples or NumPy arrays. A row of one number may be written as the
    number itself. Whole targets stay ints, for they are labels; if one has a fraction, all are
    floats. Rows of targets stay rows, unless they have one number each.

    >>> import numpy as np
    >>> examples((np.array([1, 2, 3]), [[0.5], [1], [2]]), "here").targets
    [0.5, 1.0, 2.0]
    >>> examples(([[0, 1], [2, 3]], [0]), "here")
    Traceback (most recent call last):
    ValueError: here: 2 rows and 1 target: each row needs one target
    """
    if not isinstance(data, (tuple, list)) or len(data) != 2:
        hint = "; a list of (row, target) pairs becomes one by zip(*pairs)"
        raise TypeError(
            f"{where}: expected a pair (inputs, targets), got {describe(data)}"
            + (hint if isinstance(data, Iterable) else "")
        )
    inputs = table(data[0], f"{where}: inputs")
    answers = table(data[1], f"{where}: targets")
    if len(inputs) != len(answers):
        raise ValueError(
            f"{where}: {counted(len(inputs), 'row')} and {counted(len(answers), 'target')}: "
            "each row needs one target"
        )
    if len(answers[0]) > 1:
        return Data(inputs, [*answers])
    targets = [target for (target,) in answers]
    labels = all(isinstance(target, int) for target in targets)
    return Data(inputs, [*targets] if labels else [float(target) for target in targets])


def table(rows: object, where: str) -> list[list[float]]:
    """Rows of plain finite numbers, all of one length; `where` names the place in a refusal."""
    entries = listed(rows)
    if entries is None:
        raise TypeError(f"{where}: expected a list, a tuple or an array, got {describe(rows)}")
    if len(entries) == 0:
        raise ValueError(f"{where}: there are none, but a model needs at least one example")
    checked = [row_of(entry, f"{where}: row {i}") for i, entry in enumerate(entries)]
    width = len(checked[0])
    for i, row in enumerate(checked):
        if len(row) != width or width == 0:
            raise ValueError(
                f"{where}: row {i} has {counted(len(row), 'number')}, but "
                + (f"row 0 has {width}" if width else "each row needs at least one")
            )
    return checked


def row_of(entry: object, where: str) -> list[float]:
    """The numbers of a row; one number may stand for a row of one."""
    numbers = listed(entry)
    if numbers and listed(numbers[0]) is not None:
        raise TypeError(
            f"{where} holds lists, and it must be numbers: make one row of the lines of an image; "
            f"for sequences write a loop around optimizer.minimize, which takes a loss of any data"
        )
    return [number(x, where) for x in ([entry] if numbers is None else numbers)]


def number(x: Any, where: str) -> float:
    """A finite number as a plain float, or as a plain int if that is its type."""
    if hasattr(x, "dtype") and is_real(x):  # a NumPy scalar
        x = x.item()
    out = int(x) if isinstance(x, int) else real(x, where)
    if not math.isfinite(real(out, where)):
        raise ValueError(f"{where}: a model learns from finite numbers only, and this is {out}")
    return out


# Parts of data ----------------------------------------------------------------------------------


@by_name()
def batches(
    data: tuple[object, object],
    size: int,
    *,
    shuffle: bool = True,
    rng: Random | int | None = None,
) -> Iterator[Data]:
    """The data in parts of `size` examples, the last one with what remains; each example once.

    The examples come in a new random order, or for shuffle=False in their own. One batch holds all
    of them if `size` is more than there are.

    >>> [x for x, y in batches(([1, 2, 3, 4, 5], [0, 0, 0, 1, 1]), 2, shuffle=False)]
    [[[1], [2]], [[3], [4]], [[5]]]
    """
    checked, step = examples(data, "batches"), whole("batches: size", size)
    if shuffle:
        return shuffled(checked, step, generator(rng))
    return parts_of(checked, step, range(len(checked.inputs)))


def shuffled(data: Data, size: int, rng: Random) -> Iterator[Data]:
    """Checked data in batches, in a new order."""
    order = list(range(len(data.inputs)))
    rng.shuffle(order)
    return parts_of(data, size, order)


def parts_of(data: Data, size: int, order: Sequence[int]) -> Iterator[Data]:
    """Checked data in batches, in this order."""
    return (chosen(data, order[i : i + size]) for i in range(0, len(order), size))


def split(
    data: tuple[object, object], validation: float = 0.25, rng: Random | int | None = None
) -> tuple[Data, Data]:
    """The data in two, to train on and to validate with: chosen at random, each example once.

    `validation` is the part that is held out: a fraction like 0.25, or a whole number of examples.

    >>> split(moons(100, rng=0), 0.2, rng=0)
    (Data(80 rows of 2 numbers, labels from 0 to 1), Data(20 rows of 2 numbers, labels from 0 to 1))
    """
    checked = examples(data, "split")
    n = len(checked.inputs)
    part = finite("split: validation", validation)
    count = round(part if hasattr(validation, "__index__") else n * part)
    if not 0 < count < n:
        raise ValueError(
            f"split: validation={validation} of {counted(n, 'example')} leaves {n - count} to "
            f"train on and {count} to validate with; both need at least one"
        )
    order = list(range(n))
    generator(rng).shuffle(order)
    return chosen(checked, order[count:]), chosen(checked, order[:count])


def chosen(data: Data, order: Sequence[int]) -> Data:
    """The examples with these numbers."""
    return Data([data.inputs[i] for i in order], [data.targets[i] for i in order])


# What a picture shows ---------------------------------------------------------------------------


def in_the_plane(data: tuple[object, object], where: str) -> tuple[Data, Range, Range]:
    """Examples of two inputs, and the range of each input that a picture of them shows."""
    checked = examples(data, where)
    if len(checked.inputs[0]) != 2:
        raise ValueError(
            f"{where}: a picture is of 2 inputs, but a row here has {len(checked.inputs[0])}"
        )
    xs, ys = zip(*checked.inputs, strict=True)
    return checked, limits(xs), limits(ys)


def limits(xs: Sequence[float]) -> Range:
    """The range of numbers with a margin around it.

    >>> limits([0.0, 10.0])
    (-0.8, 10.8)
    """
    low, high = min(xs), max(xs)
    margin = 0.08 * (high - low) or max(1.0, 0.08 * abs(low))
    return low - margin, high + margin


# What the data sets are made with ---------------------------------------------------------------


def scattered(
    name: str,
    n: int,
    classes: int,
    noise: float,
    rng: Random | int | None,
    place: Callable[[int, float], Point],
    ends: bool = True,
) -> Data:
    """n points, class by class at place(label, t) for t evenly from 0 to 1, with noise, shuffled.

    Of the classes the first ones have one point more if they cannot all have as many.
    """
    count, deviation, draw = (
        whole(f"{name}: n", n, classes),
        not_negative(f"{name}: noise", noise),
        generator(rng),
    )
    points: list[tuple[list[float], int]] = []
    for label in range(classes):
        share = len(range(label, count, classes))
        for t in evenly(share, ends):
            x, y = place(label, t)
            points.append(([draw.gauss(x, deviation), draw.gauss(y, deviation)], label))
    draw.shuffle(points)
    return Data([row for row, _ in points], [label for _, label in points])


def evenly(n: int, ends: bool) -> list[float]:
    """n numbers from 0 to 1, both included; without `ends`, 1 is left out, for it is 0 again."""
    steps = max(n - 1, 1) if ends else n
    return [i / steps for i in range(n)]


def on_circle(radius: float, turn: float) -> Point:
    """The point at this radius after so many turns around the origin."""
    return radius * math.cos(2.0 * math.pi * turn), radius * math.sin(2.0 * math.pi * turn)
