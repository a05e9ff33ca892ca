"""What figures depend on: versions, interpreter, machine, day."""

from __future__ import annotations

import os
import platform
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from autograd import __version__
from benchmarks.peers import installed

if TYPE_CHECKING:
    from collections.abc import Sequence


def header(packages: Sequence[str]) -> str:
    """The lines that stand above all figures."""
    versions = [f"{package} {installed(package) or '(not installed)'}" for package in packages]
    return (
        f"pencilgrad {__version__} beside {', '.join(versions)}\n"
        f"{platform.python_implementation()} {platform.python_version()} on {platform.system()} "
        f"{platform.machine()}\n"
        f"{processor()}, {os.cpu_count()} cores, {datetime.now():%Y-%m-%d %H:%M}"
    )


def processor() -> str:
    """The model of the processor, where the system tells."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text().splitlines() if told.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()
