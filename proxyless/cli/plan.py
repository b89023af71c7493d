"""``proxyless plan``: what a search across sites will cost, and how to run it."""

import time
from collections.abc import Mapping

from ..distributed.defaults import KEPT
from ..distributed.plan import Conditions, Plan, Simulation, Tail, get_codec, plan as make_plan
from . import options, plan_options
from .console import print_message, show_json
from .group import options_of_fields
from .plan_output import as_data, count, show_plan
from .progress import progress_bar

QUIET_SECONDS = 2.0
"""A simulation that ends within this shows no bar."""


@options_of_fields(
    step_seconds="step_ms",
    one_way_seconds="round_trip_ms",
    bits_per_second="bandwidth_mbps",
    overlap_seconds="overlap_ms",
    rounds="simulate",
)
def plan(
    step_ms: plan_options.StepMs,
    round_trip_ms: plan_options.RoundTripMs,
    bandwidth_mbps: plan_options.BandwidthMbps,
    gradient_bytes: plan_options.GradientBytes,
    workers: plan_options.Workers = 4,
    transport: plan_options.Transport = "direct",
    acknowledged: plan_options.Acknowledged = None,
    overlap_ms: plan_options.OverlapMs = 0.0,
    messages: plan_options.Messages = 1,
    in_flight: plan_options.InFlight = None,
    scalability: plan_options.Scalability = 0.95,
    delay: plan_options.Delay = None,
    period: plan_options.Period = None,
    codec: plan_options.Codec = None,
    kept: plan_options.Kept = KEPT,
    steps: plan_options.Steps = None,
    simulate: plan_options.Simulate = 0,
    tail: plan_options.LatencyTail = "none",
    jitter: plan_options.Jitter = 0.0,
    seed: options.Seed = 0,
    json: options.Json = False,
) -> None:
    """Say how fast workers train together over slow links, and which delay and codec to take."""
    conditions = Conditions(
        step_seconds=step_ms / 1e3,
        one_way_seconds=round_trip_ms / 2e3,
        bits_per_second=bandwidth_mbps * 1e6,
        workers=workers,
        gradient_bytes=gradient_bytes,
        transport=transport,
        acknowledged=acknowledged,
        overlap_seconds=overlap_ms / 1e3,
        messages=messages,
        in_flight=in_flight,
    )
    codecs = None if codec is None else [get_codec(codec, kept)]
    planned = make_plan(conditions, scalability, codecs, delay, period, kept)
    distribution = Tail.parse(tail)
    simulated = _simulate(planned, simulate, distribution, jitter, seed) if simulate else {}
    _warn(planned, simulated, scalability, steps)
    if json:
        show_json(as_data(planned, simulated))
    else:
        show_plan(planned, simulated, scalability)


def _simulate(
    planned: Plan, rounds: int, tail: Tail, jitter: float, seed: int
) -> dict[str, Simulation]:
    """Simulate every schedule of a plan."""
    from ..distributed.plan import simulate as run_simulation  # and with it numpy

    began = time.monotonic()
    simulated: dict[str, Simulation] = {}
    with progress_bar("simulate") as update:

        def progress(done: int, total: int) -> None:
            if time.monotonic() - began > QUIET_SECONDS:
                update(len(simulated) + done / total, len(planned.rows))

        for name, forecast in planned.rows.items():
            simulated[name] = run_simulation(
                forecast.conditions,
                forecast.schedule,
                forecast.codec,
                rounds,
                tail,
                jitter,
                seed,
                progress,
            )
    return simulated


def _warn(
    planned: Plan, simulated: Mapping[str, Simulation], scalability: float, steps: int | None
) -> None:
    """Warn of a training too short for what is proved, and of a simulation slower than wanted."""
    if steps is not None and steps <= planned.least_steps:
        print_message(
            f"The recommended delay is proved harmless for more than {count(planned.least_steps)} "
            f"steps (up to a constant), and --steps says {steps:,}: watch the accuracy.",
            warning=True,
        )
    if simulated and simulated["delayed"].scalability < scalability:
        schedule = planned.delayed.schedule
        print_message(
            f"Simulated, delay {schedule.delay} reaches {simulated['delayed'].scalability:.3f}: "
            f"try --period {schedule.period} with a longer --delay, or simulate more rounds.",
            warning=True,
        )
