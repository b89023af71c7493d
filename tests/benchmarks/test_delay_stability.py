import numpy as np
import pytest
import torch
from torch import nn
from torch.optim import SGD

from benchmarks.delay_stability import LOOPS, Loop, largest_stable, quasi_hyperbolic
from benchmarks.delay_ways import WAYS
from benchmarks.turns import Seat, Turns


def ends(way: str, delay: int, momentum: float, rate: float) -> list[float]:
    """Return where the weights of two workers are in the end, with losses w^2 / 2 - w and + w."""

    def work(seat: Seat) -> float:
        weight = nn.Parameter(torch.full((1,), 3.0, dtype=torch.float64))
        trainer = WAYS[way](SGD([weight], rate, momentum), seat, delay)
        for _ in range(1500):
            weight.grad = weight.detach() + 2 * seat.rank - 1
            trainer.step()
        return float(weight.detach())

    return Turns(2).run(work)


CASES = [
    ("replay", 2, 0.9),
    ("replay", 8, 0.5),
    ("replay", 6, 0.0),
    ("quasi-hyperbolic", 1, 0.9),
    ("quasi-hyperbolic", 4, 0.9),
    ("quasi-hyperbolic", 16, 0.9),
    ("quasi-hyperbolic", 4, 0.99),
    ("quasi-hyperbolic", 4, 0.0),
]


@pytest.mark.slow
@pytest.mark.parametrize(("way", "delay", "momentum"), CASES)
def test_the_trainer_is_stable_up_to_there(way: str, delay: int, momentum: float) -> None:
    limit = largest_stable(*LOOPS[way](delay, momentum))
    assert max(map(abs, ends(way, delay, momentum, 0.9 * limit))) < 10
    assert not max(map(abs, ends(way, delay, momentum, 1.1 * limit))) <= 100  # or nan


def test_without_delay_it_is_the_limit_of_synchronous_training() -> None:
    assert largest_stable(*LOOPS["replay"](0, 0.9)) == pytest.approx(3.8, rel=0.01)


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
def test_quasi_hyperbolic_is_calm_up_to_the_same_strength_for_every_delay(momentum: float) -> None:
    for delay in (1, 2, 4, 8, 16, 20, 40, 100):
        for strength in (0.01, 0.03, 0.1, 0.3, 1.0, 2.0, 3.0):
            for loop in quasi_hyperbolic(delay, momentum):
                assert loop.is_stable(strength * (1 - momentum))
                assert loop.growth(strength * (1 - momentum)) < 2.1


def test_growth_is_that_of_the_recursion() -> None:
    loop, strength = Loop(np.array([0.0, 0.4, 0.3]), np.array([1.0])), 0.9
    disturbance = torch.cos(2.3 * torch.arange(4000, dtype=torch.float64))
    found: list[float] = []
    for one in disturbance.tolist():
        before = [0.0, 0.0, *found][-1], [0.0, 0.0, *found][-2]
        found.append(one - strength * (0.4 * before[0] + 0.3 * before[1]))
    assert max(map(abs, found[2000:])) <= loop.growth(strength) + 1e-6
    assert loop.growth(strength) < 4
