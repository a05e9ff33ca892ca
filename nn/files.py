"""Models in files: what a model is made of and all its numbers, as JSON that people can read.

A file says "a Sequential of a Layer of 2 inputs ..." and never contains a program: reading one runs
nothing but the constructors of the classes of nn. Numbers come back bit by bit.
"""

from __future__ import annotations

import json
import os
import stat
from inspect import Parameter, signature
from math import isfinite
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar, overload
from uuid import uuid4

import autograd
from autograd import Value
from autograd.core import ops
from autograd.numbers.reals import describe, real
from nn.module import Module, joined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

FORMAT, VERSION = "pencilgrad model", 1
NOT_FINITE = ("nan", "inf", "-inf")  # JSON has no such numbers, so they are written as text

M = TypeVar("M", bound=Module)


class ModelFileError(ValueError):
    """A model that cannot be written to a file, or a file that no model can be read from."""


# Writing ----------------------------------------------------------------------------------------


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
    if not isinstance(model, Module):
        raise TypeError(f"save: expected a Module, got {describe(model)}; it is save(model, path)")
    place = path_of("save", path)
    described, state = description(model, "the model"), model.state_dict()
    if all(kind in known() for kind in kinds(described)):
        check_rebuilt(model, described)
    content = {
        "format": FORMAT,
        "version": VERSION,
        "model": described,
        "state": {name: x if isfinite(x) else repr(x) for name, x in state.items()},
    }
    replace(place.resolve(), json.dumps(content, indent=1, allow_nan=False))


def description(setting: Any, where: str) -> Any:
    """A setting in the words of JSON; `where` names it in a refusal."""
    if isinstance(setting, Module):
        kind = type(setting)
        if known().get(kind.__name__) is not kind:
            return {"class": f"{kind.__module__}.{kind.__qualname__}"}
        settings = {
            name: description(x, f"{name} of {kind.__name__}")
            for name, x in setting.settings().items()
        }
        return {"class": kind.__name__, "settings": settings}
    if isinstance(setting, (list, tuple)):
        return [description(x, f"{where}, at {i},") for i, x in enumerate(setting)]
    if isinstance(setting, float) and not isfinite(setting):
        return {"number": repr(float(setting))}
    if setting is None or isinstance(setting, (bool, int, float, str)):
        return setting
    name = getattr(setting, "__name__", None)
    if name is not None and functions().get(name) is setting:
        return {"function": name}
    raise ModelFileError(
        f"{where} is {describe(setting)}, and a file has no words for that. Functions of autograd "
        f"can be written, such as autograd.softmax, and activations given by name, such as 'tanh'. "
        f"Anything else goes into a class of your own: for it the file has the numbers, which "
        f"load(path, into=model) reads"
    )


def check_rebuilt(model: Module, described: Any) -> None:
    """An error now, rather than from `load`, if a model was changed after it was made."""
    rebuilt = build(described, "the model")
    if (difference := of_numbers(model, rebuilt) or of_parts("", model, rebuilt)) is not None:
        raise ModelFileError(
            f"{model!r} {difference}, unlike one made anew with the same settings. If it was "
            f"changed after it was made, or shares a part with itself, build it in a class of your "
            f"own: load(path, into=model) reads the numbers of such a one"
        )


def of_numbers(model: Module, rebuilt: Module) -> str | None:
    """The first number that only one of two models has, if there is one."""
    state, anew = model.state_dict(), rebuilt.state_dict()
    for name in [*state, *anew]:
        if name not in state or name not in anew:
            return f"{'has' if name in state else 'has no'} number {name}"
    return None


