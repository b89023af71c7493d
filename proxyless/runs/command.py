"""The command of this process, if the library was called by the command line."""

import os
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

_command: ContextVar[str | None] = ContextVar("command", default=None)


@contextmanager
def running(arguments: Sequence[str]) -> Iterator[None]:
    """Record ``proxyless`` with these arguments as the command that is running in the block."""
    start = "torchrun ... -m proxyless" if "WORLD_SIZE" in os.environ else "proxyless"
    token = _command.set(f"{start} {shlex.join(arguments)}".rstrip())
    try:
        yield
    finally:
        _command.reset(token)


def running_command() -> str | None:
    """Return the running command in shell syntax; None if Python code called the library."""
    return _command.get()
