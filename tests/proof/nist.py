"""The 27 nonlinear regressions of NIST, with exact derivatives: `python -m tests.proof.nist`.

NIST, the American institute of standards, publishes for each problem the data, the model, two
starting points, and the solution to 11 digits: the parameters, and their standard deviations, which
are a function of the Jacobian at the solution. SciPy's `least_squares` starts from both points with
the model's exact gradients, and for comparison with 2-point differences in their place. It stops
where the sum of squares no longer falls, and that is flat: with half the digits of the parameters.
A few Newton steps with the exact Hessian, "polished" in the table, bring the other half.
"""

from __future__ import annotations

import argparse
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import autograd
from autograd import Value, atan, cos, exp, grad, hessian, no_grad, sin, square
from benchmarks.command import needed
from benchmarks.figures import table

with needed(__name__):
    import numpy as np
    from scipy.optimize import least_squares  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Array = np.ndarray[Any, np.dtype[np.float64]]

DATA = Path(__file__).parents[1] / "data" / "nist"

CONVERGED = 4.0  # digits to which every parameter must agree before a run counts
CERTIFIED = 11.0  # digits that are published
NEWTON_STEPS = 3  # each doubles the digits, until those of double arithmetic are used up

# One choice for all problems. Within one of them parameters differ by factors up to 5e8, hence the
# scaling by the columns of the Jacobian.
SOLVER = {
    "method": "trf", "x_scale": "jac", "max_nfev": 5000,
    "xtol": 1e-15, "ftol": 1e-15, "gtol": 1e-15,
}  # fmt: skip

# Its residuals are 1e-13 beside observations of 1: in double arithmetic the sum of their squares
# has 3 digits. Its standard deviations take the certified sum, and check the Jacobian alone.
RESIDUALS_OF_ROUNDING = {"Lanczos1"}


# The models ---------------------------------------------------------------------------------------


def saturation(x: float, b1: Value, b2: Value) -> Value:
    return b1 * (1.0 - exp(-b2 * x))


def chwirut(x: float, b1: Value, b2: Value, b3: Value) -> Value:
    return exp(-b1 * x) / (b2 + b3 * x)


def decay(x: float, height: Value, rate: Value) -> Value:
    return height * exp(-rate * x)


def decays(x: float, *b: Value) -> Value:
    return decay(x, *b[:2]) + decay(x, *b[2:4]) + decay(x, *b[4:])


def peak(x: float, height: Value, center: Value, width: Value) -> Value:
    return height * exp(-square((x - center) / width))


def peaks(x: float, *b: Value) -> Value:
    return decay(x, *b[:2]) + peak(x, *b[2:5]) + peak(x, *b[5:])


def wave(x: float, period: Value | float, cosine: Value, sine: Value) -> Value:
    angle = 2.0 * math.pi * x / period
    return cosine * cos(angle) + sine * sin(angle)


def waves(x: float, *b: Value) -> Value:
    return b[0] + wave(x, 12.0, *b[1:3]) + wave(x, *b[3:6]) + wave(x, *b[6:])


def quadratics(x: float, *b: Value) -> Value:
    b1, b2, b3, b4, b5 = b
    return (b1 + b2 * x + b3 * x**2) / (1.0 + b4 * x + b5 * x**2)


def cubics(x: float, *b: Value) -> Value:
    b1, b2, b3, b4, b5, b6, b7 = b
    return (b1 + b2 * x + b3 * x**2 + b4 * x**3) / (1.0 + b5 * x + b6 * x**2 + b7 * x**3)


# In NIST's order, easy ones first. Predictors come first, then the parameters.
MODELS: dict[str, Callable[..., Value]] = {
    "Misra1a": saturation,
    "Chwirut2": chwirut,
    "Chwirut1": chwirut,
    "Lanczos3": decays,
    "Gauss1": peaks,
    "Gauss2": peaks,
    "DanWood": lambda x, b1, b2: b1 * x**b2,
    "Misra1b": lambda x, b1, b2: b1 * (1.0 - (1.0 + b2 * x / 2.0) ** -2.0),
    "Kirby2": quadratics,
    "Hahn1": cubics,
    "Nelson": lambda x1, x2, b1, b2, b3: b1 - b2 * x1 * exp(-b3 * x2),
    "MGH17": lambda x, b1, b2, b3, b4, b5: b1 + b2 * exp(-x * b4) + b3 * exp(-x * b5),
    "Lanczos1": decays,
    "Lanczos2": decays,
    "Gauss3": peaks,
    "Misra1c": lambda x, b1, b2: b1 * (1.0 - (1.0 + 2.0 * b2 * x) ** -0.5),
    "Misra1d": lambda x, b1, b2: b1 * b2 * x / (1.0 + b2 * x),
    "Roszman1": lambda x, b1, b2, b3, b4: b1 - b2 * x - atan(b3 / (x - b4)) / math.pi,
    "ENSO": waves,
    "MGH09": lambda x, b1, b2, b3, b4: b1 * (x**2 + x * b2) / (x**2 + x * b3 + b4),
    "Thurber": cubics,
    "BoxBOD": saturation,
    "Rat42": lambda x, b1, b2, b3: b1 / (1.0 + exp(b2 - b3 * x)),
    "MGH10": lambda x, b1, b2, b3: b1 * exp(b2 / (x + b3)),
    "Eckerle4": lambda x, b1, b2, b3: b1 / b2 * exp(-0.5 * square((x - b3) / b2)),
    "Rat43": lambda x, b1, b2, b3, b4: b1 / (1.0 + exp(b2 - b3 * x)) ** (1.0 / b4),
    "Bennett5": lambda x, b1, b2, b3: b1 * (b2 + x) ** (-1.0 / b3),
}


