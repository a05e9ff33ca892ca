"""A picture of what a run has printed: a bar for each ratio, a line for each engine that scales.

`python -m benchmarks --plot FILE.svg` draws the run that it ends. A run that was saved is drawn by
`python -m benchmarks.picture RUN.txt FILE.svg`; the same text makes the same file.
"""

from __future__ import annotations

import argparse
import io
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.engines import OURS, TORCH_SCALARS
from benchmarks.figures import Printed, printed
from benchmarks.peers import MICROGPT, MICROGRAD, XAD
from benchmarks.timing import OFF, ON

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
SETTINGS = {
    "svg.fonttype": "none",  # letters stay letters: a small file, to be searched
    "svg.hashsalt": "benchmarks",
    "font.family": "sans-serif",
    "font.size": 9.0,
    "axes.titlesize": 9.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    **dict.fromkeys(
        ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"), INK
    ),
}
WIDTH, BAR, PANEL, CAPTION = 9.0, 0.17, 2.9, 0.9  # inches
NOTE = "dark: the garbage collector on, as Python comes; light: off; thin line: from min to max"

Bars = dict[str, dict[str, str]]  # of one competitor: a row for each setting of the collector


def draw(text: str, file: Path) -> None:
    """Write the picture of a run's text."""
    if file.suffix != ".svg":
        raise ValueError(f"expected a file that ends in .svg, for text in it, got {str(file)!r}")
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError:
        raise ImportError("plots need matplotlib: pip install 'pencilgrad[viz]'") from None
    tables = printed(text)
    contests = {table.title.rstrip(","): bars for table in tables if (bars := compared(table))}
    panels = [table for table in tables if len(nodes(table)) > 1 and "engine" in table.rows[0]]
    split = [(title, table, setting) for table in panels for title, setting in views(table)]
    heights = [BAR * (3 + lines_of(contests))] * bool(contests)
    heights += [PANEL] * ((len(split) + 1) // 2)
    if not heights:
        raise ValueError("expected the text of a run, with tables of ratios, got none in it")
    with matplotlib.rc_context(SETTINGS):
        figure = Figure(figsize=(WIDTH, sum(heights) + CAPTION), layout="constrained")
        figure.get_layout_engine().set(hspace=0.04)  # type: ignore[union-attr]
        grid = figure.add_gridspec(len(heights), 2, height_ratios=heights)
        if contests:
            draw_bars(figure.add_subplot(grid[0, :]), contests)
        for i, (title, table, setting) in enumerate(split):
            ax = figure.add_subplot(grid[bool(contests) + i // 2, i % 2])
            draw_lines(ax, title, [row for row in table.rows if row.get("collector") == setting])
        figure.supxlabel(text.partition("\n\n")[0].strip(), fontsize=7.5, color=GREY)
        stream = io.StringIO()
        figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None})
    start, tag, rest = stream.getvalue().replace(INK, "currentColor").partition("<defs>")
    file.write_text(start + STYLE + tag + rest)


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
        for name, bars in group.items():
            names[name, y] = y + len(bars) / 2.0
            for setting, row in bars.items():
                draw_bar(ax, y + 0.5, row, 1.0 if setting == ON else 0.5)
                y += 1.0
            y += 0.5
    ax.axvline(1.0, color=INK, linewidth=0.8)
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
        fontsize=7.5,
    )


def nodes(table: Printed) -> dict[str, int]:
    """The columns of a table that are for graphs of some size, and the size."""
    columns = table.rows[0] if table.rows else {}
    ends = " nodes"
    return {c: int(c.removesuffix(ends).replace(",", "")) for c in columns if c.endswith(ends)}


def views(table: Printed) -> list[tuple[str, str | None]]:
    """The titles of the panels of a table, one for each setting of the collector."""
    if "collector" not in table.rows[0]:
        return [(table.title, None)]
    return [(f"{table.title}; collector {setting}", setting) for setting in (ON, OFF)]


def draw_lines(ax: Any, title: str, rows: Sequence[Mapping[str, str]]) -> None:
    """What a node costs in larger and larger graphs, a line for each engine."""
    for row in rows:
        sizes = nodes(Printed(title, [dict(row)]))
        colour, marker = LOOKS[row["engine"]]
        costs = [float(row[column]) for column in sizes]
        style = {"color": colour, "marker": marker, "markersize": 4.5, "linewidth": 1.5}
        ax.plot(list(sizes.values()), costs, label=row["engine"], **style)
        ax.annotate(
            row["engine"],
            (max(sizes.values()), costs[-1]),
            xytext=(6.0, 0.0),
            textcoords="offset points",
            va="center",
            color=colour,
            fontsize=8.0,
            annotation_clip=False,
        )
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.yaxis.set_major_formatter(lambda y, _: f"{y:,.0f}")
    ax.xaxis.set_major_formatter(lambda x, _: f"{x:,.0f}")
    subject, _, rest = title.partition(": ")
    what, _, unit = rest.partition("; ")
    ax.set_title(f"{subject}: {what}" + (f"\n{unit}" if unit else ""), loc="left")
    ax.set_xlabel("nodes of the graph")
    ax.grid(axis="y", color=GREY, alpha=0.3, linewidth=0.6)


def main() -> None:
    """Draw a run that was saved."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.picture")
    parser.add_argument("run", type=Path, help="a file with what `python -m benchmarks` printed")
    parser.add_argument("file", type=Path, help="the picture, .svg")
    arguments = parser.parse_args()
    draw(arguments.run.read_text(), arguments.file)


if __name__ == "__main__":
    main()
