"""Builds the compiled core, where the environment variable PENCILGRAD_BUILD_CORE asks for it.

With `auto` it is built where a C compiler and Python's headers are, and else left out with a line;
with 1 there is no wheel without it. It will be built by itself when it is the core that runs.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# The same bits as in Python: no multiplication and addition rounded as one, no reordering.
FLAGS = ["/O2", "/fp:precise"] if sys.platform == "win32" else ["-O2", "-ffp-contract=off"]
# Loops over rows of numbers go twice as fast so: in vectors, with roots that leave errno alone.
LOOPS = [] if sys.platform == "win32" else ["-O3", "-fno-math-errno"]
EXTENSIONS = [  # a source, the header that it includes, and its own flags
    ("autograd/core/_core.c", "autograd/core/_table.h", []),
    ("nn/_rules.c", "nn/_rules.h", LOOPS),
]


class CoreBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Compiles the files in C into the wheel, or each beside itself for an editable one."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        wish = os.environ.get("PENCILGRAD_BUILD_CORE", "")
        if wish not in ("1", "auto") or self.target_name != "wheel":
            return
        try:
            built = built_core(Path(self.root), inplace=version == "editable")
        except (Exception, SystemExit) as error:  # setuptools has many, of no common type
            if wish == "1":
                raise
            self.app.display_warning(f"pencilgrad is built without its compiled core: {error}")
            return
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        for (source, *_), path in zip(EXTENSIONS, built, strict=True):
            build_data["force_include"][str(path)] = f"{Path(source).parent.as_posix()}/{path.name}"


def built_core(root: Path, inplace: bool) -> list[Path]:
    """Where the compiled files are, once they are compiled."""
    if sys.implementation.name != "cpython" or sysconfig.get_config_var("Py_GIL_DISABLED"):
        raise RuntimeError("it is for CPython with its lock")
    from setuptools import Distribution, Extension
    from setuptools.command.build_ext import build_ext

    extensions = [
        Extension(
            source.removesuffix(".c").replace("/", "."),
            [str(root / source)],
            depends=[str(root / header)],
            extra_compile_args=[*FLAGS, *flags],
        )
        for source, header, flags in EXTENSIONS
    ]
    command = build_ext(Distribution({"name": "pencilgrad", "ext_modules": extensions}))
    command.ensure_finalized()
    command.build_lib = str(root if inplace else root / "build" / "core")
    command.build_temp = str(root / "build" / "temp")
    command.force = True  # what an earlier build left may be of other flags
    command.run()
    return [Path(command.get_ext_fullpath(extension.name)) for extension in extensions]
