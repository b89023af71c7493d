"""What every benchmark shares: its command line, its result, and times taken interleaved."""

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from typing import Any

from latency import ProfileInfo, Protocol, Table, available_runtimes, this_cpu
from latency.profiling.programs import measure_networks
from search_spaces import Architecture

Figures = dict[str, float]
Rows = list[dict[str, Any]]


def main(name: str, measure: Callable[[bool], tuple[Figures, Rows]]) -> None:
    """Parse ``--quick``, measure, and print the result as the last line."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}")
    parser.add_argument("--quick", action="store_true", help="measure less")
    quick: bool = parser.parse_args().quick
    figures, rows = measure(quick)
    result = {
        "benchmark": name,
        "quick": quick,
        "machine": machine(),
        "figures": figures,
        "rows": rows,
    }
    print(json.dumps(result))


def machine() -> dict[str, Any]:
    """Describe where the figures come from."""
    device = this_cpu()
    packages = ("torch", "onnxruntime", "numpy")
    return {
        "device": str(device),
        "system": device.system,
        "load": os.getloadavg()[0],
        **{package: version(package) for package in packages},
    }


def cpu_runtimes() -> list[str]:
    """Return the runtimes installed here that run on the CPU."""
    return [name for name in available_runtimes() if not name.startswith("torch-cuda")]


def interleaved(
    alternatives: Mapping[str, Callable[[], object]], repetitions: int
) -> dict[str, list[float]]:
    """Time alternatives in turn, after one untimed round; returns seconds of each repetition."""
    seconds: dict[str, list[float]] = {name: [] for name in alternatives}
    for repetition in range(repetitions + 1):
        for name, call in alternatives.items():
            start = time.perf_counter()
            call()
            if repetition > 0:
                seconds[name].append(time.perf_counter() - start)
    return seconds


def median_ratio(seconds: Mapping[str, list[float]], name: str, reference: str) -> float:
    """Return the median over repetitions of one alternative's time by the reference's."""
    pairs = zip(seconds[name], seconds[reference], strict=True)
    return statistics.median(one / other for one, other in pairs)


def measured_ms(
    table: Table, info: ProfileInfo, networks: Sequence[Architecture], protocol: Protocol
) -> list[float]:
    """Measure whole networks in turn, into a profile, and return what they take."""
    keys = measure_networks(table, info, [one.operations for one in networks], protocol)
    entries = table.entries(info.id, "network")
    return [entries[key].milliseconds for key in keys]
