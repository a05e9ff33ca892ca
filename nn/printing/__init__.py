"""How modules and results are shown: as the calls that make them, and as tables."""
