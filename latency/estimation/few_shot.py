"""A latency table fitted to whole networks only, for devices that cannot time operations.

The table is additive, as a measured one is:

    ms(network) = intercept + sum over operations of (uses * ms(operation))

With ten networks and a hundred operations the prior over operations
(:mod:`latency.estimation.prior`) determines most of it. Measurement errors grow with the measured
time, so noise is relative: every network's equation is divided by its measured time.

1. The price of each feature by non-negative ridge regression. Many come out as zero; those features
   are dropped.
2. Bayesian linear regression (:mod:`latency.statistics.regression`), with the prior of the features
   that are left. Ten networks cannot choose the prior's constants, so every combination of a small
   grid is fitted, and the fits are averaged, weighted by their leave-one-out predictive density
   (Geisser and Eddy 1979).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.special import ndtri, softmax

from search_spaces.errors import InputError

from ..statistics.regression import Array, Posterior, bayesian_regression, leave_one_out
from .prior import PRICE_SD, check_arrays, covariances, scaled_features, with_intercept

NOISES = (0.005, 0.02, 0.06, 0.15)
"""Errors of measuring and of additivity, as a share of a network's time."""
PRICE_NOISE = 0.03
"""The same for the regression that selects features."""
NEGLIGIBLE = 1e-3
"""Combinations with a smaller weight are left out."""
MINIMUM_NETWORKS = 3
"""With fewer, leave-one-out prediction is meaningless."""


@dataclass(frozen=True)
class LeaveOneOut:
    """How well each measured network is predicted from the others.

    ``error`` is the mean absolute error as a share of the measured time, ``coverage`` the share of
    networks inside their 90 % interval. Prices are not refitted, so both are slightly optimistic.
    """

    error: float
    coverage: float


@dataclass(frozen=True)
class FittedTable:
    """A latency table with its uncertainty.

    ``posterior`` is of the intercept and then every operation, in ms, of shape (1 + operations,);
    its ``noise_sd`` is a share of a network's time.
    """

    posterior: Posterior
    leave_one_out: LeaveOneOut

    @property
    def intercept(self) -> float:
        """Milliseconds of a network without operations."""
        return float(self.posterior.mean[0])

    @property
    def milliseconds(self) -> Array:
        """What each operation adds to a network's latency, in ms, of shape (operations,)."""
        return self.posterior.mean[1:]

    @property
    def sd(self) -> Array:
        """Standard deviation of ``milliseconds``, of shape (operations,)."""
        return self.posterior.sd[1:]

    def predict(self, uses: Array) -> tuple[Array, Array]:
        """Return milliseconds and their standard deviation, each (networks,).

        ``uses``, (networks, operations), counts how often each network has each operation. The
        deviation is that of a measurement, noise included.
        """
        design = with_intercept(uses)
        milliseconds = design @ self.posterior.mean
        noise = self.posterior.noise_sd * milliseconds
        return milliseconds, np.hypot(self.posterior.uncertainty(design), noise)


def fit_table(
    features: Array, uses: Array, milliseconds: Array, coordinates: Array | None = None
) -> FittedTable:
    """Fit a latency table to whole networks measured on one device.

    Shapes: ``features`` (operations, features) are non-negative and take time, in any unit;
    ``uses`` (networks, operations) counts how often each network has each operation;
    ``milliseconds`` (networks,); ``coordinates`` (operations, dimensions) are such that operations
    within a distance of about 1 are similar. Without them, no operations are similar.
    :func:`latency.describe` and :func:`latency.count_uses` compute these arrays of operations.

    Raises:
        InputError: shapes disagree, there are fewer than three networks, a time is not positive,
            or a feature or a count is negative.
    """
    check_arrays(features, uses, coordinates)
    _check_measured(uses, milliseconds)
    design = with_intercept(uses) / milliseconds[:, None]
    targets = np.ones(len(milliseconds))
    costs = np.median(milliseconds) * scaled_features(features, uses)
    zero_mean = np.zeros(len(costs))
    prices = _prices(design @ costs, targets)
    priors = list(product(covariances(costs, prices, coordinates), NOISES))
    held_out = np.array([leave_one_out(design, targets, zero_mean, *prior) for prior in priors])
    means, sds = held_out[:, 0], held_out[:, 1]
    weights = _without_negligible(
        softmax(-(((targets - means) / sds) ** 2 / 2 + np.log(sds)).sum(1))
    )
    posteriors = [
        bayesian_regression(design, targets, zero_mean, *priors[index])
        for index in np.flatnonzero(weights)
    ]
    return FittedTable(
        _mixture(posteriors, weights[weights > 0]), _leave_one_out(targets, means, sds, weights)
    )


def _prices(design: Array, targets: Array) -> Array:
    """Return the likeliest prices if no operation deviates from them: non-negative ridge."""
    from scipy.optimize import nnls  # half a second to import

    count = design.shape[1]
    ridge = PRICE_NOISE / PRICE_SD * np.eye(count)
    prices: Array = nnls(np.vstack([design, ridge]), np.append(targets, np.zeros(count)))[0]
    return prices


def _without_negligible(weights: Array) -> Array:
    kept = np.where(weights > NEGLIGIBLE, weights, 0.0)
    return kept / float(kept.sum())


def _mixture(posteriors: Sequence[Posterior], weights: Array) -> Posterior:
    """Return the normal distribution with the mean and the covariance of the mixture."""
    means = np.array([posterior.mean for posterior in posteriors])
    mean = weights @ means
    spread = means - mean
    covariance = (spread.T * weights) @ spread
    for weight, posterior in zip(weights, posteriors, strict=True):
        covariance += weight * posterior.covariance
    noise = weights @ np.array([posterior.noise_sd**2 for posterior in posteriors])
    return Posterior(mean, covariance, float(np.sqrt(noise)))


def _leave_one_out(targets: Array, means: Array, sds: Array, weights: Array) -> LeaveOneOut:
    mean = weights @ means
    sd = np.sqrt(weights @ (sds**2 + (means - mean) ** 2))
    errors = np.abs(targets - mean)
    inside = errors <= ndtri(0.95) * sd
    return LeaveOneOut(float(errors.mean()), float(inside.mean()))


def _check_measured(uses: Array, milliseconds: Array) -> None:
    networks = len(uses)
    if networks < MINIMUM_NETWORKS:
        raise InputError(
            f"{networks} networks cannot fit a table: measure at least {MINIMUM_NETWORKS}"
        )
    if milliseconds.shape != (networks,):
        raise InputError(
            f"milliseconds has shape {milliseconds.shape}, but uses has {networks} networks: "
            "pass one time a network"
        )
    for network, time in enumerate(milliseconds):
        if not (np.isfinite(time) and time > 0):
            raise InputError(f"network {network} took {time} ms: measure it again or leave it out")
