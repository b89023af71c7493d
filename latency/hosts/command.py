"""One command of somebody else's program, with limits of time and of what it may answer."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from .limits import ANSWER_LIMIT, ERRORS_KEPT
from .watched import OWN_GROUP, Drain, Watch, kill

ENDING_SECONDS = 5.0
"""For output that arrives after the process has ended."""


@dataclass(frozen=True)
class Answer:
    """Exit status and output of a command."""

    status: int
    output: str
    errors: str


class TooLongError(Exception):
    """A command took too long, or answered too much; the message says which."""


def answer_of(command: Sequence[str], seconds: float) -> Answer:
    """Run a command to its end; nothing is on its standard input.

    Raises:
        TooLongError: it takes longer than ``seconds``, or writes more than
            :data:`limits.ANSWER_LIMIT` bytes.
        FileNotFoundError: there is no such command.
    """
    kept = Drain(ANSWER_LIMIT, lambda: kill(process))
    errors = Drain(ERRORS_KEPT)
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=kept.write_end,
            stderr=errors.write_end,
            **OWN_GROUP,
        )
    finally:
        kept.started()
        errors.started()
    with process, Watch(process) as watch:
        watch.wait_for(seconds)
        try:
            status = process.wait()
        except BaseException:
            kill(process)
            raise
    output = kept.text(ENDING_SECONDS)
    if watch.expired:
        raise TooLongError(f"no answer in {seconds:.0f} s")
    if kept.overflowed:
        raise TooLongError(f"an answer of more than {ANSWER_LIMIT} bytes")
    return Answer(status, output, errors.text(ENDING_SECONDS))
