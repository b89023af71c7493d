"""How far one device is from itself: the same networks, measured again and again.

Every session measures the five networks of a profile in three fresh processes. What a table can
see is how its own processes differ (``process_sd``, percent); what a prediction meets later is how
sessions differ (``session_sd``). ``interval_coverage`` is the share of later measurements inside
the 90 % interval that a table would state around networks it has measured, every session taken as
the table and every other as the later one.
"""

import tempfile
from pathlib import Path

import numpy as np

from benchmarks.harness import Figures, Rows, cpu_runtimes, main
from latency import Protocol, Settings, Table
from latency.estimation.repeatability import process_minima, session_spread
from latency.hosts import LocalHost
from latency.profiling.network_sampling import calibration_networks
from latency.profiling.programs import measure_networks
from search_spaces import Operation, load_definition

NETWORKS = 5
SESSIONS = 8
PROTOCOL = Protocol(processes=3, rounds=4, extra=0)
QUICK = Protocol(processes=3, rounds=1, extra=0)


def measure(quick: bool) -> tuple[Figures, Rows]:
    """Measure every CPU runtime in turn, session after session."""
    definition = load_definition("imagenet")
    space = (definition.adapt(resolution=64) if quick else definition).expand()
    networks = [one.operations for one in calibration_networks(space, NETWORKS)]
    sessions: dict[str, list[list[dict[int, float]]]] = {name: [] for name in cpu_runtimes()}
    for _ in range(3 if quick else SESSIONS):
        for runtime, found in sessions.items():
            found.append(measure_session(runtime, networks, QUICK if quick else PROTOCOL))
    figures: Figures = {}
    for runtime, found in sessions.items():
        for name, value in compare(found).items():
            figures[f"{runtime.replace('-', '_')}_{name}"] = value
    rows = [
        {"runtime": runtime, "session": number, "process_minima_ms": minima}
        for runtime, found in sessions.items()
        for number, minima in enumerate(found)
    ]
    return figures, rows


def measure_session(
    runtime: str, networks: list[tuple[Operation, ...]], protocol: Protocol
) -> list[dict[int, float]]:
    """Return the minimum of each network in each process, as a table of their own sees them."""
    host = LocalHost()
    with (
        tempfile.TemporaryDirectory() as folder,
        Table.open(Path(folder) / "session.db", create=True) as table,
    ):
        address = host.device(runtime), runtime, host.version(runtime), Settings()
        info = table.add_profile(*address, libraries={})
        keys = measure_networks(table, info, networks, protocol)
        minima = process_minima(table, info, keys)
    return [minima[key] for key in keys]


def compare(sessions: list[list[dict[int, float]]]) -> Figures:
    """Return the figures of one runtime."""
    spreads = [session_spread(minima) for minima in sessions]
    processes = np.log([[list(one.values()) for one in minima] for minima in sessions])
    best = processes.min(axis=2)  # (sessions, networks)
    widths = np.array([spread.half_width() for spread in spreads])
    inside = np.abs(best[:, None] - best) <= widths[:, None, None]  # (table, later, networks)
    others = ~np.eye(len(sessions), dtype=bool)
    return {
        "process_sd": 100 * float(np.sqrt(processes.var(axis=2, ddof=1).mean())),
        "session_sd": 100 * float(best.mean(axis=1).std(ddof=1)),
        "interval": 100 * float(np.median(widths)),
        "interval_coverage": 100 * float(np.mean(inside[others])),
    }


if __name__ == "__main__":
    main("sessions", measure)
