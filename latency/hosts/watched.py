"""A process of somebody else's: its errors are read aside, and it is ended if it takes too long."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

PIECE = 2**16
PR_SET_PDEATHSIG = 1
"""Linux's number of it."""
OWN_GROUP: dict[str, Any] = {"process_group": 0} if os.name == "posix" else {}
"""Arguments of ``Popen`` for a process whose children :func:`kill` finds."""


def kill(process: "subprocess.Popen[bytes]") -> None:
    """End a process that was started with :data:`OWN_GROUP`, and the children it has left."""
    if os.name == "posix":
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()


def ends_with_caller() -> str:
    """Return Python that a new process begins with, so that it is killed when this one ends.

    Without it, a model that hangs would outlive a caller that is killed. Linux sends the signal at
    the end of the thread that started the process, so it is empty for any but the main one; and on
    other systems, which have none.
    """
    if sys.platform != "linux" or threading.current_thread() is not threading.main_thread():
        return ""
    return (
        f"import ctypes, os; ctypes.CDLL(None).prctl({PR_SET_PDEATHSIG}, {int(signal.SIGKILL)}); "
        f"os.getppid() == {os.getpid()} or os._exit(1); "
    )


class Drain:
    """A pipe that a thread empties, so that whoever writes to it never waits.

    The last ``limit`` bytes are kept. With ``overflow``, they are the first ones instead: at more
    of them it is called, what follows is thrown away, and ``overflowed`` is set. ``write_end`` is
    for the process; close it here by :meth:`started` once the process has it.
    """

    def __init__(self, limit: int, overflow: Callable[[], None] | None = None) -> None:
        self._read_end, self.write_end = os.pipe()
        self._limit = limit
        self._overflow = overflow
        self._kept = bytearray()
        self.overflowed = False
        self._thread = threading.Thread(target=self._empty, daemon=True)

    def started(self) -> None:
        """Begin to read: the process has its end of the pipe, or could not be started."""
        os.close(self.write_end)
        self._thread.start()

    def text(self, wait_seconds: float) -> str:
        """Return what is kept, decoded.

        The wait is for the end of the pipe, which a process that outlives the one started here may
        still hold open.
        """
        self._thread.join(wait_seconds)
        return bytes(self._kept).decode(errors="replace")

    def _empty(self) -> None:
        while piece := os.read(self._read_end, PIECE):
            self._keep(piece)
        os.close(self._read_end)

    def _keep(self, piece: bytes) -> None:
        if self._overflow is None:
            self._kept += piece
            del self._kept[: -self._limit]
        elif len(self._kept) <= self._limit:
            self._kept += piece[: self._limit + 1 - len(self._kept)]
            if len(self._kept) > self._limit:
                self.overflowed = True
                self._overflow()


class Watch:
    """Kills a process that is waited for beyond a deadline.

    ``expired`` is whether it did, ``seconds`` the last limit. Reading from a pipe and writing to
    one cannot be given up; they end when the process does.
    """

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self._changed = threading.Condition()
        self._deadline: float | None = None
        self._done = False
        self.expired = False
        self.seconds = 0.0
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._changed:
            self._done = True
            self._changed.notify()
        self._thread.join()

    def wait_for(self, seconds: float | None) -> None:
        """Allow so many seconds from now on; None: any number."""
        with self._changed:
            self._deadline = None if seconds is None else time.monotonic() + seconds
            self.seconds = seconds or self.seconds
            self._changed.notify()

    def _look(self) -> None:
        with self._changed:
            while not self._done:
                left = None if self._deadline is None else self._deadline - time.monotonic()
                if left is not None and left <= 0:
                    self.expired = True
                    kill(self._process)
                    return
                self._changed.wait(left)
