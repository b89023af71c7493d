"""The interface of candidate evaluation."""

from abc import ABC, abstractmethod
from functools import cached_property

import torch
from torch import Tensor

from search_spaces.modules import OperationModule


class BlockInput:
    """A block's input (N, C, H, W), and its statistics, computed once for all candidates."""

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
    """A candidate's output o without its residual; only one method may be called, and only once."""

    @abstractmethod
    def output(self) -> Tensor:
        """Return o, which the caller may modify."""

    @abstractmethod
    def inner_product(self, gradient: Tensor, gradient_sum: Tensor) -> Tensor:
        """Return <G, o>, given G (N, C, H, W) and its sums per channel (C,)."""


class Evaluator(ABC):
    """A way of evaluating the candidates of one kind of operation.

    Batch norms use the statistics of the batch. There are no side effects: no running statistics,
    no gradient, no change of the input or of the weights.
    """

    @abstractmethod
    def __call__(self, candidate: OperationModule, block_input: BlockInput) -> Evaluation:
        """Run a candidate without its residual; called without autograd."""


def channel_sums(gradient: Tensor) -> Tensor:
    """Return the sums over images and pixels of (N, C, H, W), shape (C,)."""
    return gradient.permute(0, 2, 3, 1).reshape(-1, gradient.shape[1]).sum(0)


def inner_product(first: Tensor, second: Tensor) -> Tensor:
    """Return the inner product of two maps (N, C, H, W)."""
    flat = [map_.permute(0, 2, 3, 1).reshape(-1) for map_ in (first, second)]
    return torch.dot(*flat)
