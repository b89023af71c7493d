"""One search for three devices: what it costs, and whether each device's network is its best one.

The devices are three runtimes of this machine. Each budget is what the same reference network, MB3
3x3 everywhere, is predicted to take there, so the budgets are equally hard. ``cost_ratio`` is the
time of one search for all by that of one search for one, interleaved. Then every network is
measured everywhere. A device's own network wins where every other one measures above the budget by
more than the table's stated error, or is no more accurate with the weights they share; ties in
accuracy go to the faster one. ``--quick`` searches for a shorter time.
"""

import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.harness import Figures, Rows, main
from latency import Protocol, Table, load_predictor, profile
from latency.profile import measure_networks
from proxyless import DeviceConfig, SearchConfig, TaskConfig, search
from proxyless.search_result import SearchResult
from search_spaces import Architecture, Space, load_space

RUNTIMES = ("onnxruntime", "litert", "torch-cpu")
REFERENCE = "MB3_3x3"


def measure(quick: bool) -> tuple[Figures, Rows]:
    """Profile three runtimes, search for one and for all, measure the matrix."""
    space = load_space("tiny")
    protocol = Protocol(processes=1, rounds=4, extra=0) if quick else Protocol(anchors=20)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        devices = [_device(folder / f"{one}.db", one, space, protocol) for one in RUNTIMES]
        times: list[tuple[float, float]] = []
        for turn in range(1 if quick else 3):
            alone, _ = _search(devices[:1], folder / f"one{turn}", quick)
            together, found = _search(devices, folder / f"three{turn}", quick)
            times.append((together, alone))
        matrix = [_measured(found, device, protocol) for device in devices]
    rows = [
        {
            "device": device.runtime,
            "budget_ms": device.max_ms,
            "stated_error": found[number].summary["relative_error"],
            "measured_ms": dict(zip(RUNTIMES, measured, strict=True)),
            "won": _wins(number, device, measured, found),
            "network": " ".join(found[number].architecture.labels),
            "supernet_accuracy": found[number].summary["supernet_accuracy"],
        }
        for number, (device, measured) in enumerate(zip(devices, matrix, strict=True))
    ]
    figures: Figures = {
        "cost_ratio": statistics.median(together / alone for together, alone in times),
        "diagonal_wins": sum(bool(row["won"]) for row in rows),
        "diagonal_fastest": sum(measured[i] == min(measured) for i, measured in enumerate(matrix)),
        "different_networks": len({one.architecture.labels for one in found}),
        "seconds_for_one": statistics.median(alone for _, alone in times),
    }
    return figures, rows


def _device(table: Path, runtime: str, space: Space, protocol: Protocol) -> DeviceConfig:
    profile(space, table, runtime, protocol=protocol)
    choices = [[one.label for one in block.candidates].index(REFERENCE) for block in space.blocks]
    reference = Architecture.choose(space, choices)
    budget = load_predictor(table, runtime).network(reference.operations)
    return DeviceConfig(str(table), max_ms=budget, runtime=runtime)


def _search(
    devices: Sequence[DeviceConfig], run: Path, quick: bool
) -> tuple[float, list[SearchResult]]:
    task = TaskConfig("digits", "tiny", batch_size=32, compute="cpu", compute_threads=1)
    config = SearchConfig(
        task,
        tuple(devices),
        warmup_epochs=1 if quick else 6,
        epochs=2 if quick else 10,
        architecture_interval=5 if quick else 2,
    )
    start = time.perf_counter()
    found = search(config, run)
    return time.perf_counter() - start, found


def _measured(
    found: Sequence[SearchResult], device: DeviceConfig, protocol: Protocol
) -> list[float]:
    with Table.open(Path(device.table)) as table:
        info = load_predictor(Path(device.table), device.runtime).info
        networks = [one.architecture.operations for one in found]
        keys = measure_networks(table, info, networks, protocol)
        entries = table.entries(info.id, "network")
        return [entries[key].milliseconds for key in keys]


def _wins(
    own: int, device: DeviceConfig, measured: Sequence[float], found: Sequence[SearchResult]
) -> bool:
    """Return whether no other network is better on the device of number ``own``."""
    accuracy = [one.summary["supernet_accuracy"] for one in found]
    error = found[own].summary["relative_error"] or 0.0
    assert device.max_ms is not None
    return not any(
        ms <= device.max_ms * (1 + error)
        and (accuracy[other], -ms) > (accuracy[own], -measured[own])
        for other, ms in enumerate(measured)
        if other != own
    )


if __name__ == "__main__":
    main("multi_device", measure)
