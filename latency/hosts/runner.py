"""A process that times models, on this machine or a remote one.

Standard input holds a job (a line of JSON), then the models: for each a line with its key and its
length, then its bytes, and then an empty line for each measurement that arrived. The process stops
if these acknowledgements cease: a run whose connection was lost must not disturb the run that
continues it.

This file is sent as source, so it must run with Python 3.9, numpy and the engine.
"""

import json
import platform
import sys
from collections.abc import Callable
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import TypedDict

from ..timing.device import this_cpu
from ..timing.measurement import Call, MeasurementPlan, measure
from .bootstrap import tell

MOST_UNACKNOWLEDGED = 16
"""Measurements in transit at most: enough that a fast connection causes no waiting."""


Engine = Callable[[bytes, int, int], Call]
"""A function of a model's bytes, threads, and images per call if its batch is dynamic."""


class Job(TypedDict):
    """The job of a runner, as a line of JSON.

    ``engine``, "module:function", opens the models; ``measurements`` are (round, key); ``models``
    is the number of models that follow.
    """

    engine: str
    threads: int
    batch: int
    process: int
    measurements: "list[tuple[int, str]]"
    models: int


def main() -> None:
    """Do the job on standard input."""
    job = json.loads(sys.stdin.buffer.readline())
    if "describe" in job:
        _describe(job["describe"])
    else:
        _measure(job)


def serve(prepare: Callable[[str], Call], plan: MeasurementPlan, threads: int) -> None:
    """Carry out a plan, sending each measurement, and finally success or failure."""

    def opened(key: str) -> Call:
        try:
            return prepare(key)
        except Exception as error:  # engines raise arbitrary exceptions; the caller formats them
            raise RuntimeError(f"cannot open {key}: {_reason(error)}") from error

    try:
        for number, measurement in enumerate(measure(opened, plan, threads)):
            tell("measurement", asdict(measurement))
            if number >= MOST_UNACKNOWLEDGED and not sys.stdin.buffer.readline():
                return  # the caller has gone
        tell("finished", None)
    except BrokenPipeError:
        return
    except Exception as error:
        tell("failed", _reason(error))


def _describe(package: str) -> None:
    """Send the description of this machine and of the engine's package."""
    if platform.system() != "Linux":
        tell("no linux", platform.system())
        return
    libraries = {"python": platform.python_version()}
    for needed in (package, "numpy"):
        try:
            libraries[needed] = version(needed)
        except PackageNotFoundError:
            tell("no package", needed)
            return
    device = asdict(this_cpu())
    tell("facts", {"device": device, "version": libraries[package], "libraries": libraries})
    tell("finished", None)


def _measure(job: Job) -> None:
    models = dict(_read_model() for _ in range(job["models"]))
    module, _, function = job["engine"].partition(":")

    def prepare(key: str) -> Call:
        engine: Engine = getattr(sys.modules[module], function)
        return engine(models.pop(key), job["threads"], job["batch"])

    measurements = frozenset((number, key) for number, key in job["measurements"])
    serve(prepare, MeasurementPlan(job["process"], measurements), job["threads"])


def _read_model() -> "tuple[str, bytes]":
    key, length = json.loads(sys.stdin.buffer.readline())
    return key, sys.stdin.buffer.read(length)


def _reason(error: Exception) -> str:
    """Return the first line of an error's message, or its type's name if it is empty."""
    message = str(error).strip()
    return message.splitlines()[0] if message else type(error).__name__
