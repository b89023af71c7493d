"""``proxyless tables import``: a published latency table into one of ours."""

from pathlib import Path
from typing import Annotated

import typer

import latency
from search_spaces.plain_text import quoted

from .. import options
from ..console import show


def import_(
    file: Annotated[Path, typer.Argument(help="Published table.", show_default=False)],
    device: Annotated[str, typer.Option(help="Name of the device it was measured on.")],
    table: options.TablePath = Path("tables/latency.db"),
    runtime: Annotated[
        str | None, typer.Option(help="What it was measured with; default: the format's name.")
    ] = None,
    threads: options.Threads = 1,
    batch: options.Batch = 1,
    file_format: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="[auto|proxylessnas|once-for-all|block-csv]",
            help="Format of the file.",
        ),
    ] = "auto",
    column: Annotated[
        str | None,
        typer.Option(help="Column of the latencies, where the file has several of numbers."),
    ] = None,
    json: options.Json = False,
) -> None:
    """Import a published latency table, so that predictions and searches can use it.

    Entries that are operations of ours come under our keys, all others under their published ones.
    """
    imported = latency.import_table(
        file, table, device, runtime, latency.Settings(threads, batch), file_format, column
    )
    facts = {
        "table": str(table),
        "profile": str(imported.info),
        "format": imported.file_format,
        "latency": imported.column,
        "operations": imported.operations,
        "foreign keys": len(imported.foreign),
    }
    fingerprint = imported.info.device.fingerprint
    then = f"proxyless tables show {quoted(table)} --device {fingerprint}"
    data = {**facts, "device": fingerprint, "foreign": imported.foreign}
    show("Import", facts, json, data, then)
