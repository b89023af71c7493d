"""Who takes part in a run, while workers are lost and come back.

How this worker joins. What workers exchange is the matter of :mod:`.rounds`, and :mod:`.monitor`
keeps this one a member while its training computes.
"""

import atexit
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from uuid import uuid4

from torch import Tensor

from ..environment import LONGEST_TIMEOUT
from ..errors import DistributedError
from ..transport.group import Group
from ..transport.world import World, round_trip
from .commit_log import Commit
from .monitor import Monitor
from .preparation import check_machine
from .rendezvous import PATIENCE, Rendezvous
from .rounds import Rounds, StateTransfer
from .store_connection import StoreConnection
from .sums import Values
from .suspicion import GRACE
from .view import Report, View

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Joined:
    """The view that this worker joined, and the state that it fetched, if it did."""

    view: View
    state: Tensor | None


class Membership:
    """The members of a run, as one of them sees it.

    ``timeout`` (seconds): a member that is silent for so long, or that holds up a round for so
    long, is given up; the others go on without it. It joins again when it can.

    Raises:
        DistributedError: the timeout is none, this machine's settings let it speak with nobody, or
            the store does not answer.
    """

    def __init__(self, world: World, timeout: float) -> None:
        self.world, self.timeout = world, timeout
        if not 0 < timeout <= LONGEST_TIMEOUT:
            raise DistributedError(
                f"`timeout` {timeout:g} is out of range: give seconds above 0, at most "
                f"{LONGEST_TIMEOUT:g}"
            )
        check_machine(world)
        self._store = StoreConnection(world, timeout)
        self._store.patience = GRACE * timeout  # one that has answered may come back
        self._process = uuid4().hex
        self._store.attempt(lambda: self.rendezvous.claim_rank(self._process))
        self.patience = PATIENCE + 4 * round_trip(self.rendezvous.store)
        wake = Event()
        self.rounds = Rounds(world, timeout, self._open_ring, wake.set)
        self.monitor = Monitor(
            world, self.rounds, self._store, self._process, timeout, self.patience, wake
        )
        self._joined: float | None = None
        self._backoff = 0.0
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

        The first view waits for every worker that torchrun starts, for twice the timeout; for the
        first of them, ten times.

        Raises:
            DistributedError: another process has been started as this worker since.
            Exception: whatever ended a thread of this worker's.
        """
        self.rounds.check()
        if self._joined is not None and time.monotonic() - self._joined > GRACE * self.timeout:
            self._backoff = self.patience
        self._back_off()
        if not self._store.attempt(lambda: self.rendezvous.holds_rank(self._process)):
            raise DistributedError(
                f"another process was started as worker {self.rank} after this one, and has taken "
                "its place: leave the work to that, or give one of them another --node-rank"
            )
        self.rounds.reset()
        self.monitor.start()
        number = self._store.attempt(lambda: self.rendezvous.latest()) + 1
        report = Report(committed, digest, joining=True)
        while (joined := self._store.attempt(self._try_to_join, number, report)) is None:
            number = max(number, self._store.attempt(lambda: self.rendezvous.latest())) + 1
        self._joined = time.monotonic()
        if self.missing:
            LOG.warning("going on without %s", self.described_missing())
        return joined

    def limit_messages(self, largest: int) -> None:
        """Take no larger messages from others: in bytes."""
        self.rounds.peers.largest = largest

    @property
    def missing(self) -> set[int]:
        """The workers of the run that are no members now."""
        return set(range(self.world.size)) - set(self.view.members)

    def described_missing(self) -> str:
        """Return who is no member now, and why, as far as it is known: words of a sentence."""
        try:
            faults = self.rendezvous.faults(self.missing)
        except RuntimeError:  # the store does not answer just now
            faults = {}
        known = {**self.rounds.suspicion.reasons, **faults}
        return "; ".join(
            f"worker {rank} ({known.get(rank, 'it did not come, or has left')})"
            for rank in sorted(self.missing)
        )

    def _back_off(self) -> None:
        """Wait before joining, the longer the oftener that was in vain: the others wait each time.

        Else a worker that some cannot reach would come back before those who can have gone on: it
        lets them have a few round trips even the first time.
        """
        self.monitor.stopping.wait(self._backoff)
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
        self.monitor.stop()
        self.rounds.close()
        self.monitor.wait()
        atexit.unregister(self.close)

    def _open_ring(self, view: View) -> Group:
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
            alone = GRACE * self.timeout
            view = self.rendezvous.agree(number, lambda: report, everyone, patience, alone)
        else:
            view = self.rendezvous.await_members(number, report, patience)
        if self.rank not in view.joining:
            return None
        self.rounds.reset()
        lost = self.rounds.connect(view)
        state = None
        if self.rank in view.fetching:
            patience = 0 if view.source in lost else GRACE * self.timeout
            state = self.rounds.await_state(view, patience)
            if state is None:
                self._back_off()
                return None
        self.rounds.begin(view, lost)
        return Joined(view, state)
