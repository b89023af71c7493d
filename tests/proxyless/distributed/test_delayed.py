from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from crew import PLAIN, Crew, batch, model
from torch import nn
from torch.optim import SGD, Adam, AdamW, Optimizer, RMSprop

from proxyless.distributed import Delayed, digest

OPTIMISERS: dict[str, Callable[[Iterator[nn.Parameter]], Optimizer]] = {
    "sgd": lambda p: SGD(p, lr=0.1),
    "momentum": lambda p: SGD(p, lr=0.05, momentum=0.9, nesterov=True, weight_decay=1e-3),
    "adam": lambda p: Adam(p, lr=0.01),
    "adamw": lambda p: AdamW(p, lr=0.01, weight_decay=0.1),
    "rmsprop": lambda p: RMSprop(p, lr=0.01),
}


def rate(step: int) -> float:
    return 0.05 / (1 + step)


def train(
    crew: Crew, rank: int, kind: str, steps: int, **settings: Any
) -> tuple[Delayed, nn.Module]:
    network = model()
    optimizer = OPTIMISERS[kind](network.parameters())
    trainer = Delayed(optimizer, crew.membership(rank), **PLAIN, **settings)
    trainer.join()
    while trainer.position < steps:
        for group in optimizer.param_groups:
            group["lr"] = rate(trainer.position)
        inputs, labels = batch(trainer.position, rank)
        optimizer.zero_grad()
        F.cross_entropy(network(inputs), labels).backward()
        trainer.step()
    trainer.leave()
    return trainer, network


@pytest.mark.parametrize("kind", OPTIMISERS)
def test_without_delay_it_is_synchronous_training_bit_for_bit(kind: str) -> None:
    crew = Crew(3)
    found = crew.run(lambda rank: train(crew, rank, kind, 6)[1])
    network = model()
    optimizer = OPTIMISERS[kind](network.parameters())
    for step in range(6):
        optimizer.param_groups[0]["lr"] = rate(step)
        sums = [torch.zeros_like(p) for p in network.parameters()]
        for rank in range(3):
            inputs, labels = batch(step, rank)
            optimizer.zero_grad()
            F.cross_entropy(network(inputs), labels).backward()
            for total, p in zip(sums, network.parameters(), strict=True):
                assert p.grad is not None
                total += p.grad
        for total, p in zip(sums, network.parameters(), strict=True):
            p.grad = total / 3
        optimizer.step()
    expected = digest(network.state_dict())
    assert [digest(one.state_dict()) for one in found] == [expected] * 3


@pytest.mark.parametrize("kind", OPTIMISERS)
@pytest.mark.parametrize("settings", [{"delay": 3}, {"delay": 4, "period": 3}, {"period": 4}])
def test_all_workers_are_equal_after_a_drain(kind: str, settings: dict[str, int]) -> None:
    crew = Crew(3)
    trainers = crew.run(lambda rank: train(crew, rank, kind, 11, **settings)[0])
    assert len({one.digest() for one in trainers}) == 1
    working = {digest([p.detach() for p in one.state.parameters]) for one in trainers}
    assert len(working) == 1
    assert {one.committed_position for one in trainers} == {11}
