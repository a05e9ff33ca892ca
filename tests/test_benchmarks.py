"""The benchmarks themselves: answers that differ are told, and so is what is not there."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from autograd import Value, jit
from benchmarks import machine, page
from benchmarks.beside import agreement
from benchmarks.command import count, must_be_known, needed
from benchmarks.engines import OURS
from benchmarks.figures import MEASURED, Bar, difference, printed, ratio, readable, table
from benchmarks.peers import left_out

if TYPE_CHECKING:
    from pathlib import Path


def test_a_ratio_is_that_of_the_medians_and_is_held_against_its_bar() -> None:
    figure = ratio([2.0, 4.0, 9.0], [1.0, 1.0, 3.0], Bar(least=2.5))
    cells = figure.cells()
    assert len(cells) == len(MEASURED)
    assert cells[0] == "4.00"
    assert "met" in cells[-1]
    assert "missed" in ratio([2.0], [1.0], Bar(least=2.5)).cells()[-1]


def test_answers_that_differ_are_an_error() -> None:
    assert difference("sums", [1.0, 1e9], [1.0, 1e9 + 1.0], 1e-8) == pytest.approx(1e-9)
    with pytest.raises(AssertionError, match=r"sums: the answers differ by 5.0e-01"):
        difference("sums", [1.0], [2.0], 1e-8)
    with pytest.raises(AssertionError):
        difference("sums", [float("nan")], [2.0], 1e-8)


def test_a_table_can_be_read_back() -> None:
    rows = [("ours", "1.5 ms", "met"), ("theirs", "12 ms", "missed")]
    (found,) = printed("a title: of tables\n" + table(("who", "time", "bar"), rows))
    assert found.title == "a title: of tables"
    assert found.rows == [
        {"who": "ours", "time": "1.5 ms", "bar": "met"},
        {"who": "theirs", "time": "12 ms", "bar": "missed"},
    ]


def test_the_output_of_a_run_is_kept_between_the_marks_of_its_page(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert len(page.PLACE.findall(page.PAGE.read_text(encoding="utf-8"))) == 1
    copy = tmp_path / "speed.md"
    copy.write_text("a\n<!-- figures: start -->\nold\n<!-- figures: end -->\nb\n", encoding="utf-8")
    monkeypatch.setattr(page, "PAGE", copy)
    page.write("with 1\n  slower forms: some\n  ours  1.0\n\nwith 2\n  ours  1.0\n")
    assert copy.read_text(encoding="utf-8") == (
        "a\n<!-- figures: start -->\n```text\nwith 1\n  ours  1.0\n\nwith 2\n  ours  1.0\n```\n"
        "<!-- figures: end -->\nb\n"
    )
    copy.write_text("no marks\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"speed\.md must have one place .*, and has 0"):
        page.ready()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(12.0, "12.0 s"), (0.99961, "1.00 s"), (0.0123, "12.3 ms"), (2.5e-7, "0.250 us")],
)
def test_a_time_is_told_to_three_digits_in_the_unit_that_fits(seconds: float, text: str) -> None:
    assert readable(seconds) == text


def test_the_agreement_of_answers_is_that_of_the_worst_peer() -> None:
    answers = {OURS: [1.0, 2.0], "one": [1.0, 2.0], "other": [1.0, 2.5]}
    assert agreement("sums", "all sums", answers, 0.5).endswith("agree to 2e-01 (allowed: 5e-01)")
    with pytest.raises(AssertionError, match="sums, other: the answers differ"):
        agreement("sums", "all sums", answers, 0.1)


def test_without_a_peer_nobody_agrees() -> None:
    assert agreement("sums", "all sums", {OURS: [1.0]}, 0.5) == "  all sums: compared with nothing"


# What is not there, and what is not understood ---------------------------------------------------


def test_the_figures_of_machine_code_are_left_out_where_there_is_no_numpy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(machine, "installed", lambda package: None)
    assert machine.report(1).endswith("  left out: numpy is not installed, which all rows need")


def test_every_program_of_machine_that_needs_a_package_is_left_out_without_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    contest = pytest.importorskip("benchmarks.machine.contest", reason="it needs NumPy")
    monkeypatch.setattr(contest, "installed", lambda package: None)
    makers = dict.fromkeys(contest.PACKAGES, lambda notes: pytest.fail("it is not installed"))
    programs, notes = contest.programs_of(makers)
    assert programs == {}
    peers = ("llvmlite", "torch", "jax", "casadi", "numba")
    assert notes == [left_out(package) for package in peers]


def test_why_a_compiler_fails_is_told_without_the_folders_of_this_machine() -> None:
    contest = pytest.importorskip("benchmarks.machine.contest", reason="it needs NumPy")

    def fail() -> list[object]:
        raise RuntimeError("/home/anna/cc.cpp:7: no compiler in '/usr/bin'")

    notes: list[str] = []
    assert contest.tried(notes, "casadi", fail) == []
    assert notes == ["  left out: casadi: RuntimeError: cc.cpp:7: no compiler in 'bin'"]


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "many", ""])
def test_a_count_is_a_whole_number_from_one(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match=f"at least 1, got {text!r}"):
        count(text)
    assert count("12") == 12


def test_an_unknown_subject_ends_in_the_names_of_those_that_are_there(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        must_be_known(ArgumentParser(prog="it"), "subject", ["moon", "jit"], {"moons": 1, "jit": 2})
    assert "unknown subject moon: choose from moons, jit" in capsys.readouterr().err


def test_a_program_that_misses_a_package_says_what_to_install() -> None:
    words = "nowhere is not installed: pip install"
    with pytest.raises(SystemExit, match=words), needed("__main__"):
        import_module("nowhere")
    with pytest.raises(ModuleNotFoundError, match=words), needed("benchmarks.some"):
        import_module("nowhere")


def test_the_kernel_that_is_timed_gives_the_sum_and_its_derivatives() -> None:
    np = pytest.importorskip("numpy")
    pytest.importorskip("llvmlite")
    ours = pytest.importorskip("benchmarks.machine.ours")
    w = Value(3.0)
    of_row = jit(lambda x, y: w * x * y, backend="llvm")
    call, places = ours.our_kernel(of_row, [w], [np.arange(8.0), np.ones(8)])
    sums = call()
    assert [sums[i] for i in places] == [84.0, 28.0]
