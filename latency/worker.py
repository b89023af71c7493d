"""The process that times: reads a job as JSON from standard input, writes a visit a line.

Run as ``python -m latency.worker``; :func:`run_sitting` starts it and reads it.
"""

import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from search_spaces.errors import InputError
from search_spaces.schema import dump, parse

from .measure import Sitting, Visit, measure
from .runtimes import Program, get_runtime
from .settings import Settings


@dataclass(frozen=True)
class Job:
    """Everything a worker needs to know."""

    runtime: str
    settings: Settings
    programs: tuple[Program, ...]
    sitting: Sitting


def run_sitting(
    runtime: str, programs: Sequence[Program], settings: Settings, sitting: Sitting
) -> Iterator[Visit]:
    """Time a sitting in a fresh process, yielding each visit as soon as it is made.

    Raises:
        InputError: the worker could not run the programs; the sentence is its last word.
    """
    job = Job(runtime, settings, tuple(programs), sitting)
    with (
        tempfile.TemporaryFile("w+") as words,
        subprocess.Popen(
            [sys.executable, "-m", "latency.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=words,
            text=True,
        ) as worker,
    ):
        assert worker.stdin is not None
        assert worker.stdout is not None
        try:
            with contextlib.suppress(BrokenPipeError):
                worker.stdin.write(json.dumps(dump(job)))
                worker.stdin.close()
            for line in worker.stdout:
                yield Visit(**json.loads(line))
            status = worker.wait()
        finally:
            worker.kill()
        if status != 0:
            words.seek(0)
            said = words.read().strip().splitlines()
            last = said[-1].removeprefix("error: ") if said else f"its process ended with {status}"
            raise InputError(f"runtime {runtime} failed while measuring: {last}")


def main() -> int:
    """Do the job on standard input."""
    job = parse(Job, json.load(sys.stdin), "job")
    try:
        visits = measure(get_runtime(job.runtime), job.programs, job.settings, job.sitting)
        for visit in visits:
            print(json.dumps(asdict(visit)), flush=True)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
