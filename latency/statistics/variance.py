"""How uncertain an uncertainty is: variances that rest on few observations."""

import math
from dataclasses import dataclass

from .student_t import two_sided_quantile

COVERAGE = 0.9
"""Of the intervals around predictions, where nothing else is asked for."""


@dataclass(frozen=True)
class VarianceEstimate:
    """An estimated variance (of relative latencies) and its degrees of freedom."""

    variance: float
    degrees: float

    def pooled(self, other: "VarianceEstimate") -> "VarianceEstimate":
        """Return what two estimates of the same variance say together."""
        degrees = self.degrees + other.degrees
        weighted = self.variance * self.degrees + other.variance * other.degrees
        return VarianceEstimate(weighted / degrees, degrees)

    def half_width(self, coverage: float = COVERAGE) -> float:
        """Return what an error stays within, with this probability (Student's t)."""
        return two_sided_quantile(self.degrees, coverage) * math.sqrt(self.variance)
