"""The names of nn: what is there at once, what is loaded later, and what type checkers see."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import nn

SOURCE = ast.parse(Path(nn.__file__).read_text(encoding="utf-8"))


def loaded_by(program: str) -> set[str]:
    """The files of nn that a new interpreter has loaded after a program."""
    program = f"import sys; {program}; print(*[name for name in sys.modules if name[:3] == 'nn.'])"
    command = [sys.executable, "-c", program]
    return set(
        subprocess.check_output(command, text=True, cwd=Path(nn.__file__).parents[1]).split()
    )


def test_an_import_loads_the_heart_and_what_it_stands_on_alone() -> None:
    heart = {"nn.module", "nn.layers", "nn.losses", "nn.optim"}
    below = {"nn.checks", "nn.init", "nn.printing", "nn.rules"}
    in_c = {"nn._rules"}  # where it was built
    assert loaded_by("import nn") - in_c == heart | below


def test_a_name_loads_its_file_when_it_is_asked_for() -> None:
    assert "nn.data.sets" in loaded_by("import nn; nn.moons")
    assert "nn.train" not in loaded_by("import nn; nn.moons")


@pytest.mark.parametrize("name", ["init", "plots", "schedules", "terminal"])
def test_modules_that_users_import_are_attributes_of_nn_too(name: str) -> None:
    assert getattr(nn, name) is import_module(f"nn.{name}")


def test_a_star_import_gives_every_public_name() -> None:
    given: dict[str, object] = {}
    exec("from nn import *", given)
    assert set(nn.__all__) <= given.keys()


def test_type_checkers_see_every_name_that_is_loaded_later_where_it_is() -> None:
    (block,) = (node for node in SOURCE.body if isinstance(node, ast.If))
    seen = {
        alias.name: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    places = {name: f"nn.{place}" if name != place else "nn" for name, place in nn.PLACES.items()}
    assert seen == places


def test_every_name_of_the_heart_is_public() -> None:
    heart = {name for name, x in vars(nn).items() if getattr(x, "__module__", "")[:3] == "nn."}
    assert {name for name in heart if not name.startswith("_")} <= set(nn.__all__)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'nn' has no attribute 'SimulatedAnnealing'"):
        nn.SimulatedAnnealing  # noqa: B018
