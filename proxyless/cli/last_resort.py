"""What no verb foresaw ends here: one sentence, a status of its own, and no traceback.

The statuses are those of BSD's ``sysexits.h``: 70 is a fault of the program, 71 that the system had
no memory left, 74 that a file could not be read or written.
"""

import errno
import platform
import shlex
import sqlite3
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress

from search_spaces.errors import InputError, reason

from ..distributed.errors import DistributedError
from ..version import __version__
from .errors import exit_with_error

BAD_INPUT = 2
FAULT = 70
NO_MEMORY = 71
DISK = 74
DEBUG = "--debug"
"""The option, anywhere on the command line, that lets the traceback through."""
PACKAGES = ("torch", "numpy", "onnx", "onnxruntime", "ai-edge-litert", "safetensors", "datasets")
ALLOCATION_SIGNS = ("not enough memory", "can't allocate memory", "out of memory", "bad_alloc")
"""What PyTorch, ONNX Runtime and NumPy say where the system gives them no memory."""
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


def run_guarded(work: Callable[[], None], arguments: Sequence[str]) -> None:
    """Run the command line, and end it with one sentence whatever happens in it.

    ``arguments`` are those of the command; with ``--debug`` among them, what would be reported as a
    fault is raised.
    """
    try:
        work()
    except (InputError, DistributedError) as error:
        exit_with_error(str(error), BAD_INPUT)
    except BrokenPipeError:  # whoever read the output has left
        sys.exit(1)
    except Exception as error:
        known = _of_the_system(error)
        if known is not None:
            exit_with_error(*known)
        if DEBUG in arguments:
            raise
        exit_with_error(_reported(error, arguments), FAULT)


def _of_the_system(error: BaseException) -> tuple[str, int] | None:
    """Return sentence and status where it is not the program that failed, but what it needs."""
    if isinstance(error, MemoryError) or _says_no_memory(error):
        return (
            "the memory of this machine is used up: give less at a time (a smaller batch, "
            "resolution or space), or run it on a larger machine",
            NO_MEMORY,
        )
    if isinstance(error, sqlite3.OperationalError) and "full" in str(error):
        return "the disk is full: make room, and run again", DISK
    if type(error) in (sqlite3.OperationalError, sqlite3.DatabaseError):  # no fault of a statement
        return f"a table is damaged or in use ({reason(error)}): restore a copy of it", DISK
    if isinstance(error, OSError):
        if error.errno in NO_ROOM:
            place = f" of {error.filename}" if error.filename else ""
            return f"the disk{place} is full: make room, and run again", DISK
        if error.filename is not None:
            return f"{error.filename}: {error.strerror}", BAD_INPUT
    return None


def _says_no_memory(error: BaseException) -> bool:
    said = str(error).lower()
    return isinstance(error, RuntimeError) and any(sign in said for sign in ALLOCATION_SIGNS)


def _reported(error: BaseException, arguments: Sequence[str]) -> str:
    """Write a report of a fault of ours; return the sentence that says so."""
    sentence = f"a fault of proxyless, not of yours ({type(error).__name__}: {reason(error)})"
    with suppress(OSError):
        with tempfile.NamedTemporaryFile(
            "w", prefix="proxyless-fault-", suffix=".txt", delete=False, errors="backslashreplace"
        ) as file:
            file.write(_report(error, arguments))
        return (
            f"{sentence}: please report it with {file.name}, "
            f"or add {DEBUG} to see where it happened"
        )
    return f"{sentence}: please report it, with what {DEBUG} shows"


def _report(error: BaseException, arguments: Sequence[str]) -> str:
    lines = [
        f"proxyless {__version__}, Python {platform.python_version()}, {platform.platform()}",
        ", ".join(filter(None, map(_installed, PACKAGES))),
        f"command: proxyless {shlex.join(arguments)}",
        "",
        "".join(traceback.format_exception(error)),
    ]
    return "\n".join(lines)


def _installed(package: str) -> str:
    from importlib.metadata import PackageNotFoundError, version  # with a report alone

    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return ""
