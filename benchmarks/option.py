"""The price of an option and its gradient, eager: a small function of logarithms and the like."""

from __future__ import annotations

from functools import partial

from benchmarks.engines import OURS, absent, engines, gradients
from benchmarks.figures import difference
from benchmarks.jit import OPTION_AT, option
from benchmarks.moons import beside

CALLS = 500  # in one timing
TOLERANCE = 1e-12


def report(repeats: int) -> str:
    """How many times as fast as each peer they are computed, with the collector on and off."""
    able = {name: engine for name, engine in engines().items() if engine.functions}
    parameters = {name: [*map(engine.parameter, OPTION_AT)] for name, engine in able.items()}
    calls = {
        name: partial(
            engine.differentiate,
            lambda m=engine.functions, at=parameters[name]: [option(m, *at)],
            parameters[name],
        )
        for name, engine in able.items()
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
        f"option: the price of a European call by Black and Scholes and its gradient, {CALLS} times",
        f"  prices and 5 derivatives agree to {worst:.0e} (allowed: {TOLERANCE:.0e})",
        beside({name: partial(many, call) for name, call in calls.items()}, repeats, {}),
        *(f"  left out: {name}, which has no erf" for name in engines() if name not in able),
        *absent(),
    ]
    return "\n".join(lines)


def many(call: partial[list[float]]) -> None:
    """As many calls as one timing takes."""
    for _ in range(CALLS):
        call()
