"""Quasi-hyperbolic momentum beside its paper, and beside the optimisers it contains."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.optim import SGD, Optimizer

from proxyless.distributed import DistributedError, QuasiHyperbolicMomentum

STEPS = 40


def gradients() -> list[Tensor]:
    generator = torch.Generator().manual_seed(5)
    return [torch.randn(6, generator=generator, dtype=torch.float64) for _ in range(STEPS)]


def trajectory(make: Any) -> Tensor:
    """Return the weights after each step of an optimiser, (steps, 6), from one."""
    weights = nn.Parameter(torch.ones(6, dtype=torch.float64))
    optimizer: Optimizer = make([weights])
    found = []
    for gradient in gradients():
        weights.grad = gradient.clone()
        optimizer.step()
        found.append(weights.detach().clone())
    return torch.stack(found)


@pytest.mark.parametrize(("nu", "beta"), [(0.7, 0.999), (0.9, 0.95), (0.3, 0.5)])
def test_it_is_algorithm_1_of_ma_and_yarats(nu: float, beta: float) -> None:
    """QHM: g_0 = 0; g_t+1 = b g_t + (1 - b) grad; theta_t+1 = theta_t - a [(1-v) grad + v g_t+1].

    Written number by number, without a tensor.
    """
    alpha = 0.05
    theta, g, expected = [1.0] * 6, [0.0] * 6, []
    for gradient in gradients():
        for i, slope in enumerate(gradient.tolist()):
            g[i] = beta * g[i] + (1 - beta) * slope
            theta[i] = theta[i] - alpha * ((1 - nu) * slope + nu * g[i])
        expected.append(list(theta))
    found = trajectory(lambda p: QuasiHyperbolicMomentum(p, alpha, beta, nu))
    torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.float64))


@pytest.mark.parametrize("maximize", [False, True])
@pytest.mark.parametrize("decay", [0.0, 0.02])
@pytest.mark.parametrize(
    ("nu", "sgd"),
    [
        (0.0, {"lr": 0.05}),
        (1.0, {"lr": 0.05 * (1 - 0.9), "momentum": 0.9}),
        (0.9, {"lr": 0.05 * (1 - 0.9), "momentum": 0.9, "nesterov": True}),
    ],
)
def test_it_contains_sgd_and_both_momenta(
    nu: float, sgd: dict[str, Any], decay: float, maximize: bool
) -> None:
    shared: dict[str, Any] = {"weight_decay": decay, "maximize": maximize}
    expected = trajectory(lambda p: SGD(p, **sgd, **shared))
    found = trajectory(lambda p: QuasiHyperbolicMomentum(p, 0.05, 0.9, nu, **shared))
    torch.testing.assert_close(found, expected)


def test_it_goes_on_from_its_state() -> None:
    def interrupted(parameters: list[nn.Parameter]) -> Optimizer:
        first = QuasiHyperbolicMomentum(parameters, 0.05, 0.9)
        parameters[0].grad = gradients()[0]
        first.step()
        second = QuasiHyperbolicMomentum(parameters, 1.0)
        second.load_state_dict(first.state_dict())
        return second

    def whole(parameters: list[nn.Parameter]) -> Optimizer:
        optimizer = QuasiHyperbolicMomentum(parameters, 0.05, 0.9)
        parameters[0].grad = gradients()[0]
        optimizer.step()
        return optimizer

    assert torch.equal(trajectory(interrupted), trajectory(whole))


def test_a_closure_is_asked_for_gradients_and_its_loss_is_returned() -> None:
    weights = nn.Parameter(torch.ones(1))
    optimizer = QuasiHyperbolicMomentum([weights], 0.5, nu=0.0)

    def closure() -> float:
        loss = (weights**2).sum()
        loss.backward()
        return loss.item()

    assert optimizer.step(closure) == 1.0
    assert weights.item() == 0.0


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"lr": -0.1}, "`lr` -0.1 is below 0"),
        ({"momentum": 1.0}, "`momentum` 1 is out of range"),
        ({"nu": 1.1}, "`nu` 1.1 is no share"),
        ({"weight_decay": -1.0}, "`weight_decay` -1 is below 0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(DistributedError, match=sentence):
        QuasiHyperbolicMomentum([nn.Parameter(torch.ones(1))], **{"lr": 0.1, **options})
