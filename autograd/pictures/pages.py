"""What the player shows at a time: for each step of the passes a picture's state, and a text."""

from __future__ import annotations

from sys import maxsize
from typing import TYPE_CHECKING, NamedTuple

from autograd.pictures.frames import Frame, going_backward, going_forward
from autograd.pictures.lettering import NARROW, abbreviated, markup, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograd.pictures.steps import Backward, Contribution, Forward, Operand, Steps

NAMED = 3  # nodes that a verdict names one by one

RIGHT = "In topological order, a node after all that uses it"
NAIVE = "In the naive order, level by level from the result"


class View(NamedTuple):
    """One pass at one moment: what its picture shows, and what is said about it."""

    passes: Steps
    frame: Frame
    panel: str  # HTML
    title: str = ""


class Page(NamedTuple):
    """What the player shows at a time: one view, or two beside each other."""

    phase: str  # "forward", "backward" or "end"
    heading: str
    views: tuple[View, ...]


def forward_pages(passes: Steps) -> list[Page]:
    """The forward pass: one node after the other gets its number."""
    count = len(passes.nodes)
    pages = []
    for i, step in enumerate(passes.forward):
        marks = {f"n{k}": "todo" for k in range(i + 1, count)} | {f"n{i}": "now"}
        notes = {}
        for k, x in enumerate(step.operands):
            marks[f"e{i}.{k}"] = "on"
            if x.node is not None:
                marks[f"n{x.node}"] = "fed"
                notes[f"e{i}.{k}"] = going_forward(x)
        frame = Frame(frozenset(range(i + 1)), {}, marks, notes)
        heading = f"Forward, step {i + 1} of {count}: {passes.names[i]}"
        pages.append(Page("forward", heading, (View(passes, frame, forward_panel(passes, step)),)))
    return pages


def backward_pages(walks: Sequence[Steps]) -> list[Page]:
    """The backward pass in each of these orders: one node after the other sends its sum on."""
    columns = [backward_views(passes, f) for passes, f in zip(walks, titles(walks), strict=True)]
    pages = []
    for i, views in enumerate(zip(*columns, strict=True)):
        heading = f"Backward, step {i + 1} of {len(columns[0])}"
        if len(walks) == 1:
            heading += f": {walks[0].names[walks[0].backward[i].node]}"
        pages.append(Page("backward", heading, views))
    return pages


def titles(walks: Sequence[Steps]) -> list[str]:
    return [RIGHT, NAIVE] if len(walks) > 1 else [""]


def backward_views(passes: Steps, title: str) -> list[View]:
    sums = {len(passes.nodes) - 1: 1.0}
    done: set[int] = set()
    views = []
    for step in passes.backward:
        marks = {f"n{i}": "todo" for i in done} | {f"n{step.node}": "now"}
        notes = {}
        for sent in step.contributions:
            sums[sent.node] = sent.after
            line = f"e{step.node}.{sent.position}"
            marks[line] = "late" if sent.late else "on"
            marks[f"n{sent.node}"] = "lost" if sent.late else "fed"
            notes[line] = going_backward(sent)
        done.add(step.node)
        frame = Frame(everything(passes), dict(sums), marks, notes)
        here = title and f"{title}: {passes.names[step.node]}"
        views.append(View(passes, frame, backward_panel(passes, step), here))
    return views


def last_page(walks: Sequence[Steps]) -> Page:
    """What comes of it: the graph with all gradients."""
    views = []
    for passes, title in zip(walks, titles(walks), strict=True):
        marks = {f"n{i}": "lost" for i in passes.wrong}
        frame = Frame(everything(passes), dict(enumerate(passes.sums)), marks, {})
        views.append(View(passes, frame, last_panel(passes), title))
    return Page("end", "The end: all gradients", tuple(views))


def everything(passes: Steps) -> frozenset[int]:
    return frozenset(range(len(passes.nodes)))


# The panels -------------------------------------------------------------------------------------


def number(x: float) -> str:
    """A number as it is shown, with all its digits behind."""
    return f'<data value="{x!r}" title="{x!r}">{shown(x)}</data>'


def derivative(passes: Steps, i: int, longest: int = maxsize) -> str:
    """∂out/∂x, with names of this many letters at most."""
    out, x = (abbreviated(passes.names[k], longest) for k in (-1, i))
    return markup(f"∂{out}/∂{x}")


def table(headings: Sequence[str], rows: Sequence[str]) -> str:
    head = "".join([f"<th>{heading}</th>" for heading in headings])
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def row(*cells: str, kind: str = "") -> str:
    style = f' class="{kind}"' if kind else ""
    return f"<tr{style}>" + "".join([f"<td>{cell}</td>" for cell in cells]) + "</tr>"


def forward_panel(passes: Steps, step: Forward) -> str:
    formula = f"<code>{markup(passes.formula(step))}</code>"
    if not step.operands:
        return f"{formula}<p>A leaf: this number was given.</p>"
    rows = [row(markup(abbreviated(x.name)), number(x.data), local(x)) for x in step.operands]
    said = "<p>The local derivatives are remembered for the way back.</p>"
    if step.stale:
        changed = markup(" or ".join(dict.fromkeys(passes.names_that_can_change(step))))
        said = (
            f'<p class="wrong">{changed} was changed after this was computed: the record has the '
            "derivatives of before.</p>"
        )
    return f"{formula}{table(['operand', 'value', 'local derivative'], rows)}{said}"


