"""The emulated network itself: how exact, how fast, and what its router takes of a processor.

``round_trip_error_ms_D``: median round trip of datagrams less 2 D, at a delay of D ms one way;
the workers' own processes are in it (``round_trip_ms_0``). ``megabytes_a_second_D``: one TCP
connection without limit, from its opening to its end, slow start included. ``router_share``: of
one processor, idle and at 5 MB/s. ``all_reduce_ms``: 1 KB with gloo, 4 workers, 60 ms one way:
six steps around a ring, a round trip each. ``--quick`` measures less of each.
"""

import statistics
import subprocess
import sys
import time

import psutil

from benchmarks.harness import Figures, Rows, main
from benchmarks.network import namespaces, trials
from benchmarks.network.network import Network

DELAYS_MS = (0, 1, 5, 60, 120)
ALL_REDUCE = """
import datetime, statistics, time
import torch, torch.distributed as distributed
distributed.init_process_group("gloo", timeout=datetime.timedelta(seconds=60))
tensor, times = torch.ones(256), []
for _ in range(6):
    distributed.barrier()
    start = time.perf_counter()
    distributed.all_reduce(tensor)
    times.append((time.perf_counter() - start) * 1e3)
distributed.barrier()
print(statistics.median(times[1:]))
"""


def measure(quick: bool) -> tuple[Figures, Rows]:
    """Measure in namespaces; there is nothing to say where they are not permitted."""
    if obstacle := namespaces.obstacle():
        sys.exit(f"network: {obstacle}")
    figures, rows = round_trips(tries=20 if quick else 100)
    for delay_ms in (0, 60):
        with Network(2, delay_ms) as network:
            done = trials.transfer(network, 0, 1, 50_000_000 if quick else 200_000_000)
            figures[f"megabytes_a_second_{delay_ms}"] = done.bytes / done.seconds / 1e6
    figures |= router_shares(seconds=2.0 if quick else 10.0)
    figures["all_reduce_ms"] = all_reduce_ms()
    return figures, rows


def round_trips(tries: int) -> tuple[Figures, Rows]:
    """Return errors of round trips, and their spread."""
    figures, rows = {}, []
    with Network(2) as network:
        _, port = trials.listen(network, 1, "echo")
        for delay_ms in DELAYS_MS:
            network.set_delay(delay_ms)
            measured = trials.pings(network, 0, 1, port, tries)
            times = sorted(one for one in measured if one is not None)
            name = f"round_trip_error_ms_{delay_ms}" if delay_ms else "round_trip_ms_0"
            figures[name] = statistics.median(times) - 2 * delay_ms
            rows.append(
                {
                    "delay_ms": delay_ms,
                    "least_ms": times[0],
                    "median_ms": statistics.median(times),
                    "ninth_decile_ms": times[len(times) * 9 // 10],
                    "most_ms": times[-1],
                }
            )
    return figures, rows


def router_shares(seconds: float) -> Figures:
    """Return the router's share of one processor, at rest and over a whole paced transfer."""
    with Network(4, 60) as network:
        router = psutil.Process(network.carrier_pid)
        started = _processor_seconds(router)
        time.sleep(seconds)
        rested = _processor_seconds(router)
        sink = trials.pouring(network, 0, 1, int(seconds * 5e6), ["5"])
        done = trials.finished(sink)
        carried = _processor_seconds(router)
    return {
        "router_share_idle": (rested - started) / seconds,
        "router_share_at_5_megabytes_a_second": (carried - rested) / done.seconds,
    }


def all_reduce_ms() -> float:
    """Return the median time of an all-reduce as rank 0 sees it."""
    with Network(4, 60) as network:
        shared = {"MASTER_ADDR": network.address(0), "MASTER_PORT": "29500", "WORLD_SIZE": "4"}
        command = [sys.executable, "-c", ALL_REDUCE]
        first, *_ = [
            network.start(
                rank,
                command,
                {**shared, "RANK": str(rank)},
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            for rank in range(4)
        ]
        return float(first.communicate()[0])


def _processor_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


if __name__ == "__main__":
    main("network", measure)
