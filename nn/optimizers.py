"""More optimisers, and gradients made shorter before a step.

Adagrad, RMSProp and AdamW find a length of step for every parameter by itself. Each divides the
gradient g by about its usual size, which it tells from the squares of the gradients before. `Adam`,
the best known of them, stands in `nn/optim.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import hypot, isfinite, isnan, sqrt

from autograd import Value
from autograd.many import grads_of, scatter_grads
from autograd.numbers.reals import not_negative, positive
from nn.checks import name_of
from nn.optim import Adam, Optimizer
from nn.rules import Row, in_c


class Adagrad(Optimizer):
    """Steps that grow shorter the more a parameter has moved: x = x - lr * g / (sqrt(s) + epsilon).

    s is the sum of g**2 over all steps so far (Duchi, Hazan and Singer 2011).

    >>> from autograd import Value
    >>> x = Value(10.0)
    >>> optimizer = Adagrad([x], lr=1.0)
    >>> for _ in range(4):
    ...     _ = optimizer.minimize(lambda: 3.0 * x)
    ...     print(round(x.data, 3))
    9.0
    8.293
    7.716
    7.216
    """

    remembers = ("squares",)
    squares: Row

    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float = 0.01,
        *,
        epsilon: float = 1e-10,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, lr, weight_decay)
        self.epsilon = positive(f"{self.name}: epsilon", epsilon)

    @in_c
    def rule(self, x: float, g: float, s: float) -> tuple[float, float]:
        g = g + self.weight_decay * x
        s = s + g * g
        return x - self.lr * g / (sqrt(s) + self.epsilon), s


class RMSProp(Optimizer):
    """Steps of lr * g / (sqrt(s) + epsilon), where s is a running mean of g**2 (Hinton 2012).

    s = alpha * s + (1 - alpha) * g**2. Centred, the square of the running mean of g is taken from
    s, which leaves its variance. With momentum the steps add up as in `SGD`.

    >>> from autograd import Value
    >>> x, y = Value(1.0), Value(1.0)
    >>> _ = RMSProp([x, y], lr=0.01, alpha=0.99).minimize(lambda: 1000.0 * x**2 + y**2)
    >>> round(x.data, 6), round(y.data, 6)
    (0.9, 0.9)
    """

    remembers = ("squares", "means", "velocities")
    squares: Row
    means: Row
    velocities: Row

    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float = 0.01,
        *,
        alpha: float = 0.99,
        epsilon: float = 1e-8,
        momentum: float = 0.0,
        centered: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, lr, weight_decay)
        self.alpha = not_negative(f"{self.name}: alpha", alpha, below=1.0)
        self.epsilon = positive(f"{self.name}: epsilon", epsilon)
        self.momentum = not_negative(f"{self.name}: momentum", momentum, below=1.0)
        self.centered = centered

    @in_c
    def rule(
        self, x: float, g: float, s: float, m: float, v: float
    ) -> tuple[float, float, float, float]:
        g = g + self.weight_decay * x
        s = self.alpha * s + (1.0 - self.alpha) * g * g
        spread = s
        if self.centered:
            m = self.alpha * m + (1.0 - self.alpha) * g
            spread = max(s - m * m, 0.0)  # rounding alone can make a variance negative
        v = self.momentum * v + g / (sqrt(spread) + self.epsilon)
        return x - self.lr * v, s, m, v


class AdamW(Adam):
    """Adam with weight decay of its own: each step first takes lr * weight_decay * x from x.

    In `Adam` the decay is a part of g and is divided by its usual size like the rest, so that it
    hardly matters how large it is; here it shrinks all parameters alike (Loshchilov and Hutter
    2019).

    >>> from autograd import Value
    >>> x, y = Value(1.0), Value(4.0)
    >>> optimizer = AdamW([x, y], lr=0.1, weight_decay=0.5)
    >>> optimizer.step()  # no gradient, and all the same
    >>> x.data, y.data
    (0.95, 3.8)
    """

    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float = 0.001,
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        super().__init__(parameters, lr, betas=betas, epsilon=epsilon)
        self.decay = not_negative(f"{self.name}: weight_decay", weight_decay)  # none in g

    @in_c
    def rule(self, x: float, g: float, m: float, s: float) -> tuple[float, float, float]:
        return Adam.rule(self, x * (1.0 - self.lr * self.decay), g, m, s)


# Gradients made shorter --------------------------------------------------------------------------


def clip_grad_norm(parameters: Iterable[Value], most: float) -> float:
    """The length of all gradients together, as a vector; a longer one than `most` is shortened.

    All are multiplied by most / (norm + 1e-6) if that is below 1, so the direction stays. The 1e-6
    is PyTorch's, kept to give the same numbers; what is left is a little shorter than `most`.

    >>> from autograd import Value
    >>> x, y = Value(0.0), Value(0.0)
    >>> x.grad, y.grad = 30.0, -40.0
    >>> clip_grad_norm([x, y], 5.0)
    50.0
    >>> round(x.grad, 6), round(y.grad, 6)
    (3.0, -4.0)
    """
    most, found = positive("clip_grad_norm: most", most), list(parameters)
    gradients = grads_of(found)
    norm = hypot(*gradients)
    if not isfinite(norm):  # the factor would be 0 or nan for all of them
        refuse_lost(found, isfinite)
        raise ValueError("the gradients together are longer than the largest float, about 1.8e308")
    factor = most / (norm + 1e-6)
    if factor < 1.0:
        scatter_grads(found, [factor * g for g in gradients])
    return norm


def clip_grad_value(parameters: Iterable[Value], most: float) -> None:
    """Hold every gradient by itself between -most and most.

    >>> from autograd import Value
    >>> x, y = Value(0.0), Value(0.0)
    >>> x.grad, y.grad = 3.0, -40.0
    >>> clip_grad_value([x, y], 5.0)
    >>> x.grad, y.grad
    (3.0, -5.0)
    """
    most, found = positive("clip_grad_value: most", most), list(parameters)
    refuse_lost(found, lambda gradient: not isnan(gradient))
    scatter_grads(found, [min(max(g, -most), most) for g in grads_of(found)])


def refuse_lost(parameters: list[Value], allowed: Callable[[float], bool]) -> None:
    """An error that names the first parameter whose gradient nothing can be made of."""
    for i, p in enumerate(parameters):
        if not allowed(p.grad):
            raise ValueError(
                f"{name_of(i, p)} has the gradient {p.grad!r}, which cannot be clipped; to see "
                f"where it comes from, try autograd.explain_nan(loss)"
            )
