"""``proxyless tables``: what a latency table holds."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from latency import Table

from . import options
from .output import show_rows


def tables(
    table: Annotated[Path, typer.Argument(help="Latency table.")],
    entries: Annotated[
        bool, typer.Option("--entries", help="Show every operation's statistics.")
    ] = False,
    json: options.Json = False,
) -> None:
    """List the profiles of a latency table, or every entry of them."""
    with Table.open(table) as opened:
        profiles = opened.profiles()
        found = {info.id: opened.entries(info.id) for info in profiles}
    addresses = {
        info.id: {
            "runtime": f"{info.runtime} {info.version}",
            "device": f"{info.device} {info.device.fingerprint}",
            "settings": str(info.settings),
        }
        for info in profiles
    }
    if not entries:
        rows = [{**addresses[info.id], "operations": len(found[info.id])} for info in profiles]
        show_rows(f"Table {table}", rows, json)
    elif json:
        show_rows(
            "",
            [
                {**addresses[info.id], "operation": key, **asdict(entry)}
                for info in profiles
                for key, entry in found[info.id].items()
            ],
            True,
        )
    else:
        for info in profiles:
            statistics = [
                {
                    "operation": key,
                    "ms": entry.milliseconds,
                    "median ms": entry.median_ms,
                    "spread ms": entry.spread_ms,
                    "samples": entry.samples,
                }
                for key, entry in found[info.id].items()
            ]
            show_rows(str(info), statistics, False)
