"""Graphs to look at: `draw` them, `play` the passes, ask `why` a gradient is what it is."""

from autograd.draw.drawing import draw as draw
from autograd.draw.picture import Picture as Picture
from autograd.draw.play import Player as Player, play as play
from autograd.draw.why import Why as Why, why as why
