"""A budget in milliseconds: how it steers the search, and how the derived network keeps it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from latency import AdditiveCosts
from search_spaces import InputError

STIFFNESS = 10.0
"""Weight of the quadratic term, in units of the loss per relative violation."""
MULTIPLIER_REACH = 30.0
"""How far the multiplier moves over a whole search at a constant relative violation of 1."""
USE = 0.99
"""The derived network uses at least this share of what the target lets it reach."""
SLACK = 2e-6
"""Share of the target kept free: twice the tolerance of the integer program's constraints."""

FloatArray = NDArray[np.float64]


@dataclass
class LatencyTarget:
    """Expected latency held at ``target_ms`` by the method of multipliers.

    With violation c = (E - T) / T, where E = fixed + sum_b sum_j p_bj F_bj comes exactly from the
    table, the loss gains  multiplier * c + STIFFNESS / 2 * c^2  and the multiplier follows c. So
    nobody tunes a coefficient: it rises while E > T and falls while E < T.
    """

    costs: AdditiveCosts
    mask: Tensor
    target_ms: float
    rate: float = 0.0
    multiplier: float = 0.0

    def __post_init__(self) -> None:
        if not self.target_ms > 0:
            raise InputError(f"--target-ms {self.target_ms:g} is not above 0")
        low, high = self.costs.bounds(self.mask)
        if self.target_ms < low:
            raise InputError(
                f"--target-ms {self.target_ms:g} is below what the space can reach: its networks "
                f"take {low:.4g} to {high:.4g} ms"
            )
        if self.target_ms > high:
            raise InputError(
                f"--target-ms {self.target_ms:g} is above what the space can reach: its networks "
                f"take {low:.4g} to {high:.4g} ms"
            )

    def schedule(self, updates: int) -> None:
        """Put the multiplier on the time scale of a search of so many architecture updates."""
        self.rate = MULTIPLIER_REACH / max(updates, 1)

    def expected_ms(self, probabilities: Tensor) -> float:
        """Return E for path probabilities of shape (blocks, candidates)."""
        return self.costs.fixed + float((probabilities * self.costs.choices).sum())

    def violation(self, probabilities: Tensor) -> float:
        """Return (E - T) / T."""
        return self.expected_ms(probabilities) / self.target_ms - 1

    def gate_costs(self, probabilities: Tensor) -> Tensor:
        """Return d(loss term) / dp, shape (blocks, candidates)."""
        weight = self.multiplier + STIFFNESS * self.violation(probabilities)
        return weight * self.costs.choices / self.target_ms

    def update(self, probabilities: Tensor) -> None:
        """Move the multiplier once, after an architecture step."""
        self.multiplier += self.rate * self.violation(probabilities)

    def state_dict(self) -> dict[str, Any]:
        """What a resumed search needs."""
        return {"multiplier": self.multiplier, "rate": self.rate}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what :meth:`state_dict` returned."""
        self.multiplier, self.rate = state["multiplier"], state["rate"]


def derive(log_probabilities: Tensor, target: LatencyTarget) -> list[int]:
    """Return the most probable network that keeps the target and makes use of it.

    Two integer programs over one-hot choices: the slowest network with latency <= T, then the
    network of highest probability among those at least ``USE`` times as slow as it.
    """
    slowest = _most(target, -np.inf, -_shares(target))
    if slowest is None:
        return _per_block(target.costs.choices.masked_fill(~target.mask, torch.inf).argmin(1))
    floor = USE * float(target.costs.of(slowest)) / target.target_ms
    score = log_probabilities.detach().double()[target.mask].numpy()
    picked = _most(target, floor, -score)
    return _per_block(slowest if picked is None else picked)


def _most(target: LatencyTarget, floor: float, objective: FloatArray) -> Tensor | None:
    """Return the choices that minimise ``objective`` with floor <= latency / T <= 1, if any.

    The solver keeps constraints to a tolerance only: a result found beyond the target is solved
    for again with ``SLACK``.
    """
    fixed = target.costs.fixed / target.target_ms
    for slack in (0.0, SLACK):
        found = _solve(objective, _shares(target), floor - fixed, 1 - fixed - slack, target.mask)
        if found is not None and float(target.costs.of(found)) <= target.target_ms:
            return found
    return None


def _shares(target: LatencyTarget) -> FloatArray:
    return target.costs.choices[target.mask].numpy() / target.target_ms


def _per_block(choices: Tensor) -> list[int]:
    return [int(choice) for choice in choices]


def _solve(
    objective: FloatArray, share: FloatArray, low: float, high: float, mask: Tensor
) -> Tensor | None:
    """Minimise ``objective`` over one choice a block with ``low`` <= sum of shares <= ``high``."""
    from scipy.optimize import Bounds, LinearConstraint, milp  # half a second to import

    rows = torch.arange(len(mask)).repeat_interleave(mask.sum(1))
    one_each = (rows[None] == torch.arange(len(mask))[:, None]).double().numpy()
    result = milp(
        objective,
        constraints=[LinearConstraint(one_each, 1, 1), LinearConstraint(share[None], low, high)],
        integrality=np.ones_like(objective),
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": 1e-5},
    )
    if result.x is None:
        return None
    grid = np.zeros(mask.shape)
    grid[mask.numpy()] = result.x
    return torch.from_numpy(grid.argmax(1))
