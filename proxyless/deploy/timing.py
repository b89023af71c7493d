"""Timing programs the way tables are measured, so that prediction and fact compare."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from latency import Program, Settings, get_runtime
from latency.hosts import LocalHost
from latency.measure import Sitting, Visit
from latency.runtimes import RUNTIMES, FileRuntime
from search_spaces import InputError

from ..runs.results import Times

PROCESSES = 3


def time_programs(
    programs: Mapping[str, Sequence[Program]],
    settings: Settings,
    rounds: int,
    processes: int | None = None,
) -> dict[tuple[str, str], Times]:
    """Time the programs of each runtime in fresh processes (three); by runtime and program key.

    Programs of one runtime are interleaved round by round, runtimes process by process.

    Raises:
        InputError: a program cannot be run.
    """
    if rounds < 1:
        raise InputError(f"`rounds` {rounds} is not at least 1")
    visits: dict[tuple[str, str], list[Visit]] = {}
    for process in range(processes or PROCESSES):
        for runtime, some in programs.items():
            pairs = frozenset((number, one.key) for number in range(rounds) for one in some)
            sitting = Sitting(process, pairs)
            for visit in LocalHost().run_sitting(runtime, some, settings, sitting):
                visits.setdefault((runtime, visit.program), []).append(visit)
    return {key: _times(key[0], settings, found) for key, found in visits.items()}


def time_file(path: Path, settings: Settings, rounds: int) -> Times:
    """Time one model file."""
    runtime = runtime_of(path)
    program = Program(str(path), file=str(path))
    return time_programs({runtime.name: [program]}, settings, rounds)[runtime.name, program.key]


def runtime_of(file: Path) -> FileRuntime:
    """Return the runtime that runs files of this suffix."""
    for name in RUNTIMES:
        runtime = get_runtime(name)
        if isinstance(runtime, FileRuntime) and file.suffix == runtime.suffix:
            return runtime
    raise InputError(f"{file} is neither an .onnx nor a .tflite file")


def _times(runtime: str, settings: Settings, visits: Sequence[Visit]) -> Times:
    import numpy as np

    engine = get_runtime(runtime)
    medians = [visit.median_ms for visit in visits]
    return Times(
        runtime=runtime,
        version=engine.version,
        device=str(engine.device),
        fingerprint=engine.device.fingerprint,
        settings=settings,
        best_ms=min(visit.minimum_ms for visit in visits),
        median_ms=float(np.median(medians)),
        p95_ms=float(np.percentile(medians, 95)),
    )
