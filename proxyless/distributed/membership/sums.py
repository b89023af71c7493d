"""The sums of a view's rounds: by all-reduce, once every contribution to a round is here."""

from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from threading import Thread

from torch import Tensor

from ..transport.group import Group
from ..transport.reduction import Reduction
from ..transport.watched_thread import Failed
from .commit_log import CommitLog
from .view import View

Values = Callable[[Mapping[int, Tensor]], Tensor]
"""Makes a worker's values to be summed, (n,), given all contributions: {rank: payload}."""


class Sums:
    """All-reduces of one view after another; each view has a process group of its own.

    ``open_ring(view)`` returns the group, and is called when something is to be summed.
    ``keep_thread(thread)`` is told of threads to be waited for in the end. An all-reduce that
    takes ``timeout`` seconds has failed. ``done(view, round, sum)`` and ``broke(view)`` are called
    from those threads; ``failed`` is told of an exception in one.
    """

    def __init__(
        self,
        timeout: float,
        open_ring: Callable[[View], Group],
        keep_thread: Callable[[Thread], None],
        done: Callable[[View, int, Tensor], None],
        broke: Callable[[View], None],
        failed: Failed,
    ) -> None:
        self.timeout, self.open_ring, self.keep_thread = timeout, open_ring, keep_thread
        self.done, self.broke, self.failed = done, broke, failed
        self._asked: deque[tuple[int, Values]] = deque()
        self._reduction: Reduction | None = None

    def begin(self) -> None:
        """Begin another view: forget what was asked for in the one before."""
        self._asked.clear()

    def ask(self, round_: int, values: Values) -> None:
        """Sum what ``values`` makes of the contributions to a round; rounds come in order."""
        self._asked.append((round_, values))

    def start(self, view: View, log: CommitLog) -> None:
        """Start the all-reduces of rounds of which all contributions are here."""
        while self._asked and self._asked[0][0] <= log.gathered:
            round_, values = self._asked.popleft()
            contributions = dict(log.contributions(round_))
            self._reduction_of(view).add(round_, partial(values, contributions))

    def end(self) -> None:
        """Start no more in this view, and report no more."""
        if self._reduction is not None:
            self._reduction.close()
            self._reduction = None

    def _reduction_of(self, view: View) -> Reduction:
        if self._reduction is None:
            self._reduction = Reduction(
                partial(self.open_ring, view),
                self.timeout,
                partial(self.done, view),
                partial(self.broke, view),
                self.failed,
            )
            for thread in self._reduction.threads:
                self.keep_thread(thread)
        return self._reduction
