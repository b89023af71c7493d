"""Which transport carries a round's gradients: the one asked for, or the faster of both, measured.

*direct*: everyone sends to everyone; one way, and any codec or aggregator. *ring*: gradients are
summed on the way, by all-reduce; fewer bytes where there are three workers or more.

The measured choice takes no time of its own: training begins with some rounds by each. Every worker
says with its contributions how long its own took, and all take the same averages at the same round,
so that all choose alike.
"""

import statistics

import torch
from torch import Tensor

from ..defaults import TRANSPORTS
from ..errors import DistributedError
from ..state import State

TIMED = 5
"""Rounds by each transport that are timed, after those that may still share the way with others."""


class Selection:
    """The transport of every round; ``asked`` is one, or "auto" for the faster.

    ``most`` is how many rounds a worker may have contributed to beyond the last committed, and
    ``usual`` how many it has while nothing closes rounds early.

    Raises:
        DistributedError: there is no such transport.
    """

    def __init__(self, asked: str, most: int, usual: int) -> None:
        if asked not in ("auto", *TRANSPORTS):
            raise DistributedError(
                f"there is no `transport` {asked!r}: choose auto, {' or '.join(TRANSPORTS)}"
            )
        self.most, self.usual = most, usual
        self.chosen = None if asked == "auto" else asked
        self.chosen_from = 0
        self._seconds: dict[str, list[float]] = {name: [] for name in TRANSPORTS}

    @property
    def trial(self) -> int:
        """Rounds by each transport."""
        return 2 * self.usual + TIMED

    def of(self, round_: int) -> str:
        """Return the transport of a round, counted from 1."""
        if self.chosen is not None and round_ >= self.chosen_from:
            return self.chosen
        return TRANSPORTS[0] if round_ <= self.trial else TRANSPORTS[1]

    def note(self, round_: int, seconds: float) -> None:
        """Note how long a round of this worker's took, from contribution to commit."""
        for number, name in enumerate(TRANSPORTS):
            first = number * self.trial + 2 * self.usual + 1
            if self.chosen is None and first <= round_ < first + TIMED:
                self._seconds[name].append(seconds)

    def measured(self, round_: int) -> Tensor | None:
        """Return what to say with a contribution: median seconds by each transport, float32 (2,).

        None but for the round that decides; NaN where this worker has measured nothing.
        """
        if self.chosen is not None or round_ != self._decides:
            return None
        medians = [
            statistics.median(seconds) if seconds else torch.nan
            for seconds in self._seconds.values()
        ]
        return torch.tensor(medians)

    def choose(self, round_: int, measured: list[Tensor]) -> None:
        """Choose, when the round that decides is committed, by what all members measured."""
        if self.chosen is None and round_ == self._decides:
            direct, ring = torch.stack(measured).nanmean(0).tolist()
            self.chosen = "ring" if ring < direct else "direct"
            self.chosen_from = round_ + self.most + 1

    @property
    def _decides(self) -> int:
        """The first round that is contributed to when the whole trial is committed everywhere."""
        return 2 * self.trial + self.most + 1

    def state_dict(self) -> State:
        """Return what has been chosen."""
        return {"chosen": self.chosen, "from": self.chosen_from}

    def load_state_dict(self, state: State) -> None:
        """Take over what others have chosen."""
        self.chosen, self.chosen_from = state["chosen"], state["from"]
