import json
from dataclasses import asdict
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.optim import SGD

from benchmarks.delay_accuracy import QUICK, figures_of, finished, rows_of
from benchmarks.delay_ways import WAYS
from benchmarks.shards import batches, shard
from benchmarks.turns import Seat, Turns
from proxyless.distributed import Delayed

WORKERS, STEPS, RATE = 3, 12, 0.1


def gradient(step: int, rank: int) -> Tensor:
    generator = torch.Generator().manual_seed(100 * step + rank)
    return torch.randn(4, generator=generator)


def weights_after(
    way: str, delay: int, momentum: float = 0.0, drain: bool = True
) -> list[list[Tensor]]:
    """Return what each worker's weights are after each step, from zero, and after the drain."""

    def work(seat: Seat) -> list[Tensor]:
        weights = nn.Parameter(torch.zeros(4))
        trainer = WAYS[way](SGD([weights], RATE, momentum), seat, delay)
        found = []
        for step in range(STEPS):
            weights.grad = gradient(step, seat.rank)
            trainer.step()
            found.append(weights.detach().clone())
        trainer.drain()
        return [*found, weights.detach().clone()]

    return Turns(WORKERS).run(work)


def average(step: int) -> Tensor:
    return torch.stack([gradient(step, rank) for rank in range(WORKERS)]).mean(0)


@pytest.mark.parametrize("delay", [0, 1, 5])
def test_rounds_are_committed_when_they_are_due_and_not_before(delay: int) -> None:
    def work(seat: Seat) -> list[tuple[int, int]]:
        weights = nn.Parameter(torch.zeros(4))
        trainer = WAYS["replay"](SGD([weights], RATE), seat, delay)
        assert isinstance(trainer, Delayed)
        found = []
        for step in range(STEPS):
            weights.grad = gradient(step, seat.rank)
            trainer.step()
            found.append((trainer.position, trainer.committed_position))
        return found

    expected = [(step, max(0, step - delay)) for step in range(1, STEPS + 1)]
    assert Turns(WORKERS).run(work) == [expected] * WORKERS


@pytest.mark.parametrize("delay", [1, 5])
def test_a_replayed_step_is_the_published_one(delay: int) -> None:
    for rank, found in enumerate(weights_after("replay", delay)):
        for step in range(STEPS):
            known = max(0, step + 1 - delay)
            total = sum((average(one) for one in range(known)), torch.zeros(4))
            total += sum(gradient(one, rank) for one in range(known, step + 1))
            torch.testing.assert_close(found[step], -RATE * total)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_late_averages_alone_are_synchronous_training_later(momentum: float) -> None:
    synchronous = weights_after("replay", 0, momentum)[0]
    for found in weights_after("uncorrected", 5, momentum):
        assert all(torch.equal(one, torch.zeros(4)) for one in found[:5])
        torch.testing.assert_close(found[5:-1], synchronous[: STEPS - 5])
        torch.testing.assert_close(found[-1], synchronous[-1])


@pytest.mark.parametrize("way", WAYS)
def test_without_delay_all_ways_are_one(way: str) -> None:
    expected = weights_after("replay", 0, momentum=0.9)
    torch.testing.assert_close(weights_after(way, 0, momentum=0.9), expected)


def test_what_one_worker_raises_ends_all_of_them() -> None:
    def work(seat: Seat) -> None:
        if seat.rank == 1:
            raise ValueError("no")
        seat.post(1, torch.zeros(1))
        seat.next()

    with pytest.raises(ValueError, match="no"):
        Turns(WORKERS).run(work)


def test_rounds_that_everyone_had_are_forgotten() -> None:
    turns = Turns(WORKERS)

    def work(seat: Seat) -> None:
        for number in range(1, 9):
            seat.post(number, torch.zeros(1))
            seat.next()

    turns.run(work)
    assert turns.rounds == {}


@pytest.mark.parametrize(("kind", "classes"), [("iid", 10), ("skewed", 3)])
def test_shards_are_equal_disjoint_and_of_so_many_classes(kind: str, classes: int) -> None:
    labels = torch.arange(10).repeat(40)
    shards = shard(kind, labels, 4, torch.Generator().manual_seed(0))
    assert torch.equal(torch.cat(shards).sort().values, torch.arange(400))
    assert [(len(own), len(labels[own].unique())) for own in shards] == [(100, classes)] * 4


def test_batches_go_through_all_images_before_any_comes_again() -> None:
    own = torch.arange(100, 130)
    found = batches(own, 8, 6, torch.Generator().manual_seed(0))
    assert found.shape == (6, 8)
    assert torch.equal(found.flatten()[:30].sort().values, own)


def test_a_run_that_was_killed_goes_on_after_the_last_whole_line(tmp_path: Path) -> None:
    file = tmp_path / "trainings.jsonl"
    known, cut = (QUICK.training("iid", "quasi-hyperbolic", delay, 0) for delay in (4, 16))
    lines = [json.dumps({**asdict(one), "accuracy": 0.5}) for one in (known, cut)]
    file.write_text(lines[0] + "\n" + lines[1][:40])
    assert finished(file) == {known: 0.5}
    with file.open("a") as opened:
        opened.write(lines[1] + "\n")
    assert finished(file) == {known: 0.5, cut: 0.5}


def test_gaps_are_points_below_synchronous_training_with_the_same_seed_and_shards() -> None:
    accuracies = {
        QUICK.training(shards, way, delay, seed): 0.9 - delay / 1000 - (way == "replay") / 10
        for seed in QUICK.seeds
        for shards, way, delay in QUICK.cells()
    }
    figures = figures_of(rows_of(QUICK, accuracies))
    assert figures["iid_synchronous_accuracy"] == pytest.approx(90)
    assert figures["skewed_gap_d16"] == pytest.approx(1.6)
    assert figures["replay_iid_gap_d16"] == pytest.approx(11.6)
