"""Models in files: what a model is made of and all its numbers, as JSON that people can read.

A file says "a Sequential of a Layer of 2 inputs ..." and never contains a program: reading one runs
nothing but the constructors of the classes of nn. Numbers come back bit by bit.
"""
