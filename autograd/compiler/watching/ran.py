"""What ran while a function was traced: which code, and which calls that no program can do again.

On Python 3.12 and later `sys.monitoring` says it, at next to no cost. On 3.11 `sys.setprofile`
does; there, a function that is traced under a profiler is refused.
"""

from __future__ import annotations

import sys
from dis import opmap
from threading import get_ident
from types import BuiltinFunctionType, CodeType, FrameType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any

from autograd.compiler.trace import TraceError
from autograd.compiler.watching.names import place
from autograd.compiler.watching.origin import Origin, origin_of_code

if TYPE_CHECKING:
    from typing import Self

# What gives another answer each time, or what no walk can follow: the words for it, and for each
# the functions, "module.name" or "module.Class.name", or whole modules, "module.".
REFUSED: dict[str, tuple[str, ...]] = {
    "reads a clock": (
        *(f"time.{name}" for name in ("time", "monotonic", "perf_counter", "process_time")),
        *(f"time.{name}_ns" for name in ("time", "monotonic", "perf_counter", "process_time")),
        *(f"time.{name}" for name in ("localtime", "gmtime", "ctime", "strftime", "thread_time")),
        *(f"datetime.datetime.{name}" for name in ("now", "utcnow", "today")),
        "datetime.date.today",
    ),
    "reads files or input": (
        *("builtins.open", "io.open", "_io.open", "builtins.input", "_io.FileIO.", "tempfile."),
        *(f"_io.{kind}.read" for kind in ("TextIOWrapper", "BufferedReader", "BufferedRandom")),
        *(f"_io.TextIOWrapper.{name}" for name in ("readline", "readlines")),
        *(f"{os}.{name}" for os in ("posix", "nt", "os") for name in ("read", "stat", "listdir")),
        *(f"{os}.{name}" for os in ("posix", "nt", "os") for name in ("scandir", "getpid")),
        *(
            f"{module}.Path.{name}"
            for module in ("pathlib", "pathlib._local")
            for name in ("read_text", "read_bytes", "open", "exists", "stat", "iterdir", "glob")
        ),
    ),
    "draws random numbers": ("secrets.", "uuid.uuid1", "uuid.uuid4", "posix.urandom", "nt.urandom"),
    "looks names up by their text": (
        *(f"builtins.{name}" for name in ("globals", "locals", "eval", "exec", "__import__")),
        *("sys._getframe", "sys._current_frames", "inspect.currentframe", "inspect.stack"),
        *("gc.get_objects", "gc.get_referrers", "gc.get_referents"),
        "builtins.type.__subclasses__",
        *("importlib.import_module", "importlib.reload", "importlib.__import__"),
    ),
    "works in other threads or processes": (
        *("threading.Thread.", "concurrent.", "multiprocessing.", "subprocess.", "socket."),
        *("asyncio.", "_thread.start_new_thread"),
    ),
}
WHY = {name: why for why, names in REFUSED.items() for name in names}


DICE = ("random.", "_random.", "numpy.random.")  # refused or not, as the generator is
GENERATORS = 0x20 | 0x80 | 0x200  # flags of code: generators, coroutines, and both at once


def why_refused(name: str, owner: object) -> str | None:
    """What is wrong with a call of a library function, in words; None if nothing is.

    >>> why_refused("time.perf_counter", None), why_refused("math.sqrt", None)
    ('reads a clock', None)
    """
    if name.startswith(DICE):
        return "draws random numbers" if is_shared_dice(owner) else None
    parts = name.split(".")
    for i in range(1, len(parts)):
        if (why := WHY.get(".".join(parts[:i]) + ".")) is not None:
            return why
    return WHY.get(name)


def is_shared_dice(owner: object) -> bool:
    """Whether a generator of random numbers is a module's own, or the system's.

    One that the function makes itself, with a seed, does the same each time; one from outside is
    refused by the walk.
    """
    random = sys.modules.get("random")
    if random is not None and (owner is random._inst or isinstance(owner, random.SystemRandom)):
        return True
    legacy = sys.modules.get("numpy.random.mtrand")
    return legacy is not None and owner is legacy._rand


def full_name(called: Any, first: Any = None) -> tuple[str, object]:
    """The name of what is called, as in REFUSED, and the object whose method it is.

    >>> import time
    >>> full_name(time.time)[0]
    'time.time'
    """
    owner = getattr(called, "__self__", first)
    if isinstance(called, MethodType):
        called = called.__func__
    if isinstance(called, BuiltinFunctionType) and isinstance(owner, type):
        whose = type if called.__name__ in vars(type) else owner
        return f"{whose.__module__}.{whose.__qualname__}.{called.__name__}", owner
    whose = getattr(called, "__objclass__", None) or (
        owner if isinstance(owner, type) else type(owner)
    )
    module = getattr(called, "__module__", None) or whose.__module__
    name = getattr(called, "__qualname__", "")
    if isinstance(called, type):
        name += "."
    return f"{module}.{name}", owner


def is_at_start(frame: FrameType) -> bool:
    """Whether a frame has just begun, and is not that of a generator that goes on, or is closed.

    The collector of garbage closes generators that have nothing to do with what runs.
    """
    if not frame.f_code.co_flags & GENERATORS:
        return True
    instruction = frame.f_code.co_code[frame.f_lasti : frame.f_lasti + 2]
    return instruction == bytes([opmap["RESUME"], 0])


