"""The project itself: what its documents say, what it ships, and which file imports which."""

from __future__ import annotations

import ast
import os
import re
import runpy
import subprocess
import sys
import tomllib
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pytest

import autograd

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

# From bottom to top: what stands in a room may import what stands in it or below it. A room is a
# folder, or a file beside them.
ROOMS = {
    "autograd": [
        "namesake",
        "numbers",
        "exchange",
        "core",
        "many",
        "tape",
        "modes",
        "conditions",
        "copies",
        "files",
        "definition",
        "anomaly",
        "calculus",
        "pictures",
        "check",
        "compiler",
        "testing",
        "__init__",
    ],
    "nn": [
        *("checks", "init", "printing", "rules"),
        *("module", "layers", "losses", "optim"),  # the heart
        *("blocks", "attention", "objectives", "optimizers", "schedules", "data", "files"),
        "rules_in_c",
        *("plots", "terminal", "training", "train", "search", "__init__", "__main__"),
    ],
}

# Files that are imported by those who use them alone, and what they need from outside.
OUTSIDE = {"autograd.testing": {"hypothesis"}}


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a process of its own, away from the checkout's folder."""
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT.anchor,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


# What the documents say -------------------------------------------------------------------------


def test_the_readmes_table_of_operations_is_that_of_the_engine() -> None:
    updated: Any = runpy.run_path(str(ROOT / "docs" / "operations.py"))["updated"]
    assert updated(README) == README, "run: python docs/operations.py"


def test_type_checkers_and_editors_see_the_table_as_it_is() -> None:
    stub: Any = runpy.run_path(str(ROOT / "docs" / "operations.py"))["stub"]
    seen = (ROOT / "autograd" / "table.pyi").read_text(encoding="utf-8")
    assert stub() == seen, "run: python docs/operations.py"


def test_the_readme_shows_what_its_first_command_prints() -> None:
    assert "-e . && .venv/bin/python -m nn\n" in README
    job = run("-m", "nn", PYTHONPATH=str(ROOT), PYTHONUTF8="1", NO_COLOR="1", FORCE_COLOR="")
    assert f"```text\n{job.stdout}```" in README


def test_the_version_is_the_same_everywhere() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^version: (.*)$", citation, re.MULTILINE) == [autograd.__version__]
    assert re.findall(r"^## (\S+)", changes, re.MULTILINE)[0] == autograd.__version__
    assert PYPROJECT["tool"]["hatch"]["version"]["path"] == "autograd/__init__.py"


def test_links_between_documents_lead_somewhere() -> None:
    for document in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]:
        prose = re.sub(r"```.*?```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)#:]+)\)", prose):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


# What is shipped --------------------------------------------------------------------------------


def test_graphviz_is_the_only_dependency_and_all_is_what_a_user_wants() -> None:
    project = PYPROJECT["project"]
    assert [re.split(r"\W", d)[0] for d in project["dependencies"]] == ["graphviz"]
    extras = project["optional-dependencies"]
    assert set(extras) == {"viz", "notebook", "jit", "science", "dev", "slow", "bench", "all"}
    assert extras["all"] == ["pencilgrad[viz,notebook,jit,science]"]


# What imports what ------------------------------------------------------------------------------


def imports(path: Path) -> tuple[set[str], set[str]]:
    """The modules that a file imports when it is imported, and those that its functions import."""
    at_once: set[str] = set()
    later: set[str] = set()

    def visit(node: ast.AST, found: set[str]) -> None:
        children = list(ast.iter_child_nodes(node))
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            children = list(node.orelse)
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.update(imported_from(node))
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            found = later
        for child in children:
            visit(child, found)

    visit(ast.parse(path.read_text(encoding="utf-8")), at_once)
    return at_once, later


def imported_from(node: ast.ImportFrom) -> set[str]:
    assert not node.level, "imports name the package: from autograd.x import y"
    assert node.module is not None
    if node.module in FOLDERS:  # from autograd.numbers import libm, special
        inside = {f"{node.module}.{alias.name}" for alias in node.names}
        return inside & MODULES or {node.module}
    return {node.module}


def dotted(path: Path) -> str:
    """A file's name as it is imported: `autograd.check.reports`; a package's `autograd.check`."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


PACKAGES = {"autograd", "nn"}
FILES = [path for name in sorted(PACKAGES) for path in sorted((ROOT / name).rglob("*.py"))]
MODULES = {dotted(path) for path in FILES}
FOLDERS = {dotted(path) for path in FILES if path.name == "__init__.py"}


def room(module: str) -> str:
    """Where a module stands: in a folder of its package, or as a file beside these."""
    return [*module.split("."), "__init__"][1]


@pytest.mark.parametrize("path", FILES, ids=dotted)
def test_imports_point_one_way_between_rooms(path: Path) -> None:
    name = dotted(path)
    package = name.partition(".")[0]
    rooms = ROOMS[package]
    for other in {module for found in imports(path) for module in found}:
        if other.partition(".")[0] == package:
            assert rooms.index(room(other)) <= rooms.index(room(name)), other
        else:
            assert package == "nn" or other.partition(".")[0] not in PACKAGES, other


def test_no_file_imports_itself_by_way_of_others() -> None:
    at_once = {dotted(path): imports(path)[0] for path in FILES}
    TopologicalSorter({name: at_once[name] & at_once.keys() for name in at_once}).prepare()


@pytest.mark.parametrize("path", FILES, ids=dotted)
def test_a_file_imports_the_standard_library_and_our_own_alone(path: Path) -> None:
    tops = {name.partition(".")[0] for name in imports(path)[0]}
    name = dotted(path)
    assert tops - sys.stdlib_module_names - PACKAGES == OUTSIDE.get(name, set())
