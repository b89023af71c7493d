from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st
from numpy.typing import NDArray
from scipy.stats import multivariate_normal

from latency import bayesian_regression, leave_one_out, log_evidence
from search_spaces import InputError

Array = NDArray[np.float64]
Problem = tuple[Array, Array, Array, Array, float]

seeds = st.integers(0, 10_000)


def problem(seed: int, targets: int, times: int) -> Problem:
    """Draw a design, times from their prior, and what was measured of them."""
    generator = np.random.default_rng(seed)
    design = generator.normal(size=(targets, times))
    root = generator.normal(size=(times, times)) / np.sqrt(times)
    mean, covariance = generator.normal(size=times), root @ root.T + 0.1 * np.eye(times)
    noise = generator.uniform(0.1, 1)
    drawn = generator.multivariate_normal(mean, covariance)
    measured = design @ drawn + generator.normal(0, noise, targets)
    return design, measured, mean, covariance, noise


@given(seeds)
def test_without_prior_knowledge_it_is_ridge_regression(seed: int) -> None:
    design, targets, _, _, noise = problem(seed, 12, 4)
    precision = design.T @ design / noise**2 + np.eye(4) / 3**2
    posterior = bayesian_regression(design, targets, np.zeros(4), 3**2 * np.eye(4), noise)
    assert np.allclose(posterior.mean, np.linalg.solve(precision, design.T @ targets / noise**2))
    assert np.allclose(posterior.covariance, np.linalg.inv(precision))
    assert np.allclose(posterior.sd, np.sqrt(np.diag(np.linalg.inv(precision))))


@given(seeds)
def test_more_times_than_targets(seed: int) -> None:
    design, targets, mean, covariance, noise = problem(seed, 5, 80)
    posterior = bayesian_regression(design, targets, mean, covariance, noise)
    precision = np.linalg.inv(covariance)
    expected = np.linalg.inv(precision + design.T @ design / noise**2)
    assert np.allclose(posterior.covariance, expected)
    assert np.allclose(
        posterior.mean, expected @ (precision @ mean + design.T @ targets / noise**2)
    )


@given(seeds, st.integers(1, 8))
def test_measuring_in_two_parts_is_measuring_at_once(seed: int, first: int) -> None:
    design, targets, mean, covariance, noise = problem(seed, 9, 6)
    once = bayesian_regression(design, targets, mean, covariance, noise)
    half = bayesian_regression(design[:first], targets[:first], mean, covariance, noise)
    rest = (design[first:], targets[first:], half.mean, half.covariance, noise)
    both = bayesian_regression(*rest)
    assert np.allclose(both.mean, once.mean)
    assert np.allclose(both.covariance, once.covariance)
    parts = log_evidence(design[:first], targets[:first], mean, covariance, noise)
    total = log_evidence(design, targets, mean, covariance, noise)
    assert parts + log_evidence(*rest) == pytest.approx(total)


@given(seeds)
def test_evidence_is_the_density_of_the_targets(seed: int) -> None:
    design, targets, mean, covariance, noise = problem(seed, 7, 3)
    spread = design @ covariance @ design.T + noise**2 * np.eye(7)
    expected = multivariate_normal(design @ mean, spread).logpdf(targets)
    assert log_evidence(design, targets, mean, covariance, noise) == pytest.approx(expected)


@given(seeds)
def test_leaving_one_out_is_fitting_without_it(seed: int) -> None:
    design, targets, mean, covariance, noise = problem(seed, 6, 4)
    means, sds = leave_one_out(design, targets, mean, covariance, noise)
    for row in range(6):
        others = np.arange(6) != row
        fit = bayesian_regression(design[others], targets[others], mean, covariance, noise)
        (expected,), (sd,) = fit.predict(design[row : row + 1])
        assert means[row] == pytest.approx(expected)
        assert sds[row] == pytest.approx(sd)


def test_intervals_hold_what_they_say() -> None:
    inside = []
    for seed in range(200):
        design, targets, mean, covariance, noise = problem(seed, 30, 12)
        fit = bayesian_regression(design[:10], targets[:10], mean, covariance, noise)
        predicted, sd = fit.predict(design[10:])
        inside.append(np.abs(targets[10:] - predicted) < 1.645 * sd)
    assert np.mean(inside) == pytest.approx(0.9, abs=0.02)


def test_what_is_certain_is_not_corrected() -> None:
    design, targets, mean, _, noise = problem(0, 5, 3)
    fit = bayesian_regression(design, targets, mean, np.zeros((3, 3)), noise)
    assert np.array_equal(fit.mean, mean)
    assert np.allclose(fit.predict(design)[1], noise)


def test_prediction_is_less_certain_far_from_the_data() -> None:
    design, targets, mean, covariance, noise = problem(1, 5, 3)
    fit = bayesian_regression(design, targets, mean, covariance, noise)
    near, far = fit.predict(design)[1], fit.predict(10 * design)[1]
    assert (near > noise).all()
    assert (far > near).all()


@pytest.mark.parametrize("function", [bayesian_regression, leave_one_out, log_evidence])
@pytest.mark.parametrize(
    ("position", "value", "words"),
    [
        (0, np.ones(4), r"design has shape \(4,\): pass one row a target"),
        (1, np.ones(3), r"targets has shape \(3,\), not \(4,\)"),
        (2, np.ones(3), r"prior_mean has shape \(3,\), not \(2,\)"),
        (3, np.ones(2), r"prior_covariance has shape \(2,\), not \(2, 2\)"),
        (3, -100 * np.eye(2), "prior_covariance is not positive semi-definite"),
        (3, np.full((2, 2), np.nan), "prior_covariance is not positive semi-definite"),
        (1, np.array([1, np.nan, 1, 1]), "targets holds a value that is not finite"),
        (4, 0.0, "noise_sd 0.0 is not positive"),
    ],
)
def test_bad_input(function: Callable[..., Any], position: int, value: Any, words: str) -> None:
    arguments: list[Any] = list(problem(0, 4, 2))
    arguments[position] = value
    with pytest.raises(InputError, match=words):
        function(*arguments)


@given(seeds, st.integers(3, 40))
def test_many_targets_are_left_out_one_by_one_as_few_are(seed: int, targets: int) -> None:
    """With more targets than times, sums over times replace the covariance of targets."""
    design, measured, mean, covariance, noise = problem(seed, targets, 5)
    means, sds = leave_one_out(design, measured, mean, covariance, noise)
    for row in range(targets):
        others = np.arange(targets) != row
        fitted = bayesian_regression(design[others], measured[others], mean, covariance, noise)
        predicted, sd = fitted.predict(design[[row]])
        assert np.allclose([means[row], sds[row]], [predicted[0], sd[0]])
