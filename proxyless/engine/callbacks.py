"""Callbacks of training loops: logs, checkpoints, progress, and those of users."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from search_spaces import InputError

from ..runs.phase_directory import LogLine, PhaseDirectory

Progress = Callable[[int, int, LogLine | None], None]
"""A function of the steps done, the total, and the epoch's log line after its last step."""


class Callback:
    """Methods that a search or a training calls; the default ones do nothing.

    After each step, all methods of one callback are called before those of the next. The first
    writes the run's log and checkpoint, so that the state passed to a user's callback is already on
    disk; those of the user follow in their order. An exception in a callback ends the loop like a
    kill, and the run can be continued. Each of several workers calls its own callbacks.
    """

    def on_begin(self, done: int, total: int) -> None:
        """Called before the first step; ``done`` of ``total`` is above 0 if a run is continued."""

    def on_epoch(self, record: LogLine) -> None:
        """Called at the end of an epoch, with a copy of its log line (docs/formats.md)."""

    def on_checkpoint(self, step: int, state: Mapping[str, Any]) -> None:
        """Called when a checkpoint is due, with the state after ``step`` steps.

        The loop modifies the tensors in it at the next step: copy what you keep.
        """

    def on_step(self, done: int, total: int) -> None:
        """Called at the end of every step, after the other methods."""

    def on_end(self) -> None:
        """Called after the last step and after an exception, but not if the process is killed.

        After the last step, the results are on disk.
        """


def check_callbacks(callbacks: Iterable[Callback]) -> tuple[Callback, ...]:
    """Return a user's callbacks.

    Raises:
        InputError: they are a single one, or one of them is something else.
    """
    if isinstance(callbacks, Callback):
        raise InputError(f"`callbacks` is a {type(callbacks).__name__} itself: give a list of them")
    checked = tuple(callbacks)
    for callback in checked:
        if not isinstance(callback, Callback):
            is_class = isinstance(callback, type)
            name = callback.__name__ if is_class else type(callback).__name__
            raise InputError(
                f"`callbacks` has {'the class' if is_class else 'a'} {name}, which is no instance "
                "of a subclass of proxyless.Callback: give instances of such classes"
            )
    return checked


class RunFiles(Callback):
    """Appends epochs to the phase's log, and replaces its checkpoint."""

    def __init__(self, directory: PhaseDirectory) -> None:
        self.directory = directory

    def on_epoch(self, record: LogLine) -> None:
        """Append the line to the log."""
        self.directory.log(record)

    def on_checkpoint(self, step: int, state: Mapping[str, Any]) -> None:
        """Replace the checkpoint atomically."""
        self.directory.save(dict(state))


class ProgressCallback(Callback):
    """Calls a function after every step."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.record: LogLine | None = None

    def on_epoch(self, record: LogLine) -> None:
        """Keep the line until :meth:`on_step`."""
        self.record = record

    def on_step(self, done: int, total: int) -> None:
        """Call the function."""
        record, self.record = self.record, None
        self.progress(done, total, record)
