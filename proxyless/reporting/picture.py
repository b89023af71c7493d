"""A picture of the page: drawings that together say one thing, with what is said about them."""

from dataclasses import dataclass
from typing import Literal

from .animation import Animation
from .svg import Drawing

Layout = Literal["chart", "grid", "strip", "rows", "lines"]


@dataclass(frozen=True)
class Picture:
    """A figure of the page; ``name`` is what its file is called.

    ``description`` states the finding for readers who cannot see it; ``caption`` says how to
    read it; ``legend`` pairs labels with colours. The layout is one chart, a grid of small ones, a
    strip that wraps between drawings, rows that shrink before they scroll, or lines, each of which
    wraps between drawings where the others do: ``starts`` are the places of those that begin one.
    An animation stands on the page in the place of the drawings.
    """

    name: str
    title: str
    description: str
    caption: str
    drawings: tuple[Drawing, ...]
    legend: tuple[tuple[str, str], ...] = ()
    layout: Layout = "chart"
    animation: Animation | None = None
    starts: tuple[int, ...] = (0,)

    @property
    def lines(self) -> list[tuple[Drawing, ...]]:
        """The drawings of each line."""
        ends = (*self.starts[1:], len(self.drawings))
        return [self.drawings[start:end] for start, end in zip(self.starts, ends, strict=True)]
