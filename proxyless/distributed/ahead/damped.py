"""Ahead by a part of its own gradients, which fades: for delays of more than a step or two.

Workers differ by their own last d gradients, and each of those answers to the ones before it. With
momentum m, :mod:`.exact` lets a gradient of k steps ago have moved the weights by (1 - m^k) of its
final effect, and drops it all at once when its average comes. That is a feedback of late and
strong answers, stable only while learning rate x curvature is small: 0.025 for m = 0.9, d = 16.

Here a worker's weights are base + own, where at each step

    own <- kept * own - share * rate / (1 - m) * gradient

so that a gradient has a share of its effect at once, and fades, whether or not its average has
come. As that is feedback of first order, what workers differ by is stable up to (1 + kept) / share.
What they have in common is answered to late, by the base: that is stable if that moves slowly. So
its momentum is raised to M, and only a small part q of an average, less than a share, moves it at
once:

    velocity <- M * velocity + (1 - M) * average
    base <- base - rate / (1 - m) * (q * average + (1 - q) * velocity)

which is quasi-hyperbolic momentum (Ma and Yarats 2019). Every gradient moves the base as far in the
end as it would have; without q, so heavy a momentum costs accuracy even where nothing is late. The
constants let no disturbance of either grow more than about twofold up to rate / (1 - m) x curvature
of 3, for every delay, and are stable up to 7: see ``benchmarks/delay_stability.py``.

Like elastic averaging (Zhang et al. 2015) it holds workers to a common centre; other than there,
the centre is that of synchronous training, moved by averaged gradients alone.
"""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor
from torch.optim import SGD, Optimizer

from search_spaces import InputError

from ..base import Base, Settings
from .base import Ahead, Waiting

SHARE = 0.15
QUICK = 0.1


def momentum_for(staleness: int) -> float:
    """Return the least momentum of a base whose averages are up to so many steps late."""
    return 1 - 1 / (6 * staleness + 10)


def kept_for(staleness: int) -> float:
    """Return what is left of a gradient's own effect a step later."""
    return 1 - 1 / (3 * staleness + 3)


class Damped(Ahead):
    """Base + own: see the module. ``staleness``: steps that an average may come late.

    The base begins with a velocity of zero, whatever the optimiser's was.

    Raises:
        InputError: the optimiser is not SGD, for whose momentum this is made.
    """

    def __init__(self, optimizer: Optimizer, staleness: int) -> None:
        if not isinstance(optimizer, SGD):
            raise InputError(
                f"damped is a way ahead for SGD, not for {type(optimizer).__name__}: choose exact"
            )
        self.synchronous = staleness == 0
        self.momentum = momentum_for(staleness)
        self.kept = kept_for(staleness)
        self.own: dict[int, Tensor] = {}
        if not self.synchronous:
            _rest(optimizer)

    def settings(self, settings: Settings) -> Settings:
        """Return those of a slower base that moves as far."""
        return settings if self.synchronous else [self._slowed(group) for group in settings]

    def _slowed(self, group: dict[str, Any]) -> dict[str, Any]:
        """Return the settings with which SGD does what the module says.

        It steps by gradient + M * buffer where Nesterov's momentum is wanted, and adds the gradient
        to its buffer by a part of 1 - dampening. The two together, which only its constructor has
        something against, are a velocity and a quick part.
        """
        momentum = max(self.momentum, group["momentum"])
        entering = (1 - momentum) / momentum * (1 - QUICK) / QUICK
        return {
            **group,
            "lr": QUICK * _reach(group),
            "momentum": momentum,
            "dampening": 1 - entering,
            "nesterov": True,
        }

    @torch.no_grad()
    def step(self, base: Base) -> None:
        """Let what there is fade, and add the gradients that parameters have now."""
        if self.synchronous:
            return
        for own in self.own.values():
            own.mul_(self.kept)
        number = 0
        for group in base.optimizer.param_groups:
            reach = SHARE * _reach(group)
            for parameter in group["params"]:
                if parameter.grad is not None:
                    own = self.own.setdefault(number, torch.zeros_like(parameter))
                    own.sub_(parameter.grad, alpha=-reach if group["maximize"] else reach)
                number += 1
        self._place(base, self.own)

    @torch.no_grad()
    def follow(self, base: Base, touched: Iterable[int], waiting: Iterable[Waiting]) -> None:
        """Add what is this worker's own."""
        self._place(base, [number for number in touched if number in self.own])

    @torch.no_grad()
    def rest(self, base: Base) -> None:
        """Forget what is this worker's own."""
        for number in self.own:
            base.parameters[number].copy_(base.weights[number])
        self.own.clear()

    def _place(self, base: Base, numbers: Iterable[int]) -> None:
        for number in numbers:
            torch.add(base.weights[number], self.own[number], out=base.parameters[number])


def _rest(optimizer: SGD) -> None:
    """Let the optimiser have a velocity of zero: its own first would be a whole gradient."""
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            optimizer.state[parameter]["momentum_buffer"] = torch.zeros_like(parameter)


def _reach(group: dict[str, Any]) -> float:
    """Return how far SGD moves weights in the end, for a gradient of 1 at one step."""
    rate, momentum = float(group["lr"]), float(group["momentum"])
    effect = 1 - float(group["dampening"]) if momentum else 1.0
    return rate * effect / (1 - momentum)
