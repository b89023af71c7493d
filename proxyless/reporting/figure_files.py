"""The pictures of a page as files: each picture is an SVG and a PNG of all its drawings."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec, SubplotSpec
from matplotlib.patches import Patch

from search_spaces.ours import check_replaceable

from .colours import INK
from .picture import Layout, Picture
from .picture_file import IS_PICTURE, SUFFIXES, write_picture
from .svg import Drawing

LINES: dict[Layout, float] = {
    "chart": 0.0, "rows": 0.0, "strip": 900.0, "grid": 5 * 168.0, "lines": math.inf,
}  # fmt: skip
"""Maximal width of a line of drawings in CSS pixels; a single drawing may be wider."""
LEGEND_LINE, CHARACTER, KEY = 20.0, 6.4, 40.0


@dataclass(frozen=True)
class Placed:
    """A drawing, its left edge in CSS pixels, and the number of its line."""

    drawing: Drawing
    left: float
    line: int


def check_figures(pictures: Iterable[Picture], folder: Path, force: bool = False) -> None:
    """Check that the files of pictures replace nothing but pictures of ours.

    Raises:
        InputError: one of them is somebody else's, and ``force`` is not set.
    """
    for picture in pictures:
        for suffix in SUFFIXES:
            check_replaceable(folder / f"{picture.name}{suffix}", IS_PICTURE, force)


def write_figures(pictures: Iterable[Picture], folder: Path) -> None:
    """Write each picture as files with its name.

    Raises:
        InputError: a file cannot be written.
    """
    for picture in pictures:
        composed = compose(picture)
        for suffix in SUFFIXES:
            path = folder / f"{picture.name}{suffix}"
            size = (composed.width, composed.height)
            write_picture(path, *size, composed.plot, picture.title, picture.description)


def compose(picture: Picture) -> Drawing:
    """Return a picture's drawings and its legend as one drawing, line by line."""
    placed = _place(picture)
    width = max(item.left + item.drawing.width for item in placed)
    heights = [
        max(item.drawing.height for item in placed if item.line == line)
        for line in range(placed[-1].line + 1)
    ]
    columns = _legend_columns(picture.legend, width)
    if picture.legend:
        heights.append(LEGEND_LINE * math.ceil(len(picture.legend) / columns) + 8)

    def plot(figure: Figure) -> None:
        if len(heights) == 1 and len(placed) == 1:
            picture.drawings[0].plot(figure)
            return
        grid = GridSpec(len(heights), math.ceil(width), figure, height_ratios=heights)
        for item in placed:
            first = round(item.left)
            across = slice(first, first + round(item.drawing.width))
            item.drawing.plot(_part(figure, grid[item.line, across]))
        if picture.legend:
            _plot_legend(_part(figure, grid[len(heights) - 1, :]), picture.legend, columns)

    return Drawing(picture.name, width, sum(heights), plot)


def _part(figure: Figure, place: SubplotSpec) -> Figure:
    """Return a subfigure, on which drawings are made as on a whole figure."""
    return cast(Figure, figure.add_subfigure(place))


def _place(picture: Picture) -> list[Placed]:
    placed: list[Placed] = []
    left, line = 0.0, 0
    for place, drawing in enumerate(picture.drawings):
        is_full = left + drawing.width > LINES[picture.layout]
        if placed and (is_full or place in picture.starts):
            left, line = 0.0, line + 1
        placed.append(Placed(drawing, left, line))
        left += drawing.width
    return placed


def _legend_columns(legend: Sequence[tuple[str, str]], width: float) -> int:
    widest = KEY + CHARACTER * max((len(label) for label, _ in legend), default=1)
    return max(1, min(int(width / widest), len(legend)))


def _plot_legend(figure: Figure, legend: Sequence[tuple[str, str]], columns: int) -> None:
    handles = [
        Patch(facecolor=colour, edgecolor=INK, linewidth=0.6, label=label)
        for label, colour in legend
    ]
    figure.legend(handles=handles, loc="center left", ncols=columns, handlelength=1, handleheight=1)
