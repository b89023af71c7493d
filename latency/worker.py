"""The process that times: reads a job as JSON from standard input, writes a visit a line.

Run as ``python -m latency.worker``; :class:`latency.hosts.LocalHost` starts it and reads it.
"""

import json
import sys
from dataclasses import asdict, dataclass

from search_spaces.errors import InputError
from search_spaces.schema import parse

from .measure import Call, Sitting, measure
from .runtimes import Program, get_runtime
from .settings import Settings


@dataclass(frozen=True)
class Job:
    """Everything a worker needs to know."""

    runtime: str
    settings: Settings
    programs: tuple[Program, ...]
    sitting: Sitting


def main() -> int:
    """Do the job on standard input."""
    job = parse(Job, json.load(sys.stdin), "job")
    runtime = get_runtime(job.runtime)
    programs = {program.key: program for program in job.programs}

    def prepare(key: str) -> Call:
        return runtime.prepare(programs[key], job.settings)

    try:
        for visit in measure(prepare, job.sitting, job.settings.threads):
            print(json.dumps(asdict(visit)), flush=True)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
