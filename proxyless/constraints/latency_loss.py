"""Latency in the loss as it was published: with a coefficient to tune, for comparison.

ProxylessNAS, section 3.3 and the release. Beside them stands what is used by default: a budget's
own multiplier, which nobody has to tune (:mod:`proxyless.constraints.budget`).
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

from torch import Tensor

from latency import AdditiveCosts
from search_spaces import InputError

LOSSES = ("multiplier", "additive", "multiplicative")


@dataclass(frozen=True)
class LatencyLoss(ABC):
    """How E[latency] and a target T (both in ms) enter the loss beside the cross-entropy CE."""

    latency: AdditiveCosts
    target_ms: float

    @abstractmethod
    def gradient(self, gates: Tensor, loss: float, probabilities: Tensor) -> Tensor:
        """Return d(total loss) / dg from dCE/dg, CE and p; shapes (blocks, candidates)."""

    def rewards(self, accuracies: Tensor, paths: Tensor) -> Tensor:
        """Return what REINFORCE is rewarded with for paths (networks, blocks)."""
        return accuracies


def get_latency_loss(
    name: str, latency: AdditiveCosts, mask: Tensor, target_ms: float
) -> LatencyLoss | None:
    """Return the loss called ``name``: additive, multiplicative; None for multiplier, our own.

    Raises:
        InputError: there is no such loss, or networks of the space are too fast for logarithms.
    """
    check_latency_loss(name)
    fastest, _ = latency.bounds(mask)
    match name:
        case "multiplier":
            return None
        case "additive":
            return AdditiveLoss(latency, target_ms)
    if fastest <= 1:
        raise InputError(
            "`latency_loss` multiplicative takes logarithms of milliseconds, which mean "
            f"nothing for networks of {fastest:.3g} ms: choose multiplier or additive"
        )
    return MultiplicativeLoss(latency, target_ms)


def check_latency_loss(name: str) -> None:
    """Refuse a name that no loss has."""
    if name not in LOSSES:
        raise InputError(f"there is no latency loss {name!r}: choose one of {', '.join(LOSSES)}")


class AdditiveLoss(LatencyLoss):
    """CE + 0.1 * (E - T) / T."""

    weight = 0.1

    def gradient(self, gates: Tensor, loss: float, probabilities: Tensor) -> Tensor:
        """Add the same cost whatever E is."""
        return gates + self.weight * self.latency.choices / self.target_ms


class MultiplicativeLoss(LatencyLoss):
    """CE * 0.2 * (log E / log T)^0.3; for REINFORCE the reward accuracy * (T / latency)^0.1."""

    alpha, beta, reward_power = 0.2, 0.3, 0.1

    def gradient(self, gates: Tensor, loss: float, probabilities: Tensor) -> Tensor:
        """Scale dCE/dg, and add the cost of time, in proportion to CE."""
        expected = self.latency.expected(probabilities)
        scale: float = self.alpha * (math.log(expected) / math.log(self.target_ms)) ** self.beta
        relative = self.beta / (expected * math.log(expected))
        return scale * (gates + loss * relative * self.latency.choices)

    def rewards(self, accuracies: Tensor, paths: Tensor) -> Tensor:
        """Reward fast networks more."""
        ratios = self.target_ms / self.latency.of(paths)
        return accuracies * ratios.to(accuracies.dtype) ** self.reward_power
