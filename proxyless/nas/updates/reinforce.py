"""REINFORCE: sampled networks are only evaluated, never differentiated (ProxylessNAS, 3.3.2)."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..evaluation import evaluate_paths
from .base import ArchitectureUpdate, Observed, softmax_gradient

SAMPLES = 10
BASELINE_DECAY = 0.99


class Reinforce(ArchitectureUpdate):
    """Accuracy as the reward of ten sampled networks, against a moving baseline.

    Beyond the paper, budgets do not enter through noisy rewards: expected costs are known exactly,
    and so are their gradients, weighted by the budgets' multipliers.
    """

    baseline: float | None = None

    def observe(self, images: Tensor, labels: Tensor, paths: torch.Generator) -> Observed:
        """Sample networks and evaluate them on the batch.

        With rewards R_m of networks m with gates g_m, ``score`` is the mean of R_m (g_m - p) and
        ``drift`` that of g_m - p: the gradient of the reward against any baseline b is
        score - b * drift.
        """
        sampled = self.parameters.sample(paths, SAMPLES)
        losses, accuracies = evaluate_paths(self.supernet, images, labels, sampled.tolist())
        rewards = self.budgets.rewards(accuracies, sampled).double()
        probabilities = self.parameters.probabilities().double()
        chosen = F.one_hot(sampled, probabilities.shape[1]).to(probabilities.dtype)
        away = chosen - probabilities
        return {
            "loss": losses.double().mean().cpu(),
            "accuracy": accuracies.double().mean().cpu(),
            "reward": rewards.mean().cpu(),
            "score": torch.einsum("m,mbc->bc", rewards.cpu(), away) / len(sampled),
            "drift": away.mean(0),
        }

    def learn(self, observed: Observed) -> None:
        """Move every parameter."""
        mean = float(observed["reward"])
        if self.baseline is None:
            self.baseline = mean
        self.baseline = BASELINE_DECAY * self.baseline + (1 - BASELINE_DECAY) * mean
        score = observed["score"] - self.baseline * observed["drift"]
        probabilities = self.parameters.probabilities()
        nothing = torch.zeros_like(probabilities)
        costs = softmax_gradient(probabilities, self.budgets.gradient(nothing, 0.0, probabilities))
        self._apply(costs - score)
        self.budgets.update(self.parameters.probabilities())

    def state_dict(self) -> dict[str, Any]:
        """Add the baseline."""
        return {**super().state_dict(), "baseline": self.baseline}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore the baseline too."""
        super().load_state_dict(state)
        self.baseline = state["baseline"]
