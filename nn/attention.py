"""Sequences: rows in an order, one for each position, that look at each other.

    attend(query, keys, values) = sum of weight * value over all positions,
    weights = softmax of query . key / sqrt(width) over all positions

A position asks with its query; the better the key of another one fits it, the more of that one's
value goes into the answer (Vaswani and others 2017). In this file an example, what `module(...)`
takes, is a whole sequence: a list of rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from random import Random
from typing import Any

from autograd import Value, dot, softmax
from autograd.numbers.reals import describe, whole
from nn.checks import Rng, Row, generator, look_up, numbers_of, rows_of
from nn.init import INITIALISERS, Init
from nn.layers import only
from nn.module import Module


class Embedding(Module):
    """A learnt row for each of `count` things, such as letters, which are numbered from 0.

    >>> embedding = Embedding(27, 4, rng=0)
    >>> len(embedding(3)), len(embedding.batch([3, 0, 26]))
    (4, 3)
    """

    def __init__(self, count: int, width: int, *, init: Init = "normal", rng: Rng = None) -> None:
        self.count = whole("Embedding: count", count)
        self.width = whole("Embedding: width", width)
        self.rows = matrix(count, width, init, generator(rng))
        self.shape = f"1 of {count} -> {width}"

    def __call__(self, i: int) -> list[Value]:
        i = only(i)
        if not hasattr(i, "__index__") or not 0 <= i < self.count:  # a list has a row -1
            raise ValueError(
                f"{self!r} takes a number from 0 to {self.count - 1}, got {describe(i)}"
            )
        return list(self.rows[i])


class Each(Module):
    """A layer applied to every position of a sequence, the same to each.

    >>> from nn import Layer
    >>> each = Each(Layer(2, 3))
    >>> [len(row) for row in each([[1.0, 2.0], [3.0, 4.0]])]
    [3, 3]

    The positions are a batch to the layer: BatchNorm measures those of one sequence together.
    """

    def __init__(self, layer: Module) -> None:
        if not isinstance(layer, Module):
            raise TypeError(f"Each applies a Module to every position, got {describe(layer)}")
        self.layer = layer
        self.shape = layer.shape

    def __call__(self, sequence: Sequence[Any]) -> list[Any]:
        return self.layer.batch(sequence)


class Attention(Module):
    """Self-attention: a sequence as long as the one it takes, each row mixed from all of them.

    >>> attention = Attention(4, heads=2, rng=0)
    >>> sequence = [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]
    >>> [len(row) for row in attention(sequence)]
    [4, 4, 4]

    Queries, keys and values are sums of the numbers of a row, with learnt weights and no bias. Each
    head attends with its own part of them, width / heads numbers, and the parts side by side are
    weighed once more. A causal one sees only the positions up to its own, as where the next letter
    is to be guessed.

    Nothing here knows where a position is: add a row that says so to each, such as an `Embedding`
    of its number.
    """

    def __init__(
        self,
        width: int,
        heads: int = 1,
        *,
        causal: bool = False,
        init: Init = "glorot",
        rng: Rng = None,
    ) -> None:
        self.width = self.nin = whole("Attention: width", width)
        self.heads = whole("Attention: heads", heads)
        if width % heads != 0:
            raise ValueError(f"Attention: {heads} heads do not divide a width of {width}")
        self.causal = causal
        self.shape = f"{width} -> {width}"
        rng = generator(rng)
        self.query, self.key, self.value, self.output = (
            matrix(width, width, init, rng) for _ in range(4)
        )

    def __call__(self, sequence: Sequence[Row]) -> list[list[Value]]:
        rows = [numbers_of(row, self) for row in rows_of(sequence, self)]
        queries = [times(self.query, row) for row in rows]
        keys = [times(self.key, row) for row in rows]
        values = [times(self.value, row) for row in rows]
        part = self.width // self.heads
        parts = [slice(start, start + part) for start in range(0, self.width, part)]  # of heads
        outs = []
        for t, query in enumerate(queries):
            seen = t + 1 if self.causal else len(rows)
            mixed: list[Value] = []  # what the heads find, side by side
            for own in parts:
                part_keys = [key[own] for key in keys[:seen]]
                mixed += attend(query[own], part_keys, [value[own] for value in values[:seen]])
            outs.append(times(self.output, mixed))
        return outs


def attend(query: Row, keys: Sequence[Row], values: Sequence[Row]) -> list[Value]:
    """The values mixed by how well their keys fit the query: scaled dot-product attention.

    >>> attend([1.0, 0.0], keys=[[100.0, 0.0], [0.0, 100.0]], values=[[1.0], [2.0]])
    [1.0]
    >>> attend([0.0, 0.0], keys=[[100.0, 0.0], [0.0, 100.0]], values=[[1.0], [2.0]])
    [1.5]

    Of numbers of variance 1 the sum of `width` products has variance `width`. Divided by the root
    of it, the scores stay where softmax has a slope.
    """
    weights = softmax([dot(query, key) / sqrt(len(query)) for key in keys])
    return [dot(weights, column) for column in zip(*values, strict=True)]


def matrix(height: int, width: int, init: Init, rng: Random) -> list[list[Value]]:
    """So many rows of weights, each of the same width.

    >>> from random import Random
    >>> [[w.data for w in row] for row in matrix(1, 2, "zeros", Random(0))]
    [[0.0, 0.0]]
    """
    draw = look_up("init", init, INITIALISERS)
    return [[Value(draw(rng, width, height)) for _ in range(width)] for _ in range(height)]


def times(weights: list[list[Value]], row: Row) -> list[Value]:
    """The product of a matrix and a row: one sum of products for each row of weights.

    >>> times([[Value(2.0), Value(3.0)]], [10.0, 1.0])
    [Value(data=23.0, grad=0.0)]
    """
    return [dot(w, row) for w in weights]
