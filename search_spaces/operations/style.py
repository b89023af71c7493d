"""How pictures show an operation: plain data, from which every picture draws the same box."""

from dataclasses import dataclass
from typing import Self

from ..schema import STRICT


@dataclass(frozen=True)
class Style:
    """What an operation looks like.

    Operations of equal label look alike.

    Args:
        family: what the literature calls such operations, as "MBConv".
        variant: what, beside the kernel, tells members of a family apart, as "expansion 6".
        hue: a number that stands for a colour, the same one in every picture; None is grey, for
            what no network goes without.
        size: the side of the kernel in pixels: how wide the box is. 0 is a dashed gap.
        lines: what is written on the box.
    """

    __pydantic_config__ = STRICT
    family: str
    variant: str = ""
    hue: int | None = None
    size: int = 3
    lines: tuple[str, str] = ("", "")

    @classmethod
    def left_out(cls, family: str) -> Self:
        """Return the look of an operation that does nothing: a gap."""
        return cls(family, size=0)

    @property
    def is_gap(self) -> bool:
        """Whether nothing is there."""
        return self.size == 0

    @property
    def legend(self) -> str:
        """What the colour stands for, as "MBConv, expansion 6"."""
        return f"{self.family}, {self.variant}" if self.variant else self.family
