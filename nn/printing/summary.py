"""The layers of a model in a table, with their shapes and how many parameters each has."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from nn.printing.table import Table

if TYPE_CHECKING:
    from nn.module import Module


def summarise(model: Module) -> Table:
    """What `Module.summary` gives: a line for each layer, and one for parameters beside them.

    >>> from nn import Neuron
    >>> summarise(Neuron(2))
    layer  kind    shape   parameters
           Neuron  2 -> 1           3
    total                           3
    """
    lines: dict[str, Module] = {}
    for name, module in model.named_modules():
        if not any(lines[way].shape for way in lines if within(name, way)):
            lines[name] = module
    own = Counter(
        next(way for way in reversed(lines) if within(name, way))  # the innermost
        for name, _ in model.named_parameters()
    )
    rows = [
        (way, type(module).__name__, module.shape, own[way])
        for way, module in lines.items()
        if own[way] or len([*module.named_modules()]) == 1  # with nothing in it to show
    ]
    total = ("total", "", "", own.total())
    return Table(("layer", "kind", "shape", "parameters"), [*rows, total])


def within(name: str, way: str) -> bool:
    """Whether a part is at the end of this way, or beyond it.

    >>> within("layers.1.w", "layers.1"), within("layers.10", "layers.1")
    (True, False)
    """
    return not way or f"{name}.".startswith(f"{way}.")
