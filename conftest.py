"""Which examples the tests run, and how hard the property tests try.

Every `>>>` example and every ```python block in the README, in CONTRIBUTING, in docs/ and in the
docstrings of autograd/ and nn/ is a test. Examples in a docstring see the names of their own file.
This file stands at the root because pytest asks only the conftest files above a document about it.
"""

import os
from doctest import ELLIPSIS

from hypothesis import settings
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser
from sybil.parsers.rest import DocTestParser
from sybil.sybil import SybilCollection

# `draw` is a function of the package, and also the name of a part of it. Were the files imported
# one by one, as pytest does it, the part would take the name.
import autograd  # noqa: F401
from autograd.core import compiled

prose = Sybil(
    setup=lambda names: names.update(compiled=compiled),
    parsers=[PythonCodeBlockParser(doctest_optionflags=ELLIPSIS), SkipParser()],
    patterns=["README.md", "CONTRIBUTING.md", "docs/*.md"],
)
engine = Sybil(parsers=[DocTestParser(ELLIPSIS)], path="autograd", pattern="*.py")
networks = Sybil(parsers=[DocTestParser(ELLIPSIS)], path="nn", pattern="*.py")

pytest_collect_file = SybilCollection([prose, engine, networks]).pytest()

# No deadlines: a slow machine is not a bug. `pytest --hypothesis-profile=thorough` is run by hand.
settings.register_profile("dev", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("thorough", deadline=None, max_examples=5000)
settings.register_profile("quick", deadline=None, derandomize=True, max_examples=5)
settings.load_profile("ci" if "CI" in os.environ else "dev")
