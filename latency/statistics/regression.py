"""Bayesian linear regression: the posterior of times, given a prior and measurements.

    targets = design @ times + noise,  times ~ N(prior_mean, prior_covariance),
    noise ~ N(0, noise_sd^2), independent

Computations use the n x n covariance of the targets, so they are fast for many operations and few
measured networks (p >> n); for n > p, the rows are first reduced to p that say the same. Source:
Rasmussen and Williams, Gaussian Processes for Machine Learning (2006), sections 2.1 and 5.4.2.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, cholesky, solve_triangular

from search_spaces.errors import InputError

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Posterior:
    """The distribution of the times, given the measurements.

    ``mean`` of shape (p,) and ``covariance`` of shape (p, p) are of the times; ``noise_sd`` is the
    standard deviation of a single measurement from its row of the design times the times.
    """

    mean: Array
    covariance: Array
    noise_sd: float

    @property
    def sd(self) -> Array:
        """Standard deviation of every time, of shape (p,)."""
        variance: Array = np.diag(self.covariance)
        return np.sqrt(np.maximum(variance, 0.0))

    def uncertainty(self, design: Array) -> Array:
        """Return the standard deviation, (n,), of (n, p) rows of the design times the times."""
        variance: Array = np.einsum("ij,ij->i", design @ self.covariance, design)
        return np.sqrt(np.maximum(variance, 0.0))

    def predict(self, design: Array) -> tuple[Array, Array]:
        """Return mean and standard deviation, each (n,), of new measurements of (n, p) rows.

        The deviation includes both the uncertainty of the times and the measurement noise.
        """
        return design @ self.mean, np.hypot(self.uncertainty(design), self.noise_sd)


def bayesian_regression(
    design: Array, targets: Array, prior_mean: Array, prior_covariance: Array, noise_sd: float
) -> Posterior:
    """Return the posterior of the times.

    Shapes: ``design`` (n, p), ``targets`` (n,), ``prior_mean`` (p,), ``prior_covariance`` (p, p).
    For noise that is proportional to the target, divide each row and its target by the target.

    Raises:
        InputError: shapes disagree, the noise is not positive, or the covariance matrix is invalid.
    """
    _check(design, targets, prior_mean, prior_covariance, noise_sd)
    if design.shape[0] > design.shape[1]:  # as many rows as times say the same
        orthogonal, design = np.linalg.qr(design)
        targets = orthogonal.T @ targets
    residuals = _Residuals(design, targets, prior_mean, prior_covariance, noise_sd)
    gain = prior_covariance @ design.T
    explained = solve_triangular(residuals.factor, gain.T, lower=True)
    return Posterior(
        prior_mean + gain @ residuals.solved,
        prior_covariance - explained.T @ explained,
        noise_sd,
    )


def log_evidence(
    design: Array, targets: Array, prior_mean: Array, prior_covariance: Array, noise_sd: float
) -> float:
    """Return the log evidence: the log density of the targets under the prior.

    Arguments and errors are those of :func:`bayesian_regression`.
    """
    residuals = _Residuals(design, targets, prior_mean, prior_covariance, noise_sd)
    fit = residuals.values @ residuals.solved
    volume = 2 * np.log(np.diag(residuals.factor)).sum() + len(targets) * np.log(2 * np.pi)
    return float(-(fit + volume) / 2)


def leave_one_out(
    design: Array, targets: Array, prior_mean: Array, prior_covariance: Array, noise_sd: float
) -> tuple[Array, Array]:
    """Return mean and standard deviation, each (n,), of each target predicted from the others.

    Exact, in the time of one fit (equation 5.12). Arguments and errors are those of
    :func:`bayesian_regression`.
    """
    _check(design, targets, prior_mean, prior_covariance, noise_sd)
    if design.shape[0] > design.shape[1]:
        fitted = bayesian_regression(design, targets, prior_mean, prior_covariance, noise_sd)
        # What a target has to say on its own prediction: all of it, if rounded, divides by 0.
        leverage = np.minimum((fitted.uncertainty(design) / noise_sd) ** 2, 1 - 1e-12)
        away = (targets - design @ fitted.mean) / (1 - leverage)
        return targets - away, noise_sd / np.sqrt(1 - leverage)
    residuals = _Residuals(design, targets, prior_mean, prior_covariance, noise_sd)
    inverse = cho_solve((residuals.factor, True), np.eye(len(targets)))
    variance = 1 / np.diag(inverse)
    return targets - residuals.solved * variance, np.sqrt(variance)


class _Residuals:
    """Targets minus their prior mean, and the Cholesky factor of their covariance."""

    def __init__(
        self,
        design: Array,
        targets: Array,
        prior_mean: Array,
        prior_covariance: Array,
        noise_sd: float,
    ) -> None:
        _check(design, targets, prior_mean, prior_covariance, noise_sd)
        covariance = design @ prior_covariance @ design.T + noise_sd**2 * np.eye(len(targets))
        try:
            self.factor: Array = cholesky(covariance, lower=True)
        except ValueError:
            raise InputError(
                "prior_covariance is not positive semi-definite: pass a matrix of covariances"
            ) from None
        self.values = targets - design @ prior_mean
        self.solved: Array = cho_solve((self.factor, True), self.values)


def _check(
    design: Array, targets: Array, prior_mean: Array, prior_covariance: Array, noise_sd: float
) -> None:
    if design.ndim != 2:
        raise InputError(f"design has shape {design.shape}: pass one row a target, (n, p)")
    rows, columns = design.shape
    for name, array, shape in (
        ("targets", targets, (rows,)),
        ("prior_mean", prior_mean, (columns,)),
        ("prior_covariance", prior_covariance, (columns, columns)),
    ):
        if array.shape != shape:
            raise InputError(
                f"{name} has shape {array.shape}, not {shape}: fit it to the design, {design.shape}"
            )
    for name, array in (("design", design), ("targets", targets), ("prior_mean", prior_mean)):
        if not np.isfinite(array).all():
            raise InputError(f"{name} holds a value that is not finite: leave that row out")
    if not (np.isfinite(noise_sd) and noise_sd > 0):
        raise InputError(f"noise_sd {noise_sd} is not positive: pass the error of one measurement")
