"""``proxyless zoo measure``: benchmark a model here, into its card."""

from typing import Annotated

import typer

from latency import Settings

from ... import zoo
from ...deploy.benchmark import ROUNDS
from .. import options
from ..output import people, show_rows
from .arguments import Folder, Name, zoo_in


def measure(
    name: Name,
    folder: Folder = None,
    threads: options.Threads = 1,
    rounds: Annotated[int, typer.Option(help="Visits to each file in a process.")] = ROUNDS,
    json: options.Json = False,
) -> None:
    """Benchmark a model on this machine, into its card."""
    with people.status("zoo"):
        card = zoo.measure(zoo_in(folder), name, Settings(threads), rounds)
    rows = [
        {
            "file": one.file,
            "runtime": one.times.runtime,
            "device": one.times.device,
            "best": one.times.best_ms,
        }
        for one in card.latencies
    ]
    show_rows(f"Milliseconds of {name}", rows, json)
