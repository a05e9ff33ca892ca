"""Neural networks built on `autograd`."""
