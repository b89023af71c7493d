"""Callbacks: what is told how a loop goes. Logs, checkpoints and progress are such; so is yours."""

from collections.abc import Callable, Mapping
from typing import Any

from ..runs.phase_directory import PhaseDirectory

Progress = Callable[[int, int, dict[str, Any] | None], None]
"""A function that is told steps made, steps in all, and the epoch's log line if one has ended."""


class Callback:
    """Is told how a search or a training goes. Every method does nothing: override what you need.

    After each step one callback is told all of it before the next one is told anything: first the
    run's log and checkpoint, so that what you are told of is on disk, then yours in their order. An
    exception raised here ends the loop as a kill does: the run can be continued. Where workers
    share the work, each tells its own callbacks.
    """

    def on_begin(self, done: int, total: int) -> None:
        """Begin with ``done`` of ``total`` steps made: above 0 where a run is continued."""

    def on_epoch(self, record: dict[str, Any]) -> None:
        """Take an epoch's log line (docs/formats.md), when the epoch has ended."""

    def on_checkpoint(self, step: int, state: Mapping[str, Any]) -> None:
        """Take the state after ``step`` steps, when a checkpoint is due.

        Tensors in it are the loop's own and change with the next step: copy what you keep.
        """

    def on_step(self, done: int, total: int) -> None:
        """Hear that ``done`` of ``total`` steps are made; comes last of a step."""

    def on_end(self) -> None:
        """End: after the last step, and after an exception. A killed process tells nothing."""


class RunFiles(Callback):
    """Writes an epoch's line to the phase's log, and replaces its checkpoint."""

    def __init__(self, directory: PhaseDirectory) -> None:
        self.directory = directory

    def on_epoch(self, record: dict[str, Any]) -> None:
        """Append the line."""
        self.directory.log(record)

    def on_checkpoint(self, step: int, state: Mapping[str, Any]) -> None:
        """Write the checkpoint, whole or not at all."""
        self.directory.save(dict(state))


class ProgressCallback(Callback):
    """Tells a function of every step."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.record: dict[str, Any] | None = None

    def on_epoch(self, record: dict[str, Any]) -> None:
        """Keep the line for the step that ended the epoch."""
        self.record = record

    def on_step(self, done: int, total: int) -> None:
        """Tell the function."""
        record, self.record = self.record, None
        self.progress(done, total, record)
