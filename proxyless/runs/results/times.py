"""Measured milliseconds of one program."""

from dataclasses import dataclass

from latency.timing.settings import Settings
from search_spaces.numbers import Milliseconds, Name
from search_spaces.schema import STRICT

Address = tuple[str, str, Settings]
"""Runtime, fingerprint of a device, and settings: the conditions of a measurement."""


@dataclass(frozen=True)
class Times:
    """The latency of one program on a device, in milliseconds per call.

    ``best_ms`` is the minimum over all calls, the statistic that tables hold. ``median_ms`` and
    ``p95_ms`` are over samples, each the median of at least 8 calls in a row. ``device`` is its
    name, ``fingerprint`` its identity.
    """

    __pydantic_config__ = STRICT
    runtime: Name
    version: Name
    device: Name
    fingerprint: Name
    settings: Settings
    best_ms: Milliseconds
    median_ms: Milliseconds
    p95_ms: Milliseconds

    @property
    def address(self) -> Address:
        """What another measurement must have in common to be comparable."""
        return (self.runtime, self.fingerprint, self.settings)

    @property
    def conditions(self) -> str:
        """Runtime, device and settings as text."""
        return f"{self.runtime} {self.version} on {self.device}, {self.settings}"
