"""The rules of the optimisers for C: `python -m nn.rules_in_c` writes nn/_rules.h anew.

It is checked in; a test holds it to the rules.
"""

from pathlib import Path

from autograd.compiler.writers.loops import header
from nn import optimizers as optimizers  # whose rules are then known, as are those of nn.optim
from nn.rules import RULES

FILE = Path(__file__).parent / "_rules.h"

HEAD = """\
/* The rules of the optimisers in C, each as a loop over the numbers of all parameters.

   Written by `python -m nn.rules_in_c` from nn/optim.py and nn/optimizers.py: do not edit.
   Compiled with contraction off (-ffp-contract=off), all numbers have Python's bits. */

"""

if __name__ == "__main__":
    FILE.write_text(header(RULES, HEAD), encoding="utf-8", newline="\n")
