"""What of the engine's own compiler the figures need besides its documented interface."""

from __future__ import annotations

from array import array
from functools import partial
from typing import TYPE_CHECKING, Any

from autograd.compiler.table import CHUNK, Table
from autograd.many import row_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from autograd import Value


def our_kernel(
    of_row: Any, parameters: Sequence[Value], columns: Sequence[Any]
) -> tuple[Callable[[], Sequence[float]], list[int]]:
    """The machine code of `of_row.sum(*columns)` and its derivatives alone, without Values around.

    A call gives sums, and a list says where among them the sum of the function is, then those of
    its derivatives by the parameters, in their order.
    """
    of_row.sum(*columns)
    (path,) = of_row.report().paths
    table = Table.of(columns, copied=True)
    assert table is not None  # arrays of numbers
    machine = path.over_rows(table, recording=True).over_rows(table.width).machine
    code = machine.ready(table.count)
    assert code is not None  # for it was asked for: backend="llvm"
    k, memory = code.kernel, code.take()
    outside = row_of(path.captured)
    inputs = code.inputs(table.memory, outside)
    results = array("d", bytes(8 * k.written))
    where = (k.written, None, results.buffer_info()[0])
    run = partial(code.driver.sums, *inputs, *where, 0, 1, CHUNK, table.count, memory.address)
    places = {id(x): i for i, x in enumerate(path.captured, 1)}

    def call(held: object = (code, table, outside, memory)) -> Sequence[float]:
        run()
        return results

    return call, [0, *[places[id(x)] for x in parameters]]
