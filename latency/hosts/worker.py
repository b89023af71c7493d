"""The process that times what runners cannot: modules, and files that a runtime must open.

Run as ``python -m latency.hosts.worker`` by :class:`latency.hosts.LocalHost`. It reads its job as a
line of JSON, and sends measurements as a runner does.
"""

import json
import sys
from dataclasses import dataclass

from search_spaces.schema import parse

from ..runtimes import FileRuntime, ModuleRuntime, Program, Runtime, get_runtime
from ..timing.measurement import Call, MeasurementPlan
from ..timing.settings import Settings
from .bootstrap import tell
from .runner import serve


@dataclass(frozen=True)
class Job:
    """The job of a worker."""

    runtime: str
    settings: Settings
    programs: tuple[Program, ...]
    plan: MeasurementPlan


def main() -> None:
    """Do the job on standard input."""
    tell("started", None)
    job = parse(Job, json.loads(sys.stdin.buffer.readline()), "job")
    runtime = get_runtime(job.runtime)
    programs = {program.key: program for program in job.programs}

    def prepare(key: str) -> Call:
        return _open(runtime, programs[key], job.settings)

    serve(prepare, job.plan, job.settings.threads)


def _open(runtime: Runtime, program: Program, settings: Settings) -> Call:
    match runtime:
        case ModuleRuntime():
            return runtime.prepare(program.operations, settings)
        case FileRuntime():
            model = runtime.model(program, settings)
            return runtime.open(model, settings.threads, settings.batch)
        case _:
            raise TypeError(f"runtime {runtime.name} is neither a FileRuntime nor a ModuleRuntime")


if __name__ == "__main__":
    main()
