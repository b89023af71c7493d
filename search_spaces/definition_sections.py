"""The sections of a space's TOML file, except its candidates."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from .schema import STRICT

Count = Annotated[int, Field(ge=1, le=65536)]
Kernel = int
Stride = int


@dataclass(frozen=True)
class Input:
    """The input: square images of ``channels`` planes, ``resolution`` pixels a side."""

    __pydantic_config__ = STRICT
    channels: Count
    resolution: Count


@dataclass(frozen=True)
class Stem:
    """The first convolution."""

    __pydantic_config__ = STRICT
    width: Count
    kernel: Kernel = 3
    stride: Stride = 1

    def __post_init__(self) -> None:
        check_kernel(self.kernel)
        check_stride(self.stride)


@dataclass(frozen=True)
class FirstBlock:
    """The fixed MBConv after the stem: stride 1, no residual."""

    __pydantic_config__ = STRICT
    width: Count
    kernel: Kernel = 3
    expansion: Count = 1

    def __post_init__(self) -> None:
        check_kernel(self.kernel)


@dataclass(frozen=True)
class Stage:
    """``depth`` searched blocks of ``width`` channels; the first one has the stride."""

    __pydantic_config__ = STRICT
    width: Count
    depth: Count
    stride: Stride = 1

    def __post_init__(self) -> None:
        check_stride(self.stride)


@dataclass(frozen=True)
class Head:
    """The 1x1 convolution before pooling; scaled only by width multipliers above 1."""

    __pydantic_config__ = STRICT
    width: Count


def check_kernel(kernel: int) -> None:
    """Refuse kernels of an even size, which have no centre."""
    if kernel < 1 or kernel % 2 == 0:
        raise ValueError(f"kernel {kernel} is not an odd number of pixels")


def check_stride(stride: int) -> None:
    """Refuse strides other than 1 and 2."""
    if stride not in (1, 2):
        raise ValueError(f"stride {stride} is not 1 or 2")
