"""Global average pooling and a linear layer: the end of a network."""

from dataclasses import dataclass
from typing import Literal

from ..dimensions import Channels, Classes, Side
from ..layer import Layer, LinearLayer, PoolLayer, Shape
from .base import Operation
from .style import Style


@dataclass(frozen=True)
class Classifier(Operation):
    """Global average pooling and a linear layer: feature map in, logits out."""

    in_channels: Channels
    classes: Classes
    resolution: Side
    kind: Literal["classifier"] = "classifier"

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The pooling layer and the linear layer."""
        return (
            PoolLayer(self.in_channels, self.resolution),
            LinearLayer(self.in_channels, self.classes),
        )

    @property
    def input_shape(self) -> Shape:
        """(channels, height, width)."""
        return (self.in_channels, self.resolution, self.resolution)

    @property
    def output_shape(self) -> tuple[int]:
        """(classes,)."""
        return (self.classes,)

    @property
    def key(self) -> str:
        """All parameters that affect the latency of this operation, as one string."""
        return f"classifier-i{self.in_channels}-o{self.classes}-r{self.resolution}"

    @property
    def label(self) -> str:
        """The name in pictures and tables."""
        return "Classifier"

    @property
    def style(self) -> Style:
        """A grey box: a fixed part of every network."""
        return Style("classifier", lines=("Pool", "FC"))
