from functools import partial
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from crew import Crew, batch, model
from torch import Tensor, nn
from torch.optim import SGD, Adam

from proxyless.distributed.algorithm.local_update import get_local_update
from proxyless.distributed.algorithm.local_update.quasi_hyperbolic import (
    QUICK,
    SHARE,
    kept_for,
    momentum_for,
)
from proxyless.distributed.algorithm.synchronised_state import SynchronisedState
from proxyless.distributed.algorithm.delayed import Delayed
from proxyless.distributed.errors import DistributedError

WORKERS, STEPS, RATE, MOMENTUM = 3, 24, 0.1, 0.5


def gradient(step: int, rank: int) -> Tensor:
    return torch.randn(4, generator=torch.Generator().manual_seed(100 * step + rank)).double()


def found(crew: Crew, rank: int, **settings: Any) -> list[Tensor]:
    """Return a worker's weights after each step, from zero, and after the end."""
    weights = nn.Parameter(torch.zeros(4, dtype=torch.float64))
    optimizer = SGD([weights], RATE, MOMENTUM)
    trainer = Delayed(optimizer, crew.exchange(rank), ahead="damped", **settings)
    trainer.join()
    after = []
    for step in range(STEPS):
        weights.grad = gradient(step, rank)
        trainer.step()
        after.append(weights.detach().clone())
    trainer.leave()
    return [*after, weights.detach().clone()]


@pytest.mark.parametrize(("delay", "period"), [(1, 1), (5, 1), (4, 3), (0, 4)])
def test_damped_is_the_base_and_own_gradients_that_fade(delay: int, period: int) -> None:
    late = -(-delay // period) * period + period - 1
    slow, kept = momentum_for(late), kept_for(late)
    base, velocity = torch.zeros(4).double(), torch.zeros(4).double()
    own = torch.zeros(WORKERS, 4).double()
    expected, committed = [], 0
    for step in range(STEPS):
        gradients = torch.stack([gradient(step, rank) for rank in range(WORKERS)])
        own = kept * own - SHARE * RATE / (1 - MOMENTUM) * gradients
        made = step + 1
        while made % period == 0 and committed + period <= made - delay:
            steps = range(committed, committed + period)
            mean = sum(gradient(s, r) for s in steps for r in range(WORKERS)) / WORKERS / period
            for _ in steps:
                velocity = slow * velocity + (1 - slow) * mean
                moved = QUICK * mean + (1 - QUICK) * velocity
                base = base - RATE / (1 - MOMENTUM) * moved
            committed += period
        expected.append(base + own)
    crew = Crew(WORKERS)
    workers = crew.run(lambda rank: found(crew, rank, delay=delay, period=period))
    for rank, weights in enumerate(workers):
        torch.testing.assert_close(
            torch.stack(weights[:-1]), torch.stack([one[rank] for one in expected])
        )
    assert all(torch.equal(weights[-1], workers[0][-1]) for weights in workers)


def train(crew: Crew, rank: int, ahead: str, **settings: Any) -> tuple[str, str]:
    network = model()
    optimizer = SGD(network.parameters(), 0.05, 0.9, weight_decay=1e-3, nesterov=True)
    trainer = Delayed(optimizer, crew.exchange(rank), ahead=ahead, **settings)
    trainer.join()
    while trainer.position < 12:
        inputs, labels = batch(trainer.position, rank)
        optimizer.zero_grad()
        F.cross_entropy(network(inputs), labels).backward()
        trainer.step()
        if trainer.position == 5:
            trainer.drain()
    trainer.leave()
    return trainer.digest(), digest([one.detach() for one in network.parameters()])


@pytest.mark.parametrize("settings", [{"delay": 3}, {"delay": 4, "period": 3}, {"period": 4}])
def test_all_workers_are_equal_after_a_drain(settings: dict[str, int]) -> None:
    crew = Crew(WORKERS)
    ends = crew.run(lambda rank: train(crew, rank, "damped", **settings))
    assert len(set(ends)) == 1


def test_without_delay_damped_is_synchronous_bit_for_bit() -> None:
    crews = {ahead: Crew(WORKERS) for ahead in ("exact", "damped")}
    ends = {ahead: crew.run(partial(train, crew, ahead=ahead)) for ahead, crew in crews.items()}
    assert ends["damped"] == ends["exact"]


@pytest.mark.parametrize("implementation", ["foreach", "fused"])
@pytest.mark.parametrize("maximize", [False, True])
@pytest.mark.parametrize(("momentum", "dampening"), [(0.0, 0.0), (0.9, 0.3), (0.999, 0.0)])
def test_every_gradient_moves_the_base_as_far_as_it_would_have(
    momentum: float, dampening: float, maximize: bool, implementation: str
) -> None:
    weights = nn.Parameter(torch.zeros(1, dtype=torch.float64))
    options = {"maximize": maximize, implementation: True}
    optimizer = SGD([weights], 0.1, momentum, dampening, **options)
    slowed = get_local_update("damped", optimizer, 2, 1).settings(
        SynchronisedState(optimizer).settings()
    )
    assert slowed[0]["momentum"] == max(momentum, momentum_for(2))
    optimizer.param_groups[0].update(slowed[0])
    for step in range(20_000):
        weights.grad = torch.full_like(weights, float(step == 0))
        optimizer.step()
    far = 0.1 * (1 - dampening) / (1 - momentum)
    assert weights.item() == pytest.approx(far if maximize else -far)


def test_own_gradients_go_uphill_where_the_optimiser_does() -> None:
    weights = nn.Parameter(torch.zeros(1))
    optimizer = SGD([weights], 0.1, 0.5, maximize=True)
    ahead, base = get_local_update("damped", optimizer, 2, 1), SynchronisedState(optimizer)
    weights.grad = torch.ones(1)
    ahead.step(base)
    assert weights.item() == pytest.approx(SHARE * 0.1 / 0.5)


def test_what_cannot_be_damped_is_refused() -> None:
    optimizer = Adam([nn.Parameter(torch.zeros(1))])
    with pytest.raises(DistributedError, match="damped is a way ahead for SGD, not for Adam"):
        get_local_update("damped", optimizer, 2, 1)
    with pytest.raises(DistributedError, match="no way ahead 'far': choose one of exact, damped"):
        get_local_update("far", optimizer, 2, 1)
