"""Neural networks that a learner can read, on top of `autograd`.

The heart is in module.py, layers.py, losses.py and optim.py: what a person writes by hand, tidied.
The rest stands in files named by what it is for, and is loaded when it is first asked for.
`python -m nn` trains a network and shows what it has learnt; nn.plots and nn.terminal draw it.

>>> from nn import MLP, Adam, mse
>>> model = MLP(1, [4, 1], "tanh", rng=0)
>>> optimizer = Adam(model.parameters(), lr=0.1)
>>> rows, targets = [[0.0], [1.0], [2.0]], [0.0, 1.0, 0.0]
>>> for _ in range(100):
...     loss = optimizer.minimize(lambda: mse(model.batch(rows), targets))
>>> loss < 0.01
True
"""

from typing import TYPE_CHECKING

from nn.layers import MLP, Layer, Neuron, Sequential
from nn.losses import binary_cross_entropy_from_logits, cross_entropy, hinge, mse
from nn.module import Module
from nn.optim import SGD, Adam, Optimizer

if TYPE_CHECKING:  # what type checkers and editors see of the names in LATER
    from nn import init, plots as plots, schedules, terminal as terminal
    from nn.attention import Attention, Each, Embedding
    from nn.blocks import BatchNorm, Dropout, LayerNorm, Residual, RMSNorm
    from nn.data.examples import Data, batches, split
    from nn.data.metrics import accuracy, confusion_matrix, predictions, r2
    from nn.data.sets import blobs, circles, curve, moons, spirals, xor
    from nn.files.models import ModelFileError, load, save
    from nn.objectives.losses import binary_cross_entropy, half_mse, huber, l1, l2, mae
    from nn.optimizers import Adagrad, AdamW, RMSProp, clip_grad_norm, clip_grad_value
    from nn.search import anneal, grid_search, log_uniform, random_search
    from nn.train import TrainingError, fit
    from nn.training.history import History

LATER = {  # the names that a file gives when they are first asked for, and modules by themselves
    "attention": "Attention Each Embedding",
    "blocks": "BatchNorm Dropout LayerNorm RMSNorm Residual",
    "data.examples": "Data batches split",
    "data.metrics": "accuracy confusion_matrix predictions r2",
    "data.sets": "blobs circles curve moons spirals xor",
    "files.models": "ModelFileError load save",
    "init": "",
    "objectives.losses": "binary_cross_entropy half_mse huber l1 l2 mae",
    "optimizers": "Adagrad AdamW RMSProp clip_grad_norm clip_grad_value",
    "plots": "",
    "schedules": "",
    "search": "anneal grid_search log_uniform random_search",
    "terminal": "",
    "train": "TrainingError fit",
    "training.history": "History",
}
PLACES = {name: place for place, names in LATER.items() for name in names.split() or [place]}

__all__ = [
    "MLP", "SGD", "Adagrad", "Adam", "AdamW", "Attention", "BatchNorm", "Data", "Dropout",
    "Each", "Embedding", "History", "Layer", "LayerNorm", "ModelFileError", "Module", "Neuron",
    "Optimizer", "RMSNorm", "RMSProp", "Residual", "Sequential", "TrainingError", "accuracy",
    "anneal", "batches", "binary_cross_entropy", "binary_cross_entropy_from_logits", "blobs",
    "circles", "clip_grad_norm", "clip_grad_value", "confusion_matrix", "cross_entropy",
    "curve", "fit", "grid_search", "half_mse", "hinge", "huber", "init", "l1", "l2", "load",
    "log_uniform", "mae", "moons", "mse", "predictions", "r2", "random_search", "save",
    "schedules", "spirals", "split", "xor",
]  # fmt: skip


def __getattr__(name: str) -> object:
    """A public name that is asked for the first time: its file is loaded then."""
    if name not in PLACES:
        raise AttributeError(f"module 'nn' has no attribute {name!r}")
    from importlib import import_module

    module = import_module(f"nn.{PLACES[name]}")
    globals()[name] = found = module if name == PLACES[name] else getattr(module, name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *PLACES})
