"""Calibration: measured whole networks correct predictions from operations timed separately.

Entries have a common bias (a single program finds its weights in cache, a network does not), a bias
per family (wide kernels more than narrow ones) and an individual one. All three are small, so a few
networks suffice with a prior: with raw contributions m (p,), the prior of the true ones is

    w ~ N(m, g^2 m m^T + sum over families f of k_f^2 m_f m_f^T + t^2 diag(m^2))

where m_f is m restricted to one family, and measured networks are y = X w (1 + s e), e ~ N(0, 1),
with X (n, p) counting operations. The scales k, t, s maximise the evidence times a log-normal
hyperprior around the values below, so that five networks cannot overfit and fifty can override it.
"""

import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from search_spaces import Operation

from ..statistics.prediction_errors import ErrorStatistics
from ..statistics.regression import Array, Posterior, bayesian_regression, log_evidence
from ..statistics.variance import VarianceEstimate
from ..tables.records import Calibration, ProfileInfo
from ..tables.table import Table
from .features import count_uses
from .prior import with_intercept
from .repeatability import noise_floor, process_minima, session_spread

logger = logging.getLogger(__name__)

MINIMUM_NETWORKS = 3
SCALE_SD = 0.3
"""g: standard deviation of the common bias of all entries, as a share."""
OVERHEAD_SD = 0.5
"""Standard deviation of the call overhead, as a share of it."""
FAMILY_SD, OPERATION_SD, NOISE_SD = 0.03, 0.05, 0.01
"""Centres of the hyperprior of k, t and s."""
HYPERPRIOR_SD = 0.7
"""Standard deviation of the logarithms of k, t and s."""


def calibrate(
    table: Table, info: ProfileInfo, only: Collection[str] | None = None
) -> Calibration | None:
    """Fit every operation of a profile to the networks measured in it, and store the result.

    ``only`` restricts the fit to networks with these keys. The held-out error is from leave-one-out
    cross-validation, which also refits the scales. With fewer than three networks it returns None
    and stores nothing; so it does, with a warning, if networks and entries contradict each other so
    much that a correction would be no time.

    A network with an operation of a package that is not installed here is left out, with a warning.
    Such an operation is corrected by what all entries have in common.
    """
    overheads = table.entries(info.id, "overhead")
    if not overheads:
        return None  # the profile is unfinished
    (empty,) = overheads.values()
    entries = table.entries(info.id)
    measured = table.entries(info.id, "network")
    wanted = measured.keys() if only is None else measured.keys() & set(only)
    networks = {
        key: operations
        for key, operations in _readable_networks(table, info, wanted).items()
        if all(operation.key in entries for operation in operations)
    }
    if len(networks) < MINIMUM_NETWORKS:
        return None
    keys = sorted(entries)
    problem = _Problem.of(
        overhead=empty.milliseconds,
        raw={key: entries[key].milliseconds - empty.milliseconds for key in keys},
        operations={
            key: operation for key, (operation,) in table.programs(info.id, "operation").items()
        },
        networks=list(networks.values()),
        milliseconds=[measured[key].milliseconds for key in networks],
    )
    if not (problem.milliseconds > 0).all():
        _contradicted(table, info, "a network took no time")
        return None
    posterior = problem.fit()
    held_out = problem.leave_one_out()
    if not ((held_out > 0) & (problem.design @ posterior.mean > 0)).all():
        _contradicted(table, info, "a network would take no time")
        return None
    residuals = problem.milliseconds / held_out - 1
    minima = process_minima(table, info, networks).values()
    calibration = Calibration(
        networks=len(networks),
        overhead_ms=float(posterior.mean[0]),
        fit_error=VarianceEstimate(float(np.mean(residuals**2)), len(networks) - 1),
        session_error=session_spread(minima),
        raw=ErrorStatistics.of(problem.design @ problem.raw, problem.milliseconds),
        held_out=ErrorStatistics.of(held_out, problem.milliseconds),
        noise_floor=noise_floor(minima),
        corrections={
            key: (float(ms), float(sd))
            for key, ms, sd in zip(keys, posterior.mean[1:], posterior.sd[1:], strict=True)
        },
    )
    if (wrong := calibration.impossible_correction()) is not None:
        _contradicted(table, info, f"{wrong} would take no time")
        return None
    table.set_calibration(info.id, calibration)
    return calibration


def _contradicted(table: Table, info: ProfileInfo, problem: str) -> None:
    """Warn that networks and entries do not go together; a calibration by others is removed."""
    table.remove_calibration(info.id)
    logger.warning(
        "%s in table %s is not calibrated: its whole networks contradict its entries, %s; profile "
        "into another table, with nothing else running",
        info,
        table.path,
        problem,
    )


