"""Architecture parameters: a number per block and candidate, and their distribution over paths."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from search_spaces import Space


class ArchitectureParameters(nn.Module):
    """Real numbers a of shape (blocks, candidates); a block's path probabilities are softmax(a).

    Blocks with fewer candidates than the widest are padded; ``mask`` is true where a candidate
    exists. They are on the CPU, because it must know a path to run it.
    """

    mask: Tensor

    def __init__(self, candidates: Sequence[int], generator: torch.Generator) -> None:
        super().__init__()
        columns = torch.arange(max(candidates))
        self.register_buffer("mask", columns < torch.tensor(candidates)[:, None])
        start = 1e-3 * torch.randn(self.mask.shape, generator=generator)
        self.values = nn.Parameter(start)

    @classmethod
    def for_space(cls, space: Space, generator: torch.Generator) -> "ArchitectureParameters":
        """Return parameters near the uniform distribution: a ~ N(0, 1e-3^2)."""
        return cls([len(block.candidates) for block in space.blocks], generator)

    def log_probabilities(self) -> Tensor:
        """Return log p, shape (blocks, candidates); -inf where no candidate exists."""
        return self.values.masked_fill(~self.mask, -torch.inf).log_softmax(1)

    @torch.no_grad()
    def probabilities(self) -> Tensor:
        """Return p, shape (blocks, candidates), outside autograd; 0 where no candidate exists."""
        return self.log_probabilities().exp()

    def sample(self, generator: torch.Generator, count: int = 1) -> Tensor:
        """Draw paths by p: candidate indices of shape (count, blocks)."""
        return torch.multinomial(
            self.probabilities(), count, replacement=True, generator=generator
        ).T

    def sample_uniform(self, generator: torch.Generator) -> Tensor:
        """Draw one path with every candidate equally likely: shape (1, blocks)."""
        return torch.multinomial(self.mask.float(), 1, generator=generator).T

    def sample_pairs(self, generator: torch.Generator) -> Tensor:
        """Draw two different candidates per block by p, without replacement: (blocks, 2).

        For a block with a single candidate, both are that one.
        """
        count = min(2, self.mask.shape[1])
        drawn = torch.multinomial(self.probabilities(), count, generator=generator)
        pairs = drawn.expand(-1, 2)
        return torch.where(self.mask.gather(1, pairs), pairs, pairs[:, :1])

    @torch.no_grad()
    def entropy(self) -> Tensor:
        """Return each block's entropy divided by that of the uniform choice: shape (blocks,)."""
        log_p = self.log_probabilities()
        entropy = -(log_p.exp() * log_p.masked_fill(~self.mask, 0)).sum(1)
        return entropy / self.mask.sum(1).clamp(min=2).log()
