"""Networks along the time axis, from one search: what every millisecond buys."""

from collections.abc import Callable, Sequence

import torch

from latency import AdditiveCosts
from search_spaces import InputError

from ..constraints.budget import Budget
from ..constraints.budgets import Budgets
from ..runs.results import ParetoPoint
from .baselines import Accuracy


def pareto_set(
    latency: AdditiveCosts,
    others: Budgets,
    choose: Callable[[Budgets], list[int]],
    accuracy: Accuracy,
    count: int,
) -> list[ParetoPoint]:
    """Return what is chosen within each of ``count`` limits on time, from fast to slow.

    The limits are spread evenly over what the space can reach; ``others`` are kept by all. Limits
    that these keep out of reach have no network.
    """
    low, high = latency.bounds(others.mask)
    limits: dict[tuple[int, ...], float] = {}
    for limit in torch.linspace(low, high, count, dtype=torch.float64).clamp(min=low).tolist():
        try:
            budgets = within(limit, latency, others)
        except InputError:
            continue
        limits.setdefault(tuple(choose(budgets)), limit)
    found = {path: float(latency.of(torch.tensor(path))) for path in limits}
    paths = sorted(found, key=found.__getitem__)
    accuracies = accuracy(paths)
    measured = [(found[path], share) for path, share in zip(paths, accuracies, strict=True)]
    return [
        ParetoPoint(list(path), limits[path], *point, _is_dominated(point, measured))
        for path, point in zip(paths, measured, strict=True)
    ]


def within(limit_ms: float, latency: AdditiveCosts, others: Budgets) -> Budgets:
    """Return other budgets together with a limit on time, to be made use of.

    Raises:
        InputError: no network keeps them all.
    """
    budget = Budget("--max-ms", "ms", latency, limit_ms, "fill")
    return Budgets([budget, *others.budgets], others.mask)


def _is_dominated(point: tuple[float, float], every: Sequence[tuple[float, float]]) -> bool:
    milliseconds, share = point
    return any(other != point and other[0] <= milliseconds and other[1] >= share for other in every)
