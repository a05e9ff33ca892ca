"""The engine, to be read in this order: record, graph, operation, ops, value.

`compiled` says whether its twin in C, _core.c, runs in its place: see autograd/exchange.py.
"""

from autograd.exchange import compiled as compiled
