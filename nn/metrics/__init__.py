"""How good predictions are, in numbers that people read."""

from nn.metrics.classes import predictions as predictions
from nn.metrics.measures import (
    accuracy as accuracy,
    confusion_matrix as confusion_matrix,
    r2 as r2,
)
