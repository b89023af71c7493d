"""The schedule and codec that do least harm to what is learned, at a wanted scalability."""

import math
from collections.abc import Iterator, Sequence
from operator import attrgetter

from ..errors import DistributedError
from .codec import Codec
from .conditions import Conditions
from .forecast import Forecast, forecast
from .limits import MOST_SCHEDULES
from .requirement import check_scalability
from .schedule import Schedule

RULE = (
    "the fewest steps that a worker runs ahead of the average, then the shortest period; half or "
    "top-k only where it saves a third of those steps"
)
"""What is recommended, in words."""
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
        DistributedError: nothing reaches the scalability; a delay or period that makes no sense.
    """
    check_scalability(scalability)
    Schedule(delay or 0, 1 if period is None else period)  # Refuses what is none.
    best: Forecast | None = None
    for codec in codecs:
        coarser = _fewest_steps_ahead(conditions, scalability, codec, delay, period)
        if coarser is None:
            continue
        if best is None or _is_worth_it(coarser.schedule, best.schedule):
            best = coarser
    if best is None:
        settings = {"`delay`": delay, "`period`": period}
        fixed = " ".join(f"{name} {value}" for name, value in settings.items() if value is not None)
        raise DistributedError(
            f"nothing with {fixed} reaches a scalability of {scalability:g}: leave that out, or "
            "ask for less with `scalability`"
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
    least = scalability * (1 - _ROUNDING)
    enough = (each for each in forecasts if each.scalability >= least)
    order = attrgetter("schedule.steps_ahead", "schedule.period")
    return min(enough, key=order, default=None)


def _candidates(
    conditions: Conditions,
    scalability: float,
    codec: Codec,
    delay: int | None,
    period: int | None,
) -> Iterator[Schedule]:
    """Yield the schedules that the best one is among.

    A round must last as long as its link is busy, and lag + 1 rounds as long as what is waited
    for: with every lag, the shortest such period is the best. A delay that is given makes for
    different lags with different periods; up to twice a period that is enough can be better.
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

    def hiding(lag: int) -> int:
        """Return the period with which so many rounds more than one last as long as the wait."""
        return _round_up(wait * scalability / (lag + 1 - scalability) / step) if wait else 1

    if delay:
        enough = max(shortest, hiding(1))
        _check_number(2 * enough + 1 - shortest)
        for steps in range(shortest, 2 * enough + 1):  # Ahead: delay + steps - 1 at the least.
            yield Schedule(delay, steps)
        return
    most = max(1, _round_up(scalability * (1 + wait / (shortest * step))))
    _check_number(most)
    for lag in range(most if delay is None else 1):
        if wait == 0 or lag + 1 > scalability:  # Otherwise steps leave no time to wait in.
            yield Schedule.lagging(lag, max(shortest, hiding(lag)))


def _check_number(schedules: int) -> None:
    """Refuse to compare more schedules than can be."""
    if not schedules <= MOST_SCHEDULES:
        raise DistributedError(
            f"an exchange takes as long as {schedules} steps or more, and so many schedules are "
            "not compared: give `delay` and `period`, or longer steps"
        )


def _round_up(value: float) -> int:
    return math.ceil(value * (1 - _ROUNDING))
