"""Write down anew what follows from the table of operations: `python docs/operations.py`.

That is the README's table, and autograd/table.pyi, in which type checkers and editors see what the
package and its Values get from autograd/core/ops.py at run time. A test holds both to the table.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograd import Value
from autograd.core import ops
from autograd.core.operation import Variadic
from autograd.core.value import METHODS

if TYPE_CHECKING:
    from collections.abc import Callable

    Operation = Callable[..., Any]

ROOT = Path(__file__).parents[1]
README, STUB = ROOT / "README.md", ROOT / "autograd" / "table.pyi"
START, END = "<!-- operations: start -->\n", "<!-- operations: end -->\n"

# How the operations that Python has a notation for are written.
NOTATION = {
    "add": "x + y",
    "sub": "x - y",
    "mul": "x * y",
    "div": "x / y",
    "floordiv": "x // y",
    "mod": "x % y",
    "pow": "x ** y",
    "neg": "-x",
    "pos": "+x",
    "abs": "abs(x)",
    "round": "round(x)",
    "floor": "math.floor(x)",
    "ceil": "math.ceil(x)",
    "trunc": "math.trunc(x)",
}


def operations() -> dict[str, Operation]:
    """The public operations by name, in the order of autograd/core/ops.py."""
    return dict(ops.PUBLIC)


def call(name: str, f: Operation) -> str:
    """How the operation is called: "leaky_relu(x, slope=0.01)"."""
    if isinstance(f, Variadic):
        return f"{name}(xs)"
    parameters = inspect.signature(f).parameters.values()
    operands = [p.name if p.default is p.empty else f"{p.name}={p.default}" for p in parameters]
    return f"{name}({', '.join(operands)})"


def spellings(name: str, f: Operation) -> str:
    """How else it is written: in Python's notation, and as a method in all its names."""
    methods = [f".{m}()" for m, g in vars(Value).items() if g is f and not m.startswith("__")]
    notation = [NOTATION[name]] if name in NOTATION else []
    return ", ".join(f"`{spelling}`" for spelling in notation + methods)


def table() -> str:
    """The table in Markdown: a line for each operation, with the first line of its docstring."""
    lines = ["| operation | also written | what it is |", "|---|---|---|"]
    for name, f in operations().items():
        what = (f.__doc__ or "").splitlines()[0].replace("|", r"\|").replace("**", r"\*\*")
        lines.append(f"| `{call(name, f)}` | {spellings(name, f)} | {what} |")
    return "\n".join(lines) + "\n"


def stub() -> str:
    """What type checkers and editors read: the functions, and the methods of a Value."""
    public = sorted(ops.PUBLIC)
    methods = sorted(METHODS.items())
    lines = [
        "# Written by docs/operations.py from autograd/core/ops.py: run it, do not edit.",
        "",
        "from autograd.core import ops",
        "from autograd.core.ops import (",
        *[f"    {name} as {name}," for name in public],
        ")",
        "",
        "__all__ = [",
        *[f'    "{name}",' for name in public],
        "]",
        "",
        "class Methods:",
        *[f"    {name} = ops.{op.name}" for name, op in methods],
    ]
    return "\n".join(lines) + "\n"


def updated(text: str) -> str:
    """The README's text with the table between its two marks made anew."""
    before, rest = text.split(START)
    _, after = rest.split(END)
    return before + START + table() + END + after


if __name__ == "__main__":
    STUB.write_text(stub(), encoding="utf-8")
    README.write_text(updated(README.read_text(encoding="utf-8")), encoding="utf-8")