class Ran:
    """Which code runs in this thread within the block, and what in it is refused.

    >>> train = {}
    >>> text = "from random import random\\ndef f(x): return x * random()"
    >>> exec(compile(text, "train.py", "exec"), train)
    >>> with Ran() as ran:
    ...     out = train["f"](2.0)
    >>> [code.co_name for code in ran.codes.values() if ran.is_users(code)]
    ['f']
    >>> ran.refused
    'the function draws random numbers, random.Random.random, at train.py:2, in f'
    """

    def __init__(self) -> None:
        self.codes: dict[int, CodeType] = {}  # by identity: equal code may be another function's
        self.origins: dict[int, Origin] = {}
        self.refused: str | None = None
        self.fine: dict[int, object] = {}  # what may be called; kept, so that its identity stays
        self._monitored = sys.version_info >= (3, 12)
        self._before: Any = None  # who profiles outside

    def __enter__(self) -> Self:
        if not (self._monitored and MONITOR.start(self)):
            self._monitored, self._before = False, sys.getprofile()
            owner = getattr(self._before, "__self__", None)
            if self._before is not None and not isinstance(owner, Ran):
                raise TraceError(
                    "jit: a function cannot be traced under a profiler here, for what it reaches "
                    "would not be known; call it once before profiling, or use Python 3.12"
                )
            sys.setprofile(self._profiled)
        return self

    def __exit__(self, *error: object) -> None:
        if self._monitored:
            MONITOR.stop(self)
        else:
            sys.setprofile(self._before)

    def check(self) -> None:
        """Raise for what is refused."""
        if self.refused is not None:
            raise TraceError(
                f"jit: {self.refused}: its answer would be stale in later calls. Do it before the "
                f"call, and pass what it gives as an argument"
            )

    def started(self, code: CodeType, frame: FrameType) -> None:
        """Take down that a function began."""
        if id(code) not in self.codes and is_at_start(frame):
            self.codes[id(code)] = code
            self.origins[id(code)] = origin_of_code(code.co_filename, frame.f_globals)

    def called(self, code: CodeType, line: int, called: Any, name: str, owner: object) -> None:
        """Take down what a user's function calls, if that is refused."""
        why = why_refused(name, owner)
        if why is not None and self.refused is None:
            self.refused = f"the function {why}, {name}, at {place(code, line)}"
        if why is None and not name.startswith(DICE) and not is_bound(called):
            self.fine[id(called)] = called

    def is_users(self, code: CodeType) -> bool:
        """Whether a function that ran is a user's."""
        return self.origins.get(id(code)) == "user"

    def _profiled(self, frame: FrameType, event: str, arg: Any) -> None:
        code = frame.f_code
        if self._before is not None:  # of what runs in a block inside another, the outer one knows
            self._before(frame, event, arg)
        if event == "call":
            if id(code) in self.fine:
                return
            self.started(code, frame)
            if self.origins.get(id(code)) != "library":
                self.fine[id(code)] = code
            elif (caller := frame.f_back) and self.is_users(caller.f_code):
                name = f"{frame.f_globals.get('__name__')}.{code.co_qualname}"
                owner = frame.f_locals.get("self") if name.startswith(DICE) else None
                self.called(caller.f_code, caller.f_lineno, code, name, owner)
        elif event == "c_call" and self.is_users(code) and id(arg) not in self.fine:
            self.called(code, frame.f_lineno, arg, *full_name(arg))


def is_bound(called: object) -> bool:
    """Whether what is called is made anew for each call: a method of an object."""
    owner = getattr(called, "__self__", None)
    return owner is not None and not isinstance(owner, ModuleType)


class Monitor:
    """The one user of `sys.monitoring`: it tells each thread's own `Ran` what runs in that thread.

    Of this package's own code it is told once, for nobody asks what of that has run; of all other
    code each time, for another thread may have to be told, too.
    """

    def __init__(self) -> None:
        self.tool: int | None = None
        self.active: dict[int, list[Ran]] = {}  # by thread: one inside another

    def start(self, ran: Ran) -> bool:
        """Begin to tell it; False if all places for tools are taken."""
        monitoring = sys.monitoring  # type: ignore[attr-defined,unused-ignore]
        events = monitoring.events
        if self.tool is None:
            free = [tool for tool in (4, 3, 5, 1, 0) if monitoring.get_tool(tool) is None]
            if not free:
                return False
            self.tool = free[0]
            monitoring.use_tool_id(self.tool, "autograd.jit")
            monitoring.register_callback(self.tool, events.PY_START, self._started)
            monitoring.register_callback(self.tool, events.CALL, self._called)
        self.active.setdefault(get_ident(), []).append(ran)
        monitoring.set_events(self.tool, events.PY_START | events.CALL)
        return True

    def stop(self, ran: Ran) -> None:
        """No longer tell it."""
        mine = self.active[get_ident()]
        mine.remove(ran)
        if not mine:
            del self.active[get_ident()]
        if not self.active:
            sys.monitoring.set_events(self.tool, 0)  # type: ignore[attr-defined,unused-ignore]

    def _started(self, code: CodeType, offset: int) -> object:
        mine = self.active.get(get_ident())
        if not mine:
            return None
        for ran in mine:
            if id(code) not in ran.codes:
                ran.started(code, sys._getframe(1))
        return NO_MORE if mine[0].origins.get(id(code)) == "autograd" else None

    def _called(self, code: CodeType, offset: int, called: Any, first: Any) -> object:
        mine = self.active.get(get_ident())
        if not mine or (len(mine) == 1 and id(called) in mine[0].fine):
            return None
        frame = sys._getframe(1)
        origin = mine[0].origins.get(id(code))
        if origin is None:  # it began before
            origin = origin_of_code(code.co_filename, frame.f_globals)
        if origin != "user":
            return NO_MORE
        for ran in mine:
            if id(code) in ran.codes and id(called) not in ran.fine:
                ran.called(code, frame.f_lineno, called, *full_name(called, first))
        return None


# What a callback gives in order not to be told of this place again.
NO_MORE = getattr(getattr(sys, "monitoring", None), "DISABLE", None)
MONITOR = Monitor()
