"""The published losses against autograd and against what they are rewarded with."""

from collections.abc import Callable

import pytest
import torch
from random_costs import MASK, PATHS, costs_of, parameters_of
from torch import Tensor

from proxyless.constraints.latency_loss import LatencyLoss, get_latency_loss
from search_spaces import InputError

COSTS = costs_of(3, fixed=5.0, scale=4.0)
TARGET = 11.0


def loss_of(name: str) -> LatencyLoss:
    loss = get_latency_loss(name, COSTS, MASK, TARGET)
    assert loss is not None
    return loss


def additive(cross_entropy: Tensor, expected: Tensor) -> Tensor:
    return cross_entropy + 0.1 * (expected - TARGET) / TARGET


def multiplicative(cross_entropy: Tensor, expected: Tensor) -> Tensor:
    return cross_entropy * 0.2 * (expected.log() / torch.tensor(TARGET).log()) ** 0.3


@pytest.mark.parametrize("total", [additive, multiplicative])
@pytest.mark.parametrize("seed", range(5))
def test_gradient_is_that_of_the_formula(
    total: Callable[[Tensor, Tensor], Tensor], seed: int
) -> None:
    p = parameters_of(seed).probabilities().double().requires_grad_()
    gates = torch.randn(p.shape, dtype=p.dtype, generator=torch.Generator().manual_seed(seed))
    cross_entropy = 2.3 + (gates * (p - p.detach())).sum()  # of value 2.3 and gradient gates
    total(cross_entropy, COSTS.fixed + (p * COSTS.choices).sum()).backward()
    found = loss_of(total.__name__).gradient(gates, 2.3, p.detach())
    torch.testing.assert_close(found, p.grad)


def test_reinforce_is_rewarded_for_speed() -> None:
    paths, accuracies = torch.tensor(PATHS), torch.full((len(PATHS),), 0.5)
    rewards = loss_of("multiplicative").rewards(accuracies, paths)
    expected = 0.5 * (TARGET / COSTS.of(paths)) ** 0.1
    torch.testing.assert_close(rewards.double(), expected, rtol=1e-6, atol=0)
    assert loss_of("additive").rewards(accuracies, paths) is accuracies


def test_logarithms_need_more_than_a_millisecond() -> None:
    quick = costs_of(3, fixed=0.05, scale=0.1)
    with pytest.raises(InputError, match=r"means? nothing for networks of 0\.\d+ ms"):
        get_latency_loss("multiplicative", quick, MASK, 0.2)
    assert get_latency_loss("additive", quick, MASK, 0.2) is not None


def test_the_default_is_the_multiplier() -> None:
    assert get_latency_loss("multiplier", COSTS, MASK, TARGET) is None
    with pytest.raises(InputError, match="there is no latency loss 'quadratic': choose one of"):
        get_latency_loss("quadratic", COSTS, MASK, TARGET)
