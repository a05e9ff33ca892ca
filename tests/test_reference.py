"""The reference: each public name is in it, with a sentence and an example."""

from __future__ import annotations

import doctest
import inspect
import os
import re
import runpy
import subprocess
import sys
from html import unescape
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest

import autograd
import nn

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "docs" / "reference.py"

reference = runpy.run_path(str(SCRIPT))
PAGES: dict[str, dict[str, Any]] = {page: reference["public"](page) for page in reference["PAGES"]}
NAMES: dict[str, Any] = {
    f"{page}.{name}": thing for page, names in PAGES.items() for name, thing in names.items()
}
MEMBERS: dict[str, tuple[type, Any]] = {
    f"{page}.{name}.{member}": (cls, method)
    for page, names in PAGES.items()
    for name, cls in names.items()
    if isinstance(cls, type)
    for member, method in reference["members"](page, cls).items()
}

# Users do not make these: the functions that do show them in their examples.
MADE_ELSEWHERE = {
    "autograd.AnomalyError",
    "autograd.Explanation",
    "autograd.TraceError",
    "autograd.testing.Step",
    "nn.ModelFileError",
    "nn.TrainingError",
}


def examples(doc: str) -> str:
    """The source of the examples in a docstring."""
    return "\n".join(example.source for example in doctest.DocTestParser().get_examples(doc))


def sentence(doc: str) -> str:
    """What a docstring opens with."""
    return doc.partition("\n\n")[0]


@pytest.mark.parametrize("name", [*NAMES, *MEMBERS])
def test_a_public_name_opens_with_a_sentence(name: str) -> None:
    thing = NAMES[name] if name in NAMES else MEMBERS[name][1]
    assert re.search(r"[.:]$", sentence(inspect.getdoc(thing) or ""))


@pytest.mark.parametrize("name", [name for name in NAMES if name not in MADE_ELSEWHERE])
def test_a_public_name_has_an_example(name: str) -> None:
    assert examples(NAMES[name].__doc__)


@pytest.mark.parametrize("name", MEMBERS)
def test_a_method_has_an_example_or_is_in_that_of_its_class(name: str) -> None:
    cls, method = MEMBERS[name]
    used = rf"\.{name.rpartition('.')[2]}\b"
    assert examples(method.__doc__) or re.search(used, examples(cls.__doc__ or ""))


def test_the_reference_has_all_that_an_import_of_everything_gives() -> None:
    for package in (autograd, nn):
        modules = {name for name in package.__all__ if f"{package.__name__}.{name}" in PAGES}
        assert {*package.__all__} - modules <= PAGES[package.__name__].keys()


def test_the_parts_that_the_reference_leaves_out_are_there() -> None:
    for part in reference["PARTS"]:
        page = max((page for page in PAGES if part.startswith(f"{page}.")), key=len)
        attrgetter(part.removeprefix(f"{page}."))(import_module(page))


# The pages --------------------------------------------------------------------------------------


writes = pytest.mark.slow(reason="pdoc writes all pages first, and the quick suite goes without")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The pages, made by the command in a process of its own: pdoc changes what it looks at."""
    pytest.importorskip(
        "pdoc", reason="NO PAGE WAS MADE, for want of pdoc: pip install -e '.[slow]'"
    )
    folder = tmp_path_factory.mktemp("reference")
    command = [sys.executable, "-W", "error", str(SCRIPT), str(folder)]
    job = subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (job.returncode, job.stdout, job.stderr) == (0, "", "")
    return {
        page: (folder / f"{page.replace('.', '/')}.html").read_text(encoding="utf-8")
        for page in PAGES
    }


@writes
@pytest.mark.parametrize("page", PAGES)
def test_each_public_name_has_one_section_in_reading_order(
    page: str, pages: dict[str, str]
) -> None:
    assert re.findall(r'<section id="(.*?)"', pages[page]) == [*PAGES[page]]


@writes
@pytest.mark.parametrize("page", PAGES)
def test_every_example_stands_in_the_page_as_it_was_written(
    page: str, pages: dict[str, str]
) -> None:
    text = unescape(re.sub(r"<[^>]*>", "", pages[page]))
    for thing in PAGES[page].values():
        for line in examples(thing.__doc__).splitlines():
            assert line in text


@writes
def test_an_aligned_table_stays_aligned(pages: dict[str, str]) -> None:
    assert "loss            of the predictions and the targets of a batch" in pages["nn"]


@writes
def test_an_asterisk_in_a_formula_is_no_emphasis(pages: dict[str, str]) -> None:
    assert "1 / sqrt(1 - x**2)" in pages["autograd"]
