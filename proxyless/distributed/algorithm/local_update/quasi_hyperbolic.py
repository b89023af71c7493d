"""Own gradients count in part, and fade: for delays of more than a step or two.

Workers differ by their own last d gradients, and each of those answers to the ones before it. With
momentum m, :mod:`.replay` lets a gradient of k steps ago have moved the weights by (1 - m^k) of its
final effect, and drops it all at once when its average comes. That is a feedback of late and
strong answers, stable only while learning rate x curvature is small: 0.025 for m = 0.9, d = 16.

Here a worker's weights are the synchronised ones + own, where at each step

    own <- kept * own - share * rate / (1 - m) * gradient

so that a gradient has a share of its effect at once, and fades, whether or not its average has
come. As that is feedback of first order, what workers differ by is stable up to (1 + kept) / share.
What they have in common is answered to late, by the synchronised weights: that is stable if those
move slowly. So they are stepped by quasi-hyperbolic momentum (Ma and Yarats 2019), whose momentum M
is higher than m, and of which only a part q of an average, less than a share, counts at once:

    g <- M * g + (1 - M) * average
    synchronised <- synchronised - rate / (1 - m) * (q * average + (1 - q) * g)

Every gradient moves them as far in the end as it would have; without q, so heavy a momentum costs
accuracy even where nothing is late. The constants let no disturbance of either grow more than about
twofold up to rate / (1 - m) x curvature of 3, for every delay, and are stable up to 7: see
``benchmarks/delay_stability.py``.

Like elastic averaging (Zhang et al. 2015) it holds workers to a common centre; other than there,
the centre is that of synchronous training, moved by averaged gradients alone.
"""

from collections.abc import Iterable, Mapping
from typing import Self

import torch
from torch import Tensor
from torch.optim import SGD, Optimizer

from ...errors import DistributedError
from ...state import State
from ..gradients import Round
from ..quasi_hyperbolic_momentum import AVERAGE, QuasiHyperbolicMomentum
from ..settings import Settings, settings_of
from ..synchronised_state import SynchronisedState
from .base import LocalUpdate
from .options import LocalUpdateOptions

SHARE = 0.15
"""Of its final effect, what an own gradient has at once."""
QUICK = 0.1
"""Of its final effect, what an average has at once: 1 - nu."""


def momentum_for(staleness: int) -> float:
    """Return the least momentum for averages that are up to so many steps late."""
    return 1 - 1 / (6 * staleness + 10)


def kept_for(staleness: int) -> float:
    """Return what is left of a gradient's own effect a step later."""
    return 1 - 1 / (3 * staleness + 3)


class QuasiHyperbolic(LocalUpdate):
    """Synchronised + own weights: see the module.

    ``staleness``: steps that an average may come late. Without any, the optimiser steps as always.
    Else the average g begins with zero, whatever momentum the optimiser had.

    Raises:
        DistributedError: the optimiser is not SGD, for whose momentum this is made.
    """

    def __init__(self, optimizer: Optimizer, staleness: int) -> None:
        if staleness > 0 and not isinstance(optimizer, SGD):
            raise DistributedError(
                f"`local_update` quasi-hyperbolic is for SGD, not for {type(optimizer).__name__}: "
                "choose replay"
            )
        super().__init__(optimizer)
        self.users_optimizer = optimizer
        self.synchronous = staleness == 0
        self.momentum = momentum_for(staleness)
        self.kept = kept_for(staleness)
        self.own: dict[int, Tensor] = {}
        if not self.synchronous:
            groups = zip(optimizer.param_groups, self.settings(), strict=True)
            self.optimizer = QuasiHyperbolicMomentum(
                [{"params": group["params"], **settings} for group, settings in groups], lr=0.0
            )

    @classmethod
    def from_options(cls, options: LocalUpdateOptions) -> Self:
        """Make one for so late averages."""
        return cls(options.optimizer, options.staleness)

    def settings(self) -> Settings:
        """Return those of quasi-hyperbolic momentum that moves weights as far in the end."""
        if self.synchronous:
            return settings_of(self.users_optimizer)
        return [
            {
                "lr": _reach(group),
                "momentum": self._momentum(group["momentum"]),
                "nu": 1 - QUICK,
                "weight_decay": group["weight_decay"],
                "maximize": group["maximize"],
            }
            for group in self.users_optimizer.param_groups
        ]

    def _momentum(self, given: float) -> float:
        return max(self.momentum, float(given))

    @torch.no_grad()
    def step(self, state: SynchronisedState) -> None:
        """Let what is this worker's own fade, and add the gradients that parameters have now."""
        if self.synchronous:
            return
        for own in self.own.values():
            own.mul_(self.kept)
        number = 0
        for group in self.users_optimizer.param_groups:
            reach = SHARE * _reach(group)
            for parameter in group["params"]:
                if parameter.grad is not None:
                    own = self.own.setdefault(number, torch.zeros_like(parameter))
                    own.sub_(parameter.grad, alpha=-reach if group["maximize"] else reach)
                number += 1
        self._place(state, self.own)

    @torch.no_grad()
    def rebase(
        self, state: SynchronisedState, touched: Iterable[int], pending: Iterable[Round]
    ) -> None:
        """Add what is this worker's own."""
        self._place(state, [number for number in touched if number in self.own])

    @torch.no_grad()
    def reset(self, state: SynchronisedState) -> None:
        """Forget what is this worker's own."""
        for number in self.own:
            state.parameters[number].copy_(state.weights[number])
        self.own.clear()

    def _place(self, state: SynchronisedState, numbers: Iterable[int]) -> None:
        for number in numbers:
            torch.add(state.weights[number], self.own[number], out=state.parameters[number])

    def upgrade(self, states: list[State]) -> list[State]:
        """Make the average g of the buffer that SGD had in a checkpoint of release 0.2.

        There SGD stepped with Nesterov's momentum and a dampening above 1, and its buffer was
        (1 - q) / (q M) g.
        """
        if self.synchronous:
            return states
        momenta = [
            self._momentum(group["momentum"])
            for group in self.users_optimizer.param_groups
            for _ in group["params"]
        ]
        return [
            {AVERAGE: QUICK * momentum / (1 - QUICK) * state["momentum_buffer"]}
            if "momentum_buffer" in state
            else state
            for state, momentum in zip(states, momenta, strict=True)
        ]


def _reach(group: Mapping[str, float]) -> float:
    """Return how far SGD moves weights in the end, for a gradient of 1 at one step."""
    rate, momentum = float(group["lr"]), float(group["momentum"])
    effect = 1 - float(group["dampening"]) if momentum else 1.0
    return rate * effect / (1 - momentum)
