"""Scalar reverse-mode automatic differentiation that can be read, drawn and trusted.

>>> from autograd import Value
>>> x = Value(2.0)
>>> y = x**3 - 2.0 * x
>>> y.backward()
>>> y.data, x.grad
(4.0, 10.0)
"""

from autograd import namesake
from autograd.anomaly import (
    AnomalyError as AnomalyError,
    Explanation as Explanation,
    detect_anomaly as detect_anomaly,
    explain_nan as explain_nan,
)
from autograd.chain import gradients as gradients
from autograd.check import Report as Report, gradcheck as gradcheck
from autograd.modes import no_grad as no_grad
from autograd.operation import Op as Op, op as op
from autograd.ops import (
    abs as abs,
    acos as acos,
    acosh as acosh,
    add as add,
    asin as asin,
    asinh as asinh,
    atan as atan,
    atan2 as atan2,
    atanh as atanh,
    cbrt as cbrt,
    ceil as ceil,
    clip as clip,
    cos as cos,
    cosh as cosh,
    digamma as digamma,
    div as div,
    dot as dot,
    elu as elu,
    erf as erf,
    erfc as erfc,
    exp as exp,
    exp2 as exp2,
    expm1 as expm1,
    floor as floor,
    floordiv as floordiv,
    gamma as gamma,
    gelu as gelu,
    hypot as hypot,
    leaky_relu as leaky_relu,
    lgamma as lgamma,
    log as log,
    log1p as log1p,
    log2 as log2,
    log10 as log10,
    log_sigmoid as log_sigmoid,
    log_softmax as log_softmax,
    logaddexp as logaddexp,
    logsumexp as logsumexp,
    maximum as maximum,
    mean as mean,
    minimum as minimum,
    mod as mod,
    mul as mul,
    neg as neg,
    norm as norm,
    normal_cdf as normal_cdf,
    normal_pdf as normal_pdf,
    polygamma as polygamma,
    pos as pos,
    pow as pow,
    prod as prod,
    reciprocal as reciprocal,
    relu as relu,
    round as round,
    sigmoid as sigmoid,
    sign as sign,
    silu as silu,
    sin as sin,
    sinh as sinh,
    softmax as softmax,
    softplus as softplus,
    sqrt as sqrt,
    square as square,
    sub as sub,
    sum as sum,
    tan as tan,
    tanh as tanh,
    trunc as trunc,
    where as where,
)
from autograd.transforms import (
    grad as grad,
    hessian as hessian,
    hvp as hvp,
    jacobian as jacobian,
    jvp as jvp,
    value_and_grad as value_and_grad,
    vjp as vjp,
)
from autograd.value import Value as Value

__version__ = "0.1.0"

namesake.warn()
