"""This machine: a sitting is a process of its own."""

import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version

from search_spaces import InputError
from search_spaces.schema import dump

from ..device import Device
from ..measure import Sitting, Visit
from ..runtimes import Program, get_runtime
from ..settings import Settings
from ..worker import Job
from .base import Host

LIBRARIES = ("torch", "numpy", "onnx", "onnxruntime", "ai-edge-litert")


class LocalHost(Host):
    """The machine this program runs on."""

    def version(self, runtime: str) -> str:
        """Version of the installed package."""
        return get_runtime(runtime).version

    def device(self, runtime: str) -> Device:
        """The processor, or the accelerator the runtime uses."""
        return get_runtime(runtime).device

    def libraries(self, runtime: str) -> dict[str, str]:
        """Versions of the packages that build and run programs."""
        found = {}
        for package in LIBRARIES:
            with contextlib.suppress(PackageNotFoundError):
                found[package] = version(package)
        return found

    def run_sitting(
        self, runtime: str, programs: Sequence[Program], settings: Settings, sitting: Sitting
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
                last = said[-1].removeprefix("error: ") if said else f"its process ended: {status}"
                raise InputError(f"runtime {runtime} failed while measuring: {last}")
