"""Writes the trajectories of PyTorch that pencilgrad's optimisers and schedules are held against.

    python3 -m venv /tmp/torch && /tmp/torch/bin/pip install torch==2.13.0 numpy
    /tmp/torch/bin/python tests/data/torch/make.py

Three files are written beside this one, in float64, every number with all its digits:
optimizers.json, where the parameters were after each of 100 steps downhill; schedules.json, the
learning rate at each of 100 steps; clipping.json, gradients before and after. Settings have
pencilgrad's names. The tests read the files alone and need no PyTorch.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import torch
from torch.nn.utils import clip_grad_norm_, clip_grad_value_
from torch.optim import lr_scheduler

HERE = Path(__file__).parent
STEPS = 100
START = [-1.2, 1.0, -0.5, 0.8, 1.5, -0.3]

OPTIMIZERS = {
    "SGD": torch.optim.SGD,
    "Adam": torch.optim.Adam,
    "Adagrad": torch.optim.Adagrad,
    "RMSProp": torch.optim.RMSprop,
    "AdamW": torch.optim.AdamW,
}

ALL_OF_SGD = {"lr": 0.005, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}

# The optimiser, its settings, and what else changes: the schedule of its lr, or clipping. Where
# steps are too long they leap about the valley, and rounding grows a thousandfold and more: these
# are settings where a start that is changed in its last bit ends within 1e-13 of the same place.
RUNS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("SGD", {"lr": 0.01}, {}),
    ("SGD", {"lr": 0.01, "momentum": 0.9}, {}),
    ("SGD", {"lr": 0.01, "momentum": 0.9, "nesterov": True}, {}),
    ("SGD", {"lr": 0.01, "weight_decay": 0.5}, {}),
    ("SGD", ALL_OF_SGD, {}),
    ("SGD", {"lr": 0.02, "momentum": 0.5}, {"clip_grad_norm": 1.0}),
    ("SGD", {"lr": 0.02, "momentum": 0.5}, {"clip_grad_value": 0.7}),
    ("SGD", ALL_OF_SGD, {"schedule": ["step", {"lr": 0.005, "every": 30, "factor": 0.5}]}),
    ("Adam", {}, {}),
    ("Adam", {"lr": 0.05}, {}),
    ("Adam", {"lr": 0.01, "betas": [0.5, 0.9]}, {}),
    ("Adam", {"lr": 0.01, "betas": [0.0, 0.9], "epsilon": 0.1}, {}),
    ("Adam", {"lr": 0.05, "weight_decay": 0.5}, {}),
    ("Adam", {"lr": 0.05}, {"schedule": ["cosine", {"lr": 0.05, "steps": 100, "end": 0.001}]}),
    ("Adagrad", {}, {}),
    ("Adagrad", {"lr": 0.5}, {}),
    ("Adagrad", {"lr": 0.5, "epsilon": 0.01, "weight_decay": 0.5}, {}),
    ("RMSProp", {}, {}),
    ("RMSProp", {"lr": 0.005, "alpha": 0.9, "epsilon": 0.001}, {}),
    ("RMSProp", {"lr": 0.002, "momentum": 0.9}, {}),
    ("RMSProp", {"lr": 0.002, "centered": True}, {}),
    (
        "RMSProp",
        {"lr": 0.001, "alpha": 0.9, "momentum": 0.5, "centered": True, "weight_decay": 0.5},
        {},
    ),
    ("AdamW", {}, {}),
    ("AdamW", {"lr": 0.05, "weight_decay": 0.5}, {}),
    ("AdamW", {"lr": 0.01, "betas": [0.5, 0.9], "epsilon": 0.01, "weight_decay": 0.5}, {}),
]

SCHEDULES: list[tuple[str, dict[str, Any]]] = [
    ("constant", {"lr": 0.1}),
    ("step", {"lr": 0.1, "every": 30}),
    ("step", {"lr": 0.3, "every": 7, "factor": 0.5}),
    ("exponential", {"lr": 0.1, "factor": 0.95}),
    ("exponential", {"lr": 1e-5, "factor": 1.1}),
    ("cosine", {"lr": 0.1, "steps": 100}),
    ("cosine", {"lr": 0.3, "steps": 130, "end": 0.01}),
    ("linear", {"lr": 0.1, "steps": 60}),
    ("linear", {"lr": 0.3, "steps": 30, "end": 0.07}),
    ("warm_up", {"steps": 10, "then": ["constant", {"lr": 0.1}], "start": 0.02}),
    ("warm_up", {"steps": 20, "then": ["cosine", {"lr": 0.1, "steps": 100}], "start": 0.001}),
    ("warm_up", {"steps": 5, "then": ["exponential", {"lr": 0.3, "factor": 0.9}], "start": 0.1}),
]

GRADIENTS = {
    "long": [3.0, -4.0, 12.0, 0.1, -0.7, 1e-3],
    "short": [0.01, -0.02, 0.003, 0.0, 0.1, -0.05],
    "as long as the limit": [0.6, -0.8, 0.0, 0.0, 0.0, 0.0],
    "zero": [0.0] * 6,
    "very long": [1e100, -2e90, 1.0, 0.0, -1e100, 5.0],
    "very short": [1e-100, -2e-90, 0.0, 1e-9, -1e-100, 1e-120],
}


def chain(x: Any) -> Any:
    """Rosenbrock's valley in as many dimensions as there are numbers, with gentler slopes."""
    loss = 0.0
    for i in range(len(x) - 1):
        loss = loss + 5.0 * (x[i + 1] - x[i] * x[i]) * (x[i + 1] - x[i] * x[i])
        loss = loss + (1.0 - x[i]) * (1.0 - x[i])
    return loss


