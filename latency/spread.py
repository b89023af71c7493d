"""How uncertain an uncertainty is: variances that rest on few observations, and their sums."""

from dataclasses import dataclass

from scipy.special import stdtrit

COVERAGE = 0.9
"""Of the intervals around predictions, where nothing else is asked for."""


@dataclass(frozen=True)
class Spread:
    """An estimated variance (relative latencies squared) and its degrees of freedom."""

    variance: float
    degrees: float

    def __add__(self, other: "Spread") -> "Spread":
        """Return the spread of a sum of independent errors (Welch and Satterthwaite's degrees)."""
        total = self.variance + other.variance
        if total == 0:
            return Spread(0.0, self.degrees + other.degrees)
        shares = self.variance / total, other.variance / total
        return Spread(total, 1 / (shares[0] ** 2 / self.degrees + shares[1] ** 2 / other.degrees))

    def pooled(self, other: "Spread") -> "Spread":
        """Return what two estimates of the same variance say together."""
        degrees = self.degrees + other.degrees
        weighted = self.variance * self.degrees + other.variance * other.degrees
        return Spread(weighted / degrees, degrees)

    def half_width(self, coverage: float = COVERAGE) -> float:
        """Return what an error stays within, with this probability (Student's t)."""
        return float(stdtrit(self.degrees, 0.5 + coverage / 2)) * self.variance**0.5
