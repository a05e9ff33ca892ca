"""What `import autograd` costs, and what an editor shows after `autograd.` and `value.`"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jedi
import pytest

import autograd
from autograd import Op, Value

if TYPE_CHECKING:
    from collections.abc import Callable

PUBLIC = {name: op for name, op in vars(autograd).items() if isinstance(op, Op)}
METHODS = {name: op for name, op in vars(Value).items() if isinstance(op, Op)}


@pytest.fixture
def fresh_python(tmp_path: Path) -> Callable[[str], Any]:
    """A function that gives what a new interpreter prints as JSON."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(autograd.__file__).parent.parent),
        "PYTHONPYCACHEPREFIX": str(tmp_path),  # the second run finds everything compiled
        "PYTHONDONTWRITEBYTECODE": "",
    }

    def run(program: str) -> Any:
        command = [sys.executable, "-c", program]
        return json.loads(subprocess.check_output(command, env=environment, text=True))

    return run


def test_importing_takes_nothing_from_outside_the_standard_library(
    fresh_python: Callable[[str], Any],
) -> None:
    imported = fresh_python(
        "import sys, json; before = set(sys.modules); import autograd, nn; "
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    packages = {name.partition(".")[0] for name in imported}
    assert "autograd" in packages
    assert packages - {"autograd", "nn"} <= sys.stdlib_module_names


# Modules of the standard library that take as long to import as the whole engine.
SLOW = {"asyncio", "dataclasses", "email", "html", "http", "inspect", "json", "pathlib"}
SLOW |= {"shutil", "socket", "ssl", "tempfile", "unittest", "urllib", "uuid", "xml"}
if sys.version_info >= (3, 15):
    SLOW -= {"inspect"}  # `contextlib.contextmanager` itself asks it about each function


def test_importing_the_engine_imports_nothing_slow(fresh_python: Callable[[str], Any]) -> None:
    imported = fresh_python(
        "import sys; before = set(sys.modules); import autograd; "
        "after = set(sys.modules) - before; import json; print(json.dumps(sorted(after)))"
    )
    assert "autograd.core.value" in imported
    assert not SLOW & set(imported)


@cache
def completions(program: str) -> dict[str, jedi.api.classes.Completion]:
    """What an editor offers at the end of a program that it reads but does not run."""
    project = jedi.Project(Path(autograd.__file__).parent.parent)
    return {found.name: found for found in jedi.Script(program, project=project).complete()}


@cache
def live_completions() -> dict[str, jedi.api.classes.Completion]:
    """What a notebook offers after `v.`, where v is a Value."""
    return {found.name: found for found in jedi.Interpreter("v.", [{"v": Value(1.0)}]).complete()}


def first_line(op: Op) -> str:
    assert op.__doc__
    return op.__doc__.splitlines()[0]


def test_an_editor_completes_every_operation_of_the_package() -> None:
    assert PUBLIC.keys() <= completions("import autograd\nautograd.").keys()


def test_an_editor_shows_the_docstring_of_every_operation_of_the_package() -> None:
    found = completions("import autograd\nautograd.")
    assert [n for n, op in PUBLIC.items() if first_line(op) not in found[n].docstring()] == []


def test_an_editor_completes_every_method_of_a_value() -> None:
    names = {name for name in METHODS if not name.startswith("__")}
    assert names <= completions("from autograd import Value\nValue(1.0).").keys()


def test_an_editor_knows_that_an_expression_of_values_is_a_value() -> None:
    program = "from autograd import Value\nx = Value(1.0)\n(x * x + 2.0)."
    assert "backward" in completions(program)


def test_a_notebook_shows_the_docstring_of_every_method() -> None:
    found = live_completions()
    missing = [
        name
        for name, op in METHODS.items()
        if not name.startswith("__") and first_line(op) not in found[name].docstring()
    ]
    assert missing == []


def test_a_star_import_brings_every_public_name_but_those_of_pythons_own_functions() -> None:
    public = {name for name in dir(autograd) if not name.startswith("_")}
    assert public - set(autograd.__all__) == {"abs", "pow", "round", "sum"}
    assert set(autograd.__all__) <= public
