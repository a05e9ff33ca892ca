"""The machine code of a training step of moons alone, beside C written by hand."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd import Value
from benchmarks import moons as network
from benchmarks.figures import Bar
from benchmarks.machine.c import library
from benchmarks.machine.contest import OURS, C, Contest, Form, pointers, programs_of
from benchmarks.machine.moons import ROWS, columns, of_row_of
from benchmarks.machine.ours import our_kernel
from benchmarks.peers import LLVMLITE, installed, left_out

if TYPE_CHECKING:
    from benchmarks.machine.contest import Terms

MANY_THREADS = False  # there is too little to do
BARS = {C: Bar(most=2.0)}


def report(terms: Terms) -> str:
    """How our time compares with that of C."""
    net = network.network(Value)
    parameters = network.parameters(net)
    makers = {OURS: lambda _: ours(net), C: lambda _: by_hand(parameters)}
    missing = [] if installed(LLVMLITE) else [left_out(LLVMLITE)]
    if missing:
        del makers[OURS]
    programs, notes = programs_of(makers)
    contest = Contest(programs, BARS, notes=[*missing, *notes])
    return "\n".join(
        [
            f"kernel: {ROWS} rows of the moons network, the sums of the loss and of its "
            f"{len(parameters)} partial derivatives",
            contest.table(terms, [eager(net)]),
        ]
    )


def eager(net: Any) -> list[float]:
    """The sums, operation by operation."""
    parameters = network.parameters(net)
    total = Value(0.0)
    for x, y, side in zip(*columns(), strict=True):
        total = total + (network.score(net, [float(x), float(y)]) * -float(side) + 1.0).relu()
    total.backward()
    sums = [total.data, *(p.grad for p in parameters)]
    for p in parameters:
        p.grad = 0.0
    return sums


def ours(net: Any) -> list[Form]:
    """What the compiler made of it."""
    of_row = of_row_of(net, threads=1, backend="llvm")
    call, places = our_kernel(of_row, network.parameters(net), columns())
    return [Form("machine code", call, lambda sums: [np.array(sums)[places]])]


def by_hand(parameters: list[Any]) -> list[Form]:
    """The three ways of moons.c."""
    given = [np.array([p.data for p in parameters]), *columns()]

    def form(name: str) -> Form:
        function = getattr(library("moons"), name)
        function.restype = None
        arrays = [*given, np.empty(1 + len(parameters))]
        return Form(name, partial(function, *pointers(*arrays)), lambda _: arrays[-1:])

    return [form(name) for name in ("blocks", "layers", "plain")]
