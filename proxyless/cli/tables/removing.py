"""``proxyless tables remove``: one profile less."""

from typing import Annotated, Literal

import typer

import latency

from .. import options
from ..console import show
from .arguments import TableArgument

RemovedDevice = Annotated[
    str | None, typer.Option("--device", help="Of this device, by name or fingerprint.")
]


def remove(
    table: TableArgument,
    runtime: options.ChosenRuntime = None,
    device: RemovedDevice = None,
    threads: options.ChosenThreads = None,
    batch: options.ChosenBatch = None,
    dtype: options.ChosenDtype = None,
    version: Annotated[str | None, typer.Option(help="Of this version of the runtime.")] = None,
    method: Annotated[
        Literal["measured", "imported", "fitted"] | None,
        typer.Option(metavar="[measured|imported|fitted]", help="That came to be like this."),
    ] = None,
    unfinished: Annotated[
        bool, typer.Option("--unfinished", help="One that was begun and not ended.")
    ] = False,
    json: options.Json = False,
) -> None:
    """Remove one profile from a table. Say which by options; nothing else is lost."""
    query = latency.ProfileQuery(runtime, device, threads, batch, dtype)
    removed = latency.remove_profile(table, query, version, method, unfinished)
    facts = {
        "table": str(table),
        "removed": str(removed.profile),
        "device": removed.profile.device.fingerprint,
        "measurements": removed.measurements,
    }
    show("Remove", facts, json)
