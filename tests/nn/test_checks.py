"""Calls with more arguments than places: an error that says what goes by name."""

from __future__ import annotations

from inspect import signature
from typing import Any

import pytest

from nn import Attention, Embedding, accuracy, batches, confusion_matrix, fit
from nn.blocks.norms import RMSNorm
from nn.checks import by_name
from nn.optim import Adam
from nn.terminal import boundary, chart


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: accuracy([1.0], [1.0], 0.5),
            "accuracy takes predictions and targets by place, and got 3 arguments; .* threshold=",
        ),
        (
            lambda: confusion_matrix([1.0], [1.0], 0.5),
            "confusion_matrix takes predictions and targets by place, .* threshold=",
        ),
        (
            lambda: batches(([1], [1]), 1, False),
            "batches takes data and size by place, .* shuffle=, rng=",
        ),
        (
            lambda: boundary(abs, ([[1, 1]], [1]), 64, 8, True),
            "boundary takes model, data, width and height by place, .* colour=, unicode=",
        ),
        (
            lambda: chart([1.0], 64, 8, True),
            "chart takes values, width and height by place, .* colour=, unicode=",
        ),
        (lambda: RMSNorm(2, 1e-5, False), "RMSNorm takes n and epsilon by place, .* scale="),
        (lambda: Embedding(2, 2, "he"), "Embedding takes count and width by place, .* init=, rng="),
        (lambda: Attention(2, 1, True), "Attention takes width and heads by place, .* causal=, "),
    ],
    ids=range(8),
)
def test_a_setting_without_its_name_is_refused_with_the_names_there_are(
    call: Any, message: str
) -> None:
    with pytest.raises(TypeError, match=message):
        call()


def test_an_error_in_what_is_called_is_its_own() -> None:
    @by_name()
    def broken(x: float, *, y: float = 0.0) -> float:
        raise TypeError("its own")

    with pytest.raises(TypeError, match="its own"):
        broken(1.0)


def test_a_call_keeps_its_signature() -> None:
    assert [*signature(fit).parameters][:3] == ["model", "data", "loss"]
    assert [*signature(Adam).parameters][:3] == ["parameters", "lr", "betas"]
