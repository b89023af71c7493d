"""Communication with a runner: its input, and its messages."""

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
"""Modules that are sent, in import order, before the engine's module if that is another one."""
RUNNER = "latency.hosts.runner"
"""The module that is sent last and run."""
LOADER = "import sys; exec(sys.stdin.buffer.read(int(sys.stdin.buffer.readline())))"
"""The code that Python is started with by its option ``-c``."""


class BrokenOffError(Exception):
    """The runner's process ended without the message that it has finished.

    ``started`` is whether the runner sent any message, ``status`` the exit status of its process,
    ``errors`` its standard error.
    """

    def __init__(self, started: bool, status: int, errors: str) -> None:
        super().__init__(f"ended with status {status}")
        self.started = started
        self.status = status
        lines = errors.strip().splitlines()
        self.last_line = lines[-1].strip().rstrip(".") if lines else ""


def converse(command: Sequence[str], sent: Iterable[bytes]) -> Generator[tuple[str, Any]]:
    """Start a runner, send it its job, and yield kind and content of its messages.

    A measurement is acknowledged when the caller requests the next message, after storing it.

    Raises:
        BrokenOffError: the process ended without the message that it has finished.
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
            with suppress(BrokenPipeError):  # the cause is read below
                for part in sent:
                    runner.stdin.write(part)
                runner.stdin.flush()
            for line in runner.stdout:
                if line.startswith(MARK.encode()) and line.endswith(b"\n"):  # complete
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
    """Yield the input of a runner that describes its machine and engine: sources and request."""
    yield from _sources(MODULES)
    yield _line({"describe": runtime.package})


def measurement_request(
    runtime: FileRuntime, programs: Sequence[Program], settings: Settings, plan: MeasurementPlan
) -> Iterator[bytes]:
    """Yield the input of a runner that carries out a plan: its sources, the job and the models.

    Raises:
        InputError: the source of the module in the runtime's ``remote_engine`` is not found.
    """
    engine = runtime.remote_engine
    assert engine is not None  # checked by the caller
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
    """Yield the loader and the sources of modules, the last of which is run."""
    sources = {name: _source(name) for name in (*modules, RUNNER)}
    loader = (sources[bootstrap.__name__] + "\nstart()\n").encode()
    yield f"{len(loader)}\n".encode() + loader
    yield _line(list(sources.items()))


def _source(module: str) -> str:
    """Return a module's source, importing only the packages that contain it."""
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
