"""What of the engine's own compiler the figures need besides its documented interface."""

from __future__ import annotations

from array import array
from functools import partial
from inspect import signature
from typing import TYPE_CHECKING, Any

from autograd import jit
from autograd.jit.table import CHUNK, Table
from benchmarks.peers import LLVMLITE, installed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from autograd import Value

PYTHON, NATIVE = "python", "llvm"  # back ends


def compiled(f: Callable[..., Any], **options: Any) -> Any:
    """`jit(f, threads=..., fastmath=...)`, of the options those that there are."""
    there = signature(jit).parameters
    return jit(f, **{name: option for name, option in options.items() if name in there})


def has_fastmath() -> bool:
    """Whether sums may be reordered on demand."""
    return "fastmath" in signature(jit).parameters


def on_back_end(f: Callable[..., Any], back_end: str) -> Any:
    """The function compiled by PYTHON or by NATIVE, however long it is; None if that is missing."""
    if back_end == NATIVE and not ("backend" in signature(jit).parameters and installed(LLVMLITE)):
        return None
    return compiled(f, backend=back_end)


def our_kernel(
    of_row: Any, parameters: Sequence[Value], columns: Sequence[Any]
) -> tuple[Callable[[], Sequence[float]], list[int]] | None:
    """The machine code of `of_row.sum(*columns)` and its derivatives alone, without Values around.

    A call gives sums, and a list says where among them the sum of the function is, then those of
    its derivatives by the parameters, in their order. None: there is no machine code.
    """
    of_row.sum(*columns)
    (path,) = of_row.report().paths
    table = Table.of(columns, copied=True)
    assert table is not None  # arrays of numbers
    machine = path.over_rows(table, recording=True).over_rows(table.width).machine
    code = machine.ready(table.count)
    if code is None:
        return None
    k, memory = code.kernel, code.take()
    inputs = code.inputs(table.memory, [x.data for x in path.captured])
    results = array("d", bytes(8 * k.width))
    where = (k.width, None, results.buffer_info()[0])
    run = partial(code.driver.sums, *inputs, *where, 0, 1, CHUNK, table.count, memory.address)
    places = {id(x): i for i, x in enumerate(path.captured, 1)}

    def call(held: object = (code, table, memory)) -> Sequence[float]:
        run()
        return results

    return call, [0, *[places[id(x)] for x in parameters]]
