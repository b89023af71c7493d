"""The prior distribution of operations' times, before any is measured.

    t = F w + d,    w >= 0,    d ~ N(0, deviation^2 * diag(F w) R diag(F w))

F, (operations, features), are features that take time; w is the non-negative price of each feature
on a device. d is the deviation of operations from these prices; its correlations R are higher for
similar operations. The intercept of a network counts as an
operation that is first and has its own feature.
"""

from collections.abc import Iterable
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import block_diag
from scipy.spatial.distance import pdist, squareform

from search_spaces.errors import InputError

from ..statistics.regression import Array

PRICE_SD = 0.5
"""Prior scale of a price: the share of a network's time that one feature explains."""
DEVIATIONS = (0.1, 0.2, 0.4)
"""Standard deviations of operations from the prices of their features, as shares of time."""
LENGTH_SCALES = (1.0, 2.0)
"""Distances in coordinates within which operations count as similar."""
OWN_SHARE = 0.05
"""Share of that variance that is independent for each operation."""


def with_intercept(uses: Array) -> Array:
    """Return ``uses``, (networks, operations), with a column of ones before it."""
    return np.column_stack([np.ones(len(uses)), uses])


def scaled_features(features: Array, uses: Array) -> Array:
    """Return features scaled so that a typical network has a total of about 1 of each.

    Shape: (1 + operations, 1 + features), the intercept first; features that no operation has are
    dropped.
    """
    total = features.mean(0) * uses.sum(1).mean()
    scaled: Array = features[:, total > 0] / total[total > 0]
    return block_diag(np.ones((1, 1)), scaled)


def covariances(costs: Array, prices: Array, coordinates: Array | None) -> list[Array]:
    """Return the prior covariance of the times for every deviation and length scale.

    ``costs`` are :func:`scaled_features`, in ms if the times are; ``prices``, a number per column,
    give the expected times of operations, and features of price 0 are ignored. Without
    ``coordinates``, (operations, dimensions), operations are uncorrelated.
    """
    kept = PRICE_SD * costs[:, prices > 0]
    expected = (costs @ prices)[1:]
    matrices = []
    for correlation, deviation in product(_correlations(coordinates, len(expected)), DEVIATIONS):
        covariance = kept @ kept.T
        covariance[1:, 1:] += deviation**2 * np.outer(expected, expected) * correlation
        matrices.append(covariance)
    return matrices


def check_arrays(features: Array, uses: Array, coordinates: Array | None) -> None:
    """Raise InputError unless the arrays describe the same operations, in sensible numbers."""
    named = {"uses": uses, "features": features}
    if coordinates is not None:
        named["coordinates"] = coordinates
    for name, array in named.items():
        if array.ndim != 2:
            raise InputError(f"{name} has shape {array.shape}: pass a matrix")
        operations = array.shape[1] if name == "uses" else len(array)
        if operations != uses.shape[1]:
            raise InputError(
                f"{name} describes {operations} operations, but uses has columns for "
                f"{uses.shape[1]}: pass the same operations in the same order"
            )
    for name, array in named.items():
        _refuse(name, ~np.isfinite(array), "is not a finite number")
        if name != "coordinates":
            _refuse(name, array < 0, "is negative")


def _correlations(coordinates: Array | None, operations: int) -> Iterable[Array]:
    """Return R for every length scale: squared exponential plus an independent share."""
    own = np.eye(operations)
    if coordinates is None:
        return [own]
    distances = squareform(pdist(coordinates, "sqeuclidean"))
    return [
        (1 - OWN_SHARE) * np.exp(-distances / (2 * length_scale**2)) + OWN_SHARE * own
        for length_scale in LENGTH_SCALES
    ]


def _refuse(name: str, wrong: NDArray[np.bool_], problem: str) -> None:
    if wrong.any():
        where = np.argwhere(wrong)[0].tolist()
        raise InputError(f"{name}{where} {problem}: correct it, or remove it everywhere")
