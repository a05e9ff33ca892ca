"""A picture of a recorded graph: as SVG, PNG, DOT, HTML or text, made when it is asked for."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING

from autograd.files import write
from autograd.numbers.reals import describe
from autograd.pictures.dot import dot_text
from autograd.pictures.lettering import markup
from autograd.pictures.model import MOST_BOXES
from autograd.pictures.render import NotRendered, rendered
from autograd.pictures.text import tree_text

if TYPE_CHECKING:
    from collections.abc import Container

    from autograd.pictures.model import Scene

SVG = "image/svg+xml"
SUFFIXES = (".svg", ".png", ".dot", ".html", ".txt")

PAGE = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>A recorded computation</title>
<style>
  :root {{ color-scheme: light dark }}
  body {{ margin: 1.5em; font-family: system-ui, sans-serif }}
  svg {{ max-width: 100%; height: auto }}
</style>
{body}
</html>
"""


class Picture:
    """What `draw` gives: the graph as it was then. It shows itself in a notebook, prints as a tree.

    >>> from autograd import Value
    >>> from autograd.pictures import draw
    >>> picture = draw(Value(2.0, label="x") * 3.0)
    >>> picture
                 data  grad
    *               6     0
    ├─ x            2     0
    └─ constant     3
    >>> picture.dot.splitlines()[0]
    'digraph {'
    """

    def __init__(self, scene: Scene, *, partials: bool = False, colour: bool = False) -> None:
        self.scene = scene
        self.partials = partials
        self.colour = colour

    @cached_property
    def dot(self) -> str:
        """The picture as a text in Graphviz's language."""
        return dot_text(self.scene, partials=self.partials, colour=self.colour)

    @cached_property
    def svg(self) -> str:
        """The picture as SVG.

        >>> from autograd import Value, draw
        >>> "</svg>" in draw(Value(2.0) * 3.0).svg
        True
        """
        self._refuse_giants()
        return rendered(self.dot, "svg")

    @cached_property
    def png(self) -> bytes:
        """The picture as PNG, for where SVG is not taken.

        >>> from autograd import Value, draw
        >>> draw(Value(2.0) * 3.0).png[1:4]
        b'PNG'
        """
        self._refuse_giants()
        return rendered(self.dot, "png")

    @cached_property
    def text(self) -> str:
        """The picture as a tree of text.

        >>> from autograd import Value, draw
        >>> draw(Value(2.0) * 3.0).text.splitlines()[1]
        '*               6     0'
        """
        return tree_text(self.scene, partials=self.partials)

    @cached_property
    def html(self) -> str:
        """The picture as a page of its own, with the text below it.

        >>> from autograd import Value, draw
        >>> draw(Value(2.0) * 3.0).html.splitlines()[0]
        '<!DOCTYPE html>'
        """
        text = f"<pre>{markup(self.text)}</pre>"
        try:
            body = f"{self.svg}\n<details>\n<summary>As text</summary>\n{text}\n</details>"
        except NotRendered:
            body = text
        return PAGE.format(body=body)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the picture to a file; what kind of file it is, the end of its name says.

        `.svg`, `.png`, `.dot`, `.html` (a page with the picture and the text) or `.txt`.

        >>> import os, tempfile
        >>> from autograd import Value, draw
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     draw(Value(2.0) * 3.0).save(os.path.join(folder, "product.dot"))
        ...     os.listdir(folder)
        ['product.dot']
        """
        if not isinstance(path, (str, os.PathLike)):
            raise TypeError(f"save: expected the name of a file, got {describe(path)}")
        target = os.fspath(path)
        content: str | bytes
        match os.path.splitext(target)[1].lower():
            case ".svg":
                content = f"{self.svg}\n"
            case ".png":
                content = self.png
            case ".dot":
                content = self.dot
            case ".html":
                content = self.html
            case ".txt":
                content = f"{self.text}\n"
            case suffix:
                raise ValueError(
                    f"save: {target!r} ends in {suffix or 'no suffix'}; a picture can be saved as "
                    f"{', '.join(SUFFIXES)}"
                )
        write(target, content if isinstance(content, bytes) else content.encode())

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(
        self, include: Container[str] | None = None, exclude: Container[str] | None = None
    ) -> dict[str, str]:
        bundle = {"text/plain": self.text}
        if SVG in (include or (SVG,)) and SVG not in (exclude or ()):
            try:
                bundle[SVG] = self.svg
            except NotRendered as problem:
                bundle["text/plain"] += f"\n\n{problem}"
        return bundle

    def _refuse_giants(self) -> None:
        if len(self.scene.boxes) > MOST_BOXES:
            raise NotRendered(
                f"{len(self.scene.boxes):,} boxes take too long to lay out; up to {MOST_BOXES:,} "
                f"are drawn: give a smaller budget"
            )
