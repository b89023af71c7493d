"""The interface of an architecture update: a method that learns the architecture parameters."""

from abc import abstractmethod
from typing import ClassVar

import torch
from torch import Tensor

from ...constraints.budgets import Budgets
from ...engine.loaded_state import check_optimizer_state
from ...runs.checkpoint import State
from ..architecture_parameters import ArchitectureParameters
from ..method import Accuracy, Method
from ..supernet import Supernet

Statistics = dict[str, Tensor]
"""Tensors that an architecture step collects on its validation batch: ``loss``, ``accuracy`` and
those of the update. The statistics of several batches are combined by their mean."""


class ArchitectureUpdate(Method):
    """A way to update the architecture parameters; it never changes the weights.

    Adam with betas (0, 0.999) and no weight decay, as published. With a first beta of 0 a
    parameter without gradient does not move.

    Several devices that share a supernet take turns; a class that ``learns_from_others`` also
    applies the statistics that other devices collect.
    """

    learns_from_others: ClassVar[bool] = False
    batch_share: ClassVar[float] = 1.0
    """Images per architecture step, as a share of those per weight step."""

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
        """Update the parameters once, on a validation batch (N, C, H, W) with labels (N,)."""
        statistics = self.collect(images, labels, paths)
        self.apply(statistics)
        return statistics

    @abstractmethod
    def collect(self, images: Tensor, labels: Tensor, paths: torch.Generator) -> Statistics:
        """Return the statistics of a batch (N, C, H, W) with labels (N,), without side effects."""

    @abstractmethod
    def apply(self, statistics: Statistics) -> None:
        """Update the parameters by statistics of this process, or their mean over workers."""

    def apply_others(self, statistics: Statistics) -> None:
        """Apply the statistics of another device's step if the class ``learns_from_others``."""
        if self.learns_from_others:
            self.apply(statistics)

    def choose(self, budgets: Budgets, accuracy: Accuracy, generator: torch.Generator) -> list[int]:
        """Return the most probable network that keeps the budgets and uses them."""
        return budgets.derive(self.parameters.log_probabilities())

    def descend(self, gradient: Tensor) -> None:
        """Take an optimiser step with a gradient (blocks, candidates)."""
        self.parameters.values.grad = gradient.to(self.parameters.values.dtype)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)

    def state_dict(self) -> State:
        """Return the optimiser's state; a subclass adds its own."""
        return {"optimizer": self.optimizer.state_dict()}

    def load_state_dict(self, state: State) -> None:
        """Restore what :meth:`state_dict` returned."""
        check_optimizer_state(self.optimizer, state["optimizer"])
        self.optimizer.load_state_dict(state["optimizer"])


def softmax_gradient(probabilities: Tensor, costs: Tensor) -> Tensor:
    """Return the gradient of the expected cost, per row.

    It is d/da_i sum_j p_j c_j = p_i (c_i - sum_j p_j c_j).

    With c_j = dL/dg_j this is the gradient of binarised paths (ProxylessNAS, eq. 4).
    """
    return probabilities * (costs - (probabilities * costs).sum(1, keepdim=True))
