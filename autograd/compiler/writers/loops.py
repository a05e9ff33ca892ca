"""Rules for numbers, written in C as loops over rows of them.

A rule is a method f(self, x, g, *state) that gives x and the state anew, as one of an optimiser
does. A file in C includes the header that `header` gives, and calls the loop of one of its RULES.

Python raises an error where it divides by 0 or takes the root of a negative number. A loop sets
`lost` there, and what it has written is to be thrown away.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograd.compiler.writers import form
from autograd.compiler.writers.c import ATOM, FIELDS, STRUCTS, C, braces, function_name, structs
from autograd.compiler.writers.form import Kind
from autograd.compiler.writers.reader import Reader
from autograd.compiler.writers.source import SOURCES, Source, source_of

if TYPE_CHECKING:
    from collections.abc import Mapping

HEAD = """\
/* Rules in C, each as a loop over the numbers of many parameters.

   Written by `python -m {}` from the rules in Python: do not edit.
   Compiled with contraction off (-ffp-contract=off), all numbers have Python's bits. */

#include <math.h>
#include <stddef.h>

"""

INTERFACE = """\
typedef struct {
    const char *name;
    void (*apply)(ptrdiff_t n, double *const *rows, const double *own); /* changes the rows */
    int rows;                 /* x, g and the state */
    int asked;                /* numbers that the rule asks of its object: `own` */
    const char *const *names; /* of these */
} Rule;

static int lost; /* whether Python would have raised an error: set to 0 before */

static inline double quotient(double x, double y)
{
    lost |= y == 0.0;
    return x / y;
}

static inline double root(double x)
{
    lost |= x < 0.0;
    return sqrt(x);
}
"""


class Loops(C):
    """A writer of C that notes where Python would raise an error."""

    def expression(self, x: form.Expression) -> tuple[str, int]:
        """An expression, and how tightly it holds together."""
        match x:
            case form.Arithmetic("/", a, b):
                return f"quotient({self.text(a)}, {self.text(b)})", ATOM
            case form.Call(form.Primitive("sqrt"), (a,)):
                return f"root({self.text(a)})", ATOM
        return super().expression(x)

    def loop(self, name: str, rule: form.Function) -> str:
        """A rule applied to rows in place, each of which is memory of its own."""
        x, _, *state = rows = rows_of(rule)
        asked = [x.name for x in rule.parameters[len(rows) :]]
        lines = [f"double *restrict {row} = rows[{i}];" for i, row in enumerate(rows)]
        lines += [f"const double {of} = own[{i}];" for i, of in enumerate(asked)]
        numbers = ", ".join([*[f"{row}[i]" for row in rows], *asked])
        kind = STRUCTS[len(rule.results)]
        changed = zip([x, *state], FIELDS, strict=False)
        lines += [
            "for (ptrdiff_t i = 0; i < n; i++) {",
            f"    const {kind} r = {function_name(rule)}({numbers});",
            f"    {' '.join([f'{row}[i] = r.{part};' for row, part in changed])}",
            "}",
        ]
        names = ", ".join([f'"{of.removeprefix("self_")}"' for of in asked])
        head = "ptrdiff_t n, double *const *rows, const double *own"
        body = braces([f"    {line}" for line in lines])
        return (
            f"static void apply_{name}({head})\n{body}\n"
            f"static const char *const names_{name}[] = {{{names}}};\n"
        )


def rows_of(rule: form.Function) -> list[str]:
    """The parameters of a rule that stand for rows: those that are no numbers of its object."""
    return [x.name for x in rule.parameters if not x.name.startswith("self_")]


def header(rules: Mapping[Any, str], command: str) -> str:
    """The text of a header for rules, by their names in RULES, and the command that writes it."""
    reader, writer, read = Reader(), Loops(), {}
    for rule, name in rules.items():
        if (of := rule.__module__) not in SOURCES:
            SOURCES[of] = Source(Path(sys.modules[of].__file__ or "").read_text(encoding="utf-8"))
        numbers = len(source_of(rule).args.args) - 1  # but for self
        read[name] = reader.function(rule, (Kind.NUMBER,) * numbers)
    entries = [
        f'    {{"{name}", apply_{name}, {(n := len(rows_of(f)))}, {len(f.parameters) - n}, '
        f"names_{name}}},"
        for name, f in read.items()
    ]
    parts = [
        HEAD.format(command) + structs(),
        INTERFACE,
        *[writer.function(f) for f in reader.functions.values()],
        *[writer.loop(name, f) for name, f in read.items()],
        "\n".join(["static const Rule RULES[] = {", *entries, "};", ""]),
    ]
    return "\n".join(parts)
