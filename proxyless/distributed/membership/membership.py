"""Who takes part in a run, while workers are lost and come back.

What they exchange is the matter of :mod:`.rounds`. Here a thread keeps this worker a member while
the training computes: it says that the worker is alive, and moves to the next view when a member is
lost, late, or new.
"""

import atexit
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Thread
from uuid import uuid4

from torch import Tensor

from ..errors import DistributedError
from ..transport.world import World, round_trip
from .commit_log import Commit
from .rendezvous import PATIENCE, Rendezvous
from .rounds import Rounds, StateTransfer
from .store_connection import StoreConnection
from .sums import Values
from .suspicion import GRACE
from .view import Report, View

LOG = logging.getLogger(__name__)

STORE_POLL = 0.25
"""Seconds between two looks at the store for workers that want another view."""


@dataclass(frozen=True)
class Joined:
    """The view that this worker joined, and the state that it fetched, if it did."""

    view: View
    state: Tensor | None


class Membership:
    """The members of a run, as one of them sees it.

    ``timeout`` (seconds): a member that is silent for so long, or that holds up a round for so
    long, is given up; the others go on without it. It joins again when it can.
    """

    def __init__(self, world: World, timeout: float) -> None:
        self.world, self.timeout = world, timeout
        self._store = StoreConnection(world, 10 * timeout)
        self._process = uuid4().hex
        self._store.attempt(lambda: self.rendezvous.claim_rank(self._process))
        self.patience = PATIENCE + 4 * round_trip(self.rendezvous.store)
        self._wake, self._stopping = Event(), Event()
        self.rounds = Rounds(world, timeout, self._open_ring, self._wake.set)
        self._joined: float | None = None
        self._backoff = 0.0
        self._monitor_thread = Thread(target=self._monitor, name="membership", daemon=True)
        atexit.register(self.close)

    @property
    def rendezvous(self) -> Rendezvous:
        """The store, over the connection of the moment."""
        return self._store.rendezvous

    @property
    def rank(self) -> int:
        """This worker's."""
        return self.world.rank

    @property
    def view(self) -> View:
        """Who the members are."""
        view = self.rounds.view
        assert view is not None
        return view

    def join(self, committed: int, digest: str) -> Joined:
        """Become a member, with the state of round ``committed``; waits until the others agree.

        The first view waits for every worker that torchrun starts, for twice the timeout.

        Raises:
            DistributedError: another process has been started as this worker since.
        """
        if self._joined is not None and time.monotonic() - self._joined > GRACE * self.timeout:
            self._backoff = self.patience
        self._back_off()
        if not self._store.attempt(lambda: self.rendezvous.holds_rank(self._process)):
            raise DistributedError(
                f"another process was started as worker {self.rank} after this one, and has taken "
                "its place: leave the work to that, or give one of them another --node-rank"
            )
        self.rounds.reset()
        if not self._monitor_thread.is_alive():
            self._monitor_thread.start()
        number = self._store.attempt(lambda: self.rendezvous.latest()) + 1
        report = Report(committed, digest, joining=True)
        while (joined := self._store.attempt(self._try_to_join, number, report)) is None:
            number = max(number, self._store.attempt(lambda: self.rendezvous.latest())) + 1
        self._joined = time.monotonic()
        return joined

    def _back_off(self) -> None:
        """Wait before joining, the longer the oftener that was in vain: the others wait each time.

        Else a worker that some cannot reach would come back before those who can have gone on: it
        lets them have a few round trips even the first time.
        """
        self._stopping.wait(self._backoff)
        self._backoff = min(max(self.timeout, 2 * self._backoff), GRACE * self.timeout)

    def post(self, round_: int, payload: Tensor, values: Values | None = None) -> None:
        """Contribute to a round; returns at once.

        ``values``, where it is given, makes what is summed over all members on the way. For a
        round, every member gives it or none does.
        """
        self.rounds.post(round_, payload, values)

    def next(self) -> Commit | StateTransfer:
        """Wait for the next round to be committed, or for what must be done between two rounds.

        Raises:
            ExcludedError: the others went on without this worker.
        """
        return self.rounds.next()

    def send_state(self, transfer: StateTransfer, state: Tensor) -> None:
        """Send the state to those who asked for it."""
        self.rounds.send_state(transfer, state)

    def leave(self, state: Callable[[], Tensor]) -> None:
        """Say that this worker needs nobody any more, and wait for the others to say it too.

        They may need what it sent last; it waits for them as long as for anything. Who joins
        meanwhile gets the state, ``state()``, and is told the same.
        """
        self.rounds.leave(state)
        self.close()

    def close(self) -> None:
        """Close every link, and wait for the threads, as long as they may wait for a message.

        A thread that is inside gloo, or the store, when Python ends takes the process down.
        """
        self._stopping.set()
        self._wake.set()
        self.rounds.close()
        if self._monitor_thread.is_alive():
            self._monitor_thread.join(self.timeout + 1)
        atexit.unregister(self.close)

    def _monitor(self) -> None:
        """Keep this worker a member: the body of the thread."""
        spoken = contact = time.monotonic()
        while not self._stopping.is_set():
            now = time.monotonic()
            speaks = now - spoken > self.timeout / 4
            if speaks:
                spoken = now
                self.rounds.send_heartbeat()
            view = self.rounds.view
            if view is not None and not self.rounds.excluded:
                try:
                    self.rendezvous.heartbeat(view.number)
                    if speaks and not self.rendezvous.holds_rank(self._process):
                        self._exclude()
                        continue
                    self.rounds.suspect_late()
                    if self.rounds.suspects or self.rounds.broken or self._is_ending(view):
                        self._change(view)
                    contact = time.monotonic()
                except RuntimeError:
                    if time.monotonic() - contact > self.timeout:
                        self._exclude()
                    else:
                        self._store.renew()
            else:
                contact = time.monotonic()
            self._wake.wait(STORE_POLL)
            self._wake.clear()

    def _is_ending(self, view: View) -> bool:
        """Return whether someone wants another view; who joins has to wait for who is joining."""
        reports = self.rendezvous.reports(view.number + 1)
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
        following = self.rendezvous.agree(number, report, expected, self.patience)
        if self.rank not in following.members:
            self._exclude()
            return
        self.rounds.settle(following.committed)
        self._begin(following, self._connect_peers(following))

    def _exclude(self) -> None:
        """Stop being a member: the others went on, or will before long."""
        LOG.warning("the others go on without this worker; it joins again")
        self.rounds.exclude()

    def _begin(self, view: View, lost: set[int]) -> None:
        LOG.info(
            "view %d of workers %s begins after round %d", view.number, view.members, view.committed
        )
        self.rounds.begin(view, lost)

    def _open_ring(self, view: View) -> object:
        """Open a group of all members, for sums, when the first is wanted.

        Over a connection of its own: the membership must not wait for who does not come.
        """
        place = view.members.index(self.rank)
        prefix = f"view/{view.number}/ring"
        return self.world.open_ring(self.world.connect(), prefix, place, len(view.members))

    def _try_to_join(self, number: int, report: Report) -> Joined | None:
        """Report for view ``number``, and enter it; return None where this worker is not in it."""
        LOG.info("asking to join view %d, with the state of round %d", number, report.round)
        patience = 2 * self.timeout + self.patience
        if number == 1:
            everyone = set(range(self.world.size))
            view = self.rendezvous.agree(number, lambda: report, everyone, patience)
        else:
            self.rendezvous.report(number, report)
            view = self.rendezvous.await_members(number, patience)
        if self.rank not in view.joining:
            return None
        self.rounds.reset()
        lost = self._connect_peers(view)
        state = None
        if self.rank in view.fetching:
            patience = 0 if view.source in lost else GRACE * self.timeout
            state = self.rounds.await_state(view, patience)
            if state is None:
                self._back_off()
                return None
        self._begin(view, lost)
        return Joined(view, state)

    def _connect_peers(self, view: View) -> set[int]:
        """Link up with the members of a view; return those with whom that failed."""
        return self.rounds.peers.connect(view.number, view.members, view.joining)
