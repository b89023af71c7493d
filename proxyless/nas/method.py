"""The interface of a search method, which finds the architecture for one device."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import ClassVar

import torch

from ..constraints.budgets import Budgets
from ..runs.checkpoint import State
from .architecture_parameters import ArchitectureParameters
from .supernet import Supernet

Accuracy = Callable[[Sequence[Sequence[int]]], list[float]]
"""Shares of held-out images that paths classify correctly with the supernet's weights."""


class Method(ABC):
    """A way to find the architecture for one device; a search has an instance for each device.

    A direct subclass is a baseline: the weights are trained on uniform paths, and networks are
    compared at the end. :class:`~proxyless.nas.updates.ArchitectureUpdate` is for methods that
    learn the architecture parameters.

    Args:
        supernet: every candidate's weights, shared by all devices; a method never changes them.
        parameters: the device's architecture parameters.
        budgets: the budgets of networks on the device.
        learning_rate: of the architecture parameters.
    """

    needs_same_paths: ClassVar[bool] = False
    """Whether workers that share a search must sample the same paths (``paths`` same)."""

    def __init__(
        self,
        supernet: Supernet,
        parameters: ArchitectureParameters,
        budgets: Budgets,
        learning_rate: float,
    ) -> None:
        self.supernet, self.parameters, self.budgets = supernet, parameters, budgets

    @abstractmethod
    def choose(self, budgets: Budgets, accuracy: Accuracy, generator: torch.Generator) -> list[int]:
        """Return the network of a finished search, as choices (blocks,), that keeps the budgets.

        The budgets are those of the device, or have another time limit for the Pareto set.
        """

    def state_dict(self) -> State:
        """Return the state of the method besides the parameters: numbers, strings, tensors."""
        return {}

    def load_state_dict(self, state: State) -> None:
        """Restore what :meth:`state_dict` returned."""
        return
