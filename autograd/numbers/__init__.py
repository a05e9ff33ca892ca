"""Floats: what counts as a real number, the C library with IEEE's edges, special functions."""
