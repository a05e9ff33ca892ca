"""The main job, `python -m nn`: what it reaches, what it prints, and the files it writes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

import nn
from nn import MLP, __main__ as job, accuracy, load

if TYPE_CHECKING:
    from collections.abc import Callable

    Job = Callable[..., str]

ROOT = Path(job.__file__).parents[1]
FILES = ("boundary.png", "loss.png", "neuron.svg", "model.json")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Job:
    """The main job with these options; gives what it printed."""
    monkeypatch.delenv("FORCE_COLOR", raising=False)

    def run(*options: str) -> str:
        monkeypatch.setattr(sys, "argv", ["python -m nn", *options])
        job.main()
        return capsys.readouterr().out

    return run


def held_out(printed: str) -> float:
    """The percentage of the held-out points that are right."""
    found = re.search(r"([\d.]+) % of the others", printed)
    assert found is not None, printed
    return float(found[1])


again = pytest.mark.slow(reason="the same training with nine more seeds")


@pytest.mark.parametrize("seed", [0, *[pytest.param(n, marks=again) for n in range(1, 10)]])
def test_two_moons_are_told_apart_with_every_seed(run: Job, seed: int) -> None:
    printed = run("--seed", str(seed))
    assert "100 points to train on, 400 held out" in printed
    assert held_out(printed) >= 97.0


@pytest.mark.parametrize(
    ("options", "least"),
    [
        pytest.param(
            "--data circles --epochs 60",
            95.0,
            marks=pytest.mark.slow(reason="it learns circles, but takes many epochs"),
        ),
        pytest.param(
            "--data spirals --points 300 --hidden 16 16 --epochs 60 --activation tanh",
            90.0,
            marks=pytest.mark.slow(reason="three times as many points as the others"),
        ),
        ("--data blobs --epochs 20", 95.0),
        ("--data xor --hidden 8 --epochs 40", 95.0),
        ("--data moons --hidden --epochs 30", 80.0),
    ],
    ids=["circles", "spirals", "blobs", "xor", "a straight line"],
)
def test_other_data_and_other_networks_are_options(run: Job, options: str, least: float) -> None:
    assert held_out(run(*options.split())) >= least


def test_it_prints_the_same_for_the_same_seed_and_something_else_for_another(run: Job) -> None:
    same = [run("--epochs", "3", "--seed", seed) for seed in "112"]
    assert same[0] == same[1] != same[2]


def test_the_boundary_and_the_loss_are_shown_without_colour_where_nobody_sees_it(run: Job) -> None:
    printed = run("--epochs", "3")
    assert "class 0" in printed
    assert "└" in printed
    assert "\x1b" not in printed


def test_colours_can_be_asked_for(run: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[38;5;" in run("--epochs", "1")


@pytest.mark.usefixtures("renderer")
def test_files_are_written_where_they_are_asked_for(run: Job, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    printed = run("--epochs", "3", "--out", str(folder))
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)
    assert (folder / "boundary.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in (folder / "neuron.svg").read_text(encoding="utf-8")
    assert len(load(folder / "model.json").parameters()) == 337
    assert printed.count("written: ") == 4


def test_the_neuron_that_is_drawn_is_one_of_the_model_with_its_gradients() -> None:
    rng = Random(0)
    data, model = job.SETS["moons"](20, rng), MLP(2, [4, 1], rng=rng)
    out = job.neuron_at_work(model, data)
    leaves: dict[str, Any] = {}
    nodes = [out]
    while nodes:
        node = nodes.pop()
        nodes += node.parents
        if node.op is None:
            leaves[node.label] = node
    assert set(leaves) == {"w.0", "w.1", "b", "x.0", "x.1"}
    assert leaves["w.0"].data == model.parameters()[0].data
    assert out.data > 0.0  # where relu has a slope of 1
    assert leaves["w.0"].grad == leaves["x.0"].data != 0.0


def test_without_the_extras_everything_else_is_written_and_what_is_missing_named(
    run: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [n for n in sys.modules if n.partition(".")[0] in ("matplotlib", "graphviz")]:
        monkeypatch.delitem(sys.modules, name)
    for name in ("matplotlib", "graphviz", "pygraphviz"):
        monkeypatch.setitem(sys.modules, name, None)
    printed = run("--epochs", "3", "--out", str(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["model.json"]
    assert printed.count("not written: ") == 3
    assert "pencilgrad[viz]" in printed


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--points 1", "--points must be a whole number from 3 on, got int 1"),
        ("--epochs 0", "--epochs must be a whole number from 1 on, got int 0"),
        ("--lr -1", "--lr must be positive and finite, got -1.0"),
        ("--lr inf", "--lr must be positive and finite, got inf"),
        ("--data sun", "invalid choice: 'sun'"),
        ("--activation rleu", "invalid choice: 'rleu'"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    run: Job, capsys: pytest.CaptureFixture[str], options: str, message: str
) -> None:
    with pytest.raises(SystemExit) as exit_:
        run(*options.split())
    assert exit_.value.code == 2
    assert message in capsys.readouterr().err


def test_a_training_that_fails_says_why_and_ends_with_an_error(run: Job) -> None:
    with pytest.raises(SystemExit, match="the training failed: epoch 1, step 2"):
        run("--lr", "1e300", "--epochs", "3")


def test_a_training_that_made_the_loss_worse_says_so_with_what_to_do(run: Job) -> None:
    printed = run("--lr", "1e9", "--epochs", "3")
    expected = r"^the training failed: the loss was 0\.\d+ before and is \d.* now; .* --lr 1e\+08$"
    assert re.search(expected, printed, re.MULTILINE)


def test_a_training_that_went_well_says_nothing_about_failure(run: Job) -> None:
    assert "failed" not in run("--epochs", "3")


@pytest.mark.parametrize("data", job.SETS)
def test_the_fewest_points_are_enough_for_every_data_set(run: Job, data: str) -> None:
    assert f"{data}: 3 points to train on" in run(
        "--data", data, "--points", str(job.FEWEST), "--epochs", "1"
    )


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Ctrl-C in that epoch: when the accuracy of its end is measured."""

    def at(epoch: int) -> None:
        calls = iter(range(1, 1000))

        def measured(outputs: Any, targets: Any) -> float:
            if next(calls) == epoch:
                raise KeyboardInterrupt
            return accuracy(outputs, targets)

        monkeypatch.setattr(nn, "accuracy", measured)

    return at