# The problems -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Problem:
    """A model, its observations, and what NIST certifies about them."""

    name: str
    level: str  # "Lower", "Average" or "Higher" difficulty
    observations: list[tuple[float, ...]]  # the response, then one or two predictors
    starts: tuple[Array, Array]
    parameters: Array
    deviations: Array  # the standard deviations of the parameters
    sum_of_squares: float
    residual_deviation: float
    printed_degrees_of_freedom: int

    @property
    def degrees_of_freedom(self) -> int:
        """Observations less parameters; what Rat43's file prints is something else."""
        return len(self.observations) - len(self.parameters)

    def residual(self, b: Sequence[Value], y: float, *x: float) -> Value:
        """The model's error at one observation."""
        return MODELS[self.name](*x, *b) - y

    def residuals(self, b: Array) -> Array:
        """The model's errors at all observations."""
        # Values, not floats: on these Python would raise for 1 / 0 or return a complex number for
        # (-2) ** 0.5, where Values give inf and nan, and the solver steps back.
        with no_grad():
            values = [Value(number) for number in b.tolist()]
            return np.array([self.residual(values, *row).data for row in self.observations])

    def jacobian(self, b: Array) -> Array:
        """The exact derivative of each residual by each parameter."""
        # Each residual is a small graph of its own. One walk back over each of them is cheaper than
        # the walks of autograd.jacobian, each over all of them: 7 times for Gauss1.
        gradient = grad(self.residual)
        return np.array([gradient(b, *row) for row in self.observations])

    def newton_step(self, b: Array) -> Array:
        """The step to where the sum of squares would be flat if it were quadratic."""

        def half_sum_of_squares(b: Sequence[Value]) -> Value:
            return 0.5 * autograd.sum(square(self.residual(b, *row)) for row in self.observations)

        curvature = hessian(half_sum_of_squares)(b)
        scale = np.sqrt(np.diag(curvature))
        slope = self.jacobian(b).T @ self.residuals(b)
        step: Array = -np.linalg.solve(curvature / np.outer(scale, scale), slope / scale) / scale
        return step

    def standard_deviations(self, b: Array, jacobian: Array) -> Array:
        """Of the parameters: s * sqrt(diagonal of inv(J.T J)), where QR of J spares us J.T J."""
        residual_deviation = self.residual_deviation
        if self.name not in RESIDUALS_OF_ROUNDING:
            residual_deviation = np.linalg.norm(self.residuals(b)) / self.degrees_of_freedom**0.5
        scale = np.linalg.norm(jacobian, axis=0)
        triangle = np.linalg.qr(jacobian / scale, mode="r")
        unscaled: Array = np.linalg.norm(np.linalg.inv(triangle), axis=1) / scale
        return residual_deviation * unscaled


def read(name: str) -> Problem:
    """The problem in NIST's file of this name."""
    text = (DATA / f"{name}.dat").read_text(encoding="ascii")

    def found(pattern: str) -> str:
        match = re.search(pattern, text)
        if match is None:
            raise ValueError(f"{name}.dat has no line like {pattern!r}: is the file complete?")
        return match[1]

    parameters = [_numbers(line) for line in re.findall(r"\n +b\d+ =(.*)", text)]
    start1, start2, certified, deviations = np.array(parameters).T
    observations = [_numbers(line) for line in text.rpartition("\nData:")[2].splitlines()[1:]]
    announced = int(found(r"Number of Observations: +(\d+)"))
    if len(observations) != announced:
        raise ValueError(
            f"{name}.dat has {len(observations)} observations, and announces {announced}: "
            f"is the file complete?"
        )
    if name == "Nelson":  # whose model is of log(y)
        observations = [(math.log(y), *x) for y, *x in observations]
    return Problem(
        name=name,
        level=found(r"(\w+) +Level of Difficulty"),
        observations=observations,
        starts=(start1, start2),
        parameters=certified,
        deviations=deviations,
        sum_of_squares=float(found(r"Residual Sum of Squares: +(\S+)")),
        residual_deviation=float(found(r"Residual Standard Deviation: +(\S+)")),
        printed_degrees_of_freedom=int(found(r"Degrees of Freedom: +(\d+)")),
    )


