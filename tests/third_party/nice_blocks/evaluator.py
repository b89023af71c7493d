"""A faster way to evaluate ghosts: the two halves of the output are never put together."""

from dataclasses import dataclass

import torch
from torch import Tensor

from proxyless.nas.candidates.base import BlockInput, Evaluation, Evaluator, inner_product
from search_spaces.modules import OperationModule

from .ghost import GhostModule


@dataclass(frozen=True)
class Halves(Evaluation):
    """The output, in two."""

    primary: Tensor
    cheap: Tensor

    def output(self) -> Tensor:
        """Return the output."""
        return torch.cat([self.primary, self.cheap], 1)

    def inner_product(self, gradient: Tensor, gradient_sum: Tensor) -> Tensor:
        """Return the sum of the products of a gradient and the output."""
        half = self.primary.shape[1]
        first = inner_product(gradient[:, :half], self.primary)
        return first + inner_product(gradient[:, half:], self.cheap)


class GhostEvaluator(Evaluator):
    """The passes of the module."""

    def __call__(self, candidate: OperationModule, block_input: BlockInput) -> Halves:
        """Run a ghost."""
        ghost = candidate.layers
        assert isinstance(ghost, GhostModule)
        primary = ghost.primary_norm(ghost.primary(block_input.x)).relu()
        return Halves(primary, ghost.cheap_norm(ghost.cheap(primary)))
