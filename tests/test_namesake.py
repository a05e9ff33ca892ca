"""The other package named autograd: we warn where both are installed, and are silent elsewhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]

# Some of the files of HIPS autograd 1.x, none of which is ours.
HIPS = ["core.py", "tracer.py", "wrap_util.py", "numpy/__init__.py", "scipy/__init__.py"]


def install_ours(site: Path) -> None:
    shutil.copytree(ROOT / "autograd", site / "autograd", dirs_exist_ok=True)


def install_hips(site: Path) -> None:
    for name in HIPS:
        file = site / "autograd" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("")


def warnings_on_import(*sites: Path) -> str:
    """What Python writes to stderr on import, in a process of its own, away from the checkout."""
    ran = subprocess.run(
        [sys.executable, "-S", "-c", "import autograd; autograd.Value(1.0)"],
        cwd=ROOT.anchor,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, sites))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stderr


def test_we_are_silent_where_we_are_alone(tmp_path: Path) -> None:
    install_ours(tmp_path)
    assert warnings_on_import(tmp_path) == ""


def test_importing_from_a_folder_with_the_files_of_both_autograds_warns(tmp_path: Path) -> None:
    install_hips(tmp_path)
    install_ours(tmp_path)
    message = warnings_on_import(tmp_path)
    assert str(tmp_path / "autograd") in message
    assert "HIPS autograd" in message
    assert "pip uninstall pencilgrad autograd" in message


def test_importing_with_the_other_autograd_elsewhere_on_the_path_warns(tmp_path: Path) -> None:
    install_ours(tmp_path / "ours")
    install_hips(tmp_path / "hips")
    message = warnings_on_import(tmp_path / "ours", tmp_path / "hips")
    assert str(tmp_path / "hips" / "autograd") in message


def test_the_files_by_which_we_tell_the_other_autograd_are_not_ours() -> None:
    assert not [name for name in HIPS if (ROOT / "autograd" / name).exists()]
