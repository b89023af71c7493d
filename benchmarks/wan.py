"""Training across an emulated wide-area network: synchronous, local and delayed.

Four workers, each in a network namespace, 40 ms one way from any other: a ring all-reduce of gloo's
takes the 480 ms of the published setting. Synchronous and local SGD are as usual (ring all-reduce);
delayed is ours, and so is ``synchronous_direct``, its exchange without a delay. Each worker
alone is what scalability is measured against. Bytes are counted at the workers' interfaces.
"""

import json
import statistics
import subprocess
import sys
import time
from dataclasses import asdict
from typing import Any

from benchmarks.harness import Figures, Rows, main
from benchmarks.network.network import Network, open_network
from benchmarks.wan_worker import PORT, Task, Way
from proxyless.distributed.plan.codec import get_codec
from proxyless.distributed.plan.conditions import Conditions
from proxyless.distributed.plan.forecast import forecast
from proxyless.distributed.plan.schedule import Schedule

WORKERS = 4
DELAY_MS = 40.0
STEP_SECONDS = 0.008
VALUES = 32_768
DELAY, PERIOD = 24, 8
"""What ``proxyless plan`` recommends here, and as many steps again for workers that are late."""


def ways(quick: bool) -> tuple[Way, ...]:
    """Return what is compared."""
    many = 1 if quick else 4
    return (
        Way("alone", "alone", 200),
        Way("synchronous", "ring", 6 * many),
        Way("local", "local", 6 * PERIOD * many, period=PERIOD),
        Way("synchronous_direct", "delayed", 20 * many),
        Way("delayed", "delayed", 304 * many, DELAY, PERIOD),
        Way("delayed_top_k", "delayed", 304 * many, DELAY, PERIOD, "top-k"),
    )


def measure(quick: bool) -> tuple[Figures, Rows]:
    """Train in every way, in turns."""
    rows: Rows = []
    with open_network(WORKERS, DELAY_MS) as network:
        if not isinstance(network, Network):
            raise SystemExit("wan needs network namespaces: gloo cannot go through a proxy")
        for _ in range(1 if quick else 3):
            rows += train(network, ways(quick))
    return figures_of(rows), rows


def train(network: Network, compared: tuple[Way, ...]) -> Rows:
    """Let all workers train in all ways; return a row for each worker and way."""
    task = Task(network.address(0), WORKERS, STEP_SECONDS, VALUES, network.interface, compared)
    store = network.start(
        0,
        [sys.executable, "-m", "benchmarks.wan_store", task.host, str(PORT)],
        stdout=subprocess.PIPE,
    )
    assert store.stdout is not None
    store.stdout.readline()
    started = [
        network.start(
            rank,
            [sys.executable, "-m", "benchmarks.wan_worker", str(rank), json.dumps(asdict(task))],
            stdout=subprocess.PIPE,
        )
        for rank in range(WORKERS)
    ]
    outputs = [process.communicate()[0] for process in started]
    if any(process.returncode for process in started):
        raise SystemExit(f"a worker failed: {[process.returncode for process in started]}")
    store.terminate()
    store.wait()
    time.sleep(0.1)
    return [json.loads(line) for output in outputs for line in output.splitlines()]


def figures_of(rows: Rows) -> Figures:
    """Return scalabilities, and the bytes of a step beside those of a synchronous one."""
    per_step = {
        name: statistics.median(
            row["seconds"] / row["way"]["steps"] for row in rows if row["way"]["name"] == name
        )
        for name in {row["way"]["name"] for row in rows}
    }
    scalability = {name: per_step["alone"] / seconds for name, seconds in per_step.items()}
    planned = {name: plan_of(way) for name, way in _ways_of(rows).items() if way["kind"] != "alone"}
    return {
        "sync_scalability": scalability["synchronous"],
        "local_scalability": scalability["local"],
        "delayed_scalability": scalability["delayed"],
        "delayed_top_k_scalability": scalability["delayed_top_k"],
        "sync_direct_scalability": scalability["synchronous_direct"],
        "speedup": scalability["delayed"] / scalability["synchronous"],
        "bytes_ratio": bytes_a_step(rows, "delayed") / bytes_a_step(rows, "synchronous"),
        "top_k_bytes_ratio": bytes_a_step(rows, "delayed_top_k")
        / bytes_a_step(rows, "synchronous"),
        "plan_error_percent": max(
            100 * abs(planned[name] / scalability[name] - 1) for name in planned
        ),
        **{
            f"plan_error_percent_{name}": 100 * (planned[name] / scalability[name] - 1)
            for name in sorted(planned)
        },
        "step_ms_alone": 1e3 * per_step["alone"],
    }


def _ways_of(rows: Rows) -> dict[str, dict[str, Any]]:
    return {row["way"]["name"]: row["way"] for row in rows}


def bytes_a_step(rows: Rows, name: str) -> float:
    """Return what a worker's interface sent for a step, on average."""
    its = [row for row in rows if row["way"]["name"] == name]
    return sum(row["bytes"] for row in its) / sum(row["way"]["steps"] for row in its)


def plan_of(way: dict[str, Any]) -> float:
    """Return the scalability that ``proxyless plan`` predicts; a ring of gloo's shakes hands."""
    ring = way["kind"] in ("ring", "local")
    conditions = Conditions(
        STEP_SECONDS,
        (2 if ring else 1) * DELAY_MS / 1e3,
        float("inf"),
        WORKERS,
        4 * VALUES,
        "ring" if ring else "direct",
    )
    codec = get_codec(way["codec"], way["kept"])
    return forecast(conditions, Schedule(way["delay"], way["period"]), codec).scalability


if __name__ == "__main__":
    main("wan", measure)
