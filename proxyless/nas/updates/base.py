"""The interface of an architecture update: a method that learns the architecture parameters."""

from abc import abstractmethod
from typing import Any, ClassVar

import torch
from torch import Tensor

from ...constraints.budgets import Budgets
from ..architecture_parameters import ArchitectureParameters
from ..method import Accuracy, Method
from ..supernet import Supernet

Statistics = dict[str, Tensor]
"""What an architecture step takes from its validation batch: ``loss`` and ``accuracy``, and what
the update needs beside them, all of it such that the mean over several batches means the same."""


class ArchitectureUpdate(Method):
    """One way of moving the architecture parameters; the weights are never touched.

    Adam with betas (0, 0.999) and no weight decay, as published. With a first beta of 0 a
    parameter without gradient does not move.

    Several devices that share a supernet take turns; those of a class that ``learns_from_others``
    also apply what the steps of the others collected, at no cost.
    """

    learns_from_others: ClassVar[bool] = False
    batch_share: ClassVar[float] = 1.0
    """Images of an architecture step, as a share of a weight step's."""

    def __init__(
        self,
        supernet: Supernet,
        parameters: ArchitectureParameters,
        budgets: Budgets,
        learning_rate: float,
    ) -> None:
        super().__init__(supernet, parameters, budgets, learning_rate)
        self.optimizer: torch.optim.Optimizer = torch.optim.Adam(
            [parameters.values], lr=learning_rate, betas=(0.0, 0.999)
        )

    def step(self, images: Tensor, labels: Tensor, paths: torch.Generator) -> Statistics:
        """Move the parameters once, on one validation batch (N, C, H, W) with labels (N,)."""
        statistics = self.collect(images, labels, paths)
        self.apply(statistics)
        return statistics

    @abstractmethod
    def collect(self, images: Tensor, labels: Tensor, paths: torch.Generator) -> Statistics:
        """Return what a validation batch (N, C, H, W) with labels (N,) says; change nothing."""

    @abstractmethod
    def apply(self, statistics: Statistics) -> None:
        """Move the parameters by what was collected, here or, as a mean, by several workers."""

    def apply_others(self, statistics: Statistics) -> None:
        """Apply what another device's step collected, if the class ``learns_from_others``."""
        if self.learns_from_others:
            self.apply(statistics)

    def choose(self, budgets: Budgets, accuracy: Accuracy, generator: torch.Generator) -> list[int]:
        """Return the most probable network that keeps the budgets and makes use of them."""
        return budgets.derive(self.parameters.log_probabilities())

    def descend(self, gradient: Tensor) -> None:
        """Let the optimiser take a step against a gradient (blocks, candidates)."""
        self.parameters.values.grad = gradient.to(self.parameters.values.dtype)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)

    def state_dict(self) -> dict[str, Any]:
        """Return the optimiser's state; an update adds what else it has."""
        return {"optimizer": self.optimizer.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what :meth:`state_dict` returned."""
        self.optimizer.load_state_dict(state["optimizer"])


def softmax_gradient(probabilities: Tensor, costs: Tensor) -> Tensor:
    """Gradient of expected cost: d/da_i sum_j p_j c_j = p_i (c_i - sum_j p_j c_j), per row.

    With c_j = dL/dg_j this is the gradient of binarised paths (ProxylessNAS, eq. 4).
    """
    return probabilities * (costs - (probabilities * costs).sum(1, keepdim=True))
