"""One input tried in a process of its own, with limits of time and memory."""

import gc
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from proxyless import cli
from proxyless.cli import last_resort
from proxyless.distributed.errors import DistributedError
from search_spaces import InputError

SECONDS = 30.0
"""After these an input is said to hang the program; none honest of this size takes a tenth."""
MEMORY = 2 * 2**30
"""Bytes that an input may make the program take; none honest of this size takes a fourth."""
CONTROL = {chr(code) for code in (*range(32), 127, *range(128, 160))} - {"\n", "\t", "\r"}
"""Characters that a terminal obeys."""


class Outcome(IntEnum):
    """What became of an input; the status of its process."""

    REFUSED = 10
    ACCEPTED = 11
    TRACEBACK = 12
    WRONGLY_ACCEPTED = 13
    OVER_MEMORY = 14
    HANG = 15


class WronglyAcceptedError(Exception):
    """The program took an input that it should have refused, or made something wrong of it."""


@dataclass(frozen=True)
class Trial:
    """An input: the boundary it was made for, what it is, and who reads it, from its folder."""

    boundary: str
    description: str
    folder: Path
    attempt: Callable[[], None]


@dataclass(frozen=True)
class Ended:
    """A trial that has ended; ``text`` is what its process wrote."""

    trial: Trial
    outcome: Outcome
    text: str


def proxyless(*arguments: str) -> None:
    """Run the command line, which is to end well, or with one sentence and without escapes.

    Raises:
        SystemExit: its status, where that is not 0.
    """
    sys.argv = ["proxyless", *arguments]
    try:
        cli.main()
    except SystemExit as end:
        if end.code:
            raise


def run_all(trials: Sequence[Trial], at_once: int) -> Iterator[Ended]:
    """Run trials, some at once, and yield each as it ends; their folders are deleted then."""
    gc.collect()
    gc.freeze()  # otherwise each fork's first collection would copy all pages
    waiting = list(reversed(trials))
    running: dict[int, tuple[Trial, float]] = {}
    while waiting or running:
        while waiting and len(running) < at_once:
            trial = waiting.pop()
            running[_start(trial)] = (trial, time.monotonic() + SECONDS)
        process, status = os.waitpid(-1, os.WNOHANG)
        if process in running:
            trial, _ = running.pop(process)
            yield _ended(trial, _outcome(status))
            continue
        for late, (trial, deadline) in list(running.items()):
            if time.monotonic() > deadline:
                _kill(late)
                os.waitpid(late, 0)
                del running[late]
                yield _ended(trial, Outcome.HANG)
        time.sleep(0.002)


def _start(trial: Trial) -> int:
    """Fork a process that makes the attempt; it leads a group, with which it can be killed."""
    if (process := os.fork()) != 0:
        return process
    os.setsid()
    output = os.open(trial.folder / "output", os.O_CREAT | os.O_RDWR)
    for stream in (1, 2):
        os.dup2(output, stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir(trial.folder)
    tempfile.tempdir = str(trial.folder)
    soft = _size_of_this_process() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (soft, soft))
    os.environ["COLUMNS"] = "200"
    outcome = _attempt(trial)
    with suppress(Exception):
        sys.stdout.flush()
        sys.stderr.flush()
    if outcome in (Outcome.ACCEPTED, Outcome.REFUSED) and _has_escapes(trial):
        outcome = Outcome.WRONGLY_ACCEPTED
    os._exit(outcome)


def _attempt(trial: Trial) -> Outcome:
    try:
        trial.attempt()
    except (InputError, DistributedError) as error:
        print("refused:", ascii(str(error)))
        return Outcome.REFUSED
    except SystemExit as end:
        if end.code in (last_resort.BAD_INPUT, last_resort.DISK):
            return Outcome.REFUSED
        return Outcome.OVER_MEMORY if end.code == last_resort.NO_MEMORY else Outcome.TRACEBACK
    except MemoryError:
        return Outcome.OVER_MEMORY
    except WronglyAcceptedError as error:
        print("wrongly accepted:", ascii(str(error)))
        return Outcome.WRONGLY_ACCEPTED
    except BaseException:
        traceback.print_exc()
        return Outcome.TRACEBACK
    return Outcome.ACCEPTED


def _has_escapes(trial: Trial) -> bool:
    text = (trial.folder / "output").read_text(errors="replace")
    return not CONTROL.isdisjoint(text)


def _outcome(status: int) -> Outcome:
    """Return what became of a trial whose process ended; a signal counts as a traceback."""
    code = os.waitstatus_to_exitcode(status)
    return Outcome(code) if code in list(Outcome) else Outcome.TRACEBACK


def _ended(trial: Trial, outcome: Outcome) -> Ended:
    text = (trial.folder / "output").read_text(errors="replace")
    reports = trial.folder.glob("proxyless-fault-*.txt")
    text += "".join(report.read_text(errors="replace") for report in reports)
    shutil.rmtree(trial.folder, ignore_errors=True)
    return Ended(trial, outcome, text)


def _kill(process: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)


def _size_of_this_process() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize()
