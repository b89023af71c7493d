import time
from dataclasses import replace

import numpy as np
import pytest
from drawn_conditions import codecs, conditions, schedules
from hypothesis import given

from proxyless.distributed.errors import DistributedError
from proxyless.distributed.plan import (
    DENSE,
    STEADY,
    SYNCHRONOUS,
    Codec,
    Conditions,
    Schedule,
    Tail,
    forecast,
    simulate,
    top_k,
)

FOUR = Conditions(0.1, 0.05, 8e6, 4, 12_000)


@given(conditions(), schedules, codecs)
def test_steady_workers_are_as_fast_as_the_forecast(
    given_: Conditions, schedule: Schedule, codec: Codec
) -> None:
    # Rounds come in bunches of lag + 1 or of in_flight: what is cut off weighs one bunch.
    rounds = 200 * (schedule.lag + 1 + (given_.in_flight or 0))
    found = simulate(given_, schedule, codec, rounds)
    assert found.scalability == pytest.approx(
        forecast(given_, schedule, codec).scalability, rel=0.01
    )


@pytest.mark.parametrize("delay", [0, 1, 5])
def test_waiting_and_steps_make_up_the_time(delay: int) -> None:
    found = simulate(FOUR, Schedule(delay, 1), DENSE, 300, Tail("lognormal", 0.5), 0.2)
    assert found.step_seconds - found.waiting_seconds == pytest.approx(0.1, rel=0.02)
    assert found.longest_wait_seconds >= found.waiting_seconds


def test_the_seed_decides() -> None:
    def run(seed: int) -> float:
        schedule = Schedule(2, 2)
        tail = Tail("pareto", 2.0)
        return simulate(FOUR, schedule, DENSE, 50, tail, 0.1, seed).step_seconds

    assert run(1) == run(1) != run(2)


def test_a_tail_slows_synchronous_workers_and_delay_absorbs_it() -> None:
    tail = Tail("lognormal", 0.7)
    many = replace(FOUR, workers=64, bits_per_second=1e9)
    synchronous = simulate(many, SYNCHRONOUS, DENSE, 200, tail).scalability
    delayed = simulate(many, Schedule(20, 1), DENSE, 200, tail).scalability
    assert synchronous < 0.8 * forecast(many, SYNCHRONOUS, DENSE).scalability
    assert delayed > 0.97


def test_slowest_of_many_uneven_steps_is_waited_for() -> None:
    near = Conditions(0.1, 0, float("inf"), 1000, 4)
    found = simulate(near, SYNCHRONOUS, DENSE, 100, jitter=0.1)
    expected = 0.1 * np.max(1 + 0.1 * np.random.default_rng(0).standard_normal((400, 1000)), 1)
    assert found.step_seconds == pytest.approx(expected.mean(), rel=0.05)


def test_a_ring_takes_its_longest_way() -> None:
    ring = Conditions(0.1, 0.05, float("inf"), 3, 4, "ring")
    tail, random = Tail("lognormal", 0.5), np.random.default_rng(7)
    exchanges = []
    for _ in range(2):  # One round fills the pipeline.
        ways = 0.05 * tail.sample(random, 3)
        exchanges.append(max(sum(ways[(a + hop) % 3] for hop in range(4)) for a in range(3)))
    found = simulate(ring, SYNCHRONOUS, DENSE, 1, tail, seed=7)
    assert found.waiting_seconds == pytest.approx(exchanges[1])


def test_ten_thousand_workers_within_seconds() -> None:
    crowd = Conditions(0.3, 0.1, 1e8, 10_000, 1e6)
    began = time.perf_counter()
    found = simulate(crowd, Schedule(24, 12), top_k(0.001), 100, Tail("pareto", 2.5), 0.1)
    assert time.perf_counter() - began < 10
    assert 0 < found.scalability < 1


def test_progress_ends_at_its_total() -> None:
    calls: list[tuple[int, int]] = []
    simulate(FOUR, Schedule(2, 1), DENSE, 5, progress=lambda *call: calls.append(call))
    assert [done for done, _ in calls] == list(range(1, 9))
    assert calls[-1] == (8, 8)


def test_factors_are_as_described() -> None:
    random = np.random.default_rng(0)
    skewed = Tail.parse("lognormal:0.5").sample(random, 100_000)
    assert np.median(skewed) == pytest.approx(1, rel=0.02)
    assert np.std(np.log(skewed)) == pytest.approx(0.5, rel=0.02)
    heavy = Tail.parse("pareto:3").sample(random, 100_000)
    assert heavy.min() >= 1
    assert heavy.mean() == pytest.approx(1.5, rel=0.02)
    assert Tail.parse("none") == STEADY
    assert set(STEADY.sample(random, 3)) == {1.0}


@pytest.mark.parametrize(
    "text", ["", "gauss:1", "none:1", "lognormal", "lognormal:x", "lognormal:0", "pareto:1"]
)
def test_unknown_tails_are_refused(text: str) -> None:
    with pytest.raises(DistributedError, match="lognormal:SIGMA"):
        Tail.parse(text)


@pytest.mark.parametrize(("rounds", "jitter"), [(0, 0.0), (5, -0.1)])
def test_senseless_simulations_are_refused(rounds: int, jitter: float) -> None:
    with pytest.raises(DistributedError):
        simulate(FOUR, SYNCHRONOUS, DENSE, rounds, jitter=jitter)
