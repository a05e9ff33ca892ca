"""What is in C built with AddressSanitizer and UBSan, under its own tests and random graphs.

    python -m benchmarks.sanitized

It needs gcc with its libasan and libubsan. The first error of memory or of undefined behaviour ends
the run with a report.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
FLAGS = "-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer"
TESTS = ("test_cores", "test_graph", "test_record", "test_observers", "nn/test_rules")
SOURCES = ("autograd/core/_core", "nn/_rules")


def main() -> None:
    """Build a copy of the package, and run both."""
    with tempfile.TemporaryDirectory() as folder:
        build(Path(folder))
        tests = [str(ROOT / "tests" / f"{name}.py") for name in TESTS]
        run(folder, "benchmarks.cores", "1000", "0", "tell", quiet=True)
        run(folder, "pytest", "-q", "-x", *tests)


def run(folder: str, *module: str, quiet: bool = False) -> None:
    """Run a module on that copy: from its folder, for Python looks there first."""
    done = subprocess.run(
        [sys.executable, "-m", *module],
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.DEVNULL if quiet else None,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{' '.join(module)}: a sanitizer or a test has stopped it")


def build(folder: Path) -> None:
    """A copy of the packages whose files in C have the sanitizers in them."""
    for name in ("autograd", "benchmarks", "nn"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("*.so"))
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    command = ["gcc", *FLAGS.split(), "-ffp-contract=off", "-fPIC", "-shared"]
    command += [f"-I{sysconfig.get_path('include')}"]
    for source in SOURCES:
        files = [str(folder / f"{source}.c"), "-lm", "-o", str(folder / f"{source}{suffix}")]
        subprocess.run([*command, *files], check=True)


def environment(folder: str) -> dict[str, str]:
    """What the interpreter needs, which is built without the sanitizers."""
    libraries = [
        subprocess.run(
            ["gcc", f"-print-file-name={name}.so"], capture_output=True, text=True, check=True
        ).stdout.strip()
        for name in ("libasan", "libubsan")
    ]
    return os.environ | {
        "AUTOGRAD_CORE": "c",
        "PYTHONPATH": folder,
        "LD_PRELOAD": " ".join(libraries),
        "PYTHONMALLOC": "malloc",  # so that each object is an allocation that is watched
        "ASAN_OPTIONS": "detect_leaks=0",  # the interpreter itself leaves some behind
    }


if __name__ == "__main__":
    main()
