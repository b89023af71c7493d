"""What workers that share a search keep in step beside the weights."""

from collections.abc import Sequence
from typing import Any

from search_spaces import InputError

from ..distributed import digest
from .device_search import DeviceSearch


class SharedArchitectures:
    """Every device's architecture, as a worker sends it to those who join.

    They agree only where they began with the same costs: tables of the same measurements.
    """

    def __init__(self, devices: Sequence[DeviceSearch]) -> None:
        self.devices = devices
        self.costs = digest([device.objective.latency.choices for device in devices])

    def state_dict(self) -> dict[str, Any]:
        """Return the architectures, and the digest of the costs they began with."""
        return {
            "costs": self.costs,
            "devices": [device.state_dict() for device in self.devices],
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take another worker's architectures.

        Raises:
            InputError: it began with other costs.
        """
        if state["costs"] != self.costs:
            raise InputError(
                "this worker's latency table says otherwise than the other workers' tables: give "
                "every worker a copy of the same `table`"
            )
        for device, device_state in zip(self.devices, state["devices"], strict=True):
            device.load_state_dict(device_state)
