"""Whether a device still behaves as its table recorded."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from search_spaces import InputError, Space

from .hosts import Host, LocalHost, host_fingerprint
from .measure import Sitting
from .predict import choose_profile
from .runtimes import Program
from .settings import Settings
from .table import ProfileInfo, Table

OPERATIONS, NETWORKS = 8, 2
PROCESSES, ROUNDS = 2, 4
TOLERANCE = 0.05
"""Relative difference that passes, where the noise floor of the table is not larger."""

Verdict = Literal["as recorded", "slower", "faster", "changed"]


@dataclass(frozen=True)
class Check:
    """Milliseconds now against recorded ones.

    ``ratios`` is now / recorded by program; ``drift`` their median and ``spread`` the median
    distance from it. ``verdict`` is "slower" or "faster" where all moved together (frequency,
    temperature, other programs), "changed" where programs moved apart (other kernels, another
    library): then the table has to be measured again.
    """

    profile: ProfileInfo
    version_now: str
    ratios: dict[str, float]
    drift: float
    spread: float
    tolerance: float
    verdict: Verdict


def check(
    path: Path,
    runtime: str | None = None,
    threads: int | None = None,
    batch: int | None = None,
    host: Host | None = None,
) -> Check:
    """Measure a few entries of a host's profile again, without touching the table.

    Raises:
        InputError: no measured profile of the host (this machine without one) fits.
    """
    host = host or LocalHost()
    device = host_fingerprint(host, runtime)
    with Table.open(path) as table:
        info = choose_profile(table, runtime, device, threads, batch)
        if info.method != "measured":
            raise InputError(
                f"{info} in table {path} was {info.method}: only measured profiles can be checked"
            )
        return _check(table, info, host)


def check_before_growth(
    path: Path, space: Space, runtime: str, settings: Settings, host: Host
) -> Check | None:
    """Check a calibrated profile that a space is about to be added to; None if there is none.

    What is measured in two regimes of a device does not add up to networks of either.
    """
    if not path.exists():
        return None
    address = host.device(runtime), runtime, host.version(runtime), settings, "measured"
    wanted = {operation.key for operation in space.operations()}
    with Table.open(path) as table:
        for info in table.profiles():
            found = info.device, info.runtime, info.version, info.settings, info.method
            if (
                found == address
                and table.calibration(info.id)
                and wanted - set(table.entries(info.id))
            ):
                return _check(table, info, host)
    return None


def _check(table: Table, info: ProfileInfo, host: Host) -> Check:
    recorded, programs = _sample(table, info)
    calibration = table.calibration(info.id)
    version = host.version(info.runtime)
    ratios = {key: now / recorded[key] for key, now in _measure(host, info, programs).items()}
    logarithms = np.log(list(ratios.values()))
    drift = float(np.exp(np.median(logarithms)))
    spread = float(np.median(np.abs(np.expm1(logarithms - np.log(drift)))))
    floor = calibration.noise_floor if calibration and calibration.noise_floor else 0.0
    tolerance = max(TOLERANCE, 2 * floor / 100)
    return Check(
        info, version, ratios, drift, spread, tolerance, _verdict(drift, spread, tolerance)
    )


def _verdict(drift: float, spread: float, tolerance: float) -> Verdict:
    if spread > tolerance:
        return "changed"
    if drift > 1 + tolerance:
        return "slower"
    return "faster" if drift < 1 / (1 + tolerance) else "as recorded"


def _sample(table: Table, info: ProfileInfo) -> tuple[dict[str, float], list[Program]]:
    """Return recorded milliseconds and programs: operations from cheap to dear, some networks."""
    recorded: dict[str, float] = {}
    programs = []
    for kind, count in (("operation", OPERATIONS), ("network", NETWORKS)):
        entries = table.entries(info.id, kind)
        known = table.programs(info.id, kind)
        ranked = sorted(known, key=lambda key: entries[key].milliseconds)
        places = np.linspace(0, len(ranked) - 1, min(count, len(ranked))).round().astype(int)
        for key in (ranked[place] for place in places):
            recorded[key] = entries[key].milliseconds
            programs.append(Program(key, known[key]))
    if not programs:
        raise InputError(f"{info} in table {table.path} has no entries to check")
    return recorded, programs


def _measure(host: Host, info: ProfileInfo, programs: list[Program]) -> dict[str, float]:
    found: dict[str, float] = {}
    visits = frozenset((number, program.key) for number in range(ROUNDS) for program in programs)
    for process in range(PROCESSES):
        for visit in host.run_sitting(
            info.runtime, programs, info.settings, Sitting(process, visits)
        ):
            best = found.get(visit.program, visit.minimum_ms)
            found[visit.program] = min(best, visit.minimum_ms)
    return found
