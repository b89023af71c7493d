"""Draw a result of ``latency_error``: predicted against measured, a panel a runtime.

``python -m benchmarks.latency_error > result.json`` and then
``python -m benchmarks.latency_error_picture result.json docs/latency-error.svg``.
"""

import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.harness import Rows
from proxyless.reporting.colours import BLUE, INK, VERMILION
from proxyless.reporting.picture_file import write_picture

PREDICTORS = {"n0": "entries as measured", "n20": "calibrated by 20 networks"}
MARKERS = {"uniform": "o", "wide": "s"}
PANEL = 300


def draw(rows: Rows, path: Path) -> None:
    """Write the picture: .svg or .png."""
    runtimes = list(dict.fromkeys(row["runtime"] for row in rows))
    title = "Predicted and measured latency of networks nobody had seen"
    description = "; ".join(
        f"{runtime}: mean error {_error(rows, runtime, 'n0'):.1f} % as measured, "
        f"{_error(rows, runtime, 'n20'):.1f} % calibrated"
        for runtime in runtimes
    )

    def plot(figure: Any) -> None:
        panels = figure.subplots(1, len(runtimes), squeeze=False)[0]
        for axes, runtime in zip(panels, runtimes, strict=True):
            mine = [row for row in rows if row["runtime"] == runtime]
            for colour, (predictor, label) in zip(
                (VERMILION, BLUE), PREDICTORS.items(), strict=True
            ):
                for kind, marker in MARKERS.items():
                    points = [
                        (row["measured_ms"], row["predicted_ms"])
                        for row in mine
                        if (row["predictor"], row["networks"]) == (predictor, kind)
                    ]
                    axes.plot(
                        *zip(*points, strict=True),
                        marker,
                        color=colour,
                        markersize=4.5,
                        markerfacecolor=colour if predictor == "n20" else "none",
                        label=f"{label}, {kind} networks",
                    )
            measured = [row["measured_ms"] for row in mine]
            ends = [min(measured) * 0.95, max(measured) * 1.05]
            axes.plot(ends, ends, color=INK, linewidth=0.6)
            axes.set(title=runtime, xlabel="measured, ms")
        panels[0].set_ylabel("predicted, ms")
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="lower center", ncols=2)
        figure.tight_layout(rect=(0, 0.16, 1, 1))

    write_picture(path, PANEL * len(runtimes), PANEL + 60, plot, title, description)


def _error(rows: Rows, runtime: str, predictor: str) -> float:
    errors: list[float] = [
        abs(row["predicted_ms"] / row["measured_ms"] - 1)
        for row in rows
        if (row["runtime"], row["predictor"]) == (runtime, predictor)
    ]
    return 100 * sum(errors) / len(errors)


if __name__ == "__main__":
    result = json.loads(Path(sys.argv[1]).read_text().splitlines()[-1])
    draw(result["rows"], Path(sys.argv[2]))
