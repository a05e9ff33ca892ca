"""Search: which settings are tried, what counts as a score, and what is said of the failed ones."""

from __future__ import annotations

from math import inf, log, nan
from random import Random
from typing import Any

import pytest

from autograd import relu
from nn import Neuron
from nn.optim import SGD
from nn.search import Run, Search, grid_search, log_uniform, random_search
from nn.train import TrainingError, fit
from nn.training.history import Epoch, History

LINE = ([0.0, 1.0, 2.0, 3.0], [1.0, 3.0, 5.0, 7.0])


def of_losses(*losses: float, validation: bool = False) -> History:
    history = History()
    history.epochs = [Epoch(0.0 if validation else x, x, {}, 0.1, 0.1) for x in losses]
    if not validation:
        history.epochs = [epoch._replace(validation_loss=None) for epoch in history.epochs]
    return history


# What is tried ----------------------------------------------------------------------------------


def test_a_grid_is_every_combination_in_order() -> None:
    seen: list[tuple[float, str]] = []

    def train(lr: float, kind: str) -> float:
        seen.append((lr, kind))
        return lr

    grid_search(train, {"lr": [0.1, 0.2], "kind": ("a", "b")})
    assert seen == [(0.1, "a"), (0.1, "b"), (0.2, "a"), (0.2, "b")]


def test_random_settings_are_choices_or_drawn_by_functions() -> None:
    search = random_search(
        lambda size, lr: lr, {"size": [8, 16], "lr": lambda rng: rng.random()}, tries=30, rng=0
    )
    assert {run.settings["size"] for run in search.rows} == {8, 16}
    assert len({run.settings["lr"] for run in search.rows}) == 30


def test_a_seed_fixes_the_settings_whatever_the_training_draws() -> None:
    rng = Random(3)
    ways = {"lr": log_uniform(1e-3, 1.0)}
    first = random_search(lambda lr: lr + rng.random(), ways, tries=5, rng=rng)
    second = random_search(lambda lr: lr, ways, tries=5, rng=3)
    assert {run.settings["lr"] for run in first.rows} == {run.settings["lr"] for run in second.rows}


def test_log_uniform_draws_as_many_numbers_in_every_power_of_ten() -> None:
    draw, rng = log_uniform(1e-4, 1.0), Random(0)
    powers = [log(draw(rng), 10.0) for _ in range(4000)]
    assert all(-4.0 <= power <= 0.0 for power in powers)
    for low in range(-4, 0):
        assert 900 < sum(low <= power < low + 1 for power in powers) < 1100


# What counts ------------------------------------------------------------------------------------


def test_the_smallest_score_is_the_best_and_comes_first() -> None:
    search = grid_search(lambda x: (x - 3) ** 2, {"x": [1, 2, 3, 4]})
    assert (search.best, search.best_score) == ({"x": 3}, 0)
    assert [run.score for run in search.rows] == [0, 1, 1, 4]


def test_a_history_counts_by_its_lowest_validation_loss_or_else_by_its_last_loss() -> None:
    histories = {"held out": of_losses(3.0, 1.0, 2.0, validation=True), "not": of_losses(0.5, 1.5)}
    search = grid_search(lambda which: histories[which], {"which": [*histories]})
    assert [(run.settings["which"], run.score) for run in search.rows] == [
        ("held out", 1.0),
        ("not", 1.5),
    ]


def test_trainings_that_run_away_count_as_inf_and_say_why() -> None:
    def train(lr: float) -> History:
        model = Neuron(1, rng=0)
        return fit(model, LINE, optimizer=SGD(model.parameters(), lr=lr))

    search = grid_search(train, {"lr": [1e10, 0.05]})
    assert search.best == {"lr": 0.05}
    assert search.rows[1].score == inf
    assert "TrainingError: epoch " in repr(search).splitlines()[2]
    assert "the loss is inf" in repr(search).splitlines()[2]


@pytest.mark.parametrize("error", [ZeroDivisionError, OverflowError])
def test_other_arithmetic_errors_count_as_inf_too(error: type[ArithmeticError]) -> None:
    def train(lr: float) -> float:
        raise error("too much")

    (run,) = grid_search(train, {"lr": [0.1]}).rows
    assert run == Run({"lr": 0.1}, inf, f"{error.__name__}: too much")


