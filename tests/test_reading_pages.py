"""What docs/read.md and docs/glossary.md owe their readers: the right order, and no gaps."""

import ast
import re
from pathlib import Path

import autograd.core

DOCS = Path(__file__).parent.parent / "docs"
CORE = Path(autograd.core.__file__).parent


def stations() -> list[str]:
    page = (DOCS / "read.md").read_text(encoding="utf-8")
    return re.findall(r"\| \[\w+\.py\]\(\.\./autograd/core/(\w+)\.py\)", page)


def test_the_reading_path_goes_through_every_file_of_the_core() -> None:
    files = {path.stem for path in CORE.glob("*.py")} - {"__init__"}
    assert set(stations()) == files


def test_the_reading_path_has_the_order_that_the_core_gives_itself() -> None:
    assert autograd.core.__doc__ is not None
    assert ", ".join(stations()) in autograd.core.__doc__


def test_no_file_of_the_core_needs_one_that_is_read_later() -> None:
    order = stations()
    for place, name in enumerate(order):
        tree = ast.parse((CORE / f"{name}.py").read_text(encoding="utf-8"))
        imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
        needed = {f"{node.module}.{alias.name}" for node in imports for alias in node.names}
        later = [f"autograd.core.{other}" for other in order[place:]]
        assert not [x for x in needed if any(f"{x}.".startswith(f"{y}.") for y in later)], name


def test_the_glossary_is_in_the_order_of_the_alphabet() -> None:
    page = (DOCS / "glossary.md").read_text(encoding="utf-8")
    words = [word.lower() for word in re.findall(r"^\*\*([^*]+)\*\*", page, flags=re.MULTILINE)]
    assert words == sorted(words)
