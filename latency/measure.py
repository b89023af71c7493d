"""Timing programs inside one process: rounds in random order, a few calls a visit.

Source of the protocol: a virtual machine has slow regimes of seconds that nothing inside it can
see, so every program is visited many times, far apart, and the minimum is what counts.
"""

import gc
import os
import random
import statistics
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import psutil

from .runtimes import Call, Program, Runtime
from .settings import Settings

WARMUPS = 2
CALLS = 8
VISIT_SECONDS = 1e-3
"""A visit has at least ``CALLS`` calls and lasts at least this long."""
MAXIMUM_CALLS = 256


@dataclass(frozen=True)
class Visit:
    """Consecutive timed calls of one program in one round of one process (times in ms)."""

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
class Sitting:
    """What one process has left to do: (round, program key), in no particular order."""

    process: int
    visits: frozenset[tuple[int, str]]


def measure(
    runtime: Runtime, programs: Iterable[Program], settings: Settings, sitting: Sitting
) -> Iterator[Visit]:
    """Time the visits of a sitting, round by round, each round in its own random order."""
    pin(settings.threads)
    wanted = {key for _, key in sitting.visits}
    calls = {
        program.key: runtime.prepare(program, settings)
        for program in programs
        if program.key in wanted
    }
    gc.collect()
    gc.disable()
    try:
        for number in sorted({number for number, _ in sitting.visits}):
            keys = sorted(key for round_number, key in sitting.visits if round_number == number)
            random.Random(f"{sitting.process}.{number}").shuffle(keys)
            for key in keys:
                yield _visit(calls[key], key, sitting.process, number)
    finally:
        gc.enable()


def pin(threads: int) -> None:
    """Keep this process on the last ``threads`` cores, where the system can do that."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, cores[-threads:])


def _visit(call: Call, key: str, process: int, number: int) -> Visit:
    for _ in range(WARMUPS):
        call()
    usage = psutil.Process()
    switches = usage.num_ctx_switches().involuntary
    cpu = time.thread_time_ns()
    times: list[int] = []
    begin = time.perf_counter_ns()
    while True:
        start = time.perf_counter_ns()
        call()
        end = time.perf_counter_ns()
        times.append(end - start)
        enough = len(times) >= CALLS and end - begin >= VISIT_SECONDS * 1e9
        if enough or len(times) >= MAXIMUM_CALLS:
            break
    return Visit(
        program=key,
        process=process,
        round=number,
        minimum_ms=min(times) / 1e6,
        median_ms=statistics.median(times) / 1e6,
        cpu_ms=(time.thread_time_ns() - cpu) / 1e6 / len(times),
        calls=len(times),
        switches=usage.num_ctx_switches().involuntary - switches,
        measured_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
