"""Pictures made of characters, for a terminal or a text file: decision regions and loss curves.

They need nothing but a font: with `colour` they use the 256 colours of terminals, and without
`unicode` only ASCII.
"""

from nn.terminal.lines import chart as chart
from nn.terminal.regions import boundary as boundary

__all__ = ["boundary", "chart"]
