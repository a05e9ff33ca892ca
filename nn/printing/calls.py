"""A module as the call that makes it: what it was made with, and how that is written."""

from __future__ import annotations

from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nn.module import Module


def settings_of(module: Module) -> dict[str, Any]:
    """The arguments that a module was made with, but for those that drew its numbers."""
    names = [name for name in signature(type(module)).parameters if name not in ("init", "rng")]
    return {name: getattr(module, name) for name in names if hasattr(module, name)}


def call_of(module: Module) -> str:
    """The call that makes a module like this one, without what is usual anyway.

    >>> from nn import Neuron
    >>> call_of(Neuron(2, "relu"))
    "Neuron(2, activation='relu')"
    """
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
