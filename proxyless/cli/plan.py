"""``proxyless plan``: what a search across sites will cost, and how to run it."""

import time
from typing import Annotated

import typer

from ..distributed.defaults import KEPT
from ..distributed.plan import (
    Conditions,
    Plan,
    Simulation,
    Tail,
    get_codec,
    plan as make_plan,
)
from . import options
from .group import speaks_of
from .output import say, show_json
from .plan_output import as_data, count, show_plan
from .progress import progress_bar

QUIET_SECONDS = 2.0
"""A simulation that ends within this shows no bar."""


@speaks_of(
    step_seconds="step_ms",
    one_way_seconds="round_trip_ms",
    bits_per_second="bandwidth_mbps",
    overlap_seconds="overlap_ms",
    rounds="simulate",
)
def plan(
    step_ms: Annotated[float, typer.Option(help="One training step of one worker alone, in ms.")],
    round_trip_ms: Annotated[float, typer.Option(help="What ping says between sites, in ms.")],
    bandwidth_mbps: Annotated[
        float, typer.Option(help="Of each worker's link, up and down alike, in Mb/s.")
    ],
    gradient_bytes: Annotated[
        float, typer.Option(parser=options.quantity, help="Gradients as float32, as 24.37MB.")
    ],
    workers: Annotated[int, typer.Option(help="Workers, each behind a link of its own.")] = 4,
    transport: Annotated[
        str,
        typer.Option(metavar="[direct|ring]", help="How payloads travel; ring is an all-reduce."),
    ] = "direct",
    acknowledged: Annotated[
        bool | None,
        typer.Option(
            "--acknowledged/--no-acknowledged",
            help="Whether workers confirm an exchange before they use it; default: direct ones.",
        ),
    ] = None,
    overlap_ms: Annotated[
        float, typer.Option(help="Of an exchange, hidden behind a round's last step.")
    ] = 0.0,
    messages: Annotated[
        int, typer.Option(help="Parts of an exchange, of which each waits for the one before.")
    ] = 1,
    in_flight: Annotated[
        int | None, typer.Option(help="Exchanges on their way at once, at most.")
    ] = None,
    scalability: Annotated[
        float, typer.Option(help="Wanted: throughput of J workers / (J x that of one).")
    ] = 0.95,
    delay: Annotated[
        int | None, typer.Option(help="Steps an average may be late; without it, recommended.")
    ] = None,
    period: Annotated[
        int | None, typer.Option(help="Steps between exchanges; without it, recommended.")
    ] = None,
    codec: Annotated[
        str | None,
        typer.Option(
            metavar="[dense|half|top-k]",
            help="What gradients are sent as; without it, recommended.",
        ),
    ] = None,
    kept: Annotated[float, typer.Option(help="Share of the values that top-k sends.")] = KEPT,
    steps: Annotated[
        int | None, typer.Option(help="Steps of the training, to hold against what is proved.")
    ] = None,
    simulate: Annotated[
        int, typer.Option("--simulate", help="Also simulate so many rounds of each schedule.")
    ] = 0,
    tail: Annotated[
        str, typer.Option(help="Latencies simulated: none, lognormal:SIGMA or pareto:ALPHA.")
    ] = "none",
    jitter: Annotated[
        float, typer.Option(help="Standard deviation of simulated steps, as a share of the step.")
    ] = 0.0,
    seed: options.Seed = 0,
    json: options.Json = False,
) -> None:
    """Say how fast workers train together over slow links, and which delay and codec to take."""
    conditions = Conditions(
        step_ms / 1e3,
        round_trip_ms / 2e3,
        bandwidth_mbps * 1e6,
        workers,
        gradient_bytes,
        transport,
        acknowledged,
        overlap_ms / 1e3,
        messages,
        in_flight,
    )
    codecs = None if codec is None else [get_codec(codec, kept)]
    planned = make_plan(conditions, scalability, codecs, delay, period, kept)
    distribution = Tail.parse(tail)
    simulated = _simulate(planned, simulate, distribution, jitter, seed) if simulate else {}
    if steps is not None and steps <= planned.least_steps:
        say(
            f"The recommended delay is proved harmless for more than {count(planned.least_steps)} "
            f"steps (up to a constant), and --steps says {steps:,}: watch the accuracy.",
            warning=True,
        )
    if simulated and simulated["delayed"].scalability < scalability:
        schedule = planned.delayed.schedule
        say(
            f"Simulated, delay {schedule.delay} reaches {simulated['delayed'].scalability:.3f}: "
            f"try --period {schedule.period} with a longer --delay, or simulate more rounds.",
            warning=True,
        )
    if json:
        show_json(as_data(planned, simulated))
    else:
        show_plan(planned, simulated, scalability)


def _simulate(
    planned: Plan, rounds: int, tail: Tail, jitter: float, seed: int
) -> dict[str, Simulation]:
    from ..distributed.plan import simulate as run_simulation  # and with it numpy

    began = time.monotonic()
    found: dict[str, Simulation] = {}
    with progress_bar("simulate") as update:

        def progress(done: int, total: int) -> None:
            if time.monotonic() - began > QUIET_SECONDS:
                update(len(found) + done / total, len(planned.rows))

        for name, one in planned.rows.items():
            found[name] = run_simulation(
                one.conditions, one.schedule, one.codec, rounds, tail, jitter, seed, progress
            )
    return found
