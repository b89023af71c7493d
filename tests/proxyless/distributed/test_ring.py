"""Gradients that are summed on the way: all-reduces, view by view."""

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from crew import PLAIN, Crew, batch, model
from torch.optim import SGD

from proxyless.distributed import Delayed, DistributedError, digest, get_codec

SETTINGS = [{}, {"delay": 3}, {"delay": 4, "period": 3}]


def train(crew: Crew, rank: int, steps: int, **settings: Any) -> Delayed:
    network = model()
    trainer = Delayed(
        SGD(network.parameters(), lr=0.05, momentum=0.9),
        crew.membership(rank),
        **{**PLAIN, **settings},
    )
    trainer.join()
    while trainer.position < steps:
        inputs, labels = batch(trainer.position, rank)
        trainer.optimizer.zero_grad()
        F.cross_entropy(network(inputs), labels).backward()
        if trainer.position % 3 == rank % 3:
            network[0].bias.grad = None
        trainer.step()
    trainer.leave()
    return trainer


@pytest.mark.parametrize("settings", SETTINGS)
def test_a_ring_gives_every_worker_the_mean_that_a_direct_exchange_gives(
    settings: dict[str, int],
) -> None:
    crews = Crew(3), Crew(3)
    ring = crews[0].run(lambda rank: train(crews[0], rank, 11, transport="ring", **settings))
    direct = crews[1].run(lambda rank: train(crews[1], rank, 11, **settings))
    assert len({one.digest() for one in ring}) == 1
    assert digest(ring[0].state.parameters) != digest([p * 0 for p in ring[0].state.parameters])
    for ours, theirs in zip(ring[0].state.parameters, direct[0].state.parameters, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-6)


def test_the_faster_transport_is_chosen_by_all_alike() -> None:
    crew = Crew(3)
    trainers = crew.run(lambda rank: train(crew, rank, 40, transport="auto"))
    assert len({one.digest() for one in trainers}) == 1
    assert trainers[0].selection.chosen in ("direct", "ring")
    assert len({str(one.selection.state_dict()) for one in trainers}) == 1


def test_two_workers_have_nothing_to_gain_from_a_ring() -> None:
    crew = Crew(2)
    trainers = crew.run(lambda rank: train(crew, rank, 2, transport="auto"))
    assert [one.selection.chosen for one in trainers] == ["direct"] * 2


def test_what_a_ring_cannot_sum_is_refused() -> None:
    crew = Crew(1)
    optimizer = SGD(model().parameters(), lr=0.1)
    with pytest.raises(DistributedError, match="dense codec"):
        Delayed(optimizer, crew.membership(0), codec=get_codec("half"), transport="ring")
