"""What a model is made of, in the words of JSON, and such words made a model again."""

from __future__ import annotations

from inspect import Parameter, signature
from math import isfinite
from typing import TYPE_CHECKING, Any

import autograd
from autograd.core import ops
from autograd.numbers.reals import describe
from nn import blocks, layers
from nn.module import Module

if TYPE_CHECKING:
    from collections.abc import Callable

FORMAT, VERSION = "pencilgrad model", 1
NOT_FINITE = ("nan", "inf", "-inf")  # JSON has no such numbers, so they are written as text


class ModelFileError(ValueError):
    """A model that cannot be written to a file, or a file that no model can be read from."""


def describe_model(setting: Any, where: str = "the model") -> Any:
    """A model, or a setting of one, in the words of JSON; `where` names it in a refusal.

    >>> from nn import Neuron
    >>> describe_model(Neuron(1))["class"]
    'Neuron'
    """
    if isinstance(setting, Module):
        kind = type(setting)
        if classes().get(kind.__name__) is not kind:
            return {"class": f"{kind.__module__}.{kind.__qualname__}"}
        settings = {
            name: describe_model(x, f"{name} of {kind.__name__}")
            for name, x in setting.settings().items()
        }
        return {"class": kind.__name__, "settings": settings}
    if isinstance(setting, (list, tuple)):
        return [describe_model(x, f"{where}, at {i},") for i, x in enumerate(setting)]
    if isinstance(setting, float) and not isfinite(setting):
        return {"number": repr(float(setting))}
    if setting is None or isinstance(setting, (bool, int, float, str)):
        return setting
    name = getattr(setting, "__name__", "")
    if operation(name) is setting:
        return {"function": name}
    raise ModelFileError(
        f"{where} is {describe(setting)}, and a file has no words for that. Functions of autograd "
        f"can be written, such as autograd.softmax, and activations given by name, such as 'tanh'. "
        f"Anything else goes into a class of your own: for it the file has the numbers, which "
        f"load(path, into=model) reads"
    )


def build(described: Any, where: str = "the model") -> Any:
    """What `describe_model` described, made anew.

    >>> build({"class": "Neuron", "settings": {"nin": 2}})
    Neuron(2)
    """
    match described:
        case list():
            return [build(x, f"{where}, at {i},") for i, x in enumerate(described)]
        case {"number": str(text), **rest} if text in NOT_FINITE and not rest:
            return float(text)
        case {"function": str(name), **rest} if operation(name) and not rest:
            return operation(name)
        case {"class": str(name), "settings": dict(settings), **rest} if not rest:
            return build_module(name, settings, where)
        case {"class": str(name), **rest} if not rest:
            raise ModelFileError(
                f"{where} is of the class {name}, which is not one of nn: make the model in your "
                f"program, and load(path, into=model) gives it the numbers"
            )
        case dict():
            raise ModelFileError(
                f"{where} is nothing that this program knows: {describe(described)}"
            )
    return described


def build_module(name: str, settings: dict[str, Any], where: str) -> Module:
    """A module of that class, made with these settings."""
    if (kind := classes().get(name)) is None:
        raise ModelFileError(
            f"{where} is of the class {name}, and there is none of that name in nn"
        )
    arguments = {key: build(x, f"{key} of {name}") for key, x in settings.items()}
    several: list[Any] = []
    for key, parameter in signature(kind).parameters.items():
        if parameter.kind is Parameter.VAR_POSITIONAL and key in arguments:
            several = arguments.pop(key)
    try:
        return kind(*several, **arguments)
    except Exception as error:  # what was written by hand may be anything
        raise ModelFileError(f"{where} cannot be made: {error}") from error


def classes() -> dict[str, type[Module]]:
    """The classes of nn, by name: those a file may ask for."""
    found = {**vars(layers), **vars(blocks)}
    del found["Module"]
    return {name: x for name, x in found.items() if isinstance(x, type) and issubclass(x, Module)}


def operation(name: str) -> Callable[..., Any] | None:
    """The operation of autograd of that name, if there is one."""
    found = getattr(autograd, name, None)
    return found if getattr(found, "__module__", "") == ops.__name__ else None
