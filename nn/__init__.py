"""Neural networks built on `autograd`."""

from nn.layers import MLP as MLP, Layer as Layer, Neuron as Neuron, Sequential as Sequential
from nn.module import Module as Module

__all__ = ["MLP", "Layer", "Module", "Neuron", "Sequential"]
