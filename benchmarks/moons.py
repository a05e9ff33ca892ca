"""A small network on two moons, its neurons written out as loops: the speed of a training step."""

from __future__ import annotations

import math
import random
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from autograd.core import compiled
from benchmarks.beside import agreement, beside
from benchmarks.engines import OURS, Program, absent, by_backward, engines, gradients
from benchmarks.figures import Bar
from benchmarks.peers import MICROGPT, MICROGRAD, XAD
from benchmarks.timing import OFF, ON

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SIZES = (2, 16, 16, 1)
SAMPLES = 100
L2 = 1e-4
TOLERANCE = 1e-12  # the engines add up in different orders
BARS = {(MICROGPT, ON): Bar(least=1.8), (MICROGRAD, ON): Bar(least=10.0)}
if compiled:
    BARS = {
        (MICROGPT, ON): Bar(least=11.0),
        (MICROGPT, OFF): Bar(least=6.0),
        (MICROGRAD, OFF): Bar(least=10.0),
        (XAD, ON): Bar(least=3.5),
    }

# The engines have no type in common that says all that is used of them here, so: Any.
Network = list[list[tuple[list[Any], Any]]]
Sample = tuple[float, float, float]


def moons() -> list[Sample]:
    """Points on two half circles that reach into each other, blurred, each with its side, +-1."""
    rng = random.Random(1)
    samples = []
    for i in range(SAMPLES):
        angle = rng.uniform(0.0, math.pi)
        x, y, side = math.cos(angle), math.sin(angle), -1.0
        if i % 2:
            x, y, side = 1.0 - x, 0.5 - y, 1.0
        samples.append((x + rng.gauss(0.0, 0.1), y + rng.gauss(0.0, 0.1), side))
    return samples


def network(value: Callable[[float], Any]) -> Network:
    """Layers of neurons, each its weights and its bias: the same numbers for every engine."""
    rng = random.Random(2)
    return [
        [([value(rng.uniform(-1.0, 1.0)) for _ in range(ins)], value(0.0)) for _ in range(outs)]
        for ins, outs in pairwise(SIZES)
    ]


def parameters(net: Network) -> list[Any]:
    """All weights and biases."""
    return [p for layer in net for weights, bias in layer for p in (*weights, bias)]


def score(net: Network, inputs: list[Any]) -> Any:
    """What the network answers to one sample."""
    for layer in net:
        outputs = []
        for weights, bias in layer:
            act = bias
            for w, x in zip(weights, inputs, strict=True):
                act = act + w * x
            outputs.append(act if layer is net[-1] else act.relu())
        inputs = outputs
    return inputs[0]


def hinge(net: Network, value: Callable[[float], Any], samples: list[Sample]) -> Any:
    """The mean hinge loss."""
    total = value(0.0)
    for x, y, side in samples:
        total = total + (score(net, [value(x), value(y)]) * -side + 1.0).relu()
    return total * (1.0 / len(samples))


def loss(net: Network, value: Callable[[float], Any], samples: list[Sample]) -> Any:
    """The mean hinge loss, and a little of the sum of all parameters' squares."""
    squares = value(0.0)
    for p in parameters(net):
        squares = squares + p * p
    return hinge(net, value, samples) + squares * L2


def step(
    net: Network,
    value: Callable[[float], Any],
    samples: list[Sample],
    differentiate: Callable[[Program, Sequence[Any]], list[float]] = by_backward,
) -> float:
    """All of a training step that is the engine's: zero the gradients, forward, backward."""
    return differentiate(lambda: [loss(net, value, samples)], parameters(net))[0]


def answer(net: Network, run: Callable[[], float]) -> list[float]:
    """The loss of a step and the gradients of all parameters."""
    return [run(), *(p.grad for p in parameters(net))]


def report(repeats: int) -> str:
    """How many times as fast as each peer a step is, with the garbage collector on and off."""
    nets = {name: network(engine.parameter) for name, engine in engines().items()}
    runs = {
        name: partial(step, nets[name], engine.number, moons(), engine.differentiate)
        for name, engine in engines().items()
    }
    answers = {
        name: [runs[name](), *gradients(engine, parameters(nets[name]))]
        for name, engine in engines().items()
    }
    what = f"losses and {len(parameters(nets[OURS]))} gradients"
    lines = [
        "moons: one training step of a 2-16-16-1 network on 100 samples, in loops",
        agreement("moons", what, answers, TOLERANCE),
        beside(runs, repeats, BARS),
        *absent(),
    ]
    return "\n".join(lines)
