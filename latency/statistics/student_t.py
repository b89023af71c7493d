"""The quantile of Student's t, without scipy.special, whose import takes a third of a second."""

from math import atan, cos, exp, lgamma, pi, sqrt, tan
from statistics import NormalDist

from search_spaces.errors import InputError

INTERVALS = 256
ENOUGH = 1e-12
MOST_STEPS = 60


def two_sided_quantile(degrees: float, coverage: float) -> float:
    """Return t with P(|T| <= t) = ``coverage`` for Student's T with ``degrees`` >= 1 of freedom.

    With t = sqrt(degrees) tan(a), the probability is 2c times the integral of cos^(degrees - 1)
    from 0 to a, which is smooth; it is concave in a, so Newton's method from below, where a normal
    distribution has its quantile, comes up to the solution without passing it.

    Raises:
        InputError: ``degrees`` is below 1.
    """
    if not degrees >= 1:
        raise InputError(f"{degrees:g} degrees of freedom are none that an interval could rest on")
    scale = 2 * exp(lgamma((degrees + 1) / 2) - lgamma(degrees / 2)) / sqrt(pi)
    angle = atan(NormalDist().inv_cdf(0.5 + coverage / 2) / sqrt(degrees))
    for _ in range(MOST_STEPS):
        missing = coverage - scale * _integral(degrees - 1, angle)
        if abs(missing) < ENOUGH:
            break
        angle += missing / (scale * cos(angle) ** (degrees - 1))
    return sqrt(degrees) * tan(angle)


def _integral(power: float, end: float) -> float:
    """Integrate cos^power from 0 to ``end`` by Simpson's rule."""
    step = end / INTERVALS
    inner = sum((4 if i % 2 else 2) * cos(i * step) ** power for i in range(1, INTERVALS))
    return float(step / 3 * (1.0 + inner + cos(end) ** power))
