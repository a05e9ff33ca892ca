"""A million options: the price of each by Black and Scholes, and five derivatives."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

import autograd
from autograd import grad, jit, value_and_grad
from benchmarks.figures import Bar
from benchmarks.machine.c import library
from benchmarks.machine.contest import (
    FASTMATH,
    OURS,
    C,
    Contest,
    Form,
    columns_of,
    pointers,
    programs_of,
    tried,
)
from benchmarks.machine.with_casadi import as_c_options, called, parallel
from benchmarks.option import option, price_and_greeks
from benchmarks.peers import CASADI, JAX, NUMBA, TORCH

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.machine.contest import Array, Terms

MANY_THREADS = True
ROWS = 1_000_000
# Of the spot, the strike, the rate, the volatility, and the years left.
RANGES = ((80.0, 120.0), (80.0, 120.0), (0.0, 0.1), (0.1, 0.5), (0.25, 2.0))
RESULTS = 6
BARS = {NUMBA: Bar(most=1.8)}


def report(terms: Terms) -> str:
    """How much of the time of each peer we take."""
    columns = columns_of(terms.rows(ROWS), *RANGES)
    programs, notes = programs_of(
        {
            OURS: lambda _: ours(terms, columns),
            FASTMATH: lambda _: ours(terms, columns, fastmath=True),
            NUMBA: lambda _: numba_forms(terms, columns),
            C: lambda _: c_forms(terms, columns),
            JAX: lambda _: jax_forms(columns),
            TORCH: partial(torch_forms, terms, columns),
            CASADI: partial(casadi_forms, terms, columns),
        }
    )
    return "\n".join(
        [
            f"options: {len(columns[0]):,} Black-Scholes prices, each with 5 greeks: by AD, but by "
            "hand in numba and C",
            Contest(programs, BARS, notes=notes).table(terms),
        ]
    )


def as_they_are(results: Sequence[Any]) -> list[Array]:
    """Results that are columns already."""
    return [np.asarray(result) for result in results]


def ours(terms: Terms, columns: list[Array], **options: Any) -> list[Form]:
    """All derivatives by differentiation."""
    six = price_and_greeks(autograd, value_and_grad, grad)
    program = jit(six, threads=terms.threads, **options)
    return [Form("jit(six).map", partial(program.map, *columns), as_they_are)]


def numba_forms(terms: Terms, columns: list[Array]) -> list[Form]:
    """By hand: loops with new columns or into given ones, and a universal function."""
    import numba
    from numba import njit, prange

    @njit(inline="always")
    def below(x):  # type: ignore[no-untyped-def]
        return 0.5 * (1.0 + math.erf(x * 0.7071067811865475))

    @njit(inline="always")
    def six(spot, strike, rate, volatility, years):  # type: ignore[no-untyped-def]
        root = math.sqrt(years)
        spread = volatility * root
        drift = (rate + 0.5 * volatility * volatility) * years
        d1 = (math.log(spot / strike) + drift) / spread
        below1, below2 = below(d1), below(d1 - spread)
        density = math.exp(-0.5 * d1 * d1) * 0.3989422804014327
        paid = strike * math.exp(-rate * years) * below2
        return (
            spot * below1 - paid,
            below1,
            years * paid,
            spot * density * root,
            0.5 * spot * density * volatility / root + rate * paid,
            density / (spot * spread),
        )

    many = terms.threads > 1

    @njit(error_model="numpy", parallel=many)
    def filled(s, k, r, v, t, price, delta, rho, vega, theta, gamma):  # type: ignore[no-untyped-def]
        for i in prange(len(s)):
            price[i], delta[i], rho[i], vega[i], theta[i], gamma[i] = six(
                s[i], k[i], r[i], v[i], t[i]
            )

    @njit(error_model="numpy")
    def fresh(s, k, r, v, t):  # type: ignore[no-untyped-def]
        n = len(s)
        price, delta, rho = np.empty(n), np.empty(n), np.empty(n)
        vega, theta, gamma = np.empty(n), np.empty(n), np.empty(n)
        filled(s, k, r, v, t, price, delta, rho, vega, theta, gamma)
        return price, delta, rho, vega, theta, gamma

    scalars = ", ".join(["float64"] * len(RANGES))
    arrays = ", ".join(["float64[:]"] * RESULTS)

    @numba.guvectorize(
        [f"void({scalars}, {arrays})"],
        ",".join(["()"] * len(RANGES)) + "->" + ",".join(["()"] * RESULTS),
        target="parallel" if many else "cpu",
    )
    def universal(s, k, r, v, t, price, delta, rho, vega, theta, gamma):  # type: ignore[no-untyped-def]
        price[0], delta[0], rho[0], vega[0], theta[0], gamma[0] = six(s, k, r, v, t)

    out = [np.empty_like(columns[0]) for _ in range(RESULTS)]
    return [
        Form("loop into given arrays", partial(filled, *columns, *out), lambda _: out),
        Form("loop", partial(fresh, *columns), as_they_are),
        Form("guvectorize", partial(universal, *columns), as_they_are),
        Form("guvectorize into given arrays", partial(universal, *columns, *out), lambda _: out),
    ]


def c_forms(terms: Terms, columns: list[Array]) -> list[Form]:
    """By hand: a loop into given arrays."""
    from ctypes import c_int, c_long

    arrays = [*columns, *(np.empty_like(columns[0]) for _ in range(RESULTS))]
    greeks = library("options").greeks
    greeks.restype = None
    at = pointers(*arrays)
    run = partial(greeks, c_long(len(columns[0])), c_int(terms.threads), *at)
    return [Form("loop into given arrays", run, lambda _: arrays[len(columns) :])]


def jax_forms(columns: list[Array]) -> list[Form]:
    """By AD: of a row, mapped; and of the columns themselves, as one sum."""
    import jax
    from jax import numpy as jnp, scipy

    jax.config.update("jax_enable_x64", True)

    class Library:
        sqrt, log, exp, erf = jnp.sqrt, jnp.log, jnp.exp, scipy.special.erf

    six = jax.jit(jax.vmap(price_and_greeks(Library, jax.value_and_grad, jax.grad)))
    given = [*map(jnp.asarray, columns)]
    return [Form("jit(vmap(six))", lambda: jax.block_until_ready(six(*given)), as_they_are)]


def torch_forms(terms: Terms, columns: list[Array], notes: list[str]) -> list[Form]:
    """By AD: whole columns through autograd; and the function of a row, mapped and compiled."""
    import torch

    torch.set_num_threads(terms.threads)
    given = [*map(torch.tensor, columns)]

    def whole() -> list[Any]:
        xs = [x.detach().requires_grad_() for x in given]
        price = option(torch, *xs)
        slopes = torch.autograd.grad(price.sum(), [xs[i] for i in (0, 2, 3, 4)], create_graph=True)
        gamma = torch.autograd.grad(slopes[0].sum(), xs[0])
        return [price, *slopes, *gamma]

    def value_first(f: Any, argnums: Any) -> Callable[..., Any]:
        both = torch.func.grad_and_value(f, argnums)
        return lambda *at: both(*at)[::-1]

    def detached(results: Sequence[Any]) -> list[Array]:
        return [result.detach().numpy() for result in results]

    def by_compiler() -> list[Form]:
        six = price_and_greeks(torch, value_first, torch.func.grad)
        program = torch.compile(torch.func.vmap(six))
        return [Form("compile(vmap(six))", partial(program, *given), detached)]

    compiled_forms = tried(notes, "torch.compile", by_compiler)
    return [Form("whole columns", whole, detached), *compiled_forms]


def casadi_forms(terms: Terms, columns: list[Array], notes: list[str]) -> list[Form]:
    """By AD: the function of a row, mapped; interpreted, or compiled as C."""
    import casadi

    rows = np.stack(columns, 1)
    out = np.empty((len(rows), RESULTS))

    def form(how: str, options: dict[str, Any]) -> Form:
        row = casadi.SX.sym("row", len(columns))
        xs = casadi.vertsplit(row)
        price = option(casadi, *xs)
        slopes = [casadi.gradient(price, xs[i]) for i in (0, 2, 3, 4)]
        six = casadi.vertcat(price, *slopes, casadi.gradient(slopes[0], xs[0]))
        mapped = parallel(casadi.Function("six", [row], [six], options), len(rows), terms.threads)
        return Form(how, called(mapped, [rows.ravel()], [out.reshape(-1)]), lambda _: [*out.T])

    return [
        form("mapped", {}),
        *tried(notes, "casadi as C", lambda: [form("mapped, as C", as_c_options())]),
    ]