def _numbers(line: str) -> tuple[float, ...]:
    return tuple(map(float, line.split()))


# The runs -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Run:
    """Where a solver arrived from one of the starting points, and the digits that are right there.

    A vector is as good as the worst of its numbers.
    """

    steps: int  # tried
    parameters: Array
    digits: float  # of the parameters
    digits_of_deviations: float

    @property
    def converged(self) -> bool:
        return self.digits >= CONVERGED


def solve(problem: Problem, start: Array, *, exact: bool) -> Run:
    """The run of least_squares from a start, with the exact Jacobian or 2-point differences."""
    jacobian = problem.jacobian if exact else "2-point"
    # A step far out may give errors with no finite square: the solver takes it back.
    with np.errstate(over="ignore"):
        found = least_squares(problem.residuals, start, jacobian, **SOLVER)
    return _run(problem, found.nfev, found.x, found.jac)


def polished(problem: Problem, run: Run) -> Run:
    """The run, continued by a few Newton steps with the exact Hessian if it has converged."""
    b = run.parameters
    if not run.converged:
        return run
    for _ in range(NEWTON_STEPS):
        b = b + problem.newton_step(b)
    return _run(problem, run.steps, b, problem.jacobian(b))


def _run(problem: Problem, steps: int, b: Array, jacobian: Array) -> Run:
    digits = agreement(b, problem.parameters)
    if digits < CONVERGED:  # there are no deviations to compare, and the Jacobian may be singular
        return Run(steps, b, digits, 0.0)
    deviations = problem.standard_deviations(b, jacobian)
    return Run(steps, b, digits, agreement(deviations, problem.deviations))


def agreement(numbers: Array, certified: Array) -> float:
    """The decimal digits that are right in the worst number: -log10 of its relative error."""
    error = float(np.max(np.abs(numbers / certified - 1.0)))
    return min(CERTIFIED, max(0.0, -math.log10(error))) if error > 0.0 else CERTIFIED


# The report ---------------------------------------------------------------------------------------

HEADINGS = (
    "problem", "difficulty",
    "start 1", "start 2", "digits", "st. dev.",
    "polished", "st. dev.",
    "2-point: 1", "2", "digits", "st. dev.",
)  # fmt: skip

EXPLANATION = f"""\
Steps tried from each start, in brackets where they did not lead to {CONVERGED:.0f} digits of every
parameter; then the digits (of {CERTIFIED:.0f}) of the worst parameter and of the worst standard
deviation, from the worse start that converged: as least_squares returns them with exact
Jacobians, after {NEWTON_STEPS} Newton steps from there with exact Hessians, and as least_squares
returns them with SciPy's own 2-point differences.
{", ".join(RESIDUALS_OF_ROUNDING)}: the sum of squares is too small for double arithmetic,
the standard deviations use the certified one."""


def steps(runs: Sequence[Run]) -> list[str]:
    """What each run tried, in brackets if in vain."""
    return [f"{run.steps}" if run.converged else f"({run.steps})" for run in runs]


def worst(runs: Sequence[Run]) -> list[str]:
    """The fewest digits of parameters and of deviations in the runs that converged."""
    good = [(run.digits, run.digits_of_deviations) for run in runs if run.converged]
    return [f"{min(column):.1f}" for column in zip(*good, strict=True)] or ["", ""]


def total(runs: Sequence[Run]) -> str:
    """How many runs converged, and the fewest digits in these."""
    digits, digits_of_deviations = worst(runs)
    return (
        f"{sum(run.converged for run in runs)} of {len(runs)} runs converge, "
        f"parameters to {digits} digits and standard deviations to {digits_of_deviations} or more"
    )


def main() -> None:
    """Solve all problems from all starts, and print what came out."""
    argparse.ArgumentParser(
        prog="python -m tests.proof.nist",
        description="Solve NIST's nonlinear regressions with exact derivatives.",
    ).parse_args()
    rows = []
    exact, fine, rough = [], [], []
    for problem in map(read, MODELS):
        exact += [solve(problem, start, exact=True) for start in problem.starts]
        fine += [polished(problem, run) for run in exact[-2:]]
        rough += [solve(problem, start, exact=False) for start in problem.starts]
        row = [*steps(exact[-2:]), *worst(exact[-2:]), *worst(fine[-2:])]
        rows.append([problem.name, problem.level, *row, *steps(rough[-2:]), *worst(rough[-2:])])
    print(EXPLANATION, table(HEADINGS, rows), sep="\n\n", end="\n\n")
    print(f"2-point differences: {total(rough)}")
    print(f"exact Jacobians: {total(exact)}")
    print(f"exact Jacobians, polished: {total(fine)}")


if __name__ == "__main__":
    main()
