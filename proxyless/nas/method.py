"""The interface of a search method: what finds the architecture for one device."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import torch

from ..constraints.budgets import Budgets
from .architecture_parameters import ArchitectureParameters
from .supernet import Supernet

Accuracy = Callable[[Sequence[Sequence[int]]], list[float]]
"""Shares of held-out images that paths classify correctly with the supernet's weights."""


class Method(ABC):
    """How the architecture for one device is found, made anew for each device of a search.

    A method as it is here is a baseline: the weights are trained on uniform paths, and networks are
    compared at the end. :class:`~proxyless.nas.updates.ArchitectureUpdate` is a method that learns.

    Args:
        supernet: every candidate's weights, shared by all devices; a method never changes them.
        parameters: the device's architecture parameters.
        budgets: what networks may cost on the device.
        learning_rate: of the architecture parameters.
    """

    needs_same_paths: ClassVar[bool] = False
    """Whether workers that share a search must all draw the same paths, not each its own."""

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

        These are the device's, or for a network of the Pareto set one with another limit on time.
        """

    def state_dict(self) -> dict[str, Any]:
        """Return what a resumed search needs beside the parameters: numbers, texts, tensors."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what :meth:`state_dict` returned."""
        return
