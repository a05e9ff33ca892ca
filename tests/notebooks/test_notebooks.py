"""The notebooks run, show what is kept in them, and are built as readers expect."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
ALL = pytest.mark.parametrize("path", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])

pytestmark = pytest.mark.slow(reason="starts a kernel for each notebook and runs all its cells")

MOST_LINES, MOST_BYTES = 15, 250_000

for module in ("nbclient", "nbformat", "ipykernel", "matplotlib"):
    pytest.importorskip(
        module,
        reason=f"THE NOTEBOOKS ARE NOT TESTED, for {module} is missing: pip install -e '.[slow]'",
    )
machinery: Any = runpy.run_path(str(FOLDER / "execute.py"))
executed, normalised = machinery["executed"], machinery["normalised"]
read, written = machinery["read"], machinery["written"]

# What finite differences say of their own accuracy: its one digit depends on the C library.
OWN_ERROR = re.compile(r"± \S+|agrees? to \S+ \(bar \S+?(; remainder h\^[\d.]+)?\)")

PATHS = re.compile(r"/(home|root|tmp|usr|work|Users|site-packages)/|[A-Z]:\\|<ipython-input")
ADDRESSES = re.compile(r"0x[0-9a-f]{6,}")


def code(notebook: Any) -> list[Any]:
    """The cells of code."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def outputs(notebook: Any) -> list[Any]:
    """All outputs, from the first to the last."""
    return [output for cell in code(notebook) for output in cell.outputs]


def text(output: Any) -> str:
    """What the output says in words; a picture has some, too."""
    return output.text if output.output_type == "stream" else output.data["text/plain"]


def shown(notebook: Any) -> list[list[tuple[str, list[str], str]]]:
    """What each cell shows: of pictures what they are, of texts every letter."""
    return [
        [
            (out.output_type, sorted(out.get("data", {})), OWN_ERROR.sub("...", text(out)))
            for out in cell.outputs
        ]
        for cell in code(notebook)
    ]


def title(path: Path) -> str:
    """The first line of the notebook, without the sign of a heading."""
    return read(path).cells[0].source.splitlines()[0].removeprefix("# ")


# They run -----------------------------------------------------------------------------------------


@ALL
def test_it_runs_in_a_new_kernel_and_shows_what_is_kept_in_it(path: Path) -> None:
    kept = read(path)
    assert shown(executed(kept)) == shown(kept), f"python notebooks/execute.py {path}"


def test_a_change_in_what_is_shown_does_not_go_unnoticed() -> None:
    kept = read(NOTEBOOKS[0])
    changed = read(NOTEBOOKS[0])
    output = next(out for out in outputs(changed) if out.output_type == "stream")
    output.text = output.text.replace("1", "2", 1)
    assert shown(changed) != shown(kept)


# What is kept -------------------------------------------------------------------------------------


@ALL
def test_nothing_in_it_depends_on_when_and_where_it_was_run(path: Path) -> None:
    notebook = read(path)
    assert written(normalised(notebook)) == path.read_text(encoding="utf-8")
    for output in outputs(notebook):
        assert not PATHS.search(text(output)), text(output)
        assert not ADDRESSES.search(text(output)), text(output)


@ALL
def test_it_shows_neither_warnings_nor_errors(path: Path) -> None:
    kinds = {(out.output_type, out.get("name")) for out in outputs(read(path))}
    assert kinds <= {("stream", "stdout"), ("execute_result", None), ("display_data", None)}


@ALL
def test_it_is_small_enough_to_be_shown_by_a_code_host(path: Path) -> None:
    assert path.stat().st_size <= MOST_BYTES


# How they are built -------------------------------------------------------------------------------


@ALL
def test_it_opens_with_its_number_and_its_question_and_then_says_something(path: Path) -> None:
    first = read(path).cells[0]
    number, _, _ = path.stem.partition("_")
    assert first.cell_type == "markdown"
    heading, *prose = first.source.splitlines()
    assert re.fullmatch(rf"# {number}\. [A-Z].*\?", heading)
    assert len(" ".join(prose)) >= 100


@ALL
def test_nobody_has_to_scroll_through_its_code(path: Path) -> None:
    for cell in code(read(path)):
        assert 1 <= len(cell.source.splitlines()) <= MOST_LINES, cell.source


@ALL
def test_prose_stands_before_code(path: Path) -> None:
    kinds = [cell.cell_type for cell in read(path).cells]
    in_a_row = max(map(len, re.findall(r"c+", "".join(kind[0] for kind in kinds))))
    assert in_a_row <= 2, "at most two cells of code follow each other without a word"


def test_the_numbers_leave_no_hole() -> None:
    assert [path.stem.split("_")[0] for path in NOTEBOOKS] == [str(i) for i in range(9)]


def test_the_folders_readme_has_a_line_for_each_with_its_question() -> None:
    lines = (FOLDER / "README.md").read_text(encoding="utf-8").splitlines()
    found = [line for line in lines if line.startswith("- [")]
    assert found == [f"- [{title(path)}]({path.name})" for path in NOTEBOOKS]
