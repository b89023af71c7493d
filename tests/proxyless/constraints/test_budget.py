import pytest
import torch
from hypothesis import given, strategies as st
from random_costs import MASK, PATHS, budget_of, costs_of, parameters_of

from proxyless.constraints.budget import STIFFNESS, Aim, Budget
from search_spaces import InputError


@given(st.integers(0, 2**31))
def test_expectation_is_the_mean_over_all_networks(seed: int) -> None:
    parameters, costs = parameters_of(seed), costs_of(seed)
    p = parameters.probabilities().double()
    weights = [float(torch.stack([p[b, c] for b, c in enumerate(path)]).prod()) for path in PATHS]
    every = costs.of(torch.tensor(PATHS))
    mean = sum(weight * float(cost) for weight, cost in zip(weights, every, strict=True))
    assert budget_of(costs, 0.5).expected(p) == pytest.approx(mean)


@given(st.integers(0, 2**31), st.floats(-3, 3), st.sampled_from(["hold", "fill", "cap"]))
def test_gate_costs_are_the_gradient_of_the_loss_term(
    seed: int, multiplier: float, aim: Aim
) -> None:
    costs = costs_of(seed)
    budget = budget_of(costs, 0.4, aim)
    budget.multiplier = multiplier
    p = parameters_of(seed).probabilities().double().requires_grad_()
    violation = (costs.fixed + (p * costs.choices).sum()) / budget.limit - 1
    if aim != "cap":
        term = multiplier * violation + STIFFNESS / 2 * violation**2
    else:  # the augmented Lagrangian of an inequality
        term = ((multiplier + STIFFNESS * violation).clamp(min=0) ** 2) / (2 * STIFFNESS)
    term.backward()
    gates = torch.randn(p.shape, dtype=p.dtype)
    torch.testing.assert_close(budget.gradient(gates, 1.0, p.detach()) - gates, p.grad)


@pytest.mark.parametrize("aim", ["hold", "fill", "cap"])
def test_multiplier_rises_above_the_limit_and_falls_below(aim: Aim) -> None:
    costs = costs_of(0)
    budget = budget_of(costs, 0.5, aim)
    budget.schedule(100)
    cheapest, dearest = (torch.zeros(4, 4, dtype=torch.float64) for _ in range(2))
    cheapest[range(4), costs.choices.masked_fill(~MASK, torch.inf).argmin(1)] = 1
    dearest[range(4), costs.choices.masked_fill(~MASK, -1).argmax(1)] = 1
    budget.update(dearest)
    risen = budget.multiplier
    assert risen == pytest.approx(budget.rate * budget.violation(dearest))
    assert risen > 0
    for _ in range(100):
        budget.update(cheapest)
    assert (budget.multiplier < 0) == (aim != "cap"), "what is to be made use of pulls up"
    assert budget.multiplier < risen


def test_multiplier_rests_while_the_violation_shrinks() -> None:
    """A search that starts far above its limit must not end far below it."""
    costs = costs_of(0)
    budget = budget_of(costs, 0.5, "fill")
    budget.schedule(100)
    dearest, cheapest = (torch.zeros(4, 4, dtype=torch.float64) for _ in range(2))
    dearest[range(4), costs.choices.masked_fill(~MASK, -1).argmax(1)] = 1
    cheapest[range(4), costs.choices.masked_fill(~MASK, torch.inf).argmin(1)] = 1
    budget.update(dearest)
    first = budget.multiplier
    for share in torch.linspace(0.99, 0.0, 60):
        p = share * dearest + (1 - share) * cheapest
        if budget.violation(p) <= 0:
            break
        budget.update(p)
    assert budget.multiplier == first
    for _ in range(5):
        budget.update(dearest)
    assert budget.multiplier > first, "what does not shrink is pushed"


def test_multiplier_moves_as_far_whatever_the_number_of_updates() -> None:
    p, moved = parameters_of(0).probabilities(), []
    for updates in (10, 1000):
        budget = budget_of(costs_of(0), 0.2)
        budget.schedule(updates)
        for _ in range(updates):
            budget.update(p)
        moved.append(budget.multiplier)
    assert moved[0] == pytest.approx(moved[1])


@pytest.mark.parametrize("limit", [0.0, -3.0, float("nan")])
def test_a_limit_is_above_zero(limit: float) -> None:
    with pytest.raises(InputError, match=r"`max_params` .* is not above 0"):
        Budget("--max-params", "parameters", costs_of(0), limit)
