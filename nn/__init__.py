"""Neural networks that a learner can read, on top of `autograd`.

The heart is in module.py, layers.py, losses.py and optim.py. `python -m nn` trains a network and
shows what it has learnt; nn.plots and nn.terminal draw it.

>>> from nn import MLP, Adam, mse
>>> model = MLP(1, [4, 1], "tanh", rng=0)
>>> optimizer = Adam(model.parameters(), lr=0.1)
>>> rows, targets = [[0.0], [1.0], [2.0]], [0.0, 1.0, 0.0]
>>> for _ in range(100):
...     loss = optimizer.minimize(lambda: mse(model.batch(rows), targets))
>>> loss < 0.01
True
"""

from nn import init as init, schedules as schedules
from nn.adaptive import Adagrad as Adagrad, AdamW as AdamW, RMSProp as RMSProp
from nn.annealing import SimulatedAnnealing as SimulatedAnnealing
from nn.attention import Attention as Attention, Each as Each, Embedding as Embedding
from nn.clipping import clip_grad_norm as clip_grad_norm, clip_grad_value as clip_grad_value
from nn.data import (
    Data as Data,
    batches as batches,
    blobs as blobs,
    circles as circles,
    curve as curve,
    moons as moons,
    spirals as spirals,
    split as split,
    xor as xor,
)
from nn.dropout import Dropout as Dropout
from nn.files import ModelFileError as ModelFileError, load as load, save as save
from nn.history import History as History
from nn.layers import MLP as MLP, Layer as Layer, Neuron as Neuron, Sequential as Sequential
from nn.losses import (
    binary_cross_entropy as binary_cross_entropy,
    binary_cross_entropy_from_logits as binary_cross_entropy_from_logits,
    cross_entropy as cross_entropy,
    half_mse as half_mse,
    hinge as hinge,
    huber as huber,
    l1 as l1,
    l2 as l2,
    mae as mae,
    mse as mse,
)
from nn.metrics import accuracy as accuracy, confusion_matrix as confusion_matrix, r2 as r2
from nn.module import Module as Module
from nn.norms import BatchNorm as BatchNorm, LayerNorm as LayerNorm, RMSNorm as RMSNorm
from nn.optim import SGD as SGD, Adam as Adam, Optimizer as Optimizer
from nn.residual import Residual as Residual
from nn.search import (
    grid_search as grid_search,
    log_uniform as log_uniform,
    random_search as random_search,
)
from nn.train import TrainingError as TrainingError, fit as fit

__all__ = [
    "MLP",
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "Attention",
    "BatchNorm",
    "Data",
    "Dropout",
    "Each",
    "Embedding",
    "History",
    "Layer",
    "LayerNorm",
    "ModelFileError",
    "Module",
    "Neuron",
    "Optimizer",
    "RMSNorm",
    "RMSProp",
    "Residual",
    "Sequential",
    "SimulatedAnnealing",
    "TrainingError",
    "accuracy",
    "batches",
    "binary_cross_entropy",
    "binary_cross_entropy_from_logits",
    "blobs",
    "circles",
    "clip_grad_norm",
    "clip_grad_value",
    "confusion_matrix",
    "cross_entropy",
    "curve",
    "fit",
    "grid_search",
    "half_mse",
    "hinge",
    "huber",
    "init",
    "l1",
    "l2",
    "load",
    "log_uniform",
    "mae",
    "moons",
    "mse",
    "r2",
    "random_search",
    "save",
    "schedules",
    "spirals",
    "split",
    "xor",
]
