"""Writing: a model and all its numbers to a file, whole or not at all."""

from __future__ import annotations

import json
import os
import stat
from math import isfinite
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from autograd import Value
from nn.files.words import FORMAT, VERSION, ModelFileError, build, classes, describe_model
from nn.module import Module, join

if TYPE_CHECKING:
    from collections.abc import Iterable


def save(model: Module, path: str | os.PathLike[str]) -> None:
    """Write a model to a file, whole or not at all: a file that is there stays until it is done.

    >>> import tempfile
    >>> from nn import MLP, load
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
    replace(Path(path).resolve(), json.dumps(content, indent=1, allow_nan=False))


def check_rebuilt(model: Module, rebuilt: Module) -> None:
    """An error now, rather than from `load`, if a model was changed after it was made."""
    own, anew = model.state_dict(), rebuilt.state_dict()
    odd = next((name for name in {**own, **anew} if name not in own or name not in anew), None)
    if odd is None:
        difference = difference_of("", model, rebuilt)
    else:
        difference = f"has {'' if odd in own else 'no '}number {odd}"
    if difference is not None:
        raise ModelFileError(
            f"{model!r} {difference}, unlike one made anew with the same settings. If it was "
            f"changed after it was made, or shares a part with itself, build it in a class of your "
            f"own: load(path, into=model) reads the numbers of such a one"
        )


def difference_of(name: str, part: Any, rebuilt: Any) -> str | None:
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
    differences = (difference_of(join(name, key), x, anew) for key, x, anew in inner)
    return next((found for found in differences if found is not None), None)


def replace(path: Path, text: str) -> None:
    """Put a text in the place of a file at once: nobody ever sees a part of it."""
    if not path.parent.is_dir():
        raise ModelFileError(f"{path} cannot be written: there is no folder {path.parent}")
    if path.exists() and not path.is_file():  # a device would be gone afterwards
        raise ModelFileError(f"{path} cannot be written: it is a folder, a device or a pipe")
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
