"""Whether operations are recorded, and who watches them.

Nearly always they are plainly recorded and nobody watches. `FLAG.watched` is false exactly then,
so one look at it is all that an operation pays for the modes it is not in.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec, Protocol, TypeVar

from autograd.numbers.reals import describe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from typing import Never

    from autograd.core.operation import Op
    from autograd.core.record import Node


P = ParamSpec("P")
R = TypeVar("R")

GENERATOR, COROUTINE, ASYNC_GENERATOR = 0x20, 0x80, 0x200  # flags of a code object


class Watcher(Protocol):
    """Somebody who is shown every operation as soon as it is recorded."""

    def __call__(self, op: Op, operands: tuple[Node | float, ...], out: Node) -> None: ...


class Tracer(Protocol):
    """Somebody who writes a program down from all that a function does with Values: see jit."""

    def saw(self, op: Op, operands: tuple[Node | float, ...], out: Node) -> None:
        """Take down an operation."""

    def compared(self, relation: str, x: Node | float, y: Node | float) -> Any:
        """What a comparison gives: a condition, or a bool where it is the same in every call."""

    def read(self, node: Node, how: str) -> None:
        """Somebody takes the plain number out of a Value, past the program."""

    def relies_on(self, owner: object, attribute: str) -> None:
        """What follows depends on an attribute of an object, past the program."""

    def refused(self, what: str) -> Exception:
        """The error for something that no program could do again."""


class Mode(NamedTuple):
    """What happens to an operation besides being computed."""

    recording: bool = True
    watcher: Watcher | None = None
    tracer: Tracer | None = None

    @property
    def deriving(self) -> bool:
        """Whether derivatives must be recorded: a program needs them within no_grad too."""
        return self.recording or self.tracer is not None


PLAIN = Mode()


class _Flag:
    """How many modes other than the plain one are switched on, in all threads together."""

    __slots__ = ("watched",)

    def __init__(self) -> None:
        self.watched = 0


FLAG = _Flag()
_FLAG_LOCK = Lock()  # `+= 1` is two steps, and two threads may take them at once


def read(node: Node, how: str) -> None:
    """Tell the tracer, if there is one, that a plain number was taken out of a Value."""
    if FLAG.watched and (tracer := current().tracer) is not None:
        tracer.read(node, how)


def rely_on(owner: object, attribute: str) -> None:
    """Tell the tracer, if there is one, that what follows depends on an attribute of an object."""
    if FLAG.watched and (tracer := current().tracer) is not None:
        tracer.relies_on(owner, attribute)


def refuse(what: str) -> None:
    """Raise if somebody traces: what is being done now would be done once and never again."""
    if FLAG.watched and (tracer := current().tracer) is not None:
        raise tracer.refused(what)


class _Block:
    """A `with` block that runs in a mode, inside another one or none.

    A task or a generator that was started in a block may go on after its end. So the block itself
    remembers whether it is still open; a closed one counts as its surroundings.
    """

    __slots__ = ("mode", "open", "outer")

    def __init__(self, mode: Mode, outer: _Block | None) -> None:
        self.mode = mode
        self.outer = outer
        self.open = True


_BLOCK: ContextVar[_Block | None] = ContextVar("autograd mode", default=None)


def _innermost() -> _Block | None:
    block = _BLOCK.get()
    while block is not None and not block.open:
        block = block.outer
    return block


def current() -> Mode:
    """The mode of the running thread or task."""
    block = _innermost()
    return PLAIN if block is None else block.mode


@contextmanager
def switched(mode: Mode) -> Iterator[_Block]:
    """Run a block in `mode`: only this thread or task is in it, and only within the block."""
    block = _Block(mode, _innermost())
    with _FLAG_LOCK:
        FLAG.watched += 1
    try:
        _BLOCK.set(block)
        yield block
    finally:
        block.open = False
        _BLOCK.set(_innermost())
        with _FLAG_LOCK:
            FLAG.watched -= 1


class Switch:
    """A mode to be switched on for a block, `with no_grad():`, or a function, `@no_grad()`.

    Threads, tasks and nested blocks may share one: it remembers every block that it began.
    """

    def mode(self) -> Mode:
        """The mode that it switches to, from the current one."""
        raise NotImplementedError

    def __init__(self, *given: Never) -> None:
        if given:
            name, came = type(self).__name__, getattr(given[0], "__name__", describe(given[0]))
            raise TypeError(
                f"{name} takes no arguments, got {came}; write `with {name}():` for "
                f"a block and `@{name}()` above a function, both with empty parentheses"
            )
        self._begun: dict[_Block, AbstractContextManager[_Block]] = {}

    def __enter__(self) -> None:
        begun = switched(self.mode())
        self._begun[begun.__enter__()] = begun

    def __exit__(self, *error: Any) -> None:
        # Its innermost block here. A generator may end where it did not begin, in another thread
        # say: then it is the last one.
        block = _BLOCK.get()
        while block is not None and block not in self._begun:
            block = block.outer
        if not self._begun:
            raise RuntimeError(f"{type(self).__name__}: the end of a block that never began")
        self._begun.pop(block or [*self._begun][-1]).__exit__(*error)

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

    def mode(self) -> Mode:
        """As it was, but not recording."""
        return current()._replace(recording=False)
