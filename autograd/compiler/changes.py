"""Arguments that a function changes: a program would not do that again, so it is refused."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from autograd.anomaly import is_ours, place_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType


def line_of_change(run: Callable[[], object], changed: Callable[[], object]) -> str:
    """The line of the user's code in whose course something has changed; nothing if none is found.

    The function runs once more for that, and after each of its lines somebody looks.

    >>> xs = [1.0]
    >>> def f():
    ...     xs.append(2.0)
    ...     return xs
    >>> line_of_change(f, lambda: "xs" if len(xs) > 1 else "")
    '<doctest ...>:2, in f'
    """
    found: list[str] = []
    lines: dict[FrameType, int] = {}  # the line that each call is at

    def look(frame: FrameType, event: str, arg: object) -> Any:
        if is_ours(frame.f_code):
            return look
        if not found and changed():
            at: FrameType | None = frame
            while at is not None and at not in lines:  # a call that begins, on a line of its caller
                at = at.f_back
            if at is not None:
                found.append(place_of(at.f_code, lines[at]))
        lines[frame] = frame.f_lineno
        return look

    before = sys.gettrace()
    sys.settrace(look)
    try:
        run()
    except Exception:  # it ran before: what matters has been seen by now
        pass
    finally:
        sys.settrace(before)
    return found[0] if found else ""
