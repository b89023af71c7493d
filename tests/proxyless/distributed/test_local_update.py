from functools import partial
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from crew import Crew, batch, model
from torch import Tensor, nn
from torch.optim import SGD, Adam, Optimizer

from proxyless.distributed import (
    Delayed,
    DistributedError,
    LocalUpdate,
    LocalUpdateOptions,
    SynchronisedState,
    digest,
    get_local_update,
)
from proxyless.distributed.algorithm.local_update.quasi_hyperbolic import (
    QUICK,
    SHARE,
    kept_for,
    momentum_for,
)

WORKERS, STEPS, RATE, MOMENTUM = 3, 24, 0.1, 0.5


def gradient(step: int, rank: int) -> Tensor:
    return torch.randn(4, generator=torch.Generator().manual_seed(100 * step + rank)).double()


def found(crew: Crew, rank: int, **settings: Any) -> list[Tensor]:
    """Return a worker's weights after each step, from zero, and after the end."""
    weights = nn.Parameter(torch.zeros(4, dtype=torch.float64))
    optimizer = SGD([weights], RATE, MOMENTUM)
    trainer = Delayed(optimizer, crew.membership(rank), transport="direct", **settings)
    trainer.join()
    after = []
    for step in range(STEPS):
        weights.grad = gradient(step, rank)
        trainer.step()
        after.append(weights.detach().clone())
    trainer.leave()
    return [*after, weights.detach().clone()]


@pytest.mark.parametrize(("delay", "period"), [(1, 1), (5, 1), (4, 3), (0, 4)])
def test_quasi_hyperbolic_is_synchronised_weights_and_own_gradients_that_fade(
    delay: int, period: int
) -> None:
    late = -(-delay // period) * period + period - 1
    slow, kept = momentum_for(late), kept_for(late)
    common, velocity = torch.zeros(4).double(), torch.zeros(4).double()
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
                common = common - RATE / (1 - MOMENTUM) * moved
            committed += period
        expected.append(common + own)
    crew = Crew(WORKERS)
    workers = crew.run(lambda rank: found(crew, rank, delay=delay, period=period))
    for rank, weights in enumerate(workers):
        torch.testing.assert_close(
            torch.stack(weights[:-1]), torch.stack([one[rank] for one in expected])
        )
    assert all(torch.equal(weights[-1], workers[0][-1]) for weights in workers)


def train(crew: Crew, rank: int, local_update: str, **settings: Any) -> tuple[str, str]:
    network = model()
    optimizer = SGD(network.parameters(), 0.05, 0.9, weight_decay=1e-3, nesterov=True)
    trainer = Delayed(
        optimizer,
        crew.membership(rank),
        local_update=local_update,
        transport="direct",
        **settings,
    )
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
    ends = crew.run(lambda rank: train(crew, rank, "quasi-hyperbolic", **settings))
    assert len(set(ends)) == 1


def test_without_delay_both_are_synchronous_bit_for_bit() -> None:
    crews = {name: Crew(WORKERS) for name in ("replay", "quasi-hyperbolic")}
    ends = {name: crew.run(partial(train, crew, local_update=name)) for name, crew in crews.items()}
    assert ends["quasi-hyperbolic"] == ends["replay"]


def quasi_hyperbolic(optimizer: Optimizer, delay: int = 2) -> LocalUpdate:
    return get_local_update("quasi-hyperbolic", LocalUpdateOptions(optimizer, delay, 1))


@pytest.mark.parametrize("maximize", [False, True])
@pytest.mark.parametrize(("momentum", "dampening"), [(0.0, 0.0), (0.9, 0.3), (0.999, 0.0)])
def test_every_gradient_moves_synchronised_weights_as_far_as_it_would_have(
    momentum: float, dampening: float, maximize: bool
) -> None:
    weights = nn.Parameter(torch.zeros(1, dtype=torch.float64))
    local_update = quasi_hyperbolic(SGD([weights], 0.1, momentum, dampening, maximize=maximize))
    settings = local_update.settings()
    assert settings[0]["momentum"] == max(momentum, momentum_for(2))
    local_update.optimizer.param_groups[0].update(settings[0])
    for step in range(20_000):
        weights.grad = torch.full_like(weights, float(step == 0))
        local_update.optimizer.step()
    far = 0.1 * (1 - dampening) / (1 - momentum)
    assert weights.item() == pytest.approx(far if maximize else -far)


def test_own_gradients_go_uphill_where_the_optimiser_does() -> None:
    weights = nn.Parameter(torch.zeros(1))
    local_update = quasi_hyperbolic(SGD([weights], 0.1, 0.5, maximize=True))
    weights.grad = torch.ones(1)
    local_update.step(SynchronisedState(local_update.optimizer))
    assert weights.item() == pytest.approx(SHARE * 0.1 / 0.5)


def test_an_optimiser_that_it_is_not_for_is_refused() -> None:
    optimizer = Adam([nn.Parameter(torch.zeros(1))])
    with pytest.raises(DistributedError, match="quasi-hyperbolic is for SGD, not for Adam: choose"):
        quasi_hyperbolic(optimizer)
    assert quasi_hyperbolic(optimizer, delay=0).optimizer is optimizer, "synchronous for any"
    with pytest.raises(DistributedError, match="no local update 'far': choose one of replay, qua"):
        get_local_update("far", LocalUpdateOptions(optimizer, 2, 1))


def sgd_of_release_0_2(group: dict[str, Any], staleness: int) -> dict[str, Any]:
    """Return the settings with which release 0.2 made SGD step the synchronised state."""
    momentum = max(momentum_for(staleness), group["momentum"])
    entering = (1 - momentum) / momentum * (1 - QUICK) / QUICK
    return {
        "lr": QUICK * group["lr"] / (1 - group["momentum"]),
        "momentum": momentum,
        "dampening": 1 - entering,
        "nesterov": True,
    }


@pytest.mark.parametrize("decay", [0.0, 0.01])
def test_synchronised_weights_move_as_in_release_0_2_also_from_its_checkpoint(decay: float) -> None:
    generator = torch.Generator().manual_seed(3)
    old, new = (nn.Parameter(torch.ones(5)) for _ in range(2))
    trick = SGD([old], 0.1, 0.9, weight_decay=decay)
    local_update = quasi_hyperbolic(SGD([new], 0.1, 0.9, weight_decay=decay), delay=16)
    trick.param_groups[0].update(sgd_of_release_0_2(trick.param_groups[0], 16))
    trick.state[old]["momentum_buffer"] = torch.zeros(5)
    state = SynchronisedState(local_update.optimizer)
    for step in range(300):
        old.grad = torch.randn(5, generator=generator) + old.detach()
        average = {0: old.grad.clone()}
        trick.step()
        state.check_out([0])
        state.step_working(average, [local_update.settings()])
        state.check_in([0])
        torch.testing.assert_close(new, old, rtol=1e-6, atol=1e-6)
        if step == 150:  # go on from what release 0.2 would have kept
            kept = [{"momentum_buffer": trick.state[old]["momentum_buffer"].clone()}]
            state = SynchronisedState(local_update.optimizer)
            states = local_update.upgrade(kept)
            state.load_state_dict({"weights": [old.detach()], "states": states})
