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
    return Regression(design, targets, prior_mean, prior_covariance).posterior(noise_sd)


def log_evidence(
    design: Array, targets: Array, prior_mean: Array, prior_covariance: Array, noise_sd: float
) -> float:
    """Return the log evidence: the log density of the targets under the prior.

    Arguments and errors are those of :func:`bayesian_regression`.
    """
    _check(design, targets, prior_mean, prior_covariance)
    _check_noise(noise_sd)
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
    return Regression(design, targets, prior_mean, prior_covariance).leave_one_out(noise_sd)


class Regression:
    """The regression of targets under one prior, for several noises.

    Shapes and errors are those of :func:`bayesian_regression`.
    """

    def __init__(
        self, design: Array, targets: Array, prior_mean: Array, prior_covariance: Array
    ) -> None:
        _check(design, targets, prior_mean, prior_covariance)
        self.design, self.targets = design, targets
        self.prior_mean, self.prior_covariance = prior_mean, prior_covariance
        self._tall = _Tall(self) if len(design) > design.shape[1] else None

    def posterior(self, noise_sd: float) -> Posterior:
        """Return the posterior of the times."""
        _check_noise(noise_sd)
        if self._tall is not None:
            return self._tall.posterior(noise_sd)
        residuals = self._residuals(noise_sd)
        gain = self.prior_covariance @ self.design.T
        explained = solve_triangular(residuals.factor, gain.T, lower=True)
        return Posterior(
            self.prior_mean + gain @ residuals.solved,
            self.prior_covariance - explained.T @ explained,
            noise_sd,
        )

    def leave_one_out(self, noise_sd: float) -> tuple[Array, Array]:
        """Return mean and standard deviation of each target, predicted from the others."""
        _check_noise(noise_sd)
        if self._tall is not None:
            return self._tall.leave_one_out(noise_sd)
        residuals = self._residuals(noise_sd)
        inverse = cho_solve((residuals.factor, True), np.eye(len(self.targets)))
        variance = 1 / np.diag(inverse)
        return self.targets - residuals.solved * variance, np.sqrt(variance)

    def _residuals(self, noise_sd: float) -> "_Residuals":
        return _Residuals(
            self.design, self.targets, self.prior_mean, self.prior_covariance, noise_sd
        )


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
    """The regression of more targets than times.

    With a root L of the prior covariance, Z = design L and Z^T Z = U diag(d) U^T, the inverse of
    the targets' covariance is (I - Z U diag(1 / (d + noise_sd^2)) U^T Z^T) / noise_sd^2.
    """

    def __init__(self, regression: Regression) -> None:
        covariance = regression.prior_covariance
        if not np.isfinite(covariance).all():
            raise InputError(NO_COVARIANCE)
        values, vectors = np.linalg.eigh(covariance)
        if values[0] < -ROUNDING * max(1.0, values[-1]):
            raise InputError(NO_COVARIANCE)
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        projected = regression.design @ root
        squares, rotation = np.linalg.eigh(projected.T @ projected)
        self.squares: Array = np.maximum(squares, 0.0)
        self.root: Array = root @ rotation
        self.projected: Array = projected @ rotation
        self.targets, self.prior_mean = regression.targets, regression.prior_mean
        self.residuals = regression.targets - regression.design @ regression.prior_mean
        self.explained: Array = self.projected.T @ self.residuals

    def posterior(self, noise_sd: float) -> Posterior:
        shrunk = 1 / (self.squares + noise_sd**2)
        return Posterior(
            self.prior_mean + self.root @ (shrunk * self.explained),
            noise_sd**2 * (self.root * shrunk) @ self.root.T,
            noise_sd,
        )

    def leave_one_out(self, noise_sd: float) -> tuple[Array, Array]:
        shrunk = 1 / (self.squares + noise_sd**2)
        unexplained = 1 - self.projected**2 @ shrunk
        errors = (self.residuals - self.projected @ (shrunk * self.explained)) / unexplained
        return self.targets - errors, noise_sd / np.sqrt(unexplained)


def _check(design: Array, targets: Array, prior_mean: Array, prior_covariance: Array) -> None:
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


def _check_noise(noise_sd: float) -> None:
    if not (np.isfinite(noise_sd) and noise_sd > 0):
        raise InputError(f"noise_sd {noise_sd} is not positive: pass the error of one measurement")
