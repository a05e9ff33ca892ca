"""The table for the compiled core: `python -m autograd.compiler.writers.core` writes it down anew.

That is autograd/core/_table.h, checked in; a test holds it to the table.
"""

from __future__ import annotations

from pathlib import Path

from autograd import core
from autograd.compiler.writers import form
from autograd.compiler.writers.c import C
from autograd.compiler.writers.reader import Reader

FILE = Path(core.__file__).parent / "_table.h"

HEAD = """\
/* The table of operations in C: what they compute, and their local derivatives.

   Written by `python -m autograd.compiler.writers.core` from autograd/core/ops.py: do not edit.
   Compiled with contraction off (-ffp-contract=off), all numbers have Python's bits.

   f_NAME(x, ...)     what an operation computes from doubles, or from an array and its length
   FIXED, VARIADIC    the operations in the order of ops.py, with `apply`:

   Fixed: computes *value from as many xs as there are operands, and for each bit i of `wanted` the
   derivative with respect to operand i into partials[i]. The bits that it gives say which of those
   are there: an edge that is switched off is absent, and so is one of an operand that has no rule.

   Variadic: computes *value from n xs, and unless `partials` is NULL the derivatives with respect
   to all of them, with present[i] 0 for one that is absent. -1 where memory is lacking, else 0. */

#ifndef PENCILGRAD_TABLE_H
#define PENCILGRAD_TABLE_H

"""

INTERFACE = """\
typedef struct {
    const char *name;
    int operands;
    unsigned (*apply)(const double *xs, unsigned wanted, double *value, double *partials);
} Fixed;

typedef struct {
    const char *name;
    int (*apply)(const double *xs, ptrdiff_t n, double *value, double *partials,
                 unsigned char *present);
} Variadic;
"""


def table() -> str:
    """The text of the file."""
    reader, writer = Reader(), C()
    operations = reader.operations()
    fixed = [op for op in operations if isinstance(op, form.Fixed)]
    variadic = [op for op in operations if isinstance(op, form.Variadic)]
    functions = [writer.function(x) for x in reader.functions.values()]
    applied = [writer.fixed(op) for op in fixed] + [writer.variadic(op) for op in variadic]
    of_fixed = [f'{{"{op.name}", {len(op.partials)}, apply_{op.name}}}' for op in fixed]
    of_variadic = [f'{{"{op.name}", apply_{op.name}}}' for op in variadic]
    parts = [
        INTERFACE,
        *functions,
        *applied,
        array("Fixed", of_fixed),
        array("Variadic", of_variadic),
        "#endif\n",
    ]
    return "\n".join([HEAD + writer.needed(), *parts])


def array(kind: str, rows: list[str]) -> str:
    """The operations of a kind, and how many there are."""
    names = kind.upper()
    lines = [f"static const {kind} {names}[] = {{", *[f"    {row}," for row in rows], "};"]
    return "\n".join([*lines, f"enum {{ {names}_COUNT = sizeof {names} / sizeof *{names} }};", ""])


if __name__ == "__main__":
    FILE.write_text(table(), encoding="utf-8", newline="\n")
