"""Random search and evolution on accuracies that are known beforehand."""

from collections.abc import Callable, Sequence

import pytest
import torch
from random_costs import MASK, PATHS, budget_of, costs_of

from latency import AdditiveCosts
from proxyless.constraints.budget import Budget
from proxyless.constraints.budgets import USE, Budgets
from proxyless.nas.baselines import POPULATION, RANDOM_NETWORKS, best_of_random, evolve, gumbel

Baseline = Callable[..., list[int]]


def budgets_of_half() -> Budgets:
    return Budgets([budget_of(costs_of(1), 0.6, "fill")], MASK)


class Ranking:
    """Accuracy by a hidden preference for choices, and what it was asked for."""

    def __init__(self) -> None:
        generator = torch.Generator().manual_seed(9)
        self.values = torch.rand(MASK.shape, generator=generator)
        self.asked: list[tuple[int, ...]] = []

    def __call__(self, paths: Sequence[Sequence[int]]) -> list[float]:
        self.asked += [tuple(path) for path in paths]
        return [float(self.values[range(len(path)), list(path)].mean()) for path in paths]


def kept(budgets: Budgets) -> list[tuple[int, ...]]:
    (budget,) = budgets.budgets
    every = {path: float(budget.costs.of(torch.tensor(path))) for path in PATHS}
    reached = max(ms for ms in every.values() if ms <= budget.limit)
    return [path for path, ms in every.items() if USE * reached * (1 - 1e-6) <= ms <= budget.limit]


@pytest.mark.parametrize("baseline", [best_of_random, evolve])
def test_every_network_looked_at_keeps_and_uses_the_budget(baseline: Baseline) -> None:
    budgets, accuracy = budgets_of_half(), Ranking()
    found = baseline(budgets, accuracy, torch.Generator().manual_seed(0))
    allowed = set(kept(budgets))
    assert set(accuracy.asked) <= allowed
    assert tuple(found) in allowed
    assert accuracy([found])[0] == max(accuracy(list(set(accuracy.asked))))


@pytest.mark.parametrize("baseline", [best_of_random, evolve])
def test_the_best_of_few_networks_is_found(baseline: Baseline) -> None:
    budgets, accuracy = budgets_of_half(), Ranking()
    best = max(accuracy(kept(budgets)))
    assert accuracy([baseline(budgets, accuracy, torch.Generator().manual_seed(1))])[0] == best


def test_both_look_at_as_many_networks() -> None:
    assert POPULATION * 5 == RANDOM_NETWORKS


@pytest.mark.slow
def test_evolution_beats_chance_where_there_is_much_to_choose_from() -> None:
    blocks, candidates = 20, 6
    costs = torch.rand(blocks, candidates, generator=torch.Generator().manual_seed(0)).double()
    mask = torch.ones(blocks, candidates, dtype=torch.bool)
    values = torch.rand(blocks, candidates, generator=torch.Generator().manual_seed(2))

    def accuracy(paths: Sequence[Sequence[int]]) -> list[float]:
        return [float(values[range(blocks), list(path)].mean()) for path in paths]

    def budgets() -> Budgets:
        return Budgets([Budget("--max-ms", "ms", AdditiveCosts(0.0, costs), 11.0, "cap")], mask)

    wins = 0
    for seed in range(5):
        generators = [torch.Generator().manual_seed(seed) for _ in range(2)]
        evolved = accuracy([evolve(budgets(), accuracy, generators[0])])[0]
        wins += evolved > accuracy([best_of_random(budgets(), accuracy, generators[1])])[0]
    assert wins == 5


def test_noise_draws_by_softmax() -> None:
    scores = torch.tensor([0.0, 1.0, 2.0]).double()
    generator = torch.Generator().manual_seed(0)
    drawn = (scores + gumbel((20000, 3), generator)).argmax(1)
    shares = torch.bincount(drawn, minlength=3) / len(drawn)
    torch.testing.assert_close(shares.double(), scores.softmax(0), atol=0.015, rtol=0)
