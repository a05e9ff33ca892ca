"""A player of backpropagation: the steps of both passes as one page that needs nothing else.

The page is a list of steps that can be read as it is. Where scripts run, `player.js` turns it into
something with buttons, a slider and keys; it computes nothing, and shows what stands in the list.
"""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING

from autograd.files import write
from autograd.numbers.reals import describe
from autograd.pictures.frames import Pictures, as_uri
from autograd.pictures.lettering import LONGEST, counted, markup, printable
from autograd.pictures.pages import backward_pages, forward_pages, last_page, tape, verdict
from autograd.pictures.render import HINT, NotRendered
from autograd.pictures.steps import steps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograd.core.value import Value
    from autograd.pictures.pages import Page, View
    from autograd.pictures.steps import Steps

MOST = 60  # nodes: each has two frames, and the page should stay below some megabytes
PARTS = 240  # nodes, constants and arrows: each frame shows all of them

PAGE = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
  :root {{ color-scheme: light dark }}
  body {{ margin: 24px auto; padding: 0 16px; max-width: 1500px; font: 15px/1.5 system-ui }}
  @media (prefers-color-scheme: light) {{ body {{ background: #f6f7f9 }} }}
  @media (prefers-color-scheme: dark) {{ body {{ background: #12151a; color: #e4e7ec }} }}
</style>
{player}
</html>
"""


class Player:
    """A step-through of forward and backward, in notebooks and as a page. Made by `play`.

    >>> from autograd import Value, play
    >>> player = play(Value(3.0, label="a") * 2.0)
    >>> player.pages[2].heading, player.pages[2].phase
    ('Backward, step 1 of 2: out', 'backward')
    """

    def __init__(self, title: str, about: str, pages: Sequence[Page]) -> None:
        self.title = title
        self.about = about
        self.pages = list(pages)
        self._pictures: Pictures | None = None
        self._hint = HINT
        try:
            walks = [view.passes for view in pages[0].views]
            self._pictures = Pictures(walks[0], walks[1:])
            self._hint = ""
        except NotRendered:
            pass  # tables stand in for the pictures, and the hint says what would draw them

    @cached_property
    def html(self) -> str:
        """The player as part of a page: the list of steps, and the script that plays it.

        >>> "</script>" in play(Value(3.0) * 2.0).html
        True
        """
        return self._static() + script()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the player as a page of its own, which any browser opens, also without network.

        >>> import os, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     page = os.path.join(folder, "backprop.html")
        ...     play(Value(3.0, label="a") * 2.0).save(page)
        ...     os.listdir(folder)
        ['backprop.html']
        """
        if not isinstance(path, (str, os.PathLike)):
            raise TypeError(f"save: expected the name of a file, got {describe(path)}")
        target = os.fspath(path)
        if os.path.splitext(target)[1].lower() != ".html":
            raise ValueError(f"save: a player is saved as a page, 'backprop.html'; got {target!r}")
        write(target, PAGE.format(title=markup(self.title), player=self.html).encode())

    def __repr__(self) -> str:
        hint = f" ({self._hint})" if self._hint else ""
        return (
            f"{self.title}: {len(self.pages)} steps{hint}. A notebook shows it; elsewhere "
            f".save('backprop.html') and open that"
        )

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": repr(self)}

    # The list of steps --------------------------------------------------------------------------

    def _static(self) -> str:
        said = filter(None, [self.about, self._hint])
        about = "".join([f'<p class="about">{markup(text)}</p>' for text in said])
        final = "".join(
            [
                (f"<p>{markup(view.title)}:</p>" if view.title else "")
                + self._picture(view, "The graph with all gradients")
                for view in self.pages[-1].views
            ]
        )
        listed = "".join([self._details(page) for page in self.pages])
        return (
            f'<div class="pencilgrad-player"><p><b class="title">{markup(self.title)}</b></p>'
            f"{about}{final}{listed}</div>"
        )

    def _details(self, page: Page) -> str:
        views = "".join(
            [
                '<div class="view">'
                + (f"<h5>{markup(view.title)}</h5>" if view.title else "")
                + self._picture(view, page.heading)
                + f'<div class="panel">{view.panel}</div></div>'
                for view in page.views
            ]
        )
        return (
            f'<details data-phase="{page.phase}"><summary>{markup(page.heading)}</summary>'
            f"{views}</details>"
        )

    def _picture(self, view: View, description: str) -> str:
        if self._pictures is None:
            return f'<div class="picture">{tape(view)}</div>'
        uri = as_uri(self._pictures.draw(view.frame))
        alt = markup(". ".join(filter(None, [description, view.title])))
        return f'<div class="picture"><img alt="{alt}" src="{uri}" style="max-width:100%"></div>'


def play(value: Value, *, order: str = "topological", names: object = None) -> Player:
    """A step-through of how `value` was computed, and of `backward`: one step a node.

    A notebook shows it; `save` writes it as a page of its own. Each step shows the node in the
    graph, its local derivatives, the gradient that has arrived, what is passed on and how the sums
    grow, with the numbers. Nobody's `.grad` is touched.

    >>> from autograd import Value, play, tanh
    >>> w, x = Value(0.5, label="w"), Value(2.0, label="x")
    >>> player = play(tanh(w * x))
    >>> player.title, len(player.pages)
    ('Backpropagation through out, step by step', 9)

    With `order="naive"` the nodes are visited as they are discovered, level by level from the
    result, beside the right order. Where a node is used on two levels, that goes wrong:

    >>> h = w + 1.0
    >>> h.label = "h"
    >>> print(play(h + h * h, order="naive").about)
    h was visited too early: it passed on 1, and 3 arrived afterwards. So w ends up with 1 ...

    Values without a label are named by `names` (`locals()`, a module of nn), else v1, v2 ...
    """
    passes = steps(value, order=order, names=names)
    refuse_large(passes)
    result = printable(passes.names[-1], LONGEST)
    if order == "topological":
        return Player(
            f"Backpropagation through {result}, step by step",
            "",
            [*forward_pages(passes), *backward_pages([passes]), last_page([passes])],
        )
    both = [steps(value, names=names), passes]
    return Player(
        f"Why the order matters: backpropagation through {result}",
        verdict(passes),
        [*backward_pages(both), last_page(both)],
    )


def refuse_large(passes: Steps) -> None:
    """A ValueError if the page would be too large: each step has a picture of everything."""
    nodes = len(passes.nodes)
    operands = [x for step in passes.forward for x in step.operands]
    constants, arrows = sum([x.node is None for x in operands]), len(operands)
    parts = nodes + constants + arrows
    if nodes > MOST or parts > PARTS:
        raise ValueError(
            f"play shows each node by itself: at most {MOST} nodes, and at most {PARTS} nodes, "
            f"constants and arrows together. This graph has {counted(nodes, 'node')}, "
            f"{counted(constants, 'constant')} and {counted(arrows, 'arrow')}, {parts:,} "
            f"together. Play the computation of an inner Value, or of one example with a smaller "
            f"model; draw(value) shows large graphs in summary, and why(value, leaf) explains a "
            f"gradient"
        )


def script() -> str:
    """What turns the list of steps into a player, and gives it its style."""
    import json

    style = json.dumps(source("player.css")).replace("<", "\\u003c")  # must not end the script
    return f"<script>({source('player.js').strip()})({style});</script>"


def source(name: str) -> str:
    """The text of a file that stands beside this one."""
    from importlib.resources import files

    return files("autograd.pictures").joinpath(name).read_text(encoding="utf-8")
