"""The rounds of a run as one of its workers sees them: what is sent, arrives and is committed.

Each worker sends its contribution to every other, directly: one way, not the 2 (J - 1) of a ring.
Gradients to be summed on the way follow by all-reduce, once every contribution is here; so none
begins before every member is known to take part.
"""

import logging
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from threading import Condition
from typing import Any

from torch import Tensor

from .ledger import Commit, Ledger
from .link import NOTHING, Kind, Link, Message
from .peers import Peers
from .reduction import Reduction
from .view import View
from .world import World

LOG = logging.getLogger(__name__)

GRACE = 10
"""Timeouts that a worker which joins may take to fetch the base and send its first round."""

Values = Callable[[Mapping[int, Tensor]], Tensor]
"""Makes a worker's values to be summed, (n,), given all contributions: {rank: payload}."""


@dataclass(frozen=True)
class Sponsorship:
    """Asks this worker, whose base is that of ``view.committed`` now, to send it to the new."""

    view: View


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
        open_ring: Callable[[View], Any],
        wake: Callable[[], None],
    ) -> None:
        self.rank, self.timeout = world.rank, timeout
        self.open_ring, self.wake = open_ring, wake
        self.changed = Condition()
        self.view: View | None = None
        self.peers = Peers(world, timeout, self.changed, self.deliver, self.lose)
        self.excluded = False
        self.broken = False
        self._ledger: Ledger | None = None
        self._reduction: Reduction | None = None
        self._summing: deque[int] = deque()
        self._posted: dict[int, _Posted] = {}
        self._ready: deque[Commit | Sponsorship] = deque()
        self._early: list[tuple[int, Message]] = []
        self._states: dict[int, Tensor] = {}
        self._suspects: set[int] = set()
        self._heard: set[int] = set()
        self._began = 0.0

    # For the training.

    def post(self, round_: int, payload: Tensor, values: Values | None = None) -> None:
        """Contribute to a round; returns at once."""
        with self.changed:
            self._posted[round_] = _Posted(payload, values, time.monotonic())
            if self._ledger is not None:
                self._contribute(round_)

    def next(self) -> Commit | Sponsorship:
        """Wait for the next round to be committed, or for what must be done between two rounds.

        Raises:
            ExcludedError: the others went on without this worker.
        """
        with self.changed:
            while not self._ready:
                if self.excluded:
                    raise ExcludedError
                self.changed.wait()
            return self._ready.popleft()

    def sponsor(self, sponsorship: Sponsorship, state: Tensor) -> None:
        """Send the base to those who asked for it."""
        view = sponsorship.view
        with self.changed:
            fetching = [peer for peer in view.fetching if peer in self.peers.links]
            self.peers.send(fetching, Kind.STATE, view.number, view.committed, state)

    def leave(self, state: Callable[[], Tensor]) -> None:
        """Tell the others that nobody is needed any more; wait until they say it too, or are late.

        Who joins meanwhile gets the base, ``state()``, and is told the same.
        """
        told: set[Link] = set()
        deadline = time.monotonic() + self.timeout
        with self.changed:
            while (left := deadline - time.monotonic()) > 0 and not self.excluded:
                while self._ready:
                    if isinstance(item := self._ready.popleft(), Sponsorship):
                        self.sponsor(item, state())
                        deadline = time.monotonic() + GRACE * self.timeout
                links, view = self.peers.links, self.view
                if view is not None:
                    new = [one for one in links if one in view.members and links[one] not in told]
                    self.peers.send(new, Kind.LEAVING, view.number, 0)
                    told.update(links[rank] for rank in new)
                if self.peers.left >= links.keys() - self._suspects:
                    break
                self.changed.wait(left)

    # For the membership.

    def reset(self) -> None:
        """Forget what was contributed and not committed: this worker joins anew."""
        with self.changed:
            self.excluded = False
            self._posted.clear()
            self._ready.clear()
            self._suspects.clear()

    def say_alive(self) -> None:
        """Tell every other member."""
        with self.changed:
            self._tell(Kind.ALIVE, 0)

    def suspect_late(self) -> None:
        """Suspect the members that have held up the oldest round for too long.

        Who has only not acknowledged it may itself miss another's contribution. It says so after a
        timeout, and is believed: it is suspected only after a second one.
        """
        with self.changed:
            if self._ledger is None or not self._posted:
                return
            oldest = min(self._posted)
            waited = time.monotonic() - max(self._posted[oldest].since, self._began)
            late: set[int] = set()
            if waited > self.timeout:
                late |= self._ledger.missing(oldest)
            if waited > 2 * self.timeout:
                late |= self._ledger.silent(oldest)
            if waited > GRACE * self.timeout or not late & self.coming():
                self._suspects |= late

    def coming(self) -> set[int]:
        """Return the members that are still fetching the base, as they have sent nothing yet."""
        assert self.view is not None
        return set(self.view.joining) - self._heard - {self.rank}

    @property
    def suspects(self) -> set[int]:
        """Members that are lost or late, and have not said that they leave."""
        return self._suspects - self.peers.left

    def end_view(self) -> int:
        """Complete nothing more in this view; return the last round that was completed."""
        with self.changed:
            assert self._ledger is not None
            self._end_reduction()
            return self._ledger.freeze()

    def settle(self, last: int) -> None:
        """Commit up to the round that the survivors of the view agreed on."""
        with self.changed:
            assert self._ledger is not None
            self._commit(self._ledger.settle(last))

    def exclude(self) -> None:
        """Stop being a member."""
        with self.changed:
            self._end_reduction()
            self.excluded, self.view, self._ledger = True, None, None
            self.peers.drop(self.peers.links.keys())
            self.changed.notify_all()

    def begin(self, view: View, lost: set[int]) -> None:
        """Begin a view, and send again what is not committed yet."""
        with self.changed:
            self.view = view
            self._ledger = Ledger(view.number, view.members, self.rank, view.committed)
            self._suspects, self.broken = lost, False
            self._began = time.monotonic()
            self._heard.clear()
            self._summing.clear()
            if self.rank == view.sponsor and view.fetching:
                self._ready.append(Sponsorship(view))
            for round_ in sorted(self._posted):
                self._contribute(round_)
            early, self._early = self._early, []
            for peer, message in early:
                self._enter(peer, message)
            self.changed.notify_all()

    def await_state(self, view: View, timeout: float) -> Tensor | None:
        """Wait for the base of a view; return None where its sponsor is lost, or late."""
        with self.changed:
            self.changed.wait_for(
                lambda: view.number in self._states or view.sponsor in self._suspects, timeout
            )
            return self._states.pop(view.number, None)

    def close(self) -> None:
        """Exchange nothing more, and wait for the threads."""
        with self.changed:
            self._end_reduction()
        self.peers.close()

    # For links: called by their threads.

    def deliver(self, peer: int, message: Message) -> None:
        """Take in what a peer says."""
        with self.changed:
            match message.kind:
                case Kind.ALIVE:
                    return
                case Kind.STATE:
                    self._states[message.view] = message.payload
                    self.changed.notify_all()
                case Kind.LEAVING:
                    self.peers.left.add(peer)
                    self.changed.notify_all()
                case _:
                    self._enter(peer, message)

    def lose(self, peer: int) -> None:
        """Note that a link broke."""
        with self.changed:
            if peer not in self.peers.left:
                self._suspects.add(peer)
                self.wake()
            self.changed.notify_all()

    # What follows is called with the condition held.

    def _contribute(self, round_: int) -> None:
        assert self._ledger is not None
        posted = self._posted[round_]
        if posted.values is not None:
            self._ledger.await_total(round_)
            self._summing.append(round_)
        more = self._ledger.contribute(self.rank, round_, posted.payload)
        self._tell(Kind.DATA, round_, posted.payload)
        self._advance(more)

    def _enter(self, peer: int, message: Message) -> None:
        number = 0 if self.view is None else self.view.number
        if self._ledger is None or message.view > number:
            self._early.append((peer, message))
        elif message.view == number and message.kind is Kind.DATA:
            self._hear(peer)
            self._advance(self._ledger.contribute(peer, message.round, message.payload))
        elif message.view == number:
            self._ledger.acknowledge(peer, message.round)
            self._advance(False)

    def _hear(self, peer: int) -> None:
        """Note the first round of a member; of one that joined, nobody is late before it."""
        assert self.view is not None
        if peer in self.view.joining and peer not in self._heard:
            self._began = time.monotonic()
        self._heard.add(peer)

    def _advance(self, completed_more: bool) -> None:
        assert self._ledger is not None
        while self._summing and self._summing[0] <= self._ledger.gathered:
            self._sum(self._summing.popleft())
        if completed_more:
            self._tell(Kind.ACKNOWLEDGED, self._ledger.completed)
        self._commit(self._ledger.take_commits())

    def _commit(self, commits: list[Commit]) -> None:
        now = time.monotonic()
        for commit in commits:
            posted = self._posted.pop(commit.round)
            self._ready.append(replace(commit, seconds=now - posted.since))
        if commits:
            self.changed.notify_all()

    def _sum(self, round_: int) -> None:
        """Begin the all-reduce of a round."""
        assert self._ledger is not None
        values = self._posted[round_].values
        assert values is not None
        contributions = dict(self._ledger.contributions(round_))
        self._ring().add(round_, lambda: values(contributions))

    def _ring(self) -> Reduction:
        view = self.view
        assert view is not None
        if self._reduction is None:
            reduction = Reduction(
                lambda: self.open_ring(view),
                self.timeout / 2,
                lambda round_, total: self._take_total(view, round_, total),
                lambda: self._break_ring(view),
            )
            self._reduction = reduction
            for thread in reduction.threads:
                self.peers.keep_thread(thread)
        return self._reduction

    def _take_total(self, view: View, round_: int, total: Tensor) -> None:
        with self.changed:
            if self.view is view and self._ledger is not None:
                self._advance(self._ledger.sum(round_, total))

    def _break_ring(self, view: View) -> None:
        with self.changed:
            if self.view is view:
                LOG.warning("an all-reduce of view %d failed", view.number)
                self.broken = True
                self.wake()

    def _end_reduction(self) -> None:
        if self._reduction is not None:
            self._reduction.close()
            self._reduction = None

    def _tell(self, kind: Kind, round_: int, payload: Tensor = NOTHING) -> None:
        """Tell all members something."""
        number = 0 if self.view is None else self.view.number
        self.peers.send(self.peers.links, kind, number, round_, payload)
