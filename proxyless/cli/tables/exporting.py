"""``proxyless tables export``: one profile as a file for others."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

import latency

from .. import options
from ..console import show
from ..group import renames
from .arguments import AnyDevice, TableArgument
from .selection import load_any


@renames(latency_batch="batch")
def export(
    table: TableArgument,
    output: Annotated[Path, typer.Argument(metavar="OUT", help="File to write.")],
    file_format: Annotated[
        str, typer.Option("--format", metavar="[csv|proxylessnas]", help="Format of the file.")
    ] = "csv",
    runtime: options.ChosenRuntime = None,
    device: AnyDevice = None,
    threads: options.ChosenThreads = None,
    batch: options.ChosenBatch = None,
    dtype: options.ChosenDtype = None,
    force: options.Force = False,
    json: options.Json = False,
) -> None:
    """Write one profile of a table as CSV, or in ProxylessNAS's YAML."""
    predictor = load_any(table, latency.ProfileQuery(runtime, device, threads, batch, dtype))
    written = latency.export_table(predictor, output, file_format, force=force)
    facts = {
        "file": str(written.path),
        "profile": str(predictor.info),
        "entries": written.entries,
        "left out": ", ".join(written.left_out) or "nothing",
    }
    show("Export", facts, json, {**asdict(written), "path": str(written.path)})
