"""How far one device is from itself: the same networks, measured again and again.

Every session measures the five networks of a profile in fresh processes, as ``tables calibrate``
would. The spread of a session's processes is what a table can see of its own uncertainty; the
spread of sessions is what a prediction meets later. ``latency.calibration`` states intervals from
the first and from a prior that these figures are the source of.
"""

import tempfile
from pathlib import Path

import numpy as np

from benchmarks.harness import Figures, Rows, cpu_runtimes, main
from latency import Protocol, Settings, Table
from latency.hosts import LocalHost
from latency.profile import measure_networks
from latency.sampling import calibration_networks
from search_spaces import load_definition

NETWORKS = 5
SESSIONS = 8


def measure(quick: bool) -> tuple[Figures, Rows]:
    """Measure every CPU runtime in turn, session after session."""
    definition = load_definition("imagenet")
    space = (definition.adapt(resolution=64) if quick else definition).expand()
    networks = [one.operations for one in calibration_networks(space, NETWORKS)]
    protocol = Protocol(processes=3, rounds=1 if quick else 4, extra=0)
    host = LocalHost()
    rows: Rows = []
    with tempfile.TemporaryDirectory() as folder:
        for session in range(2 if quick else SESSIONS):
            for runtime in cpu_runtimes():
                with Table.open(Path(folder) / f"{session}-{runtime}.db", create=True) as table:
                    info = table.add_profile(
                        host.device(runtime), runtime, host.version(runtime), Settings(), {}
                    )
                    keys = measure_networks(table, info, networks, protocol)
                    found = {
                        (visit["process"], key): min(
                            one["minimum_ms"]
                            for one in table.visits(info.id)
                            if (one["process"], one["program"]) == (visit["process"], key)
                        )
                        for visit in table.visits(info.id)
                        for key in keys
                    }
                minima = [
                    [found[process, key] for key in keys] for process in range(protocol.processes)
                ]
                rows.append({"runtime": runtime, "session": session, "minima": minima})
                print(runtime, session, np.round(np.log(minima).mean(1), 4), flush=True)
    figures: Figures = {}
    for runtime in cpu_runtimes():
        minima = np.log([row["minima"] for row in rows if row["runtime"] == runtime])
        levels = minima.mean(2)  # (sessions, processes)
        tag = runtime.replace("-", "_")
        figures[f"{tag}_process_sd"] = 100 * float(np.sqrt(levels.var(1, ddof=1).mean()))
        pooled = minima.min(1)  # (sessions, networks)
        figures[f"{tag}_session_sd"] = 100 * float(pooled.mean(1).std(ddof=1))
        apart = pooled - pooled.mean(1, keepdims=True)
        figures[f"{tag}_network_sd"] = 100 * float(np.sqrt(apart.var(0, ddof=1).mean()))
    return figures, rows


if __name__ == "__main__":
    main("sessions", measure)
