"""Sums over all members of a view by ring all-reduce: for large gradients that are sent whole.

A member sends 2 (J - 1) / J of a gradient for every round, and not J - 1 of it as when everyone
sends to everyone; but a message makes 2 (J - 1) hops. gloo on processors, NCCL on GPUs.
"""

import time
from collections.abc import Callable
from datetime import timedelta
from queue import SimpleQueue
from typing import NamedTuple

import torch
from torch import Tensor
from torch.distributed import Work

from .group import Group
from .watched_thread import Failed, WatchedThread

POLL = 0.0005
"""Seconds between two looks at an all-reduce of NCCL's, which cannot be waited for in time."""


class _Started(NamedTuple):
    round: int
    work: Work
    values: Tensor


class Reduction:
    """All-reduces over the members of one view, begun in order, as many at once as there are.

    ``open_group`` is called by a thread of the reduction when there is something to sum.
    ``done(round, sum)`` is called for each, in order, and ``broke()`` once when one failed or took
    longer than ``timeout`` seconds; then no more comes. ``failed`` is told what else ends a thread.
    """

    def __init__(
        self,
        open_group: Callable[[], Group],
        timeout: float,
        done: Callable[[int, Tensor], None],
        broke: Callable[[], None],
        failed: Failed,
    ) -> None:
        self.open_group, self.timeout = open_group, timeout
        self.done, self.broke = done, broke
        self._asked: SimpleQueue[tuple[int, Callable[[], Tensor]] | None] = SimpleQueue()
        self._started: SimpleQueue[_Started | None] = SimpleQueue()
        self._closed = False
        self.threads = [
            WatchedThread("all-reduces begin", failed, self._begin_all),
            WatchedThread("all-reduces end", failed, self._finish_all),
        ]
        for thread in self.threads:
            thread.start()

    def add(self, round_: int, values: Callable[[], Tensor]) -> None:
        """Sum what ``values()`` returns, float32 (n,); every member adds rounds in order."""
        self._asked.put((round_, values))

    def close(self) -> None:
        """Begin no more and report no more; the threads end with what is on its way."""
        self._closed = True
        self._asked.put(None)

    def _begin_all(self) -> None:
        try:
            self._begin_asked()
        finally:
            self._started.put(None)

    def _begin_asked(self) -> None:
        group: Group | None = None
        while (asked := self._asked.get()) is not None and not self._closed:
            round_, make = asked
            values = make()
            try:
                group = group or self.open_group()
                self._started.put(_Started(round_, group.allreduce([values]), values))
            except RuntimeError:
                self._break()
                return

    def _finish_all(self) -> None:
        while (started := self._started.get()) is not None:
            try:
                _wait(started, self.timeout)
            except RuntimeError:
                self._break()
            if not self._closed:
                self.done(started.round, started.values)

    def _break(self) -> None:
        if not self._closed:
            self._closed = True
            self.broke()


def _wait(started: _Started, timeout: float) -> None:
    """Wait for an all-reduce.

    Raises:
        RuntimeError: it failed, or was late.
    """
    if started.values.is_cuda:
        deadline = time.monotonic() + timeout
        while not started.work.is_completed():
            if time.monotonic() > deadline:
                raise RuntimeError("an all-reduce of NCCL's is late")
            time.sleep(POLL)
        started.work.wait()
        torch.cuda.synchronize(started.values.device)
    else:
        started.work.wait(timedelta(seconds=timeout))
