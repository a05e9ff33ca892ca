"""How fast and how small the engine is beside its peers: `python -m benchmarks`."""
