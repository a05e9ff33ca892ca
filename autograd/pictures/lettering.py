"""How numbers and names are written in a picture: short, printable, and how wide they come out."""

from __future__ import annotations

from math import log10
from typing import TYPE_CHECKING
from unicodedata import combining, east_asian_width

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST = 28  # characters of a name in a box; the whole of it is in the tooltip
NARROW = 18  # characters of a name where many stand beside one another, as in a player
UNCOUNTABLE = 10**15  # from here on, a number of things is told by its first digits

# Numbers ----------------------------------------------------------------------------------------


def short(x: float) -> str:
    """The number with four significant digits, and whole numbers below a million in full.

    >>> short(2 / 3), short(-12.0), short(123456.7), short(1.5e-7), short(float("nan"))
    ('0.6667', '-12', '123457', '1.5e-7', 'nan')
    """
    if 1e4 <= abs(x) < 999999.5:
        return f"{x:.0f}"
    mantissa, e, exponent = f"{x:.4g}".partition("e")
    return f"{mantissa}e{int(exponent)}" if e else mantissa


def shown(x: float) -> str:
    """The number with six digits, for tables and formulas.

    >>> shown(2 / 3), shown(-12.0)
    ('0.666667', '-12')
    """
    return f"{x:.6g}"


def span(low: float, high: float) -> str:
    """A range of numbers, or the number if it is but one.

    >>> span(0.0, 2 / 3), span(2.0, 2.0)
    ('0 … 0.6667', '2')
    """
    return short(low) if low == high or low != low else f"{short(low)} … {short(high)}"


def along(partial: float | None, off: bool) -> str:
    """What is written on an arrow: the local derivative; of a constant, which has none, nothing.

    >>> along(2 / 3, False), along(None, True), along(None, False)
    ('0.6667', 'off', '')
    """
    if partial is not None:
        return short(partial)
    return "off" if off else ""


def counted(number: int, what: str) -> str:
    """So many of them in words; the number may have thousands of digits.

    >>> counted(1, "path"), counted(2000, "path"), counted(3 * 10**20, "path")
    ('1 path', '2,000 paths', 'about 3e20 paths')
    """
    if number < UNCOUNTABLE:
        return f"{number:,} {what}{'' if number == 1 else 's'}"
    exponent, mantissa = int(log10(number)), 10.0 ** (log10(number) % 1.0)
    return f"about {int(mantissa)}e{exponent} {what}s"


# Names and other text ---------------------------------------------------------------------------


def printable(name: str, longest: int | None = None) -> str:
    """The name on one line, with a mark for each character that cannot be shown.

    >>> printable("two\\nlines"), printable("x" * 20, longest=8)
    ('two\ufffdlines', 'xxxxxxx…')
    """
    name = "".join([c if c.isprintable() else "\ufffd" for c in name])
    return name if longest is None or len(name) <= longest else name[: longest - 1] + "…"


def abbreviated(name: str, longest: int = NARROW) -> str:
    """The end of a name that is too long: it tells layers.0.w.1 from layers.0.w.2.

    >>> abbreviated("layers.0.neurons.3.w.1", longest=8)
    '…s.3.w.1'
    """
    return name if len(name) <= longest else f"…{name[1 - longest :]}"


def elided(parts: Sequence[str], most: int, gap: str = "…") -> list[str]:
    """The first and the last of them, where there are more than `most`; the gap may tell how many.

    >>> elided("abcdef", 4), elided("abcdef", 5, "… {} more …")
    (['a', 'b', '…', 'e', 'f'], ['a', 'b', '… 2 more …', 'e', 'f'])
    """
    ends = most // 2
    if len(parts) <= most:
        return list(parts)
    return [*parts[:ends], gap.format(f"{len(parts) - 2 * ends:,}"), *parts[-ends:]]


def columns(text: str) -> int:
    """How many columns of a monospaced face the text takes: wide characters take two.

    >>> columns("data"), columns("数"), columns("e\u0301")
    (4, 2, 1)
    """
    return sum([(east_asian_width(c) in "WF") + (not combining(c)) for c in text])


def markup(text: str) -> str:
    """The text as it stands in HTML and XML; Python's own `html` is slow to import.

    >>> markup("a < b & c")
    'a &lt; b &amp; c'
    """
    for character, entity in ("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"):
        text = text.replace(character, entity)
    return text
