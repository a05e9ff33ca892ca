"""Optimisers: how parameters change so that a loss goes down.

After `loss.backward()` every parameter knows in `.grad` which way is uphill. An optimiser takes a
step the other way, and `lr`, the learning rate, says how long a step. What it remembers from step
to step it keeps itself, in lists beside its parameters.
"""

from __future__ import annotations

from math import isfinite, sqrt
from typing import TYPE_CHECKING

from autograd import Value, explain_nan
from autograd.numbers.reals import describe
from nn.checks import by_name, called, leaves, listed, not_negative, positive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Self

    Clip = Callable[[Sequence[Value]], object]


class Optimizer:
    """Changes parameters so that a loss goes down.

    >>> x = Value(5.0)
    >>> optimizer = SGD([x], lr=0.1)
    >>> for _ in range(100):
    ...     loss = optimizer.minimize(lambda: (x - 2.0) ** 2)
    >>> round(x.data, 6)
    2.0
    """

    def __init__(self, parameters: Iterable[Value], lr: float) -> None:
        self.parameters = leaves(type(self).__name__, parameters)
        self.lr = positive(self._named("lr"), lr)

    @property
    def lr(self) -> float:
        """The learning rate; it may be changed at any time, to 0 too, where schedules end.

        >>> optimizer = SGD([Value(1.0)], lr=0.5)
        >>> optimizer.lr = 0.25
        >>> optimizer.lr
        0.25
        """
        return self._lr

    @lr.setter
    def lr(self, lr: float) -> None:
        self._lr = not_negative(self._named("lr"), lr)

    def _named(self, argument: str) -> str:
        """An argument in an error message, with the class it is for."""
        return f"{type(self).__name__}: {argument}"

    def zero_grad(self) -> None:
        """Forget the gradients of before: `backward` adds to what is there.

        >>> x = Value(3.0)
        >>> (x * x).backward()
        >>> SGD([x], lr=0.5).zero_grad()
        >>> x.grad
        0.0
        """
        for parameter in self.parameters:
            parameter.grad = 0.0

    def step(self) -> None:
        """Change every parameter once, by the gradient that `backward` left in its `.grad`.

        >>> x = Value(3.0)
        >>> (x * x).backward()
        >>> SGD([x], lr=0.25).step()
        >>> x.data
        1.5
        """
        raise NotImplementedError(f"{type(self).__name__} must say in step how parameters change")

    def minimize(self, loss: Callable[[], Value], clip: Clip | None = None) -> Value:
        """One whole step of training; gives the loss as it was before the step.

        `clip` may shorten the gradients: `lambda parameters: clip_grad_norm(parameters, 1.0)`.

        A loss, a gradient or a parameter that becomes nan or inf is an ArithmeticError, and the
        parameters and what the optimiser remembers are as they were before.

        >>> from autograd import log
        >>> x = Value(1.0)
        >>> SGD([x], lr=0.1).minimize(lambda: log(x - 2.0))
        Traceback (most recent call last):
        nn.optim.StepError: minimize: the loss is nan, for log(-1.0) is nan. No parameter is changed
        >>> x.data
        1.0
        """
        if not (clip is None or callable(clip)):
            raise TypeError(
                f"minimize: clip must be a function that shortens the gradients of parameters, "
                f"such as lambda parameters: clip_grad_norm(parameters, 1.0), got {describe(clip)}"
            )
        made: list[Value] = []

        def finite_loss() -> Value:
            made[:] = [out := computed(loss)]
            if not isfinite(out.data):
                raise step_error(f"the loss is {out.data}", out)
            return out

        def finite_gradients(parameters: Sequence[Value]) -> None:
            if clip is not None:
                clip(parameters)
            gradients = [p.grad for p in parameters]
            refuse_lost("the gradient of {} is {}", parameters, gradients, made[0])

        with Snapshot(self, self.parameters):
            out = self._descend(finite_loss, finite_gradients)
            numbers = [p.data for p in self.parameters]
            refuse_lost("the step makes {} {}", self.parameters, numbers, out)
        return out

    def _descend(self, loss: Callable[[], Value], clip: Clip | None) -> Value:
        """The step itself, whatever comes of it: for `minimize`, and `fit`, which watches too."""
        self.zero_grad()
        out = computed(loss)
        out.backward()
        if clip is not None:
            clip(self.parameters)
        self.step()
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

    @by_name()
    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float,
        *,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, lr)
        self.momentum = not_negative(self._named("momentum"), momentum, below=1.0)
        self.nesterov = nesterov
        self.weight_decay = not_negative(self._named("weight_decay"), weight_decay)
        if nesterov and self.momentum == 0.0:
            raise ValueError(
                "SGD: nesterov looks ahead by the momentum, and momentum is 0: try 0.9"
            )
        self.velocities = [0.0] * len(self.parameters)

    def step(self) -> None:
        lr, momentum, weight_decay = self.lr, self.momentum, self.weight_decay
        for i, p in enumerate(self.parameters):
            x = p.data
            g = p.grad + weight_decay * x
            if momentum:
                self.velocities[i] = v = momentum * self.velocities[i] + g
                g = g + momentum * v if self.nesterov else v
            p.data = x - lr * g


