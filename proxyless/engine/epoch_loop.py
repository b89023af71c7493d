"""A training loop that can be resumed after a kill: steps, epochs, checkpoints, callbacks."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from copy import deepcopy
from typing import Generic, TypeVar

from torch import Tensor

from search_spaces.schema import dump

from ..runs.checkpoint import State, misfits_refused
from ..runs.phase_directory import PhaseDirectory
from .callbacks import Callback, Progress, ProgressCallback, RunFiles
from .loaded_state import check_finite
from .random_streams import Streams
from .shard import Shard
from .shuffling import Shuffling
from .trainer import Trainer

Record = TypeVar("Record")
"""The figures of an epoch: a dataclass, which becomes a line of the log."""
Result = TypeVar("Result")


class EpochLoop(ABC, Generic[Record]):
    """Steps over shuffled epochs; a resumed loop takes the same steps as an uninterrupted one.

    A subclass initialises itself, calls :meth:`restore`, and implements the step, the log line and
    its own state; it steps with ``trainer``. All randomness comes from ``streams``, which must have
    the purpose "order". Images and batches are as for :class:`.shuffling.Shuffling`.
    """

    trainer: Trainer

    def __init__(
        self,
        directory: PhaseDirectory,
        streams: Streams,
        images: int,
        batch_size: int,
        epochs: int,
        checkpoint_seconds: float,
        shard: Shard | None = None,
    ) -> None:
        self.directory, self.streams, self.shard = directory, streams, shard
        self.shuffling = Shuffling(images, batch_size, streams, shard)
        self.total = epochs * self.steps_an_epoch
        self.checkpoint_seconds = checkpoint_seconds
        self._restored: State | None = None

    @property
    def batch_size(self) -> int:
        """Images per step of this worker."""
        return self.shuffling.batch_size

    @property
    def steps_an_epoch(self) -> int:
        """Steps per epoch."""
        return self.shuffling.steps_an_epoch

    @property
    def step(self) -> int:
        """The number of the next step, from 0."""
        return self.trainer.position

    @property
    def epoch(self) -> int:
        """The epoch that the next step belongs to, from 0."""
        return self.step // self.steps_an_epoch

    @abstractmethod
    def take_step(self, indices: Tensor) -> None:
        """Train on the images at ``indices``."""

    @abstractmethod
    def end_epoch(self, epoch: int, seconds: float) -> Record:
        """Return the log line of the epoch that has just ended, and reset its meters."""

    @abstractmethod
    def state_dict(self) -> State:
        """Return the subclass's state, without that of trainer, order and streams."""

    @abstractmethod
    def load_state_dict(self, state: State) -> None:
        """Restore what :meth:`state_dict` returned."""

    def complete(
        self,
        finish: Callable[[], Result],
        progress: Progress | None = None,
        callbacks: Sequence[Callback] = (),
    ) -> Result:
        """Take the remaining steps, with log and checkpoints, and return what ``finish`` returns.

        ``finish`` writes the results, before callbacks are told of the end.
        """
        listeners = [RunFiles(self.directory), *callbacks]
        if progress is not None:
            listeners.append(ProgressCallback(progress))
        self.trainer.join()
        if self.shard is not None:
            self.directory.cut_log(self._restored, self.epoch)
            self._restored = None
        with ExitStack() as stack:
            for callback in listeners:
                callback.on_begin(self.step, self.total)
                stack.callback(callback.on_end)
            self._take_steps(listeners)
            self.trainer.leave()
            return finish()

    def _take_steps(self, callbacks: Sequence[Callback]) -> None:
        started = saved = time.monotonic()
        while self.step < self.total:
            if self.shard is not None and self._ends_epoch():
                self.trainer.drain()
            self.take_step(self.shuffling.indices(self.step))
            record, state, now = None, None, time.monotonic()
            if self._ends_epoch():
                self.trainer.drain()
            if self._ends_epoch():  # checked again: a worker that rejoined may have jumped
                record = dump(self.end_epoch(self.epoch - 1, now - started))
                started = now
            if self._may_save(now - saved):
                state = self._checkpoint()
                saved = now
            for callback in callbacks:
                if record is not None:
                    callback.on_epoch(deepcopy(record))  # whatever it does with it
                if state is not None:
                    callback.on_checkpoint(self.step, state)
                callback.on_step(self.step, self.total)

    def _ends_epoch(self) -> bool:
        return self.step > 0 and self.step % self.steps_an_epoch == 0

    def _may_save(self, waited: float) -> bool:
        """Return whether a checkpoint is due; several workers write one only at an epoch's end,
        when no messages are in transit.
        """
        if self.step == self.total:
            return True
        return waited > self.checkpoint_seconds and (self.shard is None or self._ends_epoch())

    def restore(self) -> None:
        """Continue from the directory's checkpoint, if it has one."""
        state = self.directory.load()
        if state is not None:
            with misfits_refused(self.directory.checkpoint_path):
                self._load(state)
        if self.shard is None:
            self.directory.cut_log(state)
        else:  # what others were ahead is not known before they are met
            self._restored = state

    def _load(self, state: State) -> None:
        """Load a checkpoint; what is wrong with it raises one of many errors."""
        check_finite({"loop": state["loop"], "trainer": state["trainer"]})
        self.shuffling.load(state["order"])
        self.streams.load_state_dict(state["streams"])
        self.load_state_dict(state["loop"])
        self.trainer.load_state_dict(state["trainer"])
        if type(self.step) is not int or not 0 <= self.step <= self.total:
            raise ValueError(f"it is at step {self.step} of {self.total}")
        begun = self.step % self.steps_an_epoch != 0
        if self.shard is None and begun and len(self.shuffling.order) == 0:
            raise ValueError("it is within an epoch, but has no order of its images")

    def _checkpoint(self) -> State:
        return {
            "order": self.shuffling.order,
            "streams": self.streams.state_dict(),
            "loop": self.state_dict(),
            "trainer": self.trainer.state_dict(),
        }
