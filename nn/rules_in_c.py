"""The rules of the optimisers for C: `python -m nn.rules_in_c` writes nn/_rules.h anew.

It is checked in; a test holds it to the rules.
"""

from pathlib import Path

from autograd.compiler.writers.loops import header
from nn import optimizers as optimizers  # whose rules are then known, as are those of nn.optim
from nn.rules import RULES

FILE = Path(__file__).parent / "_rules.h"


def text() -> str:
    """The text of the file."""
    return header(RULES, "nn.rules_in_c")


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8", newline="\n")
