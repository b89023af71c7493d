"""Variances estimated from few observations, and intervals from them."""

import math
from dataclasses import dataclass

from .student_t import two_sided_quantile

COVERAGE = 0.9
"""Default coverage of the intervals around predictions."""


@dataclass(frozen=True)
class VarianceEstimate:
    """An estimated variance (of relative latencies) and its degrees of freedom."""

    variance: float
    degrees: float

    def pooled(self, other: "VarianceEstimate") -> "VarianceEstimate":
        """Return the pooled estimate of two estimates of the same variance."""
        degrees = self.degrees + other.degrees
        weighted = self.variance * self.degrees + other.variance * other.degrees
        return VarianceEstimate(weighted / degrees, degrees)

    def half_width(self, coverage: float = COVERAGE) -> float:
        """Return the half width of the error's interval with this coverage (Student's t)."""
        return two_sided_quantile(self.degrees, coverage) * math.sqrt(self.variance)