def run(optimizer: str, settings: dict[str, Any], extras: dict[str, Any]) -> list[list[float]]:
    x = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    theirs = {"eps" if name == "epsilon" else name: number for name, number in settings.items()}
    opt = OPTIMIZERS[optimizer]([x], **theirs)
    schedule = scheduler(opt, *extras["schedule"]) if "schedule" in extras else None
    rows = []
    for _ in range(STEPS):
        opt.zero_grad()
        chain(x).backward()
        if "clip_grad_norm" in extras:
            clip_grad_norm_([x], extras["clip_grad_norm"])
        if "clip_grad_value" in extras:
            clip_grad_value_([x], extras["clip_grad_value"])
        opt.step()
        if schedule is not None:
            schedule.step()
        rows.append(x.tolist())
    return rows


def scheduler(opt: torch.optim.Optimizer, name: str, settings: dict[str, Any]) -> Any:
    if name == "constant":
        return lr_scheduler.ConstantLR(opt, factor=1.0)
    if name == "step":
        return lr_scheduler.StepLR(opt, settings["every"], settings.get("factor", 0.1))
    if name == "exponential":
        return lr_scheduler.ExponentialLR(opt, settings["factor"])
    if name == "cosine":
        return lr_scheduler.CosineAnnealingLR(opt, settings["steps"], settings.get("end", 0.0))
    if name == "linear":
        end = settings.get("end", 0.0) / settings["lr"]
        return lr_scheduler.LinearLR(opt, 1.0, end, settings["steps"])
    kind, inner = settings["then"]
    start, steps = settings["start"] / inner["lr"], settings["steps"]
    rise = lr_scheduler.LinearLR(opt, start, 1.0, steps)
    return lr_scheduler.SequentialLR(opt, [rise, scheduler(opt, kind, inner)], [steps])


def rates(name: str, settings: dict[str, Any]) -> list[float]:
    lr = settings["lr"] if "lr" in settings else settings["then"][1]["lr"]
    opt = torch.optim.SGD([torch.zeros(1, dtype=torch.float64, requires_grad=True)], lr)
    schedule = scheduler(opt, name, settings)
    found = []
    for _ in range(STEPS):
        found.append(float(opt.param_groups[0]["lr"]))
        opt.step()
        schedule.step()
    return found


def clipped(how: str, before: list[float], most: float) -> dict[str, Any]:
    x = torch.zeros(len(before), dtype=torch.float64, requires_grad=True)
    x.grad = torch.tensor(before, dtype=torch.float64)
    norm = clip_grad_norm_([x], most).item() if how == "clip_grad_norm" else None
    if how == "clip_grad_value":
        clip_grad_value_([x], most)
    return {"clip": how, "most": most, "before": before, "norm": norm, "after": x.grad.tolist()}


def write(name: str, cases: list[dict[str, Any]], **head: Any) -> None:
    text = json.dumps({"torch": torch.__version__.partition("+")[0], **head, "cases": cases})
    for end in ("], [", "}, {", ": [[", ": [{"):  # a row of numbers a line
        text = text.replace(end, end[:-1].rstrip() + "\n" + end[-1])
    (HERE / name).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    warnings.filterwarnings("ignore", module="torch")  # SequentialLR calls what it deprecates
    write(
        "optimizers.json",
        [
            {"optimizer": name, "settings": settings, **extras, "rows": run(name, settings, extras)}
            for name, settings, extras in RUNS
        ],
        start=START,
    )
    write(
        "schedules.json",
        [
            {"schedule": name, "settings": settings, "rates": rates(name, settings)}
            for name, settings in SCHEDULES
        ],
    )
    write(
        "clipping.json",
        [
            {"gradients": name, **clipped(how, before, most)}
            for how, most in [("clip_grad_norm", 1.0), ("clip_grad_value", 0.5)]
            for name, before in GRADIENTS.items()
        ],
    )
