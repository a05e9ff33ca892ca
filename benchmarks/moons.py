"""A small network on two moons, its neurons written out as loops: one training step, timed."""

from __future__ import annotations

import math
import random
from functools import partial
from typing import TYPE_CHECKING, Any

from autograd import Value
from benchmarks.figures import Bar, Figure, compared
from benchmarks.peers import MICROGRAD, TupleValue, micrograd_value
from benchmarks.timing import COLLECTOR, ratio, side_by_side

if TYPE_CHECKING:
    from collections.abc import Callable

SIZES = (2, 16, 16, 1)
SAMPLES = 100
L2 = 1e-4
TOLERANCE = 1e-12  # the engines add up in different orders

OURS = "ours"
MICROGPT = "microgpt's way"
BARS = {MICROGPT: Bar(least=1.8), MICROGRAD: Bar(least=10.0)}

# The engines share no type but Any: relu is a method here and an operation of the table there.
Neuron = tuple[list[Any], Any]
Network = list[list[Neuron]]
Sample = tuple[float, float, int]


def moons() -> list[Sample]:
    """Points on two interleaved half circles, blurred, and the side that each belongs to."""
    rng = random.Random(1)
    samples = []
    for i in range(SAMPLES):
        angle = rng.uniform(0.0, math.pi)
        x, y = math.cos(angle), math.sin(angle)
        if i % 2:
            x, y = 1.0 - x, 0.5 - y
        samples.append((x + rng.gauss(0.0, 0.1), y + rng.gauss(0.0, 0.1), 1 if i % 2 else -1))
    return samples


def network(value: Callable[[float], Any]) -> Network:
    """Layers of neurons, each its weights and its bias, the same numbers for every engine."""
    rng = random.Random(2)
    return [
        [([value(rng.uniform(-1.0, 1.0)) for _ in range(ins)], value(0.0)) for _ in range(outs)]
        for ins, outs in zip(SIZES, SIZES[1:], strict=False)
    ]


def parameters(net: Network) -> list[Any]:
    """All weights and biases."""
    return [p for layer in net for weights, bias in layer for p in (*weights, bias)]


def score(net: Network, inputs: list[Any]) -> Any:
    """What the network says to one sample."""
    for layer in net:
        outputs = []
        for weights, bias in layer:
            act = bias
            for w, x in zip(weights, inputs, strict=True):
                act = act + w * x
            outputs.append(act if layer is net[-1] else act.relu())
        inputs = outputs
    return inputs[0]


def loss(net: Network, samples: list[Sample], value: Callable[[float], Any]) -> Any:
    """The mean hinge loss, and a little of the squares of all parameters."""
    total = value(0.0)
    for x, y, side in samples:
        total = total + (score(net, [value(x), value(y)]) * -side + 1.0).relu()
    squares = value(0.0)
    for p in parameters(net):
        squares = squares + p * p
    return total * (1.0 / SAMPLES) + squares * L2


def step(net: Network, samples: list[Sample], value: Callable[[float], Any]) -> float:
    """What a training step costs the engine: zero the gradients, forward, backward."""
    for p in parameters(net):
        p.grad = 0.0
    result = loss(net, samples, value)
    result.backward()
    return float(result.data)


def engines() -> dict[str, Any]:
    """The Values of all engines that are there."""
    values = {OURS: Value, MICROGPT: TupleValue, MICROGRAD: micrograd_value()}
    return {name: value for name, value in values.items() if value is not None}


def check(nets: dict[str, Network], steps: dict[str, Callable[[], float]]) -> float:
    """The largest difference between engines in the loss or a gradient; too large is an error."""
    answers = {
        name: [steps[name](), *(p.grad for p in parameters(net))] for name, net in nets.items()
    }
    largest = max(
        abs(a - b) for other in answers.values() for a, b in zip(answers[OURS], other, strict=True)
    )
    if not largest <= TOLERANCE:
        raise AssertionError(f"moons: engines differ by {largest}, more than {TOLERANCE}")
    return largest


def figures(repeats: int) -> list[Figure]:
    """The speed of one step against each peer, with the garbage collector on and off."""
    samples = moons()
    values = engines()
    nets = {name: network(value) for name, value in values.items()}
    steps = {
        name: partial(step, nets[name], samples, value) for name, value in values.items()
    }
    difference = check(nets, steps)
    rows = [Figure(f"loss and {len(parameters(nets[OURS]))} gradients agree to {difference:.0e}")]
    for on in (True, False):
        times = side_by_side(steps, repeats, on)
        for peer in values.keys() - {OURS}:
            rows.append(row(peer, times, on))
    return rows
