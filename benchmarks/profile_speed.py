"""Seconds to profile the whole ``imagenet`` space, graphs and processes included, per runtime.

``cold`` starts with no table, as a user would the first time; ``resumed`` calls again on the
finished table and has nothing to measure. ``--quick`` has one process and two rounds of the same
protocol, so its seconds are not those of a whole profile.
"""

import tempfile
import time
from pathlib import Path

from benchmarks.harness import Figures, Rows, cpu_runtimes, main
from latency import Protocol, load_predictor, profile
from search_spaces import load_space


def measure(quick: bool) -> tuple[Figures, Rows]:
    """Profile on every CPU runtime that is installed."""
    space = load_space("imagenet")
    protocol = Protocol(processes=1, rounds=2, extra=0) if quick else Protocol()
    figures: Figures = {}
    rows: Rows = []
    for runtime in cpu_runtimes():
        tag = runtime.replace("-", "_")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "table.db"
            seconds = []
            for _ in ("cold", "resumed"):
                start = time.perf_counter()
                profile(space, path, runtime, protocol=protocol)
                seconds.append(time.perf_counter() - start)
            calibration = load_predictor(path, runtime).calibration
            size = path.stat().st_size
        figures[f"{tag}_seconds"], figures[f"{tag}_resumed_seconds"] = seconds
        rows.append(
            {
                "runtime": runtime,
                "operations": len(space.operations()),
                "processes": protocol.processes,
                "rounds": protocol.rounds,
                "table_bytes": size,
                "anchor_error_percent": calibration.held_out.mape if calibration else None,
            }
        )
    return figures, rows


if __name__ == "__main__":
    main("profile_speed", measure)
