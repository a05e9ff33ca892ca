"""The same small network on two moons through `nn`: the speed of a whole step with SGD."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks import moons
from benchmarks.figures import Bar, difference
from benchmarks.peers import MICROGPT, MICROGRAD, engines, installed, left_out
from benchmarks.timing import OFF, ON
from nn import MLP
from nn.losses import hinge
from nn.optim import SGD

if TYPE_CHECKING:
    from collections.abc import Callable

LR = 0.01
BARS = {(MICROGPT, ON): Bar(least=4.5), (MICROGRAD, OFF): Bar(least=6.0)}


def through_nn() -> tuple[Callable[[], object], list[Any]]:
    """A step as a user of nn writes it, and the parameters."""
    nin, *nouts = moons.SIZES
    model = MLP(nin, nouts, activation="relu")
    parameters = model.parameters()
    for p, q in zip(parameters, moons.parameters(moons.network(float)), strict=True):
        p.data = q
    rows = [[x, y] for x, y, _ in moons.moons()]
    labels = [side for *_, side in moons.moons()]
    optimizer = SGD(parameters, lr=LR)
    return lambda: optimizer.minimize(lambda: hinge(model.batch(rows), labels)), parameters


def by_hand(value: Callable[[float], Any]) -> tuple[Callable[[], object], list[Any]]:
    """The same step in loops over a peer's Values, and the parameters."""
    net = moons.network(value)
    parameters = moons.parameters(net)
    samples = moons.moons()

    def step() -> None:
        for p in parameters:
            p.grad = 0.0
        total = value(0.0)
        for x, y, side in samples:
            score = moons.score(net, [value(x), value(y)])
            total = total + (score * -side + 1.0).relu()
        (total * (1.0 / len(samples))).backward()
        for p in parameters:
            p.data -= LR * p.grad

    return step, parameters


def answer(run: Callable[[], object], parameters: list[Any]) -> list[float]:
    """The parameters after two steps."""
    run()
    run()
    return [p.data for p in parameters]


def report(repeats: int) -> str:
    """How many times as fast as each peer a step is, with the garbage collector on and off."""
    peers = engines()
    steps = {"ours": through_nn(), **{name: by_hand(value) for name, value in peers.items()}}
    answers = {name: answer(*step) for name, step in steps.items()}
    worst = max(difference("step", answers["ours"], answers[p], moons.TOLERANCE) for p in peers)
    runs = {name: run for name, (run, _) in steps.items()}
    lines = [
        "step: one step of SGD on the same network, ours through nn, theirs in loops",
        f"  {len(answers['ours'])} parameters after two steps agree to {worst:.0e} "
        f"(allowed: {moons.TOLERANCE:.0e})",
        moons.beside(runs, repeats, BARS),
    ]
    if not installed(MICROGRAD):
        lines.append(left_out(MICROGRAD))
    return "\n".join(lines)
