"""Reading: a model from a file, or its numbers into a model that is there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, overload

from autograd.numbers.reals import describe
from nn.files.words import FORMAT, NOT_FINITE, VERSION, ModelFileError, build, describe_model
from nn.module import Module

if TYPE_CHECKING:
    from os import PathLike

M = TypeVar("M", bound=Module)


@overload
def load(path: str | PathLike[str]) -> Module: ...
@overload
def load(path: str | PathLike[str], into: M) -> M: ...
def load(path: str | PathLike[str], into: Module | None = None) -> Module:
    """The model in a file, or with `into` that model, which takes the numbers of the file.

    A model that is made anew is in training, like every new one; call its `eval` to use it. Numbers
    are taken by their names: see `Module.state_dict`. With `into`, the settings must be those in
    the file too; of a class of your own the file has only the name. After an error `into` is as it
    was.

    >>> load("no such file.json")
    Traceback (most recent call last):
    nn.files.words.ModelFileError: no such file.json: it cannot be read: No such file or directory
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
            f"this is no model, or one that was cut off or changed: as JSON it ends in an error, "
            f"{error}"
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


def check_same(described: Any, own: Any, where: str = "the model") -> None:
    """An error that names the first difference of two descriptions: of a file, and of `into`."""
    match described, own:
        case list(), list() if len(described) == len(own):
            for i, (x, y) in enumerate(zip(described, own, strict=True)):
                check_same(x, y, f"{where}, at {i},")
            return
        case {"class": str(kind), **rest}, {"class": str(name), **of_own}:
            # Where a class of one's own is defined may change: a program that is run is __main__.
            same = kind.rpartition(".")[2] == name.rpartition(".")[2]
            described, own = f"of the class {kind}", f"of the class {name}"
            settings, of_into = rest.get("settings"), of_own.get("settings")
            if same and isinstance(settings, dict) and isinstance(of_into, dict):
                for key in [key for key in of_into if key in settings]:
                    check_same(settings[key], of_into[key], f"{key} of {kind}")
        case _:
            same = name_in(described) == name_in(own)
            described, own = repr(described), repr(own)
    if not same:
        raise ModelFileError(
            f"{where} is {described} in the file, and {own} in the one that is to take its numbers"
        )


def name_in(setting: Any) -> Any:
    """A setting; a function and its name, autograd.relu and "relu", are the same one."""
    match setting:
        case {"function": str(name)}:
            return name
    return setting
