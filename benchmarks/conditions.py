"""What figures depend on: versions, interpreter, system, day."""

from __future__ import annotations

import os
import platform
from datetime import datetime
from typing import TYPE_CHECKING

from autograd import __version__
from benchmarks.peers import installed

if TYPE_CHECKING:
    from collections.abc import Sequence


def header(packages: Sequence[str]) -> str:
    """The lines that stand above all figures."""
    return f"pencilgrad {__version__} beside {versions(packages)}\n{here()}"


def versions(packages: Sequence[str]) -> str:
    """The version of each package."""
    return ", ".join(f"{package} {installed(package) or '(not installed)'}" for package in packages)


def here() -> str:
    """The interpreter, the system and the time."""
    return (
        f"{platform.python_implementation()} {platform.python_version()} on {platform.system()} "
        f"{platform.machine()}, {os.cpu_count()} cores, {datetime.now():%Y-%m-%d %H:%M}"
    )
