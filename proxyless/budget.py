"""A budget in milliseconds: how it steers the search, and how the derived network keeps it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy.optimize import Bounds, LinearConstraint, milp
from torch import Tensor

from latency import LatencyCosts
from search_spaces import InputError

STIFFNESS = 10.0
"""Weight of the quadratic term, in units of the loss per relative violation."""
REACH = 30.0
"""How far the multiplier moves over a whole search at a constant relative violation of 1."""
USE = 0.99
"""The derived network uses at least this share of what the target lets it reach."""


@dataclass
class LatencyTarget:
    """Expected latency held at ``target_ms`` by the method of multipliers.

    With violation c = (E - T) / T, where E = fixed + sum_b sum_j p_bj F_bj comes exactly from the
    table, the loss gains  multiplier * c + STIFFNESS / 2 * c^2  and the multiplier follows c. So
    nobody tunes a coefficient: it rises while E > T and falls while E < T.
    """

    costs: LatencyCosts
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
        self.rate = REACH / max(updates, 1)

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

    Two exact integer programs over one-hot choices: the slowest network with latency <= T, then
    the network of highest probability among those at least ``USE`` times as slow as it.
    """
    milliseconds = _flat(target.costs.choices, target.mask)
    budget = target.target_ms - target.costs.fixed
    slowest = _solve(-milliseconds, milliseconds, -np.inf, budget, target.mask)
    reachable = float(milliseconds @ slowest) + target.costs.fixed
    floor = USE * reachable - target.costs.fixed
    score = _flat(log_probabilities.detach().double(), target.mask)
    picked = _solve(-score, milliseconds, floor, budget, target.mask)
    grid = np.zeros(target.mask.shape)
    grid[target.mask.numpy()] = picked
    return [int(choice) for choice in grid.argmax(1)]


def _flat(values: Tensor, mask: Tensor) -> np.ndarray:
    return values[mask].numpy()


def _solve(
    objective: np.ndarray, milliseconds: np.ndarray, low: float, high: float, mask: Tensor
) -> np.ndarray:
    rows = torch.arange(len(mask)).repeat_interleave(mask.sum(1))
    one_each = (rows[None] == torch.arange(len(mask))[:, None]).double().numpy()
    result = milp(
        objective,
        constraints=[
            LinearConstraint(one_each, 1, 1),
            LinearConstraint(milliseconds[None], low, high),
        ],
        integrality=np.ones_like(objective),
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": 1e-4},
    )
    if result.x is None:
        raise RuntimeError(f"the integer program of the derivation failed: {result.message}")
    return np.round(result.x)
