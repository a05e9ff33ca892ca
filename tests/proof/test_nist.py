"""NIST's 27 nonlinear regressions: what exact derivatives reach, and the data themselves."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.proof import nist

if TYPE_CHECKING:
    from pathlib import Path

PROBLEMS = {name: nist.read(name) for name in nist.MODELS}
solves = pytest.mark.slow(reason="54 regressions: more than 15 seconds")
ALL = pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)


@pytest.fixture(scope="module")
def runs() -> dict[tuple[str, int], nist.Run]:
    """The 54 runs with exact Jacobians: about 15 seconds, more than half of them for Bennett5."""
    return {
        (name, number): nist.solve(problem, start, exact=True)
        for name, problem in PROBLEMS.items()
        for number, start in enumerate(problem.starts, 1)
    }


@pytest.fixture(scope="module")
def polished(runs: dict[tuple[str, int], nist.Run]) -> dict[tuple[str, int], nist.Run]:
    return {
        (name, start): nist.polished(PROBLEMS[name], run) for (name, start), run in runs.items()
    }


# The solutions ------------------------------------------------------------------------------------


@solves
def test_54_of_54_runs_converge(runs: dict[tuple[str, int], nist.Run]) -> None:
    assert len(runs) == 54
    assert [which for which, run in runs.items() if not run.converged] == []


@solves
def test_least_squares_alone_finds_parameters_to_6_digits(
    runs: dict[tuple[str, int], nist.Run],
) -> None:
    assert {which: run.digits for which, run in runs.items() if run.digits < 6.0} == {}


@solves
def test_newton_steps_with_exact_hessians_bring_parameters_to_10_digits(
    polished: dict[tuple[str, int], nist.Run],
) -> None:
    assert {which: run.digits for which, run in polished.items() if run.digits < 10.0} == {}


@solves
def test_standard_deviations_at_the_solutions_agree_to_10_digits(
    polished: dict[tuple[str, int], nist.Run],
) -> None:
    digits = {which: run.digits_of_deviations for which, run in polished.items()}
    assert {which: found for which, found in digits.items() if found < 10.0} == {}


@ALL
def test_standard_deviations_at_the_certified_parameters_agree_to_9_digits(
    problem: nist.Problem,
) -> None:
    b = problem.parameters
    found = problem.standard_deviations(b, problem.jacobian(b))
    assert nist.agreement(found, problem.deviations) >= 9.0


def test_differences_find_fewer_digits_of_standard_deviations() -> None:
    problem = PROBLEMS["Misra1a"]
    run = nist.solve(problem, problem.starts[1], exact=False)
    assert run.converged
    assert run.digits_of_deviations < 7.0


def test_a_wrong_model_does_not_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(nist.MODELS, "BoxBOD", nist.MODELS["DanWood"])
    problem = PROBLEMS["BoxBOD"]
    assert not nist.solve(problem, problem.starts[1], exact=True).converged


# The files ----------------------------------------------------------------------------------------


def test_the_files_are_unchanged() -> None:
    lines = (nist.DATA / "SHA256SUMS").read_text(encoding="ascii").splitlines()
    expected = {name: checksum for checksum, name in map(str.split, lines)}
    # As text, so that a checkout with other line ends is still the same file.
    texts = {path.name: path.read_text(encoding="ascii") for path in nist.DATA.glob("*.dat")}
    assert {name: sha256(text.encode()).hexdigest() for name, text in texts.items()} == expected
    assert {name.removesuffix(".dat") for name in texts} == set(nist.MODELS)


def test_the_parser_reads_what_is_printed() -> None:
    problem = PROBLEMS["BoxBOD"]
    assert problem.level == "Higher"
    assert [start.tolist() for start in problem.starts] == [[1.0, 1.0], [100.0, 0.75]]
    assert problem.parameters.tolist() == [2.1380940889e02, 5.4723748542e-01]
    assert problem.deviations.tolist() == [1.2354515176e01, 1.0455993237e-01]
    assert problem.residual_deviation == 1.7088072423e01
    assert problem.observations[0] == (109.0, 1.0)
    assert problem.observations[-1] == (224.0, 10.0)


def test_a_file_with_missing_observations_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (nist.DATA / "BoxBOD.dat").read_text(encoding="ascii")
    (tmp_path / "BoxBOD.dat").write_text(text.rstrip().rpartition("\n")[0], encoding="ascii")
    monkeypatch.setattr(nist, "DATA", tmp_path)
    with pytest.raises(ValueError, match="has 5 observations, and announces 6"):
        nist.read("BoxBOD")


def test_only_rat43_prints_wrong_degrees_of_freedom() -> None:
    wrong = {
        name: (problem.printed_degrees_of_freedom, problem.degrees_of_freedom)
        for name, problem in PROBLEMS.items()
        if problem.printed_degrees_of_freedom != problem.degrees_of_freedom
    }
    assert wrong == {"Rat43": (9, 11)}


@ALL
def test_the_certified_residual_deviation_counts_observations_less_parameters(
    problem: nist.Problem,
) -> None:
    expected = (problem.sum_of_squares / problem.degrees_of_freedom) ** 0.5
    assert problem.residual_deviation == pytest.approx(expected, rel=1e-10)


def test_only_residuals_of_lanczos1_are_drowned_by_rounding() -> None:
    ratios = {
        name: problem.residual_deviation / max(abs(y) for y, *_ in problem.observations)
        for name, problem in PROBLEMS.items()
    }
    assert {name for name, ratio in ratios.items() if ratio < 1e4 * np.finfo(float).eps} == (
        nist.RESIDUALS_OF_ROUNDING
    )
