"""The Pareto set of a search: networks from fast to slow, and their accuracy."""

from collections.abc import Callable, Sequence

import torch

from latency import AdditiveCosts
from search_spaces import InputError

from ..constraints.budget import Budget
from ..constraints.budgets import Budgets
from ..runs.results import ParetoPoint
from .method import Accuracy


def pareto_set(
    latency: AdditiveCosts,
    others: Budgets,
    choose: Callable[[Budgets], list[int]],
    accuracy: Accuracy,
    count: int,
) -> list[ParetoPoint]:
    """Return the networks chosen within each of ``count`` limits on time, from fast to slow.

    The limits are spread evenly over the times of the space; all networks also keep the budgets
    ``others``. A limit that cannot be kept together with these has no network.
    """
    low, high = latency.bounds(others.mask)
    limits: dict[tuple[int, ...], float] = {}
    for limit in torch.linspace(low, high, count, dtype=torch.float64).clamp(min=low).tolist():
        try:
            budgets = within(limit, latency, others)
        except InputError:
            continue
        limits.setdefault(tuple(choose(budgets)), limit)
    predicted = {path: float(latency.of(torch.tensor(path))) for path in limits}
    paths = sorted(predicted, key=predicted.__getitem__)
    accuracies = accuracy(paths)
    measured = [(predicted[path], share) for path, share in zip(paths, accuracies, strict=True)]
    return [
        ParetoPoint(list(path), limits[path], *point, _is_dominated(point, measured))
        for path, point in zip(paths, measured, strict=True)
    ]


def within(limit_ms: float, latency: AdditiveCosts, others: Budgets) -> Budgets:
    """Return other budgets together with a limit on time that networks use as far as possible.

    Raises:
        InputError: no network keeps them all.
    """
    budget = Budget("max_ms", "ms", latency, limit_ms, "maximise")
    return Budgets([budget, *others.budgets], others.mask)


def _is_dominated(point: tuple[float, float], points: Sequence[tuple[float, float]]) -> bool:
    milliseconds, share = point
    return any(
        other != point and other[0] <= milliseconds and other[1] >= share for other in points
    )
