"""Talking to a runner: what its standard input is sent, and what it tells."""

import json
import subprocess
import tempfile
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from importlib.abc import InspectLoader
from importlib.util import find_spec
from typing import Any

from search_spaces import InputError

from ..runtimes import FileRuntime, Program
from ..timing.measurement import MeasurementPlan
from ..timing.settings import Settings
from . import bootstrap
from .bootstrap import MARK
from .runner import Job

MODULES = (
    "latency.timing.measurement",
    "latency.timing.device",
    "latency.timing.engines",
    "latency.hosts.bootstrap",
)
"""What is sent, in the order of its imports, before the engine's module (where it is another)."""
RUNNER = "latency.hosts.runner"
"""What is sent last, and run."""
LOADER = "import sys; exec(sys.stdin.buffer.read(int(sys.stdin.buffer.readline())))"
"""What Python is started with, as its option ``-c``."""


class BrokenOffError(Exception):
    """A conversation ended before the runner said that it finished.

    ``started`` tells whether the runner said anything at all, ``status`` is its process's, and
    ``errors`` what that left on standard error.
    """

    def __init__(self, started: bool, status: int, errors: str) -> None:
        super().__init__(f"ended with status {status}")
        self.started = started
        self.status = status
        lines = errors.strip().splitlines()
        self.last_line = lines[-1].strip().rstrip(".") if lines else ""


def converse(command: Sequence[str], sent: Iterable[bytes]) -> Generator[tuple[str, Any]]:
    """Start a runner, send it its job, and yield the kind and content of whatever it tells.

    A measurement is acknowledged when the next message is asked for: by then it is in the table.

    Raises:
        BrokenOffError: the process ended without saying that it finished.
        FileNotFoundError: there is no such command.
    """
    kind = ""
    with (
        tempfile.TemporaryFile("w+", errors="replace") as errors,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors
        ) as runner,
    ):
        assert runner.stdin is not None
        assert runner.stdout is not None
        try:
            with suppress(BrokenPipeError):  # what is wrong is read below
                for part in sent:
                    runner.stdin.write(part)
                runner.stdin.flush()
            for line in runner.stdout:
                if line.startswith(MARK.encode()) and line.endswith(b"\n"):  # a whole one
                    kind, content = json.loads(line[1:])
                    yield kind, content
                    if kind == "measurement":
                        with suppress(BrokenPipeError):
                            runner.stdin.write(b"\n")
                            runner.stdin.flush()
            status = runner.wait()
        finally:
            runner.kill()
            with suppress(BrokenPipeError):
                runner.stdin.close()
        if kind != "finished":
            errors.seek(0)
            raise BrokenOffError(bool(kind), status, errors.read())


def description_request(runtime: FileRuntime) -> Iterator[bytes]:
    """Yield what asks a runner for its machine and its engine: itself, and the question."""
    yield from _sources(MODULES)
    yield _line({"describe": runtime.package})


def measurement_request(
    runtime: FileRuntime, programs: Sequence[Program], settings: Settings, plan: MeasurementPlan
) -> Iterator[bytes]:
    """Yield what asks a runner to carry out a plan: itself, the job, the models that take part.

    Raises:
        InputError: the runtime's ``remote_engine`` names no module whose source is at hand.
    """
    engine = runtime.remote_engine
    assert engine is not None  # the caller has asked
    taking_part = [program for program in programs if program.key in plan.keys]
    yield from _sources(dict.fromkeys((*MODULES, engine.partition(":")[0])))
    job = Job(
        engine=engine,
        threads=settings.threads,
        batch=settings.batch,
        process=plan.process,
        measurements=sorted(plan.measurements),
        models=len(taking_part),
    )
    yield _line(job)
    for program in taking_part:
        model = runtime.model(program, settings)
        yield _line([program.key, len(model)])
        yield model


def _sources(modules: Iterable[str]) -> Iterator[bytes]:
    """Yield what makes modules at the other end, and runs the runner."""
    sources = {name: _source(name) for name in (*modules, RUNNER)}
    loader = (sources[bootstrap.__name__] + "\nstart()\n").encode()
    yield f"{len(loader)}\n".encode() + loader
    yield _line(list(sources.items()))


def _source(module: str) -> str:
    """Return a module's source, without importing more than the package it lies in."""
    try:
        spec = find_spec(module)
    except ImportError:
        spec = None
    source = (
        spec.loader.get_source(module) if spec and isinstance(spec.loader, InspectLoader) else None
    )
    if source is None:
        raise InputError(
            f"the source of module {module}, which boards are to be sent, is not here: correct "
            "`remote_engine` of the runtime that names it"
        )
    return source


def _line(content: object) -> bytes:
    return json.dumps(content).encode() + b"\n"
