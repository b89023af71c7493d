"""The thread that keeps a worker a member while its training computes.

It sends heartbeats, and moves to the next view when a member is lost, late, or new.
"""

import logging
import time
from collections.abc import Callable
from threading import Event
from typing import TypeVar

from ..transport.watched_thread import WatchedThread
from ..transport.world import World
from .rounds import Rounds
from .store_connection import StoreConnection
from .view import Report, View

LOG = logging.getLogger(__name__)
T = TypeVar("T")

STORE_POLL = 0.25
"""Seconds between two looks at the store for workers that want another view."""


class Monitor:
    """Moves ``rounds`` from view to view; checks regularly, and whenever ``wake`` is set.

    What ends its thread is raised by ``rounds`` in the training.

    Args:
        world: the workers of the run.
        rounds: the rounds of this worker.
        store: the connection over which workers agree on views.
        process: the identifier by which this process has claimed the worker's rank.
        timeout: seconds without the store after which this worker counts as excluded.
        patience: seconds to wait for the reports of the other members at the end of a view.
        wake: set to request a check.
    """

    def __init__(
        self,
        world: World,
        rounds: Rounds,
        store: StoreConnection,
        process: str,
        timeout: float,
        patience: float,
        wake: Event,
    ) -> None:
        self.world, self.rounds, self.store, self.process = world, rounds, store, process
        self.timeout, self.patience = timeout, patience
        self.wake, self.stopping = wake, Event()
        self._contact = 0.0
        self._thread = WatchedThread("membership", rounds.fail, self._watch)

    @property
    def running(self) -> bool:
        """Whether the thread is alive."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Start the thread, unless it runs."""
        if not self.running:
            self._thread.start()

    def stop(self) -> None:
        """Let the thread end; see :meth:`wait`."""
        self.stopping.set()
        self.wake.set()

    def wait(self) -> None:
        """Wait for the thread's end, for as long as it may wait for a message."""
        if self.running:
            self._thread.join(self.timeout + 1)

    def _watch(self) -> None:
        """Keep this worker a member: the body of the thread."""
        spoken = self._contact = time.monotonic()
        while not self.stopping.is_set():
            now = time.monotonic()
            speaks = now - spoken > self.timeout / 4
            if speaks:
                spoken = now
                self.rounds.send_heartbeat()
            view = self.rounds.view
            if view is not None and not self.rounds.excluded:
                self._look_after(view, speaks)
            else:
                self._contact = time.monotonic()
            self.wake.wait(STORE_POLL)
            self.wake.clear()

    def _look_after(self, view: View, speaks: bool) -> None:
        """Go on in a view, to the next, or to none."""
        if not self._ask(lambda: self._is_alive_in(view)):
            return
        if speaks and self._ask(lambda: self.store.rendezvous.holds_rank(self.process)) is False:
            self.rounds.exclude()
            return
        self.rounds.suspect_late()
        ends = self.rounds.suspects or self.rounds.broken
        if ends or self._ask(lambda: self._is_ending(view)):
            self._change(view)

    def _ask(self, ask: Callable[[], T]) -> T | None:
        """Return what the store says; None where it does not answer, which it may for a while."""
        try:
            answer = ask()
        except RuntimeError:
            if time.monotonic() - self._contact > self.timeout:
                self.rounds.exclude()
            else:
                self.store.renew()
            return None
        self._contact = time.monotonic()
        return answer

    def _is_alive_in(self, view: View) -> bool:
        self.store.rendezvous.heartbeat(view.number)
        return True

    def _is_ending(self, view: View) -> bool:
        """Return whether a worker asks for another view; joins wait for earlier ones."""
        reports = self.store.rendezvous.reports(view.number + 1)
        if any(not report.joining for report in reports.values()):
            return True
        return bool(reports) and not self.rounds.suspicion.coming() - reports.keys()

    def _change(self, view: View) -> None:
        """End a view, and enter the next with those who are left and those who are new."""
        number = view.number + 1
        completed, left = self.rounds.end_view(), self.rounds.peers.left
        LOG.info(
            "view %d ends at round %d; missing: %s",
            view.number,
            completed,
            self.rounds.suspects or "none",
        )

        def report() -> Report:
            return Report(completed, suspects=tuple(sorted(self.rounds.suspects)))

        expected = set(view.members) - left
        following = self._ask(
            lambda: self.store.rendezvous.agree(number, report, expected, self.patience)
        )
        if following is None:
            return
        if self.world.rank not in following.members:
            self.rounds.exclude()
            return
        self.rounds.settle(following.committed)
        self.rounds.begin(following, self.rounds.connect(following))
