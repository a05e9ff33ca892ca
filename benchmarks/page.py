"""docs/speed.md: where the output of a whole run is kept, with its picture beside it."""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "speed.md"
PICTURE = DOCS / "benchmarks.svg"
PLACE = re.compile("(<!-- figures: start -->\n).*(<!-- figures: end -->\n)", re.DOTALL)


def ready() -> None:
    """An error if the page has not one place for the figures: better before a run than after it."""
    count = len(PLACE.findall(PAGE.read_text(encoding="utf-8")))
    if count != 1:
        raise ValueError(f"{PAGE.name} must have one place for the figures, and has {count}")


def write(report: str) -> None:
    """Put what a run has printed between the marks of the page, without the slower forms."""
    lines = [x for x in report.splitlines() if not x.startswith("  slower forms")]
    block = "```text\n" + "\n".join(lines).strip() + "\n```\n"
    ready()
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(PLACE.sub(lambda marks: marks[1] + block + marks[2], text), encoding="utf-8")
