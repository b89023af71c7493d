"""Talking to a runner: what its standard input is sent, and what it tells."""

import json
import subprocess
import tempfile
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from importlib.resources import files
from typing import Any

from ..runtimes import FileRuntime, Program
from ..timing.measurement import Sitting
from ..timing.settings import Settings
from .bootstrap import MARK

MODULES = ("measure", "device", "engines", "hosts.bootstrap", "hosts.runner")
"""What is sent, in the order of its imports; the last one is run."""
LOADER = "import sys; exec(sys.stdin.buffer.read(int(sys.stdin.buffer.readline())))"
"""What Python is started with, as its option ``-c``."""


class BrokenOffError(Exception):
    """A conversation ended before the runner said that it finished.

    ``started`` tells whether the runner said anything at all, ``status`` is its process's, and
    ``words`` what that left on standard error.
    """

    def __init__(self, started: bool, status: int, words: str) -> None:
        super().__init__(f"ended with status {status}")
        self.started = started
        self.status = status
        lines = words.strip().splitlines()
        self.last_words = lines[-1].strip().rstrip(".") if lines else ""


def converse(command: Sequence[str], sent: Iterable[bytes]) -> Generator[tuple[str, Any]]:
    """Start a runner, send it its job, and yield the kind and content of whatever it tells.

    A visit is acknowledged when the next message is asked for: by then it is in the table.

    Raises:
        BrokenOffError: the process ended without saying that it finished.
        FileNotFoundError: there is no such command.
    """
    kind = ""
    with (
        tempfile.TemporaryFile("w+", errors="replace") as words,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=words
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
                    if kind == "visit":
                        with suppress(BrokenPipeError):
                            runner.stdin.write(b"\n")
                            runner.stdin.flush()
            status = runner.wait()
        finally:
            runner.kill()
            with suppress(BrokenPipeError):
                runner.stdin.close()
        if kind != "finished":
            words.seek(0)
            raise BrokenOffError(bool(kind), status, words.read())


def description(runtime: str) -> Iterator[bytes]:
    """Yield what asks a runner for its machine and its engine."""
    yield from _runner()
    yield _line({"describe": runtime})


def sitting_of_models(
    runtime: FileRuntime, programs: Sequence[Program], settings: Settings, sitting: Sitting
) -> Iterator[bytes]:
    """Yield what asks a runner for a sitting: itself, the job, the models that take part."""
    taking_part = [program for program in programs if program.key in sitting.keys]
    yield from _runner()
    yield _line(
        {
            "runtime": runtime.name,
            "threads": settings.threads,
            "batch": settings.batch,
            "process": sitting.process,
            "visits": sorted(sitting.visits),
            "models": len(taking_part),
        }
    )
    for program in taking_part:
        model = runtime.model(program, settings)
        yield _line([program.key, len(model)])
        yield model


def _runner() -> Iterator[bytes]:
    package = files("latency")
    sources = {
        f"latency.{name}": package.joinpath(name.replace(".", "/") + ".py").read_text("utf-8")
        for name in MODULES
    }
    loader = (sources["latency.hosts.bootstrap"] + "\nstart()\n").encode()
    yield f"{len(loader)}\n".encode() + loader
    yield _line(list(sources.items()))


def _line(content: object) -> bytes:
    return json.dumps(content).encode() + b"\n"
