"""Scalar reverse-mode automatic differentiation that can be read, drawn and trusted.

>>> from autograd import Value
>>> x = Value(2.0)
>>> y = x**3 - 2.0 * x
>>> y.backward()
>>> y.data, x.grad
(4.0, 10.0)

The operations abs, pow, round and sum are here too; `from autograd import *` leaves them out, so
that Python's functions of these names stay what they are.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from autograd import copies as copies, namesake
from autograd.core import ops
from autograd.core.operation import Op as Op
from autograd.core.value import Value as Value
from autograd.modes import no_grad as no_grad

if TYPE_CHECKING:
    from autograd.anomaly import (
        AnomalyError as AnomalyError,
        Explanation as Explanation,
        detect_anomaly as detect_anomaly,
        explain_nan as explain_nan,
    )
    from autograd.calculus.chain import gradients as gradients
    from autograd.calculus.transforms import (
        grad as grad,
        hessian as hessian,
        hvp as hvp,
        jacobian as jacobian,
        jvp as jvp,
        value_and_grad as value_and_grad,
        vjp as vjp,
    )
    from autograd.check import Report as Report, gradcheck as gradcheck
    from autograd.compiler import Compiled as Compiled, TraceError as TraceError, jit as jit
    from autograd.definition import op as op
    from autograd.pictures import (
        Picture as Picture,
        Player as Player,
        Why as Why,
        draw as draw,
        play as play,
        why as why,
    )
    from autograd.table import *  # noqa: F403 - the operations

__version__ = "0.1.0"

globals().update(ops.PUBLIC)

# What is not needed for numbers and their gradients is imported when it is first asked for.
LATER = {
    "anomaly": ("AnomalyError", "Explanation", "detect_anomaly", "explain_nan"),
    "calculus.chain": ("gradients",),
    "calculus.transforms": ("grad", "hessian", "hvp", "jacobian", "jvp", "value_and_grad", "vjp"),
    "check": ("Report", "gradcheck"),
    "compiler": ("Compiled", "TraceError", "jit"),
    "definition": ("op",),
    "pictures": ("Picture", "Player", "Why", "draw", "play", "why"),
}
ORIGIN = {name: f"autograd.{module}" for module, names in LATER.items() for name in names}

PUBLIC = {"Op", "Value", "no_grad", *ORIGIN, *ops.PUBLIC}
__all__ = sorted(PUBLIC - {"abs", "pow", "round", "sum"})


def __getattr__(name: str) -> Any:
    if name not in ORIGIN:
        raise AttributeError(f"module 'autograd' has no attribute {name!r}")
    thing = globals()[name] = getattr(import_module(ORIGIN[name]), name)
    return thing


def __dir__() -> list[str]:
    return sorted({*PUBLIC, "__version__"})


def _shown_in_a_notebook(value: Value, include: Any = None, exclude: Any = None) -> dict[str, Any]:
    from autograd.pictures.drawing import shown

    return shown(value, include, exclude)


setattr(Value, "_repr_mimebundle_", _shown_in_a_notebook)  # noqa: B010 - a type checker needs not know

namesake.warn()
