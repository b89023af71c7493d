"""What a network is made of: frozen specs from which everything else follows.

A spec alone produces its module (:mod:`search_spaces.modules`), its graph
(:mod:`search_spaces.graphs`), its key in a latency table, its parameters, MACs and output shape,
and its JSON. Operations are what a table times: whole blocks, because runtimes fuse across
anything smaller.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field

from .layer import Activation, BatchNorm, ConvLayer, Layer, LinearLayer, PoolLayer

Shape = tuple[int, int, int]
DEFAULT_NORM = BatchNorm()


class _Totals(ABC):
    """What every operation derives from its layers."""

    @property
    @abstractmethod
    def layers(self) -> tuple[Layer, ...]:
        """The primitive layers, in order."""

    @property
    def residual(self) -> bool:
        """Whether the input is added to the output."""
        return False

    @property
    def free(self) -> bool:
        """Whether the operation does nothing and so takes no time on any device."""
        return False

    @cached_property
    def parameters(self) -> int:
        """Learnable numbers."""
        return sum(layer.parameters for layer in self.layers)

    @cached_property
    def macs(self) -> int:
        """Multiply-accumulates for one image."""
        return sum(layer.macs for layer in self.layers)


class _Spatial(_Totals):
    """An operation from one feature map to another."""

    in_channels: int
    out_channels: int
    resolution: int

    @property
    def input_shape(self) -> Shape:
        """(channels, height, width)."""
        return (self.in_channels, self.resolution, self.resolution)

    @property
    def output_shape(self) -> Shape:
        """(channels, height, width)."""
        side = self.layers[-1].output_resolution
        return (self.out_channels, side, side)


@dataclass(frozen=True)
class Convolution(_Spatial):
    """Convolution, batch norm, activation: the stem and the head of a network."""

    in_channels: int
    out_channels: int
    kernel: int
    stride: int
    resolution: int
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
        """Everything that changes the time of this operation, in one string."""
        return f"conv-i{self.in_channels}-o{self.out_channels}-{_geometry(self)}"

    @property
    def label(self) -> str:
        """The name the literature uses."""
        return f"Conv_{self.kernel}x{self.kernel}"


@dataclass(frozen=True)
class MBConv(_Spatial):
    """Mobile inverted bottleneck: 1x1 expand, depthwise, 1x1 project (MobileNetV2).

    The expansion convolution is absent when ``expansion`` is 1. The input is added to the output
    when ``skip`` is set, which needs stride 1 and equal widths.
    """

    in_channels: int
    out_channels: int
    kernel: int
    stride: int
    expansion: int
    resolution: int
    skip: bool
    activation: Activation = "relu6"
    norm: BatchNorm = DEFAULT_NORM
    kind: Literal["mbconv"] = "mbconv"

    def __post_init__(self) -> None:
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
        """Everything that changes the time of this operation, in one string."""
        skip = "-skip" if self.skip else ""
        return (
            f"mbconv-i{self.in_channels}-o{self.out_channels}-e{self.expansion}"
            f"-{_geometry(self)}{skip}"
        )

    @property
    def label(self) -> str:
        """The name the literature uses, such as ``MB6_5x5``."""
        return f"MB{self.expansion}_{self.kernel}x{self.kernel}"


@dataclass(frozen=True)
class Zero(_Totals):
    """The candidate that turns a residual block into its identity: how depth is searched."""

    channels: int
    resolution: int
    kind: Literal["zero"] = "zero"

    @property
    def layers(self) -> tuple[Layer, ...]:
        """None: a zero block is dropped from the derived network."""
        return ()

    @property
    def free(self) -> bool:
        """Always: there is nothing to run."""
        return True

    @property
    def input_shape(self) -> Shape:
        """(channels, height, width)."""
        return (self.channels, self.resolution, self.resolution)

    @property
    def output_shape(self) -> Shape:
        """The input's."""
        return self.input_shape

    @property
    def key(self) -> str:
        """A name for messages; no table holds an entry for it."""
        return f"zero-c{self.channels}-r{self.resolution}"

    @property
    def label(self) -> str:
        """The name the literature uses."""
        return "zero"


@dataclass(frozen=True)
class Classifier(_Totals):
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


Operation = Annotated[Convolution | MBConv | Zero | Classifier, Field(discriminator="kind")]
"""What a network is made of; ``kind`` tells them apart in JSON."""


def _geometry(operation: Convolution | MBConv) -> str:
    return f"k{operation.kernel}-s{operation.stride}-r{operation.resolution}-{operation.activation}"
