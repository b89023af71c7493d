"""What a latency table holds, as the rest of the code reads it."""

import math
from dataclasses import dataclass
from typing import Literal

from ..statistics.prediction_errors import ErrorStatistics
from ..statistics.variance import COVERAGE, VarianceEstimate
from ..timing.device import Device
from ..timing.settings import Settings

Method = Literal["measured", "imported", "fitted"]
"""Where a profile's entries come from: our measurements, another tool's table, whole networks."""


@dataclass(frozen=True)
class Entry:
    """What is known of one program.

    ``milliseconds`` is the minimum over all calls of all processes: what the device can do when
    nothing else interferes. ``median_ms`` and ``spread_ms`` are over measurements.
    """

    milliseconds: float
    median_ms: float
    spread_ms: float
    samples: int
    processes: int
    measured_at: str


@dataclass(frozen=True)
class ProfileInfo:
    """The address of a profile: what was measured, with what, and how."""

    id: int
    device: Device
    runtime: str
    version: str
    settings: Settings
    method: Method = "measured"

    def __str__(self) -> str:
        how = "" if self.method == "measured" else f", {self.method}"
        return f"{self.runtime} {self.version} on {self.device}, {self.settings}{how}"


@dataclass(frozen=True)
class Calibration:
    """What whole networks, measured, say of a profile (see :mod:`latency.estimation.calibration`).

    ``corrections`` gives (milliseconds, standard deviation) of what an operation adds to a
    network; ``fit_error`` is the spread of measured / predicted - 1 for another network, measured
    with them, and ``session_error`` what a later measurement adds. ``noise_floor`` is the mean
    difference between two measurements of the same networks in percent (None where there was one
    process).
    """

    networks: int
    overhead_ms: float
    fit_error: VarianceEstimate
    session_error: VarianceEstimate
    raw: ErrorStatistics | None
    held_out: ErrorStatistics
    noise_floor: float | None
    corrections: dict[str, tuple[float, float]]

    def relative_error(self, coverage: float = COVERAGE) -> float:
        """Return how far measured / predicted is from 1 at most, later, with this probability.

        Independent errors: half widths add like standard deviations.
        """
        return math.hypot(
            *(error.half_width(coverage) for error in (self.fit_error, self.session_error))
        )
