"""Fused-MBConv: a full convolution that widens, a 1x1 convolution that narrows."""

from dataclasses import dataclass
from typing import Literal, Self

from search_spaces import Operation, Place, Style, Traits
from search_spaces.layer import Activation, BatchNorm, ConvLayer, Layer


@dataclass(frozen=True)
class FusedMBConv(Operation):
    """The block of EfficientNet-EdgeTPU and EfficientNetV2 (Tan and Le, 2021)."""

    in_channels: int
    out_channels: int
    kernel: int
    stride: int
    expansion: int
    resolution: int
    skip: bool
    activation: Activation
    norm: BatchNorm
    kind: Literal["fused-mbconv"] = "fused-mbconv"

    @classmethod
    def candidates(cls, place: Place) -> list[Self]:
        """Two expansions."""
        return [
            cls(
                place.in_channels, place.out_channels, 3, place.stride, expansion,
                place.resolution, place.skip, place.activation, place.norm,
            )
            for expansion in (1, 2)
        ]  # fmt: skip

    @property
    def layers(self) -> tuple[Layer, ...]:
        """Everything else follows from these: module, MACs, memory, ONNX, TFLite."""
        middle = self.in_channels * self.expansion
        widen = ConvLayer(
            self.in_channels, middle, self.kernel, self.stride, 1,
            self.resolution, self.activation, self.norm,
        )  # fmt: skip
        side = widen.output_resolution
        return (widen, ConvLayer(middle, self.out_channels, 1, 1, 1, side, "none", self.norm))

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """(channels, height, width)."""
        return (self.in_channels, self.resolution, self.resolution)

    @property
    def output_shape(self) -> tuple[int, int, int]:
        """(channels, height, width)."""
        side = self.layers[-1].output_resolution
        return (self.out_channels, side, side)

    @property
    def residual(self) -> bool:
        """Whether the input is added to the output."""
        return self.skip

    @property
    def key(self) -> str:
        """Its name in latency tables: everything that changes its time."""
        return (
            f"fused-i{self.in_channels}-o{self.out_channels}-e{self.expansion}-k{self.kernel}"
            f"-s{self.stride}-r{self.resolution}-{self.activation}{'-skip' if self.skip else ''}"
        )

    @property
    def label(self) -> str:
        """Its name for people."""
        return f"FMB{self.expansion}_{self.kernel}x{self.kernel}"

    @property
    def style(self) -> Style:
        """What pictures draw."""
        lines = (f"FMB{self.expansion}", f"{self.kernel}x{self.kernel}")
        variant = f"expansion {self.expansion}"
        return Style("Fused-MBConv", variant, self.expansion + 3, self.kernel, lines)

    @property
    def traits(self) -> Traits:
        """What it has in common with other blocks: they are mispredicted alike."""
        sizes = {"kernel": self.kernel, "expansion": self.expansion}
        return Traits(sizes, self.stride, self.activation)
