"""Bayesian linear regression: what a few measured networks say about many operations.

Source: Bishop, Pattern Recognition and Machine Learning (2006), section 3.3, in the form that
solves one system of the size of the data: p operations may be many more than n networks.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Posterior:
    """Beliefs about p weights after n observations: mean (p,), covariance (p, p)."""

    mean: Array
    covariance: Array
    noise_sd: float

    def predict(self, design: Array) -> tuple[Array, Array]:
        """Return mean and standard deviation (m,) of new observations of rows (m, p)."""
        variance = np.einsum("mp,pq,mq->m", design, self.covariance, design) + self.noise_sd**2
        return design @ self.mean, np.sqrt(variance)


def bayesian_regression(
    design: Array,
    targets: Array,
    prior_mean: Array,
    prior_covariance: Array,
    noise_sd: float,
) -> Posterior:
    """Return the posterior of w in y = X w + e, with w ~ N(m, S) and e ~ N(0, noise_sd^2 I).

    ``design`` X is (n, p), ``targets`` y is (n,).
    """
    spread = prior_covariance @ design.T
    factor = cho_factor(design @ spread + noise_sd**2 * np.eye(len(targets)))
    mean = prior_mean + spread @ cho_solve(factor, targets - design @ prior_mean)
    return Posterior(mean, prior_covariance - spread @ cho_solve(factor, spread.T), noise_sd)


def log_evidence(
    design: Array,
    targets: Array,
    prior_mean: Array,
    prior_covariance: Array,
    noise_sd: float,
) -> float:
    """Return log p(y) of the same model, by which its scales are chosen."""
    covariance = design @ prior_covariance @ design.T + noise_sd**2 * np.eye(len(targets))
    factor = cho_factor(covariance)
    residual = targets - design @ prior_mean
    log_determinant = 2 * np.log(np.diag(factor[0])).sum()
    fit = residual @ cho_solve(factor, residual)
    return float(-0.5 * (fit + log_determinant + len(targets) * np.log(2 * np.pi)))
