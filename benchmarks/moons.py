"""A small network on two moons, its neurons written out as loops: the speed of a training step."""

from __future__ import annotations

import math
import random
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from autograd import Value
from benchmarks.figures import MEASURED, NO_BAR, Bar, difference, milliseconds, ratio, table
from benchmarks.peers import MICROGPT, MICROGRAD, engines, installed, left_out
from benchmarks.timing import OFF, ON, rounds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SIZES = (2, 16, 16, 1)
SAMPLES = 100
L2 = 1e-4
TOLERANCE = 1e-12  # the engines add up in different orders
BARS = {(MICROGPT, ON): Bar(least=1.8), (MICROGRAD, ON): Bar(least=10.0)}

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


def loss(net: Network, value: Callable[[float], Any], samples: list[Sample]) -> Any:
    """The mean hinge loss, and a little of the sum of all parameters' squares."""
    total = value(0.0)
    for x, y, side in samples:
        total = total + (score(net, [value(x), value(y)]) * -side + 1.0).relu()
    squares = value(0.0)
    for p in parameters(net):
        squares = squares + p * p
    return total * (1.0 / len(samples)) + squares * L2


def step(net: Network, value: Callable[[float], Any], samples: list[Sample]) -> float:
    """All of a training step that is the engine's: zero the gradients, forward, backward."""
    for p in parameters(net):
        p.grad = 0.0
    result = loss(net, value, samples)
    result.backward()
    return float(result.data)


def answer(net: Network, run: Callable[[], float]) -> list[float]:
    """The loss of a step and the gradients of all parameters."""
    return [run(), *(p.grad for p in parameters(net))]


def beside(
    runs: Mapping[str, Callable[[], object]], repeats: int, bars: Mapping[tuple[str, str], Bar]
) -> str:
    """Our run beside those of all peers, with the garbage collector on and off, as a table."""
    times = {setting: rounds(runs, setting, repeats) for setting in (ON, OFF)}
    rows = [
        (
            peer,
            setting,
            milliseconds(times[setting]["ours"]),
            milliseconds(times[setting][peer]),
            *ratio(
                times[setting][peer], times[setting]["ours"], bars.get((peer, setting), NO_BAR)
            ).cells(),
        )
        for peer in runs
        if peer != "ours"
        for setting in times
    ]
    return table(("times as fast as", "collector", "ours", "theirs", *MEASURED), rows)


def report(repeats: int) -> str:
    """How many times as fast as each peer a step is, with the garbage collector on and off."""
    peers = engines()
    values = {"ours": Value, **peers}
    nets = {name: network(value) for name, value in values.items()}
    runs = {name: partial(step, nets[name], value, moons()) for name, value in values.items()}
    answers = {name: answer(nets[name], run) for name, run in runs.items()}
    worst = max(difference("moons", answers["ours"], answers[p], TOLERANCE) for p in peers)
    lines = [
        "moons: one training step of a 2-16-16-1 network on 100 samples, in loops",
        f"  losses and {len(parameters(nets['ours']))} gradients agree to {worst:.0e} "
        f"(allowed: {TOLERANCE:.0e})",
        beside(runs, repeats, BARS),
    ]
    if not installed(MICROGRAD):
        lines.append(left_out(MICROGRAD))
    return "\n".join(lines)
