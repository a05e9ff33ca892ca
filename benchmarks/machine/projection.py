"""The Jacobian of a camera's projection, as bundle adjustment needs it for every observation."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

import autograd
from autograd import jacobian, jit
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
from benchmarks.peers import CASADI, JAX, NUMBA

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.machine.contest import Array, Terms

MANY_THREADS = True
ROWS = 100_000
LANES = 8  # rows in a block of the C program
STRAIGHT = 100  # each so many rows there is a camera that is not turned at all
RANGES = (
    *[(-0.8, 0.8)] * 3,  # the axis, as long as the angle
    *[(-0.5, 0.5)] * 3,  # the shift
    (400.0, 600.0),  # the focal length
    *[(-0.1, 0.1)] * 2,  # how lines bend far from the centre
    *[(-1.0, 1.0)] * 2,  # the point
    (4.0, 8.0),
    *[(-100.0, 100.0)] * 2,  # where it was seen
    (0.5, 2.0),  # the weight of the observation
)
INS = len(RANGES)
BARS = {C: Bar(most=2.0)}


def residuals(m: Any, *of: Any) -> list[Any]:
    """How far from the place where it was seen a point is projected, weighted."""
    (w0, w1, w2), shift, (focal, k1, k2) = of[:3], of[3:6], of[6:9]
    (x0, x1, x2), seen, weight = of[9:12], of[12:14], of[14]
    square = w0 * w0 + w1 * w1 + w2 * w2
    small = square < 1e-12
    square = m.where(small, 1.0, square)  # not to divide by 0 in what is not chosen
    angle = m.sqrt(square)
    cosine = m.where(small, 1.0, m.cos(angle))
    across = m.where(small, 1.0, m.sin(angle) / angle)
    along = m.where(small, 0.0, (1.0 - m.cos(angle)) / square)
    along = along * (w0 * x0 + w1 * x1 + w2 * x2)
    p0 = cosine * x0 + across * (w1 * x2 - w2 * x1) + along * w0 + shift[0]
    p1 = cosine * x1 + across * (w2 * x0 - w0 * x2) + along * w1 + shift[1]
    p2 = cosine * x2 + across * (w0 * x1 - w1 * x0) + along * w2 + shift[2]
    u, v = p0 / p2, p1 / p2
    r2 = u * u + v * v
    scale = focal * (1.0 + r2 * (k1 + k2 * r2))
    return [weight * (scale * u - seen[0]), weight * (scale * v - seen[1])]


def report(terms: Terms) -> str:
    """How much of the time of each peer we take."""
    columns = columns_of(terms.rows(ROWS), *RANGES)
    for axis in columns[:3]:
        axis[::STRAIGHT] = 0.0
    programs, notes = programs_of(
        {
            OURS: lambda _: ours(terms, columns),
            FASTMATH: lambda _: ours(terms, columns, fastmath=True),
            C: lambda _: c_forms(terms, columns),
            NUMBA: lambda _: numba_forms(terms, columns),
            JAX: lambda _: jax_forms(columns),
            CASADI: partial(casadi_forms, terms, columns),
        }
    )
    return "\n".join(
        [
            f"projection: {len(columns[0]):,} Jacobians of 2 residuals by {INS} inputs: by AD, but "
            "by hand in numba and C",
            Contest(programs, BARS, notes=notes).table(terms),
        ]
    )


def ours(terms: Terms, columns: list[Array], **options: Any) -> list[Form]:
    """The inputs as arguments, or as one array."""
    options |= {"threads": terms.threads}
    f = partial(residuals, autograd)
    apart = jit(jacobian(f, tuple(range(INS))), **options)
    as_array = jit(jacobian(lambda row: f(*row)), **options)
    rows = np.stack(columns, 1)
    return [
        Form("of 15 arguments", partial(apart.map, *columns), by_output),
        Form("of an array", partial(as_array.map, rows), of_matrices),
    ]


def by_output(results: Sequence[Sequence[Any]]) -> list[Array]:
    """Partials of both outputs, each a column."""
    return [np.asarray(column) for output in results for column in output]


def of_matrices(results: Sequence[Any]) -> list[Array]:
    """Partials of both outputs, each output a matrix with a row for each row."""
    return [column for output in results for column in np.asarray(output).T]


def c_forms(terms: Terms, columns: list[Array]) -> list[Form]:
    """By hand: each input a column, or 8 rows of all inputs together."""
    from ctypes import c_int, c_long

    rows = len(columns[0])
    blocked = np.stack([x.reshape(-1, LANES) for x in columns], 1)
    given = {"columns": np.stack(columns), "blocks": blocked}
    out = {
        "columns": np.empty((2 * INS, rows)),
        "blocks": np.empty((rows // LANES, 2 * INS, LANES)),
    }
    forms = []
    for name, array in given.items():
        function = getattr(library("projection"), name)
        function.restype = None
        at = pointers(array, out[name])
        run = partial(function, c_long(rows), c_int(terms.threads), *at)
        forms.append(Form(name, run, partial(by_column, array, out[name])))
    return forms


def by_column(given: Array, out: Array, _: None) -> list[Array]:
    """What C has filled in; what it was given must live as long."""
    return [*(out if out.ndim == 2 else out.swapaxes(0, 1).reshape(2 * INS, -1))]


def numba_forms(terms: Terms, columns: list[Array]) -> list[Form]:
    """By hand: each input a column, or each row together. The formulas are explained in the C."""
    from numba import njit, prange

    @njit(inline="always", error_model="numpy")
    def of_row(i, out):  # type: ignore[no-untyped-def]
        w0, w1, w2, t0, t1, t2, focal, k1, k2, x0, x1, x2, seen0, seen1, weight = (
            *(i[0], i[1], i[2], i[3], i[4], i[5], i[6], i[7]),
            *(i[8], i[9], i[10], i[11], i[12], i[13], i[14]),
        )
        square = w0 * w0 + w1 * w1 + w2 * w2
        if square < 1e-12:
            a, b, c, a1, b1, straight = 1.0, 0.0, 1.0, 0.0, 0.0, 0.0
        else:
            angle = math.sqrt(square)
            c = math.cos(angle)
            a, b = math.sin(angle) / angle, (1.0 - c) / square
            a1, b1, straight = (c - a) / square, (a - 2.0 * b) / square, a
        cross0, cross1, cross2 = w1 * x2 - w2 * x1, w2 * x0 - w0 * x2, w0 * x1 - w1 * x0
        along = w0 * x0 + w1 * x1 + w2 * x2
        p0 = c * x0 + a * cross0 + b * along * w0 + t0
        p1 = c * x1 + a * cross1 + b * along * w1 + t1
        p2 = c * x2 + a * cross2 + b * along * w2 + t2
        q0 = a1 * cross0 + b1 * along * w0 - straight * x0
        q1 = a1 * cross1 + b1 * along * w1 - straight * x1
        q2 = a1 * cross2 + b1 * along * w2 - straight * x2
        deep = 1.0 / p2
        u, v = p0 * deep, p1 * deep
        r2 = u * u + v * v
        bend, slope = 1.0 + r2 * (k1 + k2 * r2), 2.0 * (k1 + 2.0 * k2 * r2)
        scale = weight * focal
        mixed = scale * u * v * slope
        for n in range(2):
            if n == 0:
                by_u, by_v, here, seen = scale * (bend + u * u * slope), mixed, u, seen0
            else:
                by_u, by_v, here, seen = mixed, scale * (bend + v * v * slope), v, seen1
            d0, d1, d2 = by_u * deep, by_v * deep, -(by_u * u + by_v * v) * deep
            common = d0 * q0 + d1 * q1 + d2 * q2
            dw = d0 * w0 + d1 * w1 + d2 * w2
            out[n, 0] = w0 * common + b * (x0 * dw + along * d0) + a * (d2 * x1 - d1 * x2)
            out[n, 1] = w1 * common + b * (x1 * dw + along * d1) + a * (d0 * x2 - d2 * x0)
            out[n, 2] = w2 * common + b * (x2 * dw + along * d2) + a * (d1 * x0 - d0 * x1)
            out[n, 3], out[n, 4], out[n, 5] = d0, d1, d2
            out[n, 6] = weight * here * bend
            out[n, 7] = scale * here * r2
            out[n, 8] = scale * here * r2 * r2
            out[n, 9] = c * d0 + a * (d1 * w2 - d2 * w1) + b * w0 * dw
            out[n, 10] = c * d1 + a * (d2 * w0 - d0 * w2) + b * w1 * dw
            out[n, 11] = c * d2 + a * (d0 * w1 - d1 * w0) + b * w2 * dw
            out[n, 12 + n], out[n, 13 - n] = -weight, 0.0
            out[n, 14] = focal * here * bend - seen

    many = terms.threads > 1

    @njit(error_model="numpy", parallel=many)
    def by_columns(given, out):  # type: ignore[no-untyped-def]
        for i in prange(given.shape[1]):
            of_row(given[:, i], out[:, :, i])

    @njit(error_model="numpy", parallel=many)
    def by_rows(given, out):  # type: ignore[no-untyped-def]
        for i in prange(given.shape[0]):
            of_row(given[i], out[i])

    rows = len(columns[0])
    in_columns, in_rows = np.empty((2, INS, rows)), np.empty((rows, 2, INS))
    return [
        Form(
            "columns",
            partial(by_columns, np.stack(columns), in_columns),
            lambda _: [*in_columns.reshape(2 * INS, rows)],
        ),
        Form(
            "rows",
            partial(by_rows, np.stack(columns, 1), in_rows),
            lambda _: [*in_rows.reshape(rows, 2 * INS).T],
        ),
    ]


def jax_forms(columns: list[Array]) -> list[Form]:
    """Forward and reverse; the inputs as arguments, or as one array."""
    import jax
    from jax import numpy as jnp

    jax.config.update("jax_enable_x64", True)
    f, everything = partial(residuals, jnp), tuple(range(INS))
    given, rows = [*map(jnp.asarray, columns)], jnp.stack([*map(jnp.asarray, columns)], 1)

    def of_array(row: Any) -> Any:
        return jnp.stack(f(*row))

    forms = []
    for name, derive in (("jacfwd", jax.jacfwd), ("jacrev", jax.jacrev)):
        apart = jax.jit(jax.vmap(derive(f, everything)))
        whole = jax.jit(jax.vmap(derive(of_array)))
        forms += [
            Form(f"{name}, 15 arguments", blocking(apart, *given), by_output),
            Form(f"{name}, an array", blocking(whole, rows), by_row),
        ]
    return forms


def blocking(program: Any, *given: Any) -> Any:
    """A call that waits for its result."""
    import jax

    return lambda: jax.block_until_ready(program(*given))


def by_row(result: Any) -> list[Array]:
    """Partials, a matrix for each row."""
    return [*np.asarray(result).reshape(-1, 2 * INS).T]


def casadi_forms(terms: Terms, columns: list[Array], notes: list[str]) -> list[Form]:
    """The Jacobian of a row, mapped; interpreted, or compiled as C."""
    import casadi

    class Library:
        where, sqrt, sin, cos = casadi.if_else, casadi.sqrt, casadi.sin, casadi.cos

    rows = np.stack(columns, 1)
    out = np.empty((len(rows), INS * 2))

    def form(how: str, options: dict[str, Any]) -> Form:
        row = casadi.SX.sym("row", INS)
        f = casadi.vertcat(*residuals(Library, *casadi.vertsplit(row)))
        partials = casadi.densify(casadi.jacobian(f, row)).T
        of_row = casadi.Function("of_row", [row], [partials], options)
        mapped = parallel(of_row, len(rows), terms.threads)
        return Form(how, called(mapped, [rows.ravel()], [out.reshape(-1)]), lambda _: [*out.T])

    return [
        form("mapped", {}),
        *tried(notes, "casadi as C", lambda: [form("mapped, as C", as_c_options())]),
    ]
