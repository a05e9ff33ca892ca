"""A whole GPT and its training, a program written for another engine: run unchanged on this one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd import Value
from benchmarks.figures import Bar, Figure, compared, milliseconds
from benchmarks.peers import STRANDS_MICROGPT, gpt_program
from benchmarks.timing import COLLECTOR, ratio, side_by_side

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = (
    *("emma", "olivia", "ava", "isabella", "sophia", "charlotte"),
    *("mia", "amelia", "harper", "evelyn", "abigail", "emily"),
)
STEPS = len(NAMES)
TOLERANCE = 1e-9  # the engines add up in different orders, and each step builds on the last
BAR = Bar(least=1.5)


class Outcome(NamedTuple):
    """What a training leaves behind."""

    losses: list[float]
    parameters: list[float]


def train(program: Any) -> Outcome:
    """Make the model as the program has it and train it, one name a step."""
    tokenizer = program.Tokenizer.from_docs(list(NAMES))
    model = program.MicroGPT(tokenizer.vocab_size)
    losses = model.train_on_docs(list(NAMES), tokenizer, num_steps=STEPS, log_every=0)
    return Outcome(losses, [p.data for p in model.params])


def check(ours: Outcome, peer: Outcome) -> Outcome:
    """The largest differences in a loss and in a trained parameter; too large is an error."""
    largest = [
        max(abs(a - b) for a, b in zip(xs, ys, strict=True))
        for xs, ys in zip(ours, peer, strict=True)
    ]
    if not max(largest) <= TOLERANCE:
        raise AssertionError(f"gpt: the engines differ by {largest}, more than {TOLERANCE}")
    return largest


def figures(repeats: int) -> list[Figure]:
    """The speed of the program on this engine against its own."""
    peer, ours = gpt_program(), gpt_program()
    if peer is None or ours is None:
        return [Figure(f"left out: {STRANDS_MICROGPT} is not installed")]
    ours.Value = Value
