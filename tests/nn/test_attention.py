"""Embedding, Each and Attention: sequences whose positions look at each other."""

from __future__ import annotations

import json
from itertools import chain
from math import exp, inf, nan, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograd import Value, dot, gradcheck, relu, sum as total
from nn import Layer, Sequential
from nn.attention import Attention, Each, Embedding, attend
from nn.blocks import BatchNorm, LayerNorm, Residual

TORCH = json.loads(
    (Path(__file__).parents[1] / "data" / "torch_blocks" / "blocks.json").read_text("utf-8")
)
SEQUENCE = [[1.0, -0.5, 0.25, 2.0], [0.0, 1.5, -1.0, 0.5], [-2.0, 0.75, 1.0, -0.25]]
MATRICES = ("query", "key", "value", "output")


def data(rows: Any) -> Any:
    return [data(row) for row in rows] if isinstance(rows, list) else rows.data


def grads(rows: Any) -> Any:
    return [grads(row) for row in rows] if isinstance(rows, list) else rows.grad


def leaves(rows: list[list[float]]) -> list[list[Value]]:
    return [[Value(x) for x in row] for row in rows]


def close(ours: Any, theirs: Any) -> bool:
    """Whether numbers, or rows of them, agree within 1e-12."""
    return np.shape(ours) == np.shape(theirs) and np.allclose(ours, theirs, rtol=0.0, atol=1e-12)


# Attention to one query ---------------------------------------------------------------------------


def test_attend_follows_its_formula() -> None:
    query, keys, values = (
        [1.0, 2.0],
        [[0.5, 0.0], [-1.0, 1.0]],
        [[10.0, 0.0, 1.0], [20.0, 5.0, 1.0]],
    )
    first, second = exp(0.5 / sqrt(2.0)), exp(1.0 / sqrt(2.0))
    share = first / (first + second)
    expected = [a * share + b * (1.0 - share) for a, b in zip(*values, strict=True)]
    assert attend(query, keys, values) == pytest.approx(expected, rel=1e-15)


def test_attend_to_one_position_gives_its_value() -> None:
    assert attend([3.0, -1.0], [[2.0, 5.0]], [[7.0, 8.0]]) == [7.0, 8.0]


def test_attend_agrees_with_pytorch() -> None:
    case = TORCH["scaled_dot_product"]
    assert close(attend(case["query"], case["keys"], case["values"]), case["out"])


def test_the_gradients_of_attend_are_right() -> None:
    assert gradcheck(attend, [1.0, 2.0], [[0.5, 0.0], [-1.0, 1.0]], [[1.0], [2.0]], order=2)


# Attention ----------------------------------------------------------------------------------------


def by_hand(attention: Attention, sequence: list[list[float]]) -> list[list[float]]:
    """The formula in plain numbers, one head after the other."""
    x = np.array(sequence)
    query, key, value, output = (np.array(data(getattr(attention, name))) for name in MATRICES)
    part = attention.width // attention.heads
    found = []
    for own in (slice(h * part, (h + 1) * part) for h in range(attention.heads)):
        scores = (x @ query[own].T) @ (x @ key[own].T).T / sqrt(part)
        if attention.causal:
            scores[np.triu_indices(len(x), 1)] = -inf
        weights = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        found.append(weights @ (x @ value[own].T))
    return (np.concatenate(found, axis=1) @ output.T).tolist()


@pytest.mark.parametrize("causal", [False, True], ids=["all", "causal"])
@pytest.mark.parametrize("heads", [1, 2, 4])
def test_attention_follows_its_formula(heads: int, causal: bool) -> None:
    attention = Attention(4, heads, causal=causal, rng=0)
    assert close(data(attention(SEQUENCE)), by_hand(attention, SEQUENCE))


@pytest.mark.parametrize(
    "case",
    TORCH["attention"],
    ids=[f"{c['heads']} heads, {'causal' if c['causal'] else 'all'}" for c in TORCH["attention"]],
)
def test_attention_agrees_with_pytorch(case: dict[str, Any]) -> None:
    attention = Attention(6, case["heads"], causal=case["causal"])
    for name, matrix in case["matrices"].items():
        setattr(attention, name, leaves(matrix))
    sequence = leaves(case["sequence"])
    outs = attention(sequence)
    dot(chain(*outs), chain(*case["weights"])).backward()
    assert close(data(outs), case["outs"])
    assert close(grads(sequence), case["sequence_grad"])
    for name, matrix in case["matrices_grad"].items():
        assert close(grads(getattr(attention, name)), matrix), name


