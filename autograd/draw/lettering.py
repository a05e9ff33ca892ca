"""How numbers and names are written in a picture: short, printable, and how wide they come out."""

from __future__ import annotations

from unicodedata import combining, east_asian_width

LONGEST = 28  # characters of a name in a box; the whole of it is in the tooltip


def short(x: float) -> str:
    """The number with four significant digits, and whole numbers below a million in full.

    >>> short(2 / 3), short(-12.0), short(123456.7), short(1.5e-7), short(float("nan"))
    ('0.6667', '-12', '123457', '1.5e-7', 'nan')
    """
    if 1e4 <= abs(x) < 999999.5:
        return f"{x:.0f}"
    mantissa, e, exponent = f"{x:.4g}".partition("e")
    return f"{mantissa}e{int(exponent)}" if e else mantissa


def span(low: float, high: float) -> str:
    """A range of numbers, or the number if it is but one.

    >>> span(0.0, 2 / 3), span(2.0, 2.0)
    ('0 … 0.6667', '2')
    """
    return short(low) if low == high or low != low else f"{short(low)} … {short(high)}"


def printable(name: str, longest: int | None = None) -> str:
    """The name on one line, with a mark for each character that cannot be shown.

    >>> printable("two\\nlines"), printable("x" * 20, longest=8)
    ('two\ufffdlines', 'xxxxxxx…')
    """
    name = "".join([c if c.isprintable() else "\ufffd" for c in name])
    return name if longest is None or len(name) <= longest else name[: longest - 1] + "…"


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
