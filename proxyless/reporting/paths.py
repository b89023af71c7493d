"""How the search made up its mind: path probabilities through time, block by block."""

from collections.abc import Sequence
from typing import Any

from .colours import INK, PAPER, candidate_colour
from .picture import Picture
from .records import Search
from .svg import Drawing
from .words import pretty

WIDTH, HEIGHT = 168.0, 112.0


def draw_paths(search: Search) -> Picture | None:
    """Stack the candidates' probabilities over the search's epochs; None before the first."""
    epochs = [epoch for epoch in search.epochs if epoch.phase == "search"]
    if not epochs:
        return None
    result = search.result
    times = [epoch.epoch for epoch in epochs]
    drawings = []
    for block, (labels, choice) in enumerate(zip(result.candidates, result.choices, strict=True)):
        rows = [epoch.probabilities[block] for epoch in epochs]
        drawings.append(_draw_block(block, times, rows, labels, labels[choice]))
    labels = list(dict.fromkeys(label for block in result.candidates for label in block))
    return Picture(
        "path-probabilities",
        "Path probabilities",
        _finding(epochs[-1].probabilities, result.choices, epochs[0].confidence, epochs[-1]),
        "One chart a searched block, over the epochs of the search: the taller a band, the more "
        "probable the candidate. Titles name what the derived network uses.",
        tuple(drawings),
        tuple((pretty(label), candidate_colour(label)) for label in sorted(labels)),
        "grid",
    )


def _finding(
    probabilities: Sequence[Sequence[float]], choices: Sequence[int], before: float, last: Any
) -> str:
    agree = sum(row[choice] == max(row) for row, choice in zip(probabilities, choices, strict=True))
    return (
        f"In {agree} of {len(choices)} blocks the derived network uses the candidate that ended "
        f"most probable. The mean probability of the most probable candidate went from "
        f"{before:.2f} to {last.confidence:.2f}."
    )


def _draw_block(
    block: int,
    times: Sequence[int],
    rows: Sequence[Sequence[float]],
    labels: Sequence[str],
    chosen: str,
) -> Drawing:
    if len(times) == 1:
        times, rows = [times[0], times[0] + 1], [rows[0], rows[0]]

    def plot(figure: Any) -> None:
        axes = figure.add_axes((0.11, 0.18, 0.84, 0.64))
        series = list(zip(*rows, strict=True))
        colours = [candidate_colour(label) for label in labels]
        axes.stackplot(times, *series, colors=colours, edgecolor=PAPER, linewidth=0.5)
        axes.set(xlim=(times[0], times[-1]), ylim=(0, 1), yticks=(0, 1))
        axes.set_xticks([times[0], times[-1]])
        first, last = axes.get_xticklabels()
        first.set_horizontalalignment("left")
        last.set_horizontalalignment("right")
        axes.grid(visible=False)
        axes.tick_params(length=2, pad=3)
        axes.set_title(f"{block + 1}: {pretty(chosen)}", loc="left", pad=5, color=INK)

    return Drawing(f"paths-{block}", WIDTH, HEIGHT, plot)
