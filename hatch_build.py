"""Builds the compiled core, where a C compiler and Python's headers are.

The environment variable PENCILGRAD_BUILD_CORE says how much it matters: `auto`, which is the
default, leaves it out with a line where it cannot be built; with `1` there is no wheel without it,
and with `0` none with it.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path
from typing import Any
from zlib import crc32

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# The same bits as in Python: no multiplication and addition rounded as one, no reordering.
FLAGS = ["/O2", "/fp:precise"] if sys.platform == "win32" else ["-O2", "-ffp-contract=off"]
SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")


class CoreBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Compiles autograd/core/_core.c into the wheel, or beside itself for an editable one."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        wish = os.environ.get("PENCILGRAD_BUILD_CORE") or "auto"
        if wish not in ("auto", "1", "0"):
            raise ValueError(f"PENCILGRAD_BUILD_CORE must be auto, 1 or 0; it is {wish!r}")
        if self.target_name != "wheel":
            return
        root, inplace = Path(self.root), version == "editable"
        if inplace:  # what an earlier build has left would be taken for the core of these sources
            for old in (root / "autograd" / "core").glob(f"_core*{SUFFIX}"):
                old.unlink()
        if wish == "0":
            return
        try:
            built = built_core(root, inplace)
        except (Exception, SystemExit) as error:  # setuptools has many, of no common type
            if wish == "1":
                raise
            self.app.display_warning(f"pencilgrad is built without its compiled core: {error}")
            return
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        if not inplace:  # where it is beside its source already
            build_data["force_include"][str(built)] = f"autograd/core/{built.name}"


def built_core(root: Path, inplace: bool) -> Path:
    """Where the compiled core is, once it is compiled."""
    if sys.implementation.name != "cpython" or sysconfig.get_config_var("Py_GIL_DISABLED"):
        raise RuntimeError("it is for CPython with its lock")
    from setuptools import Distribution, Extension
    from setuptools.command.build_ext import build_ext

    folder = root / "autograd" / "core"
    sources = b"".join((folder / name).read_bytes() for name in ("_core.c", "_table.h"))
    core = Extension(
        "autograd.core._core",
        [str(folder / "_core.c")],
        define_macros=[("SOURCES", str(crc32(sources) >> 1))],  # exchange.py compares it
        extra_compile_args=FLAGS,
    )
    command = build_ext(Distribution({"name": "pencilgrad", "ext_modules": [core]}))
    command.ensure_finalized()
    command.build_lib = str(root if inplace else root / "build" / "core")
    command.build_temp = str(root / "build" / "temp")
    command.force = True  # what an earlier build left may be of other flags
    command.run()
    return Path(command.get_ext_fullpath("autograd.core._core"))
