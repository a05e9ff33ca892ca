"""What a terminal can show, and how classes are told apart on it."""

from __future__ import annotations

import os
import shutil
from typing import NamedTuple, TextIO


class Look(NamedTuple):
    """How the points and the region of a class are drawn."""

    mark: str
    texture: str
    ascii_mark: str
    ascii_texture: str
    ink: int  # the colour of points
    tints: tuple[int, int, int, int]  # of regions: the surer the model, the fuller

    def signs(self, unicode: bool) -> tuple[str, str]:
        """The mark of a point and the texture of the region."""
        return (self.mark, self.texture) if unicode else (self.ascii_mark, self.ascii_texture)


# Orange and blue first, which the colour-blind can tell apart; points are darker than any region.
LOOKS = (
    Look("○", " ", "o", " ", 88, (230, 223, 222, 215)),
    Look("●", "░", "x", ".", 18, (195, 153, 117, 111)),
    Look("▲", "▒", "+", ":", 22, (194, 157, 120, 114)),
    Look("□", "·", "#", "-", 53, (225, 219, 183, 177)),
    Look("■", "-", "@", "'", 58, (187, 186, 185, 184)),
    Look("+", ":", "*", "=", 16, (255, 252, 249, 246)),
)
OFF = "\x1b[0m"
BLANK = "\u2800"  # the one without dots
# Parts of what terminals with 256 colours call themselves in TERM. The last ones say it in
# COLORTERM too, but that does not reach the machine at the other end of an ssh.
RICH = ("256color", "truecolor", "direct", "kitty", "alacritty", "ghostty", "foot", "wezterm")
NARROWEST, WIDEST = 24, 64  # of pictures that are to fit a terminal


def colour_wanted(stream: TextIO) -> bool:
    """Whether to write colours to a stream: to a terminal that has 256, unless somebody objects.

    What a terminal has it says in the environment variables TERM and COLORTERM, or WT_SESSION on
    Windows; one that shows fewer colours would make every region of a map the same, or blink.
    NO_COLOR switches them off everywhere, and FORCE_COLOR on.

    >>> import io
    >>> colour_wanted(io.StringIO()) and "FORCE_COLOR" not in os.environ
    False
    """
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and has_256_colours()


def has_256_colours() -> bool:
    """Whether the terminal says, in the environment, that it has 256 colours or more."""
    term = os.environ.get("TERM", "")
    if term == "dumb" or term.startswith("vt"):  # COLORTERM may be left over from outside of it
        return False
    if os.environ.get("COLORTERM") or os.environ.get("WT_SESSION"):
        return True
    return any(name in term for name in RICH)


def width_for(stream: TextIO) -> int:
    """How wide a picture is to be: 64 characters, or fewer where a terminal has no room for them.

    >>> import io
    >>> width_for(io.StringIO())
    64
    """
    if not stream.isatty():
        return WIDEST
    return max(NARROWEST, min(WIDEST, shutil.get_terminal_size().columns))


def unicode_wanted(stream: TextIO) -> bool:
    """Whether the encoding of a stream has the characters of these pictures.

    >>> import io
    >>> unicode_wanted(io.TextIOWrapper(io.BytesIO(), "utf-8"))
    True
    >>> unicode_wanted(io.TextIOWrapper(io.BytesIO(), "latin-1"))
    False
    """
    used = "┌▀" + BLANK + "".join(look.mark + look.texture for look in LOOKS)
    try:
        used.encode(stream.encoding or "utf-8")  # a stream without encoding takes all text
    except UnicodeEncodeError:
        return False
    return True
