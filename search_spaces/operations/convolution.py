"""Convolution, batch norm, activation: the stem and the head of a network."""

from dataclasses import dataclass
from typing import Literal

from ..dimensions import Channels, Kernel, Side, Stride
from ..layer import DEFAULT_NORM, Activation, BatchNorm, ConvLayer, Layer
from .base import Spatial
from .style import Style
from .traits import Traits


@dataclass(frozen=True)
class Convolution(Spatial):
    """Convolution, batch norm, activation: the stem and the head of a network."""

    in_channels: Channels
    out_channels: Channels
    kernel: Kernel
    stride: Stride
    resolution: Side
    activation: Activation = "relu6"
    norm: BatchNorm = DEFAULT_NORM
    kind: Literal["convolution"] = "convolution"

    @property
    def layers(self) -> tuple[Layer, ...]:
        """One convolution layer."""
        return (
            ConvLayer(
                self.in_channels, self.out_channels, self.kernel, self.stride, 1,
                self.resolution, self.activation, self.norm,
            ),
        )  # fmt: skip

    @property
    def key(self) -> str:
        """All parameters that affect the latency of this operation, as one string."""
        return (
            f"conv-i{self.in_channels}-o{self.out_channels}"
            f"-k{self.kernel}-s{self.stride}-r{self.resolution}-{self.activation}"
        )

    @property
    def label(self) -> str:
        """The name the literature uses, such as ``Conv_3x3``."""
        return f"Conv_{self.kernel}x{self.kernel}"

    @property
    def style(self) -> Style:
        """A grey box: a fixed part of every network."""
        lines = ("Conv", f"{self.kernel}x{self.kernel}")
        return Style("convolution", size=self.kernel, lines=lines)

    @property
    def traits(self) -> Traits:
        """Stride and activation; its kernel is fixed, so it has no sizes."""
        return Traits({}, self.stride, self.activation)
