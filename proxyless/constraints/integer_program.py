"""The integer program behind every derivation: one choice a block, within limits."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from latency import AdditiveCosts

from .clean_stdout import stdout_to_stderr

SLACK = 2e-6
"""Share of a limit kept free: twice the tolerance of the solver's constraints."""

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Limit:
    """What a network may cost: at least ``low``, to a tolerance, and at most ``high``."""

    costs: AdditiveCosts
    high: float
    low: float = -np.inf

    def kept_by(self, choices: Tensor) -> bool:
        """Return whether a network given as (blocks,) is below ``high``, exactly."""
        return float(self.costs.of(choices)) <= self.high


def best_choices(objective: Tensor, limits: Sequence[Limit], mask: Tensor) -> Tensor | None:
    """Return the choices (blocks,) of the smallest total objective within all limits, if any.

    ``objective`` and ``mask`` have shape (blocks, candidates). The solver keeps constraints to a
    tolerance only: a result found beyond a limit is solved for again with ``SLACK``. Limits that
    leave a single network may be missed by both; that one is then the cheapest of all.
    """
    cheapest = sum((limit.costs.choices / limit.high for limit in limits), torch.zeros(mask.shape))
    for aim, slack in ((objective, 0.0), (objective, SLACK)):
        found = _solve(aim, limits, mask, slack)
        if found is not None and all(limit.kept_by(found) for limit in limits):
            return found
    found = cheapest.masked_fill(~mask, torch.inf).argmin(1)
    within = all(
        limit.kept_by(found) and float(limit.costs.of(found)) >= limit.low for limit in limits
    )
    return found if within else None


def _solve(objective: Tensor, limits: Sequence[Limit], mask: Tensor, slack: float) -> Tensor | None:
    from scipy.optimize import Bounds, LinearConstraint, milp  # half a second to import

    rows = torch.arange(len(mask)).repeat_interleave(mask.sum(1))
    one_each = (rows[None] == torch.arange(len(mask))[:, None]).double().numpy()
    constraints = [LinearConstraint(one_each, 1, 1)]
    for limit in limits:
        share = _flat(limit.costs.choices / limit.high, mask)
        fixed = limit.costs.fixed / limit.high
        low = limit.low / limit.high - fixed
        constraints.append(LinearConstraint(share[None], low, 1 - fixed - slack))
    weights = _flat(objective, mask)
    with stdout_to_stderr():  # HiGHS 1.12 has a debugging line that no option silences
        result = milp(
            weights,
            constraints=constraints,
            integrality=np.ones(weights.shape, np.uint8),
            bounds=Bounds(0, 1),
            options={"mip_rel_gap": 1e-5},
        )
    if result.x is None:
        return None
    grid = np.zeros(mask.shape)
    grid[mask.numpy()] = result.x
    return torch.from_numpy(grid.argmax(1))


def _flat(values: Tensor, mask: Tensor) -> FloatArray:
    return values.detach().double()[mask].numpy()
