"""A picture of what a run has printed: a bar for each ratio, a line for each engine that scales.

`python -m benchmarks --plot FILE.svg` draws the run that it ends. A run that was saved is drawn by
`python -m benchmarks.picture RUN.txt FILE.svg`; the same text makes the same file.
"""

from __future__ import annotations

import argparse
import io
from collections import defaultdict
from importlib.util import find_spec
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.engines import OURS, TORCH_SCALARS
from benchmarks.figures import Printed, printed
from benchmarks.peers import MICROGPT, MICROGRAD, XAD
from benchmarks.timing import ON

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# Tones that can be read on white and on black, and told apart by the colour-blind.
WON, LOST, GREY = "#3b82d6", "#d9762b", "#8a8f98"
LOOKS = {
    OURS: (WON, "o"),
    MICROGPT: ("#2fa36b", "s"),
    MICROGRAD: ("#b07cd8", "D"),
    XAD: (LOST, "^"),
    TORCH_SCALARS: ("#d6546b", "v"),
}
INK = "#010203"  # stands for the reader's colour of text until the file is written
STYLE = """<style>
svg { color: #1f2328 } @media (prefers-color-scheme: dark) { svg { color: #e6edf3 } }
</style>
"""
SETTINGS: dict[Any, Any] = {
    "svg.fonttype": "none",  # letters stay letters: a small file, to be searched
    "svg.hashsalt": "benchmarks",
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "axes.titlesize": 9.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    **dict.fromkeys(
        ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"), INK
    ),
}
WIDTH, BAR, PANEL = 9.0, 0.15, 2.9  # inches; a bar is as high as a line of small letters
SMALL = 7.5
NOTE = "full: the garbage collector on, as Python comes; pale: off; thin line: from min to max"

NODES = " nodes"  # the end of the heading of a column that is for graphs of one size

Bars = dict[str, dict[str, str]]  # of one competitor: a row for each setting of the collector


class Panel(NamedTuple):
    """The costs of a node, by engine and by the size of the graph."""

    title: str
    unit: str
    lines: Mapping[str, Mapping[int, float]]


def ready(file: Path) -> None:
    """Raise an error if `draw` could not write this file; ask before a long run, not after it."""
    if file.suffix != ".svg":
        raise ValueError(f"expected the name of a picture that ends in .svg, got {str(file)!r}")
    if not file.parent.is_dir():
        raise ValueError(f"expected a picture in a folder that is there, got {str(file)!r}")
    if find_spec("matplotlib") is None:
        raise ImportError("plots need matplotlib: pip install 'pencilgrad[viz]'")


def draw(text: str, file: Path) -> None:
    """Write the picture of a run's text."""
    ready(file)
    import matplotlib
    from matplotlib.figure import Figure

    tables = printed(text)
    contests = {table.title.rstrip(","): bars for table in tables if (bars := compared(table))}
    panels = [panel for table in tables for panel in panels_of(table)]
    if not contests:
        raise ValueError("expected the text of a run, with tables of ratios, got none in it")
    rows = (len(panels) + 1) // 2
    caption = caption_of(text)
    heights = [BAR * (lines_of(contests) + 4.0), *([PANEL * rows] if panels else [])]
    heights.append(BAR * (len(caption) + 1.0))
    with matplotlib.rc_context(SETTINGS):
        figure = Figure(figsize=(WIDTH, sum(heights)), layout="constrained")
        parts: Any = figure.subfigures(len(heights), 1, height_ratios=heights)
        draw_bars(parts[0].subplots(), contests)
        if panels:
            draw_panels(parts[1].subplots(rows, 2, squeeze=False).flat, panels)
        parts[-1].text(0.01, 1.0, "\n".join(caption), va="top", fontsize=SMALL, alpha=0.75)
        stream = io.StringIO()
        figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None})
    start, tag, rest = stream.getvalue().replace(INK, "currentColor").partition("<defs>")
    file.write_text(start + STYLE + tag + rest)


def caption_of(text: str) -> list[str]:
    """The lines that say what a run was measured on, and all that say what it left out."""
    header, _, body = text.partition("\n\n")
    notes = [line.strip() for line in body.splitlines() if line.startswith("  left out: ")]
    return [*header.strip().splitlines(), *dict.fromkeys(notes)]


def compared(table: Printed) -> dict[str, Bars]:
    """The rows of a table of ratios: for each competitor, those under each setting."""
    contests: dict[str, Bars] = defaultdict(dict)
    for row in table.rows:
        if "times as fast as" in row and "measured" in row:
            name = ", ".join(row[c] for c in ("function", "times as fast as") if c in row)
            contests[name][row.get("collector", ON)] = row
    return contests


def lines_of(contests: Mapping[str, Mapping[str, Bars]]) -> float:
    """How high the bars stand, in bars."""
    return sum(1.6 + sum(len(bars) + 0.5 for bars in group.values()) for group in contests.values())


