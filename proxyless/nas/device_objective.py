"""What is searched for on one device: what networks take there, and what they may take."""

from dataclasses import dataclass
from typing import Self

from latency import AdditiveCosts
from search_spaces import Space

from ..config import DeviceConfig, SearchConfig
from ..constraints.budgets import Budgets
from ..constraints.limits import budgets_of
from ..constraints.run_costs import RunCosts


@dataclass(frozen=True)
class DeviceObjective:
    """What networks take on a device, and what they may take.

    ``latency`` is ``costs`` as tensors, in milliseconds.
    """

    device: DeviceConfig
    costs: RunCosts
    latency: AdditiveCosts
    budgets: Budgets

    @classmethod
    def of(cls, config: SearchConfig, device: DeviceConfig, space: Space, costs: RunCosts) -> Self:
        """Put costs and budgets together.

        Raises:
            InputError: no network of the space keeps all budgets.
        """
        latency = costs.tensors
        return cls(device, costs, latency, budgets_of(config, device, space, latency))
