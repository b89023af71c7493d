"""Path probabilities of every block over the epochs of a search."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from .colours import INK, PAPER, WARNING, candidate_colour
from .derivation import Derivation
from .formatting import pretty
from .picture import Picture
from .records import Search
from .style import Look
from .svg import Drawing

WIDTH, PLOT, SPACE, LINE = 168.0, 72.0, 40.0, 13.0
"""CSS pixels of a chart: its width, and the heights of the bands, the texts around them, and one
more line of text."""


def draw_paths(search: Search) -> Picture | None:
    """Draw the candidates' probabilities, stacked, over the epochs; None if none were learned."""
    epochs, derivation = search.learned, Derivation.of(search)
    if derivation is None:
        return None
    result = search.result
    times = [epoch.epoch for epoch in epochs]
    lines = 1 if derivation.likelier else 0
    drawings = []
    for block, (labels, choice) in enumerate(zip(result.candidates, result.choices, strict=True)):
        rows = [epoch.probabilities[block] for epoch in epochs]
        likelier = derivation.likelier.get(block)
        instead = None if likelier is None else labels[likelier]
        colours = [candidate_colour(search.style(label)) for label in labels]
        drawings.append(_draw_block(block, times, rows, labels, colours, choice, instead, lines))
    styles = {label: search.style(label) for block in result.candidates for label in block}
    overruled = " Where the budget had it take another, the likeliest is named in orange."
    return Picture(
        "path-probabilities",
        "Path probabilities",
        f"{derivation.sentence} The mean probability of the likeliest candidate went from "
        f"{epochs[0].confidence:.2f} to {epochs[-1].confidence:.2f}.",
        "One chart a searched block, over the epochs of the search: the taller a band, the more "
        "probable the candidate. Titles name what the derived network uses, and a triangle points "
        f"at its band.{overruled if derivation.likelier else ''}",
        tuple(drawings),
        tuple((pretty(label), candidate_colour(styles[label])) for label in sorted(styles)),
        "grid",
    )


def _draw_block(
    block: int,
    times: Sequence[int],
    rows: Sequence[Sequence[float]],
    labels: Sequence[str],
    colours: Sequence[str],
    choice: int,
    instead: str | None,
    lines: int,
) -> Drawing:
    """Draw one block's bands, with space for so many ``lines`` of text below the title.

    ``choice`` is the index of the derived network's candidate, ``instead`` the label of a likelier
    one, which is written on a line below the title.
    """
    if len(times) == 1:
        times, rows = [times[0], times[0] + 1], [rows[0], rows[0]]
    height = PLOT + SPACE + lines * LINE

    def plot(figure: Figure) -> None:
        axes = figure.add_axes((0.11, 20 / height, 0.82, PLOT / height))
        series = list(zip(*rows, strict=True))
        axes.stackplot(times, *series, colors=colours, edgecolor=PAPER, linewidth=0.5)
        axes.set(xlim=(times[0], times[-1]), ylim=(0, 1), yticks=(0, 1))
        axes.set_xticks([times[0], times[-1]])
        first, last = axes.get_xticklabels()
        first.set_horizontalalignment("left")
        last.set_horizontalalignment("right")
        axes.grid(visible=False)
        axes.tick_params(length=2, pad=3)
        top: Look = {"xy": (0, 1), "xycoords": "axes fraction", "textcoords": "offset points"}
        title = f"{block + 1}: {pretty(labels[choice])}"
        axes.annotate(title, xytext=(0, 5 + LINE * lines), color=INK, size=11, **top)
        if instead is not None:
            remark = f"likelier: {pretty(instead)}"
            axes.annotate(remark, xytext=(0, 5), color=WARNING, size=10, **top)
        middle = sum(rows[-1][:choice]) + rows[-1][choice] / 2
        look: Look = {"color": INK if instead is None else WARNING, "ms": 7, "clip_on": False}
        axes.plot(1.035, middle, "<", transform=axes.transAxes, **look)

    return Drawing(f"paths-{block}", WIDTH, height, plot)
