"""Up to where training with a delay is stable, as far as a parabola tells.

Where the loss has curvature h, what weights deviate by at a step answers to what they deviated by
before:

    x_i = - rate * h * sum over k >= 1 of answer_k x_{i-k}    (+ the noise of the batches)

Of n workers' weights, the *differences* are answered to by what a worker does itself, and what they
have in *common* also by the averages that come later. ``replay``: a gradient of k steps ago has
moved a worker's weights by c_k = (1 - m^k) / (1 - m) learning rates; differences are answered to
for k = 1..delay, and common deviations as without a delay. ``quasi-hyperbolic``: see
:mod:`proxyless.distributed.algorithm.local_update.quasi_hyperbolic`. An answer is what
control theory calls a loop; a disturbance of frequency w grows by 1 / |1 + rate * h * loop(w)|.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from proxyless.distributed.algorithm.local_update.quasi_hyperbolic import (
    QUICK,
    SHARE,
    kept_for,
    momentum_for,
)

Polynomial = NDArray[np.float64]
"""Coefficients of 1, 1/z, 1/z^2, ..., of which 1/z is a step."""
FREQUENCIES = np.concatenate([np.geomspace(1e-4, 0.1, 200), np.linspace(0.1, np.pi, 400)])


@dataclass(frozen=True)
class Loop:
    """How past deviations are answered to: ``numerator`` / ``denominator``."""

    numerator: Polynomial
    denominator: Polynomial

    def __add__(self, other: "Loop") -> "Loop":
        crossed = (
            np.convolve(self.numerator, other.denominator),
            np.convolve(other.numerator, self.denominator),
        )
        return Loop(_sum(*crossed), np.convolve(self.denominator, other.denominator))

    def is_stable(self, strength: float) -> bool:
        """Return whether deviations die out where learning rate x curvature is ``strength``."""
        roots = np.roots(_sum(self.denominator, strength * self.numerator))
        return bool(np.all(np.abs(roots) <= 1 + 1e-9))

    def growth(self, strength: float) -> float:
        """Return what the disturbance that grows most grows by."""
        step = np.exp(-1j * FREQUENCIES)
        numerator, denominator = (
            np.polynomial.polynomial.polyval(step, one)
            for one in (self.numerator, self.denominator)
        )
        return float(np.max(np.abs(denominator / (denominator + strength * numerator))))


def replay(delay: int, momentum: float) -> tuple[Loop, Loop]:
    """Return the loops of differences and of what workers have in common."""
    steps = np.arange(1, delay + 1)
    moved = (1 - momentum**steps) / (1 - momentum)
    return Loop(np.array([0.0, *moved]), np.ones(1)), _descent(momentum)


def quasi_hyperbolic(delay: int, momentum: float) -> tuple[Loop, Loop]:
    """Return the same of the other local update."""
    own = Loop(np.array([0.0, SHARE / (1 - momentum)]), np.array([1.0, -kept_for(delay)]))
    slow = max(momentum, momentum_for(delay))
    moves = np.array([QUICK + (1 - QUICK) * (1 - slow), -QUICK * slow]) / (1 - momentum)
    late = np.concatenate([np.zeros(delay + 1), moves])
    return own, own + Loop(late, np.convolve([1.0, -1.0], [1.0, -slow]))


LOOPS: dict[str, Callable[[int, float], tuple[Loop, Loop]]] = {
    "quasi-hyperbolic": quasi_hyperbolic,
    "replay": replay,
}


def largest_stable(*loops: Loop) -> float:
    """Return the largest learning rate x curvature up to which all of them are stable."""
    strengths = np.geomspace(1e-3, 100, 2000)
    for low, high in pairwise(strengths):
        if not all(loop.is_stable(high) for loop in loops):
            return float(low)
    return float(strengths[-1])


def _descent(momentum: float) -> Loop:
    """Return the loop of SGD with momentum."""
    return Loop(np.array([0.0, 1.0]), np.convolve([1.0, -1.0], [1.0, -momentum]))


def _sum(one: Polynomial, other: Polynomial) -> Polynomial:
    size = max(len(one), len(other))
    return np.pad(one, (0, size - len(one))) + np.pad(other, (0, size - len(other)))
