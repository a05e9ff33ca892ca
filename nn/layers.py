"""Neurons, layers of neurons, and chains of layers.

    neuron(x) = activation(w0 * x0 + w1 * x1 + ... + b)

A layer is a row of neurons that all see the same inputs; a multilayer perceptron (MLP) is a chain
of layers, each of which sees the outputs of the one before. That is all there is to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import autograd
from autograd import Value, dot
from autograd.numbers.reals import counted, describe
from nn.checks import (
    by_name,
    is_number,
    listed,
    one_row,
    refuse_no_number,
    whole,
)
from nn.init import INITIALISERS
from nn.module import Module, rows_of
from nn.named import named
from nn.rng import generator

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

    from nn.init import Initialiser
    from nn.module import Number, Row

    Activation = Callable[[Value], Value]


def linear(z: Value) -> Value:
    """The number itself: no activation.

    >>> linear(3.0)
    3.0
    """
    return z


ACTIVATIONS: dict[str, Activation] = {
    "linear": linear,
    "relu": autograd.relu,
    "leaky_relu": autograd.leaky_relu,
    "elu": autograd.elu,
    "gelu": autograd.gelu,
    "silu": autograd.silu,
    "softplus": autograd.softplus,
    "sigmoid": autograd.sigmoid,
    "tanh": autograd.tanh,
}


class Neuron(Module):
    """activation(w0 * x0 + w1 * x1 + ... + b): one number from a row of them.

    >>> neuron = Neuron(2, "relu", rng=0)
    >>> neuron.w[0].data, neuron.w[1].data, neuron.b.data = 1.0, -2.0, 0.5
    >>> neuron([3.0, 1.0])
    Value(data=1.5, grad=0.0)

    The products and their sum are one node; `fused=False` writes them out, to be looked at. The
    numbers are the same.
    """

    @by_name()
    def __init__(
        self,
        nin: int,
        activation: str | Activation = "linear",
        *,
        fused: bool = True,
        nout: int = 1,  # how many neurons there are beside each other: some initialisers ask
        init: str | Initialiser = "glorot",
        rng: Random | int | None = None,
    ) -> None:
        draw, rng = named("init", init, INITIALISERS), generator(rng)
        self.nin = whole("Neuron: nin", nin)
        self.w = [Value(draw(rng, nin, nout)) for _ in range(nin)]
        self.b = Value(0.0)
        self.activation = activation
        self.fused = fused
        self.nout = nout
        self.shape = f"{nin} -> 1"
        self.activate = named("activation", activation, ACTIVATIONS)

    @one_row
    def __call__(self, row: Row | Number) -> Value:
        return self.out(inputs(row, self))

    def out(self, x: list[Number]) -> Value:
        """What it makes of as many numbers as there are weights: a layer checks them once."""
        try:
            if self.fused:
                z = dot(self.w, x, start=self.b)
            else:
                z = self.b
                for wi, xi in zip(self.w, x, strict=True):
                    z = z + wi * xi
        except TypeError:
            refuse_no_number(self, x)
            raise
        return self.activate(z)


class Layer(Module):
    """A row of neurons that see the same inputs: `nout` numbers from `nin`.

    >>> [out.data for out in Layer(3, 2, init="zeros")([1.0, 2.0, 3.0])]
    [0.0, 0.0]
    """

    @by_name()
    def __init__(
        self,
        nin: int,
        nout: int,
        activation: str | Activation = "linear",
        *,
        fused: bool = True,
        init: str | Initialiser = "glorot",
        rng: Random | int | None = None,
    ) -> None:
        self.nin, self.nout = whole("Layer: nin", nin), whole("Layer: nout", nout)
        self.activation = activation
        self.fused = fused
        self.shape = f"{nin} -> {nout}"
        rng = generator(rng)
        self.neurons = [
            Neuron(nin, activation, fused=fused, nout=nout, init=init, rng=rng) for _ in range(nout)
        ]

    @one_row
    def __call__(self, row: Row | Number) -> list[Value]:
        x = inputs(row, self)
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
        for i, layer in enumerate(layers):
            if not callable(layer):
                raise TypeError(
                    f"Sequential: layer {i} must be a Module or a function of a row, got "
                    f"{describe(layer)}; layers are given one by one, Sequential(first, second)"
                )
        self.layers = layers

    @one_row
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

    @by_name("the sizes of the layers are one list, MLP(2, [16, 16, 1])")
    def __init__(
        self,
        nin: int,
        nouts: Sequence[int],
        activation: str | Activation = "relu",
        *,
        output: str | Activation = "linear",
        fused: bool = True,
        init: str | Initialiser = "glorot",
        rng: Random | int | None = None,
    ) -> None:
        if not (sizes := listed(nouts)):
            raise ValueError(
                f"MLP: nouts must list the number of neurons of each layer, [16, 16, 1]; got "
                f"{describe(nouts)}"
            )
        named("MLP: activation", activation, ACTIVATIONS)  # one layer alone would not look at it
        self.nin, self.nouts = nin, list(sizes)
        self.activation, self.output = activation, output
        self.fused = fused
        rng = generator(rng)
        nins = [nin, *sizes[:-1]]
        activations = [activation] * (len(sizes) - 1) + [output]
        super().__init__(
            *[
                Layer(n, m, activation, fused=fused, init=init, rng=rng)
                for n, m, activation in zip(nins, sizes, activations, strict=True)
            ]
        )


class HasInputs(Protocol):
    """A module that takes a row of `nin` numbers."""

    nin: int


def inputs(row: Any, module: HasInputs) -> list[Number]:
    """The numbers of a row, as many as there are inputs; one number may stand for a row of one.

    >>> inputs(3.0, Neuron(1))
    [3.0]
    """
    if type(row) is list:
        numbers: list[Number] = row
    elif is_number(found := row.tolist() if hasattr(row, "tolist") else row):  # of NumPy: plain
        numbers = [found]
    elif (several := listed(found)) is not None:
        numbers = list(several)
    else:
        raise TypeError(f"{module!r} takes a row of {module.nin} numbers, got {describe(row)}")
    if numbers and isinstance(numbers[0], (list, tuple)):
        raise ValueError(
            f"{module!r} takes one row of {module.nin} numbers, and got a list of "
            f"{counted(len(numbers), 'row')}: for a batch call model.batch(rows)"
        )
    if len(numbers) != module.nin:
        hint = "; one row is model(row), a batch model.batch(rows)" if is_number(row) else ""
        came = counted(len(numbers), "number")
        raise ValueError(f"{module!r} has {counted(module.nin, 'input')}, and got {came}{hint}")
    return numbers


def only(row: Any) -> Any:
    """The number in a row of one; a longer row, or a sequence of rows, as it is."""
    return row[0] if isinstance(row, list) and len(row) == 1 and is_number(row[0]) else row
