"""The interface every host has: say what it is, and measure there."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

from ..runtimes import Program
from ..timing.device import Device
from ..timing.measurement import Measurement, MeasurementPlan
from ..timing.settings import Settings


class Host(ABC):
    """A place where programs are timed.

    Every method raises :class:`InputError` where the host cannot be reached or lacks what it
    needs; the sentence names the host and the mend.
    """

    @abstractmethod
    def version(self, runtime: str) -> str:
        """Version of the runtime's engine there; part of a profile's address."""

    @abstractmethod
    def device(self, runtime: str) -> Device:
        """What the runtime's programs run on there."""

    @abstractmethod
    def libraries(self, runtime: str) -> dict[str, str]:
        """Versions of whatever else a time there may depend on, by name, for the record."""

    @abstractmethod
    def measure(
        self, runtime: str, programs: Sequence[Program], settings: Settings, plan: MeasurementPlan
    ) -> Iterator[Measurement]:
        """Carry out a plan there, yielding each measurement as soon as it is made.

        An :class:`InputError` half way costs none of the measurements that were yielded.
        """


def connection_lost(host: str, reason: str) -> str:
    """Return the sentence for a host that was there and is gone."""
    return (
        f"the connection to {host} was lost ({reason}): what was measured is in the table, and "
        "the same command continues"
    )