@pytest.mark.parametrize("causal", [False, True], ids=["all", "causal"])
def test_the_gradients_of_attention_are_right(causal: bool) -> None:
    attention = Attention(2, 2, causal=causal, rng=0)

    def outputs(sequence: Any, *matrices: Any) -> Any:
        for name, matrix in zip(MATRICES, matrices, strict=True):
            setattr(attention, name, matrix)
        return attention(sequence)

    start = [data(getattr(attention, name)) for name in MATRICES]
    assert gradcheck(outputs, [[1.0, -0.5], [0.0, 1.5], [-2.0, 0.75]], *start)


@pytest.mark.parametrize("t", range(3))
def test_a_causal_output_does_not_depend_on_later_positions(t: int) -> None:
    attention = Attention(4, 2, causal=True, rng=0)
    later = [[nan, inf, 1e300, -7.0]] * (2 - t)
    assert data(attention(SEQUENCE[: t + 1] + later)[t]) == data(attention(SEQUENCE)[t])


@pytest.mark.parametrize("t", range(3))
def test_a_causal_output_has_gradients_by_its_own_and_earlier_positions_alone(t: int) -> None:
    sequence = leaves(SEQUENCE)
    total(Attention(4, 2, causal=True, rng=0)(sequence)[t]).backward()
    reached = [any(grad != 0.0 for grad in row) for row in grads(sequence)]
    assert reached == [position <= t for position in range(3)]


def test_attention_that_is_not_causal_sees_every_position() -> None:
    sequence = leaves(SEQUENCE)
    total(Attention(4, 2, rng=0)(sequence)[0]).backward()
    assert all(grad != 0.0 for grad in chain(*grads(sequence)))


def test_attention_does_not_know_the_order() -> None:
    attention, order = Attention(4, 2, rng=0), [2, 0, 1]
    outs = data(attention(SEQUENCE))
    assert close(data(attention([SEQUENCE[i] for i in order])), [outs[i] for i in order])


def test_sequences_of_a_batch_do_not_see_each_other() -> None:
    attention = Attention(4, 2, rng=0)
    batch = attention.batch([SEQUENCE, SEQUENCE[:2]])
    assert data(batch) == [data(attention(SEQUENCE)), data(attention(SEQUENCE[:2]))]


def test_attention_gives_as_many_rows_as_it_takes() -> None:
    attention = Attention(4, rng=0)
    assert [len(attention(SEQUENCE[:n])) for n in range(4)] == [0, 1, 2, 3]


def test_a_sequence_may_be_an_array() -> None:
    attention = Attention(4, 2, rng=0)
    assert data(attention(np.array(SEQUENCE))) == data(attention(SEQUENCE))  # type: ignore[arg-type]


def test_a_seed_fixes_the_weights_and_all_of_them_differ() -> None:
    state = Attention(4, rng=3).state_dict()
    assert state == Attention(4, rng=3).state_dict() != Attention(4, rng=4).state_dict()
    assert len(set(state.values())) == 4 * 16


def test_heads_must_divide_the_width() -> None:
    with pytest.raises(ValueError, match="3 heads do not divide a width of 8"):
        Attention(8, 3)


@pytest.mark.parametrize("heads", [0, 1.0])
def test_heads_must_be_a_whole_number_from_1_on(heads: Any) -> None:
    with pytest.raises(ValueError, match="Attention: heads must be a whole number from 1 on"):
        Attention(8, heads)


def test_a_row_must_be_as_long_as_the_width() -> None:
    with pytest.raises(ValueError, match=r"Attention\(4\) has 4 inputs, and got 3 numbers"):
        Attention(4)([[1.0, 2.0, 3.0]])


# Embedding ----------------------------------------------------------------------------------------


def test_an_embedding_gives_the_row_of_a_number() -> None:
    embedding = Embedding(5, 3, rng=0)
    assert all(x is own for x, own in zip(embedding(2), embedding.rows[2], strict=True))


def test_the_row_of_an_embedding_may_be_changed_by_its_user() -> None:
    embedding = Embedding(5, 3, rng=0)
    embedding(2).clear()
    assert len(embedding(2)) == 3


def test_only_the_row_that_was_asked_for_gets_a_gradient() -> None:
    embedding = Embedding(3, 2, rng=0)
    dot(embedding(1), [5.0, 7.0]).backward()
    assert grads(embedding.rows) == [[0.0, 0.0], [5.0, 7.0], [0.0, 0.0]]


