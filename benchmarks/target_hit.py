"""Whether a search keeps its budget: requested, predicted and measured latencies.

On every CPU runtime here: a table of `tiny` is profiled, then one short search on digits is run per
target, the targets spread over what the space can reach. ``--max-ms`` must never be exceeded by the
prediction, and the network should use what the budget lets it reach. What is derived is then
measured, by the protocol of the table, against the table's own 90 % interval.
"""

import tempfile
from pathlib import Path

import numpy as np
import torch

from benchmarks.harness import Figures, Rows, cpu_runtimes, main, measured_ms
from latency import (
    Predictor,
    Protocol,
    Table,
    choice_mask,
    load_predictor,
    profile as profile_space,
)
from proxyless import DeviceConfig, SearchConfig, TaskConfig, search
from proxyless.constraints.integer_program import Limit, best_choices
from proxyless.runs.found_network import FoundNetwork
from search_spaces import Space, load_space

TARGETS = 10
TASK = TaskConfig("digits", "tiny", batch_size=32, compute="cpu", compute_threads=1)


def measure(quick: bool) -> tuple[Figures, Rows]:
    """Search for each target on each runtime; two targets of two runtimes with ``quick``."""
    rows: Rows = []
    for runtime in cpu_runtimes()[: 2 if quick else None]:
        with tempfile.TemporaryDirectory() as folder:
            rows += _on_runtime(runtime, Path(folder), 2 if quick else TARGETS, quick)
    errors = [abs(row["measured_ms"] / row["predicted_ms"] - 1) for row in rows]
    stated = [row["stated_error"] for row in rows]
    figures: Figures = {
        "targets": len(rows),
        "budget_violations": sum(row["predicted_ms"] > row["max_ms"] for row in rows),
        "mean_gap_percent": float(np.mean([row["gap_percent"] for row in rows])),
        "largest_gap_percent": max(row["gap_percent"] for row in rows),
        "measured_within_stated_error_percent": 100
        * float(np.mean([e <= s for e, s in zip(errors, stated, strict=True)])),
        "mean_measured_error_percent": 100 * float(np.mean(errors)),
        "measured_over_budget_percent": 100
        * float(np.mean([row["measured_ms"] > row["max_ms"] for row in rows])),
    }
    return figures, rows


def _on_runtime(runtime: str, folder: Path, targets: int, quick: bool) -> Rows:
    space = load_space("tiny")
    path = folder / "table.db"
    protocol = (
        Protocol(processes=1, rounds=4, extra=0) if quick else Protocol(calibration_networks=20)
    )
    info = profile_space(space, path, runtime, protocol=protocol)
    predictor = load_predictor(path, runtime)
    low, high = predictor.bounds(space)
    wanted = np.linspace(low, high, targets + 2)[1:-1]
    found = [
        search(_config(path, runtime, float(limit), quick), folder / f"{number}")[0]
        for number, limit in enumerate(wanted)
    ]
    with Table.open(path) as table:
        measured = measured_ms(table, info, [one.architecture for one in found], protocol)
    return [
        _row(runtime, space, predictor, float(limit), one, ms)
        for limit, one, ms in zip(wanted, found, measured, strict=True)
    ]


def _config(table: Path, runtime: str, limit: float, quick: bool) -> SearchConfig:
    return SearchConfig(
        TASK,
        (DeviceConfig(str(table), max_ms=limit, runtime=runtime),),
        warmup_epochs=0 if quick else 4,
        epochs=2 if quick else 6,
        architecture_interval=4 if quick else 2,
    )


def _row(
    runtime: str,
    space: Space,
    predictor: Predictor,
    limit: float,
    found: FoundNetwork,
    measured: float,
) -> dict[str, object]:
    costs, mask = predictor.costs(space), choice_mask(space)
    dearest = best_choices(-costs.choices, [Limit(costs, limit)], mask)
    assert dearest is not None
    reachable = float(costs.of(torch.as_tensor(dearest)))
    predicted = found.result.predicted_ms
    return {
        "runtime": runtime,
        "max_ms": limit,
        "reachable_ms": reachable,
        "predicted_ms": predicted,
        "gap_percent": 100 * (reachable / predicted - 1),
        "measured_ms": measured,
        "stated_error": predictor.relative_error(),
        "network": " ".join(found.architecture.labels),
    }


if __name__ == "__main__":
    main("target_hit", measure)
