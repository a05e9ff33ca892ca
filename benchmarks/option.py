"""The price of an option and its gradient, eager: a small function of logarithms and the like."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

from benchmarks.beside import agreement, beside
from benchmarks.engines import absent, engines, gradients

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.engines import Engine

CALLS = 500  # in one timing
TOLERANCE = 1e-12
OPTION_AT = (100.0, 95.0, 0.03, 0.2, 0.5)

# Written once, for the functions of any library: so `m` is one, and Any.


def option(m: Any, spot: Any, strike: Any, rate: Any, volatility: Any, years: Any) -> Any:
    """The price of a European call by Black and Scholes."""
    spread = volatility * m.sqrt(years)
    d1 = (m.log(spot / strike) + (rate + 0.5 * volatility * volatility) * years) / spread
    d2 = d1 - spread

    def below(x: Any) -> Any:
        return 0.5 * (1.0 + m.erf(x * math.sqrt(0.5)))

    return spot * below(d1) - strike * m.exp(-rate * years) * below(d2)


def price_and_greeks(m: Any, value_and_grad: Any, grad: Any) -> Callable[..., Any]:
    """Price, delta, rho, vega, theta (by the time left) and gamma, all by differentiation."""
    price = partial(option, m)
    first = value_and_grad(price, (0, 2, 3, 4))
    second = grad(grad(price, 0), 0)

    def six(*at: Any) -> Any:
        value, slopes = first(*at)
        return (value, *slopes, second(*at))

    return six


def report(repeats: int) -> str:
    """How many times as fast as each peer they are computed, with the collector on and off."""
    able = {name: engine for name, engine in engines().items() if engine.functions}
    parameters = {name: [*map(engine.parameter, OPTION_AT)] for name, engine in able.items()}
    calls = {
        name: partial(engine.differentiate, partial(priced, engine, at), at)
        for (name, engine), at in zip(able.items(), parameters.values(), strict=True)
    }
    answers = {
        name: [*calls[name](), *gradients(engine, parameters[name])]
        for name, engine in able.items()
    }
    lines = [
        f"option: {CALLS} prices of a European call by Black and Scholes, and their gradients",
        agreement("option", "prices and 5 derivatives", answers, TOLERANCE),
        beside({name: partial(many, call) for name, call in calls.items()}, repeats, {}),
        *(f"  left out: {name}, which has no erf" for name in engines() if name not in able),
        *absent(),
    ]
    return "\n".join(lines)


def priced(engine: Engine, at: Sequence[Any]) -> list[Any]:
    """The price, as the only result."""
    return [option(engine.functions, *at)]


def many(call: Callable[[], object]) -> None:
    """As many calls as one timing takes."""
    for _ in range(CALLS):
        call()
