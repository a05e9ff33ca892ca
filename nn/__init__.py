"""Neural networks that a learner can read, on top of `autograd`.

The heart is in module.py, layers.py, losses.py and optim.py: what a person writes by hand, tidied.
The rest stands in folders named by what it is for, and is loaded when it is first asked for.
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

from nn.layers import MLP as MLP, Layer as Layer, Neuron as Neuron, Sequential as Sequential
from nn.losses import (
    binary_cross_entropy_from_logits as binary_cross_entropy_from_logits,
    cross_entropy as cross_entropy,
    hinge as hinge,
    mse as mse,
)
from nn.module import Module as Module
from nn.optim import SGD as SGD, Adam as Adam, Optimizer as Optimizer

if TYPE_CHECKING:  # what type checkers and editors see of the names in LATER
    from nn import init as init, plots as plots, schedules as schedules, terminal as terminal
    from nn.blocks.attention import Attention as Attention, Each as Each, Embedding as Embedding
    from nn.blocks.dropout import Dropout as Dropout
    from nn.blocks.norms import BatchNorm as BatchNorm, LayerNorm as LayerNorm, RMSNorm as RMSNorm
    from nn.blocks.residual import Residual as Residual
    from nn.data.examples import Data as Data, batches as batches, split as split
    from nn.data.metrics import (
        accuracy as accuracy,
        confusion_matrix as confusion_matrix,
        predictions as predictions,
        r2 as r2,
    )
    from nn.data.sets import (
        blobs as blobs,
        circles as circles,
        curve as curve,
        moons as moons,
        spirals as spirals,
        xor as xor,
    )
    from nn.files.models import ModelFileError as ModelFileError, load as load, save as save
    from nn.objectives.losses import (
        binary_cross_entropy as binary_cross_entropy,
        half_mse as half_mse,
        huber as huber,
        l1 as l1,
        l2 as l2,
        mae as mae,
    )
    from nn.optimizers.adaptive import Adagrad as Adagrad, AdamW as AdamW, RMSProp as RMSProp
    from nn.optimizers.clipping import (
        clip_grad_norm as clip_grad_norm,
        clip_grad_value as clip_grad_value,
    )
    from nn.search.annealing import anneal as anneal
    from nn.search.settings import (
        grid_search as grid_search,
        log_uniform as log_uniform,
        random_search as random_search,
    )
    from nn.train import fit as fit
    from nn.training.history import History as History
    from nn.training.steps import TrainingError as TrainingError

LATER = {  # the names that a file gives when they are first asked for, and modules by themselves
    "blocks.attention": "Attention Each Embedding",
    "blocks.dropout": "Dropout",
    "blocks.norms": "BatchNorm LayerNorm RMSNorm",
    "blocks.residual": "Residual",
    "data.examples": "Data batches split",
    "data.metrics": "accuracy confusion_matrix predictions r2",
    "data.sets": "blobs circles curve moons spirals xor",
    "files.models": "ModelFileError load save",
    "init": "",
    "objectives.losses": "binary_cross_entropy half_mse huber l1 l2 mae",
    "optimizers.adaptive": "Adagrad AdamW RMSProp",
    "optimizers.clipping": "clip_grad_norm clip_grad_value",
    "plots": "",
    "schedules": "",
    "search.annealing": "anneal",
    "search.settings": "grid_search log_uniform random_search",
    "terminal": "",
    "train": "fit",
    "training.history": "History",
    "training.steps": "TrainingError",
}
PLACES = {name: place for place, names in LATER.items() for name in names.split() or [place]}
HEART = "MLP SGD Adam Layer Module Neuron Optimizer Sequential binary_cross_entropy_from_logits"
HEART += " cross_entropy hinge mse"

__all__ = sorted([*HEART.split(), *PLACES.keys() - {"plots", "terminal"}])


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
