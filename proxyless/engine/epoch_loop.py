"""A training loop that survives being killed: steps, epochs, log lines, checkpoints."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor

from search_spaces import InputError
from search_spaces.schema import dump

from ..runs.phase_directory import PhaseDirectory
from .random_streams import Streams
from .trainer import Trainer

Record = TypeVar("Record")
"""What an epoch comes to: a dataclass, which is a line of the log."""

Progress = Callable[[int, int, dict[str, Any] | None], None]
"""Told steps made, steps in all, and the epoch's log line when one has just ended."""


ALIKE = ("paths",)
"""What workers draw alike, each for itself, beside the order of images."""
OWN = ("augmentation", "validation", "mixup")
"""What every worker draws differently."""


@dataclass(frozen=True)
class Share:
    """Which part of each batch is this process's: worker ``rank`` of ``size``.

    ``own`` and ``alike`` are the purposes of random streams that workers draw from, differently
    and alike.
    """

    rank: int = 0
    size: int = 1
    own: tuple[str, ...] = OWN
    alike: tuple[str, ...] = ALIKE


class EpochLoop(ABC, Generic[Record]):
    """Steps over shuffled epochs; resumed, it takes the very steps it would have taken.

    A subclass sets itself up, calls :meth:`restore`, and says what a step, a log line and its own
    state are; it steps with ``trainer``. All randomness comes from ``streams``, which must hold the
    purpose "order". ``batch_size`` is a worker's: where several have a ``share``, a step takes as
    many batches.
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
        share: Share | None = None,
    ) -> None:
        self.directory, self.streams = directory, streams
        self.images, self.share = images, share
        workers = 1 if share is None else share.size
        if share is not None and images < 2 * workers:
            raise InputError(
                f"{images} training images are too few for {workers} workers to take two each at "
                "a step: start fewer workers"
            )
        self.batch_size = min(batch_size, images // workers)
        self.images_a_step = workers * self.batch_size
        self.steps_an_epoch = images // self.images_a_step
        self.total = epochs * self.steps_an_epoch
        self.checkpoint_seconds = checkpoint_seconds
        self.order = torch.empty(0, dtype=torch.int64)
        self._ordered_epoch = -1

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
        """Return the log line of the epoch that has just ended, and forget its meters."""

    @abstractmethod
    def state_dict(self) -> dict[str, Any]:
        """Return everything a resumed loop needs beside step, order and streams."""

    @abstractmethod
    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what :meth:`state_dict` returned."""

    def run(self, progress: Progress | None = None) -> None:
        """Take every step that is left."""
        self.trainer.join()
        started = saved = time.monotonic()
        while self.step < self.total:
            if self.share is not None and self._ends_epoch():
                self.trainer.drain()
            self.take_step(self._next_indices())
            record, now = None, time.monotonic()
            if self._ends_epoch():
                self.trainer.drain()
            if self._ends_epoch():
                record = dump(self.end_epoch(self.epoch - 1, now - started))
                self.directory.log(record)
                started = now
            if self._may_save(now - saved):
                self._save()
                saved = now
            if progress:
                progress(self.step, self.total, record)
        self.trainer.leave()

    def _ends_epoch(self) -> bool:
        return self.step > 0 and self.step % self.steps_an_epoch == 0

    def _may_save(self, waited: float) -> bool:
        """Return whether to write a checkpoint; workers do where nothing is on its way."""
        if self.step == self.total:
            return True
        return waited > self.checkpoint_seconds and (self.share is None or self._ends_epoch())

    def _next_indices(self) -> Tensor:
        """Return the images of the next step, this worker's share of them."""
        epoch, place = divmod(self.step, self.steps_an_epoch)
        start = place * self.images_a_step
        if self.share is None:
            if place == 0:
                self.order = torch.randperm(self.images, generator=self.streams["order"])
        else:
            self._begin_streams(epoch, self.share)
            start += self.share.rank * self.batch_size
        return self.order[start : start + self.batch_size]

    def _begin_streams(self, epoch: int, share: Share) -> None:
        if epoch != self._ordered_epoch:
            self.streams.begin(f"epoch {epoch}", ["order"])
            self.order = torch.randperm(self.images, generator=self.streams["order"])
            self._ordered_epoch = epoch
        self.streams.begin(f"step {self.step}", share.alike)
        self.streams.begin(f"step {self.step} of worker {share.rank}", share.own)

    def restore(self) -> None:
        """Continue from the directory's checkpoint, if it has one."""
        state = self.directory.load()
        if state is not None:
            self.order = state["order"]
            self.streams.load_state_dict(state["streams"])
            self.load_state_dict(state["loop"])
            self.trainer.load_state_dict(state["trainer"])

    def _save(self) -> None:
        self.directory.save(
            {
                "order": self.order,
                "streams": self.streams.state_dict(),
                "loop": self.state_dict(),
                "trainer": self.trainer.state_dict(),
            }
        )
