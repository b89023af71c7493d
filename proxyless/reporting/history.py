"""The network changing shape during the search: an animation, and rows of epochs for print."""

from collections.abc import Sequence
from typing import Any

from matplotlib.patches import Rectangle

from .animation import Animation, Kind
from .colours import INK, PAPER
from .picture import Picture
from .records import Search
from .svg import Drawing
from .words import plural

ROWS = 6
"""Epochs that are shown where nothing moves."""
ROW_HEIGHT, BAR_HEIGHT, GAP, MARGIN = 62.0, 44.0, 8.0, 66.0


def draw_history(search: Search) -> Picture | None:
    """Show every block's most probable candidate through the epochs; None before the first."""
    animation = Animation.of(search)
    if animation is None:
        return None
    count = len(animation.frames)
    shown = sorted({round(place * (count - 1) / (ROWS - 1)) for place in range(ROWS)})
    return Picture(
        "search-history",
        "Search: the network through time",
        _finding(animation),
        "Each block as the candidate that was most probable: width is its kernel, colour its "
        "expansion, height its probability. A dashed gap leaves the block out.",
        tuple(_draw_epoch(animation, place) for place in shown),
        _legend(animation),
        "rows",
        animation,
    )


def _legend(animation: Animation) -> tuple[tuple[str, str], ...]:
    """Say which kernels and expansions there are, a colour once."""
    labels: dict[str, list[str]] = {}
    for kind in animation.kinds:
        if kind.colour is not None:
            labels.setdefault(kind.colour, []).append(kind.label)
    return tuple((", ".join(some), colour) for colour, some in labels.items())


def _finding(animation: Animation) -> str:
    first, last = animation.frames[0], animation.frames[-1]
    changed = sum(a[0] != b[0] for a, b in zip(first, last, strict=True))
    settled = next(
        epoch
        for place, epoch in enumerate(animation.epochs)
        if all(_shape(frame) == _shape(last) for frame in animation.frames[place:])
    )
    ends = ", ".join(kind.label for kind, _ in animation.last)
    return (
        f"From epoch {animation.epochs[0]} to {animation.epochs[-1]}, the most probable candidate "
        f"changed in {changed} of {plural(len(last), 'block')}; none changed after epoch "
        f"{settled}. In the end: {ends}."
    )


def _shape(frame: Sequence[tuple[int, float]]) -> list[int]:
    return [kind for kind, _ in frame]


def _draw_epoch(animation: Animation, place: int) -> Drawing:
    slot = animation.width + GAP
    width = MARGIN + slot * len(animation.frames[place])

    def plot(figure: Any) -> None:
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, width), ylim=(0, ROW_HEIGHT))
        axes.axis("off")
        middle = ROW_HEIGHT / 2
        axes.text(2, middle, f"epoch {animation.epochs[place]}", size=10.5, va="center")
        axes.plot([MARGIN, width], [middle] * 2, color=INK, lw=1, zorder=1)
        for block, (kind, probability) in enumerate(animation.frames[place]):
            centre = MARGIN + slot * (block + 0.5)
            _draw_bar(axes, animation.kinds[kind], probability, centre, middle)

    return Drawing(f"search-history-{place}", width, ROW_HEIGHT, plot)


def _draw_bar(axes: Any, kind: Kind, probability: float, centre: float, middle: float) -> None:
    height = BAR_HEIGHT * probability
    corner = (centre - kind.width / 2, middle - height / 2)
    gap: dict[str, Any] = {"facecolor": PAPER, "linestyle": (0, (3, 3))}
    look = gap if kind.colour is None else {"facecolor": kind.colour}
    axes.add_patch(
        Rectangle(corner, kind.width, height, edgecolor=INK, linewidth=0.8, zorder=2, **look)
    )
