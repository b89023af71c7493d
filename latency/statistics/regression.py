"""Bayesian linear regression: the posterior of times, given a prior and measurements.

    targets = design @ times + noise,  times ~ N(prior_mean, prior_covariance),
    noise ~ N(0, noise_sd^2), independent

With few measured networks and many operations, computations use the n x n covariance of the
targets; with more networks than operations, p x p matrices and the Woodbury identity. Source:
Rasmussen and Williams, Gaussian Processes for Machine Learning (2006), sections 2.1, 5.4.2 and A.3.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, cholesky, solve_triangular

from search_spaces.errors import InputError

Array = NDArray[np.float64]
ROUNDING = 1e-9
"""The most negative eigenvalue of a covariance matrix by rounding, as a share of the largest."""
NO_COVARIANCE = "prior_covariance is not positive semi-definite: pass a matrix of covariances"


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
    if len(design) > design.shape[1]:
        return _Tall(design, targets, prior_mean, prior_covariance, noise_sd).posterior()
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
    _check(design, targets, prior_mean, prior_covariance, noise_sd)
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
    if len(design) > design.shape[1]:
        return _Tall(design, targets, prior_mean, prior_covariance, noise_sd).leave_one_out()
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
        covariance = design @ prior_covariance @ design.T + noise_sd**2 * np.eye(len(targets))
        try:
            self.factor: Array = cholesky(covariance, lower=True)
        except ValueError:
            raise InputError(NO_COVARIANCE) from None
        self.values = targets - design @ prior_mean
        self.solved: Array = cho_solve((self.factor, True), self.values)


class _Tall:
    """The regression of more targets than times, by the prior covariance's root L = ``root``.

    With Z = design L and A = Z^T Z + noise_sd^2 I, the inverse of the targets' covariance is
    (I - Z A^-1 Z^T) / noise_sd^2.
    """

    def __init__(
        self,
        design: Array,
        targets: Array,
        prior_mean: Array,
        prior_covariance: Array,
        noise_sd: float,
    ) -> None:
        values, vectors = np.linalg.eigh(prior_covariance)
        if values[0] < -ROUNDING * max(1.0, values[-1]):
            raise InputError(NO_COVARIANCE)
        self.root: Array = vectors * np.sqrt(np.maximum(values, 0.0))
        self.targets, self.prior_mean, self.noise_sd = targets, prior_mean, noise_sd
        self.projected = design @ self.root
        inner = self.projected.T @ self.projected + noise_sd**2 * np.eye(len(values))
        self.factor: Array = cholesky(inner, lower=True)
        self.values = targets - design @ prior_mean
        self.weights: Array = cho_solve((self.factor, True), self.projected.T @ self.values)

    def posterior(self) -> Posterior:
        """Return the posterior of the times."""
        half = solve_triangular(self.factor, self.root.T, lower=True)
        return Posterior(
            self.prior_mean + self.root @ self.weights,
            self.noise_sd**2 * (half.T @ half),
            self.noise_sd,
        )

    def leave_one_out(self) -> tuple[Array, Array]:
        """Return mean and standard deviation of each target, predicted from the others."""
        half = solve_triangular(self.factor, self.projected.T, lower=True)
        solved = (self.values - self.projected @ self.weights) / self.noise_sd**2
        variance = self.noise_sd**2 / (1 - np.einsum("ij,ij->j", half, half))
        return self.targets - solved * variance, np.sqrt(variance)


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
