"""The benchmarks' own arithmetic: answers that differ are told, tables can be read back."""

from __future__ import annotations

import subprocess
import sys

import pytest

from benchmarks.figures import MEASURED, Bar, difference, printed, ratio, table
from benchmarks.machine import PLACE, README, write_into_readme


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


def test_figures_are_written_between_the_marks_of_the_readme(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: object
) -> None:
    readme = README.read_text(encoding="utf-8")
    assert len(PLACE.findall(readme)) == 1
    machine = sys.modules["benchmarks.machine"]
    copy = tmp_path / "README.md"  # type: ignore[operator]
    copy.write_text("a\n<!-- machine: start -->\nold\n<!-- machine: end -->\nb\n", encoding="utf-8")
    monkeypatch.setattr(machine, "README", copy)

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        threads = command[command.index("--threads") + 1]
        out = f"with {threads}\n  slower forms: some\n  ours  1.0\n"
        return subprocess.CompletedProcess(command, 0, stdout=out)

    monkeypatch.setattr(machine.subprocess, "run", run)
    write_into_readme(5)
    assert copy.read_text(encoding="utf-8") == (
        "a\n<!-- machine: start -->\n```text\nwith 1\n  ours  1.0\n\nwith 2\n  ours  1.0\n```\n"
        "<!-- machine: end -->\nb\n"
    )
    assert "slower forms" in capsys.readouterr().out
