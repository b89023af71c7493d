"""How pictures show an operation: plain data that all pictures draw in the same way."""

from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import Field

from ..numbers import Name
from ..schema import STRICT

LARGEST_KERNEL = 10_000
"""Side in pixels of the largest kernel that is drawn."""


@dataclass(frozen=True)
class Style:
    """The appearance of an operation in pictures.

    Operations with the same label have the same style.

    Args:
        family: the name of such operations in the literature, such as "MBConv".
        variant: what distinguishes members of a family besides the kernel, such as "expansion 6".
        hue: a number that stands for a colour, the same one in every picture; None is grey, for
            the fixed parts of every network.
        size: the side of the kernel in pixels, which sets the width of the box; 0 draws a gap.
        lines: the two lines of text on the box.
    """

    __pydantic_config__ = STRICT
    family: Name
    variant: Name = ""
    hue: int | None = None
    size: Annotated[int, Field(strict=True, ge=0, le=LARGEST_KERNEL)] = 3
    lines: tuple[Name, Name] = ("", "")

    @classmethod
    def left_out(cls, family: str) -> Self:
        """Return the style of an operation that computes nothing: a gap."""
        return cls(family, size=0)

    @property
    def is_gap(self) -> bool:
        """Whether the operation is drawn as a gap."""
        return self.size == 0

    @property
    def legend(self) -> str:
        """The legend's text for the colour, such as "MBConv, expansion 6"."""
        return f"{self.family}, {self.variant}" if self.variant else self.family
