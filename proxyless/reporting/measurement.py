"""The picture of predicted and measured latency."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ..deploy.benchmark import BenchmarkRow
from .colours import BLUE, GREEN, INK, PAPER, VERMILION
from .picture import Picture
from .style import TIGHT, Look
from .svg import Drawing

WIDTH, ROW_HEIGHT = 400.0, 50.0


def draw_measurements(
    rows: Sequence[BenchmarkRow], target_ms: float | None, relative_error: float | None
) -> Picture:
    """Draw a line per measurement from best to 95th percentile, the prediction and its interval.

    ``relative_error`` is the half width of the table's 90 % interval, as a share of the prediction;
    without it, predictions have no band.
    """

    def plot(figure: Figure) -> None:
        figure.set_layout_engine("constrained")
        axes = figure.add_subplot()
        for number, row in enumerate(rows):
            _draw_row(axes, number, row, relative_error)
        if target_ms is not None:
            axes.axvline(target_ms, color=VERMILION, ls="--", label="target")
        axes.set(ylim=(len(rows) - 0.4, -0.75), yticks=(), xlabel="ms")
        axes.set_xlim(0, 1.06 * _largest(rows, target_ms, relative_error or 0.0))
        axes.spines["left"].set_visible(False)
        handles, labels = axes.get_legend_handles_labels()
        legend = dict(zip(labels, handles, strict=True))
        figure.legend(legend.values(), legend.keys(), loc="outside upper left", ncols=4, **TIGHT)

    name = "predicted-against-measured"
    predicted = any(row.predicted_ms is not None for row in rows)
    return Picture(
        name,
        "Predicted against measured",
        _finding(rows, target_ms, relative_error),
        "Dot: best time, which is what predictions are of. Line: up to the 95th percentile, with "
        f"a tick at the median. {_band(relative_error) if predicted else ''}Numbers refer to the "
        "table.",
        (Drawing(name, WIDTH, 100 + ROW_HEIGHT * len(rows), plot),),
    )


def deviation(row: BenchmarkRow) -> str | None:
    """Return the deviation from the prediction, such as "+3.1 %"; None without a prediction."""
    if row.predicted_ms is None:
        return None
    return f"{100 * (row.times.best_ms / row.predicted_ms - 1):+.1f} %"


def is_inside(row: BenchmarkRow, relative_error: float) -> bool:
    """Return whether a measurement is within the interval of its prediction, which must exist."""
    assert row.predicted_ms is not None
    return abs(row.times.best_ms / row.predicted_ms - 1) <= relative_error


def _band(relative_error: float | None) -> str:
    if relative_error is None:
        return "The table states no error, so predictions have no band. "
    return (
        f"Band: the table's 90 % interval, the prediction ±{100 * relative_error:.1f} %, for a "
        "measurement made later. "
    )


def _draw_row(axes: Axes, number: int, row: BenchmarkRow, relative_error: float | None) -> None:
    times = row.times
    name = f"{number + 1}: {times.runtime}, {times.settings}"
    axes.text(0, number - 0.3, f" {name}", va="baseline", size=11, backgroundcolor=PAPER, zorder=5)
    if row.predicted_ms is not None:
        if relative_error is not None:
            half = row.predicted_ms * relative_error
            corner = (row.predicted_ms - half, number - 0.2)
            look: Look = {"facecolor": GREEN, "alpha": 0.3, "label": "interval"}
            axes.add_patch(Rectangle(corner, 2 * half, 0.4, **look))
        axes.plot(row.predicted_ms, number, "D", color=GREEN, ms=9, mec=INK, label="predicted")
    axes.plot([times.best_ms, times.p95_ms], [number] * 2, color=BLUE, lw=1.7, zorder=3)
    axes.plot(times.median_ms, number, "|", color=BLUE, ms=10, mew=1.7, zorder=3)
    axes.plot(times.best_ms, number, "o", color=BLUE, ms=6, mec=INK, label="measured", zorder=4)


def _largest(rows: Sequence[BenchmarkRow], target_ms: float | None, error: float) -> float:
    predictions = [(1 + error) * row.predicted_ms for row in rows if row.predicted_ms]
    return max([target_ms or 0.0, *(row.times.p95_ms for row in rows), *predictions])


def _finding(
    rows: Sequence[BenchmarkRow], target_ms: float | None, relative_error: float | None
) -> str:
    sentences = []
    for number, row in enumerate(rows, 1):
        sentence = f"{number}: {row.times.runtime} took {row.times.best_ms:.3g} ms"
        if row.predicted_ms is not None:
            sentence += f", predicted {row.predicted_ms:.3g} ms ({deviation(row)}"
            if relative_error is not None:
                sentence += ", within" if is_inside(row, relative_error) else ", outside"
                sentence += " the 90 % interval"
            sentence += ")"
        sentences.append(f"{sentence}.")
    if target_ms is not None:
        sentences.append(f"The target was {target_ms:.3g} ms.")
    return " ".join(sentences)
