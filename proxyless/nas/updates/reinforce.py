"""REINFORCE: sampled networks are evaluated without gradients (ProxylessNAS, section 3.3.2)."""

import torch
import torch.nn.functional as F
from torch import Tensor

from ...runs.checkpoint import State, checked_number
from ..evaluation import evaluate_paths
from .base import ArchitectureUpdate, Statistics, softmax_gradient

SAMPLES = 10
BASELINE_DECAY = 0.99


class Reinforce(ArchitectureUpdate):
    """REINFORCE with the accuracy of ten sampled networks as reward, and a moving baseline.

    In contrast to the paper, budgets are not part of the noisy rewards: the gradients of expected
    costs are known exactly, and are weighted by the budgets' multipliers.
    """

    baseline: float | None = None

    def collect(self, images: Tensor, labels: Tensor, paths: torch.Generator) -> Statistics:
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
        deviations = chosen - probabilities
        return {
            "loss": losses.double().mean().cpu(),
            "accuracy": accuracies.double().mean().cpu(),
            "reward": rewards.mean().cpu(),
            "score": torch.einsum("m,mbc->bc", rewards.cpu(), deviations) / len(sampled),
            "drift": deviations.mean(0),
        }

    def apply(self, statistics: Statistics) -> None:
        """Update all parameters."""
        reward = float(statistics["reward"])
        if self.baseline is None:
            self.baseline = reward
        self.baseline = BASELINE_DECAY * self.baseline + (1 - BASELINE_DECAY) * reward
        score = statistics["score"] - self.baseline * statistics["drift"]
        probabilities = self.parameters.probabilities()
        no_gates = torch.zeros_like(probabilities)
        costs = self.budgets.gradient(no_gates, 0.0, probabilities)
        self.descend(softmax_gradient(probabilities, costs) - score)
        self.budgets.update(self.parameters.probabilities())

    def state_dict(self) -> State:
        """Return the optimiser's state and the baseline."""
        return {**super().state_dict(), "baseline": self.baseline}

    def load_state_dict(self, state: State) -> None:
        """Restore what :meth:`state_dict` returned."""
        super().load_state_dict(state)
        baseline = state["baseline"]
        self.baseline = None if baseline is None else checked_number(baseline)
