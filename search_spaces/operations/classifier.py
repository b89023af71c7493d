"""Global average pooling and a linear layer: how a network ends."""

from dataclasses import dataclass
from typing import Literal

from ..layer import Layer, LinearLayer, PoolLayer
from .base import Operation, Shape
from .style import Style


@dataclass(frozen=True)
class Classifier(Operation):
    """Global average pooling and a linear layer: feature map in, logits out."""

    in_channels: int
    classes: int
    resolution: int
    kind: Literal["classifier"] = "classifier"

    @property
    def layers(self) -> tuple[Layer, ...]:
        """Pooling, linear."""
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
        """Everything that changes the time of this operation, in one string."""
        return f"classifier-i{self.in_channels}-o{self.classes}-r{self.resolution}"

    @property
    def label(self) -> str:
        """A name for pictures and tables."""
        return "Classifier"

    @property
    def style(self) -> Style:
        """Grey: every network has it."""
        return Style("classifier", lines=("Pool", "FC"))
