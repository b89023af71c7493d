"""How visits are timed."""

import itertools
import time

import pytest

from latency.timing import measurement as measuring
from latency.timing.measurement import CALLS, Call, Measurement, MeasurementPlan, measure


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process clock by which every call takes 2 ms; the process stays where it is."""
    ticks = itertools.count(0, 2_000_000)
    monkeypatch.setattr(time, "perf_counter_ns", lambda: next(ticks))
    monkeypatch.setattr(measuring, "pin", lambda threads: None)


def visit(call: Call) -> Measurement:
    (only,) = measure(lambda key: call, MeasurementPlan(0, frozenset({(0, "program")})), 1)
    return only


@pytest.mark.usefixtures("clock")
def test_calls_take_the_time_of_the_process() -> None:
    assert visit(lambda: [1.0]).minimum_ms == 2.0


@pytest.mark.usefixtures("clock")
def test_a_call_that_returns_seconds_knows_better() -> None:
    seconds = itertools.count(1.0, 0.5)
    found = visit(lambda: next(seconds))
    assert found.calls == CALLS
    assert (found.minimum_ms, found.median_ms) == (2000.0, 3750.0)  # two calls are warm-up
