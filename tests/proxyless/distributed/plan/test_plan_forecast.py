from dataclasses import replace

import pytest
from drawn_conditions import codecs, conditions, schedules
from hypothesis import given, strategies as st

from proxyless.distributed.errors import DistributedError
from proxyless.distributed.plan import (
    DENSE,
    HALF,
    SYNCHRONOUS,
    Conditions,
    Schedule,
    forecast,
    get_codec,
    least_steps,
    top_k,
)

FOUR = Conditions(0.1, 0.05, 8e6, 4, 12_000)
"""12 KB to three others: 36 ms; with two ways of 50 ms, an exchange takes 136 ms."""


def test_synchronous_waits_for_the_exchange() -> None:
    found = forecast(FOUR, SYNCHRONOUS, DENSE)
    assert found.exchange_seconds == pytest.approx(0.136)
    assert found.waiting_seconds == pytest.approx(0.136)
    assert found.scalability == pytest.approx(0.1 / 0.236)
    assert found.sent_bits_per_second == pytest.approx(8 * 36_000 / 0.236)


def test_local_waits_once_a_period() -> None:
    assert forecast(FOUR, Schedule(0, 4), DENSE).waiting_seconds == pytest.approx(0.136 / 4)


def test_delayed_waits_once_in_delay_and_one_steps() -> None:
    found = forecast(FOUR, Schedule(1, 1), DENSE)
    assert found.waiting_seconds == pytest.approx((0.136 - 0.1) / 2)
    assert forecast(FOUR, Schedule(2, 1), DENSE).scalability == 1


def test_a_full_link_is_full_whatever_the_delay() -> None:
    slow = replace(FOUR, bits_per_second=8 * 36_000 / 0.25)
    assert forecast(slow, Schedule(1000, 1), DENSE).round_seconds == pytest.approx(0.25)
    assert forecast(slow, Schedule(6, 3), DENSE).scalability == pytest.approx(1)


def test_few_exchanges_in_flight_are_a_limit() -> None:
    far = replace(FOUR, one_way_seconds=0.5, in_flight=2)
    assert forecast(far, Schedule(50, 1), DENSE).round_seconds == pytest.approx(1.036 / 2)


def test_delay_counts_in_whole_rounds() -> None:
    assert [Schedule(delay, 12).lag for delay in (0, 1, 12, 13, 20, 24)] == [0, 1, 1, 2, 2, 2]
    assert (SYNCHRONOUS.steps_ahead, Schedule(0, 5).steps_ahead) == (0, 4)
    assert (Schedule(7, 1).steps_ahead, Schedule(20, 12).steps_ahead) == (7, 35)


def test_a_ring_has_hops_and_parts() -> None:
    ring = replace(FOUR, transport="ring", one_way_seconds=0.08, bits_per_second=float("inf"))
    assert ring.latency_seconds == pytest.approx(0.48)
    assert ring.sent_bytes(DENSE) == pytest.approx(1.5 * 12_000)
    assert replace(ring, acknowledged=True).crossings == 7
    with pytest.raises(DistributedError, match="`transport` direct"):
        ring.sent_bytes(top_k(0.1))


def test_codecs_in_bytes() -> None:
    assert DENSE.payload_bytes(4000) == 4000
    assert HALF.payload_bytes(4000) == 2000
    assert top_k(0.01).payload_bytes(4000) == pytest.approx(10 * 8)
    assert get_codec("top-k", 0.25) == top_k(0.25)
    for kept in (0, 1.5, float("nan")):
        with pytest.raises(DistributedError, match="share"):
            top_k(kept)


def test_published_convergence_bound() -> None:
    assert least_steps(20, 4) == 20**4 * 4**3


@given(conditions(), schedules, codecs, st.integers(1, 30))
def test_more_delay_never_slows(
    given_: Conditions, schedule: Schedule, codec: object, more: int
) -> None:
    later = replace(schedule, delay=schedule.delay + more)
    before = forecast(given_, schedule, codec).scalability  # type: ignore[arg-type]
    assert forecast(given_, later, codec).scalability >= before  # type: ignore[arg-type]


@given(conditions(), schedules, codecs)
def test_scalability_is_a_share(given_: Conditions, schedule: Schedule, codec: object) -> None:
    found = forecast(given_, schedule, codec)  # type: ignore[arg-type]
    assert 0 < found.scalability <= 1
    assert found.waiting_seconds >= -1e-12
    assert found.sent_bits_per_second <= given_.bits_per_second * (1 + 1e-9)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"step_seconds": 0}, "`step_seconds` is not above 0"),
        ({"bits_per_second": -1}, "`bits_per_second` is not above 0"),
        ({"gradient_bytes": float("nan")}, "`gradient_bytes` is not above 0"),
        ({"one_way_seconds": -1}, "`one_way_seconds`"),
        ({"workers": 1}, "`workers`"),
        ({"overlap_seconds": 0.2}, "`overlap_seconds`"),
        ({"messages": 0}, "`messages`"),
        ({"in_flight": 0}, "`in_flight`"),
        ({"transport": "pigeon"}, "pigeon"),
    ],
)
def test_senseless_conditions_are_refused(changes: dict[str, object], word: str) -> None:
    with pytest.raises(DistributedError, match=word):
        replace(FOUR, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(("delay", "period"), [(-1, 1), (0, 0)])
def test_senseless_schedules_are_refused(delay: int, period: int) -> None:
    with pytest.raises(DistributedError):
        Schedule(delay, period)
