"""The interface of an architecture update, and the update of each method by name."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import torch
from torch import Tensor

from search_spaces import InputError

from ...constraints.budgets import Budgets
from ..architecture_parameters import ArchitectureParameters
from ..baselines import BASELINES
from ..supernet import Supernet

UPDATES = ("gradient", "two-path", "reinforce")


Observed = dict[str, Tensor]
"""What an architecture step saw on its validation batch: ``loss`` and ``accuracy`` and what the
update makes of them, all of it such that the mean over several batches means the same."""


class ArchitectureUpdate(ABC):
    """One way of moving the architecture parameters; the weights are never touched.

    Adam with betas (0, 0.999) and no weight decay, as published. With a first beta of 0 a
    parameter without gradient does not move.

    Several devices that share a supernet take turns; those of a class that ``follows`` also learn
    from the steps of the others, at no cost.
    """

    follows: ClassVar[bool] = False
    batch_share: ClassVar[float] = 1.0
    """Images of an architecture step, as a share of a weight step's."""

    def __init__(
        self,
        supernet: Supernet,
        parameters: ArchitectureParameters,
        budgets: Budgets,
        learning_rate: float,
    ) -> None:
        self.supernet = supernet
        self.parameters = parameters
        self.budgets = budgets
        self.optimizer: torch.optim.Optimizer = torch.optim.Adam(
            [parameters.values], lr=learning_rate, betas=(0.0, 0.999)
        )

    def step(self, images: Tensor, labels: Tensor, paths: torch.Generator) -> Observed:
        """Move the parameters once, on one validation batch (N, C, H, W) with labels (N,)."""
        observed = self.observe(images, labels, paths)
        self.learn(observed)
        return observed

    @abstractmethod
    def observe(self, images: Tensor, labels: Tensor, paths: torch.Generator) -> Observed:
        """Return what a validation batch (N, C, H, W) with labels (N,) says; change nothing."""

    @abstractmethod
    def learn(self, observed: Observed) -> None:
        """Move the parameters by what was observed, here or, as a mean, in several places."""

    def follow(self, observed: Observed) -> None:
        """Learn from what another device's step saw: nothing, unless the class ``follows``."""
        return

    def _apply(self, gradient: Tensor) -> None:
        self.parameters.values.grad = gradient.to(self.parameters.values.dtype)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)

    def state_dict(self) -> dict[str, Any]:
        """Everything a resumed search needs beside the parameters themselves."""
        return {"optimizer": self.optimizer.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what :meth:`state_dict` returned."""
        self.optimizer.load_state_dict(state["optimizer"])


def get_update(method: str) -> type[ArchitectureUpdate]:
    """Return the update called ``method``: gradient, two-path or reinforce."""
    from .gradient import ExactGates, TwoPath
    from .reinforce import Reinforce

    match method:
        case "gradient":
            return ExactGates
        case "two-path":
            return TwoPath
        case "reinforce":
            return Reinforce
    known = ", ".join((*UPDATES, *BASELINES))
    raise InputError(f"there is no method {method!r}: choose one of {known}")


def softmax_gradient(probabilities: Tensor, costs: Tensor) -> Tensor:
    """Gradient of expected cost: d/da_i sum_j p_j c_j = p_i (c_i - sum_j p_j c_j), per row.

    With c_j = dL/dg_j this is the gradient of binarised paths (ProxylessNAS, eq. 4).
    """
    return probabilities * (costs - (probabilities * costs).sum(1, keepdim=True))
