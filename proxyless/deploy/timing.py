"""Timing programs the way tables are measured, so that prediction and fact compare."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from latency import Program, Settings, get_runtime
from latency.hosts import LocalHost
from latency.runtimes import FileRuntime, ModuleRuntime, complete_runtimes, get_version
from latency.timing.measurement import Measurement, MeasurementPlan
from search_spaces import InputError

from ..runs.results import Times

PROCESSES = 3


class UnfinishedTimingError(InputError):
    """Programs of a runtime could not be timed; ``times`` are those of every other runtime."""

    def __init__(self, sentence: str, times: Mapping[tuple[str, str], Times]) -> None:
        super().__init__(sentence)
        self.times = times


def time_programs(
    programs: Mapping[str, Sequence[Program]],
    settings: Settings,
    rounds: int,
    processes: int | None = None,
) -> dict[tuple[str, str], Times]:
    """Time the programs of each runtime in fresh processes (three); by runtime and program key.

    Programs of one runtime are interleaved round by round, runtimes process by process.

    Raises:
        UnfinishedTimingError: a program cannot be run; the other runtimes are finished before.
    """
    if rounds < 1:
        raise InputError(f"`rounds` {rounds} is not at least 1")
    measurements: dict[tuple[str, str], list[Measurement]] = {}
    failures: dict[str, InputError] = {}
    for process in range(processes or PROCESSES):
        for runtime, of_runtime in programs.items():
            if runtime in failures:
                continue
            pairs = frozenset(
                (number, program.key) for number in range(rounds) for program in of_runtime
            )
            plan = MeasurementPlan(process, pairs)
            try:
                for measurement in LocalHost().measure(runtime, of_runtime, settings, plan):
                    measurements.setdefault((runtime, measurement.program), []).append(measurement)
            except InputError as error:
                failures[runtime] = error
    times = {
        key: _times(key[0], settings, listed)
        for key, listed in measurements.items()
        if key[0] not in failures
    }
    for failure in failures.values():
        raise UnfinishedTimingError(str(failure), times)
    return times


def time_file(path: Path, settings: Settings, rounds: int) -> Times:
    """Time one model file."""
    runtime = runtime_of(path)
    program = Program(str(path), file=str(path))
    return time_programs({runtime.name: [program]}, settings, rounds)[runtime.name, program.key]


def runtime_of(file: Path) -> FileRuntime:
    """Return the runtime that runs a file unless another is named: the first of its suffix.

    Raises:
        InputError: no runtime takes files of this suffix.
    """
    return runtimes_of(file)[0]


def runtimes_of(file: Path) -> list[FileRuntime]:
    """Return every runtime that takes files of this suffix, our own first.

    Raises:
        InputError: there is none.
    """
    known = [
        runtime for runtime in complete_runtimes().values() if isinstance(runtime, FileRuntime)
    ]
    runtimes = [runtime for runtime in known if runtime.suffix == file.suffix]
    if not runtimes:
        suffixes = ", ".join(dict.fromkeys(runtime.suffix for runtime in known))
        raise InputError(f"{file} is no file that runs here: name one of {suffixes}")
    return runtimes


def runs_modules(runtime: str) -> bool:
    """Whether a runtime runs PyTorch modules, and no files; one that is not installed does not."""
    try:
        return isinstance(get_runtime(runtime), ModuleRuntime)
    except InputError:
        return False


def _times(runtime: str, settings: Settings, measurements: Sequence[Measurement]) -> Times:
    import numpy as np

    engine = get_runtime(runtime)
    medians = [measurement.median_ms for measurement in measurements]
    return Times(
        runtime=runtime,
        version=get_version(engine),
        device=str(engine.device),
        fingerprint=engine.device.fingerprint,
        settings=settings,
        best_ms=min(measurement.minimum_ms for measurement in measurements),
        median_ms=float(np.median(medians)),
        p95_ms=float(np.percentile(medians, 95)),
    )
