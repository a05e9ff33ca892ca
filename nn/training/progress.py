"""The line on the terminal that says how far a training is."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import AbstractContextManager, suppress
from importlib import import_module
from time import monotonic
from typing import Any, TextIO

OFTEN = 0.1  # seconds between two looks of the line: quicker ones nobody can read


class Progress(AbstractContextManager["Progress"]):
    """Shows nothing: for files, and for those who do not want to see it.

    >>> with Progress() as progress:
    ...     progress.show(1, "loss 0.5")
    """

    def show(self, epoch: int, results: str) -> None:
        """Say that so many epochs are done, and how well they went."""

    def __exit__(self, *error: object) -> None:
        """Leave the terminal as others expect it, at the beginning of a line."""


class Line(Progress):
    """A line that is written over and over.

    >>> import io
    >>> with Line(10, stream := io.StringIO()) as line:
    ...     line.show(1, "loss 0.5")
    >>> stream.getvalue().split("\\r")
    ['', 'epoch 1 of 10: loss 0.5\\n']
    """

    def __init__(self, epochs: int, stream: TextIO) -> None:
        self.epochs = epochs
        self.stream = Unbreakable(stream)
        self.shown = self.latest = ""
        self.next = 0.0  # when it may be written again

    def show(self, epoch: int, results: str) -> None:
        text = f"epoch {epoch} of {self.epochs}: {results}"
        self.latest = text[: shutil.get_terminal_size().columns - 1]  # a longer one would wrap
        if monotonic() >= self.next:
            self.next = monotonic() + OFTEN
            self._write()

    def __exit__(self, *error: object) -> None:
        if self.latest != self.shown:  # the last epochs may have come too quickly to be shown
            self._write()
        self.stream.write("\n" if self.shown else "")

    def _write(self) -> None:
        self.stream.write("\r" + self.latest.ljust(len(self.shown)))
        self.shown = self.latest


class Bar(Progress):
    """A bar of tqdm, with the time that is left."""

    def __init__(self, epochs: int, stream: TextIO, tqdm: Any) -> None:
        # Some terminals, as those of containers, say they have 0 columns, and tqdm believes them.
        width = {"ncols": shutil.get_terminal_size().columns - 1}
        size: dict[str, Any] = width if columns(stream) == 0 else {"dynamic_ncols": True}
        self.bar = tqdm(total=epochs, unit="epoch", file=Unbreakable(stream), leave=True, **size)

    def show(self, epoch: int, results: str) -> None:
        self.bar.set_postfix_str(results, refresh=False)
        self.bar.update(epoch - self.bar.n)

    def __exit__(self, *error: object) -> None:
        self.bar.refresh()  # for the same reason
        self.bar.close()


class Unbreakable:
    """A stream that lets writing fail: a terminal that was closed is no reason to end a training.

    >>> import io
    >>> stream = io.StringIO()
    >>> stream.close()
    >>> Unbreakable(stream).write("anybody there?")
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        with suppress(OSError, ValueError):  # the terminal is gone, or the file closed
            self._stream.write(text)
            self._stream.flush()

    def flush(self) -> None:
        """It is done after each writing."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)  # tqdm asks for its encoding and its width


def progress_of(epochs: int, wanted: bool | None) -> Progress:
    """What shows the progress of so many epochs on stderr; None: if that is a terminal.

    >>> progress_of(10, False)
    <nn.training.progress.Progress object at ...>
    """
    stream: TextIO | None = sys.stderr
    if stream is None or stream.closed or not (stream.isatty() if wanted is None else wanted):
        return Progress()
    try:
        return Bar(epochs, stream, import_module("tqdm").tqdm)
    except ImportError:
        return Line(epochs, stream)


def columns(stream: TextIO) -> int | None:
    """How many columns a terminal says it has; None of anything else."""
    try:
        return os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError, AttributeError):  # a closed stream, or one without a file
        return None
