"""Where candidates are wanted: what a space asks an operation's class for."""

from dataclasses import dataclass

from ..layer import Activation, BatchNorm
from .base import Shape


@dataclass(frozen=True)
class Place:
    """A searched block of a space: what comes in, what must come out, and what the space says.

    ``skip`` is whether the candidates add their input to their output, which has its shape then;
    ``resolution`` is the side of the input in pixels.
    """

    in_channels: int
    out_channels: int
    stride: int
    resolution: int
    skip: bool
    activation: Activation
    norm: BatchNorm

    @property
    def input_shape(self) -> Shape:
        """(channels, height, width) of what comes in."""
        return (self.in_channels, self.resolution, self.resolution)

    @property
    def output_shape(self) -> Shape:
        """(channels, height, width) that every candidate must put out."""
        side = (self.resolution - 1) // self.stride + 1
        return (self.out_channels, side, side)