class Adam(Optimizer):
    """Steps of about lr for every parameter, whether its gradients are large or small.

    x = x - lr * m / (sqrt(s) + epsilon), where m and s are running means of g and g**2 (Kingma and
    Ba 2015). Both begin at 0 and are divided by 1 - beta**t, to make up for that after t steps.

    >>> x, y = Value(1.0), Value(1.0)
    >>> _ = Adam([x, y], lr=0.1).minimize(lambda: 1000.0 * x**2 + y**2)
    >>> round(x.data, 6), round(y.data, 6)
    (0.9, 0.9)
    """

    @by_name()
    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float = 0.001,
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, lr)
        self.betas = two_betas(self._named("betas"), betas)
        self.epsilon = positive(self._named("epsilon"), epsilon)
        self.weight_decay = not_negative(self._named("weight_decay"), weight_decay)
        self.steps = 0
        self.means = [0.0] * len(self.parameters)
        self.squares = [0.0] * len(self.parameters)

    def step(self) -> None:
        self.steps += 1
        lr, epsilon, weight_decay = self.lr, self.epsilon, self.weight_decay
        beta1, beta2 = self.betas
        begun1, begun2 = 1.0 - beta1**self.steps, 1.0 - beta2**self.steps
        for i, p in enumerate(self.parameters):
            x = p.data
            g = p.grad + weight_decay * x
            self.means[i] = m = beta1 * self.means[i] + (1.0 - beta1) * g
            self.squares[i] = s = beta2 * self.squares[i] + (1.0 - beta2) * g * g
            p.data = x - lr * (m / begun1) / (sqrt(s / begun2) + epsilon)


# A step that goes wrong -------------------------------------------------------------------------


class StepError(ArithmeticError):
    """A loss, a gradient or a parameter became nan or inf in a step, which was undone.

    `trouble` says which; a {} in it stands for the parameter.
    """

    def __init__(self, message: str, trouble: str, parameter: Value | None) -> None:
        super().__init__(message, trouble, parameter)
        self.trouble, self.parameter = trouble, parameter

    def __str__(self) -> str:
        return str(self.args[0])

    def named(self, name: Callable[[Value], str]) -> str:
        """The trouble, with the parameter as others call it."""
        return self.trouble if self.parameter is None else self.trouble.format(name(self.parameter))


def step_error(trouble: str, loss: Value, place: int = 0, p: Value | None = None) -> StepError:
    """The error, with the first operation that gave nan or inf if there is one."""
    said = trouble if p is None else trouble.format(called(place, p))
    cause = explain_nan(loss)
    reason = "" if cause is None else f", for {cause}"
    return StepError(f"minimize: {said}{reason}. No parameter is changed", trouble, p)


def refuse_lost(
    trouble: str, parameters: Sequence[Value], numbers: Sequence[float], loss: Value
) -> None:
    """An error that names the first parameter whose number is nan or inf."""
    if isfinite(sum(numbers)):  # nearly always, and quick; a nan or inf never gets lost in it
        return
    for i, (p, number) in enumerate(zip(parameters, numbers, strict=True)):
        if not isfinite(number):
            raise step_error(trouble.format("{}", number), loss, i, p)


class Snapshot:
    """All numbers that a step changes, as they were; a block that ends in an error ends with them.

    No `contextmanager`: Ctrl-C in its own code would leave a generator that is closed much later,
    and would put old numbers back then.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        parameters: Sequence[Value],
        buffers: Sequence[list[float]] = (),
    ) -> None:
        self.optimizer, self.parameters, self.buffers = optimizer, parameters, buffers
        self.numbers = [p.data for p in parameters]
        self.measured = [buffer[:] for buffer in buffers]
        self.state = {
            name: x.copy() if isinstance(x, (list, dict)) else x
            for name, x in vars(optimizer).items()
        }

    def put_back(self) -> None:
        """Let everything be as it was."""
        for p, number in zip(self.parameters, self.numbers, strict=True):
            p.data = number
        for buffer, measured in zip(self.buffers, self.measured, strict=True):
            buffer[:] = measured
        state = vars(self.optimizer)
        for name in state.keys() - self.state.keys():  # what the step has made
            del state[name]
        state.update(self.state)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self.put_back()


# What makes sense -------------------------------------------------------------------------------


def two_betas(name: str, betas: tuple[float, float]) -> tuple[float, float]:
    """How much of the two running means is kept in a step: two numbers from 0 on and below 1."""
    if (pair := listed(betas)) is None or len(pair) != 2:
        raise TypeError(f"{name} must be two numbers, such as (0.9, 0.999), got {describe(betas)}")
    first, second = pair
    return (
        not_negative(f"{name}[0]", first, below=1.0),
        not_negative(f"{name}[1]", second, below=1.0),
    )


def computed(loss: Callable[[], Value]) -> Value:
    """What the loss comes to, if it is a function that gives a Value."""
    if not callable(loss):
        raise TypeError(
            f"minimize takes a function that computes the loss, such as "
            f"lambda: (model(x) - y) ** 2, got {describe(loss)}"
        )
    out = loss()
    if not isinstance(out, Value):
        raise TypeError(f"the loss must be a Value computed from parameters, got {describe(out)}")
    return out