def draw_bars(ax: Any, contests: Mapping[str, Mapping[str, Bars]]) -> None:
    """Bars from 1 to the right where we are faster, and to the left where we are slower."""
    y, names = 0.0, {}
    for title, group in contests.items():
        y += 1.1
        ax.text(0.0, y, title, weight="bold", va="center", transform=ax.get_yaxis_transform())
        y += 0.5
        top = y
        for name, bars in group.items():
            names[name, y] = y + len(bars) / 2.0
            for setting, row in bars.items():
                draw_bar(ax, y + 0.5, row, 1.0 if setting == ON else 0.5)
                y += 1.0
            y += 0.5
        ax.plot([1.0, 1.0], [top, y], color=INK, linewidth=0.8)
    ax.set_xscale("log")
    ax.set_ylim(y, 0.0)
    left, right = ax.get_xlim()
    ax.set_xlim(left / 2.0, right * 2.0)
    ax.xaxis.set_major_formatter(lambda x, _: f"{x:g}")
    ax.set_yticks(list(names.values()), [name for name, _ in names])
    ax.tick_params(axis="y", length=0.0)
    ax.spines["left"].set_visible(False)
    ax.set_xlabel(f"ours is so many times as fast; left of 1 it is slower\n{NOTE}")


def draw_bar(ax: Any, y: float, row: Mapping[str, str], alpha: float) -> None:
    """One bar, the range of its ratio, and the ratio in digits."""
    measured = float(row["measured"])
    low, high = map(float, row["min - max"].split(" - "))
    won = measured >= 1.0
    colour = WON if won else LOST
    ax.barh(y, measured - 1.0, left=1.0, height=0.85, color=colour, alpha=alpha)
    ax.plot([low, high], [y, y], color=INK, linewidth=0.7)
    place, align = (max(high, measured), "left") if won else (min(low, measured), "right")
    ax.annotate(
        row["measured"],
        (place, y),
        xytext=(3.0 if won else -3.0, 0.0),
        textcoords="offset points",
        ha=align,
        va="center",
        fontsize=SMALL,
    )


def panels_of(table: Printed) -> list[Panel]:
    """What a table of costs a node shows, apart for each setting of the collector."""
    if not table.rows or "engine" not in table.rows[0]:
        return []
    found: dict[str, dict[str, dict[int, float]]] = defaultdict(dict)
    for row in table.rows:
        costs = {
            int(column.removesuffix(NODES).replace(",", "")): float(cell)
            for column, cell in row.items()
            if column.endswith(NODES)
        }
        if costs:
            setting = f", collector {row['collector']}" if "collector" in row else ""
            found[setting][row["engine"]] = costs
    subject, _, unit = table.title.removeprefix("scaling, ").partition(": ")
    return [Panel(subject + setting, unit, lines) for setting, lines in found.items()]


def draw_panels(axes: Iterable[Any], panels: Sequence[Panel]) -> None:
    """What a node costs in larger and larger graphs; panels of one unit have one scale."""
    shared: dict[str, list[float]] = defaultdict(list)
    for panel in panels:
        shared[panel.unit] += [cost for line in panel.lines.values() for cost in line.values()]
    for ax, panel in zip_longest(axes, panels):
        if panel is None:
            ax.set_axis_off()
        else:
            costs = shared[panel.unit]
            draw_lines(ax, panel, (min(costs) / 1.5, max(costs) * 1.5))


def draw_lines(ax: Any, panel: Panel, limits: tuple[float, float]) -> None:
    """A line for each engine, with its name where it ends."""
    least = (limits[1] / limits[0]) ** 0.07  # the ratio of two heights whose names do not touch
    height = 0.0
    for name, line in sorted(panel.lines.items(), key=lambda item: [*item[1].values()][-1]):
        colour, marker = LOOKS[name]
        sizes, costs = list(line), list(line.values())
        ax.plot(sizes, costs, color=colour, marker=marker, markersize=4.5, linewidth=1.5)
        height = max(height * least, costs[-1])
        ax.text(sizes[-1] * 1.4, height, name, va="center", color=colour, fontsize=8.0)
    ax.set(xscale="log", yscale="log", ylim=limits, xlabel="nodes of the graph", ylabel=panel.unit)
    ax.yaxis.label.set_fontsize(SMALL)
    ax.set_title(panel.title, loc="left")
    ax.set_xlim(min(sizes) / 1.5, max(sizes) * 40.0)
    ax.set_xticks(sizes, [f"{size:,}" for size in sizes])
    ax.yaxis.set_major_formatter(lambda y, _: f"{y:,.0f}")
    ax.yaxis.set_minor_formatter(lambda _, __: "")
    ax.xaxis.set_minor_locator(ax.xaxis.get_major_locator())
    ax.grid(axis="y", color=GREY, alpha=0.3, linewidth=0.6)


def main() -> None:
    """Draw a run that was saved."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.picture")
    parser.add_argument("run", type=Path, help="a file with what `python -m benchmarks` printed")
    parser.add_argument("file", type=Path, help="the picture, .svg")
    arguments = parser.parse_args()
    try:
        draw(arguments.run.read_text(encoding="utf-8"), arguments.file)
    except (OSError, ValueError, ImportError) as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
