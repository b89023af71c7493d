from dataclasses import replace

import pytest
from drawn_conditions import conditions, direct_codecs
from hypothesis import assume, given, strategies as st

from proxyless.distributed.errors import DistributedError
from proxyless.distributed.plan import (
    DENSE,
    HALF,
    SYNCHRONOUS,
    Codec,
    Conditions,
    Schedule,
    forecast,
    plan,
    recommend,
    top_k,
)

SITES = Conditions(0.025, 0.06, 640e6, 4, 128e3)
NEAR = replace(SITES, one_way_seconds=1e-6, bits_per_second=1e11)


def best_by_trying(
    given_: Conditions,
    codec: Codec,
    wanted: float,
    periods: list[int],
    delays: dict[int, list[int]],
) -> Schedule:
    return min(
        (
            schedule
            for period in periods
            for delay in delays[period]
            if forecast(given_, schedule := Schedule(delay, period), codec).scalability >= wanted
        ),
        key=lambda schedule: (schedule.steps_ahead, schedule.period),
    )


@given(
    conditions(),
    direct_codecs,
    st.floats(0.3, 0.99),
    st.none() | st.integers(0, 12),
    st.none() | st.integers(1, 12),
)
def test_nothing_better_is_found_by_trying(
    given_: Conditions, codec: Codec, wanted: float, delay: int | None, period: int | None
) -> None:
    assume(given_.transport == "direct" or codec.kept == 1)
    try:
        found = recommend(given_, wanted, [codec], delay, period).schedule
    except DistributedError:
        assert period is not None
        best = forecast(given_, Schedule(10**9 if delay is None else delay, period), codec)
        assert best.scalability < wanted
        return
    limit = found.steps_ahead + 1
    assume(limit <= 80)
    assert forecast(given_, found, codec).scalability >= wanted * (1 - 1e-6)
    periods = list(range(1, limit + 1)) if period is None else [period]
    delays = {
        one: list(range(0, limit + one, one)) if delay is None else [delay] for one in periods
    }
    easier = wanted * (1 - 1e-6)
    tried = best_by_trying(given_, codec, easier, periods, delays)
    harder = best_by_trying(given_, codec, wanted * (1 - 1e-12), periods, delays)
    assert tried.steps_ahead <= found.steps_ahead <= harder.steps_ahead


def test_synchronous_where_that_is_enough() -> None:
    found = recommend(NEAR, 0.95, [DENSE, HALF, top_k(0.01)])
    assert (found.schedule, found.codec) == (SYNCHRONOUS, DENSE)


def test_dense_where_latency_is_what_takes_time() -> None:
    found = recommend(SITES, 0.95, [DENSE, HALF, top_k(0.01)])
    assert (found.schedule, found.codec) == (Schedule(5, 1), DENSE)


def test_compression_where_bandwidth_is_what_takes_time() -> None:
    thin = replace(SITES, bits_per_second=10e6)
    ahead = [
        recommend(thin, 0.95, codecs).schedule.steps_ahead
        for codecs in ([DENSE], [DENSE, HALF], [DENSE, HALF, top_k(0.01)])
    ]
    assert 3 * ahead[1] <= 2 * ahead[0]
    assert 3 * ahead[2] <= 2 * ahead[1]


def test_a_little_less_is_not_worth_a_coarser_codec() -> None:
    sites = replace(SITES, bits_per_second=100e6)
    dense, half = (recommend(sites, 0.95, [codec]) for codec in (DENSE, HALF))
    assert 2 / 3 * dense.schedule.steps_ahead < half.schedule.steps_ahead
    assert half.schedule.steps_ahead < dense.schedule.steps_ahead
    assert recommend(sites, 0.95, [DENSE, HALF]).codec == DENSE


def test_a_long_delay_allows_the_shortest_period() -> None:
    assert recommend(SITES, 0.95, [DENSE], delay=10**9).schedule == Schedule(10**9, 1)
    assert recommend(SITES, 0.95, [DENSE], delay=2).schedule.period > 1


def test_what_cannot_be_reached_is_said() -> None:
    with pytest.raises(DistributedError, match="`delay` 0 `period` 1"):
        recommend(SITES, 0.95, [DENSE], 0, 1)
    with pytest.raises(DistributedError, match="`delay` 0 "):
        recommend(SITES, 1, [DENSE], 0)


def test_a_plan_compares_at_the_same_steps_ahead() -> None:
    planned = plan(SITES)
    assert planned.delayed is planned.recommended
    assert planned.synchronous.schedule == SYNCHRONOUS
    assert planned.local.schedule.steps_ahead == planned.delayed.schedule.steps_ahead
    assert "--delay 5 --period 1 --codec dense" in planned.command


def test_a_given_schedule_is_shown_whatever_is_recommended() -> None:
    planned = plan(SITES, delay=2, period=1, codecs=[HALF])
    assert (planned.delayed.schedule, planned.delayed.codec) == (Schedule(2, 1), HALF)
    assert planned.delayed.scalability < 0.95 <= planned.recommended.scalability


def test_top_k_says_what_it_keeps() -> None:
    planned = plan(SITES, codecs=[top_k(0.001)])
    assert planned.command.endswith("--codec top-k --kept 0.001")


def test_a_plan_of_a_ring_has_no_top_k() -> None:
    planned = plan(replace(SITES, transport="ring", bits_per_second=1e6))
    assert planned.recommended.codec in (DENSE, HALF)
