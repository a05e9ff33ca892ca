"""Files that are written in one step: each is there as a whole, or as it was before."""

from __future__ import annotations

import os
import stat
from threading import get_ident


def write(target: str, content: bytes) -> None:
    """Write a file; where its name is that of a link, the file that it leads to.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(f"{folder}/name.txt", b"text")
    ...     os.listdir(folder)
    ['name.txt']
    """
    place = os.path.realpath(target)
    beside = os.path.join(os.path.dirname(place), f".{os.getpid()}-{get_ident()}.part")
    try:
        try:
            with open(beside, "wb") as file:
                if os.path.exists(place):
                    os.chmod(beside, stat.S_IMODE(os.stat(place).st_mode))
                file.write(content)
                file.flush()
                os.fsync(file.fileno())  # or a power cut could leave an empty file under that name
            os.replace(beside, place)
        except BaseException:
            if os.path.exists(beside):
                os.unlink(beside)
            raise
    except OSError as problem:  # by the name that was given
        raise OSError(problem.errno, problem.strerror, target) from None
