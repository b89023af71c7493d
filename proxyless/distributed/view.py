"""Views: who the members are, and how those who are left agree on the next.

A view ends when a member misses another, or a worker wants to come in. Everyone who is alive then
reports to the store; the first to have seen enough reports decides, by a compare-and-set that only
one can win; everyone reads the decision. A worker that is not in it joins again.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

PATIENCE = 1.0
"""Seconds to wait for reports of members who may be alive; a few round trips come to it."""
POLL = 0.1
"""Seconds between two looks at the store while a view is changing."""


@dataclass(frozen=True)
class Report:
    """What a worker says when a view ends.

    ``round`` is the last it completed; of a worker that joins, the last that its base has, with
    ``digest`` of that base. ``suspects`` are members it has lost.
    """

    round: int
    digest: str = ""
    joining: bool = False
    suspects: tuple[int, ...] = ()


@dataclass(frozen=True)
class View:
    """Members that commit together, from the round after ``committed``.

    ``joining`` are new to it; ``fetching`` of those need the base, which ``sponsor`` sends.
    """

    number: int
    members: tuple[int, ...]
    committed: int
    joining: tuple[int, ...]
    fetching: tuple[int, ...]
    sponsor: int


def decide(number: int, reports: Mapping[int, Report]) -> View:
    """Make the view ``number`` of those who reported: the same whoever decides.

    Members who miss each other cannot both stay: the one missed most often goes, of equals the one
    of higher rank. Where nobody is left of the view before, whoever has come furthest is followed.
    """
    staying = {rank for rank, report in reports.items() if not report.joining}
    while missed := _missed(staying, reports):
        staying.remove(max(missed, key=lambda rank: (missed[rank], rank)))
    joining = {rank for rank, report in reports.items() if report.joining}
    if staying:
        sponsor = min(staying)
        committed = min(reports[rank].round for rank in staying)
        fetching = joining
    else:
        sponsor = min(joining, key=lambda rank: (-reports[rank].round, rank))
        committed, digest = reports[sponsor].round, reports[sponsor].digest
        fetching = {
            rank
            for rank in joining
            if (reports[rank].round, reports[rank].digest) != (committed, digest)
        }
    members = tuple(sorted(staying | joining))
    return View(
        number, members, committed, tuple(sorted(joining)), tuple(sorted(fetching)), sponsor
    )


def given_up(reports: Mapping[int, Report], members: int) -> set[int]:
    """Return whom all suspect who have reported, of so many members of the view before.

    Nobody while those are not most: a worker whose own connections broke suspects all others.
    """
    suspects = [set(report.suspects) for report in reports.values() if not report.joining]
    return set.intersection(*suspects) if 2 * len(suspects) > members else set()


def _missed(staying: set[int], reports: Mapping[int, Report]) -> dict[int, int]:
    """Return how many broken links each member that stays has, if any."""
    broken = {
        frozenset((rank, suspect))
        for rank in staying
        for suspect in reports[rank].suspects
        if suspect in staying
    }
    ends = [rank for link in broken for rank in link]
    return {rank: ends.count(rank) for rank in ends}


class Register:
    """The store's side of it: reports, decisions, and the wish for another view."""

    def __init__(self, store: Any, rank: int, size: int) -> None:
        self.store, self.rank, self.size = store, rank, size

    def take_place(self, process: str) -> None:
        """Say that from now on ``process`` is the worker of this rank, and no earlier one."""
        self.store.set(f"process/{self.rank}", process)

    def has_place(self, process: str) -> bool:
        """Return whether no later process has taken the place of ``process``."""
        return bool(self.store.get(f"process/{self.rank}") == process.encode())

    def latest(self) -> int:
        """Return the number of a view that was decided not long ago; 0 before the first."""
        return int(self.store.add("views", 0))

    def beat(self, number: int) -> None:
        """Say that view ``number`` has a member that is alive."""
        self.store.add(f"view/{number}/beats", 1)

    def beats(self, number: int) -> int:
        """Return how often members of view ``number`` have said so."""
        return int(self.store.add(f"view/{number}/beats", 0))

    def report(self, number: int, report: Report) -> None:
        """Say what this worker brings to view ``number``; said again, the last counts."""
        line = json.dumps({"rank": self.rank, **asdict(report)})
        self.store.append(f"view/{number}/reports", line + "\n")

    def reports(self, number: int) -> dict[int, Report]:
        """Return the reports made so far, by rank."""
        self.store.append(f"view/{number}/reports", "")
        lines = self.store.get(f"view/{number}/reports").splitlines()
        return dict(map(_report, lines))

    def decision(self, number: int) -> View | None:
        """Return view ``number``, or None while it is undecided."""
        decided = self.store.compare_set(f"view/{number}/decision", "", "")
        return _view(decided) if decided else None

    def propose(self, view: View) -> View:
        """Decide unless someone has; return what was decided."""
        proposal = json.dumps(asdict(view))
        decided = self.store.compare_set(f"view/{view.number}/decision", "", proposal)
        self.store.set("views", str(view.number))
        return _view(decided)

    def agree(
        self, number: int, report: Callable[[], Report], expected: set[int], patience: float
    ) -> View:
        """Report, and again when there is more to say; wait for the reports of others, and decide.

        It waits for ``expected``, for ``patience`` seconds at most; and for nobody whom most of
        them, and all who have reported, have given up.
        """
        said: Report | None = None
        deadline = time.monotonic() + patience
        while (decided := self.decision(number)) is None:
            if (now := report()) != said:
                self.report(number, said := now)
            reports = self.reports(number)
            awaited = expected - reports.keys() - given_up(reports, len(expected))
            if not awaited or time.monotonic() > deadline:
                return self.propose(decide(number, reports))
            time.sleep(POLL)
        return decided

    def await_members(self, number: int, patience: float) -> View:
        """Wait for the members of the view before ``number`` to decide.

        Only when none of them has given a sign of life for ``patience`` seconds, decide without.
        """
        beats, deadline = -1, time.monotonic() + patience
        while (decided := self.decision(number)) is None:
            if (now := self.beats(number - 1)) != beats:
                beats, deadline = now, time.monotonic() + patience
            if time.monotonic() > deadline:
                return self.propose(decide(number, self.reports(number)))
            time.sleep(POLL)
        return decided


def _report(line: bytes) -> tuple[int, Report]:
    fields = json.loads(line)
    rank = fields.pop("rank")
    return rank, Report(**{**fields, "suspects": tuple(fields["suspects"])})


def _view(stored: bytes) -> View:
    fields: dict[str, Any] = json.loads(stored)
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()}
    return View(**values)
