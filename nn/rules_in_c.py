"""The rules of the optimisers for C: `python -m nn.rules_in_c` writes nn/_rules.h anew.

It is checked in; a test holds it to the rules.
"""

from __future__ import annotations

from pathlib import Path

from autograd.compiler.writers.loops import header
from autograd.compiler.writers.source import SOURCES, Source
from nn import optim, optimizers
from nn.rules import RULES

FILE = Path(optim.__file__).parent / "_rules.h"

HEAD = """\
/* The rules of the optimisers in C, each as a loop over the numbers of all parameters.

   Written by `python -m nn.rules_in_c` from nn/optim.py and nn/optimizers.py: do not edit.
   Compiled with contraction off (-ffp-contract=off), all numbers have Python's bits. */

"""


def text() -> str:
    """The text of the file."""
    for module in (optim, optimizers):
        SOURCES[module.__name__] = Source(Path(str(module.__file__)).read_text("utf-8"))
    return HEAD + header({name: rule for rule, name in RULES.items()})


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8", newline="\n")
