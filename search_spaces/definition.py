"""Spaces as TOML files: the format, its validation, and what it expands to."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Annotated, Literal, Self

from pydantic import Field

from .errors import InputError
from .layer import BatchNorm
from .operations import Classifier, Convolution, MBConv, Operation, Place, Zero
from .operations.registry import OPERATIONS, get_operation
from .schema import STRICT, parse
from .space import Block, Space

FORMAT_VERSION = 1

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
        _check_kernel(self.kernel)
        _check_stride(self.stride)


@dataclass(frozen=True)
class FirstBlock:
    """The fixed MBConv after the stem: stride 1, no residual."""

    __pydantic_config__ = STRICT
    width: Count
    kernel: Kernel = 3
    expansion: Count = 1

    def __post_init__(self) -> None:
        _check_kernel(self.kernel)


@dataclass(frozen=True)
class Candidates:
    """The choices of every searched block.

    They are MBConvs of every expansion and kernel, then the candidates that each operation class
    named in ``operations`` (by kind) offers for the block, and a zero operation if ``skip``.
    Expansions and kernels may be empty if ``operations`` is not.
    """

    __pydantic_config__ = STRICT
    expansions: tuple[Count, ...]
    kernels: tuple[Kernel, ...]
    skip: bool = True
    operations: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        lists: tuple[tuple[str, tuple[object, ...]], ...] = (
            ("expansions", self.expansions),
            ("kernels", self.kernels),
            ("operations", self.operations),
        )
        for name, values in lists:
            if not values and not self.operations and name != "operations":
                raise ValueError(f"{name} is empty")
            if len(set(values)) != len(values):
                raise ValueError(f"{name} {list(values)} names a value twice")
        for kind in self.operations:
            OPERATIONS.check(kind)
        for kernel in self.kernels:
            _check_kernel(kernel)


@dataclass(frozen=True)
class Stage:
    """``depth`` searched blocks of ``width`` channels; the first one has the stride."""

    __pydantic_config__ = STRICT
    width: Count
    depth: Count
    stride: Stride = 1

    def __post_init__(self) -> None:
        _check_stride(self.stride)


@dataclass(frozen=True)
class Head:
    """The 1x1 convolution before pooling; scaled only by width multipliers above 1."""

    __pydantic_config__ = STRICT
    width: Count


@dataclass(frozen=True)
class SpaceDefinition:
    """The definition of a space: the fields of its TOML file."""

    __pydantic_config__ = STRICT
    format: int
    name: str
    classes: Annotated[int, Field(ge=2)]
    input: Input
    stem: Stem
    first_block: FirstBlock
    candidates: Candidates
    stages: tuple[Stage, ...]
    head: Head
    activation: Literal["relu6", "relu"] = "relu6"
    batch_norm: BatchNorm = field(default_factory=BatchNorm)
    width_multiplier: Annotated[float, Field(gt=0, le=16)] = 1.0

    def __post_init__(self) -> None:
        if self.format != FORMAT_VERSION:
            raise ValueError(
                f"format {self.format} is not known; this version reads format {FORMAT_VERSION}"
            )
        if not self.stages:
            raise ValueError("stages is empty")

    def adapt(
        self,
        *,
        channels: int | None = None,
        resolution: int | None = None,
        classes: int | None = None,
        width_multiplier: float | None = None,
    ) -> Self:
        """Return the same space for another input, number of classes or width."""
        adapted_input = Input(
            self.input.channels if channels is None else channels,
            self.input.resolution if resolution is None else resolution,
        )
        width = self.width_multiplier if width_multiplier is None else width_multiplier
        if not 0 < width <= 16:
            raise InputError(f"width multiplier {width} is not above 0 and at most 16")
        if adapted_input.resolution < 1:
            raise InputError(f"resolution {adapted_input.resolution} is not at least 1 pixel")
        return replace(
            self,
            input=adapted_input,
            classes=self.classes if classes is None else classes,
            width_multiplier=width,
        )

    def expand(self) -> Space:
        """Return the space with every operation, its channels and resolution computed."""
        stem = Convolution(
            self.input.channels,
            scale_channels(self.stem.width, self.width_multiplier),
            self.stem.kernel,
            self.stem.stride,
            self.input.resolution,
            self.activation,
            self.batch_norm,
        )
        channels, resolution, _ = stem.output_shape
        first = MBConv(
            channels,
            scale_channels(self.first_block.width, self.width_multiplier),
            self.first_block.kernel,
            1,
            self.first_block.expansion,
            resolution,
            False,
            self.activation,
            self.batch_norm,
        )
        channels, resolution, _ = first.output_shape
        blocks = []
        for number, stage in enumerate(self.stages):
            width = scale_channels(stage.width, self.width_multiplier)
            for position in range(stage.depth):
                stride = stage.stride if position == 0 else 1
                place = Place(
                    channels, width, stride, resolution, position > 0,
                    self.activation, self.batch_norm,
                )  # fmt: skip
                blocks.append(Block(number, self._candidates(place)))
                channels, resolution, _ = blocks[-1].output_shape
        head_width = scale_channels(self.head.width, max(1.0, self.width_multiplier))
        head = Convolution(channels, head_width, 1, 1, resolution, self.activation, self.batch_norm)
        classifier = Classifier(head_width, self.classes, resolution)
        return Space(self.name, (stem, first), tuple(blocks), (head, classifier))

    @classmethod
    def from_toml(cls, text: str, source: object) -> Self:
        """Read the text of a file.

        Raises:
            InputError: it is not TOML, or a field is unknown, missing or wrong; the sentence names
                the ``source``, the field and why.
        """
        try:
            data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise InputError(f"space {source} is not valid TOML: {error}") from None
        return parse(cls, data, f"space {source}")

    def _candidates(self, place: Place) -> tuple[Operation, ...]:
        candidates: list[Operation] = [
            MBConv(
                place.in_channels, place.out_channels, kernel, place.stride, expansion,
                place.resolution, place.skip, place.activation, place.norm,
            )
            for expansion in self.candidates.expansions
            for kernel in self.candidates.kernels
        ]  # fmt: skip
        for kind in self.candidates.operations:
            offered = get_operation(kind).candidates(place)
            _check_offered(kind, offered, place)
            candidates += offered
        if place.skip and self.candidates.skip:
            candidates.append(Zero(place.in_channels, place.resolution))
        labels = [operation.label for operation in candidates]
        for label in labels:
            if labels.count(label) > 1:
                raise InputError(f"space {self.name}: two candidates of a block are called {label}")
        return tuple(candidates)


def _check_offered(kind: str, offered: Iterable[Operation], place: Place) -> None:
    """Refuse candidates offered by a package whose shapes do not fit the block."""
    expected = (place.input_shape, place.output_shape)
    for operation in offered:
        shapes = (operation.input_shape, operation.output_shape)
        if shapes != expected:
            raise InputError(
                f"operation {kind!r} offers {operation.label} from {shapes[0]} to {shapes[1]} "
                f"where {expected[0]} to {expected[1]} is wanted: mend or uninstall its package"
            )
        if operation.residual and not place.skip:
            raise InputError(
                f"operation {kind!r} offers {operation.label} with a residual where there can be "
                "none: mend or uninstall its package"
            )


def scale_channels(width: int, multiplier: float) -> int:
    """Scale a width to a multiple of 8 that is not below 90 % of the exact value.

    A multiplier of 1 leaves the width as written (MobileNetV2's rounding rule otherwise).
    """
    if multiplier == 1:
        return width
    exact = width * multiplier
    rounded = max(8, int(exact + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * exact else rounded


def _check_kernel(kernel: int) -> None:
    if kernel < 1 or kernel % 2 == 0:
        raise ValueError(f"kernel {kernel} is not an odd number of pixels")


def _check_stride(stride: int) -> None:
    if stride not in (1, 2):
        raise ValueError(f"stride {stride} is not 1 or 2")
