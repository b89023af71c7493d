"""The process that times modules: reads a job as a line of JSON, tells visits as a runner does.

Run as ``python -m latency.worker``; :class:`latency.hosts.LocalHost` starts it and reads it.
"""

import json
import sys
from dataclasses import dataclass

from search_spaces.schema import parse

from ..runtimes import (
    ModuleRuntime,
    Program,
    get_runtime,
)
from ..timing.measurement import Call, Sitting
from ..timing.settings import Settings
from .runner import serve


@dataclass(frozen=True)
class Job:
    """Everything a worker needs to know."""

    runtime: str
    settings: Settings
    programs: tuple[Program, ...]
    sitting: Sitting


def main() -> None:
    """Do the job on standard input."""
    job = parse(Job, json.loads(sys.stdin.buffer.readline()), "job")
    runtime = get_runtime(job.runtime)
    assert isinstance(runtime, ModuleRuntime)
    programs = {program.key: program for program in job.programs}

    def prepare(key: str) -> Call:
        return runtime.prepare(programs[key].operations, job.settings)

    serve(prepare, job.sitting, job.settings.threads)


if __name__ == "__main__":
    main()
