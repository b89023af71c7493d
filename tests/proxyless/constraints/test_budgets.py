"""Several budgets at once, against every network of a space small enough to list."""

import random

import pytest
import torch
from hypothesis import given, strategies as st
from random_costs import MASK, PATHS, budget_of, costs_of, parameters_of
from torch import Tensor

from latency import AdditiveCosts
from proxyless.constraints.budget import Aim, Budget
from proxyless.constraints.budgets import USE, Budgets
from search_spaces import InputError


def log_probability(log_p: Tensor, path: tuple[int, ...]) -> float:
    return sum(float(log_p[block, choice]) for block, choice in enumerate(path))


def every_cost(costs: AdditiveCosts) -> dict[tuple[int, ...], float]:
    return dict(zip(PATHS, costs.of(torch.tensor(PATHS)).tolist(), strict=True))


def budgets_around(seed: int, path: tuple[int, ...], aim: Aim) -> list[Budget]:
    """A time and two others, at the cost of one network or up to a tenth above it."""
    found, generator = [], random.Random(seed)
    for number, unit in enumerate(("ms", "parameters", "multiply-adds")):
        costs = costs_of(seed + number, fixed=0.5 * 10**number, scale=10.0**number)
        limit = every_cost(costs)[path] * (1 + 0.1 * generator.random())
        budget = Budget(f"--max-{unit}", unit, costs, limit, "cap" if number else aim)
        found.append(budget)
    return found


@given(st.integers(0, 2**31), st.sampled_from(PATHS), st.sampled_from(["fill", "cap"]))
def test_derived_network_is_the_best_of_all_that_keep_every_budget(
    seed: int, path: tuple[int, ...], aim: Aim
) -> None:
    budgets = budgets_around(seed % 1000, path, aim)
    log_p = parameters_of(seed).log_probabilities().detach().double()
    derived = tuple(Budgets(budgets, MASK).derive(log_p))
    costs = [every_cost(budget.costs) for budget in budgets]
    within = [
        one
        for one in PATHS
        if all(cost[one] <= b.limit for cost, b in zip(costs, budgets, strict=True))
    ]
    assert derived in within, "exactly, not to a tolerance"
    time = costs[0]
    reached = max(time[one] for one in within)
    floor = USE * reached if aim == "fill" else 0.0
    assert time[derived] >= floor * (1 - 1e-3)
    best = max(log_probability(log_p, one) for one in within if time[one] >= floor * (1 + 1e-9))
    assert log_probability(log_p, derived) >= best - 2e-4 * abs(best)


def test_a_limit_out_of_reach_is_searched_at_what_can_be_reached() -> None:
    time, size = budget_of(costs_of(1), 2.0, "fill"), budget_of(costs_of(2), 0.3, "cap")
    Budgets([time, size], MASK)
    small = [path for path in PATHS if every_cost(size.costs)[path] <= size.limit]
    assert time.level == pytest.approx(max(every_cost(time.costs)[path] for path in small))
    assert time.level < time.limit


@given(st.integers(0, 2**31), st.floats(0, 1), st.sampled_from([0.01, 1.0, 100.0]))
def test_a_target_is_kept_whatever_its_scale(seed: int, share: float, scale: float) -> None:
    costs, log_p = costs_of(seed, 0.5 * scale, scale), parameters_of(seed).log_probabilities()
    budget = budget_of(costs, share)
    derived = tuple(Budgets([budget], MASK).derive(log_p))
    milliseconds = every_cost(costs)
    within = [cost for cost in milliseconds.values() if cost <= budget.limit * (1 + 1e-9)]
    assert milliseconds[derived] <= budget.limit * (1 + 1e-9)
    assert milliseconds[derived] >= USE * max(within) * (1 - 1e-3)


def test_probability_alone_decides_among_networks_that_take_as_long() -> None:
    choices = torch.ones(4, 4, dtype=torch.float64)
    choices[0, 2] = 1.1  # too slow, however probable
    parameters = parameters_of(7)
    with torch.no_grad():
        parameters.values[0] = torch.tensor([0.0, 1.0, 9.0, 0.0])
    budget = Budget("--target-ms", "ms", AdditiveCosts(1.0, choices), 5.05, "hold")
    expected = [1, *parameters.probabilities()[1:].argmax(1).tolist()]
    assert Budgets([budget], MASK).derive(parameters.log_probabilities()) == expected


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("end", [0, 1])
def test_the_fastest_and_the_slowest_network_can_be_asked_for(seed: int, end: int) -> None:
    costs, log_p = costs_of(seed), parameters_of(seed).log_probabilities()
    wanted = costs.bounds(MASK)[end]
    for aim in ("hold", "fill"):
        path = Budgets([Budget("--max-ms", "ms", costs, wanted, aim)], MASK).derive(log_p)
        found = float(costs.of(torch.tensor(path)))
        assert USE * wanted <= found <= wanted * (1 + 1e-9)


@pytest.mark.parametrize(("share", "side"), [(-0.01, "below"), (1.01, "above")])
def test_unreachable_target_prints_the_reachable_interval(share: float, side: str) -> None:
    costs = costs_of(0)
    low, high = costs.bounds(MASK)
    words = f"is {side} what the space can reach: its networks take {low:.4g} to {high:.4g} ms"
    with pytest.raises(InputError, match=words):
        Budgets([budget_of(costs, share)], MASK)


def test_a_maximum_above_everything_is_no_mistake() -> None:
    costs, log_p = costs_of(0), parameters_of(0).log_probabilities()
    budget = budget_of(costs, 2, "cap")
    assert Budgets([budget], MASK).derive(log_p) == log_p.argmax(1).tolist()


def opposed() -> tuple[AdditiveCosts, AdditiveCosts]:
    """What is cheap in one unit is dear in the other."""
    one = costs_of(0)
    return one, AdditiveCosts(0.1, (1.5 - one.choices) * MASK)


def test_budgets_that_collide_are_named_with_what_would_do() -> None:
    time, size = opposed()
    budgets = [
        budget_of(time, 0.2, "fill"), budget_of(size, 0.2, "cap", "--max-params"),
        budget_of(costs_of(5), 0.99, "cap", "--max-macs"),
    ]  # fmt: skip
    kept = [path for path, cost in every_cost(size).items() if cost <= budgets[1].limit]
    least = min(every_cost(time)[path] for path in kept)
    with pytest.raises(InputError) as caught:
        Budgets(budgets, MASK)
    said = str(caught.value)
    assert f"`target_ms` {budgets[0].limit:g} collides with `max_params`" in said
    assert f"networks that keep the latter take at least {least:.4g} ms" in said
    assert "--max-macs" not in said, "it has no part in it"


def test_a_target_that_other_budgets_keep_out_of_reach() -> None:
    time = costs_of(0)
    size = AdditiveCosts(0.0, time.choices * 100)
    budgets = [budget_of(time, 0.9), budget_of(size, 0.5, "cap", "--max-params")]
    with pytest.raises(
        InputError, match=r"`target_ms` \S+ collides with `max_params` .* take at most .* ms"
    ):
        Budgets(budgets, MASK)


def test_state_is_restored() -> None:
    one, other = (Budgets([budget_of(costs_of(0), 0.2)], MASK) for _ in range(2))
    one.schedule(10)
    one.update(parameters_of(0).probabilities())
    other.load_state_dict(one.state_dict())
    assert other.state_dict() == one.state_dict()
    assert other.budgets[0].multiplier != 0
