"""A training step of the moons network from Python: the loss, and gradients in their place."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd import Value, jit
from autograd.core import compiled
from benchmarks import moons as network
from benchmarks.figures import Bar
from benchmarks.machine.contest import (
    FASTMATH,
    ONE_TENSOR,
    OURS,
    Contest,
    Form,
    programs_of,
    tried,
)
from benchmarks.machine.with_casadi import as_c_options, called
from benchmarks.peers import CASADI, JAX, TORCH
from nn.optim import SGD

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.machine.contest import Array, Terms

MANY_THREADS = True
ROWS = 104  # the points of moons.py, and four of them again: thirteen vectors of 8
BARS = {TORCH: Bar(least=6.0), JAX: Bar(least=0.9)} if compiled else {TORCH: Bar(least=4.0)}


def columns() -> list[Array]:
    """The two coordinates and the side, +-1, of each point."""
    samples = (network.moons() * 2)[:ROWS]
    return [np.array(column) for column in zip(*samples, strict=True)]


def numbers() -> list[float]:
    """Where the parameters start: neuron by neuron, the weights and then the bias."""
    return network.parameters(network.network(float))


def matrices() -> list[Array]:
    """The same numbers, a matrix for each layer: a neuron a row, its bias last."""
    net = network.network(float)
    return [np.array([[*weights, bias] for weights, bias in layer]) for layer in net]


def report(terms: Terms) -> str:
    """How many times as fast as each peer a step is."""
    programs, notes = programs_of(
        {
            OURS: lambda _: ours(terms),
            FASTMATH: lambda _: ours(terms, fastmath=True),
            TORCH: partial(torch_forms, terms, True),
            ONE_TENSOR: partial(torch_forms, terms, False),
            JAX: lambda _: jax_forms(),
            CASADI: casadi_forms,
        }
    )
    return "\n".join(
        [
            f"moons: a step of the 2-16-16-1 network on {ROWS} rows, from Python: gradients "
            "zeroed, loss, backward",
            Contest(programs, BARS, faster=True, notes=notes).table(terms),
        ]
    )


# Ours ---------------------------------------------------------------------------------------------


def of_row_of(net: Any, **options: Any) -> Any:
    """The hinge loss of a row, compiled."""

    def of_row(x: Any, y: Any, side: Any) -> Any:
        return (network.score(net, [x, y]) * -side + 1.0).relu()

    return jit(of_row, **options)


def ours(terms: Terms, **options: Any) -> list[Form]:
    """The loop of the documentation, with the optimiser's zero_grad or without."""
    net = network.network(Value)
    parameters = network.parameters(net)
    of_row = of_row_of(net, **options, threads=terms.threads)
    x, y, side = columns()
    zero_grad = SGD(parameters, lr=0.01).zero_grad

    def by_hand() -> float:
        for p in parameters:
            p.grad = 0.0
        loss = of_row.mean(x, y, side)
        loss.backward()
        return float(loss.data)

    def by_optimizer() -> float:
        zero_grad()
        loss = of_row.mean(x, y, side)
        loss.backward()
        return float(loss.data)

    def found(loss: float) -> list[Array]:
        return [np.array([loss, *(p.grad for p in parameters)])]

    return [Form("p.grad = 0.0", by_hand, found), Form("zero_grad()", by_optimizer, found)]


# PyTorch ------------------------------------------------------------------------------------------


def torch_forms(terms: Terms, layered: bool, notes: list[str]) -> list[Form]:
    """Linear layers, or one flat tensor of all parameters; as they are, or by torch.compile.

    With two threads also in one: there is so little to do that sharing it may be slower.
    """
    import torch

    xs, ys, sides = [torch.tensor(column) for column in columns()]
    inputs = torch.stack([xs, ys], 1)
    layers = [torch.nn.Linear(m.shape[1] - 1, m.shape[0], dtype=torch.float64) for m in matrices()]
    with torch.no_grad():
        for layer, m in zip(layers, matrices(), strict=True):
            layer.weight.copy_(torch.tensor(m[:, :-1]))
            layer.bias.copy_(torch.tensor(m[:, -1]))
    first, second, third = layers
    model = torch.nn.Sequential(first, torch.nn.ReLU(), second, torch.nn.ReLU(), third)
    own = list(model.parameters())
    flat = torch.tensor(numbers(), dtype=torch.float64, requires_grad=True)
    shapes = [m.shape for m in matrices()]

    def hinge(scores: Any) -> Any:
        return (1.0 - scores.squeeze(1) * sides).relu().mean()

    def of_layers() -> Any:
        return hinge(model(inputs))

    def of_flat() -> Any:
        h = inputs
        for part, shape in zip(flat.split([a * b for a, b in shapes]), shapes, strict=True):
            matrix = part.view(shape)
            h = h if h is inputs else h.relu()
            h = torch.nn.functional.linear(h, matrix[:, :-1], matrix[:, -1])
        return hinge(h)

    def of_linear(out: Any) -> list[Array]:
        whole = [torch.column_stack([x.weight.grad, x.bias.grad]).ravel() for x in layers]
        return [torch.cat([out.detach().reshape(1), *whole]).numpy()]

    def of_one(out: Any) -> list[Array]:
        return [torch.cat([out.detach().reshape(1), flat.grad]).numpy()]

    def forms(how: str, compiler: Callable[[Any], Any]) -> list[Form]:
        linear, one = compiler(of_layers), compiler(of_flat)
        found = []
        for threads in range(terms.threads, 0, -1):
            by = how + (", in 1 thread" if threads < terms.threads else "")
            step = partial(stepping, partial(torch.set_num_threads, threads))
            if layered:
                found += [
                    Form(f"Linear{by}, grad None", step(linear, own, None), of_linear),
                    Form(f"Linear{by}, grad 0", step(linear, own, 0), of_linear),
                ]
            else:
                found.append(Form(f"one tensor{by}", step(one, [flat], None), of_one))
        return found

    by_compiler = partial(forms, ", compiled", torch.compile)
    return [*forms("", lambda f: f), *tried(notes, "torch.compile", by_compiler)]


