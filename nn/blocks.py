"""Parts of networks beyond the plain layer: dropout, residual connections and norms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from autograd import Value, dot, mean, sqrt
from autograd.core.record import current, read, write
from autograd.numbers.reals import describe, not_negative, positive, real, whole
from nn.checks import Rng, Row, as_list, generator, is_number, numbers_of, plain, rows_of
from nn.module import Module


class Dropout(Module):
    """Each number of a row, or of a sequence of rows, dropped with probability p in training.

    >>> dropout = Dropout(0.5, rng=0)
    >>> dropout([1.0, 2.0, 3.0, 4.0])
    [2.0, 4.0, 0.0, 0.0]
    >>> dropout.eval()([1.0, 2.0, 3.0, 4.0])
    [1.0, 2.0, 3.0, 4.0]

    In training y = x / (1 - p) with probability 1 - p, else 0; in use y = x. No number can rely on
    another one being there, so each has to be of use by itself (Srivastava, Hinton and others
    2014). What is left is made larger, so that y is x on the average: nothing has to be made up for
    in use.

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
        if current().observers:  # in a function that is being compiled this is an error
            write(self, f"drawing the random numbers of {self!r}")
        return self._drawn(row)

    def _drawn(self, row: Any) -> Any:
        if (numbers := as_list(row)) is not None:
            return [self._drawn(x) for x in numbers]
        if not is_number(row):
            real(row, f"{self!r} takes numbers and lists of them")
        if self.rng.random() >= self.p:
            return row / (1.0 - self.p)
        return Value(0.0) if isinstance(row, Value) else 0.0


class Residual(Module):
    """x + inner(x), for a layer or a chain of them that gives as many numbers as it takes.

    The inner part has only to learn what is to be changed about x. Backwards, the gradient of the
    output reaches x along the sum undiminished, however little the inner part lets through: that is
    why networks with many layers can be trained (He, Zhang, Ren and Sun 2015).

    >>> from nn import Layer
    >>> around = Residual(Layer(2, 2, "relu", init="zeros"))
    >>> [out.data for out in around([3.0, -1.0])]
    [3.0, -1.0]
    """

    def __init__(self, inner: Module) -> None:
        if not isinstance(inner, Module):
            raise TypeError(f"Residual goes around a Module, got {describe(inner)}")
        self.inner = inner
        self.shape = inner.shape

    def __call__(self, row: Any) -> Any:
        return self._add(row, self.inner(row))

    def batch(self, rows: Sequence[Any]) -> list[Any]:
        """What it makes of a batch: all of it goes through the inner part together."""
        return [self._add(x, y) for x, y in zip(rows, self.inner.batch(rows), strict=True)]

    def _add(self, x: Any, y: Any) -> Any:
        """x + y number by number, of two numbers, two rows, or two sequences of rows."""
        xs, ys = as_list(x), as_list(y)
        if xs is None and ys is None:
            return x + y
        xs, ys = [x] if xs is None else xs, [y] if ys is None else ys  # a number is a row of one
        if len(xs) != len(ys):
            raise ValueError(
                f"{self!r} adds what goes in and what the inner part makes of it, and these must "
                f"be of the same length: {len(xs)} went in and {len(ys)} came out"
            )
        return [self._add(xi, yi) for xi, yi in zip(xs, ys, strict=True)]


# Norms --------------------------------------------------------------------------------------------


class Norm(Module):
    """Numbers brought to a mean of 0 and a variance of 1, then to those that suit best.

        y = gain * (x - mean) / sqrt(variance + epsilon) + bias

    Gain and bias are learnt, one of each for every number of a row; they begin as 1 and 0. The
    three layers differ in what mean and variance are taken of. Epsilon keeps the divisor from 0.

        BatchNorm   one number of every row of a batch (Ioffe and Szegedy 2015)
        LayerNorm   all numbers of one row (Ba, Kiros and Hinton 2016)
        RMSNorm     all numbers of one row; the mean is taken for 0, and there is no bias (Zhang and
                    Sennrich 2019)
    """

    def __init__(self, n: int, epsilon: float = 1e-5) -> None:
        kind = type(self).__name__
        self.n = self.nin = whole(f"{kind}: n", n)
        self.epsilon = positive(f"{kind}: epsilon", epsilon)
        self.gain = [Value(1.0) for _ in range(n)]
        self.bias = [Value(0.0) for _ in range(n)]
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
        xs = [numbers_of(row, self) for row in rows_of(rows, self)]
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
        self.scale, self.bias = scale, []
        if not scale:
            self.gain = []

    def __call__(self, row: Row) -> list[Value]:
        xs = numbers_of(row, self)
        d = sqrt(dot(xs, xs) / self.n + self.epsilon)
        if not self.scale:
            return [x / d for x in xs]
        return [g * x / d for g, x in zip(self.gain, xs, strict=True)]


def variance(xs: Row, m: Value | float) -> Value:
    """The mean of (x - m)**2, where m is the mean of the numbers.

    >>> variance([1.0, 3.0], 2.0)
    1.0
    """
    centred = [x - m for x in xs]
    return dot(centred, centred) / len(xs)
