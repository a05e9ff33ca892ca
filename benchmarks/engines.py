"""How the same program runs on each eager engine: its numbers, its backward, its gradients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from importlib import import_module
from typing import Any, NamedTuple

import autograd
from benchmarks.peers import MICROGPT, MICROGRAD, TORCH, XAD, TupleValue, installed, left_out
from benchmarks.timing import settled

OURS = "ours"
TORCH_SCALARS = "torch scalars"

# The engines have no type in common that says all that is used of them, so: Any.
Program = Callable[[], Sequence[Any]]


class Engine(NamedTuple):
    """What a program needs of an engine.

    `differentiate(program, parameters)` runs a program, leaves the gradient of the sum of its
    results with the parameters, where `gradient` finds it, and gives the results as floats.
    """

    parameter: Callable[[float], Any]  # a number to differentiate by
    number: Callable[[float], Any]  # any other
    differentiate: Callable[[Program, Sequence[Any]], list[float]]
    gradient: Callable[[Any], float]
    functions: Any = None  # a module with sqrt, log, exp and erf


def by_backward(program: Program, parameters: Sequence[Any]) -> list[float]:
    """Differentiate as one does with Values."""
    for p in parameters:
        p.grad = 0.0
    results = program()
    for result in results:
        result.backward()
    return [float(result.data) for result in results]


def of_values(value: Callable[[float], Any], functions: Any = None) -> Engine:
    """An engine whose numbers are used like micrograd's."""
    return Engine(value, value, by_backward, lambda p: float(p.grad), functions)


def micrograd() -> Engine:
    """The engine that this one is most often compared with."""
    return of_values(import_module("micrograd.engine").Value)


def torch_scalars() -> Engine:
    """PyTorch with a tensor for each number, which is not what it is made for."""
    torch = import_module("torch")
    torch.set_num_threads(1)  # the others have one too
    number = partial(torch.tensor, dtype=torch.float64)

    def differentiate(program: Program, parameters: Sequence[Any]) -> list[float]:
        for p in parameters:
            p.grad = None
        results = program()
        torch.autograd.backward(results)
        return [result.item() for result in results]

    return Engine(
        partial(number, requires_grad=True), number, differentiate, lambda p: p.grad.item(), torch
    )


def xad_reals() -> Engine:
    """XAD's Python binding: numbers that are written on a tape in C++, which is used again."""
    adjoint = import_module("xad.adj_1st")
    tape = adjoint.Tape()
    tape.activate()

    def relu(x: Any) -> Any:
        return x if x.getValue() > 0.0 else 0.0

    # It has none; `max` of XAD and of Python take five times as long.
    adjoint.Real.relu = relu

    def parameter(x: float) -> Any:
        real = adjoint.Real(x)
        tape.registerInput(real)
        return real

    def differentiate(program: Program, parameters: Sequence[Any]) -> list[float]:
        tape.newRecording()  # sets the gradients to zero, too
        results = program()
        for result in results:
            tape.registerOutput(result)
            result.setDerivative(1.0)
        tape.computeAdjoints()
        return [result.getValue() for result in results]

    functions = import_module("xad.math")
    return Engine(parameter, adjoint.Real, differentiate, adjoint.Real.getDerivative, functions)


# Which package an engine needs, and how it is made. Once: XAD allows one tape at a time.
MAKERS: dict[str, tuple[str | None, Callable[[], Engine]]] = {
    OURS: (None, partial(of_values, autograd.Value, autograd)),
    MICROGPT: (None, partial(of_values, TupleValue)),
    MICROGRAD: (MICROGRAD, micrograd),
    XAD: (XAD, xad_reals),
    TORCH_SCALARS: (TORCH, torch_scalars),
}


@cache
def engine(name: str) -> Engine:
    """One engine, whose package is installed."""
    made = MAKERS[name][1]()
    settled()
    return made


def engines() -> dict[str, Engine]:
    """All engines whose packages are installed, ours first."""
    packages = {name: package for name, (package, _) in MAKERS.items()}
    return {name: engine(name) for name, p in packages.items() if p is None or installed(p)}


def absent() -> list[str]:
    """A line for each engine that is left out."""
    packages = [package for package, _ in MAKERS.values()]
    return [left_out(package) for package in packages if package and not installed(package)]


def gradients(of: Engine, parameters: Sequence[Any]) -> list[float]:
    """What `differentiate` has left with the parameters."""
    return [of.gradient(p) for p in parameters]
