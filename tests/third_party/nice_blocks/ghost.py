"""A ghost module: half of the output is made of the other half by a cheap convolution."""

from dataclasses import dataclass
from typing import Literal, Self

import torch
from torch import Tensor, nn

from search_spaces import ModuleOperation, Place, Style


@dataclass(frozen=True)
class Ghost(ModuleOperation):
    """The module of GhostNet (Han et al., 2020); PyTorch alone can run it."""

    in_channels: int
    out_channels: int
    stride: int
    resolution: int
    skip: bool
    kind: Literal["ghost"] = "ghost"

    @classmethod
    def candidates(cls, place: Place) -> list[Self]:
        """One a place."""
        return [
            cls(place.in_channels, place.out_channels, place.stride, place.resolution, place.skip)
        ]

    def module(self, running_statistics: bool = True) -> nn.Module:
        """What it computes, its residual left out."""
        return GhostModule(self, running_statistics)

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """(channels, height, width)."""
        return (self.in_channels, self.resolution, self.resolution)

    @property
    def output_shape(self) -> tuple[int, int, int]:
        """(channels, height, width)."""
        side = (self.resolution - 1) // self.stride + 1
        return (self.out_channels, side, side)

    @property
    def residual(self) -> bool:
        """Whether the input is added to the output."""
        return self.skip

    @property
    def key(self) -> str:
        """Its name in latency tables."""
        return (
            f"ghost-i{self.in_channels}-o{self.out_channels}-s{self.stride}-r{self.resolution}"
            f"{'-skip' if self.skip else ''}"
        )

    @property
    def label(self) -> str:
        """Its name for people."""
        return "Ghost"

    @property
    def style(self) -> Style:
        """What pictures draw."""
        return Style("Ghost", hue=0, size=3, lines=("Ghost", "3x3"))


class GhostModule(nn.Module):
    """1x1 convolution to half the channels, a depthwise one to the other half."""

    def __init__(self, ghost: Ghost, running_statistics: bool) -> None:
        super().__init__()
        half = ghost.out_channels // 2
        self.primary = nn.Conv2d(ghost.in_channels, half, 1, ghost.stride, bias=False)
        self.primary_norm = nn.BatchNorm2d(half, track_running_stats=running_statistics)
        self.cheap = nn.Conv2d(half, half, 3, padding=1, groups=half, bias=False)
        self.cheap_norm = nn.BatchNorm2d(half, track_running_stats=running_statistics)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, out, H / stride, W / stride)."""
        primary = self.primary_norm(self.primary(x)).relu()
        return torch.cat([primary, self.cheap_norm(self.cheap(primary))], 1)
