"""The objective of a search on one device: costs of networks, and budgets."""

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
    """The costs of networks on a device, and their budgets.

    ``latency`` is ``costs`` as tensors, in milliseconds.
    """

    device: DeviceConfig
    costs: RunCosts
    latency: AdditiveCosts
    budgets: Budgets

    @classmethod
    def of(cls, config: SearchConfig, device: DeviceConfig, space: Space, costs: RunCosts) -> Self:
        """Return the objective for a device, with budgets from the configuration.

        Raises:
            InputError: no network of the space keeps all budgets.
        """
        latency = costs.tensors
        return cls(device, costs, latency, budgets_of(config, device, space, latency))
