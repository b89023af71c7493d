"""What times models in a process of its own, here or at the far end of a connection.

Standard input holds a job (a line of JSON), then the models: for each a line with its key and its
length, then its bytes, and then an empty line for each measurement that arrived. For a caller that
is not heard any more nothing is done: a run whose connection was lost must not disturb the one
that continues it.

This file is sent as it stands: Python 3.9, numpy and the engine suffice.
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
"""Measurements that may be on their way: so many that a good connection is never waited for."""


Engine = Callable[[bytes, int, int], Call]
"""Opens the bytes of a model with so many threads, and images a call where it leaves that open."""


class Job(TypedDict):
    """What a runner is asked to measure, as a line of JSON.

    ``engine``, "module:function", opens the models; ``measurements`` are (round, key); so many
    ``models`` follow.
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
    """Carry out a plan, telling each measurement, and at last how it ended."""

    def opened(key: str) -> Call:
        try:
            return prepare(key)
        except Exception as error:  # an engine's errors are of any kind: the near end words them
            raise RuntimeError(f"cannot open {key}: {_reason(error)}") from error

    try:
        for number, measurement in enumerate(measure(opened, plan, threads)):
            tell("measurement", asdict(measurement))
            if number >= MOST_UNACKNOWLEDGED and not sys.stdin.buffer.readline():
                return  # nobody listens any more
        tell("finished", None)
    except BrokenPipeError:
        return
    except Exception as error:
        tell("failed", _reason(error))


def _describe(package: str) -> None:
    """Tell of this machine and of the package that installs the engine."""
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
    """Return the first line of an error's words, or what kind it is where it has none."""
    words = str(error).strip()
    return words.splitlines()[0] if words else type(error).__name__
