"""The architectures of all devices as state that workers of a search synchronise."""

from collections.abc import Sequence

from search_spaces import InputError

from ..distributed import digest
from ..runs.checkpoint import State
from .device_search import DeviceSearch


class SharedArchitectures:
    """Every device's architecture, as a worker sends it to workers that join.

    Workers must have the same costs, from copies of the same latency table.
    """

    def __init__(self, devices: Sequence[DeviceSearch]) -> None:
        self.devices = devices
        self.costs = digest([device.objective.latency.choices for device in devices])

    def state_dict(self) -> State:
        """Return the architectures, and a digest of the costs."""
        return {
            "costs": self.costs,
            "devices": [device.state_dict() for device in self.devices],
        }

    def load_state_dict(self, state: State) -> None:
        """Load another worker's architectures.

        Raises:
            InputError: its costs are different.
        """
        if state["costs"] != self.costs:
            raise InputError(
                "this worker's latency table says otherwise than the other workers' tables: give "
                "every worker a copy of the same `table`"
            )
        for device, device_state in zip(self.devices, state["devices"], strict=True):
            device.load_state_dict(device_state)
