"""Choosing the most informative networks to measure, if only whole networks can be measured.

Greedy D-optimal design: each next network is the one whose time is least certain given those
already chosen. That needs no measurement, only the prior over operations. The
variances are updated as in a pivoted Cholesky factorisation.
"""

import numpy as np
from numpy.typing import NDArray

from search_spaces.errors import InputError

from ..statistics.regression import Array
from .prior import check_arrays, covariances, scaled_features, with_intercept

NOISE = 0.02
"""Expected relative error of a measurement."""


def choose_networks(
    features: Array, uses: Array, count: int, coordinates: Array | None = None
) -> NDArray[np.intp]:
    """Return the indices, (count,), of the networks to measure, most informative first.

    ``uses``, (networks, operations), describes the networks to choose from; a few hundred random
    ones suffice. ``features`` and ``coordinates`` are those of :func:`latency.fit_table`.

    Raises:
        InputError: there are fewer networks than ``count``, or the arrays do not fit.
    """
    check_arrays(features, uses, coordinates)
    if not 1 <= count <= len(uses):
        raise InputError(f"{count} of {len(uses)} networks cannot be chosen: offer more networks")
    costs = scaled_features(features, uses)
    equal = np.full(costs.shape[1], 1 / costs.shape[1])
    covariance = np.mean(covariances(costs, equal, coordinates), axis=0)
    design = with_intercept(uses)
    gain = design @ covariance
    variance = np.einsum("ij,ij->i", gain, design)
    known = np.zeros((len(uses), count))
    chosen: list[int] = []
    for step in range(count):
        open_variance = variance.copy()
        open_variance[chosen] = -np.inf
        network = int(open_variance.argmax())
        column = gain @ design[network] - known @ known[network]
        known[:, step] = column / np.sqrt(variance[network] + NOISE**2)
        variance -= known[:, step] ** 2
        chosen.append(network)
    return np.array(chosen)
