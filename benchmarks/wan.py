"""Training across an emulated wide-area network: synchronous, local and delayed.

Four workers, each in a network namespace, 40 ms one way from any other: a ring all-reduce of gloo's
takes the 480 ms of the published setting. Synchronous and local SGD are as usual (ring all-reduce);
delayed is ours, with the local update quasi-hyperbolic (``delayed_replay``: replay),
and so is ``synchronous_direct``, its exchange without a delay. Each worker alone is what
scalability is measured against. Bytes are counted at the workers' interfaces.

``proxyless plan`` is given what can be measured beforehand: the step of a worker that exchanges
with nobody (``apart``, where it is ours: with the trainer's own work), what ping says, and what a
worker can send while all do. ``plan_error_percent`` is how far it is from what then happened.

Where torchft is installed, it trains the same network in the same run: by Local SGD and by
streaming DiLoCo, with as many steps from one average to the next as a worker of ours is ahead of
the average at most; and by a DiLoCo that averages seldom enough to hide all of it but its quorum.

Losses are those after equally many steps of every way. What is trained is as simple as can be, a
quadratic with images of one kind for all workers: losses tell that gradients were averaged, and
all of them used. They do not tell what late or rare averages cost a network. ``--quick`` has only
what the goals are about.
"""

import importlib.util
import json
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, replace

from benchmarks.harness import Figures, Rows, main
from benchmarks.network.network import Network, open_network
from benchmarks.network.trials import finished, listen, pings, pouring
from benchmarks.wan_figures import Links, figures_of
from benchmarks.wan_worker import PORT, Task, Way

WORKERS = 4
DELAY_MS = 40.0
STEP_SECONDS = 0.008
VALUES = 32_768
DELAY, PERIOD = 20, 20
"""The published delay, in the fewest rounds: each costs time on the processor, which here two share
among four workers. An exchange may be late by half again.
"""
AHEAD = DELAY + PERIOD
"""Steps from one average to the next that leave a worker without one for as long as these do."""
STEPS = 8 * AHEAD
"""After which losses are compared, in quick mode."""
POURED = 8_000_000
"""Bytes that each worker sends to see how fast it can."""


def ways(quick: bool, torchft: bool) -> tuple[Way, ...]:
    """Return what is compared."""
    many = 1 if quick else 6
    steps, seldom = STEPS * (1 if quick else 4), STEPS // 2
    ours = [
        Way("alone", "alone", 200),
        Way("synchronous", "ring", 1 + 4 * many, 1),
        Way("local", "local", (1 + 4 * many) * PERIOD, PERIOD, period=PERIOD),
        Way("delayed", "delayed", steps, 2 * AHEAD, DELAY, PERIOD),
    ]
    if not quick:
        ours += [
            Way("synchronous_direct", "delayed", 8 + 20 * many, 8),
            Way(
                "delayed_replay", "delayed", steps, 2 * AHEAD, DELAY, PERIOD, local_update="replay"
            ),
            Way("delayed_top_k", "delayed", steps, 2 * AHEAD, DELAY, PERIOD, "top-k"),
        ]
    theirs = (
        Way("torchft_local", "torchft", steps, AHEAD, 0, AHEAD),
        Way("torchft_diloco", "torchft", steps, AHEAD, AHEAD - 1, AHEAD),
        Way("torchft_diloco_seldom", "torchft", steps, seldom, seldom // 2, seldom),
    )
    apart = [
        replace(way, name=f"{way.name}_apart", kind="apart", steps=3 * AHEAD, untimed=AHEAD)
        for way in ours
        if way.kind == "delayed"
    ]
    return (*ours, *apart, *(theirs if torchft and not quick else ()))


def measure(quick: bool) -> tuple[Figures, Rows]:
    """Train in every way, in turns."""
    torchft = importlib.util.find_spec("torchft") is not None
    if not torchft and not quick:
        print("torchft is not installed: its figures are left out", file=sys.stderr)
    rows: Rows = []
    with open_network(WORKERS, DELAY_MS) as network:
        if not isinstance(network, Network):
            raise SystemExit("wan needs network namespaces: gloo cannot go through a proxy")
        for _ in range(1 if quick else 3):
            rows += train(network, ways(quick, torchft), VALUES)
        links = Links(ping(network), bandwidth(network))
    return figures_of(rows, WORKERS, VALUES, links), rows


def train(network: Network, compared: tuple[Way, ...], values: int) -> Rows:
    """Let all workers train so many values in all ways; return a row for each worker and way."""
    hosts = tuple(network.address(rank) for rank in range(WORKERS))
    task = Task(hosts, STEP_SECONDS, values, network.interface, compared)
    store = network.start(
        0,
        [sys.executable, "-m", "benchmarks.wan_store", hosts[0], str(PORT)],
        stdout=subprocess.PIPE,
    )
    assert store.stdout is not None
    store.stdout.readline()
    started = [
        network.start(
            rank,
            [sys.executable, "-m", "benchmarks.wan_worker", str(rank), json.dumps(asdict(task))],
            env={"RUST_LOG": "warn"},
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


def ping(network: Network) -> float:
    """Return the median round trip between two workers, in ms."""
    _, port = listen(network, 1, "echo")
    return statistics.median(one for one in pings(network, 0, 1, port, 9) if one is not None)


def bandwidth(network: Network) -> float:
    """Return what each worker can send while all do, in Mb/s: all go through one router."""
    network.set_delay(0)
    sinks = [pouring(network, rank, (rank + 1) % WORKERS, POURED) for rank in range(WORKERS)]
    return statistics.median(8e-6 * one.bytes / one.seconds for one in map(finished, sinks))


if __name__ == "__main__":
    main("wan", measure)
