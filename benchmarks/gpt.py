"""A whole GPT and its training, a program written for another engine: how fast it runs on ours."""

from __future__ import annotations

from functools import partial
from statistics import median
from typing import Any, NamedTuple

from autograd import Value
from autograd.core import compiled
from benchmarks.engines import OURS
from benchmarks.figures import MEASURED, NO_BAR, Bar, difference, ratio, readable, table
from benchmarks.peers import STRANDS_MICROGPT, gpt_program, installed, left_out
from benchmarks.timing import OFF, ON, rounds

NAMES = (
    *("emma", "olivia", "ava", "isabella", "sophia", "charlotte"),
    *("mia", "amelia", "harper", "evelyn", "abigail", "emily"),
)
STEPS = len(NAMES)
ITS_OWN = "its own Value"
TOLERANCE = 1e-9  # the engines add up in different orders, and each step builds on the last
BARS = {ON: Bar(least=10.0), OFF: Bar(least=3.5)} if compiled else {ON: Bar(least=1.5)}


class Trained(NamedTuple):
    """What a training leaves behind: all but the first loss depend on every gradient before."""

    losses: list[float]
    parameters: list[float]


def train(program: Any) -> Trained:
    """Make the model and train it as the program does, one name a step."""
    tokenizer = program.Tokenizer.from_docs(list(NAMES))
    model = program.MicroGPT(tokenizer.vocab_size)
    losses = model.train_on_docs(list(NAMES), tokenizer, num_steps=STEPS, log_every=0)
    return Trained(losses, [p.data for p in model.params])


def report(repeats: int) -> str:
    """How many times as fast a step of the program is, with the garbage collector on and off."""
    title = f"gpt: one training step of microgpt's program, unchanged ({STRANDS_MICROGPT})"
    if not installed(STRANDS_MICROGPT):
        return f"{title}\n{left_out(STRANDS_MICROGPT)}"
    programs = {OURS: gpt_program(), "theirs": gpt_program()}
    programs[OURS].Value = Value
    ours, theirs = train(programs[OURS]), train(programs["theirs"])
    in_losses = difference("gpt, losses", ours.losses, theirs.losses, TOLERANCE)
    in_parameters = difference("gpt, parameters", ours.parameters, theirs.parameters, TOLERANCE)
    runs = {name: partial(train, program) for name, program in programs.items()}
    rows = []
    for setting in (ON, OFF):
        times = rounds(runs, setting, repeats)
        steps = {name: [t / STEPS for t in times[name]] for name in runs}
        a_step = [readable(median(seconds)) for seconds in steps.values()]
        figure = ratio(steps["theirs"], steps[OURS], BARS.get(setting, NO_BAR))
        rows.append((ITS_OWN, setting, *a_step, *figure.cells()))
    return "\n".join(
        [
            title,
            f"  {STEPS} losses agree to {in_losses:.0e}, {len(ours.parameters)} trained "
            f"parameters to {in_parameters:.0e} (allowed: {TOLERANCE:.0e})",
            table(("times as fast as", "collector", OURS, "theirs", *MEASURED), rows),
        ]
    )
