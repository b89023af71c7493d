"""A searched block of a space, for which an operation class offers candidates."""

from dataclasses import dataclass

from ..dimensions import Channels, Side, Stride
from ..fields import check_fields
from ..layer import Activation, BatchNorm, Shape


@dataclass(frozen=True)
class Place:
    """A searched block of a space: its input, its output, and the settings of the space.

    ``skip`` is whether candidates have a residual connection; input and output then have the same
    shape. ``resolution`` is the side of the input in pixels.
    """

    in_channels: Channels
    out_channels: Channels
    stride: Stride
    resolution: Side
    skip: bool
    activation: Activation
    norm: BatchNorm

    def __post_init__(self) -> None:
        check_fields(self)

    @property
    def input_shape(self) -> Shape:
        """(channels, height, width) of the input."""
        return (self.in_channels, self.resolution, self.resolution)

    @property
    def output_shape(self) -> Shape:
        """(channels, height, width) of every candidate's output."""
        side = (self.resolution - 1) // self.stride + 1
        return (self.out_channels, side, side)
