"""The same small network on two moons through `nn`: the speed of a whole step with SGD."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from benchmarks import moons
from benchmarks.beside import agreement, beside
from benchmarks.engines import OURS, absent, engines
from benchmarks.figures import Bar
from benchmarks.peers import MICROGPT, MICROGRAD, TORCH, XAD, installed
from benchmarks.timing import OFF, ON, settled
from nn import MLP
from nn.losses import hinge
from nn.optim import SGD

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.engines import Engine

TENSORS = "torch, whole tensors"
LR = 0.01
BARS = {(MICROGPT, ON): Bar(least=4.5), (MICROGRAD, OFF): Bar(least=6.0)}


class Training(NamedTuple):
    """A step that can be taken again and again, and the parameters as they are."""

    step: Callable[[], object]
    parameters: Callable[[], list[float]]


def through_nn() -> Training:
    """A step as a user of nn writes it."""
    nin, *nouts = moons.SIZES
    model = MLP(nin, nouts, activation="relu")
    parameters = model.parameters()
    for p, q in zip(parameters, moons.parameters(moons.network(float)), strict=True):
        p.data = q
    rows = [[x, y] for x, y, _ in moons.moons()]
    labels = [side for *_, side in moons.moons()]
    optimizer = SGD(parameters, lr=LR)
    return Training(
        lambda: optimizer.minimize(lambda: hinge(model.batch(rows), labels)),
        lambda: [p.data for p in parameters],
    )


def by_hand(engine: Engine) -> Training:
    """The same step in loops over a peer's numbers."""
    net = moons.network(engine.parameter)
    parameters = moons.parameters(net)
    samples = moons.moons()

    def step() -> None:
        engine.differentiate(lambda: [moons.hinge(net, engine.number, samples)], parameters)
        for p in parameters:
            p.data -= LR * p.grad

    return Training(step, lambda: [float(p.data) for p in parameters])


def in_tensors() -> Training:
    """The same step as a user of PyTorch writes it: a matrix for each layer, one for the data."""
    torch = import_module("torch")
    layers = [
        [
            torch.tensor(numbers, dtype=torch.float64, requires_grad=True)
            for numbers in zip(*layer, strict=True)
        ]
        for layer in moons.network(float)
    ]
    samples = torch.tensor(moons.moons(), dtype=torch.float64)
    rows, sides = samples[:, :2], samples[:, 2:]
    optimizer = torch.optim.SGD([p for layer in layers for p in layer], lr=LR)
    settled()  # its optimisers import much more

    def step() -> None:
        optimizer.zero_grad()
        outputs = rows
        for weights, bias in layers[:-1]:
            outputs = torch.relu(torch.nn.functional.linear(outputs, weights, bias))
        scores = torch.nn.functional.linear(outputs, *layers[-1])
        torch.relu(1.0 - sides * scores).mean().backward()
        optimizer.step()

    def parameters() -> list[float]:
        columns = [torch.cat((weights, bias[:, None]), 1) for weights, bias in layers]
        return [x for column in columns for x in column.flatten().tolist()]

    return Training(step, parameters)


def answer(training: Training) -> list[float]:
    """The parameters after two steps."""
    training.step()
    training.step()
    return training.parameters()


def report(repeats: int) -> str:
    """How many times as fast as each peer a step is, with the garbage collector on and off."""
    peers = {name: engine for name, engine in engines().items() if name not in (OURS, XAD)}
    trainings = {OURS: through_nn(), **{name: by_hand(peer) for name, peer in peers.items()}}
    if installed(TORCH):
        trainings[TENSORS] = in_tensors()
    answers = {name: answer(training) for name, training in trainings.items()}
    what = f"{len(answers[OURS])} parameters after two steps"
    lines = [
        "step: one step of SGD on the same network, ours through nn, theirs in loops",
        agreement("step", what, answers, moons.TOLERANCE),
        beside({name: training.step for name, training in trainings.items()}, repeats, BARS),
        *absent(),
    ]
    if installed(XAD):
        lines.append(f"  left out: {XAD}, whose numbers cannot be changed: no step of SGD in place")
    return "\n".join(lines)
