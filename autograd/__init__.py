"""Scalar reverse-mode automatic differentiation that can be read, drawn and trusted.

>>> from autograd import Value
>>> x = Value(2.0)
>>> y = x**3 - 2.0 * x
>>> y.backward()
>>> y.data, x.grad
(4.0, 10.0)
"""

from autograd.anomaly import AnomalyError as AnomalyError
from autograd.anomaly import Explanation as Explanation
from autograd.anomaly import detect_anomaly as detect_anomaly
from autograd.anomaly import explain_nan as explain_nan
from autograd.chain import gradients as gradients
from autograd.modes import no_grad as no_grad
from autograd.ops import abs as abs
from autograd.ops import acos as acos
from autograd.ops import acosh as acosh
from autograd.ops import add as add
from autograd.ops import asin as asin
from autograd.ops import asinh as asinh
from autograd.ops import atan as atan
from autograd.ops import atan2 as atan2
from autograd.ops import atanh as atanh
from autograd.ops import cbrt as cbrt
from autograd.ops import ceil as ceil
from autograd.ops import clip as clip
from autograd.ops import cos as cos
from autograd.ops import cosh as cosh
from autograd.ops import digamma as digamma
from autograd.ops import div as div
from autograd.ops import dot as dot
from autograd.ops import elu as elu
from autograd.ops import erf as erf
from autograd.ops import erfc as erfc
from autograd.ops import exp as exp
from autograd.ops import exp2 as exp2
from autograd.ops import expm1 as expm1
from autograd.ops import floor as floor
from autograd.ops import floordiv as floordiv
from autograd.ops import gamma as gamma
from autograd.ops import gelu as gelu
from autograd.ops import hypot as hypot
from autograd.ops import leaky_relu as leaky_relu
from autograd.ops import lgamma as lgamma
from autograd.ops import log as log
from autograd.ops import log10 as log10
from autograd.ops import log1p as log1p
from autograd.ops import log2 as log2
from autograd.ops import log_sigmoid as log_sigmoid
from autograd.ops import log_softmax as log_softmax
from autograd.ops import logaddexp as logaddexp
from autograd.ops import logsumexp as logsumexp
from autograd.ops import maximum as maximum
from autograd.ops import mean as mean
from autograd.ops import minimum as minimum
from autograd.ops import mod as mod
from autograd.ops import mul as mul
from autograd.ops import neg as neg
from autograd.ops import norm as norm
from autograd.ops import normal_cdf as normal_cdf
from autograd.ops import normal_pdf as normal_pdf
from autograd.ops import polygamma as polygamma
from autograd.ops import pos as pos
from autograd.ops import pow as pow
from autograd.ops import prod as prod
from autograd.ops import reciprocal as reciprocal
from autograd.ops import relu as relu
from autograd.ops import round as round
from autograd.ops import sigmoid as sigmoid
from autograd.ops import sign as sign
from autograd.ops import silu as silu
from autograd.ops import sin as sin
from autograd.ops import sinh as sinh
from autograd.ops import softmax as softmax
from autograd.ops import softplus as softplus
from autograd.ops import sqrt as sqrt
from autograd.ops import square as square
from autograd.ops import sub as sub
from autograd.ops import sum as sum
from autograd.ops import tan as tan
from autograd.ops import tanh as tanh
from autograd.ops import trunc as trunc
from autograd.ops import where as where
from autograd.record import Op as Op
from autograd.record import op as op
from autograd.transforms import grad as grad
from autograd.transforms import hessian as hessian
from autograd.transforms import hvp as hvp
from autograd.transforms import jacobian as jacobian
from autograd.transforms import jvp as jvp
from autograd.transforms import value_and_grad as value_and_grad
from autograd.transforms import vjp as vjp
from autograd.value import Value as Value

__version__ = "0.1.0"
