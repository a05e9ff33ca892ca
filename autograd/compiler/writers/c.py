"""C: what form.py is made of, written in C11 that needs the C library alone.

With contraction off (`-ffp-contract=off`) the numbers have Python's bits. The C library's functions
are called through volatile pointers, or a compiler that knows them would compute some results
itself (log(2.0), pow(x, 2.0) as x * x), to other bits than the library's.
"""

from __future__ import annotations

import math
from textwrap import wrap
from typing import TYPE_CHECKING

from autograd.compiler.writers import form
from autograd.compiler.writers.form import Kind, assigned
from autograd.core.ops import TABLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

TYPES = {Kind.NUMBER: "double", Kind.TRUTH: "int", Kind.INDEX: "ptrdiff_t"}
STRUCTS = {2: "Two", 3: "Three", 4: "Four"}  # for functions that give several numbers
FIELDS = "abcd"

EXACT = {"fabs", "copysign", "fmod", "sqrt", "isfinite", "isinf"}  # there is but one right result
WHOLE = {"floor", "ceil", "trunc"}  # Python's give an int, which has no negative zero
BINARY = {"pow", "atan2", "hypot"}  # of the functions of the C library that are called

# Names that mean something else in C, in its library, or in what is written around a function.
TAKEN = {"wanted", "value", "partials", "present", "result", "room", "work", "most", "r", "row"}
TAKEN |= {"exp", "log", "pow", "div", "abs", "floor", "ceil", "round", "gamma", "y0", "y1", "index"}
TAKEN |= {"double", "int", "long", "short", "char", "float", "default", "signed", "near", "far"}

# How tightly an expression holds together.
CHOICE, OR, AND, RELATION, SUM, PRODUCT, UNARY, ATOM = range(8)

INCLUDES = """\
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

"""

POINTERS = """\
/* Functions of the C library, through pointers that no compiler sees through: it would compute
   some results itself, to other bits. */
"""

STAND_INS = {
    "binade": """\
/* The power of two at or below x > 0. */
static double c_binade(double x)
{
    int exponent;
    frexp(x, &exponent);
    return ldexp(0.5, exponent);
}
""",
    # The decimal digits, which the C library gives exactly, and rounds as Python's: to even.
    "round": """\
/* x rounded to digits after the point as by Python's round, but inf where that raises. */
static double c_round(double x, double digits)
{
    char text[800]; /* a double has 767 digits at most */
    if (digits == 0.0)
        return nearbyint(x);
    if (!isfinite(x) || x == 0.0 || digits > 323.0)
        return x;
    if (digits < -308.0)
        return 0.0 * x;
    snprintf(text, sizeof text, "%.770e", fabs(x));
    /* How many digits stay after the first; where that is the first to go, it decides. */
    int stay = atoi(strchr(text, 'e') + 1) + (int)digits;
    int up = text[0] > '5' || (text[0] == '5' && text[2 + strspn(text + 2, "0")] != 'e');
    if (stay > 770)
        return x;
    if (stay < 0)
        snprintf(text, sizeof text, stay == -1 && up ? "1e%d" : "0e%d", -(int)digits);
    else
        snprintf(text, sizeof text, "%.*e", stay, fabs(x));
    return copysign(strtod(text, NULL), x);
}
""",
}