def _readable_networks(
    table: Table, info: ProfileInfo, wanted: Collection[str]
) -> dict[str, tuple[Operation, ...]]:
    """Return networks by key; warn of those with operations of packages that are not installed."""
    readable = table.programs(info.id, "network")
    unreadable = [key for key in wanted if key not in readable]
    if unreadable:
        logger.warning(
            "%d networks of table %s hold operations of packages that are not installed here: "
            "%s is calibrated without them; install those packages and calibrate again",
            len(unreadable),
            table.path,
            info,
        )
    return {key: operations for key, operations in readable.items() if key in wanted}


@dataclass(frozen=True)
class _Problem:
    """Networks as rows; column 0 is the overhead, the others are operations."""

    design: Array
    milliseconds: Array
    raw: Array
    fixed_covariance: Array
    family_covariances: tuple[Array, ...]

    @classmethod
    def of(
        cls,
        overhead: float,
        raw: dict[str, float],
        operations: dict[str, Operation],
        networks: Sequence[Sequence[Operation]],
        milliseconds: Sequence[float],
    ) -> "_Problem":
        column = {key: index for index, key in enumerate(raw, start=1)}
        keys = [[operation.key for operation in network] for network in networks]
        design = with_intercept(count_uses(keys, list(raw)))
        means = np.array([overhead, *raw.values()])
        body = np.array([0.0, *raw.values()])
        fixed = SCALE_SD**2 * np.outer(body, body)
        fixed[0, 0] = (OVERHEAD_SD * overhead) ** 2
        shared = {
            key: _shared_traits(operations[key]) if key in operations else {} for key in column
        }
        families = []
        for name in _names(shared[key] for key in column):
            covariance = np.zeros_like(fixed)
            members: dict[int, Array] = {}
            for key, index in column.items():
                if name in shared[key]:
                    member = members.setdefault(shared[key][name], np.zeros_like(body))
                    member[index] = body[index]
            for member in members.values():
                covariance += np.outer(member, member)
            families.append(covariance)
        return cls(design, np.array(milliseconds), means, fixed, (*families, np.diag(body**2)))

    def fit(self, rows: Array | None = None) -> Posterior:
        """Return the posterior of overhead and contributions (ms), by all networks or some rows."""
        from scipy.optimize import minimize  # half a second to import

        design, milliseconds = self.design, self.milliseconds
        if rows is not None:
            design, milliseconds = design[rows], milliseconds[rows]
        relative = design / milliseconds[:, None]
        targets = np.ones(len(milliseconds))
        projected = [relative @ part @ relative.T for part in self.family_covariances]
        fixed = relative @ self.fixed_covariance @ relative.T
        offset = targets - relative @ self.raw
        families = len(self.family_covariances) - 1  # the last one is that of individual operations
        centres = np.log([*(FAMILY_SD for _ in range(families)), OPERATION_SD, NOISE_SD])

        def loss(logarithms: Array) -> float:
            *scales, noise = np.exp(logarithms)
            covariance = fixed + sum(s**2 * p for s, p in zip(scales, projected, strict=True))
            hyperprior = 0.5 * np.sum(((logarithms - centres) / HYPERPRIOR_SD) ** 2)
            evidence = log_evidence(
                np.eye(len(offset)), offset, np.zeros(len(offset)), covariance, noise
            )
            return float(hyperprior - evidence)

        *scales, noise = np.exp(minimize(loss, centres, method="L-BFGS-B").x)
        covariance = self.fixed_covariance + sum(
            s**2 * part for s, part in zip(scales, self.family_covariances, strict=True)
        )
        return bayesian_regression(relative, targets, self.raw, covariance, float(noise))

    def leave_one_out(self) -> Array:
        """Return the milliseconds of each network, predicted from the others."""
        rows = np.arange(len(self.milliseconds))
        return np.array([self.design[row] @ self.fit(rows[rows != row]).mean for row in rows])


def _shared_traits(operation: Operation) -> dict[str, int]:
    """Return the numbers by which an operation belongs to families with a common bias."""
    sizes = operation.traits.sizes
    return {**sizes, "resolution": operation.input_shape[1]} if sizes else {}


def _names(traits: Iterable[dict[str, int]]) -> list[str]:
    """Return the names of all traits in order of first appearance, the resolution last."""
    names = dict.fromkeys(chain.from_iterable(traits))
    return sorted(names, key=lambda name: name == "resolution")
