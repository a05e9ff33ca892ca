"""The engine, to be read in this order: record, graph, operation, ops, value.

`compiled` says whether its C twin, _core.c, runs in its place; see exchange.
"""

from autograd.core.exchange import compiled as compiled
