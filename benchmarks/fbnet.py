"""FBNet's search space on CIFAR-100, as HW-NAS-Bench builds it: 22 places, nine choices at each.

Sources: Wu et al., FBNet (2019), tables 1 and 2, for widths, depths and choices; Li et al.,
HW-NAS-Bench (2021), for the version measured here: 32 x 32 images, no stride before the third
stage, and a 1 x 1 convolution where skipping would change the shape. HELP's measurements agree:
non-negative prices of :func:`latency.describe` explain 96 % of raspi4's variance on this version,
and 85 % on that for ImageNet at 224 x 224.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from search_spaces.layer import Activation, BatchNorm, ConvLayer

CHOICES = ((3, 1, 1), (3, 1, 2), (3, 3, 1), (3, 6, 1), (5, 1, 1), (5, 1, 2), (5, 3, 1), (5, 6, 1))
"""(kernel, expansion, groups) of each choice; the one that comes after them skips the place."""
STAGES = (
    (16, 1, 1),
    (24, 4, 1),
    (32, 4, 2),
    (64, 4, 2),
    (112, 4, 1),
    (184, 4, 2),
    (352, 1, 1),
)
"""(channels, blocks, stride of the first)."""
STEM_CHANNELS = 16
RESOLUTION = 32


@dataclass(frozen=True)
class Block:
    """What one choice builds at one place; nothing at all where it skips and keeps the shape."""

    layers: tuple[ConvLayer, ...]
    residual: bool = False


@dataclass(frozen=True)
class Place:
    """Where a choice is made."""

    in_channels: int
    out_channels: int
    stride: int
    resolution: int

    @property
    def candidates(self) -> tuple[Block, ...]:
        """What each of the nine choices builds."""
        return (*(self._bottleneck(*choice) for choice in CHOICES), self._skip())

    @property
    def _keeps_shape(self) -> bool:
        return self.stride == 1 and self.in_channels == self.out_channels

    def _bottleneck(self, kernel: int, expansion: int, groups: int) -> Block:
        middle = self.in_channels * expansion
        expand = _convolution(self.in_channels, middle, 1, 1, groups, self.resolution)
        depthwise = _convolution(middle, middle, kernel, self.stride, middle, self.resolution)
        side = depthwise.output_resolution
        project = _convolution(middle, self.out_channels, 1, 1, groups, side, "none")
        return Block((expand, depthwise, project), self._keeps_shape)

    def _skip(self) -> Block:
        if self._keeps_shape:
            return Block(())
        channels = (self.in_channels, self.out_channels)
        return Block((_convolution(*channels, 1, self.stride, 1, self.resolution),))


def places() -> Iterator[Place]:
    """Yield the 22 places, from the first on."""
    channels, resolution = STEM_CHANNELS, RESOLUTION
    for out_channels, blocks, first_stride in STAGES:
        for block in range(blocks):
            stride = first_stride if block == 0 else 1
            yield Place(channels, out_channels, stride, resolution)
            channels, resolution = out_channels, resolution // stride


def _convolution(
    in_channels: int,
    out_channels: int,
    kernel: int,
    stride: int,
    groups: int,
    resolution: int,
    activation: Activation = "relu",
) -> ConvLayer:
    return ConvLayer(
        in_channels, out_channels, kernel, stride, groups, resolution, activation, BatchNorm()
    )
