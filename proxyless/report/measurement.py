"""Predicted against measured latency."""

from collections.abc import Sequence
from typing import Any

from matplotlib.patches import Rectangle

from ..benchmark import BenchmarkRow
from .colours import BLUE, GREEN, INK, PAPER, VERMILION
from .svg import Picture, draw
from .words import NOTHING

WIDTH, ROW_HEIGHT = 400.0, 50.0
TOLERANCE = 0.1
"""Half-width of the band around a prediction, as a share of it."""
TIGHT = {"handlelength": 1.3, "handletextpad": 0.5, "columnspacing": 1.2}


def draw_measurements(rows: Sequence[BenchmarkRow], target_ms: float | None) -> Picture:
    """One line a measured file: best to 95th percentile, the prediction and its ±10 % band."""

    def plot(figure: Any) -> None:
        figure.set_layout_engine("constrained")
        axes = figure.add_subplot()
        for number, row in enumerate(rows):
            _draw_row(axes, number, row)
        if target_ms is not None:
            axes.axvline(target_ms, color=VERMILION, ls="--", label="target")
        axes.set(ylim=(len(rows) - 0.4, -0.75), yticks=(), xlabel="ms")
        axes.set_xlim(0, 1.06 * _largest(rows, target_ms))
        axes.spines["left"].set_visible(False)
        handles, labels = axes.get_legend_handles_labels()
        legend = dict(zip(labels, handles, strict=True))
        figure.legend(legend.values(), legend.keys(), loc="outside upper left", ncols=4, **TIGHT)

    drawing = draw("measurements", WIDTH, 100 + ROW_HEIGHT * len(rows), plot)
    return Picture(
        "Predicted against measured",
        _finding(rows, target_ms),
        "Dot: best time, which is what predictions are of. Line: up to the 95th percentile, with "
        "a tick at the median. Band: the prediction ±10 %. Numbers refer to the table.",
        (drawing,),
    )


def deviation(row: BenchmarkRow) -> str:
    """Return how far the measurement is from the prediction, such as "+3.1 %"."""
    if row.predicted_ms is None:
        return NOTHING
    return f"{100 * (row.best_ms / row.predicted_ms - 1):+.1f} %"


def _draw_row(axes: Any, number: int, row: BenchmarkRow) -> None:
    plural = "" if row.threads == 1 else "s"
    name = f"{number + 1}: {row.runtime}, {row.threads} thread{plural}, batch {row.batch}"
    axes.text(0, number - 0.3, f" {name}", va="baseline", size=11, backgroundcolor=PAPER, zorder=5)
    if row.predicted_ms is not None:
        low, width = row.predicted_ms * (1 - TOLERANCE), row.predicted_ms * 2 * TOLERANCE
        axes.add_patch(
            Rectangle((low, number - 0.2), width, 0.4, facecolor=GREEN, alpha=0.3, label="±10 %")
        )
        axes.plot(row.predicted_ms, number, "D", color=GREEN, ms=9, mec=INK, label="predicted")
    axes.plot([row.best_ms, row.p95_ms], [number] * 2, color=BLUE, lw=1.7, zorder=3)
    axes.plot(row.median_ms, number, "|", color=BLUE, ms=10, mew=1.7, zorder=3)
    axes.plot(row.best_ms, number, "o", color=BLUE, ms=6, mec=INK, label="measured", zorder=4)


def _largest(rows: Sequence[BenchmarkRow], target_ms: float | None) -> float:
    predictions = [(1 + TOLERANCE) * row.predicted_ms for row in rows if row.predicted_ms]
    return max([target_ms or 0.0, *(row.p95_ms for row in rows), *predictions])


def _finding(rows: Sequence[BenchmarkRow], target_ms: float | None) -> str:
    sentences = []
    for number, row in enumerate(rows, 1):
        sentence = f"{number}: {row.runtime} took {row.best_ms:.3g} ms"
        if row.predicted_ms is not None:
            sentence += f", predicted {row.predicted_ms:.3g} ms ({deviation(row)})"
        sentences.append(f"{sentence}.")
    if target_ms is not None:
        sentences.append(f"The target was {target_ms:.3g} ms.")
    return " ".join(sentences)
