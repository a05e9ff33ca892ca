"""The engine, to be read in this order: record, graph, operation, ops, value."""
