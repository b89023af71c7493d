"""Rendezvous: how workers agree on views through the store that torchrun keeps."""

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, fields

from torch.distributed import Store

from ..errors import DistributedError
from .view import Report, View, decide, given_up

PATIENCE = 1.0
"""Seconds to wait for reports of members who may be alive; a few round trips come to it."""
POLL = 0.1
"""Seconds between two looks at the store while a view is changing."""


class Rendezvous:
    """The store as the worker ``rank`` uses it."""

    def __init__(self, store: Store, rank: int) -> None:
        self.store, self.rank = store, rank

    def claim_rank(self, process: str) -> None:
        """Say that from now on ``process`` is the worker of this rank, and no earlier one."""
        self.store.set(f"process/{self.rank}", process)

    def holds_rank(self, process: str) -> bool:
        """Return whether no later process has become the worker of this rank."""
        return bool(self.store.get(f"process/{self.rank}") == process.encode())

    def latest(self) -> int:
        """Return the number of a view that was decided not long ago; 0 before the first."""
        return int(self.store.add("views", 0))

    def heartbeat(self, number: int) -> None:
        """Say that view ``number`` has a member that is alive."""
        self.store.add(f"view/{number}/beats", 1)

    def heartbeats(self, number: int) -> int:
        """Return how often members of view ``number`` have said so."""
        return int(self.store.add(f"view/{number}/beats", 0))

    def report(self, number: int, report: Report) -> None:
        """Say what this worker brings to view ``number``; said again, the last counts."""
        line = json.dumps({"rank": self.rank, **asdict(report)})
        self._append_report(number, line + "\n")

    def reports(self, number: int) -> dict[int, Report]:
        """Return the reports made so far, by rank."""
        self._append_report(number, "")
        lines = self.store.get(f"view/{number}/reports").splitlines()
        return dict(map(_report, lines))

    def _append_report(self, number: int, line: str) -> None:
        # Every store can append; only PyTorch's stubs do not say so.
        self.store.append(f"view/{number}/reports", line)  # type: ignore[attr-defined]

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
        reported: Report | None = None
        deadline = time.monotonic() + patience
        while (decided := self.decision(number)) is None:
            if (now := report()) != reported:
                self.report(number, reported := now)
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
        seen, deadline = -1, time.monotonic() + patience
        while (decided := self.decision(number)) is None:
            if (now := self.heartbeats(number - 1)) != seen:
                seen, deadline = now, time.monotonic() + patience
            if time.monotonic() > deadline:
                return self.propose(decide(number, self.reports(number)))
            time.sleep(POLL)
        return decided


def _report(line: bytes) -> tuple[int, Report]:
    stored = json.loads(line)
    rank = stored.pop("rank")
    _check_fields(Report, stored)
    return rank, Report(**{**stored, "suspects": tuple(stored["suspects"])})


def _view(stored: bytes) -> View:
    values = json.loads(stored)
    _check_fields(View, values)
    return View(
        number=values["number"],
        members=tuple(values["members"]),
        committed=values["committed"],
        joining=tuple(values["joining"]),
        fetching=tuple(values["fetching"]),
        source=values["source"],
    )


def _check_fields(kind: type[Report | View], stored: Iterable[str]) -> None:
    """Compare the names of the fields that a worker put into the store with those of ``kind``.

    Raises:
        DistributedError: they are others, as other releases of this library have.
    """
    if others := sorted({*stored} ^ {field.name for field in fields(kind)}):
        raise DistributedError(
            f"a worker of the run has another release, as its {kind.__name__} differs in "
            f"{' and '.join(others)}: install the same release for all workers"
        )