def test_a_score_that_is_nan_counts_as_inf() -> None:
    search = grid_search(lambda x: nan if x else 1.0, {"x": [1, 0]})
    assert search.rows == [Run({"x": 0}, 1.0), Run({"x": 1}, inf, "the score is nan")]


def test_mistakes_of_the_program_come_through() -> None:
    with pytest.raises(LookupError):
        grid_search(lambda x: {}[x], {"x": [1]})


def test_where_all_fail_there_is_no_best() -> None:
    def train(x: int) -> float:
        raise TrainingError("epoch 1, step 1: the loss is nan", History())

    search = grid_search(train, {"x": [1, 2]})
    with pytest.raises(ValueError, match="none of the 2 trainings gave a finite score, the first"):
        _ = search.best
    assert search.best_score == inf


# Ctrl-C -----------------------------------------------------------------------------------------


def interrupted_by_itself(x: int) -> float:
    if x == 3:
        raise KeyboardInterrupt
    return x


def interrupted_in_fit(x: int) -> History:
    history = of_losses(x)
    history.stopped = "interrupted at epoch 2" if x == 3 else "done"
    return history


@pytest.mark.parametrize("train", [interrupted_by_itself, interrupted_in_fit])
def test_ctrl_c_ends_the_search_and_keeps_what_was_found(train: Any) -> None:
    search = grid_search(train, {"x": [2, 1, 3, 0]})
    assert [run.settings for run in search.rows] == [{"x": 1}, {"x": 2}]
    assert repr(search).splitlines()[-1] == "interrupted after 2 of 4 trainings"


@pytest.mark.parametrize("train", [interrupted_by_itself, interrupted_in_fit])
def test_ctrl_c_before_anything_was_found_ends_the_program(train: Any) -> None:
    with pytest.raises(KeyboardInterrupt):
        grid_search(train, {"x": [3, 1]})


# How it prints ----------------------------------------------------------------------------------


def test_a_search_prints_sorted_with_settings_in_words() -> None:
    search = Search(
        [
            Run({"sizes": [8, 1], "activation": relu, "rate": None}, 0.5),
            Run({"sizes": [4, 1], "activation": "tanh", "rate": 0.1}, 0.25),
        ]
    )
    assert repr(search) == (
        "score  sizes   activation  rate\n 0.25  [4, 1]  tanh         0.1\n  0.5  [8, 1]  relu"
    )


# What is refused --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, r"settings must be a dict such as {'lr': \[0.1, 0.01\]}, got a dict of 0"),
        ([("lr", [0.1])], r"settings must be a dict such as .*, got a list of 1"),
        ({"lr": []}, "lr: expected a list of choices, got a list of 0"),
        ({"lr": 0.1}, r"lr: expected a list of choices, got float 0.1"),
        ({"kind": "tanh"}, r"kind: expected a list of choices, got str 'tanh'"),
    ],
    ids=["none", "a list", "no choices", "one number", "one word"],
)
def test_settings_that_make_no_sense_are_refused(settings: Any, message: str) -> None:
    for search in (grid_search, lambda *given: random_search(*given, tries=2)):
        with pytest.raises((ValueError, TypeError), match=message):
            search(lambda **_: 0.0, settings)  # type: ignore[operator]


def test_a_training_that_gives_no_score_is_an_error_that_names_the_settings() -> None:
    with pytest.raises(TypeError, match=r"with {'x': 1} it gave None"):
        grid_search(lambda x: None, {"x": [1]})  # type: ignore[arg-type,return-value]


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (1.0, 0.1), (1.0, inf), (-1.0, 1.0)])
def test_log_uniform_needs_two_positive_bounds(low: float, high: float) -> None:
    with pytest.raises(ValueError, match="expected 0 < low < high"):
        log_uniform(low, high)


def test_there_is_at_least_one_try() -> None:
    with pytest.raises(ValueError, match="tries must be a whole number from 1 on, got int 0"):
        random_search(lambda x: 0.0, {"x": [1]}, tries=0)
