"""The records of a latency table."""

import math
from dataclasses import dataclass, field
from typing import Literal

from ..statistics.prediction_errors import ErrorStatistics
from ..statistics.variance import COVERAGE, VarianceEstimate
from ..timing.device import Device
from ..timing.settings import Settings

NOISE = 3
"""Standard deviations within which a correction may fall below the call overhead."""
Method = Literal["measured", "imported", "fitted"]
"""Origin of a profile's entries: own measurements, a published table, a fit to networks."""


@dataclass(frozen=True)
class Entry:
    """The statistics of one program.

    ``milliseconds`` is the minimum over all calls of all processes, the latency without
    interference. ``median_ms`` and ``spread_ms`` are over measurements.
    """

    milliseconds: float
    median_ms: float
    spread_ms: float
    samples: int
    processes: int
    measured_at: str


@dataclass(frozen=True)
class ProfileInfo:
    """The address of a profile: device, runtime, version, settings and method.

    One that is not ``finished`` was begun by a `profile` that did not end.
    """

    id: int
    device: Device
    runtime: str
    version: str
    settings: Settings
    method: Method = "measured"
    finished: bool = field(default=True, compare=False)

    def __str__(self) -> str:
        how = "" if self.method == "measured" else f", {self.method}"
        return f"{self.runtime} {self.version} on {self.device}, {self.settings}{how}"


@dataclass(frozen=True)
class Calibration:
    """A profile's calibration by whole networks (see :mod:`latency.estimation.calibration`).

    ``corrections`` gives (milliseconds, standard deviation) of what an operation adds to a
    network; ``fit_error`` is the variance of measured / predicted - 1 for another network of the
    same session, and ``session_error`` the variance that a later session adds. ``noise_floor`` is
    the mean difference between two measurements of the same networks in percent (None if there was
    one process).
    """

    networks: int
    overhead_ms: float
    fit_error: VarianceEstimate
    session_error: VarianceEstimate
    raw: ErrorStatistics | None
    held_out: ErrorStatistics
    noise_floor: float | None
    corrections: dict[str, tuple[float, float]]

    def impossible_correction(self) -> str | None:
        """Return the key of an operation that, alone in a network, would take no time.

        Below the call overhead corrections may be by ``NOISE`` of their standard deviations.
        """
        for key, (milliseconds, deviation) in self.corrections.items():
            if not milliseconds + NOISE * deviation + self.overhead_ms > 0:
                return key
        return None

    def relative_error(self, coverage: float = COVERAGE) -> float:
        """Return the half width of the interval of a later measured / predicted - 1.

        The two errors are independent, so half widths add like standard deviations.
        """
        return math.hypot(
            *(error.half_width(coverage) for error in (self.fit_error, self.session_error))
        )
