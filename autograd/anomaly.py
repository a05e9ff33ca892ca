"""Where the first nan or inf of a computation was made."""

from __future__ import annotations

import os
import sys
from math import isfinite
from typing import TYPE_CHECKING, Any

from autograd.core.graph import topological
from autograd.core.record import Mode, Node, Observer, current, edges_of
from autograd.modes import Switch, switched
from autograd.numbers.reals import describe

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from types import CodeType

    from autograd.core.operation import Op
    from autograd.core.value import Value

SHOWN = 8  # operands of one call in a message
_PACKAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "")


class AnomalyError(ArithmeticError):
    """An operation made a nan or an inf from finite numbers, within `detect_anomaly`."""


class detect_anomaly(Switch):  # noqa: N801 - used like a function, and named as in PyTorch
    """Within the block, the first operation that makes nan or inf from finite numbers raises.

    The error names the operation, its operands and the line of your program. So does a local
    derivative that is not finite, such as that of sqrt at 0. The sums and products of `backward`
    itself are not watched. Works as a decorator of plain functions too.

    >>> from autograd import Value, detect_anomaly, log
    >>> with detect_anomaly():
    ...     log(Value(-1.0, label="x"))
    Traceback (most recent call last):
    autograd.anomaly.AnomalyError: log(x=-1.0) is nan, ...
    """

    def block(self) -> AbstractContextManager[Mode]:
        """As it was, but watched."""
        return switched(observers=(*current().observers, Detector()))


class Detector(Observer):
    """Raises for an operation that makes nan or inf from finite numbers."""

    def operation(self, op: Op, operands: tuple[Any, ...], out: Node, recorded: bool) -> None:
        """Look at what was made."""
        if (trouble := _trouble(out)) is not None:
            raise AnomalyError(f"{trouble}, made from finite numbers at {users_line()}")


def _trouble(node: Node) -> str | None:
    """What is not finite about a node although its operands are, in words."""
    operands, partials = edges_of(node)
    if node.op is None or not all(isfinite(_number(x)) for x in operands):
        return None
    call = f"{node.op.name}({_listed(operands)})"
    if not isfinite(node._data):
        return f"{call} is {node._data}"
    for i, partial in enumerate(partials):
        if partial is not None and not isfinite(partial):
            return f"the derivative of {call} with respect to operand {i} is {partial}"
    return None


def _listed(operands: tuple[Node | float, ...]) -> str:
    """The operands of a call; of very many the first ones and the last."""
    if len(operands) <= SHOWN:
        return ", ".join(map(_shown, operands))
    first, last = operands[: SHOWN - 1], operands[-1]
    return f"{', '.join(map(_shown, first))}, ... {len(operands) - SHOWN} more, {_shown(last)}"


def _number(x: Node | float) -> float:
    return x._data if isinstance(x, Node) else x


def _shown(x: Node | float) -> str:
    label = f"{x.label}=" if isinstance(x, Node) and x.label else ""
    return f"{label}{_number(x)!r}"


def users_line() -> str:
    """The innermost line of the call stack that is not in this package.

    Cells of a notebook are run from files that are gone afterwards: a line is one of the cell.
    """
    frame = sys._getframe(1)
    while frame.f_back is not None and is_ours(frame.f_code):
        frame = frame.f_back
    return place_of(frame.f_code, frame.f_lineno)


def is_ours(code: CodeType) -> bool:
    """Whether code stands in a file of this package."""
    return code.co_filename.startswith(_PACKAGE)


def place_of(code: CodeType, line: int) -> str:
    """A line of code in words."""
    in_cell = f"{os.sep}ipykernel_" in code.co_filename
    where = f"line {line} of the cell" if in_cell else f"{code.co_filename}:{line}"
    return f"{where}, in {code.co_name}"


class Explanation:
    """Which node of a recorded computation is to blame for a nan, and why; prints as a sentence."""

    def __init__(self, node: Value, text: str) -> None:
        self.node = node
        self.text = text

    def __repr__(self) -> str:
        return self.text


def explain_nan(value: Value) -> Explanation | None:
    """The first node that made nan or inf from finite numbers on the way to `value`; None if none.

    A leaf that was nan or inf from the start counts too.

    >>> from autograd import Value, explain_nan, log
    >>> x = Value(-1.0, label="x")
    >>> explain_nan(2.0 * log(x) + 1.0)
    log(x=-1.0) is nan
    """
    if not isinstance(value, Node):
        raise TypeError(
            f"explain_nan: expected a Value, got {describe(value)}, which has no record to look at"
        )
    for node in topological(value):
        if node.op is None:
            if not isfinite(node._data):
                return Explanation(node, f"the leaf {_shown(node)} was not finite from the start")
        elif (trouble := _trouble(node)) is not None:
            return Explanation(node, trouble)
    return None
