"""What every way of evaluating candidates has in common."""

from abc import ABC, abstractmethod
from functools import cached_property

import torch
from torch import Tensor

from search_spaces.modules import OperationModule


class BlockInput:
    """What every candidate of a block runs on: a map (N, C, H, W), and what they share."""

    def __init__(self, x: Tensor) -> None:
        self.x = x

    @cached_property
    def moments(self) -> tuple[Tensor, Tensor]:
        """Mean (C,) and covariance (C, C) over images and pixels."""
        pixels = self.x.permute(0, 2, 3, 1).reshape(-1, self.x.shape[1])
        mean = pixels.mean(0, dtype=torch.float64)
        product = (pixels.T @ pixels).double() / len(pixels)
        covariance = product - torch.outer(mean, mean)
        return mean.to(self.x.dtype), covariance.to(self.x.dtype)


class Evaluation(ABC):
    """A candidate's output o, its residual left out; one of the methods may be called, once."""

    @abstractmethod
    def output(self) -> Tensor:
        """Return o, in memory of its own: the caller may change it."""

    @abstractmethod
    def inner_product(self, gradient: Tensor, gradient_sum: Tensor) -> Tensor:
        """Return <G, o>, given G (N, C, H, W) and its sums per channel (C,)."""


class Evaluator(ABC):
    """A way of evaluating the candidates of one kind of operation.

    Batch norms use the statistics of the batch. Nothing is left behind: no running statistics, no
    gradient, no change of the input or of the weights.
    """

    @abstractmethod
    def __call__(self, candidate: OperationModule, given: BlockInput) -> Evaluation:
        """Run a candidate, its residual left out; called where autograd is off."""


def channel_sums(gradient: Tensor) -> Tensor:
    """Return the sums over images and pixels of (N, C, H, W), shape (C,)."""
    return gradient.permute(0, 2, 3, 1).reshape(-1, gradient.shape[1]).sum(0)


def inner_product(one: Tensor, other: Tensor) -> Tensor:
    """Return the sum of the products of two maps (N, C, H, W)."""
    flat = [map_.permute(0, 2, 3, 1).reshape(-1) for map_ in (one, other)]
    return torch.dot(*flat)
