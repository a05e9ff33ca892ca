"""Blocks in which operations are watched, or not recorded: `switched`, and `no_grad`."""

from __future__ import annotations

from contextlib import contextmanager
from functools import wraps
from threading import Lock
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from autograd.core.record import FLAG, MODE, Mode, Observer, current
from autograd.numbers.reals import describe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from typing import Never

P = ParamSpec("P")
R = TypeVar("R")

GENERATOR, COROUTINE, ASYNC_GENERATOR = 0x20, 0x80, 0x200  # flags of a code object

_FLAG_LOCK = Lock()  # `+= 1` is two steps, and two threads may take them at once


@contextmanager
def switched(
    *, recording: bool | None = None, observers: tuple[Observer, ...] | None = None
) -> Iterator[Mode]:
    """Run a block in a mode of its own; what is not said stays as it is around the block.

    Only this thread or task is in it, and only within the block.
    """
    outer = current()
    mode = Mode(
        outer.recording if recording is None else recording,
        outer.observers if observers is None else observers,
        outer,
    )
    with _FLAG_LOCK:
        FLAG.watched += 1
    try:
        MODE.set(mode)
        yield mode
    finally:
        mode.open = False
        MODE.set(current())
        with _FLAG_LOCK:
            FLAG.watched -= 1


def deriving() -> bool:
    """Whether derivatives are recorded: within `no_grad` too, where a program is written down."""
    mode = current()
    return mode.recording or any(observer.recomputes for observer in mode.observers)


class Switch:
    """A mode to be switched on for a block, `with no_grad():`, or a function, `@no_grad()`.

    Threads, tasks and nested blocks may share one: it remembers every block that it began.
    """

    def block(self) -> AbstractContextManager[Mode]:
        """A block in the mode that it stands for."""
        raise NotImplementedError

    def __init__(self, *given: Never) -> None:
        if given:
            name, came = type(self).__name__, getattr(given[0], "__name__", describe(given[0]))
            raise TypeError(
                f"{name} takes no arguments, got {came}; write `with {name}():` for "
                f"a block and `@{name}()` above a function, both with empty parentheses"
            )
        self._begun: dict[Mode, AbstractContextManager[Mode]] = {}

    def __enter__(self) -> None:
        begun = self.block()
        self._begun[begun.__enter__()] = begun

    def __exit__(self, *error: Any) -> None:
        # Its innermost block here. A generator may end where it did not begin, in another thread
        # say: then it is the last one.
        mode: Mode | None = MODE.get()
        while mode is not None and mode not in self._begun:
            mode = mode.outer
        if not self._begun:
            raise RuntimeError(f"{type(self).__name__}: the end of a block that never began")
        self._begun.pop(mode or [*self._begun][-1]).__exit__(*error)

    def __call__(self, f: Callable[P, R]) -> Callable[P, R]:
        code = getattr(f, "__code__", None)
        if code is None or code.co_flags & (GENERATOR | COROUTINE | ASYNC_GENERATOR):
            name = type(self).__name__
            raise TypeError(
                f"@{name}() decorates plain functions, and {getattr(f, '__name__', f)!r} is none; "
                f"in a generator or a coroutine write `with {name}():` around what it is for"
            )

        @wraps(f)
        def inside(*args: P.args, **named: P.kwargs) -> R:
            with type(self)():
                return f(*args, **named)

        return inside


class no_grad(Switch):  # noqa: N801 - used like a function, and named as in PyTorch
    """Compute without recording: results inside are leaves, which remember nothing.

    Works as a block and as a decorator of plain functions, `@no_grad()`.

    >>> from autograd import Value, no_grad
    >>> x = Value(3.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y.data, y.parents
    (9.0, ())
    """

    def block(self) -> AbstractContextManager[Mode]:
        """As it was, but not recording."""
        return switched(recording=False)
