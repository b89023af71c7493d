"""The primitive layers that operations are made of: the vocabulary every lowering understands.

Sizes are exact and follow from the fields alone. A multiply-accumulate counts once (1 MAC).
"""

from dataclasses import dataclass
from typing import Literal

Activation = Literal["relu6", "relu", "none"]


@dataclass(frozen=True)
class BatchNorm:
    """Constants of a batch normalisation; folded away on export, so never part of a table key."""

    momentum: float = 0.1
    epsilon: float = 1e-3


@dataclass(frozen=True)
class ConvLayer:
    """A convolution without bias, batch norm and activation, padded symmetrically by kernel // 2.

    ``resolution`` is the side of the square input map in pixels; ``groups`` equals
    ``in_channels`` for a depthwise convolution and 1 otherwise.
    """

    in_channels: int
    out_channels: int
    kernel: int
    stride: int
    groups: int
    resolution: int
    activation: Activation
    norm: BatchNorm

    @property
    def output_resolution(self) -> int:
        """Side of the square output map in pixels."""
        return (self.resolution - 1) // self.stride + 1

    @property
    def weight_shape(self) -> tuple[int, int, int, int]:
        """Shape of the kernel: (out, in / groups, kernel, kernel)."""
        return (self.out_channels, self.in_channels // self.groups, self.kernel, self.kernel)

    @property
    def parameters(self) -> int:
        """Learnable numbers: the kernel, and scale and shift of the batch norm."""
        out, inner, height, width = self.weight_shape
        return out * inner * height * width + 2 * out

    @property
    def macs(self) -> int:
        """Multiply-accumulates for one image."""
        out, inner, height, width = self.weight_shape
        return out * inner * height * width * self.output_resolution**2


@dataclass(frozen=True)
class PoolLayer:
    """Global average pooling from (channels, resolution, resolution) to (channels,)."""

    channels: int
    resolution: int
    parameters: int = 0
    macs: int = 0
    output_resolution: int = 1


@dataclass(frozen=True)
class LinearLayer:
    """A fully connected layer with bias."""

    in_features: int
    out_features: int
    output_resolution: int = 1

    @property
    def parameters(self) -> int:
        """Weights and biases."""
        return (self.in_features + 1) * self.out_features

    @property
    def macs(self) -> int:
        """Multiply-accumulates for one image."""
        return self.in_features * self.out_features


Layer = ConvLayer | PoolLayer | LinearLayer
