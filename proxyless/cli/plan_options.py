"""The options of `proxyless plan`."""

from typing import Annotated

import typer

from search_spaces.fields import Above, AtLeast, AtMost

from ..config.sync import MOST_STEPS
from ..distributed.environment import MOST_WORKERS
from ..distributed.plan.limits import MOST_ROUNDS
from . import options

StepMs = Annotated[
    float,
    AtLeast(1e-6),
    AtMost(1e9),
    typer.Option(help="One training step of one worker alone, in ms."),
]
RoundTripMs = Annotated[
    float, AtLeast(0), AtMost(1e7), typer.Option(help="What ping says between sites, in ms.")
]
BandwidthMbps = Annotated[
    float,
    AtLeast(1e-6),
    AtMost(1e9),
    typer.Option(help="Of each worker's link, up and down alike, in Mb/s."),
]
GradientBytes = Annotated[
    float,
    AtLeast(1),
    AtMost(1e15),
    typer.Option(parser=options.quantity, help="Gradients as float32, as 24.37MB."),
]
Workers = Annotated[
    int,
    AtLeast(2),
    AtMost(MOST_WORKERS),
    typer.Option(help="Workers, each behind a link of its own."),
]
Transport = Annotated[
    str, typer.Option(metavar="[direct|ring]", help="How payloads travel; ring is an all-reduce.")
]
Acknowledged = Annotated[
    bool | None,
    typer.Option(
        "--acknowledged/--no-acknowledged",
        help="Whether workers confirm an exchange before they use it; default: direct ones.",
    ),
]
OverlapMs = Annotated[
    float,
    AtLeast(0),
    AtMost(1e9),
    typer.Option(help="Of an exchange, hidden behind a round's last step."),
]
Messages = Annotated[
    int,
    AtLeast(1),
    AtMost(1_000_000),
    typer.Option(help="Parts of an exchange, of which each waits for the one before."),
]
InFlight = Annotated[
    int | None,
    AtLeast(1),
    AtMost(1_000_000),
    typer.Option(help="Exchanges on their way at once, at most."),
]
Scalability = Annotated[
    float,
    Above(0),
    AtMost(1),
    typer.Option(help="Wanted: throughput of J workers / (J x that of one)."),
]
Delay = Annotated[
    int | None,
    AtLeast(0),
    AtMost(MOST_STEPS),
    typer.Option(help="Steps an average may be late; without it, recommended."),
]
Period = Annotated[
    int | None,
    AtLeast(1),
    AtMost(MOST_STEPS),
    typer.Option(help="Steps between exchanges; without it, recommended."),
]
Codec = Annotated[
    str | None,
    typer.Option(
        metavar="[dense|half|top-k]",
        help="What gradients are sent as; without it, recommended.",
    ),
]
Kept = Annotated[
    float, Above(0), AtMost(1), typer.Option(help="Share of the values that top-k sends.")
]
Steps = Annotated[
    int | None,
    AtLeast(1),
    AtMost(10**15),
    typer.Option(help="Steps of the training, to hold against what is proved."),
]
Simulate = Annotated[
    int,
    AtLeast(0),
    AtMost(MOST_ROUNDS),
    typer.Option("--simulate", help="Also simulate so many rounds of each schedule."),
]
LatencyTail = Annotated[
    str, typer.Option(help="Latencies simulated: none, lognormal:SIGMA or pareto:ALPHA.")
]
Jitter = Annotated[
    float,
    AtLeast(0),
    AtMost(1000),
    typer.Option(help="Standard deviation of simulated steps, as a share of the step."),
]
