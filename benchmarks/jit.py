"""Functions compiled to Python source beside eager ones, jax.jit and CasADi; a training step."""

from __future__ import annotations

from functools import partial
from statistics import median
from typing import TYPE_CHECKING, Any

import autograd
from autograd import Value, grad, jit, value_and_grad
from autograd.core import compiled
from benchmarks import moons
from benchmarks.engines import OURS
from benchmarks.figures import MEASURED, NO_BAR, Bar, difference, ratio, readable, table
from benchmarks.option import OPTION_AT, option, price_and_greeks
from benchmarks.peers import CASADI, JAX, installed, left_out
from benchmarks.timing import ON, rounds

if TYPE_CHECKING:
    from collections.abc import Callable

    Numbers = tuple[float, ...]

TOLERANCE = 1e-12
BATCH_TOLERANCE = 1e-11  # sums over rows may be added up in another order
EAGER = "our own, eager"
BARS = {
    ("Rosenbrock", EAGER): Bar(least=15.0),
    ("Black-Scholes", EAGER): Bar(least=15.0),
    ("moons", EAGER): Bar(least=3.0 if compiled else 10.0),  # eager code runs in C, too
    ("Rosenbrock", JAX): Bar(least=5.0),
    ("Black-Scholes", JAX): Bar(least=5.0),
    ("Rosenbrock", CASADI): Bar(least=1.0),
    ("Black-Scholes", CASADI): Bar(least=1.0),
}
python_source = jit(backend="python")  # machine code has figures of its own: see machine
CALLS = 2000  # of a small function in one timing
ROSENBROCK_AT = (1.2, 0.7, 0.9, 1.1)


def rosenbrock(a: Any, b: Any, c: Any, d: Any) -> Any:
    """The valley of Rosenbrock in four dimensions."""
    total = 0.0
    for x, y in ((a, b), (b, c), (c, d)):
        total = total + 100.0 * (y - x * x) * (y - x * x) + (1.0 - x) * (1.0 - x)
    return total


def ours() -> dict[str, Callable[..., Any]]:
    """The two functions, eager."""
    return {
        "Rosenbrock": grad(rosenbrock, (0, 1, 2, 3)),
        "Black-Scholes": price_and_greeks(autograd, value_and_grad, grad),
    }


def jax_functions() -> dict[str, Callable[..., Any]]:
    """The same, by jax.jit."""
    import jax
    from jax import numpy, scipy

    jax.config.update("jax_enable_x64", True)

    class Library:
        sqrt, log, exp, erf = numpy.sqrt, numpy.log, numpy.exp, scipy.special.erf

    six = price_and_greeks(Library, jax.value_and_grad, jax.grad)
    return {
        "Rosenbrock": jax.jit(jax.grad(rosenbrock, (0, 1, 2, 3))),
        "Black-Scholes": jax.jit(six),
    }


def casadi_functions() -> dict[str, Callable[..., Any]]:
    """The same, by a CasADi Function."""
    import casadi

    def compiled(f: Callable[..., Any], count: int) -> Callable[..., Any]:
        xs = [casadi.SX.sym(f"x{i}") for i in range(count)]
        return casadi.Function("f", xs, list(f(*xs)))  # type: ignore[no-any-return]

    def valley(*xs: Any) -> Any:
        return [casadi.gradient(rosenbrock(*xs), x) for x in xs]

    def six(*xs: Any) -> Any:
        price = option(casadi, *xs)
        delta, rho, vega, theta = [casadi.gradient(price, xs[i]) for i in (0, 2, 3, 4)]
        return price, delta, rho, vega, theta, casadi.gradient(delta, xs[0])

    return {"Rosenbrock": compiled(valley, 4), "Black-Scholes": compiled(six, 5)}


def small(repeats: int) -> list[tuple[str, ...]]:
    """The small functions, called with floats."""
    libraries: dict[str, Callable[[], dict[str, Callable[..., Any]]]] = {EAGER: ours}
    libraries |= {JAX: jax_functions} if installed(JAX) else {}
    libraries |= {CASADI: casadi_functions} if installed(CASADI) else {}
    peers = {name: make() for name, make in libraries.items()}
    rows = []
    for subject, at in (("Rosenbrock", ROSENBROCK_AT), ("Black-Scholes", OPTION_AT)):
        programs: dict[str, Callable[..., Any]] = {OURS: python_source(ours()[subject])}
        programs |= {name: functions[subject] for name, functions in peers.items()}
        answers = {name: [*map(float, program(*at))] for name, program in programs.items()}
        for name in peers:
            difference(subject, answers[OURS], answers[name], TOLERANCE)
        runs = {name: partial(called, program, at) for name, program in programs.items()}
        for run in runs.values():
            run()
        times = rounds(runs, ON, repeats)
        for name in peers:
            figure = ratio(times[name], times[OURS], BARS.get((subject, name), NO_BAR))
            rows.append((subject, name, *each(times[OURS], times[name]), *figure.cells()))
    return rows


def called(program: Callable[..., Any], at: Numbers) -> None:
    """Many calls, each waited for."""
    wait = getattr(program(*at)[0], "block_until_ready", None)
    if wait is None:
        for _ in range(CALLS):
            program(*at)
    else:
        for _ in range(CALLS):
            program(*at)[0].block_until_ready()


def each(*runs: list[float]) -> list[str]:
    """The median time of one of the calls of each run."""
    return [readable(median(seconds) / CALLS) for seconds in runs]


def step(net: moons.Network, samples: list[moons.Sample]) -> Callable[[], float]:
    """A training step of moons with the loss of a sample compiled."""
    parameters = moons.parameters(net)
    columns = [list(column) for column in zip(*samples, strict=True)]

    @python_source
    def of_sample(x: Any, y: Any, side: Any) -> Any:
        return (moons.score(net, [x, y]) * -side + 1.0).relu()

    @python_source
    def squares() -> Any:
        total = 0.0
        for p in parameters:
            total = total + p * p
        return total

    def run() -> float:
        for p in parameters:
            p.grad = 0.0
        loss = of_sample.mean(*columns) + squares() * moons.L2
        loss.backward()
        return float(loss.data)

    return run


def training(repeats: int) -> tuple[str, ...]:
    """The moons step."""
    nets = [moons.network(Value) for _ in range(2)]
    samples = moons.moons()
    runs: dict[str, Callable[[], float]] = {
        OURS: step(nets[0], samples),
        EAGER: partial(moons.step, nets[1], Value, samples),
    }
    compiled, eager = (moons.answer(net, run) for net, run in zip(nets, runs.values(), strict=True))
    difference("moons", compiled, eager, BATCH_TOLERANCE)
    times = rounds(runs, ON, repeats)
    figure = ratio(times[EAGER], times[OURS], BARS["moons", EAGER])
    return ("moons", EAGER, *[readable(median(times[name])) for name in runs], *figure.cells())


def report(repeats: int) -> str:
    """How many times as fast as eager code, and as other compilers, programs are."""
    rows = [*small(repeats), training(repeats)]
    lines = [
        "jit: the gradient of a Rosenbrock function of 4 and a Black-Scholes price with 5 greeks,",
        f"  both called with floats {CALLS} times; a training step of moons",
        f"  answers agree to {TOLERANCE:.0e}, of moons to {BATCH_TOLERANCE:.0e}",
        table(("function", "times as fast as", OURS, "theirs", *MEASURED), rows),
        *[left_out(peer) for peer in (JAX, CASADI) if not installed(peer)],
    ]
    return "\n".join(lines)
