"""The primitive layers that operations are made of; every lowering supports exactly these.

Sizes are exact and computed from the fields. A multiply-accumulate counts once (1 MAC).
"""

from dataclasses import dataclass
from typing import Literal

from .dimensions import NormEpsilon, NormMomentum
from .fields import check_fields

Shape = tuple[int, int, int]
"""(channels, height, width) of one image's feature map."""

Activation = Literal["relu6", "relu", "none"]


@dataclass(frozen=True)
class BatchNorm:
    """Constants of a batch normalisation; not part of table keys, because export folds it."""

    momentum: NormMomentum = 0.1
    epsilon: NormEpsilon = 1e-3

    def __post_init__(self) -> None:
        check_fields(self)


DEFAULT_NORM = BatchNorm()


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
    def input_size(self) -> int:
        """Numbers in the input map."""
        return self.in_channels * self.resolution**2

    @property
    def output_size(self) -> int:
        """Numbers in the output map."""
        return self.out_channels * self.output_resolution**2

    @property
    def weight_shape(self) -> tuple[int, int, int, int]:
        """Shape of the kernel: (out, in / groups, kernel, kernel)."""
        return (self.out_channels, self.in_channels // self.groups, self.kernel, self.kernel)

    @property
    def kernel_size(self) -> int:
        """Numbers in the kernel."""
        out, inner, height, width = self.weight_shape
        return out * inner * height * width

    @property
    def biases(self) -> int:
        """Biases of the deployed layer: folding its batch norm creates one per output channel."""
        return self.out_channels

    @property
    def parameters(self) -> int:
        """Learnable numbers: the kernel, and scale and shift of the batch norm."""
        return self.kernel_size + 2 * self.out_channels

    @property
    def macs(self) -> int:
        """Multiply-accumulates for one image."""
        return self.kernel_size * self.output_resolution**2


@dataclass(frozen=True)
class PoolLayer:
    """Global average pooling from (channels, resolution, resolution) to (channels,)."""

    channels: int
    resolution: int
    parameters: int = 0
    macs: int = 0
    output_resolution: int = 1
    kernel_size: int = 0
    biases: int = 0

    @property
    def input_size(self) -> int:
        """Numbers in the input map."""
        return self.channels * self.resolution**2

    @property
    def output_size(self) -> int:
        """Numbers in the output."""
        return self.channels


@dataclass(frozen=True)
class LinearLayer:
    """A fully connected layer with bias."""

    in_features: int
    out_features: int
    output_resolution: int = 1

    @property
    def input_size(self) -> int:
        """Numbers in the input."""
        return self.in_features

    @property
    def output_size(self) -> int:
        """Numbers in the output."""
        return self.out_features

    @property
    def kernel_size(self) -> int:
        """Numbers in the weight matrix."""
        return self.in_features * self.out_features

    @property
    def biases(self) -> int:
        """Biases: one per output."""
        return self.out_features

    @property
    def parameters(self) -> int:
        """Weights and biases."""
        return self.kernel_size + self.biases

    @property
    def macs(self) -> int:
        """Multiply-accumulates for one image."""
        return self.kernel_size


Layer = ConvLayer | PoolLayer | LinearLayer
