"""A picture of the page: drawings with their title, caption, description and legend."""

from dataclasses import dataclass
from typing import Literal

from .animation import Animation
from .svg import Drawing

Layout = Literal["chart", "grid", "strip", "rows", "lines"]


@dataclass(frozen=True)
class Picture:
    """A figure of the page; ``name`` is the name of its file.

    ``description`` states the finding for readers who cannot see it; ``caption`` says how to
    read it, ``legend`` pairs labels with colours. The layout is one chart, a grid of small ones, a
    strip that wraps between drawings, rows that shrink before they scroll, or lines, each of which
    wraps at the same drawings as the others; ``starts`` are the indices of drawings that begin a
    line.
    An animation replaces the drawings on the page.
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