def test_a_training_that_was_interrupted_says_when_and_shows_what_there_is(
    run: Job, interrupted: Callable[[int], None]
) -> None:
    interrupted(3)
    printed = run("--epochs", "9")
    assert "\ninterrupted at epoch 3\n" in printed
    assert printed.splitlines()[-1].split() == ["1", "2"]  # the epochs under the curve


@pytest.mark.usefixtures("renderer")
def test_a_training_that_was_interrupted_in_its_first_epoch_has_no_curve(
    run: Job, interrupted: Callable[[int], None], tmp_path: Path
) -> None:
    interrupted(1)
    printed = run("--out", str(tmp_path))
    assert "\ninterrupted at epoch 1\n" in printed
    assert "class 1\nwritten: " in printed
    assert {path.name for path in tmp_path.iterdir()} == {*FILES} - {"loss.png"}


def test_a_training_that_was_not_interrupted_says_nothing_about_it(run: Job) -> None:
    assert "done" not in run("--epochs", "1")


def test_a_folder_that_cannot_be_made_is_one_line_before_the_training(
    run: Job, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit) as exit_:
        run("--out", str(tmp_path / "file" / "folder"))
    printed = capsys.readouterr()
    assert exit_.value.code == 2
    assert printed.out == ""
    (line,) = printed.err.splitlines()
    assert line.startswith("python -m nn: error: --out: no folder can be made: ")


later = pytest.mark.slow(reason="all files before it are drawn first")


@pytest.mark.parametrize("name", [FILES[0], *[pytest.param(x, marks=later) for x in FILES[1:]]])
def test_a_file_that_cannot_be_written_is_one_line(
    name: str, run: Job, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).mkdir()
    with pytest.raises(SystemExit) as exit_:
        run("--epochs", "1", "--out", str(tmp_path))
    assert exit_.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("python -m nn: error: --out: ")
    assert name in line


def test_it_ends_quietly_where_nobody_reads_on() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "nn", "--epochs", "1"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


@pytest.mark.parametrize(("columns", "width"), [("200", 64), ("40", 40), ("5", 24)])
def test_pictures_fit_the_terminal(
    run: Job, monkeypatch: pytest.MonkeyPatch, columns: str, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert f"\n┌{'─' * (width - 2)}┐\n" in run("--epochs", "1")


def test_pictures_in_a_file_do_not_depend_on_the_terminal(
    run: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert f"\n┌{'─' * 62}┐\n" in run("--epochs", "1")


def test_help_is_short_and_names_every_data_set() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "nn", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert len(printed.splitlines()) < 30
    for name in job.SETS:
        assert name in printed
