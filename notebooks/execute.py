"""Run notebooks anew and write down what came out: `python notebooks/execute.py [name ...]`.

Without names, all of them. What is written depends on nothing but the notebook: no times, no
versions, no random identifiers. So a change of a notebook shows as what it is, and tests can
compare.
"""

from __future__ import annotations

import os
import sys
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import matplotlib.font_manager  # noqa: F401  # makes its cache of fonts here, or cells would say so
import nbformat
from nbclient import NotebookClient
from traitlets.config import Config

import autograd

if TYPE_CHECKING:
    from nbformat import NotebookNode

FOLDER = Path(__file__).parent
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
PATIENCE = 600.0  # seconds for one cell, against those that never end; a whole notebook takes 20


def notebooks() -> list[Path]:
    """The notebooks in the order of their numbers."""
    return sorted(FOLDER.glob("[0-9]*.ipynb"))


def read(path: Path) -> NotebookNode:
    """The notebook in a file."""
    return nbformat.read(path, as_version=4)


def executed(notebook: NotebookNode) -> NotebookNode:
    """A copy of the notebook, run from its first cell to its last by a new kernel."""
    copy = nbformat.from_dict(notebook)
    config = Config()
    config.KernelSpecManager.kernel_dirs = []  # the kernel is the Python that runs this, no other
    with TemporaryDirectory() as settings:
        environment = {
            **os.environ,
            "PYTHONPATH": str(Path(autograd.__file__).parents[1]),  # the very same autograd and nn
            "IPYTHONDIR": settings,  # not what people have set up for themselves
            "HYPOTHESIS_STORAGE_DIRECTORY": settings,
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # else the debugger speaks up in every kernel
        }
        client = NotebookClient(
            copy,
            timeout=PATIENCE,
            kernel_name="python3",
            resources={"metadata": {"path": str(FOLDER)}},
            config=config,
            extra_arguments=["--log-level=ERROR"],  # a kernel warns that others may listen
        )
        client.execute(env=environment)
    return normalised(copy)


def normalised(notebook: NotebookNode) -> NotebookNode:
    """A copy without what differs from run to run or from machine to machine."""
    copy = nbformat.from_dict(notebook)
    copy.nbformat, copy.nbformat_minor = 4, 5
    copy.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": {"name": "python"}})
    runs = 0
    for number, cell in enumerate(copy.cells):
        cell.id = f"cell-{number:02}"
        cell.metadata = nbformat.from_dict({})
        if cell.cell_type == "code":
            runs += 1
            cell.execution_count = runs
            cell.outputs = joined(cell.outputs)
            for output in cell.outputs:
                if output.output_type == "execute_result":
                    output.execution_count = runs
    return copy


def joined(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """The outputs, where what was printed in pieces, as it happened to arrive, is one text."""
    found = []
    for stream, group in groupby(outputs, key=lambda output: output.get("name")):
        pieces = list(group)
        if stream is None:
            found += pieces
        else:
            text = "".join(piece.text for piece in pieces)
            found.append(nbformat.v4.new_output("stream", name=stream, text=text))
    return found


def written(notebook: NotebookNode) -> str:
    """The text of the notebook's file."""
    return nbformat.writes(notebook) + "\n"


if __name__ == "__main__":
    for path in [Path(name) for name in sys.argv[1:]] or notebooks():
        print(path.name, flush=True)
        path.write_text(written(executed(read(path))), encoding="utf-8")
