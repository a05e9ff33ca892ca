"""The suite itself: what is slow is left out until it is asked for, and says why it is slow."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow(reason="starts pytest six times, which imports everything anew")

ROOT = Path(__file__).parents[1]


@pytest.fixture
def run(tmp_path: Path):
    """The end of what pytest prints for a file of tests with this marker, under our conftest."""
    shutil.copy(ROOT / "conftest.py", tmp_path)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)

    def run(marker: str, *options: str) -> str:
        file = tmp_path / "test_some.py"
        file.write_text(f"import pytest\n@{marker}\ndef test_it(): pass\ndef test_other(): pass\n")
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options, file.name]
        ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        return (ran.stdout + ran.stderr).strip().splitlines()[-1]

    return run


def test_a_slow_test_is_left_out_until_it_is_asked_for(run):
    marker = "pytest.mark.slow(reason='it waits')"
    assert "1 passed, 1 deselected" in run(marker)
    assert "2 passed" in run(marker, "--slow")


@pytest.mark.parametrize("marker", ["slow", "slow('it waits')", "slow(reason='')"])
def test_a_slow_test_must_say_why(run, marker: str):
    assert 'write slow(reason="why it is slow")' in run(f"pytest.mark.{marker}")
