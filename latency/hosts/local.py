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
from . import limits
from .base import Host
from .conversation import (
    LOADER,
    BrokenOffError,
    SilentError,
    converse,
    measurement_request,
)
from .messages import PlanReplies
from .watched import ends_with_caller
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

        Model files may be a stranger's: with one among the programs, time is limited. On Linux the
        process of such an engine ends with this one, however that ends.

        Raises:
            InputError: the process could not run the programs, and the sentence has its last
                message; or a measurement took longer than :func:`limits.measurement_seconds`.
        """
        engine = get_runtime(runtime)
        files = any(program.file for program in programs if program.key in plan.keys)
        seconds = limits.measurement_seconds(settings, len(plan.keys)) if files else None
        if isinstance(engine, FileRuntime) and engine.remote_engine is not None:
            command: Sequence[str] = (*RUNNER[:-1], ends_with_caller() + RUNNER[-1])
            sent: Iterator[bytes] = measurement_request(engine, programs, settings, plan)
        else:
            job = json.dumps(dump(Job(runtime, settings, tuple(programs), plan)))
            command, sent = WORKER, iter([job.encode() + b"\n"])
        name = f"the process of runtime {runtime}"
        talk = converse(command, sent, PlanReplies(plan), name, seconds)
        try:
            with closing(talk):
                for kind, content in talk:
                    if kind == "measurement":
                        yield content
                    elif kind == "failed":
                        raise InputError(_failed(runtime, words(content)))
        except BrokenOffError as end:
            raise InputError(_failed(runtime, end.last_line or f"its process {end}")) from None
        except SilentError as end:
            raise InputError(
                _failed(runtime, f"{end}: leave out the model file that hangs or is so slow")
            ) from None


def _failed(runtime: str, reason: str) -> str:
    return f"runtime {runtime} failed while measuring: {reason}"
