"""The engines that this one is measured against, and which of them are installed."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

MICROGPT = "microgpt's way"
MICROGRAD = "micrograd"
STRANDS_MICROGPT = "strands-microgpt"
JAX = "jax"
CASADI = "casadi"
XAD = "xad"
TORCH = "torch"
NUMBA = "numba"
LLVMLITE = "llvmlite"
NUMPY = "numpy"


class TupleValue:
    """A node recorded the way microgpt does it, ints among its constants and all.

    Modelled on Karpathy's microgpt, "the most atomic way to train and run inference for a GPT in
    pure, dependency-free Python": the children stand in one tuple and the local derivatives in
    another, and backward sorts the graph by recursion.
    """

    __slots__ = ("children", "data", "grad", "local_grads")

    def __init__(
        self,
        data: float,
        children: tuple[TupleValue, ...] = (),
        local_grads: tuple[float, ...] = (),
    ) -> None:
        self.data = data
        self.grad = 0.0
        self.children = children
        self.local_grads = local_grads

    def __add__(self, other: TupleValue | float) -> TupleValue:
        other = other if isinstance(other, TupleValue) else TupleValue(other)
        return TupleValue(self.data + other.data, (self, other), (1, 1))

    def __sub__(self, other: TupleValue | float) -> TupleValue:
        return self + other * -1

    def __mul__(self, other: TupleValue | float) -> TupleValue:
        other = other if isinstance(other, TupleValue) else TupleValue(other)
        return TupleValue(self.data * other.data, (self, other), (other.data, self.data))

    def relu(self) -> TupleValue:
        """The larger of the number and 0."""
        return TupleValue(max(0, self.data), (self,), (float(self.data > 0),))

    def backward(self) -> None:
        """Add d self / d node to the `.grad` of every node, self included."""
        order: list[TupleValue] = []
        seen: set[TupleValue] = set()

        def visit(node: TupleValue) -> None:
            if node not in seen:
                seen.add(node)
                for child in node.children:
                    visit(child)
                order.append(node)

        visit(self)
        self.grad = 1
        for node in reversed(order):
            for child, local_grad in zip(node.children, node.local_grads):  # noqa: B905 - as there
                child.grad += local_grad * node.grad


def installed(package: str) -> str | None:
    """The version of a package, or None if it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def left_out(package: str) -> str:
    """The line that stands in place of a peer's figures."""
    return f"  left out: {package} is not installed"


def gpt_program() -> Any:
    """A fresh copy of the module with microgpt's whole program, unchanged.

    Its file is loaded alone, for the package around it imports much that it does not need.
    """
    package = find_spec("strands_microgpt")
    assert package is not None
    assert package.submodule_search_locations is not None
    path = Path(package.submodule_search_locations[0], "engine.py")
    spec = spec_from_file_location("microgpt_program", path)
    assert spec is not None
    assert spec.loader is not None
    program = module_from_spec(spec)
    spec.loader.exec_module(program)
    return program
