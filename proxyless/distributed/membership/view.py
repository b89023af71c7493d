"""Views: who the members are, and how those who are left agree on the next.

A view ends when a member misses another, or a worker wants to come in. Everyone who is alive then
reports to the store; the first to have seen enough reports decides, by a compare-and-set that only
one can win; everyone reads the decision. A worker that is not in it joins again.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Report:
    """What a worker says when a view ends.

    ``round`` is the last it completed; of a worker that joins, the last that its state has, with
    ``digest`` of that state. ``suspects`` are members it has lost.
    """

    round: int
    digest: str = ""
    joining: bool = False
    suspects: tuple[int, ...] = ()


@dataclass(frozen=True)
class View:
    """Members that commit together, from the round after ``committed``.

    ``joining`` are new to it; ``fetching`` of those need the state, which ``source`` sends.
    """

    number: int
    members: tuple[int, ...]
    committed: int
    joining: tuple[int, ...]
    fetching: tuple[int, ...]
    source: int


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
        source = min(staying)
        committed = min(reports[rank].round for rank in staying)
        fetching = joining
    else:
        source = min(joining, key=lambda rank: (-reports[rank].round, rank))
        committed, digest = reports[source].round, reports[source].digest
        fetching = {
            rank
            for rank in joining
            if (reports[rank].round, reports[rank].digest) != (committed, digest)
        }
    members = tuple(sorted(staying | joining))
    return View(number, members, committed, tuple(sorted(joining)), tuple(sorted(fetching)), source)


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
