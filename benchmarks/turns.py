"""Workers of one process who take turns, and what stands for the network between them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Condition
from typing import TypeVar

from torch import Tensor

from proxyless.distributed import Commit
from proxyless.distributed.membership.sums import Values

T = TypeVar("T")


class Turns:
    """So many workers, each a thread; one runs until it needs what another has yet to contribute.

    A thread of its own for each is what lets a trainer wait in the middle of a step, as it does
    without a delay. As only one runs at a time, and a round is the same whoever is first, so is
    everything else.
    """

    def __init__(self, workers: int) -> None:
        self.changed = Condition()
        self.seats = [Seat(self, rank) for rank in range(workers)]
        self.rounds: dict[int, dict[int, Tensor]] = {}
        self.error: BaseException | None = None

    def run(self, work: Callable[["Seat"], T]) -> list[T]:
        """Let every worker do ``work`` with its seat; return what they return.

        Whatever one of them raises ends all of them, and is raised here.
        """
        with ThreadPoolExecutor(len(self.seats)) as pool:
            futures = [pool.submit(self._work, work, seat) for seat in self.seats]
        if self.error is not None:
            raise self.error
        return [future.result() for future in futures]

    def _work(self, work: Callable[["Seat"], T], seat: "Seat") -> T:
        with self.changed:
            try:
                return work(seat)
            except BaseException as error:
                self.error = self.error or error
                self.changed.notify_all()
                raise

    def forget(self) -> None:
        """Drop the rounds that everyone has had."""
        had_by_all = min(seat.had for seat in self.seats)
        for number in [one for one in self.rounds if one <= had_by_all]:
            del self.rounds[number]


class Seat:
    """A membership, as far as a trainer needs one whose workers neither come nor go."""

    def __init__(self, turns: Turns, rank: int) -> None:
        self.turns, self.rank = turns, rank
        self.had = 0

    def post(self, round_: int, payload: Tensor, values: Values | None = None) -> None:
        """Contribute to a round; the first has the number 1. Nothing is summed on the way."""
        assert values is None
        posted = self.turns.rounds.setdefault(round_, {})
        posted[self.rank] = payload
        if len(posted) == len(self.turns.seats):
            self.turns.changed.notify_all()

    def next(self) -> Commit:
        """Return the next round when everyone has contributed to it; until then others run."""
        turns, number = self.turns, self.had + 1
        turns.changed.wait_for(
            lambda: turns.error or len(turns.rounds.get(number, ())) == len(turns.seats)
        )
        if turns.error is not None:
            raise InterruptedError("another worker failed")
        commit = Commit(number, 1, turns.rounds[number])
        self.had = number
        turns.forget()
        return commit
