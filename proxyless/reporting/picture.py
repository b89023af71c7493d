"""A picture of the page: drawings that together say one thing, with what is said about them."""

from dataclasses import dataclass
from typing import Literal

from .animation import Animation
from .svg import Drawing

Layout = Literal["chart", "grid", "strip", "rows"]


@dataclass(frozen=True)
class Picture:
    """A figure of the page; ``name`` is what its file is called.

    ``description`` states the finding for readers who cannot see it; ``caption`` says how to
    read it; ``legend`` pairs labels with colours. The layout is one chart, a grid of small ones, a
    strip that wraps between drawings, or rows that are scrolled together. An animation stands on
    the page in the place of the drawings.
    """

    name: str
    title: str
    description: str
    caption: str
    drawings: tuple[Drawing, ...]
    legend: tuple[tuple[str, str], ...] = ()
    layout: Layout = "chart"
    animation: Animation | None = None
