"""The zero operation, by which depth is searched."""

from dataclasses import dataclass
from typing import Literal

from ..dimensions import Channels, Side
from ..layer import Layer, Shape
from .base import Operation
from .style import Style


@dataclass(frozen=True)
class Zero(Operation):
    """The candidate that reduces a residual block to its identity, so that depth is searched."""

    channels: Channels
    resolution: Side
    kind: Literal["zero"] = "zero"

    @property
    def layers(self) -> tuple[Layer, ...]:
        """Empty: a zero block is dropped from the derived network."""
        return ()

    @property
    def free(self) -> bool:
        """Always true: it computes nothing."""
        return True

    @property
    def input_shape(self) -> Shape:
        """(channels, height, width)."""
        return (self.channels, self.resolution, self.resolution)

    @property
    def output_shape(self) -> Shape:
        """(channels, height, width), the same as the input's."""
        return self.input_shape

    @property
    def key(self) -> str:
        """A name for messages; latency tables have no entry for it."""
        return f"zero-c{self.channels}-r{self.resolution}"

    @property
    def label(self) -> str:
        """The name the literature uses."""
        return "zero"

    @property
    def style(self) -> Style:
        """A gap."""
        return Style.left_out("zero")
