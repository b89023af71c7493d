"""The interface of a host, which describes a device and measures programs on it."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

from ..runtimes import Program
from ..timing.device import Device
from ..timing.measurement import Measurement, MeasurementPlan
from ..timing.settings import Settings


class Host(ABC):
    """A place where programs are timed.

    Every method raises :class:`InputError` if the host cannot be reached or lacks something; the
    sentence names the host and the remedy.
    """

    @abstractmethod
    def version(self, runtime: str) -> str:
        """Return the version of the runtime's engine; part of a profile's address."""

    @abstractmethod
    def device(self, runtime: str) -> Device:
        """Return the device that runs the runtime's programs."""

    @abstractmethod
    def libraries(self, runtime: str) -> dict[str, str]:
        """Return versions of other packages that may affect latencies, by name."""

    @abstractmethod
    def measure(
        self, runtime: str, programs: Sequence[Program], settings: Settings, plan: MeasurementPlan
    ) -> Iterator[Measurement]:
        """Carry out a plan on the host, yielding each measurement as soon as it is made.

        Measurements that were yielded before an :class:`InputError` are valid.
        """


def connection_lost(host: str, reason: str) -> str:
    """Return the sentence for a host whose connection was lost."""
    return (
        f"the connection to {host} was lost ({reason}): what was measured is in the table, and "
        "the same command continues"
    )