def of_parts(name: str, part: Any, rebuilt: Any) -> str | None:
    """The first difference in what two models are made of, but for numbers learnt or drawn.

    Attributes that only the first one has are notes of whoever made it, and do not count.
    """
    if isinstance(rebuilt, (Value, Random)):
        return None
    inner: Iterable[tuple[object, Any, Any]] = ()
    if isinstance(rebuilt, Module):
        same = type(part) is type(rebuilt)
        apart = {"_training", *rebuilt.buffers}
        inner = ((k, getattr(part, k, None), x) for k, x in vars(rebuilt).items() if k not in apart)
    elif isinstance(rebuilt, (list, tuple)):
        same = isinstance(part, (list, tuple)) and len(part) == len(rebuilt)
        inner = ((i, x, rebuilt[i]) for i, x in enumerate(part)) if same else ()
    else:
        same = repr(part) == repr(rebuilt) or bool(part == rebuilt)  # nan is not equal to itself
    if not same:
        return f"has as its {name} {part!r} and not {rebuilt!r}"
    differences = (of_parts(joined(name, key), x, anew) for key, x, anew in inner)
    return next((found for found in differences if found is not None), None)


def replace(path: Path, text: str) -> None:
    """Put a text in the place of a file at once: nobody ever sees a part of it."""
    if not path.parent.is_dir():
        raise ModelFileError(f"{path} cannot be written: there is no folder {path.parent}")
    if path.is_dir():
        raise ModelFileError(f"{path} cannot be written: it is a folder")
    if path.exists() and not path.is_file():
        raise ModelFileError(f"{path} cannot be written: it is a device or a pipe, and no file")
    temporary = path.with_name(f".{path.name}.{uuid4().hex}.tmp")
    try:
        with temporary.open("x", encoding="utf-8", newline="\n") as file:
            if path.exists():
                temporary.chmod(stat.S_IMODE(path.stat().st_mode))
            file.write(text)
            file.flush()
            os.fsync(file.fileno())  # or a power cut could leave an empty file under the new name
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


