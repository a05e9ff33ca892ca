"""Whether operations are recorded, and who watches them.

Nearly always they are plainly recorded and nobody watches. `FLAG.watched` is false exactly then,
so one look at it is all that an operation pays for the modes it is not in.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from autograd.operation import Op
    from autograd.record import Node


class Watcher(Protocol):
    """Somebody who is shown every operation as soon as it is recorded."""

    def __call__(self, op: Op, operands: tuple[Node | float, ...], out: Node) -> None: ...


class Mode(NamedTuple):
    """What happens to an operation besides being computed."""

    recording: bool = True
    watcher: Watcher | None = None


PLAIN = Mode()


class _Flag:
    """How many modes other than the plain one are switched on, in all threads together."""

    __slots__ = ("watched",)

    def __init__(self) -> None:
        self.watched = 0


FLAG = _Flag()
_FLAG_LOCK = Lock()  # `+= 1` is two steps, and two threads may take them at once
_MODE: ContextVar[Mode] = ContextVar("autograd mode", default=PLAIN)


def current() -> Mode:
    """The mode of the running thread or task."""
    return _MODE.get()


@contextmanager
def switched(mode: Mode) -> Iterator[None]:
    """Run a block in `mode`: only this thread or task is in it, and only within the block."""
    token = _MODE.set(mode)
    with _FLAG_LOCK:
        FLAG.watched += 1
    try:
        yield
    finally:
        with _FLAG_LOCK:
            FLAG.watched -= 1
        _MODE.reset(token)


@contextmanager
def no_grad() -> Iterator[None]:
    """Compute without recording: results inside are leaves, which remember nothing.

    Works as a block and as a decorator, `@no_grad()`.

    >>> from autograd import Value, no_grad
    >>> x = Value(3.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y.data, y.parents
    (9.0, ())
    """
    with switched(Mode(recording=False, watcher=_MODE.get().watcher)):
        yield
