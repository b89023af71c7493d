"""Spaces so small that every network can be listed, with random costs and probabilities."""

import itertools

import torch

from latency import AdditiveCosts
from proxyless.constraints.budget import Budget
from proxyless.nas.architecture_parameters import ArchitectureParameters
from proxyless.runs.results import Aim

WIDTHS = (3, 4, 2, 3)
PATHS = list(itertools.product(*map(range, WIDTHS)))


def parameters_of(seed: int, scale: float = 2.0) -> ArchitectureParameters:
    generator = torch.Generator().manual_seed(seed)
    parameters = ArchitectureParameters(WIDTHS, generator)
    with torch.no_grad():
        parameters.values.normal_(0, scale, generator=generator)
    return parameters


MASK = parameters_of(0).mask


def costs_of(seed: int, fixed: float = 0.5, scale: float = 1.0) -> AdditiveCosts:
    generator = torch.Generator().manual_seed(seed)
    choices = scale * torch.rand(4, 4, generator=generator, dtype=torch.float64)
    return AdditiveCosts(fixed, choices * MASK)


def budget_of(
    costs: AdditiveCosts, share: float, aim: Aim = "match", name: str = "target_ms"
) -> Budget:
    """Return a budget at a share of the way from the lowest to the highest cost."""
    low, high = costs.bounds(MASK)
    limit = high if share == 1 else low + share * (high - low)
    return Budget(name, "ms", costs, limit, aim)
