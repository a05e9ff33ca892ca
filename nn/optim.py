"""Optimisers: how parameters change so that a loss goes down.

After `loss.backward()` every parameter knows in `.grad` which way is uphill. An optimiser takes a
step the other way, and `lr`, the learning rate, says how long a step. Each says its rule for one
parameter x with the gradient g; nn/rules applies it to all. More optimisers are in nn/optimizers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import sqrt
from typing import Any, ClassVar

from autograd import Value
from autograd.many import zero_grads
from autograd.numbers.reals import not_negative, positive
from nn.checks import leaves, trouble_after_step, trouble_in
from nn.rules import Row, apply, in_c, zeros

Clip = Callable[[Sequence[Value]], object]


class Optimizer:
    """Changes parameters so that a loss goes down.

    >>> from autograd import Value
    >>> x = Value(5.0)
    >>> optimizer = SGD([x], lr=0.1)
    >>> for _ in range(100):
    ...     loss = optimizer.minimize(lambda: (x - 2.0) ** 2)
    >>> round(x.data, 6)
    2.0

    One of your own says in `rule` what becomes of a parameter x with the gradient g, and of what it
    remembers of each parameter, in rows that are named in `remembers`:

    >>> class Heavy(Optimizer):
    ...     remembers = ("velocities",)
    ...     def rule(self, x, g, v):
    ...         v = 0.5 * v + g
    ...         return x - self.lr * v, v
    >>> heavy = Heavy([y := Value(3.0)], lr=0.5)
    >>> _ = heavy.minimize(lambda: 2.0 * y)
    >>> y.data, [*heavy.velocities]
    (2.0, [2.0])
    """

    remembers: ClassVar[Sequence[str]] = ()  # rows with a number for each parameter, 0 at first

    def __init__(self, parameters: Iterable[Value], lr: float, weight_decay: float = 0.0) -> None:
        self.name = type(self).__name__
        self.parameters = leaves(self.name, parameters)
        self.lr = positive(f"{self.name}: lr", lr)
        self.weight_decay = not_negative(f"{self.name}: weight_decay", weight_decay)
        for row in self.remembers:
            setattr(self, row, zeros(len(self.parameters)))

    def rule(self, *numbers: Any) -> tuple[float, ...]:
        """What becomes of x and of what is remembered of it, from x, g and what was remembered.

        >>> SGD([Value(0.0)], lr=0.5, momentum=0.5).rule(3.0, 1.0, 2.0)
        (2.0, 2.0)
        """
        raise NotImplementedError(f"{self.name} must say in step or rule how parameters change")

    def zero_grad(self) -> None:
        """Forget the gradients of before: `backward` adds to what is there.

        >>> x = Value(3.0)
        >>> (x * x).backward()
        >>> SGD([x], lr=0.5).zero_grad()
        >>> x.grad
        0.0
        """
        zero_grads(self.parameters)

    def step(self) -> None:
        """Change every parameter once, by the gradient that `backward` left in its `.grad`.

        >>> x = Value(3.0)
        >>> (x * x).backward()
        >>> SGD([x], lr=0.25).step()
        >>> x.data
        1.5
        """
        apply(self.rule, self.parameters, [getattr(self, name) for name in self.remembers])

    def minimize(self, loss: Callable[[], Value], clip: Clip | None = None) -> Value:
        """One whole step of training; gives the loss as it was before the step.

        `clip` may shorten the gradients: `lambda parameters: clip_grad_norm(parameters, 1.0)`.

        A loss or a gradient that is nan or inf is an ArithmeticError, and no step is taken; a step
        that makes a parameter so is one too.

        >>> from autograd import log
        >>> x = Value(1.0)
        >>> SGD([x], lr=0.1).minimize(lambda: log(x - 2.0))
        Traceback (most recent call last):
        ArithmeticError: minimize: the loss is nan, for log(-1.0) is nan. No parameter is changed
        >>> x.data
        1.0
        """
        not_negative(f"{self.name}: lr", self.lr)  # a schedule may have gone wrong
        self.zero_grad()
        out = loss()
        out.backward()
        if clip is not None:
            clip(self.parameters)
        if trouble := trouble_in(out, self.parameters):
            raise ArithmeticError(f"minimize: {trouble}. No parameter is changed")
        self.step()
        if trouble := trouble_after_step(self.parameters):
            raise ArithmeticError(f"minimize: {trouble}, and has been taken; try a smaller lr")
        return out


class SGD(Optimizer):
    """Stochastic gradient descent: a step of lr * gradient downhill, x = x - lr * g.

    With momentum it rolls like a ball: v = momentum * v + g, and v takes the place of g in the
    step, or with Nesterov's look ahead g + momentum * v. Weight decay adds weight_decay * x to g.

    >>> x = Value(1.0)
    >>> optimizer = SGD([x], lr=0.25, momentum=0.5)
    >>> for _ in range(3):
    ...     _ = optimizer.minimize(lambda: x**2)
    ...     print(x.data)
    0.5
    0.0
    -0.25
    """

    remembers = ("velocities",)
    velocities: Row

    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float,
        *,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, lr, weight_decay)
        self.momentum, self.nesterov = not_negative("SGD: momentum", momentum, below=1.0), nesterov
        if nesterov and not momentum:
            raise ValueError("SGD: nesterov needs a momentum, such as momentum=0.9; got 0.0")

    @in_c
    def rule(self, x: float, g: float, v: float) -> tuple[float, float]:
        g = g + self.weight_decay * x
        if self.momentum:
            v = self.momentum * v + g
            g = g + self.momentum * v if self.nesterov else v
        return x - self.lr * g, v


class Adam(Optimizer):
    """Steps of about lr for every parameter, whether its gradients are large or small.

    x = x - lr * m / (sqrt(s) + epsilon), where m and s are running means of g and g**2 (Kingma and
    Ba 2015). Both begin at 0 and are divided by 1 - beta**t, to make up for that after t steps.

    >>> x, y = Value(1.0), Value(1.0)
    >>> _ = Adam([x, y], lr=0.1).minimize(lambda: 1000.0 * x**2 + y**2)
    >>> round(x.data, 6), round(y.data, 6)
    (0.9, 0.9)
    """

    remembers = ("means", "squares")
    means: Row
    squares: Row

    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float = 0.001,
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, lr, weight_decay)
        self.beta1, self.beta2 = [not_negative(f"{self.name}: betas", b, below=1.0) for b in betas]
        self.epsilon = positive(f"{self.name}: epsilon", epsilon)
        self.steps = 0

    def step(self) -> None:
        self.steps += 1
        self.begun1, self.begun2 = 1.0 - self.beta1**self.steps, 1.0 - self.beta2**self.steps
        super().step()

    @in_c
    def rule(self, x: float, g: float, m: float, s: float) -> tuple[float, float, float]:
        g = g + self.weight_decay * x
        m = self.beta1 * m + (1.0 - self.beta1) * g
        s = self.beta2 * s + (1.0 - self.beta2) * g * g
        return x - self.lr * (m / self.begun1) / (sqrt(s / self.begun2) + self.epsilon), m, s
