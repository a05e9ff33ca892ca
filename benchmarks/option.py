"""The price of an option and its gradient, eager: a small function of logarithms and the like."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from benchmarks.engines import OURS, absent, engines, gradients
from benchmarks.figures import difference
from benchmarks.jit import OPTION_AT, option
from benchmarks.moons import beside

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.engines import Engine

CALLS = 500  # in one timing
TOLERANCE = 1e-12


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
    worst = max(
        difference(f"option, {name}", answers[OURS], theirs, TOLERANCE)
        for name, theirs in answers.items()
    )
    lines = [
        f"option: {CALLS} prices of a European call by Black and Scholes, and their gradients",
        f"  prices and 5 derivatives agree to {worst:.0e} (allowed: {TOLERANCE:.0e})",
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
