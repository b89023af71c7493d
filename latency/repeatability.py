"""How far a device is from itself: what its processes say of one and the same network.

A prediction is compared with a later measurement, by other processes, when a shared host may be
busier or a processor warmer. Within one measurement all networks shift together, so that the error
of left-out networks cannot see it; the processes of the measurement can.
"""

from collections.abc import Collection

import numpy as np

from .spread import Spread
from .table import ProfileInfo, Table

PRIOR = Spread(0.02**2, 1)
"""What is believed of a device before it is measured, worth one process more."""


def process_minima(
    table: Table, info: ProfileInfo, programs: Collection[str]
) -> dict[str, dict[int, float]]:
    """Return the fastest call (ms) of each program in each process."""
    minima: dict[str, dict[int, float]] = {}
    for visit in table.visits(info.id):
        if visit["program"] in programs:
            mine = minima.setdefault(visit["program"], {})
            process, found = visit["process"], visit["minimum_ms"]
            mine[process] = min(found, mine.get(process, found))
    return minima


def session_spread(minima: Collection[dict[int, float]]) -> Spread:
    """Return how far a later measurement of known networks lies from this one.

    The minimum of three processes differs from another three's about as much as one process from
    another (exactly 1.06 times, were they normal), so the spread of processes is taken as it is.
    All networks of a process are fast or slow together: they count as one observation.
    """
    variances = [np.var(np.log(list(one.values())), ddof=1) for one in minima if len(one) > 1]
    if not variances:
        return PRIOR
    processes = max(map(len, minima))
    return PRIOR.pooled(Spread(float(np.mean(variances)), processes - 1))


def noise_floor(minima: Collection[dict[int, float]]) -> float | None:
    """Return the mean difference (%) between two halves of the processes; None if there is one."""
    differences = []
    for one in minima:
        halves = [[ms for number, ms in one.items() if number % 2 == side] for side in (0, 1)]
        if all(halves):
            faster, slower = sorted(map(min, halves))
            differences.append(slower / faster - 1)
    return 100 * float(np.mean(differences)) if differences else None
