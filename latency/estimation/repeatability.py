"""How far a device is from itself: what its processes say of one and the same network.

A prediction is compared with a later measurement, by other processes, when a shared host may be
busier or a processor warmer. Within one measurement all networks shift together, so that the error
of left-out networks cannot see it; the processes of the measurement can.
"""

from collections.abc import Collection, Iterable

import numpy as np

from ..statistics.variance import VarianceEstimate
from ..tables.records import ProfileInfo
from ..tables.table import Table
from ..timing.measurement import Measurement

PRIOR = VarianceEstimate(0.02**2, 1)
"""What is believed of a device before it is measured, worth as much as a measurement."""


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
    """Return how far a later measurement of known networks lies from this one.

    Minima are reached again where several processes reached them: the gap between the best process
    and the next tells, slower ones do not. It is about what the minima of two sessions differ by
    (1.0 times for normal processes, 0.7 for exponential ones, three a session). All networks of a
    process are fast or slow together: they count as one observation.
    """
    best = [sorted(np.log(list(network.values())))[:2] for network in minima if len(network) > 1]
    if not best:
        return PRIOR
    return PRIOR.pooled(VarianceEstimate(float(np.mean(np.diff(best) ** 2)), 1))


def noise_floor(minima: Collection[dict[int, float]]) -> float | None:
    """Return the mean difference (%) between two halves of the processes; None if there is one."""
    differences = []
    for network in minima:
        halves = [[ms for process, ms in network.items() if process % 2 == rest] for rest in (0, 1)]
        if all(halves):
            faster, slower = sorted(map(min, halves))
            differences.append(slower / faster - 1)
    return 100 * float(np.mean(differences)) if differences else None
