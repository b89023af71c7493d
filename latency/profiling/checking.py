"""Checking whether a device still has the latencies recorded in its table."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from search_spaces import InputError
from search_spaces.renamed import renamed_arguments

from ..hosts import Host, LocalHost
from ..prediction.predictor import choose_profile_of_host
from ..prediction.profile_query import ProfileQuery
from ..runtimes import Program
from ..tables.records import ProfileInfo
from ..tables.table import Table
from ..timing.measurement import MeasurementPlan

OPERATIONS, NETWORKS = 8, 2
PROCESSES, ROUNDS = 2, 4
TOLERANCE = 0.05
"""Accepted relative drift, unless twice the table's noise floor is larger; single programs, which
are noisier, may deviate from the drift by twice that."""
MAJORITY = 0.8
"""Share of the programs that must agree."""

Verdict = Literal["as recorded", "slower", "faster", "changed"]


@dataclass(frozen=True)
class Check:
    """Current milliseconds compared with recorded ones.

    ``ratios`` is now / recorded by program, ``drift`` their median, and ``spread`` the largest
    deviation from it of four in five programs. ``verdict`` is "slower" or "faster" if all changed
    together (frequency, temperature, other programs), "changed" if they changed differently (other
    kernels, another library); then the table must be measured again. ``libraries`` are those whose
    version has changed, as (recorded, now), None if it was or is missing.
    """

    profile: ProfileInfo
    version_now: str
    libraries: dict[str, tuple[str | None, str | None]]
    ratios: dict[str, float]
    drift: float
    spread: float
    tolerance: float
    verdict: Verdict


@renamed_arguments(wanted="query")
def check(
    path: Path,
    query: ProfileQuery | None = None,
    host: Host | None = None,
) -> Check:
    """Measure a few entries of a host's profile again, without touching the table.

    ``query`` selects among several profiles of the host.

    Raises:
        InputError: no measured profile of the host (this machine without one) fits.
    """
    host = host or LocalHost()
    with Table.read(path) as table:
        info = choose_profile_of_host(table, host, query or ProfileQuery())
        if info.method != "measured":
            raise InputError(
                f"{info} in table {path} was {info.method}: only measured profiles can be checked"
            )
        return check_profile(table, info, host)


def check_profile(table: Table, info: ProfileInfo, host: Host) -> Check:
    """Measure a few entries of this profile again on its host, without touching the table."""
    version = host.version(info.runtime)
    recorded, programs = _choose_programs(table, info)
    calibration = table.calibration(info.id)
    before, after = table.libraries(info.id), host.libraries(info.runtime)
    libraries = {
        name: (before.get(name), after.get(name))
        for name in sorted(before | after)
        if before.get(name) != after.get(name)
    }
    ratios = {key: now / recorded[key] for key, now in _measure(host, info, programs).items()}
    logarithms = np.log(list(ratios.values()))
    drift = float(np.exp(np.median(logarithms)))
    deviations = np.abs(np.expm1(logarithms - np.log(drift)))
    spread = float(np.quantile(deviations, MAJORITY))
    floor = calibration.noise_floor if calibration and calibration.noise_floor else 0.0
    tolerance = max(TOLERANCE, 2 * floor / 100)
    verdict = _verdict(drift, spread, tolerance)
    return Check(info, version, libraries, ratios, drift, spread, tolerance, verdict)


def _verdict(drift: float, spread: float, tolerance: float) -> Verdict:
    if spread > 2 * tolerance:
        return "changed"
    if drift > 1 + tolerance:
        return "slower"
    return "faster" if drift < 1 / (1 + tolerance) else "as recorded"


def _choose_programs(table: Table, info: ProfileInfo) -> tuple[dict[str, float], list[Program]]:
    """Return recorded milliseconds and programs: operations from fast to slow, some networks."""
    recorded: dict[str, float] = {}
    programs = []
    for kind, count in (("operation", OPERATIONS), ("network", NETWORKS)):
        entries = table.entries(info.id, kind)
        known = table.programs(info.id, kind)
        timed = [key for key in known if entries[key].milliseconds > 0]  # phones count microseconds
        ranked = sorted(timed, key=lambda key: entries[key].milliseconds)
        positions = np.linspace(0, len(ranked) - 1, min(count, len(ranked))).round().astype(int)
        for key in (ranked[position] for position in positions):
            recorded[key] = entries[key].milliseconds
            programs.append(Program(key, known[key]))
    if not programs:
        raise InputError(f"{info} in table {table.path} has no entries to check")
    return recorded, programs


def _measure(host: Host, info: ProfileInfo, programs: list[Program]) -> dict[str, float]:
    """Return the fastest call (ms) of each program."""
    fastest: dict[str, float] = {}
    measurements = frozenset(
        (number, program.key) for number in range(ROUNDS) for program in programs
    )
    for process in range(PROCESSES):
        for measurement in host.measure(
            info.runtime, programs, info.settings, MeasurementPlan(process, measurements)
        ):
            best = fastest.get(measurement.program, measurement.minimum_ms)
            fastest[measurement.program] = min(best, measurement.minimum_ms)
    return fastest
