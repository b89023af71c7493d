"""What times models in a process of its own, here or at the far end of a connection.

Standard input holds a job (a line of JSON), then the models: for each a line with its key and its
length, then its bytes, and then an empty line for each visit that arrived. Whoever is not heard any
more is not worked for: a run whose connection was lost must not disturb the one that continues it.

This file is sent as it stands: Python 3.9, numpy and the engine suffice.
"""

import json
import platform
import sys
from collections.abc import Callable
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from ..timing.device import this_cpu
from ..timing.engines import ENGINES
from ..timing.measurement import (
    Call,
    Sitting,
    measure,
)
from .bootstrap import tell

AHEAD = 16
"""Visits that may be on their way: so many that a good connection is never waited for."""


def main() -> None:
    """Do the job on standard input."""
    job = json.loads(sys.stdin.buffer.readline())
    if "describe" in job:
        _describe(job["describe"])
    else:
        _measure(job)


def serve(prepare: Callable[[str], Call], sitting: Sitting, threads: int) -> None:
    """Time a sitting, telling each visit, and at last how it ended."""

    def opened(key: str) -> Call:
        try:
            return prepare(key)
        except Exception as error:  # an engine's errors are of any kind: the near end words them
            raise RuntimeError(f"cannot open {key}: {_reason(error)}") from error

    try:
        for number, visit in enumerate(measure(opened, sitting, threads)):
            tell("visit", asdict(visit))
            if number >= AHEAD and not sys.stdin.buffer.readline():
                return  # nobody listens any more
        tell("finished", None)
    except BrokenPipeError:
        return
    except Exception as error:
        tell("failed", _reason(error))


def _describe(runtime: str) -> None:
    if platform.system() != "Linux":
        tell("no linux", platform.system())
        return
    package = ENGINES[runtime].package
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


def _measure(job: "dict[str, Any]") -> None:
    models = dict(_read_model() for _ in range(job["models"]))
    engine = ENGINES[job["runtime"]]

    def prepare(key: str) -> Call:
        return engine.open(models.pop(key), job["threads"], job["batch"])

    visits = frozenset((number, key) for number, key in job["visits"])
    serve(prepare, Sitting(job["process"], visits), job["threads"])


def _read_model() -> "tuple[str, bytes]":
    key, length = json.loads(sys.stdin.buffer.readline())
    return key, sys.stdin.buffer.read(length)


def _reason(error: Exception) -> str:
    return str(error).strip() or type(error).__name__
