"""The thread that keeps a worker a member while its training computes.

It sends heartbeats, and moves to the next view when a member is lost, late, or new.
"""

import logging
import time
from threading import Event, Thread

from ..transport.world import World
from .rounds import Rounds
from .store_connection import StoreConnection
from .view import Report, View

LOG = logging.getLogger(__name__)

STORE_POLL = 0.25
"""Seconds between two looks at the store for workers that want another view."""


class Monitor:
    """Moves ``rounds`` from view to view; checks regularly, and whenever ``wake`` is set.

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
        self._thread = Thread(target=self._watch, name="membership", daemon=True)

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
        spoken = contact = time.monotonic()
        while not self.stopping.is_set():
            now = time.monotonic()
            speaks = now - spoken > self.timeout / 4
            if speaks:
                spoken = now
                self.rounds.send_heartbeat()
            view = self.rounds.view
            if view is not None and not self.rounds.excluded:
                try:
                    self.store.rendezvous.heartbeat(view.number)
                    if speaks and not self.store.rendezvous.holds_rank(self.process):
                        self.rounds.exclude()
                        continue
                    self.rounds.suspect_late()
                    if self.rounds.suspects or self.rounds.broken or self._is_ending(view):
                        self._change(view)
                    contact = time.monotonic()
                except RuntimeError:
                    if time.monotonic() - contact > self.timeout:
                        self.rounds.exclude()
                    else:
                        self.store.renew()
            else:
                contact = time.monotonic()
            self.wake.wait(STORE_POLL)
            self.wake.clear()

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
        following = self.store.rendezvous.agree(number, report, expected, self.patience)
        if self.world.rank not in following.members:
            self.rounds.exclude()
            return
        self.rounds.settle(following.committed)
        self.rounds.begin(following, self.rounds.connect(following))
