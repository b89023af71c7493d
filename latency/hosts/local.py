"""This machine: every plan is carried out in a fresh process."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from importlib.metadata import PackageNotFoundError, version

from search_spaces import InputError
from search_spaces.schema import dump

from ..runtimes import RUNTIMES, FileRuntime, Program, get_runtime, get_version
from ..timing.device import Device
from ..timing.measurement import Measurement, MeasurementPlan
from ..timing.settings import Settings
from .base import Host
from .conversation import LOADER, BrokenOffError, converse, measurement_request
from .messages import PlanReplies
from .words import words
from .worker import Job

LIBRARIES = ("torch", "numpy", "onnx", "onnxruntime", "ai-edge-litert")
RUNNER = (sys.executable, "-P", "-c", LOADER)
"""The same runner as on boards: it imports only an engine, so it starts quickly."""
WORKER = (sys.executable, "-m", "latency.hosts.worker")
"""The worker imports runtimes: for PyTorch, and for engines that cannot be sent as source."""


class LocalHost(Host):
    """The machine this program runs on."""

    def version(self, runtime: str) -> str:
        """Return the version of the installed package."""
        return get_version(get_runtime(runtime))

    def device(self, runtime: str) -> Device:
        """Return the processor, or the accelerator that the runtime uses."""
        with RUNTIMES.blaming(runtime, "names no device"):
            return get_runtime(runtime).device

    def libraries(self, runtime: str) -> dict[str, str]:
        """Return versions of the packages that build and run programs."""
        versions = {}
        for package in dict.fromkeys((*LIBRARIES, get_runtime(runtime).package)):
            with suppress(PackageNotFoundError):
                versions[package] = version(package)
        return versions

    def measure(
        self, runtime: str, programs: Sequence[Program], settings: Settings, plan: MeasurementPlan
    ) -> Iterator[Measurement]:
        """Carry out a plan in a fresh process, yielding each measurement as soon as it is made.

        Raises:
            InputError: the process could not run the programs; the sentence has its last message.
        """
        engine = get_runtime(runtime)
        if isinstance(engine, FileRuntime) and engine.remote_engine is not None:
            command: Sequence[str] = RUNNER
            sent: Iterator[bytes] = measurement_request(engine, programs, settings, plan)
        else:
            job = json.dumps(dump(Job(runtime, settings, tuple(programs), plan)))
            command, sent = WORKER, iter([job.encode() + b"\n"])
        talk = converse(command, sent, PlanReplies(plan), f"the process of runtime {runtime}")
        try:
            with closing(talk):
                for kind, content in talk:
                    if kind == "measurement":
                        yield content
                    elif kind == "failed":
                        raise InputError(_failed(runtime, words(content)))
        except BrokenOffError as end:
            raise InputError(_failed(runtime, end.last_line or f"its process {end}")) from None


def _failed(runtime: str, reason: str) -> str:
    return f"runtime {runtime} failed while measuring: {reason}"
