"""How modules and results are shown: as the calls that make them, and in tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from autograd.numbers.reals import columns

if TYPE_CHECKING:
    from nn.module import Module


def settings_of(module: Module) -> dict[str, Any]:
    """The arguments that a module was made with, but for those that drew its numbers."""
    from inspect import signature  # slow to import, and rarely needed

    names = [name for name in signature(type(module)).parameters if name not in ("init", "rng")]
    return {name: getattr(module, name) for name in names if hasattr(module, name)}


def call_of(module: Module) -> str:
    """The call that makes a module like this one, without what is usual anyway.

    >>> from nn import Neuron
    >>> call_of(Neuron(2, "relu"))
    "Neuron(2, activation='relu')"
    """
    from inspect import Parameter, signature

    parameters = signature(type(module)).parameters
    shown: list[str] = []
    for name, setting in module.settings().items():
        usual = parameters[name].default
        if parameters[name].kind is Parameter.VAR_POSITIONAL:
            shown += map(repr, setting)
        elif usual is Parameter.empty:
            shown.append(repr(setting))
        elif repr(usual) != repr(setting):  # arrays have no one answer to !=
            shown.append(f"{name}={setting!r}")
    return f"{type(module).__name__}({', '.join(shown)})"


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


# Tables ------------------------------------------------------------------------------------------


class Table:
    """Headings and rows; words stand to the left of a column, numbers to the right.

    >>> Table(("lr", "accuracy"), [(0.1, 0.98), (0.01, 0.5)])
      lr  accuracy
     0.1      0.98
    0.01       0.5
    """

    def __init__(self, headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        self.headings = tuple(headings)
        self.rows = [tuple(row) for row in rows]
        for i, row in enumerate(self.rows):
            if len(row) != len(self.headings):
                raise ValueError(f"Table: row {i} has {len(row)} cells of {len(self.headings)}")

    def __repr__(self) -> str:
        rows = [self.headings, *self.rows]
        cells = enumerate(zip(*rows, strict=True))
        words = {i for i, xs in cells if not any(isinstance(x, (int, float)) for x in xs)}
        return "\n".join(columns([[*map(text_of, row)] for row in rows], left=words))


def text_of(cell: object) -> str:
    """A cell as text: floats to six digits, functions by name, nothing for None."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        return f"{cell:.6g}"
    return getattr(cell, "__name__", None) or str(cell)
