"""Timing programs inside one process: rounds in random order, a few calls per measurement.

Reason for the protocol: a virtual machine has slow phases of seconds that are not observable from
inside, so every program is measured many times, far apart, and the minimum is used.

This file is sent to remote devices as source, so it must run with Python 3.9 and its standard
library.
"""

import gc
import os
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Call = Callable[[], object]
"""Runs a program once and waits for it. If it returns a float, this is the time in seconds by a
more precise clock; any other value is ignored."""

WARMUPS = 2
CALLS = 8
MEASUREMENT_SECONDS = 1e-3
"""A measurement has at least ``CALLS`` calls and lasts at least this long."""
MAXIMUM_CALLS = 256


@dataclass(frozen=True)
class Measurement:
    """Consecutive timed calls of one program in one round of one process (times in ms per call).

    ``switches`` is the number of involuntary context switches during the calls.
    """

    program: str
    process: int
    round: int
    minimum_ms: float
    median_ms: float
    cpu_ms: float
    calls: int
    switches: int
    measured_at: str


@dataclass(frozen=True)
class MeasurementPlan:
    """The remaining measurements of one process: (round, program key), unordered."""

    process: int
    measurements: frozenset[tuple[int, str]]

    @property
    def keys(self) -> set[str]:
        """The keys of the measured programs."""
        return {key for _, key in self.measurements}

    def order(self) -> Iterator[tuple[int, str]]:
        """Yield the measurements round by round, each round in its own random order."""
        rounds: dict[int, list[str]] = {}
        for number, key in sorted(self.measurements):
            rounds.setdefault(number, []).append(key)
        for number, keys in rounds.items():
            random.Random(f"{self.process}.{number}").shuffle(keys)
            for key in keys:
                yield number, key


def measure(
    prepare: Callable[[str], Call], plan: MeasurementPlan, threads: int
) -> Iterator[Measurement]:
    """Pin this process, open the programs with ``prepare`` by their keys, carry out the plan."""
    pin(threads)
    calls = {key: prepare(key) for key in sorted(plan.keys)}
    gc.collect()
    gc.disable()
    try:
        for number, key in plan.order():
            yield _measure_program(calls[key], key, plan.process, number)
    finally:
        gc.enable()


def pin(threads: int) -> None:
    """Pin this process to the last ``threads`` cores, if the system supports it."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, cores[-threads:])


def now() -> str:
    """Return the time in UTC, to the second."""
    return time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())


def _measure_program(call: Call, key: str, process: int, number: int) -> Measurement:
    for _ in range(WARMUPS):
        call()
    switches = _involuntary_switches()
    cpu = time.thread_time_ns()
    times: list[int] = []
    begin = time.perf_counter_ns()
    while True:
        start = time.perf_counter_ns()
        seconds = call()
        end = time.perf_counter_ns()
        times.append(round(seconds * 1e9) if isinstance(seconds, float) else end - start)
        enough = len(times) >= CALLS and end - begin >= MEASUREMENT_SECONDS * 1e9
        if enough or len(times) >= MAXIMUM_CALLS:
            break
    return Measurement(
        program=key,
        process=process,
        round=number,
        minimum_ms=min(times) / 1e6,
        median_ms=statistics.median(times) / 1e6,
        cpu_ms=(time.thread_time_ns() - cpu) / 1e6 / len(times),
        calls=len(times),
        switches=_involuntary_switches() - switches,
        measured_at=now(),
    )


def _involuntary_switches() -> int:
    """Return the involuntary context switches of this thread (outside Linux: process) so far.

    Windows does not count them separately, so the result is always 0 there.
    """
    if sys.platform == "win32":
        return 0
    import resource

    scope = getattr(resource, "RUSAGE_THREAD", resource.RUSAGE_SELF)
    return resource.getrusage(scope).ru_nivcsw
