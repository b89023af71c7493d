"""This machine: a sitting is a process of its own."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from importlib.metadata import PackageNotFoundError, version

from search_spaces import InputError
from search_spaces.schema import dump

from ..runtimes import FileRuntime, Program, get_runtime
from ..timing.device import Device
from ..timing.measurement import Sitting, Visit
from ..timing.settings import Settings
from .base import Host
from .conversation import LOADER, BrokenOffError, converse, sitting_of_models
from .module_worker import Job

LIBRARIES = ("torch", "numpy", "onnx", "onnxruntime", "ai-edge-litert")
RUNNER = (sys.executable, "-P", "-c", LOADER)
"""The runner that boards get: it imports an engine and nothing of ours, so it starts at once."""
WORKER = (sys.executable, "-m", "latency.worker")


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
            with suppress(PackageNotFoundError):
                found[package] = version(package)
        return found

    def run_sitting(
        self, runtime: str, programs: Sequence[Program], settings: Settings, sitting: Sitting
    ) -> Iterator[Visit]:
        """Time a sitting in a fresh process, yielding each visit as soon as it is made.

        Raises:
            InputError: the process could not run the programs; the sentence is its last word.
        """
        engine = get_runtime(runtime)
        if isinstance(engine, FileRuntime):
            talk = converse(RUNNER, sitting_of_models(engine, programs, settings, sitting))
        else:
            job = json.dumps(dump(Job(runtime, settings, tuple(programs), sitting)))
            talk = converse(WORKER, [job.encode() + b"\n"])
        try:
            with closing(talk):
                for kind, content in talk:
                    if kind == "visit":
                        yield Visit(**content)
                    elif kind == "failed":
                        raise InputError(_failed(runtime, content.splitlines()[0]))
        except BrokenOffError as end:
            raise InputError(_failed(runtime, end.last_words or f"its process {end}")) from None


def _failed(runtime: str, reason: str) -> str:
    return f"runtime {runtime} failed while measuring: {reason}"
