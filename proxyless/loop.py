"""A training loop that survives being killed: steps, epochs, log lines, checkpoints."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from .recipe import Streams
from .run_directory import PhaseDirectory

Progress = Callable[[int, int, dict[str, Any] | None], None]
"""Told steps made, steps in all, and the epoch's log line when one has just ended."""


class EpochLoop(ABC):
    """Steps over shuffled epochs; resumed, it takes the very steps it would have taken.

    A subclass sets itself up, calls :meth:`restore`, and says what a step, a log line and its own
    state are. All randomness comes from ``streams``, which must hold the purpose "order".
    """

    def __init__(
        self,
        directory: PhaseDirectory,
        streams: Streams,
        images: int,
        batch_size: int,
        epochs: int,
        checkpoint_seconds: float,
    ) -> None:
        self.directory, self.streams = directory, streams
        self.images = images
        self.batch_size = min(batch_size, images)
        self.steps_an_epoch = images // self.batch_size
        self.total = epochs * self.steps_an_epoch
        self.checkpoint_seconds = checkpoint_seconds
        self.step = 0
        self.order = torch.empty(0, dtype=torch.int64)

    @property
    def epoch(self) -> int:
        """The epoch that the next step belongs to, from 0."""
        return self.step // self.steps_an_epoch

    @abstractmethod
    def take_step(self, indices: Tensor) -> None:
        """Train on the images at ``indices``."""

    @abstractmethod
    def end_epoch(self) -> dict[str, Any]:
        """Return the log line of the epoch that has just ended, and forget its meters."""

    @abstractmethod
    def state_dict(self) -> dict[str, Any]:
        """Return everything a resumed loop needs beside step, order and streams."""

    @abstractmethod
    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what :meth:`state_dict` returned."""

    def run(self, progress: Progress | None = None) -> None:
        """Take every step that is left."""
        started = saved = time.monotonic()
        while self.step < self.total:
            position = self.step % self.steps_an_epoch * self.batch_size
            if position == 0:
                self.order = torch.randperm(self.images, generator=self.streams["order"])
            self.take_step(self.order[position : position + self.batch_size])
            self.step += 1
            record, now = None, time.monotonic()
            if self.step % self.steps_an_epoch == 0:
                record = {"epoch": self.epoch - 1, **self.end_epoch(), "seconds": now - started}
                self.directory.log(record)
                started = now
            if self.step == self.total or now - saved > self.checkpoint_seconds:
                self._save()
                saved = now
            if progress:
                progress(self.step, self.total, record)

    def restore(self) -> None:
        """Continue from the directory's checkpoint, if it has one."""
        state = self.directory.load()
        if state is not None:
            self.step, self.order = state["step"], state["order"]
            self.streams.load_state_dict(state["streams"])
            self.load_state_dict(state["loop"])

    def _save(self) -> None:
        self.directory.save(
            {
                "step": self.step,
                "order": self.order,
                "streams": self.streams.state_dict(),
                "loop": self.state_dict(),
            }
        )