# Reading ----------------------------------------------------------------------------------------


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
    nn.files.ModelFileError: no such file.json: there is no such file
    """
    if into is not None and not isinstance(into, Module):
        raise TypeError(f"load: into must be a Module, got {describe(into)}")
    place = path_of("load", path)
    try:
        described, state = content_of(place)
        model = build(described, "the model") if into is None else into
        if not isinstance(model, Module):
            raise ModelFileError(f"its model is {describe(model)}")
        if into is not None:
            check_same(described, description(into, "the model that is to take the numbers"))
        model.load_state_dict(state)
    except (ValueError, TypeError, RecursionError) as error:
        raise ModelFileError(f"{path}: {error}") from error
    return model


def check_same(described: Any, own: Any, where: str = "the model") -> None:
    """An error that names the first difference of two descriptions: of a file, and of `into`."""
    if isinstance(described, list) and isinstance(own, list) and len(described) == len(own):
        for i, (x, y) in enumerate(zip(described, own, strict=True)):
            check_same(x, y, f"{where}, at {i},")
        return
    match described, own:
        case {"class": str(kind), **rest}, {"class": str(name), **of_own}:
            # Where a class of one's own is defined may change: a program that is run is __main__.
            same = kind.rpartition(".")[2] == name.rpartition(".")[2]
            described, own = f"of the class {kind}", f"of the class {name}"
            settings, of_into = rest.get("settings"), of_own.get("settings")
            if same and isinstance(settings, dict) and isinstance(of_into, dict):
                for key in [key for key in of_into if key in settings]:
                    check_same(settings[key], of_into[key], f"{key} of {kind}")
        case _:
            same = by_name(described) == by_name(own)
            described, own = repr(described), repr(own)
    if not same:
        raise ModelFileError(
            f"{where} is {described} in the file, and {own} in the one that is to take its numbers"
        )


def by_name(setting: Any) -> Any:
    """A setting; a function and its name, autograd.relu and "relu", are the same one."""
    match setting:
        case {"function": str(name)}:
            return name
    return setting


def content_of(path: Path) -> tuple[Any, dict[str, float]]:
    """What a file says: how the model was made, and its numbers."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ModelFileError("there is no such file") from None
    except IsADirectoryError:
        raise ModelFileError("it cannot be read: it is a folder") from None
    except OSError as error:
        raise ModelFileError(f"it cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise ModelFileError("this is no model: it is not even text") from None
    try:
        content = json.loads(text, parse_constant=refuse_constant)
    except (ValueError, RecursionError) as error:
        ours = FORMAT in text[:100]
        what = "the file was cut off or changed" if ours else "this is no model"
        raise ModelFileError(f"{what}: as JSON it ends in an error, {error}") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ModelFileError(f'this is no model: it has no "format": "{FORMAT}"')
    if (version := content.get("version")) != VERSION:
        raise ModelFileError(
            f"it has version {version!r} of the format, and this program knows version {VERSION}: "
            f"a newer pencilgrad may read it"
        )
    return content.get("model"), state_of(content.get("state"))


def refuse_constant(name: str) -> None:
    """JSON has no NaN and no Infinity, although many programs write them."""
    raise ValueError(f"{name} is not a number of JSON")


def state_of(state: Any) -> dict[str, float]:
    """The numbers of a model under their names."""
    if not isinstance(state, dict):
        raise ModelFileError(f"its state must be names with numbers, and it is {describe(state)}")
    return {name: number_of(name, x) for name, x in state.items()}


def number_of(name: str, x: Any) -> float:
    """A number that was written as one, or in words because JSON has no such number."""
    if isinstance(x, str) and x in NOT_FINITE:
        return float(x)
    if isinstance(x, bool) or not isinstance(x, (int, float)):
        raise ModelFileError(f"its number {name} is {describe(x)}")
    return real(x, f"its number {name}")


def build(described: Any, where: str) -> Any:
    """What `description` wrote, made anew."""
    if isinstance(described, list):
        return [build(x, f"{where}, at {i},") for i, x in enumerate(described)]
    if not isinstance(described, dict):
        return described
    match described:
        case {"number": str(text), **rest} if text in NOT_FINITE and not rest:
            return float(text)
        case {"function": str(name), **rest} if name in functions() and not rest:
            return functions()[name]
        case {"class": str(name), "settings": dict(settings), **rest} if not rest:
            return built(name, settings, where)
        case {"class": str(name), **rest} if not rest:
            raise ModelFileError(
                f"{where} is of the class {name}, which is not one of nn: make the model in your "
                f"program, and load(path, into=model) gives it the numbers"
            )
    raise ModelFileError(f"{where} is nothing that this program knows: {describe(described)}")


def built(name: str, settings: dict[str, Any], where: str) -> Module:
    """A module of that class, made with these settings."""
    if (kind := known().get(name)) is None:
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


# What a file may be called, and what it may speak of ----------------------------------------------


def path_of(where: str, path: object) -> Path:
    """The path of a file, if it is one."""
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(
            f"{where}: expected the path of a file, such as 'model.json', got {describe(path)}"
        )
    if not os.fspath(path):
        raise ValueError(f"{where}: the path is empty: expected one such as 'model.json'")
    return Path(path)


def known() -> dict[str, type[Module]]:
    """The classes of nn, by name: those a file may ask for."""
    return {kind.__name__: kind for kind in subclasses(Module) if kind.__module__[:3] == "nn."}


def subclasses(kind: type[Module]) -> Iterator[type[Module]]:
    """Every class below that one."""
    for below in kind.__subclasses__():
        yield below
        yield from subclasses(below)


def functions() -> dict[str, Callable[..., Any]]:
    """The operations of autograd, by name."""
    return {
        name: f
        for name, f in vars(autograd).items()
        if getattr(f, "__module__", "") == ops.__name__
    }


def kinds(described: Any) -> Iterable[str]:
    """The names of all classes in a description."""
    if isinstance(described, list):
        for x in described:
            yield from kinds(x)
    elif isinstance(described, dict):
        if "class" in described:
            yield described["class"]
        for x in described.values():
            yield from kinds(x)
