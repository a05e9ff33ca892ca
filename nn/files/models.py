"""Models in files: what a model is made of and all its numbers, as JSON that people can read.

A file says "a Sequential of a Layer of 2 inputs ..." and never contains a program: reading one runs
nothing but the constructors of the classes of nn. Numbers come back bit by bit.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from inspect import Parameter, signature
from math import isfinite
from pathlib import Path
from random import Random
from typing import Any, TypeVar, overload

import autograd
from autograd import Value
from autograd.core import ops
from autograd.files import write
from autograd.numbers.reals import describe
from nn import attention, blocks, layers
from nn.module import Module, join

FORMAT, VERSION = "pencilgrad model", 1
NOT_FINITE = ("nan", "inf", "-inf")  # JSON has no such numbers, so they are written as text


M = TypeVar("M", bound=Module)


class ModelFileError(ValueError):
    """A model that cannot be written to a file, or a file that no model can be read from."""


# Writing ------------------------------------------------------------------------------------------


def save(model: Module, path: str | os.PathLike[str]) -> None:
    """Write a model to a file, whole or not at all: a file that is there stays until it is done.

    >>> import tempfile
    >>> from nn import MLP
    >>> mlp = MLP(2, [4, 1], "tanh", rng=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(mlp, folder + "/mlp.json")
    ...     again = load(folder + "/mlp.json")
    >>> again, again([1.0, 2.0]).data == mlp([1.0, 2.0]).data
    (MLP(2, [4, 1], activation='tanh'), True)

    Of a class of your own the file has the name and the numbers; `load(path, into=model)` gives
    the numbers to a model that your program has made.
    """
    described, state = describe_model(model), model.state_dict()
    if all(type(module) in classes().values() for _, module in model.named_modules()):
        check_rebuilt(model, build(described))
    content = {
        "format": FORMAT,
        "version": VERSION,
        "model": described,
        "state": {name: x if isfinite(x) else repr(x) for name, x in state.items()},
    }
    place = Path(path).resolve()
    if not place.parent.is_dir():
        raise ModelFileError(f"{place} cannot be written: there is no folder {place.parent}")
    if place.exists() and not place.is_file():  # a device would be gone afterwards
        raise ModelFileError(f"{place} cannot be written: it is a folder, a device or a pipe")
    write(str(place), json.dumps(content, indent=1, allow_nan=False).encode())


def check_rebuilt(model: Module, rebuilt: Module) -> None:
    """An error now, rather than from `load`, if a model was changed after it was made.

    Attributes that only the first one has are notes of whoever made it, and do not count.
    """
    own, anew = outline(model), outline(rebuilt)
    for name in {**anew, **model.state_dict()}:
        if own.get(name) != anew.get(name):
            raise ModelFileError(
                f"{model!r} has as its {name} {own.get(name)} and not {anew.get(name)}, unlike one "
                f"made anew with the same settings. If it was changed after it was made, or shares "
                f"a part with itself, build it in a class of your own: load(path, into=model) "
                f"reads the numbers of such a one"
            )


def outline(model: Module) -> dict[str, str]:
    """What a model is made of in words, but for numbers learnt or drawn."""
    said = {name: repr(module) for name, module in model.named_modules()}
    for way, module in model.named_modules():
        for name, x in vars(module).items():
            if isinstance(x, (list, tuple, dict)):
                said[join(way, name)] = f"a {type(x).__name__} of {len(x)}"
            elif name != "_training" and not isinstance(x, (Value, Random)):
                said[join(way, name)] = repr(x)
    return said | dict.fromkeys(model.state_dict(), "a number")


# Reading ------------------------------------------------------------------------------------------


@overload
def load(path: str | os.PathLike[str]) -> Module: ...
@overload
def load(path: str | os.PathLike[str], into: M) -> M: ...
def load(path: str | os.PathLike[str], into: Module | None = None) -> Module:
    """The model in a file, or with `into` that model, which takes the numbers of the file.

    A model that is made anew is in training, like every new one; call its `eval` to use it. Numbers
    are taken by their names: see `Module.state_dict`. With `into`, the settings must be those in
    the file too; of a class of your own the file has only the name. After an error `into` is as it
    was.

    >>> load("no such file.json")
    Traceback (most recent call last):
    nn.files.models.ModelFileError: no such file.json: it cannot be read: No such file or directory
    """
    place = Path(path)
    try:
        described, state = content_of(place)
        model = build(described) if into is None else into
        if not isinstance(model, Module):
            raise ModelFileError(f"its model is {describe(model)}")
        if into is not None:
            check_same(described, describe_model(into, "the model that is to take the numbers"))
        model.load_state_dict(state)
    except (ValueError, TypeError, RecursionError) as error:
        raise ModelFileError(f"{path}: {error}") from error
    return model


def content_of(path: Path) -> tuple[Any, dict[str, float]]:
    """What a file says: how the model was made, and its numbers."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse_constant)
    except OSError as error:
        raise ModelFileError(f"it cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ModelFileError(
            f"this is no model, or one that was cut off or changed: {error}"
        ) from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ModelFileError(f'this is no model: it has no "format": "{FORMAT}"')
    if (version := content.get("version")) != VERSION:
        raise ModelFileError(
            f"it has version {version!r} of the format, and this program knows version {VERSION}: "
            f"a newer pencilgrad may read it"
        )
    if not isinstance(state := content.get("state"), dict):
        raise ModelFileError(f"its state must be names with numbers, and it is {describe(state)}")
    return content.get("model"), {
        name: float(x) if x in NOT_FINITE else x for name, x in state.items()
    }


def refuse_constant(name: str) -> None:
    """JSON has no NaN and no Infinity, although many programs write them."""
    raise ValueError(f"{name} is not a number of JSON")


def check_same(described: Any, own: Any) -> None:
    """An error that names the first difference of two descriptions: of a file, and of `into`."""
    in_file = dict(flatten("", described))
    for name, said in flatten("", own):
        if (other := in_file.get(name, said)) != said:  # what it does not say may be anything
            which = name or "the model"
            raise ModelFileError(
                f"{which} is {other} in the file, and {said} in the one that is to take it"
            )


def flatten(name: str, described: Any) -> Iterator[tuple[str, str]]:
    """What a description says of every part: a function and its name are the same."""
    inner: Iterable[tuple[object, Any]] = ()
    match described:
        case {"class": str(kind)}:
            # Where a class of one's own is defined may change: a program that is run is __main__.
            said = f"of the class {kind.rpartition('.')[2]}"
            settings = described.get("settings")  # none of a class of one's own
            inner = settings.items() if isinstance(settings, dict) else ()
        case list():
            said, inner = f"a list of {len(described)}", enumerate(described)
        case {"function": function}:
            said = repr(function)
        case _:
            said = repr(described)
    yield name, said
    for key, x in inner:
        yield from flatten(join(name, key), x)


# What a file may speak of -------------------------------------------------------------------------


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
            raise ModelFileError(f"{where} is nothing known here: {describe(described)}")
    return described


def build_module(name: str, settings: dict[str, Any], where: str) -> Module:
    """A module of that class, made with these settings."""
    if (kind := classes().get(name)) is None:
        raise ModelFileError(f"{where} is of the class {name}, and nn has none of that name")
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
    found = {**vars(layers), **vars(blocks), **vars(attention)}.values()
    kinds = [x for x in found if isinstance(x, type) and issubclass(x, Module)]
    return {kind.__name__: kind for kind in kinds if kind not in (Module, blocks.Norm)}


def operation(name: str) -> Callable[..., Any] | None:
    """The operation of autograd of that name, if there is one."""
    found = getattr(autograd, name, None)
    return found if getattr(found, "__module__", "") == ops.__name__ else None
