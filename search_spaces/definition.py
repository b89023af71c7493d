"""Spaces as TOML files: the format, and the space that a file expands to."""

from dataclasses import dataclass, field, replace
from typing import Annotated, Literal, Self

from .candidates import Candidates
from .definition_sections import FirstBlock, Head, Input, Stage, Stem
from .dimensions import Classes, check_name
from .errors import InputError
from .fields import Above, AtLeast, AtMost, check_fields
from .layer import BatchNorm
from .operations import Classifier, Convolution, MBConv, Place
from .outside import parse_toml
from .schema import STRICT, parse
from .space import Block, Space

FORMAT_VERSION = 1
WIDEST = 16
"""The largest width multiplier."""


@dataclass(frozen=True)
class SpaceDefinition:
    """The definition of a space: the fields of its TOML file."""

    __pydantic_config__ = STRICT
    format: int
    name: str
    classes: Annotated[Classes, AtLeast(2)]
    input: Input
    stem: Stem
    first_block: FirstBlock
    candidates: Candidates
    stages: tuple[Stage, ...]
    head: Head
    activation: Literal["relu6", "relu"] = "relu6"
    batch_norm: BatchNorm = field(default_factory=BatchNorm)
    width_multiplier: Annotated[float, Above(0), AtMost(WIDEST)] = 1.0

    def __post_init__(self) -> None:
        if self.format != FORMAT_VERSION:
            raise ValueError(
                f"format {self.format} is not known; this version reads format {FORMAT_VERSION}"
            )
        if not self.stages:
            raise ValueError("stages is empty")
        check_fields(self)
        check_name(self.name)
        self.candidates.check_number(sum(stage.depth for stage in self.stages))

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
        if not 0 < width <= WIDEST:
            raise InputError(f"width multiplier {width} is not above 0 and at most {WIDEST}")
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
                blocks.append(Block(number, self.candidates.at(place, self.name)))
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
        return parse(cls, parse_toml(text, f"space {source}"), f"space {source}")


def scale_channels(width: int, multiplier: float) -> int:
    """Scale a width to a multiple of 8 that is not below 90 % of the exact value.

    A multiplier of 1 leaves the width as written (MobileNetV2's rounding rule otherwise).
    """
    if multiplier == 1:
        return width
    exact = width * multiplier
    rounded = max(8, int(exact + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * exact else rounded
