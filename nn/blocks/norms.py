"""Normalisation: numbers brought to a mean of 0 and a variance of 1, then to those that suit best.

    y = gain * (x - mean) / sqrt(variance + epsilon) + bias

Gain and bias are learnt, one of each for every number of a row; they begin as 1 and 0. The three
layers differ in what mean and variance are taken of. Epsilon keeps the divisor away from 0.

    BatchNorm   one number of every row of a batch (Ioffe and Szegedy 2015)
    LayerNorm   all numbers of one row (Ba, Kiros and Hinton 2016)
    RMSNorm     all numbers of one row; the mean is taken for 0, and there is no bias (Zhang and
                Sennrich 2019)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from autograd import Value, dot, mean, sqrt
from autograd.core.record import read
from autograd.numbers.reals import real
from nn.checks import Number, Row, numbers_of, plain, positive, whole
from nn.module import Module


class Norm(Module):
    """What the three layers share: a width, a gain, and what keeps the divisor away from 0."""

    def __init__(self, n: int, epsilon: float = 1e-5) -> None:
        kind = type(self).__name__
        self.n = self.nin = whole(f"{kind}: n", n)
        self.epsilon = positive(f"{kind}: epsilon", epsilon)
        self.gain = [Value(1.0) for _ in range(n)]
        self.shape = f"{n} -> {n}"


class BatchNorm(Norm):
    """Each number normalised over the rows of a batch, in training; one batch is at least 2 rows.

    >>> norm = BatchNorm(2, epsilon=1e-12)
    >>> [[round(y.data, 6) for y in row] for row in norm.batch([[1.0, 10.0], [3.0, 50.0]])]
    [[-1.0, -1.0], [1.0, 1.0]]

    In use, an output must not depend on which other rows there are. Then the mean and the variance
    are the running ones, which every batch of training moved a part of the way, `momentum`, towards
    its own:

        running = (1 - momentum) * running + momentum * measured

    >>> norm.running_mean
    [0.2, 3.0]
    >>> [round(y.data, 6) for y in norm.eval()([0.2, 3.0])]
    [0.0, 0.0]

    As in PyTorch, the sum of squares is divided by the number m of rows to normalise with, and by
    m - 1 for the running variance, which estimates that of all rows there could be.
    """

    buffers: ClassVar[Sequence[str]] = ("running_mean", "running_variance")

    def __init__(self, n: int, momentum: float = 0.1, epsilon: float = 1e-5) -> None:
        super().__init__(n, epsilon)
        self.bias = [Value(0.0) for _ in range(n)]
        self.momentum = real(momentum, "BatchNorm: momentum")
        if not 0.0 <= self.momentum <= 1.0:
            raise ValueError(f"BatchNorm: momentum must be from 0 to 1, got {self.momentum!r}")
        self.running_mean = [0.0] * n
        self.running_variance = [1.0] * n

    def __call__(self, row: Row) -> list[Value]:
        if self.training:
            raise ValueError(
                f"{self!r} in training takes the mean over the rows of a batch, and got one row by "
                f"itself: call model.batch(rows), or model.eval() first to use the running means"
            )
        (out,) = self.batch([row])
        return out

    def batch(self, rows: Sequence[Row]) -> list[list[Value]]:
        """The rows normalised: in training by their own numbers, in use by the running ones."""
        xs = [numbers_of(row, self) for row in rows]
        if not self.training:
            for buffer in self.buffers:  # a compiled function is traced anew when they have moved
                read(self, buffer)
            return self._normalise(xs, self.running_mean, self.running_variance)
        if len(xs) < 2:
            raise ValueError(
                f"{self!r} in training needs a batch of at least 2 rows, for one has no variance; "
                f"got {len(xs)}. (A batch_size may leave one row for the last batch)"
            )
        columns = list(zip(*xs, strict=True))
        means = [mean(column) for column in columns]
        variances = [variance(column, m) for column, m in zip(columns, means, strict=True)]
        self._remember(len(xs), means, variances)
        return self._normalise(xs, means, variances)

    def _normalise(self, xs: Sequence[Row], means: Row, variances: Row) -> list[list[Value]]:
        """gain * (x - mean) / sqrt(variance + epsilon) + bias, for every x of every row."""
        deviations = [sqrt(v + self.epsilon) for v in variances]
        columns = list(zip(self.gain, means, deviations, self.bias, strict=True))
        return [
            [g * (x - m) / d + b for x, (g, m, d, b) in zip(row, columns, strict=True)]
            for row in xs
        ]

    def _remember(self, rows: int, means: Row, variances: Row) -> None:
        """Move the running numbers towards those of a batch of so many rows."""
        new, old = self.momentum, 1.0 - self.momentum
        unbiased = rows / (rows - 1)
        for i, (m, v) in enumerate(zip(means, variances, strict=True)):
            center, spread = plain("mean", m), plain("variance", v)
            self.running_mean[i] = old * self.running_mean[i] + new * center
            self.running_variance[i] = old * self.running_variance[i] + new * spread * unbiased


class LayerNorm(Norm):
    """One row normalised over its own numbers: in training and in use alike, batch or no batch.

    >>> norm = LayerNorm(2, epsilon=1e-12)
    >>> [round(y.data, 6) for y in norm([10.0, 50.0])]
    [-1.0, 1.0]
    """

    def __init__(self, n: int, epsilon: float = 1e-5) -> None:
        super().__init__(n, epsilon)
        self.bias = [Value(0.0) for _ in range(n)]

    def __call__(self, row: Row) -> list[Value]:
        xs = numbers_of(row, self)
        m = mean(xs)
        d = sqrt(variance(xs, m) + self.epsilon)
        return [g * (x - m) / d + b for g, x, b in zip(self.gain, xs, self.bias, strict=True)]


class RMSNorm(Norm):
    """One row divided by its root mean square: y = gain * x / sqrt(mean of x**2 + epsilon).

    >>> [round(y.data, 6) for y in RMSNorm(2, epsilon=1e-12)([10.0, 70.0])]
    [0.2, 1.4]

    With `scale=False` there is no gain, and so nothing to be learnt.
    """

    def __init__(self, n: int, epsilon: float = 1e-5, *, scale: bool = True) -> None:
        super().__init__(n, epsilon)
        self.scale = scale
        if not scale:
            self.gain = []

    def __call__(self, row: Row) -> list[Value]:
        xs = numbers_of(row, self)
        d = sqrt(dot(xs, xs) / self.n + self.epsilon)
        if not self.scale:
            return [x / d for x in xs]
        return [g * x / d for g, x in zip(self.gain, xs, strict=True)]


def variance(xs: Row, m: Number) -> Value:
    """The mean of (x - m)**2, where m is the mean of the numbers.

    >>> variance([1.0, 3.0], 2.0)
    1.0
    """
    centred = [x - m for x in xs]
    return dot(centred, centred) / len(xs)
