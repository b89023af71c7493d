"""Held-out error of latency tables: predicted against measured networks, on every runtime.

One table a runtime is measured and calibrated anew; then networks nobody has seen are measured the
same day: "uniform" ones (every choice alike) and "wide" ones (varied depth and mix). Predictions
use no measured network (``n0``), the five a profile measures by itself (``n5``), or twenty. The
control knows MACs alone, an affine map fitted to the same twenty networks. ``--quick`` measures
fewer networks of a smaller input, too hastily for its errors to mean much.
"""

import random
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.harness import Figures, Rows, cpu_runtimes, main
from latency import Protocol, Table, calibrate, load_predictor, profile
from latency.estimation.repeatability import noise_floor, process_minima
from latency.profiling.network_sampling import calibration_networks, uniform_network, wide_network
from latency.profiling.programs import measure_networks
from latency.statistics.prediction_errors import ErrorStatistics
from search_spaces import Architecture, load_definition

ANCHORS = 5
NETWORKS = Protocol(processes=3, rounds=3)
QUICK = Protocol(processes=2, rounds=1, extra=0)
SEED = 20
"""Of the held-out networks; those of a calibration are drawn with 0."""


def measure(quick: bool) -> tuple[Figures, Rows]:
    """Measure every CPU runtime that is installed."""
    figures: Figures = {}
    rows: Rows = []
    for runtime in cpu_runtimes():
        with tempfile.TemporaryDirectory() as folder:
            found, measured = measure_runtime(runtime, Path(folder) / "table.db", quick)
        figures |= found
        rows += measured
    return figures, rows


def measure_runtime(runtime: str, path: Path, quick: bool) -> tuple[Figures, Rows]:
    """Profile ``imagenet`` (a small input with ``quick``), then predict and measure networks."""
    definition = load_definition("imagenet")
    space = (definition.adapt(resolution=64) if quick else definition).expand()
    calibrating, held_out = (5, 3) if quick else (20, 20)
    info = profile(space, path, runtime, protocol=QUICK if quick else Protocol())
    generator = random.Random(SEED)
    kinds = {
        "uniform": [uniform_network(space, generator) for _ in range(held_out)],
        "wide": [wide_network(space, generator) for _ in range(held_out)],
    }
    known = calibration_networks(space, calibrating)
    networks = [*known, *kinds["uniform"], *kinds["wide"]]
    with Table.open(path) as table:
        operations = [one.operations for one in networks]
        keys = measure_networks(table, info, operations, QUICK if quick else NETWORKS)
        entries = table.entries(info.id, "network")
        floor = noise_floor(process_minima(table, info, keys).values())
        measured = {one: entries[key].milliseconds for one, key in zip(networks, keys, strict=True)}
    tag = runtime.replace("-", "_")
    figures: Figures = {} if floor is None else {f"{tag}_noise_floor": floor}
    rows: Rows = []
    for name, count in (("n0", 0), ("n5", ANCHORS), ("n20", calibrating)):
        with Table.open(path) as table:
            calibrate(table, info, keys[:count])
        predictor = load_predictor(path, runtime, raw=count == 0)
        for kind, unseen in kinds.items():
            predicted = [predictor.network(one.operations) for one in unseen]
            actual = [measured[one] for one in unseen]
            statistics = ErrorStatistics.of(predicted, actual)
            prefix = f"{tag}_{kind}" if name == "n20" else f"{tag}_{name}_{kind}"
            figures[f"{prefix}_mape"] = statistics.mape
            error = predictor.relative_error()
            rows += _rows(runtime, name, kind, predicted, actual, error)
            if name == "n20":
                figures |= _details(prefix, statistics)
            if error is not None:
                inside = np.abs(np.divide(actual, predicted) - 1) <= error
                figures[f"{prefix}_interval_coverage"] = 100 * float(np.mean(inside))
    for kind, unseen in kinds.items():
        control = macs_control(known, unseen, measured)
        actual = [measured[one] for one in unseen]
        figures[f"{tag}_{kind}_macs_mape"] = ErrorStatistics.of(control, actual).mape
    return figures, rows


def macs_control(
    known: list[Architecture], unseen: list[Architecture], measured: dict[Architecture, float]
) -> list[float]:
    """Predict from MACs by an affine map, fitted by least squares of relative errors."""
    weights = [1 / measured[one] for one in known]
    slope, offset = np.polyfit(
        [macs(one) for one in known], [measured[o] for o in known], 1, w=weights
    )
    return [float(slope * macs(one) + offset) for one in unseen]


def macs(architecture: Architecture) -> int:
    """Multiply-adds of a network."""
    return sum(operation.macs for operation in architecture.operations)


def _details(prefix: str, statistics: ErrorStatistics) -> Figures:
    assert statistics.spearman is not None
    return {
        f"{prefix}_bias": statistics.bias,
        f"{prefix}_within_5": statistics.within_5,
        f"{prefix}_spearman": statistics.spearman,
    }


def _rows(
    runtime: str,
    name: str,
    kind: str,
    predicted: list[float],
    actual: list[float],
    error: float | None,
) -> Rows:
    return [
        {
            "runtime": runtime,
            "predictor": name,
            "networks": kind,
            "predicted_ms": one,
            "measured_ms": other,
            "relative_error": error,
        }
        for one, other in zip(predicted, actual, strict=True)
    ]


if __name__ == "__main__":
    main("latency_error", measure)