def stepping(
    settle: Callable[[], None], loss: Callable[[], Any], parameters: list[Any], cleared: int | None
) -> Callable[[], Any]:
    """A step: gradients are forgotten, or set to 0, as `zero_grad(set_to_none=...)` does."""

    def step() -> Any:
        settle()
        for p in parameters:
            if cleared is None or p.grad is None:
                p.grad = None
            else:
                p.grad.zero_()
        out = loss()
        out.backward()
        return out

    return step


# JAX ----------------------------------------------------------------------------------------------


def jax_forms() -> list[Form]:
    """A matrix and a vector for each layer, one matrix for each, or one array for everything."""
    import jax
    from jax import numpy as jnp

    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_cpu_enable_async_dispatch", False)
    x, y, sides = map(jnp.asarray, columns())
    inputs = jnp.stack([x, y], 1)
    shapes = [m.shape for m in matrices()]

    def scores(layers: Any) -> Any:
        h = inputs
        for weights, bias in layers:
            h = h if h is inputs else jax.nn.relu(h)
            h = h @ weights.T + bias
        return h[:, 0]

    def loss(layers: Any) -> Any:
        return jax.nn.relu(1.0 - scores(layers) * sides).mean()

    def of_matrices(whole: Any) -> Any:
        return loss([(m[:, :-1], m[:, -1]) for m in whole])

    def of_flat(flat: Any) -> Any:
        ends = np.cumsum([a * b for a, b in shapes])[:-1]
        parts = jnp.split(flat, ends)
        whole = [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]
        return of_matrices(whole)

    def joined(result: Any) -> list[Array]:
        out, grads = result
        whole = [g if not isinstance(g, tuple) else jnp.column_stack(g) for g in grads]
        return [np.concatenate([np.reshape(out, 1), *map(np.ravel, whole)])]

    def form(how: str, f: Any, given: Any, of: Any) -> Form:
        program = jax.jit(jax.value_and_grad(f))
        return Form(how, lambda: jax.block_until_ready(program(given)), of)

    pairs = [(jnp.asarray(m[:, :-1]), jnp.asarray(m[:, -1])) for m in matrices()]
    return [
        form("jit, 6 arrays", loss, pairs, joined),
        form("jit, 3 arrays", of_matrices, [*map(jnp.asarray, matrices())], joined),
        form(
            "jit, 1 array",
            of_flat,
            jnp.asarray(numbers()),
            lambda result: [np.concatenate([np.reshape(result[0], 1), result[1]])],
        ),
    ]


# CasADi -------------------------------------------------------------------------------------------


def casadi_forms(notes: list[str]) -> list[Form]:
    """The function of a row mapped over the rows, or matrices; interpreted, or compiled as C."""
    import casadi

    x, y, sides = columns()

    def mapped(options: dict[str, Any]) -> Any:
        p, row = casadi.SX.sym("p", len(numbers())), casadi.SX.sym("row", 3)
        hs, left = [row[0], row[1]], iter(casadi.vertsplit(p))
        for m in matrices():
            hs = hs if len(hs) == 2 else [casadi.fmax(0.0, h) for h in hs]
            hs = [sum(next(left) * h for h in hs) + next(left) for _ in m]
        hinge = casadi.fmax(0.0, 1.0 - hs[0] * row[2])
        of_row = casadi.Function("of_row", [p, row], [hinge, casadi.gradient(hinge, p)], options)
        over = of_row.map("over", "serial", ROWS, [0], [0, 1])
        q, rows = casadi.MX.sym("q", len(numbers())), casadi.MX.sym("rows", 3, ROWS)
        total, slopes = over(q, rows)
        return casadi.Function("step", [q, rows], [total / ROWS, slopes / ROWS])

    def whole(options: dict[str, Any]) -> Any:
        q, rows = casadi.MX.sym("q", len(numbers())), casadi.MX.sym("rows", 3, ROWS)
        h, start = rows[:2, :], 0
        for m in matrices():
            part = casadi.reshape(q[start : start + m.size], m.shape[1], m.shape[0]).T
            h = h if start == 0 else casadi.fmax(0.0, h)
            h = casadi.mtimes(part[:, :-1], h) + casadi.repmat(part[:, -1], 1, ROWS)
            start += m.size
        hinge = casadi.fmax(0.0, 1.0 - h * rows[2, :])
        loss = casadi.sum2(hinge) / ROWS
        return casadi.Function("step", [q, rows], [loss, casadi.gradient(loss, q)], options)

    given = [np.array(numbers()), np.array([x, y, sides]).ravel(order="F")]

    def form(how: str, make: Callable[[dict[str, Any]], Any], options: dict[str, Any]) -> Form:
        results = [np.empty(1), np.empty(len(numbers()))]
        run = called(make(options), given, results)
        return Form(how, run, lambda _: [np.concatenate(results)])

    def as_c() -> list[Form]:
        return [
            form("mapped, as C", mapped, as_c_options()),
            form("matrices, as C", whole, as_c_options()),
        ]

    interpreted = [form("mapped", mapped, {}), form("matrices", whole, {})]
    return [*interpreted, *tried(notes, "casadi as C", as_c)]
