"""Minimising without gradients: a walk at random that prefers to go downhill."""

from __future__ import annotations

from math import inf, isnan
from typing import TYPE_CHECKING, NoReturn

from autograd import no_grad
from nn.checks import by_name, positive
from nn.optim import Optimizer, computed
from nn.rng import generator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from random import Random

    from autograd import Value
    from nn.optim import Clip


class SimulatedAnnealing(Optimizer):
    """Tries steps at random, and at first takes bad ones too: so it leaves local minima.

    A step of all parameters is drawn from the normal distribution with the standard deviation
    `scale`, its learning rate `lr`. If the loss falls it is taken; if it rises, with probability

        exp(-rise / temperature)

    and else everything stays (Kirkpatrick, Gelatt and Vecchi 1983). After each step the temperature
    is multiplied by `cooling`. No gradient is needed: the loss may have jumps. It is computed twice
    in each step, so a BatchNorm in it measures twice.

    >>> from autograd import Value, floor
    >>> x = Value(8.0)
    >>> optimizer = SimulatedAnnealing([x], temperature=2.0, cooling=0.98, scale=1.0, rng=0)
    >>> for _ in range(300):
    ...     loss = optimizer.minimize(lambda: abs(floor(x)))  # stairs: the gradient is 0
    >>> optimizer.restore_best()
    0.0
    >>> 0.0 <= x.data < 1.0
    True
    """

    @by_name()
    def __init__(
        self,
        parameters: Iterable[Value],
        *,
        temperature: float = 1.0,
        cooling: float = 0.99,
        scale: float = 0.1,
        rng: Random | int | None = None,
    ) -> None:
        super().__init__(parameters, positive("SimulatedAnnealing: scale", scale))
        self.temperature = positive(self._named("temperature"), temperature)
        self.cooling = positive(self._named("cooling"), cooling)
        if self.cooling > 1.0:
            raise ValueError(
                f"{self._named('cooling')} must be at most 1, or it would heat; got "
                f"{self.cooling!r}"
            )
        self.rng = generator(rng)
        self.best: list[float] = []
        self.best_loss = inf

    def step(self) -> NoReturn:
        raise TypeError(
            "SimulatedAnnealing has no step without a loss to compare by: call minimize(loss)"
        )

    def minimize(self, loss: Callable[[], Value], clip: Clip | None = None) -> Value:
        """Try one step; gives the loss as it was before. After an error nothing has changed."""
        if clip is not None:
            raise TypeError("SimulatedAnnealing uses no gradients, so there is nothing to clip")
        with no_grad():
            out = computed(loss)
            if isnan(out.data):
                raise ValueError("the loss is nan, and no other number is better or worse than it")
            before = kept = [p.data for p in self.parameters]
            proposal = [self.rng.gauss(x, self.lr) for x in before]
            try:
                self._move_to(proposal)
                tried = computed(loss)
                # A draw from the exponential distribution is above r / T with probability
                # exp(-r / T), and this way nothing is divided by a T that has cooled down to 0.
                if tried.data <= out.data + self.temperature * self.rng.expovariate(1.0):
                    kept = proposal
            finally:  # after an error in the loss and after Ctrl-C too
                self._move_to(kept)
        self._remember(before, out.data)
        self._remember(proposal, tried.data)
        self.temperature *= self.cooling
        return out

    def restore_best(self) -> float:
        """Go back to where the loss was lowest of all so far; gives that loss.

        Losses of different batches of data are not comparable: then the best was the luckiest.
        """
        if self.best_loss == inf:
            raise ValueError("no finite loss has been seen yet: call minimize(loss) first")
        self._move_to(self.best)
        return self.best_loss

    def _move_to(self, numbers: list[float]) -> None:
        for p, x in zip(self.parameters, numbers, strict=True):
            p.data = x

    def _remember(self, numbers: list[float], loss: float) -> None:
        if loss < self.best_loss:
            self.best, self.best_loss = numbers, loss
