import itertools

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from latency import AdditiveCosts
from proxyless.architecture_parameters import ArchitectureParameters
from proxyless.budget import STIFFNESS, USE, LatencyTarget, derive
from search_spaces import InputError

WIDTHS = (3, 4, 2, 3)
PATHS = list(itertools.product(*map(range, WIDTHS)))


def parameters_of(seed: int, scale: float = 2.0) -> ArchitectureParameters:
    generator = torch.Generator().manual_seed(seed)
    parameters = ArchitectureParameters(WIDTHS, generator)
    with torch.no_grad():
        parameters.values.normal_(0, scale, generator=generator)
    return parameters


def costs_of(seed: int, fixed: float = 0.5, scale: float = 1.0) -> AdditiveCosts:
    generator = torch.Generator().manual_seed(seed)
    choices = scale * torch.rand(4, 4, generator=generator, dtype=torch.float64)
    mask = torch.arange(4) < torch.tensor(WIDTHS)[:, None]
    return AdditiveCosts(fixed, choices * mask)


def target_of(costs: AdditiveCosts, share: float) -> LatencyTarget:
    """A target so far between the fastest and the slowest network."""
    mask = parameters_of(0).mask
    low, high = costs.bounds(mask)
    return LatencyTarget(costs, mask, low + share * (high - low))


def log_probability(log_p: Tensor, path: tuple[int, ...]) -> float:
    return sum(float(log_p[block, choice]) for block, choice in enumerate(path))


@given(st.integers(0, 2**31))
def test_expectation_is_the_mean_over_all_networks(seed: int) -> None:
    parameters, costs = parameters_of(seed), costs_of(seed)
    p = parameters.probabilities().double()
    weights = [float(torch.stack([p[b, c] for b, c in enumerate(path)]).prod()) for path in PATHS]
    milliseconds = costs.of(torch.tensor(PATHS))
    expected = sum(w * float(ms) for w, ms in zip(weights, milliseconds, strict=True))
    assert target_of(costs, 0.5).expected_ms(p) == pytest.approx(expected)


@given(st.integers(0, 2**31), st.floats(-3, 3))
def test_gate_costs_are_the_gradient_of_the_loss_term(seed: int, multiplier: float) -> None:
    costs = costs_of(seed)
    target = target_of(costs, 0.4)
    target.multiplier = multiplier
    p = parameters_of(seed).probabilities().double().requires_grad_()
    violation = (costs.fixed + (p * costs.choices).sum()) / target.target_ms - 1
    (multiplier * violation + STIFFNESS / 2 * violation**2).backward()
    torch.testing.assert_close(target.gate_costs(p.detach()), p.grad)


def test_multiplier_rises_above_the_target_and_falls_below() -> None:
    costs = costs_of(0)
    target = target_of(costs, 0.5)
    target.schedule(100)
    fastest, slowest = (torch.zeros(4, 4, dtype=torch.float64) for _ in range(2))
    mask = target.mask
    fastest[range(4), costs.choices.masked_fill(~mask, torch.inf).argmin(1)] = 1
    slowest[range(4), costs.choices.masked_fill(~mask, -1).argmax(1)] = 1
    target.update(slowest)
    risen = target.multiplier
    assert risen == pytest.approx(target.rate * target.violation(slowest))
    assert risen > 0
    target.update(fastest)
    assert target.multiplier < risen


def test_multiplier_moves_as_far_whatever_the_number_of_updates() -> None:
    p, moved = parameters_of(0).probabilities(), []
    for updates in (10, 1000):
        target = target_of(costs_of(0), 0.2)
        target.schedule(updates)
        for _ in range(updates):
            target.update(p)
        moved.append(target.multiplier)
    assert moved[0] == pytest.approx(moved[1])


def test_state_is_restored() -> None:
    target, other = target_of(costs_of(0), 0.2), target_of(costs_of(0), 0.2)
    target.schedule(10)
    target.update(parameters_of(0).probabilities())
    other.load_state_dict(target.state_dict())
    assert (other.multiplier, other.rate) == (target.multiplier, target.rate)
    assert other.multiplier != 0


@pytest.mark.parametrize("share", [-0.01, 1.01])
def test_unreachable_target_prints_the_reachable_interval(share: float) -> None:
    costs = costs_of(0)
    low, high = costs.bounds(parameters_of(0).mask)
    with pytest.raises(InputError, match=f"its networks take {low:.4g} to {high:.4g} ms"):
        target_of(costs, share)


@pytest.mark.parametrize("milliseconds", [0.0, -3.0, float("nan")])
def test_a_target_is_above_zero(milliseconds: float) -> None:
    with pytest.raises(InputError, match="is not above 0"):
        LatencyTarget(costs_of(0), parameters_of(0).mask, milliseconds)


@given(st.integers(0, 2**31), st.floats(0, 1), st.sampled_from([0.01, 1.0, 100.0]))
def test_derived_network_is_the_best_of_all_that_keep_the_target(
    seed: int, share: float, scale: float
) -> None:
    costs, parameters = costs_of(seed, 0.5 * scale, scale), parameters_of(seed)
    target = target_of(costs, share)
    log_p = parameters.log_probabilities().detach().double()
    path = tuple(derive(log_p, target))
    milliseconds = dict(zip(PATHS, costs.of(torch.tensor(PATHS)).tolist(), strict=True))
    slack = 1e-9 * target.target_ms
    within = [one for one in PATHS if milliseconds[one] <= target.target_ms + slack]
    assert path in within
    reached = max(milliseconds[one] for one in within)
    assert milliseconds[path] >= USE * reached * (1 - 1e-3)
    using = [one for one in within if milliseconds[one] >= USE * reached + slack]
    best = max(log_probability(log_p, one) for one in using)
    assert log_probability(log_p, path) >= best - 2e-4 * abs(best)


def test_probability_alone_decides_among_networks_that_take_as_long() -> None:
    choices = torch.ones(4, 4, dtype=torch.float64)
    choices[0, 2] = 1.1  # too slow, however probable
    parameters = parameters_of(7)
    with torch.no_grad():
        parameters.values[0] = torch.tensor([0.0, 1.0, 9.0, 0.0])
    target = LatencyTarget(AdditiveCosts(1.0, choices), parameters.mask, 5.05)
    expected = [1, *parameters.probabilities()[1:].argmax(1).tolist()]
    assert derive(parameters.log_probabilities(), target) == expected


@pytest.mark.parametrize("seed", range(3))
def test_the_fastest_and_the_slowest_network_can_be_asked_for(seed: int) -> None:
    costs, parameters = costs_of(seed), parameters_of(seed)
    low, high = costs.bounds(parameters.mask)
    for wanted in (low, high):
        path = derive(parameters.log_probabilities(), LatencyTarget(costs, parameters.mask, wanted))
        found = float(costs.of(torch.tensor(path)))
        assert USE * wanted <= found <= wanted * (1 + 1e-9)
