"""``proxyless tables plot``: what blocks cost relative to each other, device by device."""

from pathlib import Path
from typing import Annotated

import typer

from latency import ProfileQuery

from ...reporting import draw_relative_costs
from .. import options
from ..console import show
from ..group import renames
from .arguments import DEFAULT_TABLE, DrawnDevice
from .selection import load_every


@renames(latency_batch="batch")
def plot(
    out: Annotated[Path, typer.Option(help="Picture to write: .png or .svg.")],
    tables: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="TABLE", help=f"Tables; default: {DEFAULT_TABLE}.", show_default=False
        ),
    ] = None,
    runtime: options.ChosenRuntime = None,
    device: DrawnDevice = None,
    threads: options.ChosenThreads = None,
    batch: options.ChosenBatch = None,
    dtype: options.ChosenDtype = None,
    force: options.Force = False,
    json: options.Json = False,
) -> None:
    """Draw what every block costs relative to the smallest one at its position.

    All profiles of the tables are drawn, unless options narrow them.
    """
    wanted = ProfileQuery(runtime, device, threads, batch, dtype)
    predictors = [
        predictor for table in tables or [DEFAULT_TABLE] for predictor in load_every(table, wanted)
    ]
    facts = {
        "file": str(out),
        "profiles": len(predictors),
        "says": draw_relative_costs(predictors, out, force=force),
    }
    show("Picture", facts, json)
