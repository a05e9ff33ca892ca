"""Neurons, layers of neurons, and chains of layers.

    neuron(x) = activation(w0 * x0 + w1 * x1 + ... + b)

A layer is a row of neurons that all see the same inputs; a multilayer perceptron (MLP) is a chain
of layers, each of which sees the outputs of the one before. That is all there is to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import autograd
from autograd import Value, dot
from autograd.numbers.reals import whole
from nn.checks import Number, Rng, Row, generator, is_number, look_up, numbers_of, rows_of
from nn.init import INITIALISERS, Init
from nn.module import Module

Activation = Callable[[Value], Value]


def linear(z: Value) -> Value:
    """The number itself: no activation.

    >>> linear(3.0)
    3.0
    """
    return z


ACTIVATIONS: dict[str, Activation] = {"linear": linear} | {
    name: getattr(autograd, name)
    for name in ("relu", "leaky_relu", "elu", "gelu", "silu", "softplus", "sigmoid", "tanh")
}


class Neuron(Module):
    """activation(w0 * x0 + w1 * x1 + ... + b): one number from a row of them.

    >>> neuron = Neuron(2, "relu", rng=0)
    >>> neuron.w[0].data, neuron.w[1].data, neuron.b.data = 1.0, -2.0, 0.5
    >>> neuron([3.0, 1.0])
    Value(data=1.5, grad=0.0)

    The products and their sum are one node; `fused=False` writes them out, to be looked at. The
    numbers are the same. `nout` says how many neurons stand beside each other: some initialisers
    ask.
    """

    def __init__(
        self,
        nin: int,
        activation: str | Activation = "linear",
        *,
        fused: bool = True,
        nout: int = 1,
        init: Init = "glorot",
        rng: Rng = None,
    ) -> None:
        draw, rng = look_up("init", init, INITIALISERS), generator(rng)
        self.nin, self.nout, self.fused = whole("Neuron: nin", nin), nout, fused
        self.w = [Value(draw(rng, nin, nout)) for _ in range(nin)]
        self.b = Value(0.0)
        self.activation = activation
        self.activate = look_up("activation", activation, ACTIVATIONS)
        self.dot = dot if fused else dot_written_out
        self.shape = f"{nin} -> 1"

    def __call__(self, row: Row | Number) -> Value:
        return self.out(numbers_of(row, self))

    def out(self, x: list[Number]) -> Value:
        """What it makes of a row that is known to fit: a layer checks it once for all neurons.

        >>> Neuron(2, init="zeros").out([1.0, 2.0])
        Value(data=0.0, grad=0.0)
        """
        return self.activate(self.dot(self.w, x, start=self.b))


def dot_written_out(w: list[Value], x: list[Number], start: Value) -> Value:
    """The sum that `dot` records as one node, with a node for each product and each sum.

    >>> dot_written_out([Value(2.0), Value(3.0)], [10.0, 1.0], start=Value(0.5))
    Value(data=23.5, grad=0.0)
    """
    return sum((wi * xi for wi, xi in zip(w, x, strict=True)), start)


class Layer(Module):
    """A row of neurons that see the same inputs: `nout` numbers from `nin`.

    >>> [out.data for out in Layer(3, 2, init="zeros")([1.0, 2.0, 3.0])]
    [0.0, 0.0]
    """

    def __init__(
        self,
        nin: int,
        nout: int,
        activation: str | Activation = "linear",
        *,
        fused: bool = True,
        init: Init = "glorot",
        rng: Rng = None,
    ) -> None:
        self.nin, self.nout = whole("Layer: nin", nin), whole("Layer: nout", nout)
        self.activation, self.fused, rng = activation, fused, generator(rng)
        self.neurons = [
            Neuron(nin, activation, fused=fused, nout=nout, init=init, rng=rng) for _ in range(nout)
        ]
        self.shape = f"{nin} -> {nout}"

    def __call__(self, row: Row | Number) -> list[Value]:
        x = numbers_of(row, self)
        return [neuron.out(x) for neuron in self.neurons]


class Sequential(Module):
    """A chain: each layer, or plain function of a row, sees the output of the one before.

    One number at the end is given as the number itself, not as a list of one.

    >>> from autograd import softmax
    >>> chain = Sequential(Layer(4, 3, "relu"), Layer(3, 2, init="zeros"), softmax)
    >>> [out.data for out in chain([1.0, 2.0, 3.0, 4.0])]
    [0.5, 0.5]
    """

    def __init__(self, *layers: Module | Callable[[list[Any]], Any]) -> None:
        self.layers = layers

    def __call__(self, row: Any) -> Any:
        for layer in self.layers:
            row = layer(row)
        return only(row)

    def batch(self, rows: Sequence[Any]) -> list[Any]:
        """What the chain makes of a batch: the whole of it goes through each layer in turn."""
        rows = rows_of(rows, self)
        for layer in self.layers:
            rows = layer.batch(rows) if isinstance(layer, Module) else [layer(row) for row in rows]
        return [only(row) for row in rows]


class MLP(Sequential):
    """A multilayer perceptron: layers of so many neurons, an activation after all but the last.

    The last layer has `output` in its place, which is linear unless you say otherwise: a network
    of one layer has no use for `activation`.

    >>> mlp = MLP(2, [16, 16, 1], activation="tanh", rng=0)
    >>> mlp, len(mlp.parameters())
    (MLP(2, [16, 16, 1], activation='tanh'), 337)
    >>> mlp([0.5, -1.0])
    Value(data=..., grad=0.0)
    """

    def __init__(
        self,
        nin: int,
        nouts: Sequence[int],
        activation: str | Activation = "relu",
        *,
        output: str | Activation = "linear",
        fused: bool = True,
        init: Init = "glorot",
        rng: Rng = None,
    ) -> None:
        sizes = [whole("MLP: a number of neurons", n) for n in (nin, *nouts)]
        if len(sizes) < 2:
            raise ValueError("MLP: nouts lists no layer; expected such as [16, 16, 1]")
        kinds = [activation] * (len(sizes) - 2) + [output]
        layer = partial(Layer, fused=fused, init=init, rng=generator(rng))
        super().__init__(*map(layer, sizes, sizes[1:], kinds))
        self.nin, self.nouts = sizes[0], sizes[1:]
        self.activation, self.output, self.fused = activation, output, fused


def only(row: Any) -> Any:
    """The number in a row of one; a longer row, or a sequence of rows, as it is."""
    return row[0] if isinstance(row, list) and len(row) == 1 and is_number(row[0]) else row