class C:
    """A writer of C, which notes what its functions need of the C library."""

    def __init__(self) -> None:
        self.library: set[str] = set()

    # Expressions --------------------------------------------------------------------------------

    def text(self, x: form.Expression, least: int = CHOICE) -> str:
        """An expression, in parentheses where it holds together less tightly than it has to."""
        text, level = self.expression(x)
        return text if level >= least else f"({text})"

    def expression(self, x: form.Expression) -> tuple[str, int]:
        """An expression, and how tightly it holds together."""
        match x:
            case form.Constant(known):
                return self.number(known), UNARY if math.copysign(1.0, known) < 0.0 else ATOM
            case form.Name():
                return name(x), ATOM
            case form.Arithmetic(sign, a, b):
                level = SUM if sign in "+-" else PRODUCT
                return f"{self.text(a, level)} {sign[0]} {self.text(b, level + 1)}", level
            case form.Negative(a):
                return f"-{self.text(a, ATOM)}", UNARY
            case form.Relation(sign, a, b):
                return f"{self.text(a, SUM)} {sign} {self.text(b, SUM)}", RELATION
            case form.Logic(word, parts):
                sign, level = (" && ", AND) if word == "and" else (" || ", OR)
                return sign.join([self.text(part, RELATION) for part in parts]), level
            case form.Not(a):
                return f"!{self.text(a, ATOM)}", UNARY
            case form.Choice(test, a, b):
                return f"{self.text(test, OR)} ? {self.text(a, OR)} : {self.text(b)}", CHOICE
            case form.Call(function, arguments):
                return self.call(function, ", ".join(map(self.text, arguments)))
            case form.Element(xs, index):
                return f"{name(xs)}[{self.text(index)}]", ATOM
            case form.Length(xs):
                return f"{name(xs)}_n", ATOM
            case form.View(xs, start, length):  # an argument: where it begins, and its length
                begin = (
                    name(xs) if start == form.Constant(0) else f"{name(xs)} + {self.text(start)}"
                )
                return f"{begin}, {self.text(length)}", ATOM

    def number(self, x: float) -> str:
        """A constant."""
        if x != x:
            return "NAN"
        if math.isinf(x):
            return "INFINITY" if x > 0.0 else "-INFINITY"
        return str(int(x)) if isinstance(x, bool) else repr(x)

    def call(self, function: form.Function | form.Primitive, listed: str) -> tuple[str, int]:
        """A call with these arguments."""
        if isinstance(function, form.Function):
            return f"{function_name(function)}({listed})", ATOM
        if function.name in EXACT:
            return f"{function.name}({listed})", ATOM
        if function.name in WHOLE:
            return f"{function.name}({listed}) + 0.0", SUM
        self.library.add(function.name)
        return f"c_{function.name}({listed})", ATOM

    # Statements ---------------------------------------------------------------------------------

    def block(self, body: Iterable[form.Statement], declared: set[form.Name]) -> list[str]:
        """The lines of some statements, which declare the names that are not `declared`."""
        return [f"    {line}" for x in body for line in self.statement(x, declared)]

    def statement(self, statement: form.Statement, declared: set[form.Name]) -> list[str]:
        match statement:
            case form.Assign(to, value):
                kind = "" if to in declared else f"{TYPES[to.kind]} "
                declared.add(to)
                return [f"{kind}{name(to)} = {self.text(value)};"]
            case form.Unpack(names, call):
                pairs = zip(names, FIELDS, strict=False)
                parts = [f"{name(to)} = r.{part};" for to, part in pairs if to is not None]
                kind = STRUCTS[len(call.function.results)]
                return [f"{{ const {kind} r = {self.text(call)}; {' '.join(parts)} }}"]
            case form.If(test, body, orelse):
                rest = ["} else {", *self.block(orelse, declared)] if orelse else []
                return [f"if ({self.text(test)}) {{", *self.block(body, declared), *rest, "}"]
            case form.While(test, body):
                return [f"while ({self.text(test)}) {{", *self.block(body, declared), "}"]
            case form.Count(index, limit, body):
                i = name(index)
                head = f"for (ptrdiff_t {i} = 0; {i} < {self.text(limit, SUM)}; {i}++) {{"
                return [head, *self.block(body, declared), "}"]
            case form.Rows():
                return self.rows(statement, declared)
            case form.NewList(xs):
                start, count = f"double *{name(xs)} = work;", f"ptrdiff_t {name(xs)}_n = 0;"
                return [f"{start} {count} work += most;"]
            case form.Append(xs, None):
                return [f"present[{name(xs)}_n++] = 0;"]
            case form.Append(xs, value):
                assert value is not None  # for mypy, which does not take it from the case before
                known = f" present[{name(xs)}_n] = 1;" if xs == form.RESULT else ""
                return [f"{name(xs)}[{name(xs)}_n] = {self.text(value)};{known} {name(xs)}_n++;"]
            case form.Return((value,)):
                return [f"return {self.text(value)};"]
            case form.Return(values):
                return [f"return ({STRUCTS[len(values)]}){{{', '.join(map(self.text, values))}}};"]

    def rows(self, statement: form.Rows, declared: set[form.Name]) -> list[str]:
        """A loop over constants, a table of them for each name."""
        lines, entered = ["{"], []
        for to, column in zip(statement.names, zip(*statement.rows, strict=True), strict=True):
            if to is not None:
                numbers = wrap(", ".join(map(self.number, column)), 80)
                lines.append(f"    static const double {name(to)}_[] = {{")
                lines += [*[f"        {line}" for line in numbers], "    };"]
                entered.append(f"        {name(to)} = {name(to)}_[row];")
        lines.append(f"    for (int row = 0; row < {len(statement.rows)}; row++) {{")
        body = [f"    {line}" for line in self.block(statement.body, declared)]
        return [*lines, *entered, *body, "    }", "}"]

    def body(self, body: Sequence[form.Statement], parameters: Iterable[form.Name]) -> list[str]:
        """The lines of a function: what a block assigns first is declared before all of them."""
        declared, first = set(parameters), dict[form.Name, None]()
        known = set(declared)
        for statement in body:
            found = [x for x in assigned(statement) if x not in known]
            known.update(found)
            if not isinstance(statement, form.Assign):
                first.update(dict.fromkeys(found))
        by_type = [(of, [name(x) for x in first if x.kind is kind]) for kind, of in TYPES.items()]
        lines = [f"    {of} {', '.join(names)};" for of, names in by_type if names]
        return [*lines, *self.block(body, declared | first.keys())]

    # Functions ----------------------------------------------------------------------------------

    def function(self, function: form.Function) -> str:
        """A function that was read."""
        results = function.results
        kind = TYPES[results[0]] if len(results) == 1 else STRUCTS[len(results)]
        parameters = ", ".join([parameter(x) for x in function.parameters])
        lines = self.body(function.body, function.parameters)
        return f"static {kind} {function_name(function)}({parameters})\n{braces(lines)}"

    def fixed(self, op: form.Fixed) -> str:
        """`apply` of an operation of a fixed number of operands."""
        operands = [name(x) for x in op.forward.parameters]
        given = ", ".join([f"{x} = xs[{i}]" for i, x in enumerate(operands)])
        lines = [f"const double {given}, out = {function_name(op.forward)}({', '.join(operands)});"]
        lines.append("*value = out;")
        always = sum([1 << i for i, x in enumerate(op.partials) if x.value and not x.off])
        returned = f"wanted & {always}u" if always else "0"
        if any(x.off for x in op.partials):
            lines.append(f"unsigned present = {returned};")
            returned = "present"
        if not any(x.value for x in op.partials):
            lines.append("(void)wanted, (void)partials;")
        for i, partial in enumerate(op.partials):
            lines += self.partial(i, partial)
        head = "const double *xs, unsigned wanted, double *value, double *partials"
        lines.append(f"return {returned};")
        return f"static unsigned apply_{op.name}({head})\n" + braces([f"    {x}" for x in lines])

    def partial(self, i: int, partial: form.Partial) -> list[str]:
        """The lines that compute a partial where it is wanted."""
        if partial.value is None:
            return []
        line, test = f"partials[{i}] = {self.text(partial.value)};", f"wanted & {1 << i}u"
        if partial.off is None:
            return [f"if ({test})", f"    {line}"]
        on = f"({test}) && {self.text(form.Not(partial.off), RELATION)}"
        return [f"if ({on}) {{", f"    {line}", f"    present |= {1 << i}u;", "}"]

    def variadic(self, op: form.Variadic) -> str:
        """`apply` of an operation of any number of operands."""
        (xs,) = op.forward.parameters
        lists = sum([isinstance(x, form.NewList) for x in op.rule])
        lines = [
            f"const double out = {function_name(op.forward)}({name(xs)}, {name(xs)}_n);",
            "*value = out;",
            "if (result == NULL)",
            "    return 0;",
            "ptrdiff_t result_n = 0;",
        ]
        if lists:
            lines += [
                f"double room[64], *work = room; /* for {lists} lists */",
                f"const ptrdiff_t most = {name(xs)}_n + 1;",
                f"if ({lists} * most > 64)",
                f"    work = malloc({lists} * most * sizeof *work);",
                "if (work == NULL)",
                "    return -1;",
                "double *const begin = work;",
            ]
        body = self.body(op.rule, [xs, form.Name("out", Kind.NUMBER)])
        end = ["if (begin != room)", "    free(begin);"] if lists else []
        head = f"{parameter(xs)}, double *value, double *result,\n    unsigned char *present"
        lines = [*[f"    {x}" for x in lines], *body, *[f"    {x}" for x in (*end, "return 0;")]]
        return f"static int apply_{op.name}({head})\n{braces(lines)}"

    # Around them --------------------------------------------------------------------------------

    def needed(self) -> str:
        """What stands before the functions that have been written."""
        pointers = [
            f"static double (*volatile c_{of})(double{', double' * (of in BINARY)}) = {of};\n"
            for of in sorted(self.library - STAND_INS.keys())
        ]
        stand_ins = [f"\n{text}" for of, text in STAND_INS.items() if of in self.library]
        return "".join([INCLUDES, POINTERS, *pointers, *stand_ins, "\n", structs()])


# Small questions --------------------------------------------------------------------------------


def structs() -> str:
    """The types of what functions give that give several numbers."""
    return "".join(
        [
            f"typedef struct {{ double {', '.join(FIELDS[:n])}; }} {of};\n"
            for n, of in STRUCTS.items()
        ]
    )


def name(x: form.Name) -> str:
    return f"{x.name}_" if x.name in TAKEN and x != form.RESULT else x.name


def function_name(function: form.Function) -> str:
    """What a function is called: forward functions of the table f_NAME, others by their module."""
    is_forward = function.module == "ops" and function.name in TABLE
    return f"f_{function.name}" if is_forward else f"{function.module}_{function.name}"


def parameter(x: form.Name) -> str:
    if x.kind is Kind.LIST:
        return f"const double *{name(x)}, ptrdiff_t {name(x)}_n"
    return f"{TYPES[x.kind]} {name(x)}"


def braces(lines: Iterable[str]) -> str:
    return "\n".join(["{", *lines, "}\n"])
