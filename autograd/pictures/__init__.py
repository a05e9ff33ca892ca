"""Graphs to look at: `draw` them, `play` the passes, ask `why` a gradient is what it is."""

from autograd.pictures.drawing import draw as draw
from autograd.pictures.picture import Picture as Picture
from autograd.pictures.play import Player as Player, play as play
from autograd.pictures.why import Why as Why, why as why
