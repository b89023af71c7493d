"""``proxyless tables plot``: what blocks cost relative to each other, device by device."""

from pathlib import Path
from typing import Annotated

import typer

from latency import Wanted

from ...reporting import draw_relative_costs
from .. import options
from ..group import renames
from ..output import show
from .arguments import DrawnDevice
from .selection import load_every


@renames(latency_batch="batch")
def plot(
    tables: Annotated[
        list[Path], typer.Argument(metavar="TABLE...", help="Tables.", show_default=False)
    ],
    out: Annotated[Path, typer.Option(help="Picture to write: .png or .svg.")],
    runtime: options.ChosenRuntime = None,
    device: DrawnDevice = None,
    threads: options.ChosenThreads = None,
    batch: options.ChosenBatch = None,
    dtype: options.ChosenDtype = None,
    json: options.Json = False,
) -> None:
    """Draw what every block costs relative to the smallest one at its position.

    All profiles of the tables are drawn, unless options narrow them.
    """
    wanted = Wanted(runtime, device, threads, batch, dtype)
    predictors = [predictor for table in tables for predictor in load_every(table, wanted)]
    facts = {
        "file": str(out),
        "profiles": len(predictors),
        "says": draw_relative_costs(predictors, out),
    }
    show("Picture", facts, json)
