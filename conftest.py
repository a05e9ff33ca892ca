"""How the tests run: on all cores, quickly or at length; and which examples are tests.

`pytest` is the quick suite, `pytest --slow` everything. A slow test is marked as such and must say
why: `@pytest.mark.slow(reason="...")`. Property tests draw more points in the slow suite, so that
what they say is looked at in both.

Every `>>>` example and every ```python block in the README, in CONTRIBUTING, in docs/ and in the
docstrings of autograd/ and nn/ is a test. Examples in a docstring see the names of their own file.
This file stands at the root because pytest asks only the conftest files above a document about it.
"""

from __future__ import annotations

import os
from collections import defaultdict
from contextlib import suppress
from doctest import ELLIPSIS
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import SkipTest

import pytest
from hypothesis import settings
from sybil import Sybil
from sybil.example import SybilFailure
from sybil.integration.pytest import SybilItem
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser
from sybil.parsers.rest import DocTestParser
from sybil.sybil import SybilCollection

from autograd.core import compiled
from autograd.pictures.render import HINT, NotRendered, rendered

if TYPE_CHECKING:
    from collections.abc import Iterator

# Quick, slow, and on all cores ------------------------------------------------------------------

# No deadlines: a slow machine is not a bug. `pytest --hypothesis-profile=thorough` is run by hand.
for profile, examples in (("quick", 10), ("slow", 100), ("thorough", 5000)):
    repeatable = "CI" in os.environ
    settings.register_profile(
        profile, max_examples=examples, deadline=None, derandomize=repeatable, print_blob=repeatable
    )


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run everything, slow tests included")


@pytest.hookimpl(tryfirst=True)  # then Hypothesis may load the profile that was asked for by name
def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile("slow" if config.getoption("slow") else "quick")


@pytest.hookimpl(tryfirst=True)  # before xdist makes workers of these options
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Run on all cores, unless the command line says otherwise or names one file alone.

    Not by `addopts`, where `-p no:xdist` would turn them into unknown options; and the workers,
    which import everything anew, take longer to start than most files take to run.
    """
    if not config.pluginmanager.has_plugin("xdist") or hasattr(config, "workerinput"):
        return
    one_file = len(config.args) == 1 and Path(config.args[0].partition("::")[0]).is_file()
    if config.option.numprocesses is None:
        config.option.numprocesses = 0 if one_file else "auto"
        if config.option.dist == "no":
            config.option.dist = "worksteal"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is slow, unless it is wanted; and see that every slow test says why it is."""
    slow = []
    for item in items:
        for marker in item.iter_markers("slow"):
            if marker.args or not marker.kwargs.get("reason"):
                raise pytest.UsageError(f'{item.nodeid}: write slow(reason="why it is slow")')
        if item.get_closest_marker("slow"):
            slow.append(item)
    if slow and not config.getoption("slow"):
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if not item.get_closest_marker("slow")]


# Examples ---------------------------------------------------------------------------------------

prose = Sybil(
    setup=lambda names: names.update(compiled=compiled),
    parsers=[PythonCodeBlockParser(doctest_optionflags=ELLIPSIS), SkipParser()],
    patterns=["README.md", "CONTRIBUTING.md", "docs/*.md"],
)
engine = Sybil(parsers=[DocTestParser(ELLIPSIS)], path="autograd", pattern="*.py")
networks = Sybil(parsers=[DocTestParser(ELLIPSIS)], path="nn", pattern="*.py")

pytest_collect_file = SybilCollection([prose, engine, networks]).pytest()

begun: dict[str, set[int]] = defaultdict(set)  # of each document, the examples that have run here


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Run those examples first that stand above this one, and which another process may have run.

    So any example can be chosen by itself, and the cores may share the examples of a document.
    """
    if isinstance(item, SybilItem):
        done = begun[item.example.path]
        for example in item.example.document.examples():
            if example.start < item.example.start and example.start not in done:
                done.add(example.start)
                with suppress(SkipTest, SybilFailure):  # what fails does so where it stands
                    example.evaluate()
        done.add(item.example.start)


# What cannot be tested here ---------------------------------------------------------------------


@cache
def why_not_drawn() -> str:
    """Why pictures cannot be drawn on this machine; nothing if they can."""
    try:
        rendered("digraph { a }", "svg")
    except NotRendered as problem:
        return f"NO RENDERER, SO THIS PICTURE WAS NOT TESTED: {problem}"
    return ""


@pytest.fixture
def renderer() -> None:
    """For tests that see in another way than by an error that nothing can draw: skipped then."""
    if why_not_drawn():
        pytest.skip(why_not_drawn())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Skip, loudly, a test or example that ends in the error that nothing can draw, if that is so.

    pygraphviz's wheel needs glib and X11, and a bare Debian has no Graphviz either.
    """
    try:
        return (yield)
    except (NotRendered, SybilFailure) as error:
        if (isinstance(error, NotRendered) or HINT in str(error)) and why_not_drawn():
            pytest.skip(why_not_drawn())
        raise
