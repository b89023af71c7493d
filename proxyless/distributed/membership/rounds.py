"""The rounds of a run as one of its workers sees them: what is sent, arrives and is committed.

Each worker sends its contribution to every other, directly: one way, not the 2 (J - 1) of a ring.
Gradients to be summed on the way follow by all-reduce, once every contribution is here; so none
begins before every member is known to take part.
"""

import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Condition

from torch import Tensor

from ..transport.group import Group
from ..transport.link import NOTHING, Kind, Link, Message
from ..transport.peers import Peers
from ..transport.world import World
from .commit_log import Commit, CommitLog, DisorderError
from .rendezvous import named
from .sums import Sums, Values
from .suspicion import GRACE, Suspicion
from .view import View

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class StateTransfer:
    """Asks this worker, whose state is that of ``view.committed`` now, to send it to the new."""

    view: View


MOST_EARLY = 10_000
"""Messages kept for a view that this worker has not entered yet, of one peer."""


class ExcludedError(Exception):
    """The others went on without this worker: it has to join again."""


@dataclass(frozen=True)
class _Posted:
    payload: Tensor
    values: Values | None
    since: float


class Rounds:
    """Rounds from view to view: a training posts and takes, the membership moves the views.

    ``wake()`` is called when the membership should look. ``open_ring(view)`` returns a process
    group of the members of a view. A member that holds up a round for ``timeout`` seconds is late.
    """

    def __init__(
        self,
        world: World,
        timeout: float,
        open_ring: Callable[[View], Group],
        wake: Callable[[], None],
    ) -> None:
        self.rank, self.timeout = world.rank, timeout
        self.wake = wake
        self.changed = Condition()
        self.view: View | None = None
        self.failure: Exception | None = None
        self.peers = Peers(world, timeout, self.changed, self.deliver, self.lose, self.fail)
        self.excluded = False
        self.broken = False
        self.suspicion = Suspicion(world.rank, timeout)
        self._log: CommitLog | None = None
        self._sums = Sums(
            timeout / 2,
            open_ring,
            self.peers.keep_thread,
            self._take_sum,
            self._note_failed_sum,
            self.fail,
        )
        self._posted: dict[int, _Posted] = {}
        self._ready: deque[Commit | StateTransfer] = deque()
        self._early: list[tuple[int, Message]] = []
        self._states: dict[int, Message] = {}

    # For the training.

    def post(self, round_: int, payload: Tensor, values: Values | None = None) -> None:
        """Contribute to a round; returns at once.

        Raises:
            Exception: whatever ended a thread of this worker's.
        """
        with self.changed:
            self.check()
            self._posted[round_] = _Posted(payload, values, time.monotonic())
            if self._log is not None:
                self._contribute(round_)

    def next(self) -> Commit | StateTransfer:
        """Wait for the next round to be committed, or for what must be done between two rounds.

        Raises:
            ExcludedError: the others went on without this worker.
            Exception: whatever ended a thread of this worker's.
        """
        with self.changed:
            while not self._ready:
                self.check()
                if self.excluded:
                    raise ExcludedError
                if not self.changed.wait(self.timeout):
                    LOG.info("waiting for %s", self._waited_for())
            return self._ready.popleft()

    def check(self) -> None:
        """Raise what ended a thread of this worker's, if something has."""
        if self.failure is not None:
            raise self.failure

    def fail(self, error: Exception) -> None:
        """Note what ended a thread, for the training to raise it: nobody waits for that thread."""
        with self.changed:
            self.failure = self.failure or error
            self.changed.notify_all()

    def _waited_for(self) -> str:
        """Return whom the oldest round waits for, as words."""
        if self._log is None or self.view is None or not self._posted:
            return "the other workers to agree on who takes part"
        oldest = min(self._posted)
        late = (self._log.missing(oldest) | self._log.silent(oldest)) - {self.rank}
        return f"{named(late)} (round {oldest})" if late else f"the sum of round {oldest}"

    def send_state(self, transfer: StateTransfer, state: Tensor) -> None:
        """Send the state to those who asked for it."""
        view = transfer.view
        with self.changed:
            fetching = [peer for peer in view.fetching if peer in self.peers.links]
            self.peers.send(fetching, Kind.STATE, view.number, view.committed, state)

    def leave(self, state: Callable[[], Tensor]) -> None:
        """Tell the others that nobody is needed any more; wait until they say it too, or are late.

        Who joins meanwhile gets the state, ``state()``, and is told the same.
        """
        told: set[Link] = set()
        deadline = time.monotonic() + self.timeout
        with self.changed:
            while (left := deadline - time.monotonic()) > 0 and not self.excluded:
                self.check()
                while self._ready:
                    if isinstance(item := self._ready.popleft(), StateTransfer):
                        self.send_state(item, state())
                        deadline = time.monotonic() + GRACE * self.timeout
                links, view = self.peers.links, self.view
                if view is not None:
                    new = [
                        rank
                        for rank, link in links.items()
                        if rank in view.members and link not in told
                    ]
                    self.peers.send(new, Kind.LEAVING, view.number, 0)
                    told.update(links[rank] for rank in new)
                if self.peers.left >= links.keys() - self.suspicion.suspects:
                    break
                self.changed.wait(left)

    # For the membership.

    def reset(self) -> None:
        """Forget what was contributed and not committed: this worker joins anew."""
        with self.changed:
            self.excluded = False
            self._posted.clear()
            self._ready.clear()
            self.suspicion.suspects.clear()

    def send_heartbeat(self) -> None:
        """Tell every other member that this worker is alive."""
        with self.changed:
            self._tell(Kind.ALIVE, 0)

    def suspect_late(self) -> None:
        """Suspect the members that have held up the oldest round for too long."""
        with self.changed:
            if self._log is not None and self._posted:
                oldest = min(self._posted)
                since = self._posted[oldest].since
                # Who said that it leaves, and is needed still, is missed like anybody else.
                self.peers.left -= self.suspicion.suspect_late(self._log, oldest, since)

    @property
    def suspects(self) -> set[int]:
        """Members that are lost or late, and have not said that they leave."""
        return self.suspicion.suspects - self.peers.left

    def end_view(self) -> int:
        """Complete nothing more in this view; return the last round that was completed."""
        with self.changed:
            assert self._log is not None
            self._sums.end()
            return self._log.freeze()

    def settle(self, last: int) -> None:
        """Commit up to the round that the survivors of the view agreed on."""
        with self.changed:
            assert self._log is not None
            self._commit(self._log.settle(last))

    def exclude(self) -> None:
        """Stop being a member: the others went on, or will before long."""
        LOG.warning("the others go on without this worker; it joins again")
        with self.changed:
            self._sums.end()
            self.excluded, self.view, self._log = True, None, None
            self.peers.drop(self.peers.links.keys())
            self.changed.notify_all()

    def connect(self, view: View) -> set[int]:
        """Link up with the members of a view; return those with whom that failed."""
        return self.peers.connect(view.number, view.members, view.joining)

    def begin(self, view: View, lost: set[int]) -> None:
        """Begin a view, and send again what is not committed yet."""
        LOG.info(
            "view %d of workers %s begins after round %d", view.number, view.members, view.committed
        )
        with self.changed:
            self.view = view
            self._log = CommitLog(view.number, view.members, self.rank, view.committed)
            self.suspicion.begin(view, lost)
            self.broken = False
            self._sums.begin()
            if self.rank == view.source and view.fetching:
                self._ready.append(StateTransfer(view))
            for round_ in sorted(self._posted):
                self._contribute(round_)
            early, self._early = self._early, []
            for peer, message in early:
                self._take_in(peer, message)
            self.changed.notify_all()

    def await_state(self, view: View, timeout: float) -> Tensor | None:
        """Wait for the state of a view; return None where its source is lost, or late."""
        with self.changed:
            self.changed.wait_for(
                lambda: (
                    self._has_state(view)
                    or view.source in self.suspicion.suspects
                    or self.failure is not None
                ),
                timeout,
            )
            self.check()
            return self._states.pop(view.source).payload if self._has_state(view) else None

    def _has_state(self, view: View) -> bool:
        """Return whether the source of a view has sent its state."""
        sent = self._states.get(view.source)
        return sent is not None and sent.view == view.number and sent.round == view.committed

    def close(self) -> None:
        """Send and sum nothing more, and wait for the threads."""
        with self.changed:
            self._sums.end()
        self.peers.close()

    # For links: called by their threads.

    def deliver(self, peer: int, message: Message) -> None:
        """Take in what a peer says."""
        with self.changed:
            match message.kind:
                case Kind.ALIVE:
                    return
                case Kind.STATE:
                    self._states[peer] = message
                    self.changed.notify_all()
                case Kind.LEAVING:
                    self.peers.left.add(peer)
                    self.changed.notify_all()
                case _:
                    self._take_in(peer, message)

    def lose(self, peer: int) -> None:
        """Note that a link broke."""
        with self.changed:
            self._suspect(peer, "its connection broke, or it was silent")

    # For all-reduces: called by their threads.

    def _take_sum(self, view: View, round_: int, total: Tensor) -> None:
        with self.changed:
            if self.view is view and self._log is not None:
                self._advance(self._log.sum(round_, total))

    def _note_failed_sum(self, view: View) -> None:
        with self.changed:
            if self.view is view:
                LOG.warning("an all-reduce of view %d failed", view.number)
                self.broken = True
                self.wake()

    # What follows is called with the condition held.

    def _suspect(self, peer: int, reason: str) -> None:
        if peer not in self.peers.left:
            self.suspicion.suspect({peer}, reason)
            self.wake()
        self.changed.notify_all()

    def _contribute(self, round_: int) -> None:
        assert self._log is not None
        posted = self._posted[round_]
        if posted.values is not None:
            self._log.await_total(round_)
            self._sums.ask(round_, posted.values)
        more = self._log.contribute(self.rank, round_, posted.payload)
        self._tell(Kind.DATA, round_, posted.payload)
        self._advance(more)

    def _take_in(self, peer: int, message: Message) -> None:
        """Take in what a peer says of rounds; give up who says what no worker can say."""
        try:
            self._enter(peer, message)
        except DisorderError as error:
            LOG.warning("%s", error)
            self._suspect(peer, "it sent what no worker can send then")

    def _enter(self, peer: int, message: Message) -> None:
        number = 0 if self.view is None else self.view.number
        if self._log is None or message.view > number:
            if sum(sender == peer for sender, _ in self._early) >= MOST_EARLY:
                raise DisorderError(
                    f"worker {peer} speaks of view {message.view} only, and this worker is in view "
                    f"{number}: start all nodes again, with the same commands"
                )
            self._early.append((peer, message))
        elif message.view == number and message.kind is Kind.DATA:
            self.suspicion.hear(peer)
            self._advance(self._log.contribute(peer, message.round, message.payload))
        elif message.view == number:
            self._log.acknowledge(peer, message.round)
            self._advance(False)

    def _advance(self, completed_more: bool) -> None:
        assert self._log is not None
        assert self.view is not None
        self._sums.start(self.view, self._log)
        if completed_more:
            self._tell(Kind.ACKNOWLEDGED, self._log.completed)
        self._commit(self._log.take_commits())

    def _commit(self, commits: list[Commit]) -> None:
        now = time.monotonic()
        for commit in commits:
            posted = self._posted.pop(commit.round)
            self._ready.append(replace(commit, seconds=now - posted.since))
        if commits:
            self.changed.notify_all()

    def _tell(self, kind: Kind, round_: int, payload: Tensor = NOTHING) -> None:
        """Tell all members something."""
        number = 0 if self.view is None else self.view.number
        self.peers.send(self.peers.links, kind, number, round_, payload)
