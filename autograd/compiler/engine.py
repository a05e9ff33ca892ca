"""LLVM at work: text becomes machine code in memory. The one file that knows llvmlite."""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any

from autograd.compiler.clib import Missing
from autograd.compiler.driver import text
from autograd.compiler.table import WIDTH
from autograd.compiler.writers.source import Opaque

OLDEST = (20,)  # of LLVM's versions: before it, types of pointers were written otherwise
LEVEL = 1  # of optimisation: more takes longer and gives no faster code here
INSTALL = "pip install 'pencilgrad[jit]' installs it"

Pointer, Integer, Number = ctypes.c_void_p, ctypes.c_int64, ctypes.c_double
EACH = [Pointer, Integer, Pointer, Pointer, Integer, Pointer, Pointer, Pointer, Integer, Integer]
EACH += [Pointer, Integer, Integer, Pointer]
SUMS = [Pointer, Integer, Pointer, Pointer, Integer, Pointer, Integer, Pointer, Pointer, Integer]
SUMS += [Integer, Integer, Integer, Pointer]
FOLD = [Pointer, Integer, Integer, Integer, Number]
PIECE = [Pointer, Pointer, Pointer, Pointer, ctypes.c_bool]


@cache
def binding() -> Any:
    """llvmlite, ready for this machine."""
    import llvmlite.binding as llvm

    if llvm.llvm_version_info < OLDEST:
        version = ".".join(map(str, llvm.llvm_version_info))
        raise ImportError(f"llvmlite comes with LLVM {version}, and {OLDEST[0]} is needed")
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm


class Loaded:
    """Machine code in memory, which is freed with this object."""

    def __init__(self, code: str, level: int = LEVEL) -> None:
        llvm = binding()
        machine = llvm.Target.from_default_triple().create_target_machine(
            cpu=llvm.get_host_cpu_name(),
            features=llvm.get_host_cpu_features().flatten(),
            opt=level,
        )
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(code), machine)
        self._engine.finalize_object()

    def address(self, name: str) -> int:
        """Where a function is."""
        return self._engine.get_function_address(name)  # type: ignore[no-any-return]

    def function(self, name: str, kinds: list[Any]) -> Any:
        """A function that can be called, and lets other threads run meanwhile."""
        return ctypes.CFUNCTYPE(None, *kinds)(self.address(name))


class Driver:
    """The loops that all kernels share."""

    def __init__(self) -> None:
        self.loaded = Loaded(text(WIDTH))
        self.each = self.loaded.function("each", EACH)
        self.sums = self.loaded.function("sums", SUMS)
        self.fold = self.loaded.function("fold", FOLD)


@cache
def the_driver() -> Driver:
    """The driver of this process."""
    return Driver()


@cache
def trouble() -> str | None:
    """Why there is no machine code in this process; None if there is."""
    try:
        the_driver()
    except ImportError as error:
        absent = error.name is not None and error.name.startswith("llvmlite")
        return f"llvmlite is not installed; {INSTALL}" if absent else f"{error}; {INSTALL}"
    except (Missing, Opaque, OSError, RuntimeError, AttributeError, TypeError) as error:
        return f"llvmlite does not work here: {type(error).__name__}: {error}"
    return None


def version() -> str:
    """What makes machine code, in words."""
    return "LLVM " + ".".join(map(str, binding().llvm_version_info))
