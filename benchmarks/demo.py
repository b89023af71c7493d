"""The demo's figures: how long, how accurate, how well predicted.

There is no quicker honest version of it, so ``--quick`` runs the same.
"""

import tempfile
import time
from pathlib import Path

from benchmarks.harness import Figures, Rows, main
from proxyless.demonstration import demo


def measure(quick: bool) -> tuple[Figures, Rows]:
    """Run the demo in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        result = demo(Path(folder) / "demo", lambda name: lambda *_: None)
        seconds = time.perf_counter() - start
    figures = {
        "seconds": seconds,
        "accuracy": result.test_accuracy,
        "target_ms": result.target_ms,
        "predicted_ms": result.predicted_ms,
        "measured_ms": result.measured_ms,
        "error_percent": 100 * (result.measured_ms / result.predicted_ms - 1),
        "max_difference": result.max_difference,
    }
    return figures, [{"architecture": result.architecture}]


if __name__ == "__main__":
    main("demo", measure)
