"""The command that runs in this process, if it was one that called the library."""

import os
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

_command: ContextVar[str | None] = ContextVar("command", default=None)


@contextmanager
def running(arguments: Sequence[str]) -> Iterator[None]:
    """Say that everything made meanwhile is made by ``proxyless`` with these arguments."""
    start = "torchrun ... -m proxyless" if "WORLD_SIZE" in os.environ else "proxyless"
    token = _command.set(f"{start} {shlex.join(arguments)}".rstrip())
    try:
        yield
    finally:
        _command.reset(token)


def running_command() -> str | None:
    """Return the command as a shell takes it; None where Python calls the library."""
    return _command.get()
