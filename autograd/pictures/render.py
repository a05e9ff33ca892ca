"""From DOT text to SVG and PNG, with whatever there is: the dot program, or pygraphviz."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from math import sqrt
from threading import Lock
from typing import TYPE_CHECKING, Literal, overload

if TYPE_CHECKING:
    from collections.abc import Iterator

HINT = "for pictures: pip install 'pencilgrad[viz]'"
FACES = "ui-monospace,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace"
SHARP = 192  # dots an inch of a PNG: twice as many as common screens have
MANY_LINES = 60  # of DOT text; what has fewer is not too large for that
LONGEST_SIDE, LARGEST_AREA = 30_000, 100_000_000  # dots; Cairo ends at 32,767 a side

Form = Literal["svg", "png"]


class NotRendered(RuntimeError):  # noqa: N818 - it is rarely an error: then text is shown
    """No renderer could draw the picture; says why, and what to install."""


@overload
def rendered(dot: str, form: Literal["svg"]) -> str: ...
@overload
def rendered(dot: str, form: Literal["png"]) -> bytes: ...
def rendered(dot: str, form: Form) -> str | bytes:
    """The drawing of a DOT text: an SVG as text, or a PNG as bytes.

    >>> rendered("digraph { a -> b }", "svg")[:4]
    '<svg'
    """
    if form == "png":
        dot = dot.replace("{", f"{{ graph [dpi={resolution(dot):.0f}]", 1)
    reasons = []
    for renderer in (by_program, by_library):
        try:
            drawing = renderer(dot.encode(), form)
        except NotRendered as problem:
            reasons.append(str(problem))
        else:
            return tidied(drawing.decode()) if form == "svg" else drawing
    raise NotRendered(f"{HINT} ({'; '.join(reasons)})")


def resolution(dot: str) -> float:
    """Dots an inch for a PNG: fewer for a picture so large that Graphviz could not paint it."""
    if dot.count("\n") < MANY_LINES:
        return SHARP
    found = re.search(r'<svg [^>]*width="(\d+)pt" height="(\d+)pt"', rendered(dot, "svg"))
    if found is None:
        return SHARP
    width, height = (int(points) / 72 for points in found.groups())
    return min(SHARP, LONGEST_SIDE / max(width, height), sqrt(LARGEST_AREA / (width * height)))


def by_program(dot: bytes, form: Form) -> bytes:
    """Drawn by the dot program, if it is on the PATH."""
    try:
        import graphviz  # type: ignore[import-untyped]
    except ImportError:
        raise NotRendered("there is no graphviz package") from None
    try:
        drawing: bytes = graphviz.pipe("dot", form, dot, quiet=True)
    except graphviz.ExecutableNotFound:
        raise NotRendered("there is no dot program") from None
    except graphviz.CalledProcessError as problem:
        raise NotRendered(f"the dot program failed with code {problem.returncode}") from None
    except OSError as problem:
        raise NotRendered(f"the dot program does not start: {problem.strerror}") from None
    return drawing


# In process -------------------------------------------------------------------------------------

_library = Lock()  # Graphviz itself is not made for threads
_begun = False


def by_library(dot: bytes, form: Form) -> bytes:
    """Drawn by pygraphviz, whose wheel carries Graphviz itself."""
    global _begun
    try:
        from pygraphviz import AGraph  # type: ignore[import-untyped]
    except ImportError:
        raise NotRendered("there is no pygraphviz") from None
    try:
        with _library:
            if not _begun:
                with without_font_warnings():
                    AGraph(string="digraph { a }").draw(format="svg", prog="dot")
                _begun = True
            drawing: bytes = AGraph(string=dot.decode()).draw(format=form, prog="dot")
    except (OSError, ValueError) as problem:  # an old one looks for programs of Graphviz
        raise NotRendered(f"pygraphviz failed: {str(problem).strip()[:80]}") from None
    return drawing


@contextmanager
def without_font_warnings() -> Iterator[None]:
    """Nothing that Fontconfig has to say reaches stderr; all else does, a moment later.

    Fontconfig reads the machine's settings when the first letter is drawn, and complains in C about
    entries that are newer than it is. So it is the file descriptor that is turned aside.
    """
    from tempfile import TemporaryFile  # slow to import

    try:
        stderr = os.dup(2)
    except OSError:  # there is none: a program without a console
        yield
        return
    with TemporaryFile() as aside:
        try:
            os.dup2(aside.fileno(), 2)
            yield
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            aside.seek(0)
            lines = aside.read().splitlines(keepends=True)
            said = b"".join([line for line in lines if not line.startswith(b"Fontconfig ")])
            while said:
                said = said[os.write(2, said) :]


# The SVG ----------------------------------------------------------------------------------------


def tidied(svg: str) -> str:
    """The SVG of Graphviz as a page needs it.

    Without prologue and comments; with faces of letters that look well on every system and are as
    wide as those the layout was made with; and with a tooltip that all browsers show: the title of
    a node, which in Graphviz's is a number of its own, and the tooltip in a link around the shapes.
    """
    svg = svg[svg.index("<svg") :].rstrip()
    svg = re.sub(r"<!--.*?-->\n?", "", svg, flags=re.DOTALL)
    svg = svg.replace('font-family="Courier,monospace"', f'font-family="{FACES}"')
    svg = re.sub(r"<title>[^<]*</title>\n", "", svg)
    svg = re.sub(
        r'<g id="a_[^"]*"><a xlink:title="([^"]*)">\n(.*?)</a>\n</g>\n',
        r"<title>\1</title>\n\2",
        svg,
        flags=re.DOTALL,
    )
    return svg.replace("<svg ", '<svg role="img" ', 1)
