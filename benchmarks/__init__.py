"""How fast and how small the engine is beside its peers, `python -m benchmarks`; and how right.

The latter is `python -m benchmarks.proof`, and docs/proof.md says what it prints.
"""