def local(x: Operand) -> str:
    if x.node is None:
        return "a constant"
    return "none: nothing flows back" if x.partial is None else number(x.partial)


def backward_panel(passes: Steps, step: Backward) -> str:
    said = state(passes, step)
    if not step.contributions or step.adjoint is None:
        return said
    headings = ["to", "upstream", "· local", "= product", "sum was", "sum is"]
    rows = [sent_row(passes, step.adjoint, sent) for sent in step.contributions]
    rules = "".join(
        [
            f"<div><code>{markup(passes.chain_rule(step, sent))}</code>"
            f"<code>{markup(passes.addition(sent))}</code></div>"
            for sent in step.contributions
        ]
    )
    return (
        f"{said}{table(headings, rows)}<p>The chain rule, written out:</p>"
        f'<div class="rule">{rules}</div>'
    )


def sent_row(passes: Steps, adjoint: float, sent: Contribution) -> str:
    name = markup(abbreviated(passes.names[sent.node])) + (", too late" if sent.late else "")
    cells = [number(x) for x in (adjoint, sent.partial, sent.product, sent.before)]
    return row(name, *cells, f"<b>{number(sent.after)}</b>", kind="wrong" if sent.late else "")


def state(passes: Steps, step: Backward) -> str:
    """How things stand with the node that is visited, in a sentence."""
    name, total = derivative(passes, step.node), number(passes.sums[step.node])
    node = markup(passes.names[step.node])
    if step.node == len(passes.nodes) - 1:
        return f"<p>The walk begins here, with {name} = {total}.</p>"
    if not step.complete:
        so_far = number(0.0 if step.adjoint is None else step.adjoint)
        if not passes.forward[step.node].sends:
            return (
                f"<p>{node} has nothing to pass on to, so it may be visited at any time. The sum "
                f"is {so_far} so far, and what arrives later is still added.</p>"
            )
        return (
            f'<p class="wrong">Too early: something that uses {node} has not been visited yet. The '
            f"sum is {so_far} so far, and what arrives later is not passed on.</p>"
        )
    if step.adjoint is None:
        return f"<p>Nothing has arrived at {node}, so nothing is passed on: {name} = 0.</p>"
    if step.node in passes.wrong:
        right = number(passes.right[step.node])
        said = f'<p class="wrong">{name} = {total}, and should be {right}: what arrived was wrong.'
    else:
        said = f"<p>All that uses {node} has been visited, so {name} = {total} is complete."
    if not passes.forward[step.node].operands:
        said += f" {node} is a leaf: there is nothing to pass it on to."
    return f"{said}</p>"


def last_panel(passes: Steps) -> str:
    rows = []
    wrong = passes.wrong
    for i in reversed(range(len(passes.nodes))):
        if passes.forward[i].operands and i not in wrong:
            continue
        right = f"{number(passes.right[i])} would be right" if i in wrong else ""
        kind = "wrong" if i in wrong else ""
        rows.append(
            row(derivative(passes, i, NARROW), f"<b>{number(passes.sums[i])}</b>", right, kind=kind)
        )
    return (
        "<p>The gradients of the leaves: what <code>backward</code> adds to their .grad.</p>"
        if not wrong
        else '<p class="wrong">What this order comes to:</p>'
    ) + table(["", "gradient", ""], rows)


def tape(view: View) -> str:
    """In place of a picture: the nodes as a table, with the numbers that are known."""
    passes, frame = view.passes, view.frame
    rows = [
        row(
            markup(abbreviated(passes.names[step.node])),
            markup(passes.expression(step)),
            number(step.data) if step.node in frame.data else "",
            number(frame.sums[step.node]) if step.node in frame.sums else "",
            kind=frame.marks.get(f"n{step.node}", ""),
        )
        for step in passes.forward
    ]
    result = markup(f"∂{abbreviated(passes.names[-1])}/∂")
    return table(["node", "", "number", result], rows).replace("<table>", '<table class="tape">')


def verdict(passes: Steps) -> str:
    """What the naive order did, in words."""
    names, wrong = passes.names, passes.wrong
    early = [
        step for step in passes.backward if not step.complete and passes.forward[step.node].sends
    ]
    if early and not wrong:
        return (
            f"On this graph the naive order comes out right by luck: {names[early[0].node]} was "
            f"visited too early, but what arrived afterwards made no difference."
        )
    if not wrong:
        return (
            "On this graph the naive order comes out right: no node passed on its sum before all "
            "of it had arrived. It goes wrong where a node is used on two levels, as h is in "
            "h + h * h, if something was computed before h."
        )
    visits = [
        f"{names[step.node]} was visited too early: it passed on {shown(step.adjoint or 0.0)}, and "
        f"{shown(passes.sums[step.node] - (step.adjoint or 0.0))} arrived afterwards."
        for step in early[:NAMED]
    ]
    ends = [
        f"{names[i]} ends up with {shown(passes.sums[i])} in place of {shown(passes.right[i])}"
        for i in wrong[:NAMED]
    ]
    others = len(wrong) - NAMED
    more = f", and {others} more {'is' if others == 1 else 'are'} wrong" if others > 0 else ""
    return f"{' '.join(visits)} So {', '.join(ends)}{more}."
