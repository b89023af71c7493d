"""Networks along the time axis, from one search: what every millisecond buys."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from latency import AdditiveCosts
from search_spaces import InputError

from .baselines import Accuracy
from .budget import Budget
from .budgets import Budgets


@dataclass(frozen=True)
class ParetoPoint:
    """One network: its choices, predicted milliseconds, accuracy with the supernet's weights.

    It is ``dominated`` where another one is as fast and more accurate, or faster and as accurate.
    """

    choices: list[int]
    predicted_ms: float
    supernet_accuracy: float
    dominated: bool


def pareto_set(
    latency: AdditiveCosts,
    others: Budgets,
    log_probabilities: Tensor,
    accuracy: Accuracy,
    count: int,
) -> list[ParetoPoint]:
    """Return the most probable network of each of ``count`` limits on time, from fast to slow.

    The limits are spread evenly over what the space can reach; ``others`` are kept by all. Limits
    that these keep out of reach have no network.
    """
    low, high = latency.bounds(others.mask)
    found: dict[tuple[int, ...], float] = {}
    for limit in torch.linspace(low, high, count, dtype=torch.float64).tolist():
        budget = Budget("--max-ms", "ms", latency, max(limit, low), "fill")
        try:
            budgets = Budgets([budget, *others.budgets], others.mask)
        except InputError:
            continue
        choices = budgets.derive(log_probabilities)
        found[tuple(choices)] = float(latency.of(torch.tensor(choices)))
    paths = sorted(found, key=found.__getitem__)
    accuracies = accuracy(paths)
    measured = [(found[path], share) for path, share in zip(paths, accuracies, strict=True)]
    return [
        ParetoPoint(list(path), *point, _is_dominated(point, measured))
        for path, point in zip(paths, measured, strict=True)
    ]


def _is_dominated(point: tuple[float, float], every: Sequence[tuple[float, float]]) -> bool:
    milliseconds, share = point
    return any(other != point and other[0] <= milliseconds and other[1] >= share for other in every)
