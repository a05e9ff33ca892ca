"""What is around a function while it is traced: what ran, what that reaches, whether it stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd.compiler.trace import TraceError
from autograd.compiler.watching.ran import Ran
from autograd.compiler.watching.reach import reach
from autograd.compiler.watching.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class World:
    """Looks on while a function runs, until one run says all that its answer may rest on.

    A first run may import modules, and do what no program could do again; a second one does not.

    >>> train = {"rate": 0.5}
    >>> exec(compile("def f(x): return x * rate", "train.py", "exec"), train)
    >>> world = World(train["f"])
    >>> world.run(2.0)
    1.0
    >>> watch = world.watch(lambda: world.run(2.0))
    >>> watch.holds()
    True
    >>> train["rate"] = 0.25
    >>> watch.holds()
    False
    """

    def __init__(self, function: Callable[..., Any], given: Sequence[Any] = ()) -> None:
        self.function = function
        self.given = given
        self._watch: Watch | None = None
        self._trouble: TraceError | None = None
        self._runs = 0  # since there is a watch

    def run(self, *args: Any, **named: Any) -> Any:
        """The result of the function."""
        if self._watch is not None:
            self._runs += 1
            return self.function(*args, **named)
        with Ran() as ran:
            result = self.function(*args, **named)
        try:
            ran.check()
            self._watch = Watch(reach(self.function, ran, self.given))
        except TraceError as error:
            self._trouble = error
        return result

    def watch(self, again: Callable[[], object]) -> Watch:
        """All that the answer may rest on; nothing of it was changed by a run of the function."""
        if self._watch is None:
            assert self._trouble is not None  # each run gave one or the other
            raise self._trouble
        if not self._runs:
            again()
        if changed := self._watch.changes():
            raise TraceError(
                f"jit: while the function was traced, {changed[0]}: a program would not do that "
                f"again; change it outside of the compiled function, or pass it as an argument"
            )
        return self._watch
