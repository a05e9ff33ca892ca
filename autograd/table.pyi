# Written by docs/operations.py from autograd/core/ops.py: run it, do not edit.

from autograd.core import ops
from autograd.core.ops import (
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
    log10 as log10,
    log1p as log1p,
    log2 as log2,
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

__all__ = [
    "abs",
    "acos",
    "acosh",
    "add",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cbrt",
    "ceil",
    "clip",
    "cos",
    "cosh",
    "digamma",
    "div",
    "dot",
    "elu",
    "erf",
    "erfc",
    "exp",
    "exp2",
    "expm1",
    "floor",
    "floordiv",
    "gamma",
    "gelu",
    "hypot",
    "leaky_relu",
    "lgamma",
    "log",
    "log10",
    "log1p",
    "log2",
    "log_sigmoid",
    "log_softmax",
    "logaddexp",
    "logsumexp",
    "maximum",
    "mean",
    "minimum",
    "mod",
    "mul",
    "neg",
    "norm",
    "normal_cdf",
    "normal_pdf",
    "polygamma",
    "pos",
    "pow",
    "prod",
    "reciprocal",
    "relu",
    "round",
    "sigmoid",
    "sign",
    "silu",
    "sin",
    "sinh",
    "softmax",
    "softplus",
    "sqrt",
    "square",
    "sub",
    "sum",
    "tan",
    "tanh",
    "trunc",
    "where",
]

class Methods:
    abs = ops.abs
    absolute = ops.abs
    acos = ops.acos
    acosh = ops.acosh
    add = ops.add
    arccos = ops.acos
    arccosh = ops.acosh
    arcsin = ops.asin
    arcsinh = ops.asinh
    arctan = ops.atan
    arctan2 = ops.atan2
    arctanh = ops.atanh
    asin = ops.asin
    asinh = ops.asinh
    atan = ops.atan
    atan2 = ops.atan2
    atanh = ops.atanh
    cbrt = ops.cbrt
    ceil = ops.ceil
    clip = ops.clip
    cos = ops.cos
    cosh = ops.cosh
    digamma = ops.digamma
    div = ops.div
    elu = ops.elu
    erf = ops.erf
    erfc = ops.erfc
    exp = ops.exp
    exp2 = ops.exp2
    expm1 = ops.expm1
    fabs = ops.abs
    floor = ops.floor
    floordiv = ops.floordiv
    gamma = ops.gamma
    gelu = ops.gelu
    hypot = ops.hypot
    leaky_relu = ops.leaky_relu
    lgamma = ops.lgamma
    log = ops.log
    log10 = ops.log10
    log1p = ops.log1p
    log2 = ops.log2
    log_sigmoid = ops.log_sigmoid
    logaddexp = ops.logaddexp
    maximum = ops.maximum
    minimum = ops.minimum
    mod = ops.mod
    mul = ops.mul
    neg = ops.neg
    normal_cdf = ops.normal_cdf
    normal_pdf = ops.normal_pdf
    pos = ops.pos
    pow = ops.pow
    reciprocal = ops.reciprocal
    relu = ops.relu
    rint = ops.round
    round = ops.round
    sigmoid = ops.sigmoid
    sign = ops.sign
    silu = ops.silu
    sin = ops.sin
    sinh = ops.sinh
    softplus = ops.softplus
    sqrt = ops.sqrt
    square = ops.square
    sub = ops.sub
    tan = ops.tan
    tanh = ops.tanh
    trunc = ops.trunc
