"""Ways to train with averages that come late, by the name they have in ``delay_accuracy``.

``exact`` and ``damped`` are the package's. The others take what is at hand each step and hand it
to the optimiser as the gradient, as is published: ``uncorrected`` the late average and nothing
else, ``through_momentum`` the worker's own gradient, less that of ``delay`` steps ago, plus the
average of then. Any correction goes through the momentum buffer there, where it is not exact.
"""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Protocol, cast

import torch
from torch import Tensor
from torch.optim import Optimizer

from benchmarks.turns import Seat
from proxyless.distributed.delayed import Delayed
from proxyless.distributed.exchange import Exchange


class Trainer(Protocol):
    """What stands where an optimiser's step stood."""

    def step(self) -> None:
        """Take a step with the gradients that the parameters have."""

    def drain(self) -> None:
        """Wait for everything that is on its way."""


class Late(ABC):
    """Steps ``optimizer`` with something made of own gradients and late averages."""

    def __init__(self, optimizer: Optimizer, seat: Seat, delay: int) -> None:
        self.optimizer, self.seat, self.delay = optimizer, seat, delay
        self.parameters = [one for group in optimizer.param_groups for one in group["params"]]
        self.pending: deque[Tensor] = deque()
        self.steps = 0

    def step(self) -> None:
        """Take a step with the gradients that the parameters have."""
        gradients = [one.grad for one in self.parameters if one.grad is not None]
        own = torch.cat([one.reshape(-1) for one in gradients])
        self.pending.append(own)
        self.steps += 1
        self.seat.post(self.steps, own)
        self._take(own, len(self.pending) > self.delay)

    def drain(self) -> None:
        """Take a step with each average that is still on its way."""
        nothing = torch.zeros_like(self.pending[0]) if self.pending else torch.empty(0)
        while self.pending:
            self._take(nothing, True)

    def _take(self, own: Tensor, due: bool) -> None:
        """Hand the optimiser what there is, with an average if one is due."""
        old = average = None
        if due:
            contributions = self.seat.next().contributions
            average = torch.stack([one for _, one in sorted(contributions.items())]).mean(0)
            old = self.pending.popleft()
        gradient = self.combine(own, old, average)
        if gradient is None:
            return
        pieces = torch.split(gradient, [one.numel() for one in self.parameters])
        for parameter, piece in zip(self.parameters, pieces, strict=True):
            parameter.grad = piece.view_as(parameter)
        self.optimizer.step()

    @abstractmethod
    def combine(self, own: Tensor, old: Tensor | None, average: Tensor | None) -> Tensor | None:
        """Return what to step with, if anything.

        ``own`` is this step's gradient; ``old`` that of the step whose average is due, if one is.
        """


class Uncorrected(Late):
    """Late averages alone: all workers have the same weights at all times."""

    def combine(self, own: Tensor, old: Tensor | None, average: Tensor | None) -> Tensor | None:
        """Return the average."""
        return average


class ThroughMomentum(Late):
    """The published correction, made before the optimiser's momentum."""

    def combine(self, own: Tensor, old: Tensor | None, average: Tensor | None) -> Tensor | None:
        """Return own - old + average."""
        return own if old is None or average is None else own - old + average


def packaged(ahead: str, optimizer: Optimizer, seat: Seat, delay: int) -> Trainer:
    """Return the package's trainer; a seat has all that it needs where nobody is ever lost."""
    return Delayed(optimizer, cast(Exchange, seat), delay=delay, ahead=ahead)


WAYS: dict[str, Callable[[Optimizer, Seat, int], Trainer]] = {
    "exact": partial(packaged, "exact"),
    "damped": partial(packaged, "damped"),
    "uncorrected": Uncorrected,
    "through_momentum": ThroughMomentum,
}
