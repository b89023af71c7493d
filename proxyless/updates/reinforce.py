"""REINFORCE: sampled networks are only evaluated, never differentiated (ProxylessNAS, 3.3.2)."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..evaluation import evaluate_paths
from .base import ArchitectureUpdate, Outcome, softmax_gradient

SAMPLES = 10
BASELINE_DECAY = 0.99


class Reinforce(ArchitectureUpdate):
    """Accuracy as the reward of ten sampled networks, against a moving baseline.

    Beyond the paper, budgets do not enter through noisy rewards: expected costs are known exactly,
    and so are their gradients, weighted by the budgets' multipliers.
    """

    baseline: float | None = None

    def step(self, images: Tensor, labels: Tensor, paths: torch.Generator) -> Outcome:
        """Sample networks, evaluate them on the batch and move every parameter."""
        sampled = self.parameters.sample(paths, SAMPLES)
        losses, accuracies = evaluate_paths(self.supernet, images, labels, sampled.tolist())
        rewards = self.budgets.rewards(accuracies, sampled)
        mean = float(rewards.mean())
        if self.baseline is None:
            self.baseline = mean
        self.baseline = BASELINE_DECAY * self.baseline + (1 - BASELINE_DECAY) * mean
        probabilities = self.parameters.probabilities()
        chosen = F.one_hot(sampled, probabilities.shape[1]).to(probabilities.dtype)
        advantages = (rewards - self.baseline).to(probabilities.dtype)
        score = torch.einsum("m,mbc->bc", advantages, chosen - probabilities) / len(sampled)
        nothing = torch.zeros_like(probabilities)
        costs = softmax_gradient(probabilities, self.budgets.gradient(nothing, 0.0, probabilities))
        self._apply(costs - score)
        self.budgets.update(self.parameters.probabilities())
        return Outcome(float(losses.mean()), float(accuracies.mean()))

    def state_dict(self) -> dict[str, Any]:
        """Add the baseline."""
        return {**super().state_dict(), "baseline": self.baseline}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore the baseline too."""
        super().load_state_dict(state)
        self.baseline = state["baseline"]
