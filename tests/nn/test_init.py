"""Initialisers: the sizes of the weights that networks begin with, and where a seed comes from."""

from __future__ import annotations

import math
from random import Random
from statistics import fmean, pstdev
from typing import TYPE_CHECKING

import pytest

from nn import Layer, init
from nn.checks import generator

if TYPE_CHECKING:
    from nn.init import Initialiser

NIN, NOUT = 30, 10


def weights(initialiser: Initialiser) -> list[float]:
    rng = Random(0)
    return [initialiser(rng, NIN, NOUT) for _ in range(20_000)]


@pytest.mark.parametrize(
    ("name", "deviation"),
    [
        ("uniform", 1 / math.sqrt(3)),
        ("normal", 1.0),
        ("glorot", math.sqrt(2 / (NIN + NOUT))),
        ("he", math.sqrt(2 / NIN)),
        ("zeros", 0.0),
    ],
)
def test_weights_are_centred_and_of_the_size_that_is_said(name: str, deviation: float) -> None:
    drawn = weights(init.INITIALISERS[name])
    assert fmean(drawn) == pytest.approx(0.0, abs=0.02 * max(deviation, 1e-9))
    assert pstdev(drawn) == pytest.approx(deviation, rel=0.02)


def test_uniform_and_glorot_stay_within_their_limits() -> None:
    assert max(map(abs, weights(init.uniform))) <= 1.0
    assert max(map(abs, weights(init.glorot))) <= math.sqrt(6 / (NIN + NOUT))


def test_a_layer_tells_the_initialiser_both_of_its_sizes() -> None:
    seen = set()

    def spy(rng: Random, nin: int, nout: int) -> float:
        seen.add((nin, nout))
        return 0.5

    layer = Layer(3, 4, init=spy)
    assert seen == {(3, 4)}
    assert {w.data for neuron in layer.neurons for w in neuron.w} == {0.5}


def test_a_generator_of_ones_own_is_handed_on_as_it_is() -> None:
    rng = Random(1)
    assert generator(rng) is rng


@pytest.mark.parametrize("wrong", ["1", 1.5, True, [1]], ids=repr)
def test_what_is_neither_a_generator_nor_a_seed_is_refused(wrong: object) -> None:
    with pytest.raises(TypeError, match=r"rng: expected a random\.Random, .* a seed or None, got"):
        generator(wrong)  # type: ignore[arg-type]