def test_a_number_asked_for_twice_gets_both_gradients() -> None:
    embedding = Embedding(2, 1, rng=0)
    dot(chain(*embedding.batch([1, 1])), [5.0, 7.0]).backward()
    assert grads(embedding.rows) == [[0.0], [12.0]]


def test_a_whole_number_of_numpy_will_do() -> None:
    embedding = Embedding(5, 3, rng=0)
    assert data(embedding(np.int64(4))) == data(embedding(4))  # type: ignore[arg-type]


@pytest.mark.parametrize("i", [-1, 5])
def test_an_embedding_has_no_row_out_of_range(i: int) -> None:
    with pytest.raises(ValueError, match=rf"takes a number from 0 to 4, got int {i}"):
        Embedding(5, 3)(i)


@pytest.mark.parametrize("i", [2.5, 2.0, "a"])
def test_an_embedding_takes_whole_numbers(i: Any) -> None:
    with pytest.raises(ValueError, match=f"takes a number from 0 to 4, got .*{i}"):
        Embedding(5, 3)(i)


# Each ---------------------------------------------------------------------------------------------


def test_each_applies_the_layer_to_every_position() -> None:
    layer = Layer(4, 2, rng=0)
    assert data(Each(layer)(SEQUENCE)) == [data(layer(row)) for row in SEQUENCE]


def test_each_sends_a_sequence_through_batch_norm_as_a_batch() -> None:
    assert data(Each(BatchNorm(4))(SEQUENCE)) == data(BatchNorm(4).batch(SEQUENCE))


def test_each_has_the_parameters_of_its_layer() -> None:
    assert list(Each(Layer(1, 1)).state_dict()) == ["layer.neurons.0.w.0", "layer.neurons.0.b"]


def test_each_takes_a_module() -> None:
    with pytest.raises(TypeError, match="Each applies a Module to every position, got"):
        Each(relu)  # type: ignore[arg-type]


# Together -----------------------------------------------------------------------------------------


def transformer(rng: int = 0) -> Sequential:
    """A small one: letters in, at each position a logit for each letter that may come next."""
    return Sequential(
        Each(Embedding(5, 4, rng=rng)),
        Residual(Sequential(Each(LayerNorm(4)), Attention(4, 2, causal=True, rng=rng + 1))),
        Residual(Each(Sequential(LayerNorm(4), Layer(4, 8, "relu", rng=2), Layer(8, 4, rng=3)))),
        Each(Layer(4, 5, rng=rng + 4)),
    )


def test_a_transformer_gives_logits_for_every_position() -> None:
    assert [len(logits) for logits in transformer()([3, 1, 4])] == [5, 5, 5]


def test_a_sequence_may_be_of_one_position() -> None:
    assert [len(logits) for logits in transformer()([3])] == [5]


def test_a_causal_transformer_does_not_depend_on_later_letters() -> None:
    model = transformer()
    assert data(model([3, 1, 4])[:2]) == data(model([3, 1, 0])[:2])


def test_the_state_of_a_transformer_makes_another_one_the_same() -> None:
    model, other = transformer(0), transformer(10)
    other.load_state_dict(model.state_dict())
    assert data(other([3, 1, 4])) == data(model([3, 1, 4]))


def test_train_and_eval_reach_every_part() -> None:
    model = transformer().eval()
    assert not any(module.training for _, module in model.named_modules())


def test_they_print_as_they_are_written() -> None:
    assert repr(Attention(4, 2, causal=True, rng=0)) == "Attention(4, heads=2, causal=True)"
    assert repr(Each(Embedding(5, 4, rng=0))) == "Each(Embedding(5, 4))"


def test_the_summary_of_a_transformer_has_a_line_for_each_part() -> None:
    assert repr(transformer().summary()).splitlines() == [
        "layer                          kind       shape        parameters",
        "layers.0                       Each       1 of 5 -> 4          20",
        "layers.1.inner.layers.0        Each       4 -> 4                8",
        "layers.1.inner.layers.1        Attention  4 -> 4               64",
        "layers.2.inner.layer.layers.0  LayerNorm  4 -> 4                8",
        "layers.2.inner.layer.layers.1  Layer      4 -> 8               40",
        "layers.2.inner.layer.layers.2  Layer      8 -> 4               36",
        "layers.3                       Each       4 -> 5               25",
        "total                                                         201",
    ]
