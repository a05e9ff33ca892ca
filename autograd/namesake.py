"""HIPS autograd, another package that is imported as `autograd`: what to say if it is here too."""

from __future__ import annotations

import os
import sys
import warnings


def warn() -> None:
    """Warn if files of HIPS autograd lie among ours, or elsewhere on the import path."""
    ours = os.path.dirname(os.path.abspath(__file__))
    others = [os.path.join(entry, "autograd") for entry in sys.path if isinstance(entry, str)]
    for folder in [ours, *others]:
        if os.path.exists(os.path.join(folder, "numpy", "__init__.py")):  # theirs, never ours
            warnings.warn(
                f"HIPS autograd, which is another package named autograd, is in {folder}; "
                f"pencilgrad and it cannot share an environment. "
                f"Run `pip uninstall pencilgrad autograd`, then install the one that you want",
                stacklevel=3,  # the line that imports us
            )
            return
