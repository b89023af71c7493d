"""The network during the search: an animation, and rows of frames for print."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from .animation import Animation, Kind
from .colours import INK, PAPER, WARNING
from .derivation import Derivation
from .formatting import plural
from .picture import Picture
from .records import Search
from .style import Look
from .svg import Drawing

ROWS = 6
"""Number of epochs that are drawn without animation."""
ROW_HEIGHT, BAR_HEIGHT, GAP, MARGIN = 62.0, 44.0, 8.0, 66.0


def draw_history(search: Search) -> Picture | None:
    """Draw every block's likeliest candidate over the epochs; None if none was learned."""
    animation, derivation = Animation.of(search), Derivation.of(search)
    if animation is None or derivation is None:
        return None
    last = len(animation.epochs) - 1
    epochs_shown = sorted({round(place * last / (ROWS - 1)) for place in range(ROWS)})
    overruled = (
        " An orange frame is where the budget had the derived network take another than the "
        "likeliest candidate, which is struck through."
    )
    return Picture(
        "search-history",
        "Search: the network through time",
        f"{_finding(animation)} {derivation.sentence}",
        "Each block as its likeliest candidate, and last as the derived network has it: width is "
        "the kernel, colour the expansion, height the probability. A dashed gap leaves the block "
        f"out.{overruled if derivation.likelier else ''}",
        tuple(_draw_frame(animation, place) for place in (*epochs_shown, last + 1)),
        _legend(animation),
        "rows",
        animation,
    )


def _legend(animation: Animation) -> tuple[tuple[str, str], ...]:
    """Return (candidates, colour) for each colour of the picture."""
    labels: dict[str, list[str]] = {}
    for kind in animation.kinds:
        if kind.colour is not None:
            labels.setdefault(kind.colour, []).append(kind.label)
    return tuple((", ".join(group), colour) for colour, group in labels.items())


def _finding(animation: Animation) -> str:
    first, last = animation.epochs[0], animation.epochs[-1]
    changed = sum(a[0] != b[0] for a, b in zip(first, last, strict=True))
    settled = next(
        title
        for place, title in enumerate(animation.titles)
        if all(_shape(frame) == _shape(last) for frame in animation.epochs[place:])
    )
    ends = ", ".join(slot.kind.label for slot in animation.slots)
    return (
        f"From {animation.titles[0]} to {animation.titles[-2].removeprefix('epoch ')}, the "
        f"likeliest candidate changed in {changed} of {plural(len(last), 'block')}; none changed "
        f"after {settled}. The derived network: {ends}."
    )


def _shape(frame: Sequence[tuple[int, float]]) -> list[int]:
    return [kind for kind, _ in frame]


def _draw_frame(animation: Animation, place: int) -> Drawing:
    slot = animation.width + GAP
    width = MARGIN + slot * len(animation.frames[place])
    overruled = animation.overruled if place == len(animation.epochs) else ()

    def plot(figure: Figure) -> None:
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, width), ylim=(0, ROW_HEIGHT))
        axes.axis("off")
        middle = ROW_HEIGHT / 2
        title = animation.titles[place].split()
        title = [" ".join(title)] if len(title[-1]) < 4 else title
        axes.text(2, middle, "\n".join(title), size=10.5, va="center")
        axes.plot([MARGIN, width], [middle] * 2, color=INK, lw=1, zorder=1)
        for block, (kind, probability) in enumerate(animation.frames[place]):
            centre = MARGIN + slot * (block + 0.5)
            edge = WARNING if block in overruled else INK
            _draw_bar(axes, animation.kinds[kind], probability, centre, middle, edge)

    return Drawing(f"search-history-{place}", width, ROW_HEIGHT, plot)


def _draw_bar(
    axes: Axes, kind: Kind, probability: float, centre: float, middle: float, edge: str
) -> None:
    height = BAR_HEIGHT * probability
    corner = (centre - kind.width / 2, middle - height / 2)
    gap: Look = {"facecolor": PAPER, "linestyle": (0, (3, 3))}
    look = gap if kind.colour is None else {"facecolor": kind.colour}
    line = 0.8 if edge == INK else 2.2
    axes.add_patch(
        Rectangle(corner, kind.width, height, edgecolor=edge, linewidth=line, zorder=2, **look)
    )
