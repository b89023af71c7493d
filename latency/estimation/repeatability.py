"""Repeatability of a device: how measurements of the same network differ between processes.

A prediction is compared with a later measurement by other processes, when a shared host may be
busier or a processor warmer. Within one session all networks shift together, so the error of
held-out networks does not include it; the differences between processes do.
"""

from collections.abc import Collection, Iterable

import numpy as np

from ..statistics.variance import VarianceEstimate
from ..tables.records import ProfileInfo
from ..tables.table import Table
from ..timing.measurement import Measurement

PRIOR = VarianceEstimate(0.02**2, 1)
"""Prior of the variance between sessions, with the weight of one measurement."""


def process_minima(
    table: Table, info: ProfileInfo, programs: Collection[str]
) -> dict[str, dict[int, float]]:
    """Return the fastest call (ms) of these programs of a profile, by program and process."""
    return fastest_calls(table.measurements(info.id, programs))


def fastest_calls(measurements: Iterable[Measurement]) -> dict[str, dict[int, float]]:
    """Return the fastest call (ms) of each program in each process."""
    fastest: dict[str, dict[int, float]] = {}
    for measurement in measurements:
        by_process = fastest.setdefault(measurement.program, {})
        process, milliseconds = measurement.process, measurement.minimum_ms
        by_process[process] = min(milliseconds, by_process.get(process, milliseconds))
    return fastest


def session_spread(minima: Collection[dict[int, float]]) -> VarianceEstimate:
    """Return the variance between a later session's measurement of the same networks and this one.

    The estimate is the gap between the fastest process and the next; slower ones are ignored. It is
    about the difference of the minima of two sessions (1.0 times it for normally distributed
    processes, 0.7 times for exponential ones, with three per session). The networks of a process
    are fast or slow together, so they count as one observation.
    """
    best = [sorted(np.log(list(network.values())))[:2] for network in minima if len(network) > 1]
    if not best:
        return PRIOR
    return PRIOR.pooled(VarianceEstimate(float(np.mean(np.diff(best) ** 2)), 1))


def noise_floor(minima: Collection[dict[int, float]]) -> float | None:
    """Return the mean difference (%) between two halves of the processes; None for one process."""
    differences = []
    for network in minima:
        halves = [
            [ms for process, ms in network.items() if process % 2 == parity] for parity in (0, 1)
        ]
        if all(halves):
            faster, slower = sorted(map(min, halves))
            differences.append(slower / faster - 1)
    return 100 * float(np.mean(differences)) if differences else None
