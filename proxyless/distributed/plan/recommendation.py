"""The schedule and codec that do least harm to what is learned, at a wanted scalability."""

import math
from collections.abc import Iterator, Sequence
from operator import attrgetter

from search_spaces import InputError

from .codec import Codec
from .conditions import Conditions
from .forecast import Forecast, forecast
from .requirement import check_scalability
from .schedule import Schedule

RULE = (
    "the fewest steps that a worker runs ahead of the average, then the shortest period; half or "
    "top-k only where it saves a third of those steps"
)
_ROUNDING = 1e-9


def recommend(
    conditions: Conditions,
    scalability: float,
    codecs: Sequence[Codec],
    delay: int | None = None,
    period: int | None = None,
) -> Forecast:
    """Return what ``RULE`` chooses among all schedules, or those of a given delay or period.

    ``codecs`` come in order, from the one that changes gradients least.

    Raises:
        InputError: nothing reaches the scalability.
    """
    check_scalability(scalability)
    best: Forecast | None = None
    for codec in codecs:
        found = _fewest_steps_ahead(conditions, scalability, codec, delay, period)
        if found is None:
            continue
        if best is None or _is_worth_it(found.schedule, best.schedule):
            best = found
    if best is None:
        given = {"--delay": delay, "--period": period}
        fixed = " ".join(f"{name} {value}" for name, value in given.items() if value is not None)
        raise InputError(
            f"nothing with {fixed} reaches a scalability of {scalability:g}: leave that out, or "
            "ask for less with --scalability"
        )
    return best


def _is_worth_it(coarser: Schedule, finer: Schedule) -> bool:
    fewer = coarser.steps_ahead < finer.steps_ahead
    return fewer and 3 * coarser.steps_ahead <= 2 * finer.steps_ahead


def _fewest_steps_ahead(
    conditions: Conditions,
    scalability: float,
    codec: Codec,
    delay: int | None,
    period: int | None,
) -> Forecast | None:
    """Return the best that one codec can do; None if it cannot."""
    candidates = _candidates(conditions, scalability, codec, delay, period)
    forecasts = (forecast(conditions, schedule, codec) for schedule in candidates)
    enough = (one for one in forecasts if one.scalability >= scalability * (1 - _ROUNDING))
    order = attrgetter("schedule.steps_ahead", "schedule.period")
    return min(enough, key=order, default=None)


def _candidates(
    conditions: Conditions,
    scalability: float,
    codec: Codec,
    delay: int | None,
    period: int | None,
) -> Iterator[Schedule]:
    """Yield, for every lag that can be of use, the shortest period that may be enough with it.

    A round must last as long as its link is busy, and lag + 1 rounds as long as what is waited
    for: with these, the shorter the better.
    """
    step = conditions.step_seconds
    transmission = conditions.transmission_seconds(codec)
    exchange = transmission + conditions.latency_seconds
    wait = max(0.0, exchange - conditions.overlap_seconds)
    busy = max(transmission, exchange / (conditions.in_flight or math.inf))
    if period is not None:
        rounds = _round_up(scalability * (1 + wait / (period * step)))
        late = Schedule.lagging(max(0, rounds - 1), period)
        yield late if delay is None else Schedule(delay, period)
        return
    shortest = max(1, _round_up(busy * scalability / step))
    if delay is None:
        lags = range(max(1, _round_up(scalability * (1 + wait / (shortest * step)))))
    else:
        lags = range(1, delay + 1) if delay else range(1)
    for lag in lags:
        if wait and lag + 1 == scalability:
            continue  # No time at all to wait in.
        hiding = _round_up(wait * scalability / (lag + 1 - scalability) / step) if wait else 1
        one = max(shortest, hiding)
        if delay:
            yield Schedule(delay, max(one, -(-delay // lag)))
        else:
            yield Schedule.lagging(lag, one)


def _round_up(value: float) -> int:
    return math.ceil(value * (1 - _ROUNDING))
