"""The commit rule: a round is committed when every member has said that it has all of it.

A member *completes* a round when it has everyone's contribution, and the sum of those gradients
that are summed on the way, and tells the others. It *commits* a round when all have told. So when
any member has committed a round, every member has completed it, and whoever survives can commit it
too: the survivors agree on the least that any of them has completed, and nobody, dead or alive, has
ever committed more than that.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from torch import Tensor

from ..errors import DistributedError


class DisorderError(DistributedError):
    """A member says what no member can say now."""


@dataclass(frozen=True)
class Commit:
    """A round, and what each member of its view contributed: {rank: payload}.

    ``total`` is the sum of the gradients that were summed on the way, float32 (n,), if they were.
    ``seconds`` is how long it took this worker from its own contribution to the commit.
    """

    round: int
    view: int
    contributions: Mapping[int, Tensor]
    total: Tensor | None = None
    seconds: float | None = None


class CommitLog:
    """What one member of a view knows of its rounds, those after ``committed``.

    Contributions and acknowledgements of each member come in order, as links keep it.
    """

    def __init__(self, view: int, members: Iterable[int], rank: int, committed: int) -> None:
        self.view, self.rank = view, rank
        self.committed = committed
        self._received = dict.fromkeys(members, committed)
        self._acknowledged = dict(self._received)
        self._rounds: dict[int, dict[int, Tensor]] = {}
        self._totals: dict[int, Tensor] = {}
        self._unsummed: set[int] = set()
        self._frozen = False

    @property
    def members(self) -> list[int]:
        """Their ranks."""
        return sorted(self._received)

    @property
    def gathered(self) -> int:
        """The last round of which every contribution is here."""
        return min(self._received.values())

    @property
    def completed(self) -> int:
        """The last round of which everything is here, and of all rounds before it."""
        return self._acknowledged[self.rank]

    def contributions(self, round_: int) -> dict[int, Tensor]:
        """Return what is here of a round: {rank: payload}."""
        return self._rounds[round_]

    def await_total(self, round_: int) -> None:
        """Count a round as complete only with its sum; to be said before contributing to it."""
        self._unsummed.add(round_)

    def contribute(self, rank: int, round_: int, payload: Tensor) -> bool:
        """Take the contribution of a member; return whether this worker has completed more.

        Raises:
            DisorderError: it is to another round than the member's next.
        """
        if self._frozen:
            return False
        if rank not in self._received or round_ != self._received[rank] + 1:
            raise DisorderError(
                f"worker {rank} contributed to round {round_} out of turn: "
                "start all nodes again, with the same commands"
            )
        self._rounds.setdefault(round_, {})[rank] = payload
        self._received[rank] = round_
        return self._complete()

    def sum(self, round_: int, total: Tensor) -> bool:
        """Take the sum of a round; return whether this worker has completed more."""
        if self._frozen:
            return False
        self._totals[round_] = total
        self._unsummed.discard(round_)
        return self._complete()

    def acknowledge(self, rank: int, round_: int) -> None:
        """Note that a member has completed every round up to one.

        Raises:
            DisorderError: it cannot have that one, or has said so of a later one.
        """
        if self._frozen:
            return
        if not self._acknowledged.get(rank, round_ + 1) <= round_ <= self._received[self.rank]:
            raise DisorderError(
                f"worker {rank} acknowledged round {round_} out of turn: "
                "start all nodes again, with the same commands"
            )
        self._acknowledged[rank] = round_

    def take_commits(self) -> list[Commit]:
        """Return the rounds that have become committed, in order."""
        return [] if self._frozen else self._take(min(self._acknowledged.values()))

    def freeze(self) -> int:
        """Complete nothing more, and return the last round that was completed."""
        self._frozen = True
        return self.completed

    def settle(self, last: int) -> list[Commit]:
        """Commit up to the round that the survivors of the view agreed on.

        Raises:
            DistributedError: they cannot have agreed on that: it is not between what this worker
                has committed and what it has completed.
        """
        if not self.committed <= last <= self.completed:
            raise DistributedError(
                f"the store of the run says that view {self.view} ended with round {last}, and "
                f"worker {self.rank} had committed round {self.committed} and completed round "
                f"{self.completed}: start all nodes again, with the same commands"
            )
        return self._take(last)

    def missing(self, rounds: int) -> set[int]:
        """Return the members whose contribution to any round up to ``rounds`` is not here."""
        return {rank for rank, received in self._received.items() if received < rounds} - {
            self.rank
        }

    def silent(self, rounds: int) -> set[int]:
        """Return the members that have not said that they have every round up to ``rounds``.

        Nobody before this worker has them itself: what it waits for, the others may wait for too.
        """
        if self.completed < rounds:
            return set()
        return {rank for rank, last in self._acknowledged.items() if last < rounds}

    def _complete(self) -> bool:
        before = self.completed
        self._acknowledged[self.rank] = min(
            [self.gathered, *(round_ - 1 for round_ in self._unsummed)]
        )
        return self.completed > before

    def _take(self, last: int) -> list[Commit]:
        rounds = range(self.committed + 1, last + 1)
        self.committed = max(self.committed, last)
        return [
            Commit(number, self.view, self._rounds.pop(number), self._totals.pop(number, None))
            for number in rounds
        ]
