"""Mobile inverted bottleneck: the block of MobileNetV2 and of ProxylessNAS's space."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Strict

from ..dimensions import Channels, Expansion, Kernel, Side, Stride
from ..layer import DEFAULT_NORM, Activation, BatchNorm, ConvLayer, Layer
from .base import Spatial
from .style import Style
from .traits import Traits


@dataclass(frozen=True)
class MBConv(Spatial):
    """Mobile inverted bottleneck: 1x1 expand, depthwise, 1x1 project (MobileNetV2).

    The expansion convolution is absent when ``expansion`` is 1. The input is added to the output
    when ``skip`` is set, which needs stride 1 and equal widths.
    """

    in_channels: Channels
    out_channels: Channels
    kernel: Kernel
    stride: Stride
    expansion: Expansion
    resolution: Side
    skip: Annotated[bool, Strict()]
    activation: Activation = "relu6"
    norm: BatchNorm = DEFAULT_NORM
    kind: Literal["mbconv"] = "mbconv"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.skip and (self.stride != 1 or self.in_channels != self.out_channels):
            raise ValueError(
                f"a residual needs stride 1 and equal widths, not stride {self.stride} "
                f"from {self.in_channels} to {self.out_channels} channels"
            )

    @property
    def layers(self) -> tuple[Layer, ...]:
        """Expand (unless ``expansion`` is 1), depthwise, project."""
        middle = self.in_channels * self.expansion
        depthwise = ConvLayer(
            middle, middle, self.kernel, self.stride, middle,
            self.resolution, self.activation, self.norm,
        )  # fmt: skip
        side = depthwise.output_resolution
        project = ConvLayer(middle, self.out_channels, 1, 1, 1, side, "none", self.norm)
        if self.expansion == 1:
            return (depthwise, project)
        expand = ConvLayer(
            self.in_channels, middle, 1, 1, 1, self.resolution, self.activation, self.norm
        )
        return (expand, depthwise, project)

    @property
    def residual(self) -> bool:
        """Whether the input is added to the output."""
        return self.skip

    @property
    def key(self) -> str:
        """All parameters that affect the latency of this operation, as one string."""
        skip = "-skip" if self.skip else ""
        return (
            f"mbconv-i{self.in_channels}-o{self.out_channels}-e{self.expansion}"
            f"-k{self.kernel}-s{self.stride}-r{self.resolution}-{self.activation}{skip}"
        )

    @property
    def label(self) -> str:
        """The name the literature uses, such as ``MB6_5x5``."""
        return f"MB{self.expansion}_{self.kernel}x{self.kernel}"

    @property
    def style(self) -> Style:
        """A colour for each expansion."""
        lines = (f"MB{self.expansion}", f"{self.kernel}x{self.kernel}")
        return Style("MBConv", f"expansion {self.expansion}", self.expansion, self.kernel, lines)

    @property
    def traits(self) -> Traits:
        """Kernel and expansion as sizes, stride and activation."""
        sizes = {"kernel": self.kernel, "expansion": self.expansion}
        return Traits(sizes, self.stride, self.activation)
