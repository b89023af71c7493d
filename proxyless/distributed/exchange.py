"""The exchange: every member's contribution to every round, committed by all of a view or by none.

What is exchanged is the matter of :mod:`.rounds`. Here is who takes part: a thread keeps the
membership while the training computes. It says that this worker is alive, and moves to the next
view when a member is lost, slow, or new.
"""

import atexit
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Thread
from typing import ParamSpec, TypeVar
from uuid import uuid4

from torch import Tensor

from search_spaces import InputError

from .ledger import Commit
from .rounds import GRACE, Rounds, Sponsorship, Values
from .view import PATIENCE, POLL, Register, Report, View
from .world import World, round_trip

LOG = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")

LOOK = 0.25
"""Seconds between two looks at the store for workers that want another view."""


@dataclass(frozen=True)
class Joined:
    """The view that this worker joined, and the base that it fetched, if it had none."""

    view: View
    state: Tensor | None


class Exchange:
    """The members of a run, as one of them sees it.

    ``timeout`` (seconds): a member that is silent for so long, or that holds up a round for so
    long, is given up; the others go on without it. It joins again when it can.
    """

    def __init__(self, world: World, timeout: float) -> None:
        self.world, self.timeout = world, timeout
        self.register = self._connect()
        self._process = uuid4().hex
        self._attempt(self.register.take_place, self._process)
        self.patience = PATIENCE + 4 * round_trip(self.register.store)
        self._wake, self._stopping = Event(), Event()
        self.rounds = Rounds(world, timeout, self._open_ring, self._wake.set)
        self._joined: float | None = None
        self._pause = 0.0
        self._keeper = Thread(target=self._keep, name="membership", daemon=True)
        atexit.register(self.close)

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
        """Become a member, with a base of round ``committed``; waits until the others agree.

        The first view waits for every worker that torchrun starts, for twice the timeout.

        Raises:
            InputError: another process has been started as this worker since.
        """
        if self._joined is not None and time.monotonic() - self._joined > GRACE * self.timeout:
            self._pause = self.patience
        self._hold_back()
        if not self._attempt(lambda: self.register.has_place(self._process)):
            raise InputError(
                f"another process was started as worker {self.rank} after this one, and has taken "
                "its place: leave the work to that, or give one of them another --node-rank"
            )
        self.rounds.reset()
        if not self._keeper.is_alive():
            self._keeper.start()
        number = self._attempt(lambda: self.register.latest()) + 1
        report = Report(committed, digest, joining=True)
        while (joined := self._attempt(self._try_to_join, number, report)) is None:
            number = max(number, self._attempt(lambda: self.register.latest())) + 1
        self._joined = time.monotonic()
        return joined

    def _hold_back(self) -> None:
        """Wait before joining, the longer the oftener that was in vain: the others wait each time.

        Else a worker that some cannot reach would come back before those who can have gone on: it
        lets them have a few round trips even the first time.
        """
        self._stopping.wait(self._pause)
        self._pause = min(max(self.timeout, 2 * self._pause), GRACE * self.timeout)

    def post(self, round_: int, payload: Tensor, values: Values | None = None) -> None:
        """Contribute to a round; returns at once.

        ``values``, where it is given, makes what is summed over all members on the way. For a
        round, every member gives it or none does.
        """
        self.rounds.post(round_, payload, values)

    def next(self) -> Commit | Sponsorship:
        """Wait for the next round to be committed, or for what must be done between two rounds.

        Raises:
            ExcludedError: the others went on without this worker.
        """
        return self.rounds.next()

    def sponsor(self, sponsorship: Sponsorship, state: Tensor) -> None:
        """Send the base to those who asked for it."""
        self.rounds.sponsor(sponsorship, state)

    def leave(self, state: Callable[[], Tensor]) -> None:
        """Say that this worker needs nobody any more, and wait for the others to say it too.

        They may need what it sent last; it waits for them as long as for anything. Who joins
        meanwhile gets the base, ``state()``, and is told the same.
        """
        self.rounds.leave(state)
        self.close()

    def close(self) -> None:
        """Speak no more, and wait for the threads, as long as they may wait for a message.

        A thread that is inside gloo, or the store, when Python ends takes the process down.
        """
        self._stopping.set()
        self._wake.set()
        self.rounds.close()
        if self._keeper.is_alive():
            self._keeper.join(self.timeout + 1)
        atexit.unregister(self.close)

    def _keep(self) -> None:
        """Keep this worker a member: the body of the thread."""
        spoken = contact = time.monotonic()
        while not self._stopping.is_set():
            now = time.monotonic()
            speaks = now - spoken > self.timeout / 4
            if speaks:
                spoken = now
                self.rounds.say_alive()
            view = self.rounds.view
            if view is not None and not self.rounds.excluded:
                try:
                    self.register.beat(view.number)
                    if speaks and not self.register.has_place(self._process):
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
                        self._reconnect()
            else:
                contact = time.monotonic()
            self._wake.wait(LOOK)
            self._wake.clear()

    def _is_ending(self, view: View) -> bool:
        """Return whether someone wants another view; who joins has to wait for who is joining."""
        reports = self.register.reports(view.number + 1)
        if any(not report.joining for report in reports.values()):
            return True
        return bool(reports) and not self.rounds.coming() - reports.keys()

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
        following = self.register.agree(number, report, expected, self.patience)
        if self.rank not in following.members:
            self._exclude()
            return
        self.rounds.settle(following.committed)
        self._begin(following, self.rounds.peers.meet(following))

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
        """Report for view ``number``, and enter it; return None where that view is without me."""
        LOG.info("asking to join view %d, with a base of round %d", number, report.round)
        patience = 2 * self.timeout + self.patience
        if number == 1:
            everyone = set(range(self.world.size))
            view = self.register.agree(number, lambda: report, everyone, patience)
        else:
            self.register.report(number, report)
            view = self.register.await_members(number, patience)
        if self.rank not in view.joining:
            return None
        self.rounds.reset()
        lost = self.rounds.peers.meet(view)
        state = None
        if self.rank in view.fetching:
            patience = 0 if view.sponsor in lost else GRACE * self.timeout
            state = self.rounds.await_state(view, patience)
            if state is None:
                self._hold_back()
                return None
        self._begin(view, lost)
        return Joined(view, state)

    def _connect(self) -> Register:
        return self._attempt(
            lambda: Register(self.world.connect(), self.world.rank, self.world.size)
        )

    def _reconnect(self) -> None:
        try:
            self.register = Register(self.world.connect(), self.world.rank, self.world.size)
        except RuntimeError:
            return

    def _attempt(self, ask: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        """Ask the store, again and again while it does not answer, for ten timeouts.

        Raises:
            InputError: it never did.
        """
        deadline = time.monotonic() + 10 * self.timeout
        while True:
            try:
                return ask(*given, **named)
            except RuntimeError as error:
                if time.monotonic() > deadline:
                    where = f"{self.world.host}:{self.world.port}"
                    raise InputError(
                        f"the store of the run does not answer at {where} "
                        f"({str(error).splitlines()[0]}): start torchrun's first node, which keeps "
                        "it, and then this one, with the same commands; they continue from the "
                        "last checkpoint"
                    ) from None
                time.sleep(POLL)
                self._reconnect()
