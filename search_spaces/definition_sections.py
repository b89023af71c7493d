"""The sections of a space's TOML file, except its candidates."""

from dataclasses import dataclass
from typing import Annotated

from .dimensions import MOST_OPERATIONS, Channels, Expansion, Kernel, Side, Stride
from .fields import AtLeast, AtMost, check_fields
from .schema import STRICT


@dataclass(frozen=True)
class Input:
    """The input: square images of ``channels`` planes, ``resolution`` pixels a side."""

    __pydantic_config__ = STRICT
    channels: Channels
    resolution: Side

    def __post_init__(self) -> None:
        check_fields(self)


@dataclass(frozen=True)
class Stem:
    """The first convolution."""

    __pydantic_config__ = STRICT
    width: Channels
    kernel: Kernel = 3
    stride: Stride = 1

    def __post_init__(self) -> None:
        check_fields(self)
        check_stride(self.stride)


@dataclass(frozen=True)
class FirstBlock:
    """The fixed MBConv after the stem: stride 1, no residual."""

    __pydantic_config__ = STRICT
    width: Channels
    kernel: Kernel = 3
    expansion: Expansion = 1

    def __post_init__(self) -> None:
        check_fields(self)


@dataclass(frozen=True)
class Stage:
    """``depth`` searched blocks of ``width`` channels; the first one has the stride."""

    __pydantic_config__ = STRICT
    width: Channels
    depth: Annotated[int, AtLeast(1), AtMost(MOST_OPERATIONS)]
    stride: Stride = 1

    def __post_init__(self) -> None:
        check_fields(self)
        check_stride(self.stride)


@dataclass(frozen=True)
class Head:
    """The 1x1 convolution before pooling; scaled only by width multipliers above 1."""

    __pydantic_config__ = STRICT
    width: Channels

    def __post_init__(self) -> None:
        check_fields(self)


def check_stride(stride: int) -> None:
    """Refuse strides other than 1 and 2."""
    if stride not in (1, 2):
        raise ValueError(f"stride {stride} is not 1 or 2")
