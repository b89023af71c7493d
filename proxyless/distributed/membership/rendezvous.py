"""Rendezvous: how workers agree on views through the store that torchrun keeps."""

import json
import logging
import time
from collections.abc import Callable
from dataclasses import asdict

from torch.distributed import Store

from ..environment import MOST_WORKERS
from .stored import MOST_VIEWS, read_count, read_fault, read_reports, read_view
from .view import Report, View, decide, given_up

LOG = logging.getLogger(__name__)

PATIENCE = 1.0
"""Seconds to wait for reports of members who may be alive; a few round trips come to it."""
POLL = 0.1
"""Seconds between two looks at the store while a view is changing."""
SOON = 1.0
"""Seconds within which most workers report; of the others it is looked what holds them up."""


class Rendezvous:
    """The store as the worker ``rank`` of ``size`` uses it.

    ``counter`` is the key that was counted up last: a store ends the connection where it cannot
    count, so that a new connection has to look why.
    """

    def __init__(self, store: Store, rank: int, size: int = MOST_WORKERS) -> None:
        self.store, self.rank, self.size = store, rank, size
        self.counter: str | None = None

    def claim_rank(self, process: str) -> None:
        """Say that from now on ``process`` is the worker of this rank, and no earlier one."""
        self.store.set(f"process/{self.rank}", process)
        self.store.set(f"fault/{self.rank}", "")

    def holds_rank(self, process: str) -> bool:
        """Return whether no later process has become the worker of this rank."""
        return bool(self.store.get(f"process/{self.rank}") == process.encode())

    def tell_fault(self, sentence: str) -> None:
        """Say why this worker cannot take part, to those who wait for it."""
        self.store.set(f"fault/{self.rank}", sentence)

    def faults(self, ranks: set[int]) -> dict[int, str]:
        """Return what some workers have said of why they cannot take part, by rank."""
        said = {rank: self._peek(f"fault/{rank}") for rank in sorted(ranks)}
        return {rank: read_fault(stored) for rank, stored in said.items() if stored}

    def latest(self) -> int:
        """Return the number of a view that was decided not long ago; 0 before the first.

        Raises:
            DistributedError: the store has no such number.
        """
        if not self.store.check(["views"]):
            return 0
        return read_count(bytes(self.store.get("views")), "views", MOST_VIEWS)

    def heartbeat(self, number: int) -> None:
        """Say that view ``number`` has a member that is alive."""
        self._count(f"view/{number}/beats", 1)

    def heartbeats(self, number: int) -> int:
        """Return how often members of view ``number`` have said so."""
        return self._count(f"view/{number}/beats", 0)

    def check_counter(self, key: str) -> None:
        """Look whether it was the value under ``key`` that ended an earlier connection.

        Raises:
            DistributedError: it is no number that can be counted up.
        """
        if self.store.check([key]):
            read_count(bytes(self.store.get(key)), key)

    def _count(self, key: str, more: int) -> int:
        self.counter = key
        number = int(self.store.add(key, more))
        self.counter = None
        return read_count(str(number).encode(), key)

    def _peek(self, key: str) -> bytes:
        """Return a value, empty where there is none; waits for nobody."""
        return bytes(self.store.compare_set(key, "", ""))

    def report(self, number: int, report: Report) -> None:
        """Say what this worker brings to view ``number``; said again, the last counts."""
        line = json.dumps({"rank": self.rank, **asdict(report)})
        self._append_report(number, line + "\n")

    def reports(self, number: int) -> dict[int, Report]:
        """Return the reports made so far, by rank."""
        self._append_report(number, "")
        key = f"view/{number}/reports"
        return read_reports(bytes(self.store.get(key)), key, self.size)

    def _append_report(self, number: int, line: str) -> None:
        # Every store can append; only PyTorch's stubs do not say so.
        self.store.append(f"view/{number}/reports", line)  # type: ignore[attr-defined]

    def decision(self, number: int) -> View | None:
        """Return view ``number``, or None while it is undecided."""
        key = f"view/{number}/decision"
        decided = self._peek(key)
        return read_view(decided, key, number, self.size) if decided else None

    def propose(self, view: View) -> View:
        """Decide unless someone has; return what was decided."""
        proposal, key = json.dumps(asdict(view)), f"view/{view.number}/decision"
        decided = read_view(
            bytes(self.store.compare_set(key, "", proposal)), key, view.number, self.size
        )
        self.store.set("views", str(view.number))
        return decided

    def agree(
        self,
        number: int,
        report: Callable[[], Report],
        expected: set[int],
        patience: float,
        patience_alone: float = 0.0,
    ) -> View:
        """Report, and again when there is more to say; wait for the reports of others, and decide.

        It waits for ``expected``, for ``patience`` seconds at most, or ``patience_alone`` where
        there is nobody else; and for nobody whom most of them, and all who have reported, have
        given up, or who has said why it cannot come.
        """
        reported: Report | None = None
        reports: dict[int, Report] = {}
        began, told = time.monotonic(), False
        while (decided := self.decision(number)) is None:
            if (now := report()) != reported or self.rank not in reports:
                self.report(number, reported := now)
            reports = self.reports(number)
            awaited = expected - reports.keys() - given_up(reports, len(expected))
            waited = time.monotonic() - began
            if awaited and waited > SOON:
                awaited -= self.faults(awaited).keys()
                if awaited and not told:
                    told = True
                    LOG.info("view %d waits for %s", number, named(awaited))
            limit = max(patience, patience_alone) if len(reports) == 1 else patience
            if self.rank in reports and (not awaited or waited > limit):
                return self.propose(decide(number, reports))
            time.sleep(POLL)
        return decided

    def await_members(self, number: int, report: Report, patience: float) -> View:
        """Report, and wait for the members of the view before ``number`` to decide.

        Only when none of them has given a sign of life for ``patience`` seconds, decide without.
        """
        self.report(number, report)
        seen, deadline = -1, time.monotonic() + patience
        while (decided := self.decision(number)) is None:
            if (now := self.heartbeats(number - 1)) != seen:
                seen, deadline = now, time.monotonic() + patience
            if time.monotonic() > deadline:
                reports = self.reports(number)
                if self.rank in reports:
                    return self.propose(decide(number, reports))
                self.report(number, report)
            time.sleep(POLL)
        return decided


def named(ranks: set[int]) -> str:
    """Return some workers as words: "worker 1", "workers 1, 2 and 5"."""
    first, last = [str(rank) for rank in sorted(ranks)][:-1], max(ranks)
    return f"workers {', '.join(first)} and {last}" if first else f"worker {last}"
