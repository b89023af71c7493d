"""Signs of a failed search: probabilities still near uniform, or a collapse to skips."""

import torch
from torch import Tensor

from search_spaces import Space

from ..constraints.budgets import Budgets
from ..runs.results import Skips
from .baselines import random_networks

CONVERGED_SHARE = 0.25
"""Share of the way from uniform to certain below which a search counts as not converged."""
RANDOM_NETWORKS = 20


def convergence_threshold(mask: Tensor) -> float:
    """Return the mean probability of chosen candidates from which a search has converged.

    ``mask``, (blocks, candidates), is true where a candidate exists.
    """
    uniform = float((1 / mask.sum(1)).mean())
    return uniform + CONVERGED_SHARE * (1 - uniform)


def skip_mask(space: Space) -> Tensor:
    """Return (blocks, candidates), true where a candidate is the skip of its block."""
    widest = max(len(block.candidates) for block in space.blocks)
    mask = torch.zeros(len(space.blocks), widest, dtype=torch.bool)
    for row, block in zip(mask, space.blocks, strict=True):
        row[: len(block.candidates)] = torch.tensor(
            [operation.free for operation in block.candidates]
        )
    return mask


def skip_probability(probabilities: Tensor, skips: Tensor) -> float:
    """Return the mean probability of skips, over the blocks that have one; 0 without any."""
    optional = skips.any(1)
    return float(probabilities[skips].mean()) if optional.any() else 0.0


def count_skips(choices: list[int], skips: Tensor, budgets: Budgets, seed: int) -> Skips:
    """Count the skips of a network, given by its choices, and those of random networks.

    ``skips`` is as from :func:`skip_mask`.
    """
    generator = torch.Generator().manual_seed(seed)
    drawn = random_networks(budgets, generator, RANDOM_NETWORKS)
    rows = torch.arange(len(choices))
    counts = [int(skips[rows, path].sum()) for path in drawn]
    count = int(skips[rows, choices].sum())
    return Skips(count, int(skips.any(1).sum()), min(counts), max(counts), count > max(counts))
