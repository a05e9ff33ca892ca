"""The main job, `python -m nn`: a network learns to tell two moons apart, and shows what it learnt.

What it measures goes to standard output, and is the same for the same seed; the progress of the
training goes to standard error.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import nn
from autograd import Value, draw
from autograd.numbers.reals import positive, whole
from autograd.pictures.render import NotRendered
from nn.layers import ACTIVATIONS
from nn.terminal import boundary, chart, colour_wanted, unicode_wanted, width_for

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HELD_OUT = 400
BATCH = 25
FEWEST = 3  # points: blobs has so many classes

SETS: dict[str, Callable[[int, Random], nn.Data]] = {
    "moons": lambda n, rng: nn.moons(n, noise=0.1, rng=rng),
    "circles": lambda n, rng: nn.circles(n, noise=0.1, rng=rng),
    "spirals": lambda n, rng: nn.spirals(n, noise=0.02, rng=rng),
    "blobs": lambda n, rng: nn.blobs(n, centers=3, rng=rng),
    "xor": lambda n, rng: nn.xor(n, noise=0.2, rng=rng),
}


def main() -> None:
    """Do the job; where nobody reads on, as in `python -m nn | head -1`, end without a word."""
    try:
        learn(options())
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes once more at its end: that must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def learn(chosen: argparse.Namespace) -> None:
    """Make the data, train a network on them, and show what it has learnt."""
    rng = Random(chosen.seed)
    data, held_out = SETS[chosen.data](chosen.points, rng), SETS[chosen.data](HELD_OUT, rng)
    classes = len(set(held_out.targets))
    model = nn.MLP(2, [*chosen.hidden, classes if classes > 2 else 1], chosen.activation, rng=rng)
    print(
        f"{chosen.data}: {len(data.inputs)} points to train on, {HELD_OUT} held out; "
        f"seed {chosen.seed}\n{model}: {len(model.parameters())} parameters"
    )
    loss: Callable[..., Value] = (
        nn.cross_entropy if classes > 2 else nn.binary_cross_entropy_from_logits
    )
    before = loss(nn.predictions(model, data.inputs), data.targets)
    try:
        history = nn.fit(
            model,
            data,
            loss=loss,
            optimizer=nn.Adam(model.parameters(), lr=chosen.lr),
            epochs=chosen.epochs,
            batch_size=BATCH,
            metrics={"accuracy": nn.accuracy},
            rng=rng,
        )
    except nn.TrainingError as error:
        sys.exit(f"the training failed: {error}")
    if history.stopped != "done":
        print(history.stopped)
    model.eval()
    shares = [100.0 * nn.accuracy(model.batch(x), y) for x, y in (data, held_out)]
    print(f"right: {shares[0]:.1f} % of the points it has seen, {shares[1]:.1f} % of the others")
    after = loss(nn.predictions(model, data.inputs), data.targets)
    if not after <= before:  # nan is not
        print(
            f"the training failed: the loss was {before:.4g} before and is {after:.4g} now; a "
            f"smaller learning rate may help, --lr {chosen.lr / 10.0:g}"
        )
    print()
    show(model, held_out, history)
    if chosen.out is not None:
        write(chosen.out, model, data, history)


def options() -> argparse.Namespace:
    """What the command line asks for; the folder for the files is there afterwards."""
    parser = argparse.ArgumentParser(
        prog="python -m nn",
        description="Train a small network, and show in this terminal what it has learnt.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--data", choices=SETS, default="moons", help="what to tell apart")
    add("--points", type=int, default=100, metavar="N", help="how many to train on")
    add("--hidden", type=int, nargs="*", default=[16, 16], metavar="N", help="neurons a layer")
    add("--activation", choices=ACTIVATIONS, default="relu", metavar="NAME", help="relu, tanh, ...")
    add("--epochs", type=int, default=60, metavar="N", help="how often to see every point")
    add("--lr", type=float, default=0.05, metavar="X", help="the learning rate of Adam")
    add("--seed", type=int, default=0, metavar="N", help="another one gives other random numbers")
    add("--out", type=Path, metavar="DIR", help="write pictures and the model there")
    chosen = parser.parse_args()
    try:
        whole("--points", chosen.points, FEWEST)
        whole("--epochs", chosen.epochs)
        positive("--lr", chosen.lr)
        nn.MLP(2, [*chosen.hidden, 1])
    except ValueError as error:
        parser.error(str(error))
    if chosen.out is not None:
        try:
            chosen.out.mkdir(parents=True, exist_ok=True)
        except OSError as error:  # better now than after the training
            parser.exit(2, f"{parser.prog}: error: --out: no folder can be made: {error}\n")
    return chosen


def show(model: nn.MLP, data: nn.Data, history: nn.History) -> None:
    """What the model answers everywhere, and how its loss fell, in characters."""
    colour, unicode = colour_wanted(sys.stdout), unicode_wanted(sys.stdout)
    width = width_for(sys.stdout)
    print(boundary(model, data, width, colour=colour, unicode=unicode))
    if history.losses:
        print()
        print(chart(history.losses, width, colour=colour, unicode=unicode))


def write(folder: Path, model: nn.MLP, data: nn.Data, history: nn.History) -> None:
    """The same as files, and the model; what needs an extra that is not there is named."""
    made: dict[str, Callable[[Path], object]] = {
        "boundary.png": lambda path: saved(nn.plots.decision_boundary(model, data), path),
        "loss.png": lambda path: saved(nn.plots.loss_curve(history), path),
        "neuron.svg": lambda path: draw(neuron_at_work(model, data), partials=True).save(path),
        "model.json": lambda path: nn.save(model, path),
    }
    if not history.losses:
        del made["loss.png"]
    for name, make in made.items():
        try:
            make(folder / name)
        except (ImportError, NotRendered) as missing:
            print(f"not written: {name} ({missing})")
        except (OSError, nn.ModelFileError) as error:
            print(f"python -m nn: error: --out: {error}", file=sys.stderr)
            sys.exit(2)
        else:
            print(f"written: {folder / name}")


def saved(ax: Axes, path: Path) -> None:
    """The plot in a file."""
    ax.figure.canvas.print_figure(path, dpi=150, bbox_inches="tight")


def neuron_at_work(model: nn.MLP, data: nn.Data) -> Value:
    """What the first neuron makes of a point it responds to, written out, with all gradients."""
    layer = model.layers[0]
    assert isinstance(layer, nn.Layer)
    trained = layer.neurons[0]
    neuron = nn.Neuron(trained.nin, trained.activation, fused=False)
    neuron.load_state_dict(trained.state_dict())
    for name, p in neuron.named_parameters():
        p.label = name
    row = max(data.inputs, key=lambda row: neuron(row).data)
    out = neuron([Value(x, label=f"x.{i}") for i, x in enumerate(row)])
    out.label = "out"
    out.backward()
    return out


if __name__ == "__main__":
    main()
