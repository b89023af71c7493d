"""Ways to train with averages that come late, by the name they have in ``delay_accuracy``.

``replay`` and ``quasi-hyperbolic`` are the package's local updates. ``uncorrected`` is what is done
without any of this: the late average is handed to the optimiser as the gradient, and nothing else.
"""

from collections.abc import Callable
from functools import partial
from typing import Protocol, cast

import torch
from torch.optim import Optimizer

from benchmarks.turns import Seat
from proxyless.distributed import Delayed, Membership


class Trainer(Protocol):
    """What stands where an optimiser's step stood."""

    def step(self) -> None:
        """Take a step with the gradients that the parameters have."""

    def drain(self) -> None:
        """Wait for everything that is on its way."""


class Uncorrected:
    """Late averages alone: all workers have the same weights at all times."""

    def __init__(self, optimizer: Optimizer, seat: Seat, delay: int) -> None:
        self.optimizer, self.seat, self.delay = optimizer, seat, delay
        self.parameters = [one for group in optimizer.param_groups for one in group["params"]]
        self.steps = self.taken = 0

    def step(self) -> None:
        """Send the gradients that the parameters have; step with what is due, if anything is."""
        self.steps += 1
        self.seat.post(self.steps, torch.cat([one.grad.reshape(-1) for one in self.parameters]))
        if self.steps - self.taken > self.delay:
            self._take()

    def drain(self) -> None:
        """Take a step with each average that is still on its way."""
        while self.taken < self.steps:
            self._take()

    def _take(self) -> None:
        contributions = self.seat.next().contributions
        average = torch.stack([one for _, one in sorted(contributions.items())]).mean(0)
        pieces = torch.split(average, [one.numel() for one in self.parameters])
        for parameter, piece in zip(self.parameters, pieces, strict=True):
            parameter.grad = piece.view_as(parameter)
        self.optimizer.step()
        self.taken += 1


def packaged(local_update: str, optimizer: Optimizer, seat: Seat, delay: int) -> Trainer:
    """Return the package's trainer; a seat has all that it needs where nobody is ever lost."""
    return Delayed(
        optimizer,
        cast(Membership, seat),
        delay=delay,
        local_update=local_update,
        transport="direct",
    )


WAYS: dict[str, Callable[[Optimizer, Seat, int], Trainer]] = {
    "quasi-hyperbolic": partial(packaged, "quasi-hyperbolic"),
    "replay": partial(packaged, "replay"),
    "uncorrected": Uncorrected,
}
