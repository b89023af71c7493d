"""``proxyless zoo measure``: benchmark a model here, into its card."""

from typing import Annotated

import typer

from latency import Settings
from latency.profiling.protocol import MOST_ROUNDS
from search_spaces.fields import AtLeast, AtMost

from ... import zoo
from ...deploy.benchmark import ROUNDS
from ...zoo.card import Latency
from .. import options
from ..console import show_json, show_rows
from ..progress import working
from .arguments import Folder, Name, zoo_in
from .printing import LATENCIES


def measure(
    name: Name,
    folder: Folder = None,
    threads: options.Threads = 1,
    rounds: Annotated[
        int,
        AtLeast(1),
        AtMost(MOST_ROUNDS),
        typer.Option(help="Measurements of each file in a process."),
    ] = ROUNDS,
    wide: options.Wide = False,
    json: options.Json = False,
) -> None:
    """Benchmark a model on this machine, into its card."""
    with working("zoo"):
        card = zoo.measure(zoo_in(folder), name, Settings(threads), rounds)
    if json:
        show_json([_facts(latency) for latency in card.latencies])
    else:
        show_rows(f"Milliseconds of {name}", card.latencies, LATENCIES, wide)


def _facts(latency: Latency) -> dict[str, object]:
    return {
        "file": latency.file,
        "runtime": latency.times.runtime,
        "device": latency.times.device,
        "best": latency.times.best_ms,
    }
