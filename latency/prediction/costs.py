"""Costs of a space's choices as tensors, in any unit, as a search uses them."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from search_spaces import Operation, Space
from search_spaces.resources import DType, peak_activation_bytes, weight_bytes


@dataclass(frozen=True)
class AdditiveCosts:
    """Additive costs: ``fixed``, and ``choices`` of shape (blocks, candidates).

    Blocks with fewer candidates than the widest are padded with zeros.
    """

    fixed: float
    choices: Tensor

    def bounds(self, mask: Tensor) -> tuple[float, float]:
        """Return the lowest and the highest cost of a network.

        ``mask`` of shape (blocks, candidates) is true where a candidate exists.
        """
        cheapest = self.choices.masked_fill(~mask, torch.inf).min(1).values.sum()
        most_expensive = self.choices.masked_fill(~mask, -torch.inf).max(1).values.sum()
        return self.fixed + float(cheapest), self.fixed + float(most_expensive)

    def expected(self, probabilities: Tensor) -> float:
        """Return the mean cost of networks drawn by probabilities of shape (blocks, candidates)."""
        return self.fixed + float((probabilities * self.choices).sum())

    def of(self, choices: Tensor) -> Tensor:
        """Return the costs of networks given as (..., blocks) candidate indices."""
        return self.fixed + _gather(self.choices, choices).sum(-1)


@dataclass(frozen=True)
class PeakCosts:
    """Costs whose maximum is the network's; shapes as in :class:`AdditiveCosts`."""

    fixed: float
    choices: Tensor

    def bounds(self, mask: Tensor) -> tuple[float, float]:
        """Return the lowest and the highest cost of a network."""
        cheapest = self.choices.masked_fill(~mask, torch.inf).min(1).values.max()
        most_expensive = self.choices.masked_fill(~mask, -torch.inf).max(1).values.max()
        return max(self.fixed, float(cheapest)), max(self.fixed, float(most_expensive))

    def of(self, choices: Tensor) -> Tensor:
        """Return the costs of networks given as (..., blocks) candidate indices."""
        return _gather(self.choices, choices).max(-1).values.clamp(min=self.fixed)


def parameter_costs(space: Space) -> AdditiveCosts:
    """Return the learnable numbers of every choice."""
    return additive_costs(space, lambda operation: operation.parameters)


def mac_costs(space: Space) -> AdditiveCosts:
    """Return the multiply-accumulates of every choice, for one image."""
    return additive_costs(space, lambda operation: operation.macs)


def byte_costs(space: Space, dtype: DType = "float32") -> AdditiveCosts:
    """Return the bytes of every choice's deployed weights."""
    return additive_costs(space, lambda operation: weight_bytes(operation, dtype))


def peak_memory_costs(space: Space, dtype: DType = "float32", batch: int = 1) -> PeakCosts:
    """Return the peak bytes of activations of every choice."""

    def peak(operation: Operation) -> float:
        return peak_activation_bytes(operation, dtype, batch)

    return PeakCosts(max(map(peak, space.fixed)), _choices(space, peak))


def additive_costs(
    space: Space, cost: Callable[[Operation], float], constant: float = 0.0
) -> AdditiveCosts:
    """Return the cost of every choice of a space; ``constant`` is added once."""
    return AdditiveCosts(constant + sum(map(cost, space.fixed)), _choices(space, cost))


def choice_mask(space: Space) -> Tensor:
    """Return (blocks, candidates), true where a candidate exists."""
    counts = torch.tensor([len(block.candidates) for block in space.blocks])
    return torch.arange(int(counts.max())) < counts[:, None]


def _choices(space: Space, cost: Callable[[Operation], float]) -> Tensor:
    mask = choice_mask(space)
    choices = torch.zeros(mask.shape, dtype=torch.float64)
    choices[mask] = torch.tensor(
        [cost(operation) for block in space.blocks for operation in block.candidates],
        dtype=torch.float64,
    )
    return choices


def _gather(costs: Tensor, choices: Tensor) -> Tensor:
    return costs.expand(*choices.shape, -1).gather(-1, choices[..., None])[..., 0]
