"""One search for three devices: what it costs, and whether each device's network is its best one.

The devices are three runtimes of this machine. Each budget is what the same reference network, MB3
3x3 everywhere, is predicted to take there, so the budgets are equally hard. ``cost_ratio`` is the
time of one search for all by that of one search for one, interleaved, on the digits. The networks
of one search on CIFAR-10, in the space of ``small.toml``, are then measured everywhere. A device's
own network wins where every other one measures above the budget by more than the table's stated
error, or is no more accurate with the weights they share; ties in accuracy go to the faster one.
That search is left in ``runs/multi_device``: the same command goes on with it. ``--quick`` measures
the networks of the digits instead, after shorter searches.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harness import Figures, Rows, main, measured_ms
from benchmarks.trainings import CIFAR10, SMALL
from latency import Protocol, Table, load_predictor, profile
from proxyless import DeviceConfig, SearchConfig, TaskConfig, search
from proxyless.runs.found_network import FoundNetwork
from search_spaces import Architecture

RUNTIMES = ("onnxruntime", "litert", "torch-cpu")
REFERENCE = "MB3_3x3"
DIGITS = TaskConfig("digits", "tiny", batch_size=32, compute="cpu", compute_threads=1)


@dataclass(frozen=True)
class Setting:
    """How long to search, on what, and how much to measure."""

    task: TaskConfig
    warmup_epochs: int
    epochs: int
    interval: int
    protocol: Protocol

    def config(self, devices: Sequence[DeviceConfig]) -> SearchConfig:
        """Return the search for some devices."""
        return SearchConfig(
            self.task,
            tuple(devices),
            warmup_epochs=self.warmup_epochs,
            epochs=self.epochs,
            architecture_interval=self.interval,
        )


QUICK = Setting(DIGITS, 1, 2, 5, Protocol(processes=1, rounds=4, extra=0))
TIMED = Setting(DIGITS, 6, 10, 2, QUICK.protocol)
FULL = Setting(
    TaskConfig(str(CIFAR10), str(SMALL), compute="cpu", compute_threads=1),
    warmup_epochs=4,
    epochs=6,
    interval=2,
    protocol=Protocol(calibration_networks=20),
)


def measure(quick: bool) -> tuple[Figures, Rows]:
    """Time searches for one and for all, search for all, measure the matrix."""
    if not quick and not CIFAR10.exists():
        sys.exit(f"multi_device: CIFAR-10 is not at {CIFAR10}; --quick does without it")
    with tempfile.TemporaryDirectory() as folder:
        costs, found, devices = timed(QUICK if quick else TIMED, 1 if quick else 3, Path(folder))
        if quick:
            figures, rows = matrix(QUICK, devices, found)
    if not quick:
        kept = Path("runs/multi_device")
        devices = profiled(FULL, kept)
        figures, rows = matrix(FULL, devices, search(FULL.config(devices), kept / "search"))
    return costs | figures, rows


def timed(
    setting: Setting, turns: int, folder: Path
) -> tuple[Figures, list[FoundNetwork], list[DeviceConfig]]:
    """Return what searching for all costs, and the last such search's results and devices."""
    devices = profiled(setting, folder)
    times: list[tuple[float, float]] = []
    for turn in range(turns):
        start = time.perf_counter()
        search(setting.config(devices[:1]), folder / f"one{turn}")
        middle = time.perf_counter()
        found = search(setting.config(devices), folder / f"three{turn}")
        times.append((time.perf_counter() - middle, middle - start))
    figures = {
        "cost_ratio": statistics.median(together / alone for together, alone in times),
        "seconds_for_one": statistics.median(alone for _, alone in times),
    }
    return figures, found, devices


def profiled(setting: Setting, folder: Path) -> list[DeviceConfig]:
    """Return a device for each runtime, with its table and its budget."""
    space = setting.task.expand_space()
    choices = [[one.label for one in block.candidates].index(REFERENCE) for block in space.blocks]
    reference = Architecture.choose(space, choices)
    devices = []
    for runtime in RUNTIMES:
        table = folder / f"{runtime}.db"
        profile(space, table, runtime, protocol=setting.protocol)
        budget = load_predictor(table, runtime).network(reference.operations)
        devices.append(DeviceConfig(str(table), max_ms=budget, runtime=runtime))
    return devices


def matrix(
    setting: Setting, devices: Sequence[DeviceConfig], found: Sequence[FoundNetwork]
) -> tuple[Figures, Rows]:
    """Measure every network on every device and see whose is best."""
    everywhere = [_measured(found, device, setting.protocol) for device in devices]
    rows = [
        {
            "device": device.runtime,
            "budget_ms": device.max_ms,
            "stated_error": found[number].result.relative_error,
            "measured_ms_of_network_for": dict(zip(RUNTIMES, measured, strict=True)),
            "won": _wins(number, device, measured, found),
            "network": " ".join(found[number].architecture.labels),
            "supernet_accuracy": found[number].result.supernet_accuracy,
        }
        for number, (device, measured) in enumerate(zip(devices, everywhere, strict=True))
    ]
    fastest = sum(measured[own] == min(measured) for own, measured in enumerate(everywhere))
    figures: Figures = {
        "diagonal_wins": sum(bool(row["won"]) for row in rows),
        "diagonal_fastest": fastest,
        "different_networks": len({one.architecture.labels for one in found}),
    }
    return figures, rows


def _measured(
    found: Sequence[FoundNetwork], device: DeviceConfig, protocol: Protocol
) -> list[float]:
    with Table.open(Path(device.table)) as table:
        info = load_predictor(Path(device.table), device.runtime).info
        return measured_ms(table, info, [one.architecture for one in found], protocol)


def _wins(
    own: int, device: DeviceConfig, measured: Sequence[float], found: Sequence[FoundNetwork]
) -> bool:
    """Return whether no other network is better on the device of number ``own``."""
    accuracy = [one.result.supernet_accuracy for one in found]
    error = found[own].result.relative_error or 0.0
    assert device.max_ms is not None
    return not any(
        ms <= device.max_ms * (1 + error)
        and (accuracy[other], -ms) > (accuracy[own], -measured[own])
        for other, ms in enumerate(measured)
        if other != own
    )


if __name__ == "__main__":
    main("multi_device", measure)
